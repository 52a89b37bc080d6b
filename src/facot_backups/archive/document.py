"""One document's line: its own keys, and which of its subcollections show on it. Pure: no I/O.

A canonical line is told by encoding what was read once more and comparing bytes: that is quick, and what
is equal cannot hide a duplicate key, a lost digit or another order. Only another line is read strictly;
if it says the same in another spelling, it is taken, and said not to be canonical (docs/disk-format.md).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from facot_backups.archive.lines import ITEMS, own_keys, subcollection_key
from facot_backups.archive.strict import (
    MAX_DEPTH,
    MAX_NAME_BYTES,
    MAX_SIGNS,
    Malformed,
    check_signs,
    is_collection_id,
    is_field_name,
    is_id,
    loads,
)
from facot_backups.model import Json, Mark, TypeTree

# To read a line strictly takes many times the memory of comparing it.
MAX_ODD_BYTES = 4 * 2**20

_dumps = orjson.dumps
_SORT = orjson.OPT_SORT_KEYS
_ITEMS_KEY = subcollection_key(ITEMS)


class ParsedLine(NamedTuple):
    """What a document's line says.

    `empty_items`: it shows `"_items":[]`. `opened`: the subcollection whose documents follow, or None.
    `canonical`: its bytes are the only spelling that a writer of this format uses.
    """

    name: str
    fields: dict[str, Json]
    types: TypeTree | None
    mark: Mark | None
    empty_items: bool
    opened: str | None
    canonical: bool


class Subcollections(NamedTuple):
    """What follows on a line after one of a document's subcollections was closed; as in ParsedLine."""

    empty_items: bool
    opened: str | None
    canonical: bool


def parse_line(body: bytes, opening: bool) -> ParsedLine:
    """Reads a JSON object that is a document. An `opening` line comes with `]}` added to it.

    Raises Malformed for what is not a document of this format, deep nesting and duplicate keys included.
    """
    if len(body) > MAX_SIGNS:
        check_signs(body)
    try:
        parsed = _canonical(body, opening)
    except (ValueError, TypeError):  # no JSON, or deeper than orjson writes: read it again to say what
        parsed = None
    return parsed or _careful(body, opening)


def parse_subcollections(body: bytes, opening: bool) -> Subcollections:
    """Reads the rest of a line after `]`: `,"_X":[` with `]}` added, or `,"_items":[]}`.

    Raises Malformed for anything else.
    """
    value = loads(b"{" + body[1:]) if body[:1] == b"," else None
    if not isinstance(value, dict) or not value:
        raise Malformed("la lista no termina como debe")
    found = _subcollections(value, opening)
    for stray in value:
        raise Malformed(f"la clave «{stray[:80]}» va después de una subcolección")
    return Subcollections(*found, canonical=_tail(*found) == body)


def _canonical(body: bytes, opening: bool) -> ParsedLine | None:
    """A canonical document; None if it is not that, and then nothing of it is held any more."""
    value = orjson.loads(body)
    plain = not opening and body.find(b'"_', 7) < 0
    return _plain(value, body) if plain else _rich(value, body, opening)


def _plain(value: Any, body: bytes) -> ParsedLine | None:
    """A canonical document without any key of ours but `_id`; None if it is not that."""
    name = value.pop("_id", None) if type(value) is dict else None
    if type(name) is not str or not is_id(name):
        return None
    text = _dumps(value, None, _SORT)
    if body != b'{"_id":%b%b' % (_dumps(name), b"," + text[1:] if len(text) > 2 else b"}"):
        return None
    if b'"":' in body or len(body) > MAX_NAME_BYTES:
        _check_names(value)
    return ParsedLine(name, value, None, None, False, None, True)


def _rich(value: Any, body: bytes, opening: bool) -> ParsedLine | None:
    """A canonical document of any kind; None if it is not canonical."""
    parsed = _split(value, opening)
    if _text(parsed) != body:
        return None
    if b'"__' in body or b'"":' in body or len(body) > MAX_NAME_BYTES:
        _check_names(parsed.fields)
    return parsed


def _careful(body: bytes, opening: bool) -> ParsedLine:
    """A document in any spelling, its fields put into order."""
    if len(body) > MAX_ODD_BYTES:
        raise Malformed("una línea de más de 4 MiB tiene que estar en la forma canónica")
    parsed = _split(loads(body), opening)
    _check_names(parsed.fields)
    return parsed._replace(fields=_in_order(parsed.fields), canonical=_text(parsed) == body)


def _text(parsed: ParsedLine) -> bytes:
    """The canonical spelling of a line."""
    own = own_keys(parsed.name, parsed.fields, parsed.types, parsed.mark, sort=True)
    return own + _tail(parsed.empty_items, parsed.opened)


