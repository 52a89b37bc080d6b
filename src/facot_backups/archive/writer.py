"""The files of a backup while they are written: one for each root collection, hashed on the way.

`add` stands on the path of every document, after scan, codec and lines: it only collects bytes; blocks
go to the disk, and to the hash, a MiB at a time.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive.collection_file import check_line
from facot_backups.archive.layout import file_names
from facot_backups.archive.lines import LineEncoder
from facot_backups.archive.metadata import FileEntry, from_nanoseconds
from facot_backups.archive.spot_check import Place, Sampler, pick, read_places
from facot_backups.archive.strict import MAX_SIGNS
from facot_backups.atomic import Patience
from facot_backups.errors import UnorderedDocuments
from facot_backups.model import Document, Scope

BLOCK_BYTES = 1 << 20
SPOT_CHECKS = 20


@dataclass(slots=True)
class _Part:
    """A collection's file under its number. `size`: bytes written so far, without the buffer."""

    collection: str
    path: Path
    descriptor: int
    encoder: LineEncoder
    sampler: Sampler
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Whole:
    """A collection's file that is finished, flushed and closed."""

    path: Path
    entry: FileEntry
    places: list[Place]


class BackupWriter:
    """Writes documents, in name order, into files in `folder`; no file has its own name before `finish`.

    `needed` is the bytes that the whole is thought to take, for the error when the disk is full, and
    `shown` the folder that this error names. `patience` is for files that another program holds. Methods
    that write raise NoSpace or BackupDirUnusable; the caller then drops the whole folder.
    """

    def __init__(
        self,
        folder: Path,
        scope: Scope,
        *,
        shown: Path | None = None,
        needed: int = 0,
        patience: Patience = atomic.LONG,
    ) -> None:
        self.folder = folder
        self._scope = scope
        self._shown = shown or folder
        self._needed = needed
        self._patience = patience
        self._buffer = bytearray()
        self._part: _Part | None = None
        self._collection: str | None = None
        self._whole: dict[str, _Whole] = {}
        self._discarded: set[str] = set()
        self._numbers = 0
        self._whole_bytes = 0

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Root and nested documents that exist, by collection; the one that is being written too."""
        counts = {name: (w.entry.documents, w.entry.nested_documents) for name, w in self._whole.items()}
        if self._part is not None:
            encoder = self._part.encoder
            counts[self._part.collection] = (encoder.documents, encoder.nested_documents)
        return counts

    def count(self, collection: str) -> tuple[int, int]:
        """Root and nested documents of a finished collection. Raises KeyError for another."""
        entry = self._whole[collection].entry
        return entry.documents, entry.nested_documents

    def add(self, document: Document) -> None:
        """Write the next document. The first one of another root collection finishes the one before.

        Raises UnorderedDocuments for a document that does not come after the last one, or for a
        collection that is finished; DocumentTooLarge for one that the format does not hold: then the
        collection must be discarded.
        """
        if document.path[0] != self._collection:
            self._begin(document.path[0])
        part = self._part
        assert part is not None
        chunk = part.encoder.add(document)
        if len(chunk) > MAX_SIGNS:
            check_line(chunk[chunk.rfind(b"\n") + 1 :], document.path)
        buffer = self._buffer
        if document.mark is None:
            sampler = part.sampler
            sampler.wait -= 1
            if not sampler.wait:
                own_line = part.size + len(buffer) + chunk.rfind(b"\n") + 1
                sampler.take(Place(document.path, own_line))
        buffer += chunk
        if len(buffer) >= BLOCK_BYTES:
            self._flush(part)

    def end_collection(self) -> None:
        """Finish the collection that is being written, if there is one: its file is whole and flushed."""
        part, self._part, self._collection = self._part, None, None
        if part is None:
            return
        self._buffer += part.encoder.finish()
        with atomic.explained(self._shown, self._expected(part)):
            try:
                self._write(part)
                if os.fstat(part.descriptor).st_size != part.size:
                    raise OSError(errno.EIO, "el archivo no quedó entero", str(part.path))
                atomic.sync_file(part.descriptor)
            finally:
                os.close(part.descriptor)
            part.path.chmod(atomic.PUBLISHED_MODE)
        self._whole[part.collection] = _Whole(part.path, _entry(part), part.sampler.places)
        self._whole_bytes += part.size

    def discard(self, collection: str) -> None:
        """Forget a collection that could not be read, written in part or whole: it has no file.

        Its documents may come again from the first one on. After `finish`, `finish` again.
        """
        self._discarded.add(collection)
        with atomic.explained(self._shown):
            if self._part is not None and self._part.collection == collection:
                path = self._part.path
                self.close()
                self._buffer.clear()
            elif collection in self._whole:
                dropped = self._whole.pop(collection)
                self._whole_bytes -= dropped.entry.bytes
                path = dropped.path
            else:
                return
            atomic.remove_file(path, self._patience)

    def finish(self, empty_collections: Iterable[str] = ()) -> dict[str, FileEntry]:
        """Write a `[]` file for each of `empty_collections`, name all files, and flush them and the folder.

        Returns what the metadata's `files` says, in the order of the collections' ids. The names depend on
        all collections together: after a later `discard`, call it again. Raises ValueError for an empty
        collection that was discarded: what could not be read is not empty.
        """
        self.end_collection()
        for collection in empty_collections:
            if collection in self._discarded:
                raise ValueError(f"{collection} was discarded: it is unknown, not empty")
            if collection not in self._whole:
                self._begin(collection)
                self.end_collection()
        names = file_names(sorted(self._whole))
        with atomic.explained(self._shown):
            for collection, name in names.items():
                whole, path = self._whole[collection], self.folder / name
                atomic.rename(whole.path, path, self._patience)
                self._whole[collection] = _Whole(path, replace(whole.entry, file=name), whole.places)
            atomic.sync_folder(self.folder)
        return {collection: self._whole[collection].entry for collection in names}

    def sampled(self, count: int = SPOT_CHECKS) -> list[Document]:
        """`count` existing documents chosen at random among all (all of them if there are fewer).

        They are read back from the finished files, so that what is compared with the server is what is on
        the disk. Call after `finish`. Raises FormatError if a file does not hold what was written,
        ValueError for a `count` over SPOT_CHECKS.
        """
        if count > SPOT_CHECKS:
            raise ValueError(f"only {SPOT_CHECKS} documents of each collection are noted")
        strata = {
            collection: (whole.entry.documents + whole.entry.nested_documents, whole.places)
            for collection, whole in self._whole.items()
        }
        chosen = pick(strata, count)
        with atomic.explained(self._shown):
            return [document for name, places in chosen.items() for document in self._read(name, places)]

    def close(self) -> None:
        """Let go of the open file, if there is one; what is written stays for who removes the folder.

        Raises OSError.
        """
        part, self._part, self._collection = self._part, None, None
        if part is not None:
            os.close(part.descriptor)

    def _read(self, collection: str, places: list[Place]) -> list[Document]:
        path = self._whole[collection].path
        return atomic.patiently(lambda: read_places(path, places), self._patience)

    def _begin(self, collection: str) -> None:
        self.end_collection()
        if collection in self._whole:
            raise UnorderedDocuments(collection, "collection_ended")
        self._discarded.discard(collection)
        self._numbers += 1
        path = self.folder / f"{self._numbers:06}.part"
        with atomic.explained(self._shown):
            descriptor = atomic.create_file(path)
        encoder = LineEncoder(collection, self._scope)
        self._part = _Part(collection, path, descriptor, encoder, Sampler(SPOT_CHECKS))
        self._collection = collection

    def _flush(self, part: _Part) -> None:
        with atomic.explained(self._shown, self._expected(part)):
            self._write(part)

    def _write(self, part: _Part) -> None:
        atomic.write_all(part.descriptor, self._buffer)
        part.digest.update(self._buffer)
        part.size += len(self._buffer)
        self._buffer.clear()

    def _expected(self, part: _Part) -> int:
        """What the whole needs at least: what was expected, or what is written so far."""
        return max(self._needed, self._whole_bytes + part.size + len(self._buffer))


def _entry(part: _Part) -> FileEntry:
    return FileEntry(
        file=part.path.name,
        documents=part.encoder.documents,
        nested_documents=part.encoder.nested_documents,
        bytes=part.size,
        sha256=part.digest.hexdigest(),
        last_update_time=from_nanoseconds(part.encoder.last_update_time),
    )
