"""What an audit finds: the words for it, in the order in which they matter. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from facot_backups.model import Document

# An error is wrong for the DGII or loses a number; a warning needs a look; a note explains.
Severity: TypeAlias = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

# What is found, with its heading for the user, in the order of a report.
KINDS = {
    "duplicate_ncf": "NCF repetidos",
    "counter_behind": "Contadores por debajo de sus facturas",
    "counter_fields": "Contadores que se contradicen dentro de un documento",
    "counters_differ": "Contadores que no coinciden entre sí",
    "malformed_ncf": "NCF mal formados",
    "missing_ncf": "Facturas emitidas sin NCF",
    "ncf_mirror": "Facturas con dos números distintos",
    "buyer": "Comprobantes sin el RNC del cliente",
    "unknown_company": "Facturas de una empresa que no existe",
    "shared_rnc": "Empresas con el mismo RNC",
    "total": "Totales que no cuadran",
    "itbis": "ITBIS que no puede ser",
    "pesos": "Totales en pesos que no cuadran",
    "lines": "Líneas que no suman el subtotal",
    "invoice_date": "Facturas sin una fecha válida",
    "invoice_type": "Facturas que no dicen si son emitidas o gastos",
    "duplicate_expense": "Gastos anotados dos veces",
    "tax_id": "RNC y cédulas dudosos",
    "orphan_items": "Líneas de facturas borradas",
    "left_field": "Restos de una restauración incompleta",
    "old_ncf": "NCF anteriores a mayo de 2018",
    "counter_missing": "Facturas sin contador",
    "consumer_expense": "Gastos sin crédito fiscal",
    "gap": "Números saltados",
    "mixed_types": "Campos con tipos mezclados",
    "unchecked": "Lo que no se pudo comprobar",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    `kind` is a key of KINDS. `company`: its id as text, where there is one. `ncf`: the number as the
    document has it, or a counter's prefix; "" where it is about neither. `documents`: the paths of the
    documents (`invoices/12`), the first ones where there are many; `count`: how many there are in all.
    `message`: a sentence for the user, in Spanish, that needs nothing else.
    """

    severity: Severity
    kind: str
    message: str
    documents: tuple[str, ...] = ()
    company: str | None = None
    ncf: str = ""
    count: int = 1


class Check(Protocol):
    """A part of an audit that goes through all documents once."""

    def see(self, document: Document) -> Iterable[Finding]:
        """What a document alone shows. They come collection by collection, each in name order."""

    def end(self) -> Iterable[Finding]:
        """What all of them together show."""


class Places:
    """Where something that many documents share was found: how often, and the first documents."""

    __slots__ = ("count", "first")

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, document: Document, keep: int = 3) -> None:
        """Count a document, and keep its path if it is one of the first `keep`."""
        self.count += 1
        if len(self.first) < keep:
            self.first.append(path_of(document))


def path_of(document: Document) -> str:
    """A document's path as a user writes it."""
    return "/".join(document.path)
