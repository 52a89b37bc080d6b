"""The audit of what invoices say beside their numbers, and of traces that others left. Pure.

Memory: the open invoice; the distinct wrong tax ids; a line for each field of each collection.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

from facot_backups.model import Document, Json
from facot_backups.operations.audit.figures import CENT, about, amount, near
from facot_backups.operations.audit.findings import Finding, Places, Severity, path_of
from facot_backups.operations.comparison.changes import TYPE_WORDS
from facot_backups.operations.fiscal.ncf import (
    compact,
    company_of,
    company_text,
    is_emitted,
    is_invoice,
    tax_id_fault,
    type_of,
)

_WITH_LINES = ("invoices", "quotations")
_TAX_ID_FIELDS = {
    "companies": ("rnc",),
    "invoices": ("rnc",),
    "quotations": ("client_rnc",),
    "third_parties": ("rnc", "rnc_norm"),
    "clients": ("rnc",),
}
# Keys of a backup's files that are no field of FACOT's: a script wrote a whole line of a file to Firestore.
_LEFT_FIELDS = ("_id", "_items", "_types", "_fields", "_missing")
# A database with more fields than that in one collection makes them up; their types are nobody's news.
_MAX_FIELDS = 10_000


class Amounts:
    """Totals: subtotal + itbis against total_amount, and the lines against the subtotal.

    The lines are the array `items`, and the subcollection of that name, each by itself: FACOT keeps them
    twice. The tolerance is a cent for each line, and one at least, as each was rounded by itself.
    """

    def __init__(self) -> None:
        self._open: Document | None = None
        self._below = _Lines()

    def see(self, document: Document) -> Iterator[Finding]:
        """As `Check.see`."""
        path = document.path
        if path[0] not in _WITH_LINES:
            return
        if len(path) == 2:
            yield from self.end()
            self._open = document if document.mark is None else None
        elif len(path) == 4 and path[2] == "items" and document.mark is None:
            self._below.add(document.fields)

    def end(self) -> Iterator[Finding]:
        """As `Check.end`."""
        if self._open is not None:
            yield from _amounts(self._open, self._below)
        self._open, self._below = None, _Lines()


class _Lines:
    """The lines of one invoice, added up."""

    __slots__ = ("amount", "count", "known")

    def __init__(self) -> None:
        self.count = 0
        self.amount = 0.0
        self.known = True

    def add(self, line: Json) -> None:
        """Count a line. One without amounts makes the sum unknown."""
        added = _line_amount(line) if isinstance(line, dict) else None
        self.count += 1
        self.amount += added or 0.0
        self.known = self.known and added is not None


def _amounts(invoice: Document, below: _Lines) -> Iterator[Finding]:
    inside, array = _Lines(), invoice.fields.get("items")
    for line in array if isinstance(array, list) else ():
        inside.add(line)
    tolerance = CENT * max(1, inside.count, below.count)
    yield from _total(invoice, tolerance)
    subtotal = amount(invoice.fields.get("subtotal"))
    for where, lines in (("la lista items", inside), ("la subcolección items", below)):
        if subtotal is None or not lines.count or not lines.known:
            continue
        if not _lines_fit(invoice, lines.amount, subtotal, tolerance):
            message = f"las líneas de {where} suman {lines.amount:,.2f} y el subtotal es {subtotal:,.2f}"
            yield about(invoice, "warning", "lines", message)


def _total(invoice: Document, tolerance: float) -> Iterator[Finding]:
    names = ("subtotal", "itbis", "total_amount")
    subtotal, itbis, total = (amount(invoice.fields.get(name)) for name in names)
    if subtotal is None or total is None or near(subtotal + (itbis or 0.0), total, tolerance):
        return
    severity: Severity = "error" if is_emitted(invoice) else "warning"
    message = f"el subtotal {subtotal:,.2f} más el ITBIS {itbis or 0.0:,.2f} no dan el total {total:,.2f}"
    yield about(invoice, severity, "total", message)


def _lines_fit(invoice: Document, added: float, subtotal: float, tolerance: float) -> bool:
    """Whether the lines add up to the subtotal; prices may be in pesos where the invoice is not."""
    rate = amount(invoice.fields.get("exchange_rate")) or 1.0
    return near(added, subtotal, tolerance) or (rate > 0 and near(added / rate, subtotal, tolerance))


def _line_amount(line: dict[str, Json]) -> float | None:
    quantity, price = amount(line.get("quantity")), amount(line.get("unit_price"))
    if quantity is None or price is None:
        return amount(line.get("line_total"))
    return quantity * price


class Companies:
    """Invoices of companies that do not exist, or of none; companies that share an RNC, and so its numbers.

    Companies must come before invoices.
    """

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._by_rnc: defaultdict[str, list[str]] = defaultdict(list)

    def see(self, document: Document) -> Iterator[Finding]:
        """As `Check.see`."""
        if document.path[0] == "companies" and len(document.path) == 2 and document.mark is None:
            own = company_text(document.fields.get("id"))
            self._ids |= {document.path[1], own or document.path[1]}
            if rnc := _tax_id(document.fields.get("rnc")):
                self._by_rnc[rnc].append(path_of(document))
        elif is_invoice(document):
            company = company_of(document)
            if company is None:
                yield about(document, "error", "unknown_company", "la factura no dice de qué empresa es")
            elif company not in self._ids:
                message = f"es de la empresa {company}, que no está en companies"
                yield about(document, "error", "unknown_company", message)

    def end(self) -> Iterator[Finding]:
        """As `Check.end`."""
        for rnc, paths in sorted(self._by_rnc.items()):
            if len(paths) > 1:
                message = (
                    f"{len(paths)} empresas llevan el RNC {_short(rnc)}: no pueden repetir un NCF entre ellas"
                )
                yield Finding("warning", "shared_rnc", message, tuple(paths), count=len(paths))


class Orphans:
    """Lines that stayed when their invoice or quotation was deleted."""

    def __init__(self) -> None:
        self._parent: Document | None = None
        self._lines = 0

    def see(self, document: Document) -> Iterator[Finding]:
        """As `Check.see`."""
        path = document.path
        if len(path) == 2:
            yield from self.end()
            if path[0] in _WITH_LINES and document.mark == "missing":
                self._parent = document
        elif self._parent is not None and len(path) == 4 and document.mark is None:
            self._lines += 1

    def end(self) -> Iterator[Finding]:
        """As `Check.end`."""
        if self._parent is not None:
            path, lines = path_of(self._parent), self._lines
            what = "queda 1 documento" if lines == 1 else f"quedan {lines} documentos"
            message = f"{path} ya no existe, pero debajo {what}"
            yield Finding("warning", "orphan_items", message, (path,), count=max(1, lines))
        self._parent, self._lines = None, 0


class TaxIds:
    """RNC and cédulas whose form or check digit is wrong: each once, with where it stands."""

    def __init__(self) -> None:
        self._wrong: defaultdict[tuple[str, str], Places] = defaultdict(Places)

    def see(self, document: Document) -> Iterable[Finding]:
        """As `Check.see`."""
        if len(document.path) != 2 or document.mark is not None:
            return ()
        wrong = set()
        for name in _TAX_ID_FIELDS.get(document.path[0], ()):
            value = document.fields.get(name)
            text = _tax_id(value)
            if text and (fault := _tax_id_fault(text)) is not None:
                wrong.add((text, fault))
        for found in wrong:
            self._wrong[found].add(document)
        return ()

    def end(self) -> Iterator[Finding]:
        """As `Check.end`."""
        for (text, fault), places in sorted(self._wrong.items()):
            name = {9: f"El RNC {text}", 11: f"La cédula {text}"}.get(len(text), f"«{_short(text)}»")
            problem = (
                "tiene mal el dígito verificador"
                if fault == "check digit"
                else "no tiene la forma de un RNC (9 dígitos) ni de una cédula (11)"
            )
            message = f"{name} {problem}{_in(places)}"
            yield Finding("warning", "tax_id", message, tuple(places.first), count=places.count)


def _tax_id(value: Json) -> str:
    """An RNC or cédula without hyphens and blanks; a number may have lost the zeros of a cédula."""
    if isinstance(value, int) and not isinstance(value, bool):
        cedula = str(value).zfill(11)
        return cedula if _tax_id_fault(cedula) is None else str(value)
    return compact(value) if isinstance(value, str) else ""


@lru_cache(maxsize=65_536)
def _tax_id_fault(text: str) -> str | None:
    return tax_id_fault(text)


# A root collection, or `invoices/*/items` for what lies below.
_Pattern: TypeAlias = str


class Fields:
    """Fields whose type changes from document to document, and fields that a naive restore left."""

    def __init__(self) -> None:
        self._types: defaultdict[_Pattern, dict[str, dict[str, Places]]] = defaultdict(dict)
        self._left: defaultdict[tuple[_Pattern, str], Places] = defaultdict(Places)

    def see(self, document: Document) -> Iterable[Finding]:
        """As `Check.see`."""
        pattern = _pattern(document)
        known = self._types[pattern]
        for name, value in document.fields.items():
            if name in _LEFT_FIELDS:
                self._left[pattern, name].add(document)
            elif value is not None:
                found = known.get(name)
                if found is None:
                    if len(known) >= _MAX_FIELDS:
                        continue
                    found = known[name] = {}
                kind = _type_name(document, name, value)
                if kind not in found:
                    found[kind] = Places()
                found[kind].add(document, keep=1)
        return ()

    def end(self) -> Iterator[Finding]:
        """As `Check.end`."""
        for (pattern, name), places in sorted(self._left.items()):
            message = (
                f"{pattern}: el campo «{_short(name)}» no es de FACOT, lo dejó una restauración hecha sin "
                f"este programa{_in(places)}"
            )
            yield Finding("warning", "left_field", message, tuple(places.first), count=places.count)
        for pattern, fields in sorted(self._types.items()):
            for name, found in fields.items():
                if len(found) > 1:
                    yield _mixed(pattern, name, found)


def _mixed(pattern: str, name: str, found: dict[str, Places]) -> Finding:
    ordered = sorted(found.items(), key=lambda item: (-item[1].count, item[0]))
    said = ", ".join(f"{TYPE_WORDS[kind]} en {places.count:,}" for kind, places in ordered)
    paths = tuple(path for _, places in ordered for path in places.first)
    return Finding(
        "note",
        "mixed_types",
        f"{pattern}: «{_short(name)}» es {said}",
        paths,
        count=sum(places.count for places in found.values()),
    )


_JSON_TYPES = {
    bool: "boolean",
    int: "integer",
    float: "double",
    str: "string",
    dict: "map",
    list: "array",
}


def _type_name(document: Document, name: str, value: Json) -> str:
    """Firestore's type of a field that is not null."""
    special = type_of(document, name)
    return special if isinstance(special, str) else _JSON_TYPES[type(value)]


def _pattern(document: Document) -> _Pattern:
    path = document.path
    return path[0] if len(path) == 2 else "/*/".join(path[::2])


def _in(places: Places) -> str:
    return f" (en {places.count:,} documentos)" if places.count > 1 else ""


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
