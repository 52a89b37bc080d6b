"""The JSON values of docs/disk-format.md to Firestore's protobuf values: the inverse of `codec`. Pure.

It refuses whatever Firestore itself would refuse, and any text that is not its type's form, so that a
restore that could decode its whole scope will not fail half-way on a value.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from facot_backups.errors import FormatError
from facot_backups.firestore.codec import EPOCH, VECTOR_MARK
from facot_backups.firestore.names import (
    MAX_NAME_BYTES,
    field_name_problem,
    name_of,
    path_problem,
    reference_name,
)
from facot_backups.model import Document, Json, TypeTree
from facot_backups.protocol import Document as DocumentMessage
from facot_backups.protocol import Message

# Measured against the emulator; the same numbers are in Firestore's documentation.
MAX_TEXT_BYTES = 1_048_487
MAX_DOCUMENT_BYTES = 1_048_576
MAX_DEPTH = 20
MAX_DIMENSIONS = 2048
_INT64 = range(-(2**63), 2**63)
_SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_GEOPOINT = {"latitude": 90.0, "longitude": 180.0}


def encode_document(document: Document, root: str) -> Message:
    """The plain protobuf `Document` with the name and fields of `document`, for the database of `root`.

    Raises FormatError, its place the document's path and the field's, for what Firestore would refuse or
    what is not docs/disk-format.md's form.
    """
    place = "/".join(document.path)
    if problem := path_problem(list(document.path)):
        raise FormatError(place, problem)
    if document.mark is not None:
        raise FormatError(place, "un documento que no existe o no se leyó no tiene valores que escribir")
    message = encode(document.fields, document.types, root, place)
    message.name = name_of(document.path, root)
    return message


def encode(fields: dict[str, Json], types: TypeTree | None, root: str, place: str = "documento") -> Message:
    """A plain protobuf `Document` without a name that holds `fields` as `types` says.

    Raises FormatError with `place` and the field's path, in Spanish.
    """
    message = DocumentMessage()
    encoder = _Encoder(root)
    try:
        encoder.fields(message.fields, fields, types or {}, 0)
    except _Refused as refused:
        raise FormatError(f"{place}, campo {refused.path()}", refused.problem) from None
    if encoder.size > MAX_DOCUMENT_BYTES:
        raise FormatError(place, f"documento de más de {MAX_DOCUMENT_BYTES} bytes")
    return message


class _Refused(Exception):
    """A value that cannot be written; `steps` grow outwards while it is raised through the levels."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.steps: list[str] = []

    def path(self) -> str:
        return "".join(reversed(self.steps)).removeprefix(".")[:500]


