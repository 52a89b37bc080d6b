"""Two states of a database side by side, as a stream: what was added, removed, changed. No I/O of its own.

Both sides come in Firestore's order of names, so that memory holds one document of each. What a side did
not read is unknown: never empty, never deleted. `diff` and the plan of a restore stand on this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, Protocol, TypeAlias

import orjson

from facot_backups.model import EVERYTHING, Document, DocumentPath, Json, Scope, TypeTree, segment_key

Kind: TypeAlias = Literal["added", "removed", "changed", "equal", "unknown"]
# Names in maps, indexes in arrays.
FieldPath: TypeAlias = tuple[str | int, ...]

# Firestore's types in the user's words.
TYPE_WORDS = {
    "null": "nulo",
    "boolean": "sí/no",
    "integer": "entero",
    "double": "decimal",
    "string": "texto",
    "map": "mapa",
    "array": "lista",
    "timestamp": "fecha y hora",
    "bytes": "bytes",
    "geopoint": "coordenadas",
    "reference": "referencia",
    "vector": "vector",
}

_dumps = orjson.dumps


class Side(Protocol):
    """One side of a comparison: a backup, an old folder of FACOT 2.0, or the live database."""

    @property
    def extent(self) -> Scope:
        """What the side read, or would read: nothing outside it is known."""

    @property
    def failures(self) -> Mapping[str, str]:
        """Root collections that `documents` could not read whole, with the reason in Spanish.

        Final when `documents` ended.
        """

    def documents(self, scope: Scope) -> Iterator[Document]:
        """Its documents in `scope`, in name order, marked ones too. `scope` lies within `extent`."""

    def knows(self, path: DocumentPath) -> bool:
        """Whether a document at `path`, which `documents` passed over, does not exist there.

        False: it is not known. Asked when the reading is past `path`, or at its end.
        """


class Change(NamedTuple):
    """One document on both sides; equal ones too.

    `left` and `right` are the documents as they were read, None where nothing was: a marked one does not
    exist there, or is not known. `added`: it exists on the right alone; `removed`: on the left alone;
    `unknown`: it exists on one side, and the other does not know it.
    """

    kind: Kind
    path: DocumentPath
    left: Document | None
    right: Document | None

    def fields(self) -> Iterator[FieldChange]:
        """The fields that differ, in order; of a document that is on one side alone, all of them."""
        return field_changes(self.left or _NOTHING, self.right or _NOTHING)


class Value(NamedTuple):
    """A value of a field as docs/disk-format.md writes it.

    `type` is one of null, boolean, integer, double, string, map, array, timestamp, bytes, geopoint,
    reference, vector. `types` is its part of the `_types` tree: of a map or an array, what its own values
    are.
    """

    value: Json
    type: str
    types: TypeTree | str | None = None


class FieldChange(NamedTuple):
    """A field, or a value within one, that differs; None where it is not there."""

    path: FieldPath
    old: Value | None
    new: Value | None


_NOTHING = Document((), {})


def compare(left: Side, right: Side, scope: Scope = EVERYTHING) -> Iterator[Change]:
    """Every document of both sides in `scope`, in name order, with the way in which it differs.

    What is outside the extent of either side is neither read nor yielded. Memory holds a document of each
    side. Raises what the reading of the sides raises.
    """
    judged = intersection(scope, intersection(left.extent, right.extent))
    lefts, rights = left.documents(judged), right.documents(judged)
    one, other = next(lefts, None), next(rights, None)
    while one is not None or other is not None:
        change: Change | None
        if one is not None and other is not None and one.path == other.path:
            change = _both(one, other)
            one, other = next(lefts, None), next(rights, None)
        elif one is not None and (other is None or precedes(one.path, other.path)):
            change = _left_alone(one, right)
            one = next(lefts, None)
        else:
            assert other is not None
            change = _right_alone(other, left)
            other = next(rights, None)
        if change is not None:
            yield change


def _both(left: Document, right: Document) -> Change | None:
    """A document that both sides name, with whatever mark."""
    path = left.path
    if left.mark is None and right.mark is None:
        return Change("equal" if same_content(left, right) else "changed", path, left, right)
    if left.mark is None:
        return Change("removed" if right.mark == "missing" else "unknown", path, left, right)
    if right.mark is None:
        return Change("added" if left.mark == "missing" else "unknown", path, left, right)
    return None


def _left_alone(document: Document, right: Side) -> Change | None:
    if document.mark is not None:
        return None
    return Change("removed" if right.knows(document.path) else "unknown", document.path, document, None)


def _right_alone(document: Document, left: Side) -> Change | None:
    if document.mark is not None:
        return None
    return Change("added" if left.knows(document.path) else "unknown", document.path, None, document)


def precedes(one: DocumentPath, other: DocumentPath) -> bool:
    """Whether `one` comes before `other` in Firestore's order; as `path_key`, without its tuples."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return segment_key(a) < segment_key(b)
    return len(one) < len(other)


