"""Hypothesis strategies for what Firestore can hold, as plain protobuf messages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from facot_backups.firestore.encode import MAX_DEPTH, MAX_DIMENSIONS
from facot_backups.firestore.names import field_name_problem, id_problem, name_of
from facot_backups.model import DocumentPath
from facot_backups.protocol import Document, Message, Value

INT64 = (-(2**63), 2**63 - 1)
# Microseconds since the epoch of the years 1 to 9999, all that Firestore keeps.
MICROSECONDS = (-62_135_596_800_000_000, 253_402_300_799_999_999)
HOSTILE_IDS = (
    "a:b",
    "a%3Ab",
    "a%2Fb",
    "con",
    "CON.txt",
    "...",
    "..a",
    "__",
    "____",
    "__a",
    "a__",
    "~",
    " ",
    "\0",
    "\n",
    '"',
    "\\",
    "ñandú",
    "\U0010ffff",
    "\uffff",
    "__id7__",
    "__id10__",
    "__id-7__",
    "__id-9223372036854775808__",
    "__id9223372036854775807__",
    "x" * 1500,
    "ñ" * 750,
    "\U0001f9fe" * 375,
    "projects",
    "_items",
    "id",
    "types",
)
HOSTILE_NAMES = ("_id", "_types", "_fields", "_items", "_", "a.b", "a b", "`", "\0", "0", "ñ", "n" * 150)
OTHER_DATABASES = (
    "projects/otro/databases/(default)/documents/",
    "projects/prueba/databases/segunda/documents/",
)

_characters = st.characters(exclude_categories=["Cs"])
texts = st.text(_characters, max_size=20)


def _one_of(texts: tuple[str, ...]) -> SearchStrategy[str]:
    """As `sampled_from`, whose description would hold every text (1,500 bytes of it) each time."""
    return st.integers(0, len(texts) - 1).map(texts.__getitem__)


names = st.one_of(_one_of(HOSTILE_NAMES), st.text(_characters, min_size=1, max_size=8)).filter(
    lambda name: field_name_problem(name) is None
)
ids = st.one_of(
    _one_of(HOSTILE_IDS),
    st.integers(0, 20).map(str),
    st.text(_characters, min_size=1, max_size=8),
).filter(lambda text: id_problem(text) is None)
# Collections: no numeric ids, which only documents have.
collections = ids.filter(lambda text: not text.startswith("__id"))


@st.composite
def paths(draw: st.DrawFn, max_levels: int = 4) -> DocumentPath:
    """The path of a document, up to `max_levels` collections deep."""
    levels = draw(st.integers(1, max_levels))
    return tuple(segment for _ in range(levels) for segment in (draw(collections), draw(ids)))


def value(kind: str, content: Any) -> Message:
    """A plain protobuf `Value` of a scalar kind."""
    return Value(**{kind: content})


def timestamp(micros: int) -> Message:
    """A timestamp value, `micros` microseconds from the epoch."""
    message = Value()
    message.timestamp_value.SetInParent()
    message.timestamp_value.seconds, rest = divmod(micros, 1_000_000)
    message.timestamp_value.nanos = rest * 1000
    return message


def geopoint(latitude: float, longitude: float) -> Message:
    """A geopoint value."""
    message = Value()
    message.geo_point_value.SetInParent()
    message.geo_point_value.latitude = latitude
    message.geo_point_value.longitude = longitude
    return message


def vector(numbers: list[float]) -> Message:
    """A vector, as Firestore sends it: a map with `__type__`."""
    message = Value()
    fields = message.map_value.fields
    fields["__type__"].string_value = "__vector__"
    fields["value"].array_value.values.extend(Value(double_value=number) for number in numbers)
    return message


def array(elements: list[Message]) -> Message:
    """An array value, also an empty one."""
    message = Value()
    message.array_value.SetInParent()
    message.array_value.values.extend(elements)
    return message


def mapping(fields: Mapping[str, Message]) -> Message:
    """A map value, also an empty one."""
    message = Value()
    message.map_value.SetInParent()
    fill(message.map_value.fields, fields)
    return message


def fill(target: Message, fields: Mapping[str, Message]) -> None:
    """Put `fields` into a protobuf map."""
    for name, content in fields.items():
        target[name].CopyFrom(content)


def document(fields: Mapping[str, Message]) -> Message:
    """A plain protobuf `Document` without a name."""
    message = Document()
    fill(message.fields, fields)
    return message


_doubles = st.one_of(
    st.floats().map(lambda number: math.nan if math.isnan(number) else number),
    st.sampled_from(
        [0.0, -0.0, 1e-5, 9.99e-6, 1e16, 1e15, 5e-324, 1.7976931348623157e308, 1180.0, 0.1 + 0.2]
    ),
)
_references = st.one_of(
    paths().map("/".join),
    st.just("projects/p/databases/d/documents/x/y/z"),
    st.just("projects/p/databases/d/documents/x"),
)


def references(root: str) -> SearchStrategy[Message]:
    """References within the database of `root` and to others."""
    here = _references.map(lambda path: value("reference_value", f"{root}/{path}"))
    there = st.tuples(st.sampled_from(OTHER_DATABASES), paths().map("/".join))
    return st.one_of(here, there.map(lambda pair: value("reference_value", pair[0] + pair[1])))


def scalars(root: str) -> SearchStrategy[Message]:
    """Values of every kind that can stand in an array and holds no others."""
    return st.one_of(
        st.just(value("null_value", 0)),
        st.booleans().map(lambda content: value("boolean_value", content)),
        st.one_of(st.integers(*INT64), st.sampled_from([*INT64, 0, 2**53 + 1])).map(
            lambda content: value("integer_value", content)
        ),
        _doubles.map(lambda content: value("double_value", content)),
        st.one_of(st.integers(*MICROSECONDS), st.sampled_from(MICROSECONDS)).map(timestamp),
        texts.map(lambda content: value("string_value", content)),
        st.binary(max_size=20).map(lambda content: value("bytes_value", content)),
        references(root),
        st.builds(geopoint, st.floats(-90, 90), st.floats(-180, 180)),
    )


_dimensions = st.one_of(st.floats(allow_nan=False), st.sampled_from([0.0, -0.0, math.inf, -math.inf]))
vectors = st.one_of(
    st.lists(_dimensions, min_size=1, max_size=5).map(vector),
    st.builds(lambda number: vector([number] * MAX_DIMENSIONS), _dimensions),
)


def values(root: str) -> SearchStrategy[Message]:
    """Values of every kind, nested."""

    def containers(inner: SearchStrategy[Message]) -> SearchStrategy[Message]:
        elements = inner.filter(lambda element: not _is_list(element))
        return st.one_of(
            st.lists(elements, max_size=3).map(array),
            st.dictionaries(names, inner, max_size=3).map(mapping),
        )

    leaves = st.one_of(scalars(root), vectors)
    return st.recursive(leaves, containers, max_leaves=8)


def _is_list(element: Message) -> bool:
    return element.HasField("array_value") or "__type__" in element.map_value.fields


def deepest(leaf: Message, *, arrays: bool) -> Message:
    """`leaf` within as many containers as Firestore allows; every other one an array with `arrays`."""
    inner = leaf
    for level in range(MAX_DEPTH):
        inner = array([inner]) if arrays and level % 2 else mapping({"a": inner})
    return inner


def fields(root: str) -> SearchStrategy[dict[str, Message]]:
    """The fields of a document in the database of `root`."""
    return st.dictionaries(names, values(root), max_size=5)


def documents(root: str) -> SearchStrategy[Message]:
    """Plain protobuf documents without a name."""
    return fields(root).map(document)


@st.composite
def databases(draw: st.DrawFn, root: str, *, max_size: int = 12) -> dict[DocumentPath, Message]:
    """Documents by path, named and with fields; some lie under documents that do not exist."""
    chosen = draw(st.lists(paths(), max_size=max_size, unique=True))
    contents = {path: draw(documents(root)) for path in chosen}
    for path, message in contents.items():
        message.name = name_of(path, root)
    return contents


def canonical_bytes(message: Message) -> bytes:
    """The fields of a plain protobuf document as bytes that do not depend on the order of maps."""
    return bytes(Document(fields=message.fields).SerializeToString(deterministic=True))
