"""FACOT's counters of fiscal numbers: what a document counts, and the document with its counter raised.

A counter is one per company (its id as text) and prefix, and may stand in several documents: in
`sequences` as `current`, in `ncf_sequence_configs` as `next_sequence` and `last_assigned`. Pure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from facot_backups.model import Document, Json
from facot_backups.operations.fiscal.ncf import Key, company_of, parse_ncf, prefix_text, type_of, write_ncf

COUNTER_COLLECTIONS = ("sequences", "ncf_sequence_configs")

# The counter fields of each collection, with what to add to a number that was used to get the field's value.
_OFFSETS = {"sequences": {"current": 0}, "ncf_sequence_configs": {"next_sequence": 1, "last_assigned": 0}}
# "1ncfB01", "1_ncf_B01", "1_B01": the company and the prefix in a document's id.
_ID = re.compile(r"(.+?)[_-]?(?:ncf)?[_-]?([A-Z][0-9]{2})", re.DOTALL)
# A longer text of digits is no 64-bit integer.
_DIGITS = re.compile(r"[0-9]{1,18}")
_MAX_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Counter:
    """A document that counts.

    `key`: what it counts; None where neither its fields nor its id tell. `numbers`: for each counter field
    that holds a number, the last number that it says was used; the field that FACOT takes the next one
    from comes first.
    """

    document: Document
    key: Key | None
    numbers: dict[str, int]

    @property
    def value(self) -> int:
        """The last number used, by the highest of its fields."""
        return max(self.numbers.values())

    @property
    def effective(self) -> int:
        """The last number used, by the field that FACOT takes the next one from."""
        return next(iter(self.numbers.values()))

    def behind(self, floor: int) -> bool:
        """Whether any of its fields is below `floor`."""
        return min(self.numbers.values()) < floor


def is_counter_path(document: Document) -> bool:
    """Whether the document stands where FACOT keeps counters."""
    return len(document.path) == 2 and document.path[0] in COUNTER_COLLECTIONS


def counter_in(document: Document | None) -> Counter | None:
    """The counter that a document holds; None for any other, as `sequences/1_meta`."""
    if document is None or document.mark is not None or not is_counter_path(document):
        return None
    key = key_of(document)
    prefix = key[1] if key is not None else None
    numbers = {
        name: number - offset
        for name, offset in _OFFSETS[document.path[0]].items()
        if (number := _number(document, name, prefix)) is not None
    }
    return Counter(document, key, numbers) if numbers else None


def key_of(document: Document) -> Key | None:
    """What a document of a counter collection counts, by its fields, else by its id."""
    company, prefix = id_key(document) or (None, None)
    company = company_of(document) or company
    prefix = prefix_text(document.fields.get("prefix")) or prefix
    return (company, prefix) if company is not None and prefix is not None else None


def id_key(document: Document) -> Key | None:
    """What the id alone says that a document counts."""
    found = _ID.fullmatch(document.path[1])
    return (found[1], found[2]) if found else None


def with_fields_of(document: Document, live: Counter) -> Document:
    """The document, where a field that counts in `live` still counts: with `live`'s own where it does not."""
    prefix = live.key[1] if live.key is not None else None
    gone = [name for name in live.numbers if _number(document, name, prefix) is None]
    values = {name: live.document.fields[name] for name in gone}
    return _with(document, values) if values else document


def raised(counter: Counter, floor: int) -> Document:
    """The counter's document with no counter field below `floor`.

    Every counter field that is there says the same then: `floor`, or the highest number in the document if
    that is higher. A field keeps its type (an integer stays one); one without a number gets it too.
    Everything else is as it was.
    """
    document = counter.document
    prefix = counter.key[1] if counter.key is not None else None
    number = max(floor, counter.value)
    values = {
        name: _spelled(document, name, number + offset, prefix)
        for name, offset in _OFFSETS[document.path[0]].items()
        if name in document.fields
    }
    return _with(document, values)


def _with(document: Document, values: dict[str, Json]) -> Document:
    """The document with these fields set to values that need no `_types`."""
    fields = dict(sorted({**document.fields, **values}.items()))
    types = {name: tree for name, tree in (document.types or {}).items() if name not in values}
    return document._replace(fields=fields, types=types or None)


def _number(document: Document, name: str, prefix: str | None) -> int | None:
    """A field's whole number, in any of the types in which FACOT's data has one.

    An NCF counts if it is of the document's own `prefix`.
    """
    value = document.fields.get(name)
    if isinstance(value, bool) or type_of(document, name) is not None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return math.floor(value)
    if not isinstance(value, str):
        return None
    if _DIGITS.fullmatch(value.strip()):
        return int(value)
    ncf = parse_ncf(value)
    return ncf.number if ncf is not None and prefix in (None, ncf.prefix) else None


def _spelled(document: Document, name: str, number: int, prefix: str | None) -> Json:
    """The number in the type of the document's field."""
    value = document.fields[name]
    counts = _number(document, name, prefix) is not None
    if counts and isinstance(value, float):
        return float(number)
    if counts and isinstance(value, str):
        if _DIGITS.fullmatch(value.strip()):
            return str(number).zfill(len(value.strip()))
        ncf = parse_ncf(value)
        return write_ncf(ncf.prefix if ncf is not None else prefix or "", number)
    if not counts and name == "last_assigned" and prefix is not None:
        return write_ncf(prefix, number)
    return min(number, _MAX_INTEGER)
