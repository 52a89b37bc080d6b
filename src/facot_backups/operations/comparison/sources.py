"""What is compared: backups of both formats as sides (`compare.Side`), and why one does not know a thing."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from facot_backups.archive.collection_file import decode, split_lines
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.reader import Backup
from facot_backups.errors import FormatError, UsageError
from facot_backups.model import Document, DocumentPath, Scope, Source, segment_key
from facot_backups.operations.comparison.changes import touches


class BackupSide:
    """A backup of our format, complete or not.

    What an incomplete one has no file of is not known: its `errors` are for people to read. Reading checks
    the hash of every file that is read to its end. `extent` overrides what the backup's metadata says it
    read (for a `.pre-restore`, which includes nothing by rule). Raises the backup's `problem` if it is
    damaged.
    """

    def __init__(self, backup: Backup, extent: Scope | None = None) -> None:
        self.backup = backup
        self._metadata = backup.proven()
        self.label = str(backup.name)
        self.source: Source | None = self._metadata.source
        self.read_time: datetime | None = self._metadata.read_time
        self.extent = extent if extent is not None else self._read()
        self.failures: Mapping[str, str] = {}  # a file that cannot be read is damage, and raises

    def _read(self) -> Scope:
        scope, files = self._metadata.scope, self._metadata.files
        if not self._metadata.errors or scope.restore is not None:
            return scope
        return Scope(
            collections=tuple(name for name in files if scope.includes((name,))),
            documents=tuple(root for root in scope.documents if root[0] in files),
        )

    def documents(self, scope: Scope) -> Iterator[Document]:
        """As `Side.documents`. Raises DamagedBackup at the first byte that is not what was published."""
        for collection in self.collections():
            if touches(scope, collection):
                yield from _only(scope, collection, checked_documents(self.backup, collection))

    def knows(self, path: DocumentPath) -> bool:
        """As `Side.knows`."""
        return self.extent.includes(path)

    def collections(self) -> list[str]:
        """The root collections that it holds, in name order."""
        return sorted(self._metadata.files, key=segment_key)

    def why_unknown(self, collection: str) -> str:
        """Why nothing is known of a root collection outside `extent`, in Spanish."""
        if self._metadata.scope.includes((collection,)):
            return f"no se pudo leer al hacer {self.backup.name}"
        return f"fuera de lo que abarca {self.backup.name}"


class OldSide:
    """A folder of FACOT 2.0's own: of a list `[]`, and of what that code never read, nothing is known."""

    def __init__(self, backup: OldBackup) -> None:
        self.backup = backup
        self.label = str(backup.name)
        self.source: Source | None = None  # that code did not say
        self.read_time: datetime | None = None
        self.extent = Scope(collections=tuple(c for c in backup.collections if c not in backup.empty))
        self.failures: Mapping[str, str] = {}
        # Two, as a comparison holds the document that comes after the one it asks about.
        self._latest: deque[DocumentPath] = deque(maxlen=2)

    def documents(self, scope: Scope) -> Iterator[Document]:
        """As `Side.documents`. Raises DamagedBackup for a file that is not what it should be."""
        for collection in self.collections():
            if not touches(scope, collection):
                continue
            for document in _only(scope, collection, self.backup.documents(collection)):
                if len(document.path) == 2:
                    self._latest.append(document.path)
                yield document

    def knows(self, path: DocumentPath) -> bool:
        """As `Side.knows`. That code asked for the items of documents that it had, of no others."""
        return self.backup.covers(path) and (len(path) == 2 or path[:2] in self._latest)

    def collections(self) -> list[str]:
        """The root collections that it holds, in name order."""
        return sorted(self.backup.collections, key=segment_key)

    def why_unknown(self, collection: str) -> str:
        """Why nothing is known of a root collection outside `extent`, in Spanish."""
        if collection in self.backup.empty:
            return f"vacía en {self.backup.name}, de formato antiguo: no dice si había documentos"
        return f"fuera de lo que abarca {self.backup.name}"


FolderSide: TypeAlias = BackupSide | OldSide


def side_of(backup: AnyBackup) -> FolderSide:
    """The side that a backup is. Raises UsageError for a `.pre-restore`, its `problem` for a damaged one."""
    if isinstance(backup, OldBackup):
        return OldSide(backup)
    if backup.kind == "pre-restore":
        raise UsageError("kept_by_restore_compared", backup=backup.name)
    return BackupSide(backup)


def checked_documents(backup: Backup, collection: str) -> Iterator[Document]:
    """`Backup.documents`, proven by the hash once the last of them is read.

    Raises DamagedBackup at the first line that is not the format, or after the last document for bytes
    that are not those that were published.
    """
    entry = backup.entry(collection)
    place = f"{backup.name}/{entry.file}"
    digest = hashlib.sha256()
    yield from decode(split_lines(hashed(backup.blocks(collection), digest), place), collection, place)
    if digest.hexdigest() != entry.sha256:
        raise FormatError(place, "su contenido no es el que se publicó (SHA-256). Use otro backup")


def hashed(blocks: Iterator[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    """The blocks as they are, each gone through `digest`."""
    for block in blocks:
        digest.update(block)
        yield block


def _only(scope: Scope, collection: str, documents: Iterator[Document]) -> Iterator[Document]:
    """Those of a root collection that `scope` includes, and the marked ones that lead to them."""
    if scope.includes((collection,)):
        return documents
    return (document for document in documents if scope.includes(document.path))
