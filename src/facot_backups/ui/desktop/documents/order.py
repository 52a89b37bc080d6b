"""The documents of an index in the order of a column, however many there are. No Qt."""

from __future__ import annotations

import heapq
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from facot_backups.operations.cancellation import Stop
from facot_backups.operations.search.key import fold
from facot_backups.ui.desktop.documents.index import DocumentIndex, DocumentRow
from facot_backups.ui.desktop.texts import collection as collection_words

Column: TypeAlias = Literal["document", "name", "date", "amount", "collection"]
# What a column is sorted by; None comes last, in both directions.
Key: TypeAlias = str | float | None

# One call of Python's sort holds its lock to the end, and with it the window.
_CHUNK = 2048
_AMOUNT = re.compile(r"\d[\d,]*(?:\.\d+)?$")
_MINUS = "\N{MINUS SIGN}"


class DocumentOrder:
    """Sorts documents of `index`; it remembers the keys of the column that it sorted by last.

    For one thread at a time.
    """

    def __init__(self, index: DocumentIndex) -> None:
        self._index = index
        self._column: Column | None = None
        self._keys: Sequence[Key] = ()

    def sort(self, numbers: array[int], column: Column | None, stop: Stop, *, descending: bool) -> array[int]:
        """`numbers`, which are in name order, in that of `column`; equal ones stay as they are.

        Without a column all do. Raises Interrupted.
        """
        if column is None:
            return numbers
        keys = self._keys_of(column, stop)
        known = [number for number in numbers if keys[number] is not None]
        chunks = []
        for start in range(0, len(known), _CHUNK):
            stop.check()
            chunks.append(sorted(known[start : start + _CHUNK], key=keys.__getitem__, reverse=descending))  # type: ignore[arg-type]
        found = array("L")
        merged = heapq.merge(*chunks, key=keys.__getitem__, reverse=descending)  # type: ignore[arg-type]
        for count, number in enumerate(merged):
            if not count % _CHUNK:
                stop.check()
            found.append(number)
        found.extend(number for number in numbers if keys[number] is None)
        return found

    def _keys_of(self, column: Column, stop: Stop) -> Sequence[Key]:
        if column != self._column:
            key, found = _KEYS[column], list[Key]()
            for number in range(len(self._index)):
                if not number % _CHUNK:
                    stop.check()
                found.append(key(self._index.row(number)))
            self._column, self._keys = column, found
        return self._keys


def _document(row: DocumentRow) -> Key:
    text = fold(row.shown.number or row.path[-1])
    return text.zfill(20) if text.isdecimal() else text


def _name(row: DocumentRow) -> Key:
    return fold(row.shown.name) or None


def _date(row: DocumentRow) -> Key:
    day = row.shown.date
    return float(f"{day[6:]}{day[3:5]}{day[:2]}") if len(day) == 10 else None


def _amount(row: DocumentRow) -> Key:
    found = _AMOUNT.search(row.shown.amount)
    if found is None:
        return None
    value = float(found[0].replace(",", ""))
    return -value if row.shown.amount.startswith(_MINUS) else value


_KEYS: Mapping[Column, Callable[[DocumentRow], Key]] = {
    "document": _document,
    "name": _name,
    "date": _date,
    "amount": _amount,
    "collection": lambda row: fold(collection_words.path_title(row.path)),
}
