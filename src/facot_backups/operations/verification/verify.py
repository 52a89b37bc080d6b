"""Whether a published backup is what was published: every byte, every line, every count. Works offline.

All damage is reported, not the first of it: a damaged file does not stop the others. One pass over each
file hashes and parses it together; memory holds the open path alone. What is not right is read twice: damage
is what both readings found, and what the disk did not let us read is none.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from facot_backups.archive.collection_file import decode, split_lines
from facot_backups.archive.facot2 import OLD_FORMAT, AnyBackup, OldBackup
from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.metadata import FileEntry, Metadata, checksum_problem, parse
from facot_backups.archive.reader import Backup, forget_cached, metadata_bytes, names_in
from facot_backups.errors import BackupUnreadable, DamagedBackup, FormatError, NewerFormat
from facot_backups.events import Emit, PhaseStarted, Progressed, ignore
from facot_backups.operations.verification.contradictions import contradictions

# What is not done with a backup that is not sound.
Refusal: TypeAlias = Literal["not-restored", "not-served"]
ProblemKind: TypeAlias = Literal[
    "metadata",  # it is not there, does not parse, or its checksum is wrong
    "newer-format",  # nothing can be said: this program does not know the version
    "statement",  # what the metadata says does not agree with itself, or with the folder's name
    "missing-file",
    "extra-file",
    "unreadable",  # the file is no regular file
    "size",
    "hash",
    "format",  # the first line that is not the format; what follows it is not counted
    "count",
]

# Files that the system's own file browsers leave in any folder they show.
_BROWSER_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_PROGRESS_STEP = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """Damage. `file` is its name in the backup's folder; `message` is for the user, and names it too."""

    file: str
    kind: ProblemKind
    message: str


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, which says nothing of it. `file` and `message` as in `Problem`."""

    file: str
    message: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a check found: `problems`, the damage, and what it could not read, `unread`.

    `notes` (Spanish) are no damage: another spelling of the right value, say. `documents` counts existing
    documents read, nested ones too; `bytes_read` those of collections' files. `proven` is False for FACOT
    2.0's own folders: what can be read of them may not be all that was there.
    """

    backup: str
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    documents: int
    bytes_read: int
    proven: bool = True
    unread: tuple[Unread, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether all was read, and there is no damage at all."""
        return not self.problems and not self.unread

    @property
    def damaged(self) -> bool:
        """Whether there is damage, whatever else could not be read."""
        return bool(self.problems)

    @property
    def messages(self) -> tuple[str, ...]:
        """All of the damage, then all that could not be read, in Spanish."""
        return (*(each.message for each in self.problems), *(each.message for each in self.unread))


def verify(backup: AnyBackup, emit: Emit = ignore) -> VerifyReport:
    """Reads the whole backup and judges it. Writes nothing; the metadata is read afresh.

    Of FACOT 2.0's own folders, which prove nothing, it says whether all can be read; a note tells the rest.
    Emits PhaseStarted `verifying` and Progressed. Raises nothing for damage; what `emit` raises passes.
    """
    emit(PhaseStarted("verifying"))
    if isinstance(backup, OldBackup):
        return _OldCheck(backup, emit).run()
    return _OwnCheck(backup, emit).run()


def require_sound(backup: AnyBackup, refusal: Refusal, emit: Emit = ignore) -> None:
    """`verify` for who is about to rely on the backup; `refusal` says what is not done with it.

    Raises DamagedBackup with the first problems, NewerFormat for a later version, BackupUnreadable where
    nothing is known to be damaged but not all can be read.
    """
    report = verify(backup, emit)
    if report.sound:
        return
    if not report.damaged:
        found = [unread.message for unread in report.unread[:20]]
        raise BackupUnreadable("unread", backup=backup.name, refusal=refusal, problems=found)
    if not isinstance(backup, OldBackup) and isinstance(backup.problem, NewerFormat):
        raise backup.problem
    found = [problem.message for problem in report.problems[:20]]
    raise DamagedBackup("damaged", backup=backup.name, refusal=refusal, problems=found)


@dataclass(slots=True)
class _Found:
    """What one pass over a file saw. `digest` is "" where its bytes could not be read to the end."""

    digest: str = ""
    size: int = 0
    documents: int = 0
    nested_documents: int = 0
    error: DamagedBackup | None = None
    unread: BackupUnreadable | None = None
    odd_lines: list[int] = field(default_factory=list)
    odd_count: int = 0

    def note(self, number: int) -> None:
        """A line in another spelling; the first few are kept, so that memory stays flat."""
        self.odd_count += 1
        if len(self.odd_lines) < 3:
            self.odd_lines.append(number)


@dataclass(slots=True)
class _Reading:
    """What one reading of a part of the backup found: of the metadata, of the folder, or of a file."""

    problems: list[Problem] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.problems and not self.unread

    def add(self, file: str, kind: ProblemKind, message: str) -> None:
        self.problems.append(Problem(file, kind, f"{file}: {message}"))

    def broken(self, file: str, error: DamagedBackup) -> None:
        """What was read is not what can be in a backup."""
        kind: ProblemKind = "format" if isinstance(error, FormatError) else "unreadable"
        self.problems.append(Problem(file, kind, str(error)))

    def refused(self, file: str, error: BackupUnreadable) -> None:
        """The disk did not let us read."""
        self.unread.append(Unread(file, str(error)))


class _Check:
    """One check under way: the findings so far, and how far it is."""

    def __init__(self, backup: AnyBackup, emit: Emit, *, proven: bool) -> None:
        self._folder = backup.path
        self._name = str(backup.name)
        self._emit = emit
        self._proven = proven
        self._found = _Reading()
        self._documents = 0
        self._bytes = 0

    def _settle(self, part: Path, read: Callable[[_Reading], None]) -> None:
        """Read a part, whose file is `part`; twice if it is not right, and keep what both readings say."""
        documents, size = self._documents, self._bytes
        first = last = _Reading()
        read(first)
        if not first.sound:
            forget_cached(part)
            self._documents, self._bytes = documents, size
            last = _Reading()
            read(last)
            if last.sound:
                last.notes.append(f"{part.name}: falló al leerlo y a la segunda salió bien. Vigile el disco")
            elif not first.problems or not last.problems:
                last.problems, last.unread = [], last.unread or first.unread
        self._found.problems += last.problems
        self._found.unread += last.unread
        self._found.notes += last.notes

    def _passed(self, collection: str) -> None:
        """One more document was read."""
        self._documents += 1
        if self._documents % _PROGRESS_STEP == 0:
            self._emit(Progressed(collection, self._documents))

    def _report(self) -> VerifyReport:
        return VerifyReport(
            self._name,
            tuple(self._found.problems),
            tuple(self._found.notes),
            self._documents,
            self._bytes,
            self._proven,
            tuple(self._found.unread),
        )


class _OwnCheck(_Check):
    """A check of a backup of our own format, which proves every byte."""

    def __init__(self, backup: Backup, emit: Emit) -> None:
        super().__init__(backup, emit, proven=True)
        self._backup = backup
        self._metadata: Metadata | None = None
        self._names: list[str] = []

    def run(self) -> VerifyReport:
        """Judges metadata, folder and files, in this order."""
        self._settle(self._folder / METADATA_FILE, self._read_metadata)
        if (metadata := self._metadata) is not None:
            self._settle(self._folder, partial(self._read_folder, metadata))
            backup = replace(self._backup, metadata=metadata, problem=None)
            present = set(self._names)
            for collection, entry in metadata.files.items():
                if entry.file in present:
                    self._settle(self._folder / entry.file, partial(self._read_file, backup, collection))
        return self._report()

    def _read_metadata(self, reading: _Reading) -> None:
        """The metadata, also one whose checksum is wrong: the files are judged all the same."""
        try:
            data = metadata_bytes(self._folder)
            metadata = parse(data, METADATA_FILE, check_sum=False)
        except NewerFormat as error:
            reading.problems.append(Problem(METADATA_FILE, "newer-format", str(error)))
        except BackupUnreadable as error:
            reading.refused(METADATA_FILE, error)
        except DamagedBackup as error:
            reading.problems.append(Problem(METADATA_FILE, "metadata", str(error)))
        else:
            self._metadata = metadata
            if (problem := checksum_problem(data)) is not None:
                reading.add(METADATA_FILE, "metadata", problem)
            for message in contradictions(self._backup.name, metadata):
                reading.add(METADATA_FILE, "statement", message)

    def _read_folder(self, metadata: Metadata, reading: _Reading) -> None:
        try:
            self._names = names_in(self._folder)
        except BackupUnreadable as error:
            reading.refused(".", error)
            return
        expected = {METADATA_FILE, *(entry.file for entry in metadata.files.values())}
        for name in self._names:
            if name in _BROWSER_FILES:
                reading.notes.append(f"{name}: es del sistema, no del backup")
            elif name not in expected:
                reading.add(name, "extra-file", "este archivo no es del backup")
        for file in sorted(expected.difference(self._names)):
            reading.add(file, "missing-file", "falta el archivo")

    def _read_file(self, backup: Backup, collection: str, reading: _Reading) -> None:
        """One pass: hash and parse together; after a line that is not the format, the rest is hashed."""
        found = _Found()
        blocks = _hashed(backup, collection, found)
        try:
            self._count(backup, collection, blocks, found)
        except BackupUnreadable as error:
            found.unread = error
        except DamagedBackup as error:
            found.error = error
            _drain(blocks, found)
        self._bytes += found.size
        self._emit(Progressed(collection, self._documents))
        _judge(backup.entry(collection), found, reading)

    def _count(self, backup: Backup, collection: str, blocks: Iterator[bytes], found: _Found) -> None:
        file = backup.entry(collection).file
        scope = backup.proven().scope
        for document in decode(split_lines(blocks, file), collection, file, scope=scope, note=found.note):
            if document.mark is not None:
                continue
            if len(document.path) == 2:
                found.documents += 1
            else:
                found.nested_documents += 1
            self._passed(collection)


def _judge(entry: FileEntry, found: _Found, reading: _Reading) -> None:
    """What is wrong with a file of our own format, by what one pass over it saw."""
    if found.digest:
        if found.size != entry.bytes:
            reading.add(entry.file, "size", f"mide {found.size} bytes, debe medir {entry.bytes}")
        if found.digest != entry.sha256:
            reading.add(entry.file, "hash", "su contenido no es el que se guardó (SHA-256 distinto)")
    if found.unread is not None:
        reading.refused(entry.file, found.unread)
    if found.error is not None:
        reading.broken(entry.file, found.error)
    if found.error is not None or found.unread is not None:
        return
    counts = (
        ("documentos", found.documents, entry.documents),
        ("documentos anidados", found.nested_documents, entry.nested_documents),
    )
    for what, counted, stated in counts:
        if counted != stated:
            reading.add(entry.file, "count", f"contiene {counted} {what}, los metadatos dicen {stated}")
    if found.odd_count:
        first = ", ".join(map(str, found.odd_lines))
        reading.notes.append(
            f"{entry.file}: {found.odd_count} líneas dicen lo mismo de otra forma que la nuestra "
            f"(las primeras: {first})"
        )


class _OldCheck(_Check):
    """A check of a folder of FACOT 2.0's: whether every file is what a restore can read."""

    def __init__(self, backup: OldBackup, emit: Emit) -> None:
        super().__init__(backup, emit, proven=False)
        self._backup = backup
        self._roots: dict[str, int] = {}

    def run(self) -> VerifyReport:
        """Reads every file to its end, then compares with what the metadata claims."""
        self._found.notes.append(OLD_FORMAT)
        for collection in self._backup.collections:
            self._settle(self._folder / self._backup.file(collection), partial(self._read, collection))
        self._found.notes += self._claims()
        return self._report()

    def _read(self, collection: str, reading: _Reading) -> None:
        file = self._backup.file(collection)
        try:
            self._bytes += (self._folder / file).lstat().st_size
            self._count(collection)
        except OSError as error:
            reading.refused(file, BackupUnreadable("file_unread", place=file, error=error))
        except BackupUnreadable as error:
            reading.refused(file, error)
        except DamagedBackup as error:
            reading.broken(file, error)
        self._emit(Progressed(collection, self._documents))

    def _count(self, collection: str) -> None:
        roots = 0
        for document in self._backup.documents(collection):
            roots += len(document.path) == 2
            self._passed(collection)
        self._roots[collection] = roots

    def _claims(self) -> Iterator[str]:
        """What differs from the metadata: no proof of damage, that code could leave it so itself."""
        yield from (f"{name}: no es del backup" for name in self._backup.foreign)
        stated = self._backup.stated
        if stated is None:
            yield "no tiene metadatos"
            return
        yield from (f"FACOT anotó un error: {error}" for error in stated.errors)
        for collection in stated.collections:
            if collection not in self._backup.collections:
                yield f"sus metadatos nombran {collection}, que no está"
        found = sum(self._roots.get(collection, 0) for collection in stated.collections)
        if self._found.sound and stated.total_documents not in (None, found):
            yield f"sus metadatos dicen {stated.total_documents} documentos, hay {found}"


def _hashed(backup: Backup, collection: str, found: _Found) -> Iterator[bytes]:
    """The blocks of a file; when they are through, `found` has its size and its hash."""
    digest = hashlib.sha256()
    for block in backup.blocks(collection):
        digest.update(block)
        found.size += len(block)
        yield block
    found.digest = digest.hexdigest()


def _drain(blocks: Iterator[bytes], found: _Found) -> None:
    try:
        deque(blocks, maxlen=0)
    except BackupUnreadable as error:
        found.unread = error
    except DamagedBackup as error:
        found.error = error
