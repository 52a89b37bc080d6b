"""Firestore's protobuf values to the JSON values of docs/disk-format.md, and back, without loss. Pure.

`decode` runs once per field of the whole database, so it works on plain protobuf messages, has no object
per document, and treats kinds whose Python value already is the JSON value inline.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from facot_backups.errors import FormatError
from facot_backups.firestore.names import field_name_problem, path_of, reference_text
from facot_backups.model import Document, DocumentPath, Json, TypeTree
from facot_backups.protocol import Message, Value

VECTOR_MARK = "__vector__"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - both ends of the arithmetic are UTC

# (JSON value, its leaf or subtree in `_types` or None)
_Decoded = tuple[Json, "TypeTree | str | None"]
_PLAIN = frozenset({"string_value", "integer_value", "boolean_value"})
_which = Value.WhichOneof
# Up to so many names their order is remembered: with more, what is remembered could take much memory.
_FEW = 40


class UnknownValue(FormatError):
    """A value that this version cannot keep without loss: it is refused, never dropped.

    `path` is the document's, empty where only its fields are known.
    """

    def __init__(self, place: str, problem: str, path: DocumentPath = ()) -> None:
        super().__init__(place, problem)
        self.path = path


def decode_document(message: Message, root: str) -> Document:
    """The flat form of a plain protobuf `Document` of the database with that `root`.

    `root` is `projects/P/databases/D/documents`. Raises UnknownValue, with the document's and the field's
    path, for a value of a kind that did not exist when this was written.
    """
    path = path_of(message.name, root)
    try:
        fields, types = decode(message.fields, root)
    except UnknownValue as error:
        raise UnknownValue(f"{'/'.join(path)}, campo {error.place}", error.problem, path) from None
    updated = message.update_time
    return Document(path, fields, types, None, updated.seconds * 1_000_000_000 + updated.nanos)


def decode(fields: Message, root: str) -> tuple[dict[str, Json], TypeTree | None]:
    """JSON values sorted by field name, and their `_types` (None if none is needed), of a fields map.

    `fields` is the map of a plain protobuf `Document` or `MapValue`. Raises UnknownValue; its place is the
    path of the field.
    """
    values: dict[str, Json] = {}
    types: TypeTree = {}
    for name in _known_order(*fields) if len(fields) <= _FEW else _in_order(fields):
        value = fields[name]
        # What is not set reads as empty, so what is not empty is set: asked first, the commonest kinds
        # cost no look at the kind (measured, 15 % of the whole decoding).
        if text := value.string_value:
            values[name] = text
            continue
        if (number := value.double_value) and number - number == 0.0:
            values[name] = number
            continue
        kind = _which(value, "value_type")
        if kind in _PLAIN:
            values[name] = getattr(value, kind)
            continue
        try:
            values[name], leaf = _DECODERS[kind](value, root)
        except (KeyError, ValueError, OverflowError, UnknownValue) as error:
            raise _located(error, name, kind) from None
        if leaf is not None:
            types[name] = leaf
    return values, types or None


def _in_order(names: Iterable[str]) -> list[str]:
    """Names of fields in order. Raises UnknownValue for one that Firestore would refuse."""
    ordered = sorted(names)
    # One search in the joined text instead of a test per name: reserved names are as good as never there.
    if "__" in "\0".join(ordered):
        for name in ordered:
            if problem := field_name_problem(name):
                raise UnknownValue(name[:100], problem)
    return ordered


@lru_cache(256)
def _known_order(*names: str) -> list[str]:
    """`_in_order` for a few names: most documents of a collection have the same, and are sorted once."""
    return _in_order(names)


def _located(error: Exception, name: str, kind: str | None) -> UnknownValue:
    if isinstance(error, UnknownValue):
        joint = "" if error.place.startswith("[") else "."
        return UnknownValue(name + joint + error.place, error.problem)
    if isinstance(error, KeyError):
        return UnknownValue(name, f"tipo de valor desconocido ({kind or 'ninguno'}): actualice facot-backups")
    return UnknownValue(name, str(error))


def _decode_null(_value: Message, _root: str) -> _Decoded:
    return None, None


def _decode_double(value: Message, _root: str) -> _Decoded:
    number = value.double_value
    if number - number == 0.0:
        return number, None
    return double_text(number), "double"


def double_text(number: float) -> str:
    """The spelling of a double that JSON has no number for."""
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def _decode_timestamp(value: Message, _root: str) -> _Decoded:
    stamp = value.timestamp_value
    nanos = stamp.nanos
    if nanos % 1000:
        raise ValueError("marca de tiempo con más precisión que microsegundos")
    moment = EPOCH + timedelta(0, stamp.seconds, nanos // 1000)
    return moment.isoformat("T", "microseconds") + "Z", "timestamp"


def _decode_bytes(value: Message, _root: str) -> _Decoded:
    return b64encode(value.bytes_value).decode("ascii"), "bytes"


def _decode_reference(value: Message, root: str) -> _Decoded:
    return reference_text(value.reference_value, root), "reference"


def _decode_geopoint(value: Message, _root: str) -> _Decoded:
    point = value.geo_point_value
    latitude, longitude = point.latitude, point.longitude
    if not (-90.0 <= latitude <= 90.0 and -180.0 <= longitude <= 180.0):
        raise ValueError("coordenadas fuera de rango")
    return {"latitude": latitude, "longitude": longitude}, "geopoint"


def _decode_map(value: Message, root: str) -> _Decoded:
    fields = value.map_value.fields
    if "__type__" in fields:
        return _decode_vector(fields), "vector"
    return decode(fields, root)


def _decode_vector(fields: Message) -> list[Json]:
    mark = fields["__type__"]
    if sorted(fields) != ["__type__", "value"] or mark.string_value != VECTOR_MARK:
        raise ValueError("mapa con una clave «__type__» que no es un vector: actualice facot-backups")
    numbers = fields["value"].array_value.values
    if any(_which(number, "value_type") != "double_value" for number in numbers):
        raise ValueError("vector con elementos que no son de coma flotante")
    doubles = [number.double_value for number in numbers]
    return [number if number - number == 0.0 else double_text(number) for number in doubles]


def _decode_array(value: Message, root: str) -> _Decoded:
    values: list[Json] = []
    types: TypeTree = {}
    for index, element in enumerate(value.array_value.values):
        kind = _which(element, "value_type")
        if kind in _PLAIN:
            values.append(getattr(element, kind))
            continue
        try:
            decoded, leaf = _DECODERS[kind](element, root)
        except (KeyError, ValueError, OverflowError, UnknownValue) as error:
            raise _located(error, f"[{index}]", kind) from None
        values.append(decoded)
        if leaf is not None:
            types[str(index)] = leaf
    return values, types or None


_DECODERS: dict[str | None, Callable[[Message, str], _Decoded]] = {
    "null_value": _decode_null,
    "double_value": _decode_double,
    "timestamp_value": _decode_timestamp,
    "bytes_value": _decode_bytes,
    "reference_value": _decode_reference,
    "geo_point_value": _decode_geopoint,
    "map_value": _decode_map,
    "array_value": _decode_array,
}
