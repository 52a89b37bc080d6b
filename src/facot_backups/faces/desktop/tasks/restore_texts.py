"""Documents, fields and values of a restore in words. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from facot_backups.faces.desktop import words
from facot_backups.model import Document, DocumentPath
from facot_backups.operations.compare import TYPE_WORDS, FieldChange, Value, field_text

# In which fields a document says what people call it, the first that has something.
_NUMBERS = ("invoice_number", "ncf", "prefix", "code", "number")
_NAMES = ("third_party_name", "client_name", "name", "description", "title")
_TAX_IDS = ("rnc", "client_rnc", "cedula")
_DATES = ("invoice_date", "date")
# A value longer than that is cut.
_VALUE = 160
# More fields than that of one document are counted.
_FIELDS = 100


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field that differs, in words. `old` or `new` is None where the field is not there."""

    name: str
    old: str | None
    new: str | None


def path_text(path: DocumentPath) -> str:
    """`invoices/12`, on one line."""
    return words.one_line("/".join(path))


def title(document: Document) -> str:
    """What people call a document: `B0100000012 · Ferretería Núñez · 2026-03-01`; "" if it does not say."""
    found = (_first(document, names) for names in (_NUMBERS, _NAMES, _DATES))
    return " · ".join(filter(None, found))


def tax_id(document: Document) -> str:
    """The RNC or cédula that a document bears, or ""."""
    return _first(document, _TAX_IDS)


def _first(document: Document, names: tuple[str, ...]) -> str:
    for name in names:
        value = document.fields.get(name)
        if isinstance(value, str) and value.strip():
            return words.one_line(value.strip())
    return ""


def matches(document: Document, wanted: str) -> bool:
    """Whether `wanted` (case-folded) is in the id, number, name or tax id of a document."""
    if wanted in document.path[-1].casefold():
        return True
    for name in (*_NUMBERS, *_NAMES, *_TAX_IDS):
        value = document.fields.get(name)
        if isinstance(value, str) and wanted in value.casefold():
            return True
    return False


def fields_shown(changes: Iterable[FieldChange]) -> tuple[FieldShown, ...]:
    """The fields that differ, in words; the last says how many more there are."""
    shown: list[FieldShown] = []
    more = 0
    for change in changes:
        if len(shown) < _FIELDS:
            shown.append(_field(change))
        else:
            more += 1
    if more:
        shown.append(FieldShown(f"y {words.counted(more, 'campo')} más", "", ""))
    return tuple(shown)


def _field(change: FieldChange) -> FieldShown:
    old, new = change.old, change.new
    named = old is not None and new is not None and old.type != new.type
    return FieldShown(
        words.one_line(field_text(change.path)),
        value_text(old, named=named) if old is not None else None,
        value_text(new, named=named) if new is not None else None,
    )


def value_text(value: Value, *, named: bool = False) -> str:
    """A value as a person reads it; with its type where `named`."""
    text = _bare(value)
    shown = text if len(text) <= _VALUE else f"{text[: _VALUE - 1]}…"
    return f"{shown} ({TYPE_WORDS[value.type]})" if named else shown


def _bare(value: Value) -> str:
    match value.value:
        case None:
            return "(sin valor)"
        case True:
            return "sí"
        case False:
            return "no"
        case "":
            return "(vacío)"
        case str(text):
            return words.one_line(text)
        case other:
            return words.one_line(json.dumps(other, ensure_ascii=False))