def same_content(one: Document, other: Document) -> bool:
    """Whether two documents have the same fields, to the last type: 5 is not 5.0, nor -0.0 0.0, nor true 1.

    Python's `==` tells none of these apart, their JSON texts do. NaN is the same as NaN.
    """
    return one.types == other.types and (
        one.fields == other.fields and _dumps(one.fields) == _dumps(other.fields)
    )


def field_changes(old: Document, new: Document) -> Iterator[FieldChange]:
    """The values that differ between two contents of a document, in the order of their paths.

    Maps and arrays are looked into, arrays index by index; where one side is something else, the whole
    values are given.
    """
    return _in_maps((), old.fields, old.types, new.fields, new.types)


def _in_maps(
    path: FieldPath,
    old: dict[str, Json],
    old_types: TypeTree | str | None,
    new: dict[str, Json],
    new_types: TypeTree | str | None,
) -> Iterator[FieldChange]:
    for name in sorted(old.keys() | new.keys()):
        before = _value(old[name], _branch(old_types, name)) if name in old else None
        after = _value(new[name], _branch(new_types, name)) if name in new else None
        yield from _values((*path, name), before, after)


def _in_arrays(path: FieldPath, old: Value, new: Value) -> Iterator[FieldChange]:
    for index in range(max(len(old.value), len(new.value))):
        yield from _values((*path, index), _element(old, index), _element(new, index))


def _element(array: Value, index: int) -> Value | None:
    if index >= len(array.value):
        return None
    return _value(array.value[index], _branch(array.types, str(index)))


def _values(path: FieldPath, old: Value | None, new: Value | None) -> Iterator[FieldChange]:
    if old is None or new is None or old.type != new.type:
        yield FieldChange(path, old, new)
    elif old.type == "map":
        yield from _in_maps(path, old.value, old.types, new.value, new.types)
    elif old.type == "array":
        yield from _in_arrays(path, old, new)
    elif _dumps(old.value) != _dumps(new.value):
        yield FieldChange(path, old, new)


def _branch(types: TypeTree | str | None, name: str) -> TypeTree | str | None:
    return types.get(name) if isinstance(types, dict) else None


_JSON_TYPES = {
    type(None): "null", bool: "boolean", int: "integer", float: "double", str: "string",
    dict: "map", list: "array",
}  # fmt: skip


def _value(value: Json, types: TypeTree | str | None) -> Value:
    return Value(value, types if isinstance(types, str) else _JSON_TYPES[type(value)], types)


def intersection(one: Scope, other: Scope) -> Scope:
    """What both scopes include. That of a `.pre-restore` includes nothing by rule, so neither does this."""
    if one.restore is not None or other.restore is not None:
        return Scope(collections=())
    if one.collections is None:
        one, other = other, one
    if other.collections is None:
        exclude = tuple(dict.fromkeys((*one.exclude, *other.exclude)))
        return Scope(one.collections, one.documents, exclude)
    roots = [root for root in _roots(one) if other.includes(root)]
    roots += [root for root in _roots(other) if one.includes(root)]
    return Scope(
        tuple(dict.fromkeys(root[0] for root in roots if len(root) == 1)),
        tuple(dict.fromkeys(root for root in roots if len(root) > 1)),
    )


def _roots(scope: Scope) -> list[DocumentPath]:
    """The collections (one segment) and documents that make up a scope that names them."""
    named = [(collection,) for collection in scope.collections or ()]
    return [root for root in (*named, *scope.documents) if root[0] not in scope.exclude]


def touches(scope: Scope, collection: str) -> bool:
    """Whether `scope` includes anything of a root collection."""
    return scope.includes((collection,)) or (
        collection not in scope.exclude and any(root[0] == collection for root in scope.documents)
    )


def field_text(path: FieldPath) -> str:
    """A field's path for a person: `items[2].price`, with Firestore's backticks around odd names."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
            continue
        plain = step.replace("_", "a").isalnum() and not step[0].isdigit()
        name = step if plain else "`" + step.replace("\\", "\\\\").replace("`", "\\`") + "`"
        text += f".{name}" if text else name
    return text
