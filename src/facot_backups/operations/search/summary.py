"""How people call a document: its number, name, RNC, date and amount, out of FACOT's fields. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from facot_backups.model import Document, DocumentPath, Json, TypeTree
from facot_backups.text import one_line

_PESOS = "RD$"
_IN_PESOS = frozenset({"total_amount_rd"})
# What a list shows of a document: the first of these fields that says something.
_NUMBERS = (
    "ncf", "invoice_number", "quotation_number", "number", "last_assigned", "code", "item_code", "prefix",
)  # fmt: skip
_NAMES = ("third_party_name", "client_name", "name", "description", "title", "user", "category", "email")
_RNCS = ("rnc", "client_rnc")
_DATES = ("invoice_date", "quotation_date", "date", "at", "created_at", "updated_at", "effective_from")
_AMOUNTS = ("total_amount", "line_total", "price", "unit_price", "amount", "total")
# The spellings of a day in FACOT's data (the four, with or without an hour).
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{2}:\d{2})(?::\d{2})?.*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})(?: (\d{2}:\d{2})(?::\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows of a document; "" for what it does not have."""

    number: str
    name: str
    rnc: str
    date: str
    amount: str


NOTHING = Summary("", "", "", "", "")


def summary(document: Document, zone: tzinfo) -> Summary:
    """What a list shows of `document`, dates in `zone`."""
    fields = document.fields
    number, name, rnc = _first(fields, _NUMBERS), _first(fields, _NAMES), _first(fields, _RNCS)
    return Summary(number, name, rnc, day_of(document, zone), amount_of(document))


def day_of(document: Document, zone: tzinfo) -> str:
    """The day that a document tells, `27/11/2024`, a timestamp's in `zone`; "" if none."""
    fields, types = document.fields, document.types or {}
    for key in _DATES:
        if key in fields and (text := _day(fields[key], types.get(key), zone)):
            return text
    return ""


def amount_of(document: Document) -> str:
    """The amount that a document tells, with its currency: `RD$ 1,180.00`; "" if none."""
    fields = document.fields
    for key in _AMOUNTS:
        if key in fields and _is_number(fields[key]):
            return money(fields[key], currency_of(fields, key))
    return ""


def telling_first(fields: Mapping[str, Json]) -> dict[str, Json]:
    """The same fields: those that say what the document is before all others."""
    first = (
        name for names in (_NUMBERS, _NAMES, _RNCS, _AMOUNTS, _DATES) for name in names if name in fields
    )
    return {name: fields[name] for name in dict.fromkeys((*first, *fields))}


def title(path: DocumentPath, shown: Summary) -> str:
    """How a document is called: its number, its name, or its id."""
    return " · ".join(filter(None, (shown.number, shown.name))) or one_line(path[-1])


def called(document: Document, zone: tzinfo, *, amount: bool = False) -> str:
    """What people call it: `B0100000012 · Ferretería Núñez · 01/03/2026`; "" if it does not say.

    With `amount`, that too: ` · RD$ 1,180.00`.
    """
    shown = summary(document, zone)
    parts = (shown.number, shown.name, shown.date, shown.amount if amount else "")
    return " · ".join(filter(None, parts))


def has_name(document: Document) -> bool:
    """Whether it says its number or its name: else its day and amount tell little."""
    return bool(_first(document.fields, _NUMBERS) or _first(document.fields, _NAMES))


def currency_of(fields: Mapping[str, Json], name: str = "", inherited: str = "") -> str:
    """The currency of a document's amounts; "" where it does not say."""
    if name in _IN_PESOS:
        return _PESOS
    own = fields.get("currency")
    return one_line(own) if isinstance(own, str) and 0 < len(own) <= 4 else inherited


def money(value: float, currency: str) -> str:
    """`RD$ 1,180.00`; what is no finite number as it is."""
    if not math.isfinite(value):
        return str(value)
    sign = "−" if value < 0 else ""
    return f"{sign}{currency} {abs(value):,.2f}" if currency else f"{sign}{abs(value):,.2f}"


def moment_text(value: str, zone: tzinfo) -> str:
    """A timestamp of a document, `2024-11-27T02:00:05.123456Z`, in local time: `26/11/2024 22:00:05`."""
    try:
        local = datetime.fromisoformat(value).astimezone(zone)
    except (ValueError, OverflowError):
        return value
    return f"{local:%d/%m/%Y %H:%M:%S}"


def spelled_day(value: str) -> str:
    """A day in any of FACOT's spellings, as Dominicans write it, with its hour if it has one; "" if none.

    `27/11/2024`, `27/11/2024 14:00`.
    """
    if found := _YEAR_FIRST.fullmatch(value):
        year, month, day, hour = found.groups()
    elif found := _DAY_FIRST.fullmatch(value):
        day, month, year, hour = found.groups()
    else:
        return ""
    return f"{int(day):02d}/{int(month):02d}/{year}" + (f" {hour}" if hour else "")


def is_day(name: str) -> bool:
    """Whether a field of this name tells a day."""
    return name in _DATES or name.endswith("_date")


def _first(fields: Mapping[str, Json], names: tuple[str, ...]) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return one_line(value.strip())
    return ""


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _day(value: Json, types: TypeTree | str | None, zone: tzinfo) -> str:
    """The day that a field tells in any of FACOT's spellings: `27/11/2024`; "" if none."""
    if not isinstance(value, str):
        return ""
    if types == "timestamp":
        return moment_text(value, zone).partition(" ")[0]
    return spelled_day(value).partition(" ")[0]
