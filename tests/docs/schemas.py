"""The JSON tables of docs/cli.md, as something that a value can be checked against."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.docs import pages

FAILURE = "Un fallo, en JSON"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "texto": str,
    "entero": int,
    "número": (int, float),
    "sí/no": bool,
    "lista": list,
    "objeto": dict,
    "cualquiera": object,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A row: the field's type in Spanish, or the words it may be; whether it may be null, or not there."""

    type: str
    words: frozenset[str]
    null: bool
    sometimes: bool

    def takes(self, value: Any) -> bool:
        """Whether `value` is what the row says; what is in it has rows of its own."""
        if value is None:
            return self.null or self.type == "cualquiera"
        if self.words:
            return value in self.words
        if isinstance(value, bool):
            return self.type in ("sí/no", "cualquiera")
        return isinstance(value, _TYPES[self.type])


Schema = dict[str, Field]


def schemas() -> dict[str, Schema]:
    """The tables by what they describe: `run --json`, and FAILURE."""
    found = {}
    for section in pages.sections(pages.PROJECT / "docs/cli.md"):
        if section.level == 3:
            rows = pages.table(section.text)
            found[section.title.strip("`")] = {pages.codes(row[0])[0]: _field(row[1]) for row in rows}
    return found


def _field(cell: str) -> Field:
    words = frozenset(pages.codes(cell))
    bare = re.sub(r"`[^`]*`|\bo null\b|\(a veces\)", "", cell).strip()
    assert bare in _TYPES or (words and not bare), f"no such type: {cell}"
    return Field(bare, words, "o null" in cell, "(a veces)" in cell)


def check(value: Any, schema: Schema) -> set[str]:
    """Every field of `value` is documented and as documented, none is missing. Returns what was seen."""
    seen = set()
    for path, found in _walk(value, "", schema):
        assert path in schema, f"«{path}» is not documented: {json.dumps(found)[:100]}"
        assert schema[path].takes(found), f"«{path}» is {json.dumps(found)[:100]}, not {schema[path]}"
        if found is not None:
            seen.add(path)
    return seen


def _walk(value: Any, path: str, schema: Schema) -> Iterator[tuple[str, Any]]:
    """Every documented place of `value`: maps with free keys are `*`, elements of lists `[]`."""
    if isinstance(value, dict):
        yield from _walk_object(value, path, schema)
    elif isinstance(value, list):
        for item in value:
            if f"{path}[]" in schema or not isinstance(item, dict):
                yield f"{path}[]", item
            yield from _walk(item, f"{path}[]", schema)


def _walk_object(value: dict[str, Any], path: str, schema: Schema) -> Iterator[tuple[str, Any]]:
    prefix = f"{path}." if path else ""
    free = any(place.startswith(f"{prefix}*") for place in schema)
    names = {
        place.removeprefix(prefix).split(".")[0].split("[")[0] for place in schema if place.startswith(prefix)
    }
    missing = set() if free else {n for n in names - set(value) if not schema[prefix + n].sometimes}
    assert not missing, f"«{path}» lacks {missing}"
    for name, child in value.items():
        place = f"{prefix}*" if free else prefix + name
        if not free or place in schema or not isinstance(child, dict):
            yield place, child
        if place not in schema or schema[place].type != "cualquiera":
            yield from _walk(child, place, schema)
