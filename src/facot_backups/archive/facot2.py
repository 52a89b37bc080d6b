"""FACOT 2.0's own folders: told from ours, and read (docs/disk-format.md, "FACOT 2.0 folders").

Nothing in them proves that they are whole: no checksums, and a collection that could not be read stands
there as `[]`. They are shown, compared, restored and aged; they never count as a backup of ours.
"""

from __future__ import annotations

import dataclasses
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice, pairwise
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

from facot_backups import atomic
from facot_backups.archive.collection_file import Note
from facot_backups.archive.facot2_reading import Element, documents_of, parse_element, read_elements
from facot_backups.archive.layout import METADATA_FILE, BackupName, is_dropping
from facot_backups.archive.lines import ITEMS
from facot_backups.archive.metadata import Metadata
from facot_backups.archive.parse_cache import ParseCache
from facot_backups.archive.reader import (
    Backup,
    file_blocks,
    is_own_folder,
    metadata_bytes,
    names_in,
    open_backup,
    size_on_disk,
)
from facot_backups.archive.strict import is_collection_id, strict_loads
from facot_backups.errors import BackupUnreadable, DamagedBackup, FacotBackupsError, FormatError, UsageError
from facot_backups.model import (
    COLLECTIONS_WITH_ITEMS,
    FACOT_COLLECTIONS,
    Document,
    DocumentPath,
    Json,
    segment_key,
)

# How a face calls such a folder.
OLD_FORMAT = "formato antiguo, sin sumas de verificación"

_FACOTS_KEYS = frozenset({"backup_date", "backup_time", "collections", "total_documents", "errors"})
# One of these in a metadata file: a format 1 that is damaged, whatever else it says.
_OUR_KEYS = {field.name for field in dataclasses.fields(Metadata)} - _FACOTS_KEYS | {
    "format_version",
    "metadata_sha256",
}
# Enough of a file to tell the layout; more blanks than that before a bracket are nobody's.
_HEAD_BYTES = 64
_SUFFIX = ".json"
# FACOT reads documents in order; where they stand otherwise is remembered, 250 bytes for each.
MAX_UNORDERED = 400_000


@dataclass(frozen=True, slots=True)
class Stated:
    """What the folder's metadata claims; nothing proves it.

    `total_documents` counts root documents (None: not said), `collections` are those that were written,
    `keys` all that it names.
    """

    total_documents: int | None
    collections: tuple[str, ...]
    errors: tuple[str, ...]
    keys: frozenset[str] = dataclasses.field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class OldBackup:
    """A folder of FACOT 2.0's own as it was when it was opened; it has the face of `reader.Backup`.

    `collections` in the order of their names; none where nothing was written but the metadata. `empty`:
    those whose list is `[]`: their documents are not known, there or not. `stated` is None where there is no
    metadata file. `foreign`: what lies in the folder beside a backup's files; with any, it is never deleted.
    """

    path: Path
    name: BackupName
    collections: tuple[str, ...]
    empty: frozenset[str] = frozenset()
    stated: Stated | None = None
    foreign: tuple[str, ...] = ()

    @property
    def kind(self) -> Literal["facot2"]:
        """What it is, beside the kinds of `reader.Backup`."""
        return "facot2"

    @property
    def complete(self) -> bool:
        """Never: nothing proves it, so it counts for nothing that asks for a complete backup."""
        return False

    @property
    def date(self) -> date:
        """The local date that its name bears; age goes by it."""
        return self.name.date

    @property
    def size(self) -> int:
        """Bytes of its files on disk; 0 if the folder cannot be read."""
        return size_on_disk([self])

    def documents(self, collection: str, *, note: Note | None = None) -> Iterator[Document]:
        """The documents of a root collection and their items, in name order, as `Backup.documents`.

        Parses the file twice: the first time for its order alone, so that memory holds one root document
        with its items; for a file in another order, also where each document stands. `note` is never
        called: this format has no canonical spelling. Raises UsageError for a collection that the folder
        does not hold, BackupUnreadable for a file that cannot be read, FormatError for one that is not
        JSON as it should be.
        """
        del note
        file = self.path / self.file(collection)
        return _documents(file, collection, f"{self.name}/{file.name}")

    def blocks(self, collection: str) -> Iterator[bytes]:
        """The bytes of a collection's file, in blocks. Raises as `documents` does, and reads lazily."""
        return file_blocks(self.path / self.file(collection))

    def file(self, collection: str) -> str:
        """The name of a collection's file. Raises UsageError for one that the folder does not hold."""
        if collection not in self.collections:
            raise UsageError("no_such_collection", backup=self.name, collection=collection)
        return collection + _SUFFIX

    def covers(self, path: DocumentPath) -> bool:
        """Whether the document at `path` would be in the folder, had it existed; if not, it is unknown.

        What that code never read is unknown, and so are a list `[]` and all items of such a collection.
        """
        if path[0] not in self.collections or path[0] in self.empty:
            return False
        return len(path) == 2 or (len(path) == 4 and path[2] == ITEMS and path[0] in COLLECTIONS_WITH_ITEMS)


