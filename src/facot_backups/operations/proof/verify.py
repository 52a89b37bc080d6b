"""Whether a published backup is what was published: every byte, every line, every count. Works offline.

All damage is reported, not the first of it: a damaged file does not stop the others. One pass over each
file hashes and parses it together; memory holds the open path alone.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from facot_backups.archive.facot2 import OLD_FORMAT, AnyBackup, OldBackup
from facot_backups.archive.layout import METADATA_FILE, BackupName
from facot_backups.archive.metadata import FileEntry, Metadata, checksum_problem, parse
from facot_backups.archive.parsing import decode, split_lines
from facot_backups.archive.reader import Backup, metadata_bytes, names_in
from facot_backups.errors import DamagedBackup, FormatError, NewerFormat
from facot_backups.events import Emit, PhaseStarted, Progressed, ignore

ProblemKind: TypeAlias = Literal[
    "metadata",  # it is not there, does not parse, or its checksum is wrong
    "newer-format",  # nothing can be said: this program does not know the version
    "statement",  # what the metadata says does not agree with itself, or with the folder's name
    "missing-file",
    "extra-file",
    "unreadable",  # the file is no regular file, or the disk refuses
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
class VerifyReport:
    """What a check found. `notes` (Spanish) are no damage: another spelling of the right value, say.

    `documents` counts existing documents read, nested ones too; `bytes_read` those of collections' files.
    `proven` is False for FACOT 2.0's own folders: what can be read of them may not be all that was there.
    """

    backup: str
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    documents: int
    bytes_read: int
    proven: bool = True

    @property
    def sound(self) -> bool:
        """Whether there is no damage at all."""
        return not self.problems


def verify(backup: AnyBackup, emit: Emit = ignore) -> VerifyReport:
    """Reads the whole backup and judges it. Writes nothing; the metadata is read afresh.

    Of FACOT 2.0's own folders, which prove nothing, it says whether all can be read; a note tells the rest.
    Emits PhaseStarted `verifying` and Progressed. Raises nothing for damage; what `emit` raises passes.
    """
    emit(PhaseStarted("verifying"))
    if isinstance(backup, OldBackup):
        return _OldCheck(backup, emit).run()
    return _Check(backup, emit).run()


def require_sound(backup: AnyBackup, refusal: str, emit: Emit = ignore) -> None:
    """`verify` for who is about to rely on the backup; `refusal` (Spanish) says what is not done with it.

    Raises DamagedBackup with the first problems, NewerFormat for a later version.
    """
    report = verify(backup, emit)
    if report.sound:
        return
    if not isinstance(backup, OldBackup) and isinstance(backup.problem, NewerFormat):
        raise backup.problem
    found = "\n".join(problem.message for problem in report.problems[:20])
    raise DamagedBackup(
        f"El backup {backup.name} está dañado: {refusal}.\n{found}\nElija otro: facot-backups list"
    )


@dataclass(slots=True)
class _Found:
    """What one pass over a file saw. `digest` is "" where its bytes could not be read to the end."""

    digest: str = ""
    size: int = 0
    documents: int = 0
    nested_documents: int = 0
    error: DamagedBackup | None = None
    odd_lines: list[int] = field(default_factory=list)
    odd_count: int = 0

    def note(self, number: int) -> None:
        """A line in another spelling; the first few are kept, so that memory stays flat."""
        self.odd_count += 1
        if len(self.odd_lines) < 3:
            self.odd_lines.append(number)


class _Check:
    """One check under way: the problems so far, and how far it is."""

    def __init__(self, backup: Backup, emit: Emit) -> None:
        self._backup = backup
        self._emit = emit
        self._problems: list[Problem] = []
        self._notes: list[str] = []
        self._documents = 0
        self._bytes = 0

    def run(self) -> VerifyReport:
        """Judges metadata, folder and files, in this order."""
        metadata = self._metadata()
        if metadata is not None:
            for message in contradictions(self._backup.name, metadata):
                self._add(METADATA_FILE, "statement", message)
            self._folder(metadata)
        name = str(self._backup.name)
        return VerifyReport(name, tuple(self._problems), tuple(self._notes), self._documents, self._bytes)

    def _add(self, file: str, kind: ProblemKind, message: str) -> None:
        self._problems.append(Problem(file, kind, f"{file}: {message}"))

    def _metadata(self) -> Metadata | None:
        """The metadata, also one whose checksum is wrong: the files are judged all the same."""
        try:
            data = metadata_bytes(self._backup.path)
            metadata = parse(data, METADATA_FILE, check_sum=False)
        except NewerFormat as error:
            self._problems.append(Problem(METADATA_FILE, "newer-format", str(error)))
            return None
        except DamagedBackup as error:
            self._problems.append(Problem(METADATA_FILE, "metadata", str(error)))
            return None
        if (problem := checksum_problem(data)) is not None:
            self._add(METADATA_FILE, "metadata", problem)
        return metadata

    def _folder(self, metadata: Metadata) -> None:
        try:
            names = names_in(self._backup.path)
        except DamagedBackup as error:
            self._problems.append(Problem(".", "unreadable", str(error)))
            return
        expected = {METADATA_FILE, *(entry.file for entry in metadata.files.values())}
        for name in names:
            if name in _BROWSER_FILES:
                self._notes.append(f"{name}: es del sistema, no del backup")
            elif name not in expected:
                self._add(name, "extra-file", "este archivo no es del backup")
        backup = replace(self._backup, metadata=metadata, problem=None)
        for collection, entry in metadata.files.items():
            if entry.file in names:
                self._judge(entry, self._read(backup, collection))
            else:
                self._add(entry.file, "missing-file", "falta el archivo")

    def _read(self, backup: Backup, collection: str) -> _Found:
        """One pass: hash and parse together; after a line that is not the format, the rest is hashed."""
        found = _Found()
        blocks = _hashed(backup, collection, found)
        try:
            self._count(backup, collection, blocks, found)
        except DamagedBackup as error:
            found.error = error
            _drain(blocks, found)
        self._bytes += found.size
        self._emit(Progressed(collection, self._documents))
        return found

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
            self._documents += 1
            if self._documents % _PROGRESS_STEP == 0:
                self._emit(Progressed(collection, self._documents))

    def _judge(self, entry: FileEntry, found: _Found) -> None:
        if found.digest:
            if found.size != entry.bytes:
                self._add(entry.file, "size", f"mide {found.size} bytes, debe medir {entry.bytes}")
            if found.digest != entry.sha256:
                self._add(entry.file, "hash", "su contenido no es el que se guardó (SHA-256 distinto)")
        if found.error is not None:
            kind: ProblemKind = "format" if isinstance(found.error, FormatError) else "unreadable"
            self._problems.append(Problem(entry.file, kind, str(found.error)))
            return
        self._compare(entry, "documentos", found.documents, entry.documents)
        self._compare(entry, "documentos anidados", found.nested_documents, entry.nested_documents)
        if found.odd_count:
            first = ", ".join(map(str, found.odd_lines))
            self._notes.append(
                f"{entry.file}: {found.odd_count} líneas dicen lo mismo de otra forma que la nuestra "
                f"(las primeras: {first})"
            )

    def _compare(self, entry: FileEntry, what: str, found: int, stated: int) -> None:
        if found != stated:
            self._add(entry.file, "count", f"contiene {found} {what}, los metadatos dicen {stated}")


class _OldCheck:
    """A check of a folder of FACOT 2.0's under way: whether every file is what a restore can read."""

    def __init__(self, backup: OldBackup, emit: Emit) -> None:
        self._backup = backup
        self._emit = emit
        self._problems: list[Problem] = []
        self._documents = 0
        self._roots: dict[str, int] = {}
        self._bytes = 0

    def run(self) -> VerifyReport:
        """Reads every file to its end, then compares with what the metadata claims."""
        for collection in self._backup.collections:
            self._read(collection)
        notes = (OLD_FORMAT, *self._claims())
        name = str(self._backup.name)
        return VerifyReport(name, tuple(self._problems), notes, self._documents, self._bytes, proven=False)

    def _read(self, collection: str) -> None:
        file = self._backup.file(collection)
        try:
            self._bytes += (self._backup.path / file).lstat().st_size
            self._count(collection)
        except (DamagedBackup, OSError) as error:
            kind: ProblemKind = "format" if isinstance(error, FormatError) else "unreadable"
            message = str(error) if isinstance(error, DamagedBackup) else f"{file}: {error.strerror}"
            self._problems.append(Problem(file, kind, message))
        self._emit(Progressed(collection, self._documents))

    def _count(self, collection: str) -> None:
        roots = 0
        for document in self._backup.documents(collection):
            roots += len(document.path) == 2
            self._documents += 1
            if self._documents % _PROGRESS_STEP == 0:
                self._emit(Progressed(collection, self._documents))
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
        if not self._problems and stated.total_documents not in (None, found):
            yield f"sus metadatos dicen {stated.total_documents} documentos, hay {found}"


