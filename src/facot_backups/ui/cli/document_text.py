"""Documents, fields and values as text for a person. No text of a database reaches a terminal raw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from facot_backups.archive.strict import is_document_path
from facot_backups.clock import SystemClock
from facot_backups.errors import UsageError
from facot_backups.model import DocumentPath
from facot_backups.operations.comparison.changes import TYPE_WORDS, Change, FieldChange, Value, field_text
from facot_backups.operations.search.summary import called, has_name, telling_first
from facot_backups.text import visible
from facot_backups.ui.cli import output

# JSON's own spelling tells these apart; the others are named.
_OBVIOUS = frozenset({"null", "boolean", "integer", "double", "string", "map", "array"})
_SIGNS = {"added": ("+", "green"), "removed": ("−", "red"), "changed": ("~", "yellow")}
_FIELD_WIDTH = 24
_INDENT = "    "
_TYPE_WIDTH = 15  # of the longest ` (fecha y hora)`


def document_path(text: str) -> DocumentPath:
    """The path that a user wrote: `COLECCIÓN/ID`, or longer. Raises UsageError for anything else."""
    path = tuple(text.strip("/").split("/"))
    if not is_document_path(path):
        raise UsageError("no_document", text=text)
    return path


def path_text(path: DocumentPath) -> str:
    """A document's path as a user writes it."""
    return visible("/".join(path))


def value_text(value: Value, width: int | None, *, named: bool = False) -> str:
    """A value in JSON's spelling, cut to `width` characters (None: whole).

    Its type follows in brackets where the spelling does not tell it, or where `named`.
    """
    bare = value.type not in _OBVIOUS and isinstance(value.value, str)
    text = visible(value.value if bare else json.dumps(value.value, ensure_ascii=False))
    shown = text if width is None or len(text) <= width else text[: width - 1] + "…"
    return f"{shown} ({TYPE_WORDS[value.type]})" if named or value.type not in _OBVIOUS else shown


def field_lines(changes: Iterator[FieldChange], width: int | None, indent: str) -> Iterator[str]:
    """A line per field: `total_amount   1180.0 → 1200.0`.

    `width`: columns of the terminal; what does not fit gets a line for the old value and one for the new
    one, each cut to its room. None: no bound.
    """
    for change in changes:
        name = visible(field_text(change.path))
        old, new = _both_texts(change, None)
        if width is None or len(indent) + max(len(name), _FIELD_WIDTH) + len(old) + len(new) + 4 <= width:
            yield f"{indent}{name:<{_FIELD_WIDTH}} {_old(old)} → {_new(new)}"
            continue
        old, new = _both_texts(change, max(20, width - len(indent) - 4 - _TYPE_WIDTH))
        yield from (f"{indent}{name}", f"{indent}  {_old('− ' + old)}", f"{indent}  {_new('+ ' + new)}")


def _both_texts(change: FieldChange, width: int | None) -> tuple[str, str]:
    old, new = change.old, change.new
    named = old is not None and new is not None and old.type != new.type
    return (
        value_text(old, width, named=named) if old is not None else "(no estaba)",
        value_text(new, width, named=named) if new is not None else "(ya no está)",
    )


def _old(text: str) -> str:
    return output.style(text, fg="red")


def _new(text: str) -> str:
    return output.style(text, fg="green")


def change_lines(change: Change, width: int | None, *, fields: bool = True) -> Iterator[str]:
    """A change as lines: the document, what people call it, and below that, with `fields`, what differs.

    Of a document that came or went what people call it is enough; of one that has neither a number nor a
    name, its content.
    """
    sign, color = _SIGNS[change.kind]
    path = path_text(change.path)
    head = f"{output.style(sign, fg=color, bold=True)} {output.style(path, fg=color)}"
    document = change.right if change.kind == "added" else change.left
    whole = change.kind != "changed"
    name = called(document, SystemClock().zone(), amount=whole) if document is not None else ""
    content = ""
    if whole and document is not None and not has_name(document):
        content = json.dumps(telling_first(document.fields), ensure_ascii=False)
    if content and not name:
        yield f"{head}  {output.style(_cut(content, width, len(path) + 4), dim=True)}"
        return
    if name and (width is None or len(path) + len(name) + 4 <= width):
        yield f"{head}  {visible(name)}"
    else:
        yield head
        yield from output.hanging_lines(name, width, _INDENT) if name else ()
    if content:
        yield _INDENT + output.style(_cut(content, width, len(_INDENT)), dim=True)
    elif fields and not whole:
        yield from field_lines(change.fields(), width, _INDENT)


def _cut(text: str, width: int | None, taken: int) -> str:
    """`text`, `visible`, in what a line of `width` columns has left."""
    text = visible(text)
    room = None if width is None else max(20, width - taken)
    return text if room is None or len(text) <= room else text[: room - 1] + "…"


def change_json(change: Change) -> dict[str, Any]:
    """A document that differs: `kind` (added, removed, changed), `path`, `fields` that differ, or all."""
    return {"kind": change.kind, "path": "/".join(change.path), "fields": fields_json(change.fields())}


def fields_json(changes: Iterator[FieldChange]) -> list[dict[str, Any]]:
    """Fields that differ: `field` is the path for people, `path` the same as a list of names and indexes.

    `old` and `new` are null where the field is not there, else an object with `value` and `type`, and for
    a map or an array `types` with the types of what is in it that JSON has none for (docs/disk-format.md).
    """
    return [
        {
            "field": field_text(change.path),
            "path": list(change.path),
            "old": _value_json(change.old),
            "new": _value_json(change.new),
        }
        for change in changes
    ]


def _value_json(value: Value | None) -> dict[str, Any] | None:
    if value is None:
        return None
    types = {"types": value.types} if isinstance(value.types, dict) else {}
    return {"value": value.value, "type": value.type, **types}
