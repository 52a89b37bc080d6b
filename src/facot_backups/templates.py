"""Texts with places for what happened, filled in: what the catalogues of errors and findings hold.

The syntax is that of `str.format`, with these formats more: `list` (joined by commas), `series` (by
semicolons), `lines` (a line each), `line` (all on one), `clause` (one line without a full stop, for the
middle of a sentence), `because` (a colon and the reason, or nothing, and a full stop), `aside` (in
parentheses, or nothing), `reason` (of an OSError), `size` (bytes), `age` (a time span), `documents` (their
number), `whole` (of names of backups: that they are) and `term` (a word for a key of TERMS).
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from facot_backups import figures
from facot_backups.text import one_line, reason

# Words for what a field names by a key.
TERMS: Mapping[str, str] = {
    # who reads, of `read_budget_exceeded`
    "backup": "El backup",
    "comparison": "La comparación",
    "restore": "La restauración",
    "read-back": "Comprobar lo escrito",
    # what was not done for want of reads
    "nothing-read": "no se ha leído ningún documento",
    "nothing-written": "no se ha escrito nada",
    # what was found when older backups were read again
    "one-damaged": "un backup antiguo está dañado",
    "several-damaged": "hay backups antiguos dañados",
    # what to do with a damaged backup in the end
    "keep-all": "no borre nada: a los que siguen enteros les faltan documentos.",
    "delete-it": "cuando ya no le sirva borre esa carpeta.",
    # what is not done with a damaged backup
    "not-restored": "no se restaura",
    "not-served": "no se sirve",
}


def _whole(names: Sequence[str]) -> str:
    rest = f" y {len(names) - _NAMED} más" if len(names) > _NAMED else ""
    said = "Sigue entero" if len(names) == 1 else "Siguen enteros"
    return f"{said}: {', '.join(names[:_NAMED])}{rest}."


# How many backups are named.
_NAMED = 3
# The formats of the module's description, beside those of Python.
_FORMATS: Mapping[str, Callable[[Any], str]] = {
    "list": lambda values: ", ".join(map(str, values)),
    "series": lambda values: "; ".join(map(str, values)),
    "lines": lambda values: "\n".join(map(str, values)),
    "line": one_line,
    "because": lambda why: f": {one_line(why).rstrip('.')}." if why else ".",
    "aside": lambda value: f" ({value})" if value else "",
    "clause": lambda value: one_line(value).rstrip("."),
    "reason": reason,
    "size": figures.size,
    "age": figures.age,
    "documents": lambda count: figures.counted(count, "documento"),
    "whole": _whole,
    "term": lambda key: TERMS[key],
}


class _Formatter(string.Formatter):
    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec in _FORMATS:
            return _FORMATS[format_spec](value)
        return str(super().format_field(value, format_spec))


_formatter = _Formatter()


def fill(template: str, fields: Mapping[str, object]) -> str:
    """`template` with the fields of an error, or of something else that happened, in their places."""
    return _formatter.vformat(template, (), fields)
