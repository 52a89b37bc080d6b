"""An audit of a backup: what a tax inspector, or FACOT itself, would stumble over. No I/O of its own.

Findings come while the documents are read, and what only all of them show at the end. Invoices are read a
second time only where a number seems to be used twice.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from typing import Protocol

from facot_backups.events import Emit, PhaseStarted, Progressed, ignore
from facot_backups.model import Document, DocumentPath, Scope
from facot_backups.operations.audit.content import Amounts, Companies, Fields, Orphans, TaxIds
from facot_backups.operations.audit.findings import SEVERITIES, Check, Finding, Severity
from facot_backups.operations.audit.numbers import Counters, Numbers
from facot_backups.operations.audit.taxes import Taxes
from facot_backups.operations.fiscal.counters import COUNTER_COLLECTIONS

_INVOICES, _COMPANIES = "invoices", "companies"
_PROGRESS_STEP = 1024


class Audited(Protocol):
    """What is audited: a backup as `sides.FolderSide`."""

    @property
    def label(self) -> str:
        """Its name for the user."""

    def collections(self) -> list[str]:
        """The root collections that it holds."""

    def documents(self, scope: Scope) -> Iterator[Document]:
        """The documents of the scope, in name order."""

    def knows(self, path: DocumentPath) -> bool:
        """Whether the document at `path`, had it existed, would be in it."""


class Audit:
    """The findings of one audit, once: iterate, then read `counts` and `documents`.

    Raises DamagedBackup while it is iterated, as soon as a file is not what it should be. Emits
    PhaseStarted `auditing` and Progressed.
    """

    def __init__(self, side: Audited, emit: Emit = ignore) -> None:
        self.side = side
        self.documents = 0
        self._invoices = 0
        self.counts: Tally[Severity] = Tally()
        self._emit = emit
        self._numbers = Numbers()
        self._checks = self._make_checks()

    def __iter__(self) -> Iterator[Finding]:
        for finding in self._find():
            self.counts[finding.severity] += 1
            yield finding

    @property
    def errors(self) -> int:
        """How many errors were found."""
        return self.counts["error"]

    def _make_checks(self) -> list[Check]:
        counters = all(self._knows(name) for name in COUNTER_COLLECTIONS)
        checks: list[Check] = [self._numbers, Counters(self._numbers.highest, all_known=counters)]
        if self._knows(_COMPANIES):
            checks.append(Companies())
        return [*checks, Amounts(), Taxes(), TaxIds(), Orphans(), Fields()]

    def _find(self) -> Iterator[Finding]:
        self._emit(PhaseStarted("auditing"))
        for collection in self._order():
            for document in self._read(collection):
                for check in self._checks:
                    yield from check.see(document)
        for check in self._checks:
            yield from check.end()
        yield from self._duplicates()
        yield from self._unchecked()

    def _order(self) -> list[str]:
        """The collections, companies first: invoices are held against them."""
        return sorted(self.side.collections(), key=lambda name: (name != _COMPANIES, name))

    def _read(self, collection: str) -> Iterator[Document]:
        for document in self.side.documents(Scope(collections=(collection,))):
            self.documents += document.mark is None
            self._invoices += document.mark is None and document.path[:-1] == (_INVOICES,)
            if self.documents % _PROGRESS_STEP == 0:
                self._emit(Progressed(collection, self.documents))
            yield document

    def _duplicates(self) -> Iterator[Finding]:
        if not self._numbers.duplicated:
            return
        for document in self.side.documents(Scope(collections=(_INVOICES,))):
            self._numbers.name(document)
        yield from self._numbers.duplicates()

    def _unchecked(self) -> Iterator[Finding]:
        """What the backup does not hold, and so was not looked at."""
        if not self.documents:
            message = f"El backup {self.side.label} no guarda ningún documento: no hay nada que revisar"
            yield Finding("warning", "unchecked", message)
        elif not self._invoices and self._knows(_INVOICES):
            message = f"El backup {self.side.label} no guarda ninguna factura: no hay ninguna que revisar"
            yield Finding("note", "unchecked", message)
        for name in (_INVOICES, _COMPANIES, *COUNTER_COLLECTIONS):
            if not self._knows(name):
                message = f"{self.side.label} no dice nada de «{name}»: lo que depende de ella no se comprobó"
                yield Finding("note", "unchecked", message)

    def _knows(self, collection: str) -> bool:
        """Whether the whole collection is known: a document of any id would be."""
        return self.side.knows((collection, "\0"))


def verdict(counts: dict[Severity, int]) -> str:
    """`2 errores, 14 avisos y 1 nota`, for the user."""
    words = {"error": ("error", "errores"), "warning": ("aviso", "avisos"), "note": ("nota", "notas")}
    said = [f"{counts.get(one, 0):,} {words[one][counts.get(one, 0) != 1]}" for one in SEVERITIES]
    return f"{', '.join(said[:-1])} y {said[-1]}"