def contradictions(name: BackupName, metadata: Metadata) -> Iterator[str]:
    """What the metadata says against itself or against the folder's name, each in a Spanish sentence."""
    roots = sum(entry.documents for entry in metadata.files.values())
    nested = sum(entry.nested_documents for entry in metadata.files.values())
    if sorted(metadata.collections) != sorted(metadata.files):
        yield "collections y files no nombran las mismas colecciones"
    if metadata.total_documents != roots:
        yield f"total_documents es {metadata.total_documents}, sus archivos suman {roots}"
    if metadata.nested_documents != nested:
        yield f"nested_documents es {metadata.nested_documents}, sus archivos suman {nested}"
    if name.date != metadata.backup_date:
        yield f"la carpeta se llama {name}, el backup es del {metadata.backup_date}"
    if (name.suffix == "pre-restore") != (metadata.scope.restore is not None):
        yield f"su alcance no es el de una carpeta {name}"
    if name.suffix is None:
        yield from _not_complete(metadata, roots + nested)


def _not_complete(metadata: Metadata, documents: int) -> Iterator[str]:
    """What a complete backup cannot say."""
    if metadata.errors:
        yield "tiene errores, y la carpeta lleva el nombre de un backup completo"
    if metadata.server_count is not None and metadata.server_count != documents:
        yield f"el servidor contó {metadata.server_count} documentos, hay {documents}"


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
    except DamagedBackup as error:
        found.error = error
