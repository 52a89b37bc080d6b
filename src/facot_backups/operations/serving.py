"""A backup as a live Firestore in the memory of this process.

Memory: about the documents' bytes as protobuf, which are not far from those of their files, and 0.6 KB more
for each document (`memory_needed`). What programs write there is in memory alone, and ends with the server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from facot_backups.archive.facot2 import OLD_FORMAT, AnyBackup, OldBackup
from facot_backups.archive.repository import Repository
from facot_backups.emulator.load import Fields
from facot_backups.emulator.server import LocalFirestore
from facot_backups.errors import UsageError
from facot_backups.events import Emit, PhaseStarted, Progressed, Warned, ignore
from facot_backups.figures import size
from facot_backups.firestore.encode import encode_document
from facot_backups.firestore.names import documents_root
from facot_backups.model import EVERYTHING, Source
from facot_backups.operations.comparison.sources import FolderSide, side_of
from facot_backups.operations.verification.verify import require_sound

# The project of a folder of FACOT 2.0's own, which names none, where nothing else names one.
UNKNOWN_PROJECT = "facot"
# What the server needs for a document beyond its bytes: name, key, place (measured, 550 with FACOT's data).
_DOCUMENT_BYTES = 600
_STEP = 1000


@dataclass(frozen=True, slots=True)
class Served:
    """A backup in memory. `source` is the database under whose name it is served.

    `documents` counts nested ones too; `bytes` is their size as protobuf.
    """

    backup: str
    source: Source
    documents: int
    bytes: int

    @property
    def memory(self) -> int:
        """What they take in memory, about, in bytes."""
        return self.bytes + self.documents * _DOCUMENT_BYTES


def memory_needed(backup: AnyBackup) -> int:
    """The bytes of memory that a backup needs to be served or drilled, about; its metadata says so.

    For one of FACOT 2.0's own folders it is only its files' bytes. Raises the backup's `problem` if it is
    damaged.
    """
    if isinstance(backup, OldBackup):
        return backup.size
    metadata = backup.proven()
    documents = metadata.total_documents + metadata.nested_documents
    return sum(entry.bytes for entry in metadata.files.values()) + documents * _DOCUMENT_BYTES


def physical_memory() -> int | None:
    """The computer's memory in bytes; None where the system does not say it (Windows)."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def warn_of_memory(backup: AnyBackup, emit: Emit) -> None:
    """Emit a Warned where the backup may not fit into the computer's memory."""
    needed, there = memory_needed(backup), physical_memory()
    if there is not None and needed > there // 2:
        emit(Warned(f"Hacen falta unos {size(needed)} de memoria y este equipo tiene {size(there)}."))


def source_of(backup: AnyBackup, repository: Repository | None, project: str | None) -> Source:
    """The database that a backup is of: its own; for one of FACOT 2.0's folders the repository's.

    Without either, `project` (the settings') or `facot`. Raises the backup's `problem` if it is damaged.
    """
    if not isinstance(backup, OldBackup):
        return backup.proven().source
    if repository is not None:
        return repository.source
    return Source(project or UNKNOWN_PROJECT)


def load(backup: AnyBackup, source: Source, server: LocalFirestore, emit: Emit = ignore) -> Served:
    """Verify `backup`, and put all its documents into `server` as the database `source`.

    Read as a stream: beyond what is served, memory holds some hundred documents. References within the
    backup's database lead to the same documents of `source`. Emits Progressed, and Warned for what the
    backup lacks. Raises DamagedBackup, NewerFormat, and UsageError for a `.pre-restore`; then `server` may
    hold a part.
    """
    side = checked_side(backup, emit)
    warn_of_memory(backup, emit)
    emit(PhaseStarted("reading"))
    loading = _Loading(documents_root(source), emit)
    server.load(loading.documents(side), source.project, source.database)
    return Served(str(backup.name), replace(source, emulator=True), loading.count, loading.bytes)


def checked_side(backup: AnyBackup, emit: Emit) -> FolderSide:
    """The backup to be read, sound to the last byte. Raises as `load`."""
    if backup.kind == "pre-restore":
        raise UsageError("kept_by_restore_served", backup=backup.name)
    require_sound(backup, "not-served", emit)
    if isinstance(backup, OldBackup):
        emit(Warned(f"{backup.name}: {OLD_FORMAT}; los valores que aquel programa perdió siguen perdidos."))
    elif not backup.complete:
        emit(Warned(f"{backup.name} está incompleto: {'; '.join(backup.proven().errors)}"))
    return side_of(backup)


class _Loading:
    """Documents on their way into a server. `count` and `bytes` are of those that passed."""

    def __init__(self, root: str, emit: Emit) -> None:
        self._root = root
        self._emit = emit
        self.count = 0
        self.bytes = 0

    def documents(self, side: FolderSide) -> Iterator[tuple[str, Fields]]:
        """Relative path and fields of every document that exists."""
        for document in side.documents(EVERYTHING):
            if document.mark is not None:
                continue
            message = encode_document(document, self._root)
            self.count += 1
            self.bytes += message.ByteSize()
            if self.count % _STEP == 0:
                self._emit(Progressed(document.path[0], self.count))
            yield "/".join(document.path), message.fields
