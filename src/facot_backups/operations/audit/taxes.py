"""The audit of what the DGII asks of an invoice beside its number: buyer, date, ITBIS, pesos. Pure.

The rates of the ITBIS are 18, 16 and 0 %, and the lines of one invoice may mix them: only what no mixture
gives is found. What a type asks for is in docs/auditoria.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from facot_backups.model import Document, Json
from facot_backups.operations.audit.figures import CENT, about, amount, near
from facot_backups.operations.audit.findings import Finding, Places
from facot_backups.operations.audit.numbers import number_text
from facot_backups.operations.fiscal.ncf import (
    compact,
    is_emitted,
    is_expense,
    is_invoice,
    parse_ncf,
    type_of,
)

# Types on paper and as e-NCF (docs/facot.md, "Los números fiscales"). Who must be named: the DGII's "Formato
# Comprobante Fiscal Electrónico" 1.0, RNCComprador.
_NAMES_ITS_BUYER = {"B01", "E31", "B15", "E45"}
# A diplomat from abroad has no RNC.
_MAY_NAME_A_FOREIGNER = {"B14", "E44"}
_CONSUMER = {"B02", "E32"}
_WITHOUT_ITBIS = {"B14": "regímenes especiales", "E44": "regímenes especiales",
                  "B16": "exportación", "E46": "exportación"}  # fmt: skip
_RATE = 0.18
# From that total on (RD$), an invoice of consumption names its buyer too.
_NAMED_FROM = 250_000.0
# A rate of exchange that was rounded to a cent is off by half of one in some fifty pesos.
_RATE_ROUNDED = 0.005
_PESOS = {"", "RD$", "RD", "DOP", "DOP$", "PESOS"}
_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y")


class Taxes:
    """Each invoice by itself; expenses of consumption are counted, and told as one."""

    def __init__(self) -> None:
        self._consumed = Places()

    def see(self, document: Document) -> Iterator[Finding]:
        """As `Check.see`."""
        if not is_invoice(document):
            return
        ncf = parse_ncf(number_text(document))
        prefix = ncf.prefix if ncf is not None else ""
        emitted = is_emitted(document)
        if not emitted and not is_expense(document):
            message = "no dice si es emitida o gasto, y su NCF no se comparó con los demás"
            yield about(document, "warning", "invoice_type", message)
        if emitted:
            yield from _buyer(document, prefix)
        elif prefix in _CONSUMER:
            self._consumed.add(document)
        yield from _date(document)
        yield from _itbis(document, prefix if emitted else "")
        yield from _pesos(document)

    def end(self) -> Iterator[Finding]:
        """As `Check.end`."""
        count = self._consumed.count
        if count:
            what = "1 gasto lleva" if count == 1 else f"{count:,} gastos llevan"
            message = f"{what} un NCF de consumo (B02, E32), que no da crédito fiscal"
            yield Finding("note", "consumer_expense", message, tuple(self._consumed.first), count=count)


def _buyer(invoice: Document, prefix: str) -> Iterator[Finding]:
    if any(_names(invoice.fields.get(name)) for name in ("rnc", "client_rnc")):
        return
    if prefix in _NAMES_ITS_BUYER:
        yield about(invoice, "error", "buyer", f"con {prefix} hace falta el RNC o la cédula del cliente")
    elif prefix in _MAY_NAME_A_FOREIGNER:
        message = f"con {prefix} hace falta el RNC o la cédula, si el cliente no es diplomático extranjero"
        yield about(invoice, "warning", "buyer", message)
    elif prefix in _CONSUMER and (_in_pesos(invoice) or 0.0) >= _NAMED_FROM:
        message = f"desde RD$ {_NAMED_FROM:,.2f} hace falta el RNC o la cédula del cliente"
        yield about(invoice, "warning", "buyer", message)


def _names(value: Json) -> bool:
    """Whether a field says an RNC or cédula; zeros say none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value > 0
    return isinstance(value, str) and bool(compact(value).strip("0"))


def _in_pesos(invoice: Document) -> float | None:
    """The total in pesos, however much of it is said."""
    total, rate = (amount(invoice.fields.get(name)) for name in ("total_amount", "exchange_rate"))
    said = amount(invoice.fields.get("total_amount_rd"))
    if said or total is None:
        return said
    return total if _currency(invoice) in _PESOS else total * rate if rate else None


def _date(invoice: Document) -> Iterator[Finding]:
    value = invoice.fields.get("invoice_date")
    if type_of(invoice, "invoice_date") == "timestamp":
        return
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        yield about(invoice, "warning", "invoice_date", "no tiene fecha")
    elif not _is_date(text):
        yield about(invoice, "warning", "invoice_date", f"«{text[:40]}» no es una fecha")


@lru_cache(maxsize=4096)  # a business has few days and many invoices
def _is_date(text: str) -> bool:
    """Whether `text` begins with a date of a form that FACOT uses; a time may follow."""
    for form in _FORMS:
        try:
            datetime.strptime(text[:10], form)  # noqa: DTZ007 - a date, of no zone
        except ValueError:
            continue
        return not text[10:] or text[10] in "T "
    return False


def _itbis(invoice: Document, prefix: str) -> Iterator[Finding]:
    subtotal, itbis = (amount(invoice.fields.get(name)) for name in ("subtotal", "itbis"))
    if not itbis or abs(itbis) <= CENT:
        return
    exempt = _WITHOUT_ITBIS.get(prefix)
    if exempt is not None:
        yield about(invoice, "warning", "itbis", f"lleva ITBIS {itbis:,.2f}, y es de {exempt}")
    if subtotal is None:
        return
    lines = invoice.fields.get("items")
    most = abs(subtotal) * _RATE + CENT * max(1, len(lines) if isinstance(lines, list) else 1)
    if abs(itbis) > most and not near(abs(itbis), most, 0.0):
        message = f"el ITBIS {itbis:,.2f} pasa del 18 % del subtotal {subtotal:,.2f}"
        yield about(invoice, "warning", "itbis", message)
    elif itbis * subtotal < 0:
        yield about(
            invoice, "warning", "itbis", f"el ITBIS {itbis:,.2f} y el subtotal {subtotal:,.2f} se restan"
        )


def _pesos(invoice: Document) -> Iterator[Finding]:
    currency, rate = _currency(invoice), amount(invoice.fields.get("exchange_rate"))
    total, said = (amount(invoice.fields.get(name)) for name in ("total_amount", "total_amount_rd"))
    foreign = currency not in _PESOS
    if foreign and not (rate and rate > 0):
        yield about(invoice, "warning", "pesos", f"está en {currency[:10]} y no dice a qué tasa")
    elif total is not None and said is not None:
        rate = (rate or 1.0) if foreign else 1.0
        tolerance = CENT + (abs(total) * _RATE_ROUNDED if foreign else 0.0)
        if not near(said, total * rate, tolerance):
            how = f" a {rate:,.4g} son {total * rate:,.2f}" if foreign else ""
            message = f"el total {total:,.2f}{how} y el total en pesos dice {said:,.2f}"
            yield about(invoice, "warning", "pesos", message)


def _currency(invoice: Document) -> str:
    value = invoice.fields.get("currency")
    return compact(value) if isinstance(value, str) else ""
