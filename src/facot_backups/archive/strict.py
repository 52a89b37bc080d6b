"""JSON read strictly, and the names that Firestore allows. Pure: no I/O.

orjson is fast but silent about duplicate keys, and turns integers over 64 bits into doubles; here
nothing is silent.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from facot_backups.errors import FormatError
from facot_backups.model import Json, numeric_id

# Deeper than anything Firestore stores (20 levels), far from Python's own limit.
MAX_DEPTH = 100
# Of the signs that begin, part and name values: `[`, `{`, `,`, `:`. Each can cost a hundred bytes of memory;
# the largest document of Firestore, 1 MiB of booleans, has no more (docs/disk-format.md, section 2.6).
MAX_SIGNS = 1_100_000
_SIGNS = "[{,:"
# Firestore's bound for ids and field names ("Usage and limits"), in UTF-8 bytes.
MAX_NAME_BYTES = 1500

# Measured: `____` is no reserved name.
_RESERVED = re.compile(r"__.+__", re.DOTALL)


def is_id(text: str) -> bool:
    """Whether Firestore takes `text` as the id of a document (`__id7__`, a number, is one)."""
    if not text or text[0] in "_." or len(text) > MAX_NAME_BYTES // 4:
        return _is_odd_id(text)
    return "/" not in text


def _is_odd_id(text: str) -> bool:
    if text in ("", ".", "..") or "/" in text or not _fits(text):
        return False
    if _RESERVED.fullmatch(text) is None:
        return True
    return numeric_id(text) is not None


def is_collection_id(text: str) -> bool:
    """Whether Firestore takes `text` as the id of a collection: as `is_id`, without numbers."""
    return is_id(text) and _RESERVED.fullmatch(text) is None


def is_document_path(path: tuple[str, ...]) -> bool:
    """Whether Firestore takes `path` as that of a document: collection, id, collection, id…"""
    return (
        bool(path)
        and len(path) % 2 == 0
        and all(map(is_collection_id, path[::2]))
        and all(map(is_id, path[1::2]))
    )


def is_field_name(text: str) -> bool:
    """Whether Firestore takes `text` as the name of a field or of a map's key."""
    return bool(text) and _RESERVED.fullmatch(text) is None and _fits(text)


def _fits(text: str) -> bool:
    return len(text) <= MAX_NAME_BYTES // 4 or len(text.encode()) <= MAX_NAME_BYTES


class Malformed(Exception):
    """What is wrong with a piece of text, in Spanish; its caller knows where it stands."""


def strict_loads(data: bytes, place: str) -> Json:
    """The value of a JSON text that follows RFC 8259 to the letter.

    Raises FormatError with `place` for what `loads` refuses.
    """
    try:
        return loads(data)
    except Malformed as error:
        raise FormatError(place, str(error)) from None


def loads(data: bytes) -> Json:
    """As `strict_loads`, for callers that add the place themselves.

    Raises Malformed for broken UTF-8, NaN, duplicate keys, integers that do not fit into 64 bits, numbers
    beyond a double, nesting over MAX_DEPTH, more than MAX_SIGNS. Never RecursionError.
    """
    check_signs(data)
    try:
        orjson.loads(data)  # stricter than `json` about everything but what is checked below
        value = json.loads(data, object_pairs_hook=_unique, parse_int=_integer, parse_float=_double)
        _check_depth(value)
    except RecursionError:
        raise Malformed("anidamiento demasiado profundo") from None
    except ValueError as error:
        raise Malformed(f"no es JSON válido{_column(error)}") from None
    return value


def check_signs(text: bytes | str) -> None:
    """Refuse, before it is parsed, what could take far more memory than its own size. Raises Malformed.

    Signs in texts count too: what is refused is no document of Firestore's all the same.
    """
    if len(text) > MAX_SIGNS and signs_in(text) > MAX_SIGNS:
        raise Malformed("tiene demasiados valores")


def signs_in(text: bytes | str) -> int:
    """How many of the signs that MAX_SIGNS bounds are in a text."""
    if isinstance(text, str):
        return sum(map(text.count, _SIGNS))
    return sum(text.count(sign.encode()) for sign in _SIGNS)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Malformed(f"clave repetida «{twice[:80]}»")
    return result


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= (number := int(digits)) < 2**63:
        raise Malformed(f"entero fuera de 64 bits: {digits[:40]}")
    return number


def _double(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Malformed(f"número demasiado grande: {digits[:40]}")
    return number


def _check_depth(value: Json) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return
    raise Malformed("anidamiento demasiado profundo")


def _column(error: ValueError) -> str:
    return f" (columna {error.colno})" if isinstance(error, json.JSONDecodeError) else ""


# For text that Python's `json` wrote: NaN and infinities pass; duplicate keys, integers that do not fit
# into 64 bits and numbers beyond a double raise Malformed. Depth is the caller's to bound.
PYTHON_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer, parse_float=_double)
