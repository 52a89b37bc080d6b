"""`DocumentIndex`: all documents of a backup, to be listed and searched at once, however many there are.

What is searched and what is shown lies in two temporary files without a name, mapped into memory as it is
asked for; the process itself keeps some 25 bytes for each document. No Qt.
"""

from __future__ import annotations

import mmap
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import IO

import orjson

from facot_backups.model import Document, DocumentPath
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.search.key import query_words, search_key
from facot_backups.operations.search.summary import Summary, summary

_CHECK_EVERY = 4096


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in a list. `missing`: it does not exist, but others are in it."""

    path: DocumentPath
    shown: Summary
    missing: bool


@dataclass(frozen=True, eq=False)
class DocumentIndex:
    """Filled once by `Builder`, then only read, from any thread.

    A document's line in `keys` is what is searched, that in `rows` what is shown; both begin at its number's
    `*_starts`. `of_root`: its root collection, by its number in `collections`. `nested`: 1 for a document
    in another. `places` as for `Builder.add`.
    """

    keys: mmap.mmap
    rows: mmap.mmap
    key_starts: array[int]
    row_starts: array[int]
    collections: tuple[str, ...]
    of_root: array[int]
    nested: bytearray
    places: array[int]

    def __len__(self) -> int:
        return len(self.nested)

    def row(self, number: int) -> DocumentRow:
        """The document with that number, in name order."""
        start, end = self.row_starts[number], self.row_starts[number + 1]
        path, shown, missing = orjson.loads(self.rows[start:end])
        return DocumentRow(tuple(path), Summary(*shown), missing)

    def place(self, number: int) -> int:
        """Where in its collection's file the root document begins that the document is, or is in."""
        return self.places[self.nested.rfind(b"\0", 0, number + 1)]

    def search(
        self, text: str, stop: Stop, *, collection: str | None = None, nested: bool = False
    ) -> array[int]:
        """The numbers of the documents that hold all words of `text`, in name order.

        `collection`: in that root collection alone. `nested`: also documents that are in others. Raises
        Interrupted.
        """
        root = self.collections.index(collection) if collection is not None else None
        found = array("L")
        wanted = sorted(query_words(text), key=len, reverse=True)
        numbers = self._holding([word.encode() for word in wanted]) if wanted else range(len(self))
        for count, number in enumerate(numbers):
            if not count % _CHECK_EVERY:
                stop.check()
            if (nested or not self.nested[number]) and (root is None or self.of_root[number] == root):
                found.append(number)
        return found

    def _holding(self, wanted: Sequence[bytes]) -> Iterator[int]:
        keys, starts = self.keys, self.key_starts
        longest, others = wanted[0], wanted[1:]
        at = keys.find(longest)
        while at >= 0:
            number = bisect_right(starts, at) - 1
            end = starts[number + 1]
            if not others or all(keys.find(word, starts[number], end) >= 0 for word in others):
                yield number
            at = keys.find(longest, end)

    def find(self, path: DocumentPath, stop: Stop) -> int | None:
        """The number of the document at `path`, None if it is not there."""
        if path[0] not in self.collections:
            return None
        for number in self.search(path[-1], stop, collection=path[0], nested=True):
            if self.row(number).path == path:
                return number
        return None


class Builder:
    """Takes the documents of a backup, collection by collection, in name order; times are shown in `zone`."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._keys = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._rows = tempfile.TemporaryFile()  # noqa: SIM115 - as above
        self._key_starts, self._row_starts = array("Q", [0]), array("Q", [0])
        self._roots: list[str] = []
        self._of_root, self._nested, self._places = array("L"), bytearray(), array("Q")

    def add(self, document: Document, place: int) -> None:
        """The next document. `place`: where its line begins in the collection's file."""
        path = document.path
        if not self._roots or self._roots[-1] != path[0]:
            self._roots.append(path[0])
        shown = summary(document, self._zone)
        texts = (shown.number, shown.name, shown.rnc, shown.date, shown.amount)
        row = orjson.dumps((path, texts, document.mark is not None))
        key = search_key(document, self._zone)
        self._rows.write(row)
        self._keys.write(key)
        self._row_starts.append(self._row_starts[-1] + len(row))
        self._key_starts.append(self._key_starts[-1] + len(key))
        self._of_root.append(len(self._roots) - 1)
        self._nested.append(len(path) > 2)
        self._places.append(place)

    def finish(self) -> DocumentIndex:
        """The index of all that was added."""
        return DocumentIndex(
            keys=_mapped(self._keys),
            rows=_mapped(self._rows),
            key_starts=self._key_starts,
            row_starts=self._row_starts,
            collections=tuple(self._roots),
            of_root=self._of_root,
            nested=self._nested,
            places=self._places,
        )

    def close(self) -> None:
        """Let go of the temporary files; an index that was finished keeps what it needs."""
        self._keys.close()
        self._rows.close()


def _mapped(file: IO[bytes]) -> mmap.mmap:
    file.write(b"\n")  # an empty file cannot be mapped
    file.flush()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
