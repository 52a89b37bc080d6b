"""What Firestore refuses in a document, and the one thing that it rounds. Pure; raises `Refusal`.

Measured against Google's emulator; the conformance suite holds both to it.
"""

from __future__ import annotations

import re
from typing import Any

from facot_backups.local import names, order, wire
from facot_backups.local.refusals import Refusal, invalid

DOCUMENT_BYTES = 1_048_576
STRING_BYTES = 1_048_487
MAX_DEPTH = 20
_NAME_BYTES = 1500
_RESERVED = re.compile(r"__.*__", re.DOTALL)
# 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799


def check_document(document: wire.Message) -> None:
    """Refuse a document that Firestore refuses; cut its timestamps to microseconds in place."""
    _check_fields(document.fields, 1)
    if document.ByteSize() > 4 * DOCUMENT_BYTES:
        raise invalid("Document is too large.")


def check_value(value: wire.Message, depth: int = 1) -> None:
    """The same for one value, whose own depth is `depth`."""
    _check(value, depth, in_array=False)


def _check_fields(fields: Any, depth: int) -> None:
    for name in fields:
        _check_field_name(name)
        _check(fields[name], depth, in_array=False)


def _check_field_name(name: str) -> None:
    if not name:
        raise invalid("Field name is empty.")
    if len(name) * 4 > _NAME_BYTES and len(name.encode()) > _NAME_BYTES:
        raise invalid("Field name is longer than 1500 bytes.")
    if _RESERVED.fullmatch(name) and len(name) > 3:
        raise invalid(f'Field name "{name}" is reserved.')


def _check(value: wire.Message, depth: int, in_array: bool) -> None:
    kind = value.WhichOneof("value_type")
    if kind == "string_value":
        if len(value.string_value) * 4 > STRING_BYTES and len(value.string_value.encode()) > STRING_BYTES:
            raise invalid("A string is longer than 1048487 bytes.")
    elif kind == "map_value":
        _check_map(value, depth, in_array)
    elif kind == "array_value":
        _check_array(value, depth, in_array)
    elif kind == "timestamp_value":
        _check_timestamp(value.timestamp_value)
    elif kind == "reference_value":
        _check_reference(value.reference_value)
    elif kind == "geo_point_value":
        _check_point(value.geo_point_value)
    elif kind == "bytes_value":
        if len(value.bytes_value) > STRING_BYTES:
            raise invalid("Bytes are longer than 1048487.")
    elif kind is None:
        raise invalid("A value has no type.")


def _check_map(value: wire.Message, depth: int, in_array: bool) -> None:
    if order.is_vector(value):
        _check_vector(value, in_array)
        return
    _check_depth(depth)
    _check_fields(value.map_value.fields, depth + 1)


def _check_array(value: wire.Message, depth: int, in_array: bool) -> None:
    if in_array:
        raise invalid("An array cannot be an element of an array.")
    _check_depth(depth)
    for item in value.array_value.values:
        _check(item, depth + 1, in_array=True)


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise invalid("A value is nested too deeply.")


def _check_vector(value: wire.Message, in_array: bool) -> None:
    entries = value.map_value.fields
    numbers = entries["value"].array_value.values if "value" in entries else []
    if in_array or len(entries) != 2 or not numbers:
        raise invalid("A vector is not well formed.")
    for number in numbers:
        if number.WhichOneof("value_type") != "double_value" or order.is_nan(number):
            raise invalid("A vector holds doubles alone, and no NaN.")


def _check_timestamp(moment: wire.Message) -> None:
    if not (_FIRST_SECOND <= moment.seconds <= _LAST_SECOND and 0 <= moment.nanos < 1_000_000_000):
        raise invalid("A timestamp is out of range.")
    moment.nanos -= moment.nanos % 1000


def _check_reference(name: str) -> None:
    try:
        names.parse_document(name)
    except Refusal as refusal:
        raise invalid(f"A reference is not a document's name: {refusal.message}") from None


def _check_point(point: wire.Message) -> None:
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        raise invalid("A point is not on the globe.")