class _Encoder:
    """Writes one document. `size` is a lower bound of what Firestore counts for it, in bytes.

    `path` is the length of the present field's path in bytes: names joined by points, indexes not counted.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.size = 0
        self.path = 0

    def fields(self, target: Message, fields: dict[str, Json], types: TypeTree | str, depth: int) -> None:
        """Fill a protobuf map of fields. `types` is the tree that stands beside `fields`."""
        tree = _tree(types)
        for name in tree:
            if name not in fields:
                raise _step(_Refused("_types nombra un campo que no existe"), "." + name)
        for name, value in fields.items():
            try:
                length = self._enter(name)
                if name in tree:
                    self.value(target[name], value, tree[name], depth)
                # The commonest kinds at once (measured, a quarter of the whole encoding).
                elif type(value) is str and value.isascii() and len(value) <= MAX_TEXT_BYTES:
                    self.size += len(value)
                    target[name].string_value = value
                elif type(value) is float and value - value == 0.0:
                    self.size += 8
                    target[name].double_value = value
                else:
                    self.value(target[name], value, None, depth)
                self.path -= length
            except _Refused as refused:
                raise _step(refused, "." + name) from None

    def _enter(self, name: str) -> int:
        """Count a field's name; returns what to take off `path` behind the field."""
        length = _name_length(name) + 1
        self.size += length
        self.path += length
        # The point that is counted behind the last name does not exist.
        if self.path - 1 > MAX_NAME_BYTES:
            raise _Refused(f"ruta de campo de más de {MAX_NAME_BYTES} bytes")
        return length

    def value(self, target: Message, value: Json, leaf: TypeTree | str | None, depth: int) -> None:
        """Set the protobuf `target` to `value`; `leaf` is its entry in `_types`."""
        if isinstance(leaf, str):
            writer = _TYPED.get(leaf)
            if writer is None:
                raise _Refused(f"tipo desconocido en _types: {leaf[:60]}")
            writer(self, target, value, depth)
        elif type(value) in (dict, list):
            self._nested(target, value, leaf or {}, depth + 1)
        elif leaf is not None:
            raise _Refused("_types espera aquí un mapa o una lista")
        else:
            self._scalar(target, value)

    def _nested(self, target: Message, value: Json, types: TypeTree | str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _Refused(f"más de {MAX_DEPTH} niveles de mapas y listas")
        if isinstance(value, dict):
            target.map_value.SetInParent()
            self.fields(target.map_value.fields, value, types, depth)
        else:
            target.array_value.SetInParent()
            self._array(target.array_value.values, value, _tree(types), depth)

    def _array(self, target: Message, values: list[Json], tree: TypeTree, depth: int) -> None:
        if tree and not tree.keys() <= {str(index) for index in range(len(values))}:
            raise _Refused("_types nombra un elemento que no existe")
        for index, value in enumerate(values):
            leaf = tree.get(str(index)) if tree else None
            self.size += 1
            try:
                if type(value) is list:  # a vector too: Firestore has none in arrays
                    raise _Refused("una lista dentro de otra: Firestore no la admite")
                self.value(target.add(), value, leaf, depth)
            except _Refused as refused:
                raise _step(refused, f"[{index}]") from None

    def _scalar(self, target: Message, value: Json) -> None:
        kind = type(value)
        if kind is str:
            target.string_value = self._text(value)
        elif kind is float:
            target.double_value = self._number(value)
        elif kind is bool:
            target.boolean_value = value
        elif kind is int:
            if value not in _INT64:
                raise _Refused("entero de más de 64 bits")
            self.size += 8
            target.integer_value = value
        elif value is None:
            target.null_value = 0
        else:
            raise _Refused(f"valor que no es JSON: {kind.__name__}")

    def _text(self, text: str) -> str:
        try:
            self._check_size(len(text) if text.isascii() else len(text.encode()))
        except UnicodeEncodeError:
            raise _Refused("texto que no es Unicode válido") from None
        return text

    def _check_size(self, size: int) -> None:
        if size > MAX_TEXT_BYTES:
            raise _Refused(f"valor de más de {MAX_TEXT_BYTES} bytes")
        self.size += size

    def _number(self, number: float) -> float:
        if number - number != 0.0:
            raise _Refused("NaN o infinito escrito como número")
        self.size += 8
        return number

    def write_double(self, target: Message, value: Json, _depth: int) -> None:
        """NaN or an infinity."""
        if type(value) is not str or value not in _SPECIAL:
            raise _Refused("se esperaba «NaN», «Infinity» o «-Infinity»")
        self.size += 8
        target.double_value = _SPECIAL[value]

    def write_timestamp(self, target: Message, value: Json, _depth: int) -> None:
        """`2024-11-27T02:00:05.123456Z`."""
        try:
            moment = datetime.fromisoformat(value[:-1])
            if moment.isoformat("T", "microseconds") + "Z" != value:
                raise ValueError
        except (TypeError, ValueError):
            raise _Refused("se esperaba una fecha AAAA-MM-DDTHH:MM:SS.ffffffZ") from None
        since = moment - EPOCH
        self.size += 8
        stamp = target.timestamp_value
        stamp.SetInParent()
        stamp.seconds = since.days * 86_400 + since.seconds
        stamp.nanos = since.microseconds * 1000

    def write_bytes(self, target: Message, value: Json, _depth: int) -> None:
        """Base64 with padding."""
        try:
            data = b64decode(value.encode("ascii"), validate=True)
        except (ValueError, AttributeError):
            raise _Refused("se esperaban bytes en base64") from None
        if b64encode(data).decode("ascii") != value:
            raise _Refused("se esperaban bytes en base64, con relleno")
        self._check_size(len(data))
        target.bytes_value = data

    def write_reference(self, target: Message, value: Json, _depth: int) -> None:
        """A path relative to this database, or a full name."""
        if type(value) is not str:
            raise _Refused("se esperaba la ruta de un documento")
        try:
            target.reference_value = reference_name(value, self.root)
        except ValueError as error:
            raise _Refused(str(error)) from None

    def write_geopoint(self, target: Message, value: Json, _depth: int) -> None:
        """`{"latitude": 18.4, "longitude": -69.9}`."""
        if type(value) is not dict or value.keys() != _GEOPOINT.keys():
            raise _Refused("se esperaba un punto con «latitude» y «longitude»")
        point = target.geo_point_value
        point.SetInParent()
        for axis, bound in _GEOPOINT.items():
            number = value[axis]
            if type(number) is not float or not -bound <= number <= bound:
                raise _Refused(f"«{axis}» fuera de rango")
            setattr(point, axis, number)
        self.size += 16

    def write_vector(self, target: Message, value: Json, _depth: int) -> None:
        """A list of doubles, infinities as text."""
        if type(value) is not list or not 1 <= len(value) <= MAX_DIMENSIONS:
            raise _Refused(f"se esperaba un vector de 1 a {MAX_DIMENSIONS} números")
        fields = target.map_value.fields
        fields["__type__"].string_value = VECTOR_MARK
        numbers = fields["value"].array_value.values
        for index, number in enumerate(value):
            numbers.add().double_value = _dimension(number, index)
        self.size += 8 * len(value)


@lru_cache(maxsize=4096)  # the same names come with every document of a collection
def _name_length(name: str) -> int:
    """The bytes of a field's name. Raises _Refused for one that Firestore refuses."""
    if problem := field_name_problem(name):
        raise _Refused(problem)
    return len(name.encode())


def _dimension(number: Json, index: int) -> float:
    if type(number) is float and number - number == 0.0:
        return number
    if type(number) is str and number in ("Infinity", "-Infinity"):
        return _SPECIAL[number]
    raise _step(_Refused("se esperaba un número de coma flotante"), f"[{index}]")


def _tree(types: TypeTree | str) -> TypeTree:
    if isinstance(types, dict):
        return types
    raise _Refused("_types no corresponde a un mapa o una lista")


def _step(refused: _Refused, step: str) -> _Refused:
    refused.steps.append(step[:200])
    return refused


_TYPED: dict[str, Callable[[_Encoder, Message, Json, int], None]] = {
    "double": _Encoder.write_double,
    "timestamp": _Encoder.write_timestamp,
    "bytes": _Encoder.write_bytes,
    "reference": _Encoder.write_reference,
    "geopoint": _Encoder.write_geopoint,
    "vector": _Encoder.write_vector,
}
