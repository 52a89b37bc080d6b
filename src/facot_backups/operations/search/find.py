"""Documents by a word people know (NCF, client, RNC, amount) in all backups at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Literal, TypeAlias

from facot_backups.archive.collection_file import split_lines
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.raw_lines import document_lines
from facot_backups.archive.reader import Backup
from facot_backups.archive.store import Store
from facot_backups.archive.strict import Malformed
from facot_backups.errors import FacotBackupsError, Interrupted
from facot_backups.events import Emit, PhaseStarted, Progressed, ignore
from facot_backups.model import Document, DocumentPath, segment_key
from facot_backups.operations.comparison.sources import BackupSide
from facot_backups.operations.search.key import fold, query_words, search_key
from facot_backups.operations.search.summary import Summary, summary

State: TypeAlias = Literal["present", "gone"]

MOST_FOUND = 200
# Beyond so many, a search says that there are more without having looked at all of them.
_MOST_KEPT = 5000


@dataclass(frozen=True, slots=True)
class Place:
    """A backup, by its name and local date."""

    backup: str
    date: date


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found. `shown`: how its newest version that matches is called.

    `last_seen`: the newest backup that holds it. `gone_in`: the first backup after that one which would hold
    it and does not; None for one that is still there, as far as any backup knows.
    """

    path: DocumentPath
    shown: Summary
    last_seen: Place
    gone_in: Place | None

    @property
    def state(self) -> State:
        """Whether the newest backup that would hold it does."""
        return "present" if self.gone_in is None else "gone"


@dataclass(frozen=True, slots=True)
class Findings:
    """`hits`: exact numbers first, then what is gone, then the rest. `more`: there are others.

    `unreadable`: names of the backups in which something could not be read.
    """

    hits: tuple[Hit, ...]
    more: bool
    backups: int
    unreadable: tuple[str, ...]


def find(store: Store, text: str, zone: tzinfo, emit: Emit = ignore) -> Findings:
    """The documents that hold all words of `text` in any backup of the store's present source.

    Capitals, accents and the separators of numbers do not matter. Reads each different file once, and parses
    each different line once; memory holds some 100 bytes for each different line. `.pre-restore` folders
    are left out. Dates are shown in `zone`. Emits PhaseStarted `searching` and Progressed. Raises
    BackupDirUnusable.
    """
    emit(PhaseStarted("searching"))
    repository = store.repository()
    source = repository.source if repository is not None else None
    backups: list[AnyBackup] = []
    unreadable: list[str] = []
    for backup in store.all_backups():
        if isinstance(backup, Backup) and backup.metadata is None:
            unreadable.append(str(backup.name))
        elif backup.kind != "pre-restore" and (
            isinstance(backup, OldBackup) or source in (None, backup.proven().source)
        ):
            backups.append(backup)
    search = _Search(backups, query_words(text), zone, emit)
    search.run()
    hits = sorted(search.hits(), key=lambda hit: _rank(hit, fold(text.strip())))
    bad = (*unreadable, *(str(backups[number].name) for number in sorted(search.failed)))
    return Findings(tuple(hits[:MOST_FOUND]), len(hits) > MOST_FOUND, len(backups), bad)


def _rank(hit: Hit, wanted: str) -> tuple[bool, bool, int, int]:
    exact = wanted in map(fold, (hit.shown.number, hit.shown.rnc, hit.path[-1]))
    return (not exact, hit.gone_in is None, len(hit.path), -hit.last_seen.date.toordinal())


class _Search:
    """One search; `backups` from the newest on, which is how a number means one of them."""

    def __init__(
        self, backups: Sequence[AnyBackup], words: tuple[str, ...], zone: tzinfo, emit: Emit
    ) -> None:
        self.failed: set[int] = set()
        self._backups = backups
        self._words = sorted((word.encode("utf-8", "replace") for word in words), key=len, reverse=True)
        self._zone = zone
        self._emit = emit
        self._seen: set[int] = set()  # hashes of lines
        self._newest: dict[int, int] = {}  # by the hash of a path: the newest backup that holds it
        self._found: dict[DocumentPath, Summary] = {}
        self._lines = 0

    def run(self) -> None:
        """Look through all backups, collection by collection."""
        if not self._words:
            return
        collections = {name for backup in self._backups for name in _collections(backup)}
        for collection in sorted(collections, key=segment_key):
            self._seen.clear()  # no two collections share a document
            self._look_in(collection)

    def hits(self) -> Iterator[Hit]:
        """What was found."""
        for path, shown in self._found.items():
            last = self._newest[hash(path)]
            newer = (number for number in range(last - 1, -1, -1) if self._knows(number, path))
            gone = next(newer, None)
            yield Hit(path, shown, self._place(last), self._place(gone) if gone is not None else None)

    def _place(self, number: int) -> Place:
        backup = self._backups[number]
        return Place(str(backup.name), backup.date)

    def _knows(self, number: int, path: DocumentPath) -> bool:
        """Whether the backup would hold the document, had it existed."""
        backup = self._backups[number]
        if number in self.failed:
            return False
        if isinstance(backup, OldBackup):
            return backup.covers(path)
        return BackupSide(backup).knows(path)

    def _look_in(self, collection: str) -> None:
        files: set[str] = set()  # that were read to their end
        for number, backup in enumerate(self._backups):
            if collection not in _collections(backup):
                continue
            sha256 = backup.entry(collection).sha256 if isinstance(backup, Backup) else ""
            if sha256 in files:  # a newer backup has the same
                continue
            try:
                self._look_at(number, backup, collection)
                files |= {sha256} if sha256 else set()
            except Interrupted:
                raise
            except (FacotBackupsError, Malformed):
                self.failed.add(number)

    def _look_at(self, number: int, backup: AnyBackup, collection: str) -> None:
        if isinstance(backup, OldBackup):
            for document in backup.documents(collection):
                self._take(number, document)
            return
        place = f"{backup.name}/{backup.entry(collection).file}"
        blocks = self._told(backup.blocks(collection), collection)
        seen = self._seen
        # Most lines of most backups end here: one hash each.
        for level, line in document_lines(split_lines(blocks, place), collection):
            key = hash((level.place, line))
            if key not in seen:
                seen.add(key)
                self._take(number, level.document(line))

    def _told(self, blocks: Iterator[bytes], collection: str) -> Iterator[bytes]:
        for block in blocks:
            self._lines += block.count(b"\n")
            self._emit(Progressed(collection, self._lines))
            yield block

    def _take(self, number: int, document: Document) -> None:
        if document.mark is not None:
            return
        self._newest.setdefault(hash(document.path), number)
        if document.path in self._found or len(self._found) >= _MOST_KEPT:
            return
        key = search_key(document, self._zone)
        if all(word in key for word in self._words):
            self._found[document.path] = summary(document, self._zone)


def _collections(backup: AnyBackup) -> tuple[str, ...]:
    return backup.collections if isinstance(backup, OldBackup) else tuple(backup.proven().files)
