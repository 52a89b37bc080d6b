"""What Firestore refuses in a document, and the one thing that it rounds. Pure; raises `Refusal`.

Measured against Google's emulator; the conformance suite holds both to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from facot_backups import protocol
from facot_backups.emulator import names, order
from facot_backups.emulator.refusals import Refusal, invalid

DOCUMENT_BYTES = 1_048_576
STRING_BYTES = 1_048_487
MAX_DEPTH = 20
_VECTOR_LENGTH = 2048
_NAME_BYTES = 1500
_RESERVED = re.compile(r"__.+__", re.DOTALL)
# 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799


def check_document(document: protocol.Message) -> None:
    """Refuse a document that Firestore refuses; cut its timestamps to microseconds in place."""
    _check_fields(document.fields, _Place())


def check_size(document: protocol.Message) -> None:
    """Refuse a document whose names, strings and bytes together pass 1 MiB."""
    # Every one of these bytes is in the serialized form, so a small document need not be walked.
    if document.ByteSize() > DOCUMENT_BYTES and _weight(document.fields) > DOCUMENT_BYTES:
        raise invalid(f"maximum entity size is {DOCUMENT_BYTES} bytes")


class _Place(NamedTuple):
    """Where a value stands: how many maps and arrays it is in, the bytes of the names on the way to it."""

    depth: int = 0
    path_bytes: int = 0
    in_array: bool = False


def _check_fields(fields: Any, place: _Place) -> None:
    for name in fields:
        if not name:
            raise invalid("The property.name is the empty string.")
        if name.startswith("__") and _RESERVED.fullmatch(name):
            raise invalid(f"field name {name} is reserved")
        path_bytes = place.path_bytes + len(name.encode())
        if path_bytes > _NAME_BYTES:
            raise invalid("The property.name is longer than 1500 bytes.")
        _check(fields[name], _Place(place.depth, path_bytes + 1))


def _check(value: protocol.Message, place: _Place) -> None:
    kind = value.WhichOneof("value_type")
    if kind == "map_value":
        _check_map(value, place)
    elif kind == "array_value":
        _check_array(value, place)
    elif kind in _SIMPLE_CHECKS:
        _SIMPLE_CHECKS[kind](getattr(value, kind))
    elif kind not in _FREE_KINDS:
        raise invalid("Cannot convert a value with its type unset, or of a kind that no document holds.")


def _check_map(value: protocol.Message, place: _Place) -> None:
    if order.is_vector(value):
        _check_vector(value, place.in_array)
        return
    _check_depth(place)
    _check_fields(value.map_value.fields, _Place(place.depth + 1, place.path_bytes))


def _check_array(value: protocol.Message, place: _Place) -> None:
    if place.in_array:
        raise invalid("Cannot convert an array value in an array value.")
    _check_depth(place)
    inside = _Place(place.depth + 1, place.path_bytes, in_array=True)
    for item in value.array_value.values:
        _check(item, inside)


def _check_depth(place: _Place) -> None:
    if place.depth >= MAX_DEPTH:
        raise invalid("A value is nested too deeply.")


def _check_vector(value: protocol.Message, in_array: bool) -> None:
    entries = value.map_value.fields
    numbers = entries["value"].array_value.values if "value" in entries else []
    if in_array or len(entries) != 2 or not 0 < len(numbers) <= _VECTOR_LENGTH:
        raise invalid("A vector is not well formed.")
    for number in numbers:
        if number.WhichOneof("value_type") != "double_value" or order.is_nan(number):
            raise invalid("A vector holds doubles alone, and no NaN.")


def _check_text(text: str) -> None:
    if len(text) * 4 > STRING_BYTES and len(text.encode()) > STRING_BYTES:
        raise invalid(f"The value of a property is longer than {STRING_BYTES} bytes.")


def _check_bytes(content: bytes) -> None:
    if len(content) > STRING_BYTES:
        raise invalid(f"The value of a property is longer than {STRING_BYTES} bytes.")


def _check_timestamp(moment: protocol.Message) -> None:
    if not (_FIRST_SECOND <= moment.seconds <= _LAST_SECOND and 0 <= moment.nanos < 1_000_000_000):
        raise invalid("A timestamp is out of range.")
    moment.nanos -= moment.nanos % 1000


def _check_reference(name: str) -> None:
    try:
        names.parse_document(name)
    except Refusal as refusal:
        raise invalid(f"A reference is not a document's name: {refusal.message}") from None


def _check_point(point: protocol.Message) -> None:
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise invalid("A point is not on the globe.")


def _weight(fields: Any) -> int:
    return sum(len(name.encode()) + _value_weight(fields[name]) for name in fields)


def _value_weight(value: protocol.Message) -> int:
    kind = value.WhichOneof("value_type")
    if kind == "string_value":
        return len(value.string_value.encode())
    if kind == "bytes_value":
        return len(value.bytes_value)
    if kind == "map_value":
        return _weight(value.map_value.fields)
    if kind == "array_value":
        return sum(_value_weight(item) for item in value.array_value.values)
    return 0


_FREE_KINDS = frozenset({"null_value", "boolean_value", "integer_value", "double_value"})
_SIMPLE_CHECKS: dict[str, Callable[[Any], None]] = {
    "string_value": _check_text,
    "bytes_value": _check_bytes,
    "timestamp_value": _check_timestamp,
    "reference_value": _check_reference,
    "geo_point_value": _check_point,
}
