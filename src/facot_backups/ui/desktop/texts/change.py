"""What changed in a document, field by field, as a person reads it. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from facot_backups.model import Document
from facot_backups.operations.comparison.changes import FieldChange, FieldPath, Value, field_text
from facot_backups.text import one_line
from facot_backups.ui.desktop.texts import document as document_words

NOT_THERE = "(no estaba)"
GONE = "(ya no está)"
# Of a document with more fields that differ, the rest is counted.
SHOWN_FIELDS = 200
# Of a value that is shown as it is stored.
SHOWN_LETTERS = 400


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A line of a tree: a field with its old and its new value, or what holds such lines.

    `tip`: the field's exact name. `key`: what the line stands for, for who opens something from it.
    """

    label: str
    old: str = ""
    new: str = ""
    tip: str = ""
    children: tuple[ChangeLine, ...] = ()
    key: str = ""


def lines(
    changes: Iterable[FieldChange], of: Document, zone: tzinfo, *, whole: bool = False
) -> tuple[ChangeLine, ...]:
    """A line for each field that differs; amounts in the currency of the document `of`.

    `whole`: the document came or went as a whole, so that it says nothing that a field was not there.
    """
    found: list[ChangeLine] = []
    more = 0
    for change in sorted(changes, key=_rank):
        if len(found) < SHOWN_FIELDS:
            found.append(_line(change, of, zone, whole=whole))
        else:
            more += 1
    if more:
        found.append(ChangeLine(f"… y {more:,} campos más"))
    return tuple(found)


def _line(change: FieldChange, of: Document, zone: tzinfo, *, whole: bool) -> ChangeLine:
    named = change.old is not None and change.new is not None and change.old.type != change.new.type
    name = next((step for step in reversed(change.path) if isinstance(step, str)), "")
    currency = document_words.currency_of(of.fields, name)

    def text(value: Value | None, absent: str) -> str:
        if value is None:
            return "" if whole else absent
        shown, kind = document_words.value_text(value.value, value.types, zone, name=name, currency=currency)
        return f"{shown} ({kind})" if named else shown

    old, new = text(change.old, NOT_THERE), text(change.new, GONE)
    if old == new and change.old is not None and change.new is not None:
        # Spelled otherwise, such as a day, it reads alike: what is stored tells them apart.
        old, new = _stored(change.old), _stored(change.new)
    return ChangeLine(label(change.path), old, new, exact(change.path))


def _stored(value: Value) -> str:
    return one_line(str(value.value))[:SHOWN_LETTERS]


def _rank(change: FieldChange) -> tuple[int, str]:
    return document_words.field_rank(str(change.path[0]))


def label(path: FieldPath) -> str:
    """A field's path in words: `Líneas, 3.º: Precio unitario`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f", {step + 1}.º"
        else:
            word = document_words.field_word(step)
            text += f": {word}" if text else word
    return text


def exact(path: FieldPath) -> str:
    """A field's path by the fields' own names: `items[2].unit_price`."""
    return field_text(path)