def _tail(empty_items: bool, opened: str | None) -> bytes:
    items = b',"_items":[]' if empty_items else b""
    subcollection = b",%b:[]" % _dumps(subcollection_key(opened)) if opened is not None else b""
    return items + subcollection + b"}"


def _split(value: Any, opening: bool) -> ParsedLine:
    """Takes a line's object apart (and empties it)."""
    if not isinstance(value, dict) or next(iter(value), None) != "_id":
        raise Malformed("la línea no es un documento: no empieza por su «_id»")
    name = value.pop("_id")
    if not isinstance(name, str) or not is_id(name):
        raise Malformed("Firestore no admite ese «_id»")
    empty_items, opened = _subcollections(value, opening)
    typed = "_types" in value
    tree = value.pop("_types", None)
    mark = _mark(value)
    fields = _fields(value)
    types = canonical_types(tree, fields) if typed else None
    if mark is not None and (fields or types is not None or empty_items or opened is None):
        raise Malformed(f"un documento «_{mark}» no tiene campos, y siempre tiene algo debajo")
    return ParsedLine(name, fields, types, mark, empty_items, opened, True)


def _subcollections(value: dict[str, Any], opening: bool) -> tuple[bool, str | None]:
    """Takes the subcollections off the end of a line's object: an empty `_items`, the one that opens."""
    opened = None
    if opening and value:
        key, content = value.popitem()
        opened = _subcollection(key)
        if content != []:
            raise Malformed(f"la subcolección «{opened}» no se abre al final de la línea")
    empty_items = next(reversed(value), None) == _ITEMS_KEY and value[_ITEMS_KEY] == []
    if empty_items:
        value.popitem()
    return empty_items, opened


def _subcollection(key: str) -> str:
    name = key[2:] if key[:2] == "_/" else key[1:]
    if key[:1] != "_" or not is_collection_id(name) or key != subcollection_key(name):
        raise Malformed(f"la clave «{key[:80]}» no es de una subcolección")
    return name


def _mark(value: dict[str, Any]) -> Mark | None:
    marks: list[Mark] = [mark for mark in ("missing", "unread") if f"_{mark}" in value]
    if not marks:
        return None
    if len(marks) > 1 or value.pop(f"_{marks[0]}") is not True:
        raise Malformed(f"«_{marks[0]}» solo puede ser true, y sola")
    return marks[0]


def _fields(value: dict[str, Any]) -> dict[str, Json]:
    """The fields under their real names, when all other keys of ours are taken off."""
    hidden: dict[str, Json] = {}
    if "_fields" in value:
        hidden = value.pop("_fields")
        if not isinstance(hidden, dict) or not hidden or any(name[:1] != "_" for name in hidden):
            raise Malformed("«_fields» guarda los campos cuyo nombre empieza por «_», y nunca está vacía")
    stray = next((name for name in value if name[:1] == "_"), None)
    if stray is not None:
        raise Malformed(f"la clave «{stray[:80]}» no va aquí")
    return dict(sorted({**value, **hidden}.items())) if hidden else value


def canonical_types(tree: Any, value: Json, depth: int = 0) -> TypeTree:
    """A `_types` tree in canonical order, beside the value that it speaks of.

    Raises Malformed for what is not a tree of names, or has an empty branch. Whether a path has a value
    of that kind is the codec's to say.
    """
    if not isinstance(tree, dict) or not tree or depth > MAX_DEPTH:
        raise Malformed("«_types» no es un árbol de nombres de tipos, o tiene una rama vacía")
    names = sorted(tree, key=_index) if isinstance(value, list) else sorted(tree)
    return {
        name: tree[name]
        if isinstance(tree[name], str)
        else canonical_types(tree[name], _child(value, name), depth + 1)
        for name in names
    }


def _index(name: str) -> tuple[int, str]:
    """The order of array indexes; what is no index comes last, and the codec refuses it."""
    return (int(name) if name.isascii() and name.isdecimal() and len(name) < 10 else 10**9, name)


def _child(value: Json, name: str) -> Json:
    if isinstance(value, dict):
        return value.get(name)
    index = _index(name)[0]
    return value[index] if isinstance(value, list) and index < len(value) else None


def _check_names(value: Json, depth: int = 0) -> None:
    """Refuses names of fields that Firestore refuses, in maps too."""
    if depth > MAX_DEPTH:
        raise Malformed("anidamiento demasiado profundo")
    if isinstance(value, dict):
        for name in value:
            if not is_field_name(name):
                raise Malformed(f"Firestore no admite el nombre de campo «{name[:80]}»")
        value = list(value.values())
    for child in value:
        if isinstance(child, dict | list):
            _check_names(child, depth + 1)


def _in_order(value: Json) -> Json:
    """A value with the names of its maps in UTF-8 order. Not deeper than `loads` lets pass."""
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(child) for child in value] if isinstance(value, list) else value