AnyBackup: TypeAlias = Backup | OldBackup
_parsed: ParseCache[Stated] = ParseCache()


def open_folder(path: Path) -> AnyBackup | None:
    """The backup of any kind in the folder `path`; None if that is not one of ours.

    As `open_backup`; of FACOT 2.0's files only the beginnings are read.
    """
    if (old := _known(path)) is not None:
        return old
    backup = open_backup(path)
    if backup is None or backup.kind != "damaged":
        return backup
    try:
        return _recognise(path, backup.name) or backup
    except (DamagedBackup, BackupUnreadable) as problem:
        return dataclasses.replace(backup, problem=problem)


def _known(path: Path) -> OldBackup | None:
    """A folder of FACOT 2.0 whose metadata was parsed before, and need not be tried as ours again."""
    name = BackupName.parse(path.name)
    if name is None or path / METADATA_FILE not in _parsed:
        return None
    with suppress(DamagedBackup):
        return _recognise(path, name)
    return None


def open_old(path: Path) -> OldBackup | None:
    """FACOT 2.0's folder at `path`; None if it is anything else. Never raises for what is there."""
    found = open_folder(path)
    return found if isinstance(found, OldBackup) else None


def _recognise(path: Path, name: BackupName) -> OldBackup | None:
    """The folder, if all rules of docs/disk-format.md say that it is one.

    Raises DamagedBackup, with what to do, where a JSON file that is no collection's alone speaks against it;
    BackupUnreadable where the disk does not let us tell.
    """
    try:
        if name.time is not None or not is_own_folder(path):
            return None
        names = names_in(path)
        stated = _stated(path) if METADATA_FILE in names else None
        files = {entry: _look(path / entry) for entry in names if entry != METADATA_FILE}
    except BackupUnreadable:
        raise
    except OSError as error:
        raise BackupUnreadable("folder_unread", place=name, error=error) from error
    except (FacotBackupsError, _IsFormat1):
        return None
    by_look: dict[_Look, list[str]] = {look: [] for look in get_args(_Look)}
    for entry, look in files.items():
        by_look[look].append(entry.removesuffix(_SUFFIX))
    if files.keys() == set(by_look["dropping"]):
        return OldBackup(path, name, (), stated=stated) if _claims_nothing(stated) else None
    if set(by_look["list"] + by_look["empty"]).isdisjoint(FACOT_COLLECTIONS):
        return None
    if by_look["no array"]:
        raise DamagedBackup("no_list", backup=name, file=f"{by_look['no array'][0]}{_SUFFIX}")
    collections = sorted(by_look["list"] + by_look["empty"] + by_look["cut"])
    foreign = tuple(entry for entry, look in files.items() if look == "foreign")
    return OldBackup(path, name, tuple(collections), frozenset(by_look["empty"]), stated, foreign)


class _IsFormat1(Exception):
    """Something in the folder is of our own format, so the folder is ours, and damaged."""


# "cut": an empty file, which FACOT 2.0 leaves when it is killed in the middle: damage in an old folder.
_Look: TypeAlias = Literal["list", "empty", "cut", "no array", "dropping", "foreign"]


