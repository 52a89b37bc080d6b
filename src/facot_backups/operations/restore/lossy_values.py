"""Which values FACOT 2.0's own folders had already lost when they were written.

That code turned every value that JSON has no type for into text, and read no subcollection but the items.
What the text once was is seen from its form, or from the live document's own type.
"""

from __future__ import annotations

import re

from facot_backups.model import Document, Json
from facot_backups.operations.comparison.changes import FieldChange, Value, field_changes, field_text

# Kinds of fields named one by one; beyond that, only how many.
_SHOWN = 50
_LOST_TYPES = frozenset({"timestamp", "bytes", "geopoint", "reference", "vector"})
_NAMES = {
    "timestamp": "fecha y hora",
    "bytes": "bytes",
    "geopoint": "coordenadas",
    "reference": "referencia",
    "vector": "vector",
}
# What Python's `str` and FACOT's own code make of such values.
_FORMS = (
    ("timestamp", re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")),
    ("bytes", re.compile(r"b'.*'|b\".*\"", re.DOTALL)),
    ("object", re.compile(r"<google\.cloud\.firestore[\w.]* object at 0x[0-9a-f]+>")),
    ("vector", re.compile(r"Vector<[-\d., einf]*>")),
)


class LostValues:
    """Counts, per field, the documents whose value is now only text. Memory grows with the fields alone."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = {}
        self._others = 0

    def see(self, document: Document, live: Document | None) -> None:
        """Look at a document of the old folder, and at the live one at the same path."""
        if live is not None:
            for change in field_changes(live, document):
                self._compare(document.path[0], change)
        self._look(document.path[0], "", document.fields)

    def notes(self) -> list[str]:
        """A line for each field, in Spanish."""
        lines = [
            f"{collection}: «{name}» quedó en el backup antiguo como texto ({kind}), "
            f"en {count:,} {'documento' if count == 1 else 'documentos'}"
            for (collection, name, kind), count in sorted(self._counts.items())
        ]
        if self._others:
            lines.append(f"y {self._others:,} valores más de otros campos quedaron como texto")
        return lines

    def _compare(self, collection: str, change: FieldChange) -> None:
        old, new = change.old, change.new
        if _was_lost(old, new):
            assert old is not None
            name = field_text(tuple("*" if isinstance(step, int) else step for step in change.path))
            if new is not None and not _form(new.value):
                self._add(collection, name, _NAMES[old.type])

    def _look(self, collection: str, name: str, value: Json) -> None:
        if isinstance(value, dict):
            for key, child in value.items():
                self._look(collection, f"{name}.{key}" if name else key, child)
        elif isinstance(value, list):
            for child in value:
                self._look(collection, f"{name}.*", child)
        elif isinstance(value, str) and (kind := _form(value)) is not None:
            self._add(collection, name, kind)

    def _add(self, collection: str, name: str, kind: str) -> None:
        key = (collection, name, kind)
        if key in self._counts or len(self._counts) < _SHOWN:
            self._counts[key] = self._counts.get(key, 0) + 1
        else:
            self._others += 1


def _was_lost(live: Value | None, old: Value | None) -> bool:
    return live is not None and live.type in _LOST_TYPES and (old is None or old.type == "string")


def _form(text: Json) -> str | None:
    """What a text was before that code wrote it, in Spanish; None if it may always have been text."""
    if not isinstance(text, str):
        return None
    for kind, form in _FORMS:
        if form.fullmatch(text):
            return _NAMES.get(kind, "un objeto de Firestore")
    return None
