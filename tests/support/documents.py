"""Hypothesis strategies for flat streams of documents, in the JSON values of docs/disk-format.md.

Hostile on purpose: reserved words of the format as ids and names, control characters, numeric ids,
missing parents at any depth. Every value is one that Firestore itself takes.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from hypothesis import strategies as st

from facot_backups.model import Document, DocumentPath, Json, Scope, TypeTree, path_key

_RESERVED = re.compile(r"__.+__", re.DOTALL)
_WORDS = (
    "id", "types", "fields", "missing", "unread", "items", "_id", "_types", "_fields", "_missing", "_unread",
    "_items", "__items", "_", "__", "____", "a", "A", "ab", "a b", "a.b", "a%b", "a:b", ".x", "0", "1", "10",
    "2", "-1", "ñ", "e\u0301", "\U0001f4e6", "\uffff", "\x00", "\n", '"', "\\", "`", "{", "[", "]}", "\u2028",
    "con",
)  # fmt: skip
_NUMERIC = ("__id7__", "__id-7__", "__id10__", "__id-9223372036854775808__")
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)

names = st.one_of(st.sampled_from(_WORDS), _TEXT).filter(lambda name: name and not _RESERVED.fullmatch(name))
ids = st.one_of(
    st.sampled_from(_WORDS + _NUMERIC),
    st.integers(0, 10**13).map(str),
    _TEXT.filter(lambda text: bool(text) and "/" not in text and text not in (".", "..")),
).filter(lambda text: text in _NUMERIC or not _RESERVED.fullmatch(text))
collections = st.sampled_from(("invoices", "quotations", "items", "sequences", "ñandú", "id"))


class Typed(NamedTuple):
    """A value, and its part of `_types`."""

    value: Json
    types: TypeTree | str | None = None


_doubles = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    (-0.0, 1e16, 1e-5, 1.5e-7, 5e-324)
)
_plain: st.SearchStrategy[Typed] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), _doubles, _TEXT, st.sampled_from(_WORDS)
).map(Typed)
_special = st.sampled_from(
    (
        Typed("NaN", "double"),
        Typed("-Infinity", "double"),
        Typed("2024-11-27T02:00:05.123456Z", "timestamp"),
        Typed("AAH/", "bytes"),
        Typed({"latitude": 18.4, "longitude": -69.9}, "geopoint"),
        Typed("invoices/1", "reference"),
        Typed([1.0, "Infinity", -0.0], "vector"),
    )
)


def _map(children: dict[str, Typed]) -> Typed:
    ordered = sorted(children.items())
    types: TypeTree = {name: child.types for name, child in ordered if child.types is not None}
    return Typed({name: child.value for name, child in ordered}, types or None)


def _array(children: list[Typed]) -> Typed:
    types: TypeTree = {str(i): child.types for i, child in enumerate(children) if child.types is not None}
    return Typed([child.value for child in children], types or None)


def _maps(values: st.SearchStrategy[Typed], size: int) -> st.SearchStrategy[Typed]:
    return st.dictionaries(names, values, max_size=size).map(_map)


def _no_array(child: Typed) -> bool:
    return not isinstance(child.value, list)


values: st.SearchStrategy[Typed] = st.recursive(
    _plain | _special,
    lambda inner: _maps(inner, 4) | st.lists(inner.filter(_no_array), max_size=13).map(_array),
    max_leaves=8,
)


@st.composite
def contents(draw: st.DrawFn) -> tuple[dict[str, Json], TypeTree | None]:
    """The fields of a document and its `_types`."""
    typed = draw(_maps(values, 6))
    fields: Any = typed.value
    types: Any = typed.types
    return fields, types


@st.composite
def streams(draw: st.DrawFn, collection: str, max_size: int = 8) -> list[Document]:
    """Existing documents of a root collection in name order, as a scan gives them: parents may lack."""
    paths: set[DocumentPath] = set()
    for _ in range(draw(st.integers(0, max_size))):
        base: DocumentPath = (collection,)
        if draw(st.booleans()) and paths:
            base = draw(st.sampled_from(sorted(paths)))
        if len(base) % 2 == 0:
            base = (*base, draw(st.sampled_from(("items", "notas")) | ids.filter(_is_collection)))
        steps = draw(st.lists(st.tuples(ids.filter(_is_collection), ids), max_size=2))
        tail = tuple(segment for step in steps for segment in step)
        paths.add((*base, draw(ids), *tail))
    return [
        Document(path, *draw(contents()), None, draw(st.integers(1, 2**62)))
        for path in sorted(paths, key=path_key)
    ]


def _is_collection(text: str) -> bool:
    return text not in _NUMERIC


def with_parents(documents: list[Document], scope: Scope) -> list[Document]:
    """What a reader must give for a stream: the parents that never came, marked; no update times."""
    found = {document.path: document._replace(update_time=0) for document in documents}
    for path in list(found):
        for size in range(2, len(path), 2):
            mark: Any = "missing" if scope.includes(path[:size]) else "unread"
            found.setdefault(path[:size], Document(path[:size], {}, None, mark))
    return [found[path] for path in sorted(found, key=path_key)]