def _look(file: Path) -> _Look:
    """What a file is, by its name and its first bytes. Raises _IsFormat1, OSError, and as `file_blocks`."""
    if is_dropping(file.name):
        return "dropping"
    if not file.name.endswith(_SUFFIX):
        return "foreign"
    if not stat.S_ISREG(file.lstat().st_mode) or not is_collection_id(file.name.removesuffix(_SUFFIX)):
        return "no array"
    with closing(file_blocks(file, _HEAD_BYTES)) as blocks:
        head = next(blocks, b"")
    if head.startswith(b'[\n{"_id":') or head == b"[]\n":
        raise _IsFormat1
    text = head.lstrip()
    if not text.startswith(b"["):
        return "no array" if head else "cut"
    return "empty" if text[1:].lstrip().startswith(b"]") else "list"


def _stated(folder: Path) -> Stated:
    """What the metadata says. Raises _IsFormat1 for a key of ours, FormatError for what is no object."""
    place = f"{folder.name}/{METADATA_FILE}"
    return _parsed.value(
        folder / METADATA_FILE, lambda: metadata_bytes(folder), lambda data: _stated_in(data, place)
    )


def _stated_in(data: bytes, place: str) -> Stated:
    raw = strict_loads(data, place)
    if not isinstance(raw, dict):
        raise FormatError(place, "se esperaba un objeto JSON")
    if not _OUR_KEYS.isdisjoint(raw):
        raise _IsFormat1
    total = raw.get("total_documents")
    counted = total if type(total) is int and total >= 0 else None
    return Stated(counted, _texts(raw, "collections"), _texts(raw, "errors"), frozenset(raw))


def _claims_nothing(stated: Stated | None) -> bool:
    """Whether the metadata is that of an empty backup: FACOT's keys alone, and no collection or document."""
    return (
        stated is not None
        and "backup_date" in stated.keys <= _FACOTS_KEYS
        and not stated.collections
        and not stated.total_documents
    )


def _texts(raw: dict[str, Json], key: str) -> tuple[str, ...]:
    value = raw.get(key)
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


class _Standing(NamedTuple):
    """Where a root document stands in its file, with its place in the order of names."""

    key: tuple[int, int, str]
    name: str
    offset: int
    size: int


def _documents(file: Path, collection: str, place: str) -> Iterator[Document]:
    index = _index(file, place)
    elements = _elements(file, place) if index is None else _in_order(file, index, place)
    for element in elements:
        yield from documents_of(element, collection, place)


def _elements(file: Path, place: str) -> Iterator[Element]:
    return read_elements(file_blocks(file), place)


def _index(file: Path, place: str) -> list[_Standing] | None:
    """Where the documents stand, in name order; None for a file that has them in that order itself.

    Raises FormatError for an id that is there twice, and as `read_elements` does.
    """
    if _is_ascending(file, place):
        return None
    found = (
        _Standing(segment_key(element.name), element.name, element.offset, element.size)
        for element in _elements(file, place)
    )
    index = sorted(islice(found, MAX_UNORDERED + 1))
    if len(index) > MAX_UNORDERED:
        raise FormatError(place, f"tiene más de {MAX_UNORDERED:,} documentos que no van en orden")
    for before, standing in pairwise(index):
        if before.key == standing.key:
            raise FormatError(place, f"el documento «{standing.name}» está repetido")
    return index


def _is_ascending(file: Path, place: str) -> bool:
    last = None
    for element in _elements(file, place):
        key = segment_key(element.name)
        if last is not None and key <= last:
            return False
        last = key
    return True


def _in_order(file: Path, index: list[_Standing], place: str) -> Iterator[Element]:
    """The documents of the file in the order of `index`. Raises BackupUnreadable, FormatError."""
    try:
        with open(atomic.open_regular(file), "rb") as stream:  # noqa: PTH123 (a descriptor)
            for standing in index:
                stream.seek(standing.offset)
                yield parse_element(stream.read(standing.size), f"{place}, documento «{standing.name}»")
    except OSError as error:
        raise BackupUnreadable("file_unread", place=place, error=error) from error
