"""Firestore's order of values of all types, as sort keys; field paths and lookups. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from facot_backups import protocol
from facot_backups.emulator import keys
from facot_backups.emulator.refusals import invalid

SortKey: TypeAlias = tuple[Any, ...]
FieldPath: TypeAlias = tuple[str, ...]
NAME: FieldPath = ("__name__",)

_PLAIN_SEGMENT = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_SEGMENT = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)|`((?:[^`\\]|\\.)+)`", re.DOTALL)
_VECTOR = "__vector__"


def sort_key(value: protocol.Message) -> SortKey:
    """A key that compares as Firestore compares values: by kind first, then within it.

    Integers and doubles are one kind, NaN before all numbers; -0.0 equals 0.
    """
    return _KEYS[value.WhichOneof("value_type") or "null_value"](value)


def kind_rank(key: SortKey) -> int:
    """The place of the value's kind: a range filter matches only values of its own kind."""
    return int(key[0])


def is_nan(value: protocol.Message) -> bool:
    """Whether it is the double NaN."""
    return value.WhichOneof("value_type") == "double_value" and math.isnan(value.double_value)


def is_null(value: protocol.Message) -> bool:
    """Whether it is null."""
    return value.WhichOneof("value_type") in (None, "null_value")


def is_vector(value: protocol.Message) -> bool:
    """Whether it is a map that stands for a vector."""
    entries = value.map_value.fields
    return "__type__" in entries and entries["__type__"].string_value == _VECTOR


def parse_field_path(text: str) -> FieldPath:
    """The names in `a.b.`odd name``. Refuses what is not a field path."""
    if _PLAIN_SEGMENT.fullmatch(text):
        return (text,)
    names: list[str] = []
    position = 0
    while match := _SEGMENT.match(text, position):
        names.append(match[1] or re.sub(r"\\(.)", r"\1", match[2], flags=re.DOTALL))
        position = match.end() + 1
        if match.end() == len(text):
            return tuple(names)
        if text[match.end()] != ".":
            break
    raise invalid(f'Invalid field path "{text}".')


def lookup(fields: Any, path: FieldPath) -> protocol.Message | None:
    """The value at `path` in a document's `fields`, None where there is none."""
    *parents, last = path
    for name in parents:
        if name not in fields or fields[name].WhichOneof("value_type") != "map_value":
            return None
        fields = fields[name].map_value.fields
    # Asked whether it is there, because a protobuf map makes the entry that is asked for by index.
    return fields[last] if last in fields else None  # noqa: SIM401


def _number(value: float) -> SortKey:
    return (2, 0, 0) if math.isnan(value) else (2, 1, value)


def _reference(value: protocol.Message) -> SortKey:
    root, _, path = value.reference_value.partition("/documents/")
    return (6, root, keys.key(path))


def _map(value: protocol.Message) -> SortKey:
    entries = value.map_value.fields
    if is_vector(value):
        numbers = [sort_key(number) for number in entries["value"].array_value.values]
        return (9, len(numbers), tuple(numbers))
    return (10, tuple((name, sort_key(entries[name])) for name in sorted(entries)))


_KEYS: dict[str, Callable[[protocol.Message], SortKey]] = {
    "null_value": lambda value: (0,),
    "boolean_value": lambda value: (1, value.boolean_value),
    "integer_value": lambda value: (2, 1, value.integer_value),
    "double_value": lambda value: _number(value.double_value),
    "timestamp_value": lambda value: (3, value.timestamp_value.seconds, value.timestamp_value.nanos),
    "string_value": lambda value: (4, value.string_value),
    "bytes_value": lambda value: (5, value.bytes_value),
    "reference_value": _reference,
    "geo_point_value": lambda value: (7, value.geo_point_value.latitude, value.geo_point_value.longitude),
    "array_value": lambda value: (8, tuple(sort_key(item) for item in value.array_value.values)),
    "map_value": _map,
}
