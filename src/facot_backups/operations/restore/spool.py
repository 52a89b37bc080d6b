"""What a restore keeps on disk while it works, because a plan may be longer than memory.

The files have no name, or one that the next run removes, and go with `close`.
"""

from __future__ import annotations

import random
import struct
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import orjson

from facot_backups import atomic
from facot_backups.archive.journal_lines import RESULTS
from facot_backups.model import Document, DocumentPath, Outcome, Write

# Writes between two noted places of a spool: the grain of the shuffling.
_BLOCK = 64
# Places of a spool that are read in turn. One document of each is held at most.
_OPEN_BLOCKS = 64
# Bytes that are read at once: of a whole spool, and of each of those places.
_CHUNK, _SMALL_CHUNK = 1 << 18, 1 << 14
_HEAD = struct.Struct("<QIIIIqB32s")


class Spool:
    """Writes on disk, in the order in which they were added (by name), to be read in it or shuffled.

    `folder` is where the file is made (None: the system's own). Raises OSError.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = _temporary(folder)
        self._starts = array("Q")
        self._end = 0
        self.size = 0

    def add(self, write: Write) -> None:
        """Add a write."""
        bodies = (
            "/".join(write.path).encode(),
            _content(write.held),
            write.document or b"",
            _content(write.before),
        )
        if self.size % _BLOCK == 0:
            self._starts.append(self._end)
        head = _HEAD.pack(
            write.number,
            *map(len, bodies),
            -1 if write.expected is None else write.expected,
            write.digest is not None,
            write.digest or b"",
        )
        record = b"".join((head, *bodies))
        self._file.write(record)
        self._end += len(record)
        self.size += 1

    def __iter__(self) -> Iterator[Write]:
        """All writes, in the order in which they were added. Add no more while reading."""
        return self.read(heads=False)

    def read(self, *, heads: bool) -> Iterator[Write]:
        """As iterating; `heads`: without `document` and `before`."""
        reader = _Reader(self._file, 0, _CHUNK)
        for _ in range(self.size):
            yield reader.write(document=not heads, before=not heads)

    def shuffled(self, dice: random.Random) -> Iterator[Write]:
        """All writes once, spread over the whole range of names; without `before`."""
        blocks = list(range(len(self._starts)))
        dice.shuffle(blocks)
        cursors: list[tuple[_Reader, int]] = []  # with the writes left
        while blocks or cursors:
            while blocks and len(cursors) < _OPEN_BLOCKS:
                block = blocks.pop()
                reader = _Reader(self._file, self._starts[block], _SMALL_CHUNK)
                cursors.append((reader, min(_BLOCK, self.size - block * _BLOCK)))
            at = dice.randrange(len(cursors))
            reader, left = cursors[at]
            yield reader.write(document=True, before=False)
            if left > 1:
                cursors[at] = (reader, left - 1)
            else:
                cursors[at] = cursors[-1]
                cursors.pop()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class _Reader:
    """Reads writes one after the other from a place of a spool, `chunk` bytes at a time or a whole write."""

    def __init__(self, file: BinaryIO, place: int, chunk: int) -> None:
        self._file = file
        self._chunk = chunk
        self._data = b""
        self._start = place  # of the data, in the file
        self._at = 0  # in the data

    def _need(self, size: int) -> None:
        """Have so many bytes from here on."""
        if self._at + size > len(self._data):
            self._start += self._at
            self._at = 0
            self._file.seek(self._start)
            self._data = self._file.read(max(self._chunk, size))

    def write(self, *, document: bool, before: bool) -> Write:
        """The next write, with those of its bodies."""
        self._need(_HEAD.size)
        head = _HEAD.unpack_from(self._data, self._at)
        number, path_size, held_size, document_size, before_size, expected, has_digest, digest = head
        self._at += _HEAD.size
        bodies = document_size + before_size if before else document_size if document else 0
        self._need(path_size + held_size + bodies)
        data, path_at = self._data, self._at
        held_at = path_at + path_size
        document_at = held_at + held_size
        before_at = document_at + document_size
        self._at = before_at + before_size
        path = tuple(data[path_at:held_at].decode().split("/"))
        expected_time = None if expected < 0 else expected
        return Write(
            number,
            path,
            expected_time,
            digest if has_digest else None,
            data[document_at:before_at] if document and has_digest else None,
            _document(path, data[before_at : self._at], expected or 0) if before else None,
            _document(path, data[held_at:document_at]),
        )


def _content(document: Document | None) -> bytes:
    return orjson.dumps((document.fields, document.types)) if document is not None else b""


def _document(path: DocumentPath, content: bytes, update_time: int = 0) -> Document | None:
    """What `_content` made of it."""
    if not content:
        return None
    fields, types = orjson.loads(content)
    return Document(path, fields, types, None, update_time)


class Names:
    """Paths of documents on disk, in the order in which they were added. `close` it. Raises OSError."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = _temporary(folder)

    def add(self, path: DocumentPath) -> None:
        """Add a path."""
        self._file.write(orjson.dumps(path) + b"\n")

    def __iter__(self) -> Iterator[DocumentPath]:
        """All of them. Add no more while reading, and read once at a time."""
        self._file.seek(0)
        for line in self._file:
            yield tuple(orjson.loads(line))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Outcomes:
    """What became of each write, by its number, and the update time that its document has.

    `folder` is where the file is made (None: the system's own). Raises OSError.
    """

    _RECORD = struct.Struct("<bq")

    def __init__(self, folder: Path | None = None) -> None:
        self._file = _temporary(folder)

    def __enter__(self) -> Outcomes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, outcome: Outcome) -> None:
        """Note an outcome of the journal's, without its reason; a later one of its number replaces it."""
        self._file.seek(outcome.number * self._RECORD.size)
        self._file.write(self._RECORD.pack(RESULTS.index(outcome.result) + 1, outcome.update_time))

    def get(self, number: int) -> Outcome | None:
        """What became of a write; None where nothing is known."""
        self._file.seek(number * self._RECORD.size)
        data = self._file.read(self._RECORD.size)
        code, update_time = self._RECORD.unpack(data) if len(data) == self._RECORD.size else (0, 0)
        return Outcome(number, RESULTS[code - 1], update_time) if code else None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _temporary(folder: Path | None) -> BinaryIO:
    file = tempfile.TemporaryFile(dir=folder, prefix=atomic.TEMPORARY_PREFIX)  # noqa: SIM115 - `close` does
    return cast("BinaryIO", file)
