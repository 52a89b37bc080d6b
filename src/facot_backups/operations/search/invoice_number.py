"""An invoice by its NCF, as an accountant knows it, found in backups. No I/O of its own."""

from __future__ import annotations

from collections.abc import Iterable

from facot_backups.archive.facot2 import AnyBackup
from facot_backups.errors import BackupUnreadable, DamagedBackup, InvoiceNotFound, UsageError
from facot_backups.model import Document, DocumentPath, Scope
from facot_backups.operations.audit.numbers import number_text
from facot_backups.operations.comparison.sources import side_of
from facot_backups.operations.fiscal.ncf import compact, company_of, is_invoice, ncf_problem, parse_ncf

_INVOICES = Scope(collections=("invoices",))


def is_number(text: str) -> bool:
    """Whether it is an NCF of any form, however it is written, and so no path of a document."""
    return parse_ncf(text) is not None or ncf_problem(compact(text)) is None


def find_invoice(backups: Iterable[AnyBackup], number: str) -> DocumentPath:
    """The path of the invoice that bears `number` in the first of `backups` where one does.

    Reads the invoices of each backup until then, without those that are damaged or cannot be read now.
    Raises InvoiceNotFound, or BackupUnreadable where one of the latter may have it; UsageError where several
    bear it: it names them.
    """
    wanted = _same(number)
    unread: BackupUnreadable | None = None
    for backup in backups:
        try:
            found = [
                document
                for document in side_of(backup).documents(_INVOICES)
                if is_invoice(document) and _same(number_text(document)) == wanted
            ]
        except DamagedBackup:
            continue
        except BackupUnreadable as problem:
            unread = unread or problem
            continue
        if len(found) > 1:
            raise UsageError(
                "ambiguous_invoice",
                ncf=wanted,
                count=len(found),
                backup=backup.name,
                invoices=list(map(_told, found)),
            )
        if found:
            return found[0].path
    raise unread or InvoiceNotFound(wanted)


def _same(number: str) -> str:
    """Equal for all spellings of a number."""
    ncf = parse_ncf(number)
    return ncf.text if ncf is not None else compact(number)


def _told(invoice: Document) -> str:
    kind = invoice.fields.get("invoice_type")
    told = f"{kind}, " if isinstance(kind, str) else ""
    return f"{'/'.join(invoice.path)} ({told}empresa {company_of(invoice) or 'desconocida'})"
