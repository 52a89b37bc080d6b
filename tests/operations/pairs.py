"""Generated databases at two or more instants, how backups would cover them, and what a naive reader says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from facot_backups.model import EVERYTHING, Document, DocumentPath, Json, Scope, path_key
from tests.support.documents import Typed

COLLECTIONS = ("invoices", "sequences", "ñandú")
# Values that Python takes for equal, or that differ in their type alone.
TWINS: tuple[tuple[Typed, Typed], ...] = (
    (Typed(5), Typed(5.0)),
    (Typed(1), Typed(True)),
    (Typed(0.0), Typed(-0.0)),
    (Typed(0), Typed(False)),
    (Typed("NaN"), Typed("NaN", "double")),
    (Typed("2024-11-27T02:00:05.123456Z", "timestamp"), Typed("2024-11-27T02:00:05.123456Z")),
    (Typed("AAH/", "bytes"), Typed("AAH/")),
    (Typed([1.0, 0.0], "vector"), Typed([1.0, 0.0])),
    (Typed({"latitude": 1.0, "longitude": 2.0}, "geopoint"), Typed({"latitude": 1.0, "longitude": 2.0})),
    (Typed(None), Typed("")),
    (Typed([1]), Typed([1, 1])),
    (Typed({"a": {"b": 1}}), Typed({"a": {"b": 1.0}})),
    (Typed([{"t": "NaN"}], {"0": {"t": "double"}}), Typed([{"t": "NaN"}])),
)
Database = dict[DocumentPath, Document]


def with_field(document: Document, name: str, typed: Typed) -> Document:
    """The document with one more field, in the canonical order."""
    types: Any = dict(document.types or {})
    if typed.types is not None:
        types[name] = typed.types
    fields = {**document.fields, name: typed.value}
    ordered = {key: types[key] for key in sorted(types)} or None
    return document._replace(fields=dict(sorted(fields.items())), types=ordered)


# In Firestore's order they stand otherwise than as texts; some are words of the format.
_IDS = ("0", "1", "10", "2", "A", "a", "a b", "a.b", "ab", "ñ", "id", "_items", "types", "\n", '"', "\\",
        "__id7__", "__id10__", "__id-7__")  # fmt: skip
_SUBCOLLECTIONS = ("items", "notas", "id", "ñ")
_ids, _subs = st.sampled_from(_IDS), st.sampled_from(_SUBCOLLECTIONS)
_paths = st.one_of(
    st.tuples(st.sampled_from(COLLECTIONS), _ids),
    st.tuples(st.sampled_from(COLLECTIONS), st.sampled_from(_IDS[:3]), _subs, _ids),
    st.tuples(st.sampled_from(COLLECTIONS), st.sampled_from(_IDS[:2]), _subs, st.just("1"), _subs, _ids),
)
_CONTENTS: tuple[dict[str, Json], ...] = ({}, {"_id": 1, "n": 1.5}, {"lines": [{"q": 1}, {"q": None}]})


@st.composite
def databases(draw: st.DrawFn, instants: int = 2) -> list[Database]:
    """The same database at several instants: documents come, go, come again, change by a hair.

    Some lie under documents that do not exist.
    """
    result: list[Database] = [{} for _ in range(instants)]
    for path in draw(st.lists(_paths, max_size=14, unique=True)):
        one, other = draw(st.sampled_from(TWINS))
        plain = Document(path, draw(st.sampled_from(_CONTENTS)))
        variants = [with_field(plain, "zz", one), with_field(plain, "zz", other), plain, None]
        for database in result:
            if (chosen := draw(st.sampled_from(variants))) is not None:
                database[path] = chosen
    return result


@dataclass(frozen=True)
class Cover:
    """How a backup covers a database: its scope, and the collections that failed."""

    scope: Scope = EVERYTHING
    failed: frozenset[str] = field(default_factory=frozenset)

    def knows(self, path: DocumentPath, database: Database) -> bool:
        """What the docs promise: nothing outside the scope, nothing of what failed; once something failed,
        nothing of a collection that has no file either.
        """
        held = {p[0] for p in database if self.scope.includes(p)} - self.failed
        return self.scope.includes(path) and (not self.failed or path[0] in held)

    def content(self, database: Database) -> dict[str, list[Document]]:
        """What the backup's files hold."""
        files: dict[str, list[Document]] = {}
        for path in sorted(database, key=path_key):
            if self.scope.includes(path) and path[0] not in self.failed:
                files.setdefault(path[0], []).append(database[path])
        return files

    def metadata(self) -> dict[str, Any]:
        """The keys of its metadata that say so."""
        return {"scope": self.scope, "errors": tuple(f"{name}: sin permiso" for name in sorted(self.failed))}


@st.composite
def covers(draw: st.DrawFn, paths: list[DocumentPath]) -> Cover:
    """Every kind of cover of databases with these documents."""
    some = st.lists(st.sampled_from(COLLECTIONS), max_size=3, unique=True).map(tuple)
    roots = st.lists(st.sampled_from(paths), max_size=3, unique=True).map(tuple) if paths else st.just(())
    scope = draw(
        st.one_of(
            st.just(EVERYTHING),
            some.map(lambda names: Scope(collections=names)),
            some.map(lambda names: Scope(exclude=names)),
            roots.map(lambda chosen: Scope(collections=(), documents=chosen)),
        )
    )
    return Cover(scope, draw(st.frozensets(st.sampled_from(COLLECTIONS), max_size=2)))


def exact(document: Document) -> str:
    """A text that is equal for equal contents alone."""
    return repr(_tagged(document.fields, document.types or {}))


def _tagged(value: Json, types: Any) -> Any:
    if isinstance(types, str):
        return (types, json.dumps(value))
    if isinstance(value, dict):
        return {name: _tagged(child, types.get(name, {})) for name, child in sorted(value.items())}
    if isinstance(value, list):
        return [_tagged(child, types.get(str(i), {})) for i, child in enumerate(value)]
    return (type(value).__name__, repr(value))


def leaves(value: Json, types: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, str]]:
    """Every value within a value by its path; a map or an array by its kind alone."""
    if isinstance(types, str):
        yield path, f"{types} {json.dumps(value)}"
    elif isinstance(value, dict | list):
        yield path, type(value).__name__
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, child in pairs:
            yield from leaves(child, (types or {}).get(str(name)), (*path, name))
    else:
        yield path, f"{type(value).__name__} {value!r}"
