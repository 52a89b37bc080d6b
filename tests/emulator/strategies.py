"""Generated databases whose ids and values are as hostile as Firestore allows."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from facot_backups import protocol
from facot_backups.emulator import encode, wire

_RESERVED = re.compile(r"__.+__", re.DOTALL)
_ODD = [
    *"%.~\\\"'` *\0\t\n\x7f_-:aAñÑ0",
    "\u0301",
    "\ud7ff",
    "\ufffd",
    "\uffff",
    "\U00010000",
    "\U0010ffff",
]
_CHARACTERS = st.one_of(
    st.sampled_from(_ODD), st.characters(exclude_categories=["Cs"], exclude_characters="/")
)


def _legal(text: str) -> bool:
    return text not in (".", "..") and not _RESERVED.fullmatch(text) and len(text.encode()) <= 1500


_TEXT = st.one_of(
    st.text(_CHARACTERS, min_size=1, max_size=6),
    st.sampled_from(
        ["a", "b", "a0", "10", "9", "items", "__", "____", "__id__x", "a\0", "ñ" * 750, "z" * 1500]
    ),
).filter(_legal)
_NUMBER = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.integers(-3, 12), st.sampled_from([-(2**63), 2**63 - 1])
).filter(bool)
collection_ids = st.one_of(st.sampled_from(["a", "a\0", "a0", "b", "items"]), _TEXT)
document_ids = st.one_of(_TEXT, _NUMBER.map(lambda number: f"__id{number}__"))


@st.composite
def paths(draw: st.DrawFn) -> tuple[str, ...]:
    """A document's path of one to three levels."""
    levels = draw(st.lists(st.tuples(collection_ids, document_ids), min_size=1, max_size=3))
    return tuple(segment for level in levels for segment in level)


databases = st.lists(paths(), max_size=25, unique=True)

_DOUBLES = st.floats(allow_nan=False).map(lambda number: protocol.Value(double_value=number))
_INTEGERS = st.integers(-(2**63), 2**63 - 1).map(lambda number: protocol.Value(integer_value=number))
_SIMPLE = st.one_of(
    st.just(wire.null()),
    st.booleans().map(lambda flag: protocol.Value(boolean_value=flag)),
    _INTEGERS,
    _DOUBLES,
    st.just(protocol.Value(double_value=float("nan"))),
    st.text(_CHARACTERS, max_size=8).map(lambda text: protocol.Value(string_value=text)),
    st.binary(max_size=8).map(lambda content: protocol.Value(bytes_value=content)),
    st.tuples(st.integers(-62_135_596_800, 253_402_300_799), st.integers(0, 999_999_999)).map(
        lambda pair: protocol.Value(timestamp_value={"seconds": pair[0], "nanos": pair[1]})
    ),
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(lambda pair: encode.geopoint(*pair)),
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=3).map(lambda numbers: encode.vector(*numbers)),
    paths().map(lambda path: encode.reference(f"projects/p/databases/d/documents/{'/'.join(path)}")),
)
field_names = st.text(_CHARACTERS, min_size=1, max_size=5).filter(lambda name: not _RESERVED.fullmatch(name))


def _is_array_free(value: Any) -> bool:
    return value.WhichOneof("value_type") != "array_value" and "__type__" not in value.map_value.fields


def _arrays(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    elements = st.lists(inner.filter(_is_array_free), max_size=4)
    return elements.map(lambda items: protocol.Value(array_value=protocol.ArrayValue(values=items)))


def _maps(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    entries = st.dictionaries(field_names, inner, max_size=4)
    return entries.map(lambda items: protocol.Value(map_value=protocol.MapValue(fields=items)))


values = st.recursive(_SIMPLE, lambda inner: st.one_of(_arrays(inner), _maps(inner)), max_leaves=8)
