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
from typing import BinaryIO, NamedTuple, cast

import orjson

from facot_backups import atomic
from facot_backups.archive.journal import Action, Result
from facot_backups.model import Document, DocumentPath

# Writes between two noted places of a spool: the grain of the shuffling.
_BLOCK = 64
# Places of a spool that are read in turn. One document of each is held at most.
_OPEN_BLOCKS = 64
# Bytes that are read at once: of a whole spool, and of each of those places.
_CHUNK, _SMALL_CHUNK = 1 << 18, 1 << 14
_HEAD = struct.Struct("<QBBIIIqB32s")
_ACTIONS: tuple[Action, ...] = ("create", "change", "delete")


class Entry(NamedTuple):
    """One write of a plan, as it is kept.

    `expected`: the update time (nanoseconds) that the document must have; None: it must not exist.
    `digest`: of the target's content; None for a delete. `target`: the serialized protobuf Document with
    its name; None for a delete. `before`: the live content, JSON of fields and types; None for a create.
    Both are None where they were not asked for. `held`: the target is not the backup's own.
    """

    number: int
    action: Action
    path: DocumentPath
    expected: int | None
    digest: bytes | None
    target: bytes | None
    before: bytes | None
    held: bool = False

    def before_document(self) -> Document | None:
        """The live document before the restore; None for a create."""
        if self.before is None:
            return None
        fields, types = orjson.loads(self.before)
        return Document(self.path, fields, types, None, self.expected or 0)


def content(document: Document) -> bytes:
    """A document's content as `Entry.before` has it."""
    return orjson.dumps((document.fields, document.types))


class Spool:
    """Entries on disk, in the order in which they were added (by name), to be read in it or shuffled.

    `folder` is where the file is made (None: the system's own). Raises OSError.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = _temporary(folder)
        self._starts = array("Q")
        self._end = 0
        self.size = 0

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        path = "/".join(entry.path).encode()
        target, before = entry.target or b"", entry.before or b""
        if self.size % _BLOCK == 0:
            self._starts.append(self._end)
        head = _HEAD.pack(
            entry.number,
            _ACTIONS.index(entry.action),
            entry.held,
            len(path),
            len(target),
            len(before),
            -1 if entry.expected is None else entry.expected,
            (entry.target is not None) | (entry.before is not None) << 1 | (entry.digest is not None) << 2,
            entry.digest or b"",
        )
        record = b"".join((head, path, target, before))
        self._file.write(record)
        self._end += len(record)
        self.size += 1

    def __iter__(self) -> Iterator[Entry]:
        """All entries, in the order in which they were added. Add no more while reading."""
        return self.read(heads=False)

    def read(self, *, heads: bool) -> Iterator[Entry]:
        """As iterating; `heads`: without `before`, and without the `target` that is the backup's own."""
        reader = _Reader(self._file, 0, _CHUNK)
        for _ in range(self.size):
            yield reader.entry(target=not heads, before=not heads)

    def shuffled(self, dice: random.Random) -> Iterator[Entry]:
        """All entries once, spread over the whole range of names; without `before`."""
        blocks = list(range(len(self._starts)))
        dice.shuffle(blocks)
        cursors: list[tuple[_Reader, int]] = []  # with the entries left
        while blocks or cursors:
            while blocks and len(cursors) < _OPEN_BLOCKS:
                block = blocks.pop()
                reader = _Reader(self._file, self._starts[block], _SMALL_CHUNK)
                cursors.append((reader, min(_BLOCK, self.size - block * _BLOCK)))
            at = dice.randrange(len(cursors))
            reader, left = cursors[at]
            yield reader.entry(target=True, before=False)
            if left > 1:
                cursors[at] = (reader, left - 1)
            else:
                cursors[at] = cursors[-1]
                cursors.pop()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class _Reader:
    """Reads entries one after the other from a place of a spool, `chunk` bytes at a time or a whole entry."""

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

    def entry(self, *, target: bool, before: bool) -> Entry:
        """The next entry, with those of its bodies; a target that is held comes always."""
        self._need(_HEAD.size)
        head = _HEAD.unpack_from(self._data, self._at)
        number, action, held, path_size, target_size, before_size, expected, there, digest = head
        target = target or bool(held)
        self._at += _HEAD.size
        self._need(path_size + (target_size if target else 0) + (before_size if before else 0))
        data, start = self._data, self._at
        middle = start + path_size
        end = middle + target_size
        self._at = end + before_size
        return Entry(
            number,
            _ACTIONS[action],
            tuple(data[start:middle].decode().split("/")),
            None if expected < 0 else expected,
            digest if there & 4 else None,
            data[middle:end] if there & 1 and target else None,
            data[end : self._at] if there & 2 and before else None,
            bool(held),
        )


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
    """What became of each document, by its number, and the update time that it has.

    `folder` is where the file is made (None: the system's own). Raises OSError.
    """

    _ENTRY = struct.Struct("<bq")
    _RESULTS: tuple[Result | None, ...] = (None, "done", "conflict", "failed")

    def __init__(self, folder: Path | None = None) -> None:
        self._file = _temporary(folder)

    def put(self, number: int, result: Result, update_time: int = 0) -> None:
        """Note a result; a later one of the same number replaces it."""
        self._file.seek(number * self._ENTRY.size)
        self._file.write(self._ENTRY.pack(self._RESULTS.index(result), update_time))

    def get(self, number: int) -> tuple[Result | None, int]:
        """(result, update time in nanoseconds); (None, 0) where nothing is known."""
        self._file.seek(number * self._ENTRY.size)
        data = self._file.read(self._ENTRY.size)
        if len(data) < self._ENTRY.size:
            return None, 0
        code, update_time = self._ENTRY.unpack(data)
        return self._RESULTS[code], update_time

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _temporary(folder: Path | None) -> BinaryIO:
    file = tempfile.TemporaryFile(dir=folder, prefix=atomic.TEMPORARY_PREFIX)  # noqa: SIM115 - `close` does
    return cast("BinaryIO", file)
