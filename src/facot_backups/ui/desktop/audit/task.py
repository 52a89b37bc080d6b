"""The findings of an audit of a backup, and their export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facot_backups.archive.reader import Backup
from facot_backups.events import Emit
from facot_backups.operations.audit.findings import KINDS, Finding, Severity
from facot_backups.operations.cancellation import Stop
from facot_backups.text import one_line
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.toolkit import words


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A finding in a list. `kind` and `message` are in Spanish, `documents` paths (`invoices/12`), which a
    person calls by `place`.

    `haystack` is everything in it, case-folded. `finding` is for the export.
    """

    severity: Severity
    kind: str
    ncf: str
    company: str
    documents: str
    place: str
    message: str
    haystack: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Audited:
    """The audit of `backup`, whose name is a folder's. `documents`: how many were looked at.

    `nested` of them are within others.
    """

    backup: str
    complete: bool
    documents: int
    nested: int
    rows: tuple[AuditRow, ...]

    def count(self, severity: Severity) -> int:
        """How many findings of a severity."""
        return sum(row.severity == severity for row in self.rows)


def audit_backup(session: Session, emit: Emit, stop: Stop, backup: str = "latest") -> Audited:
    """Audit a backup; works without a network. Raises BackupNotFound, DamagedBackup, Interrupted."""
    from facot_backups.operations.audit.run import Audit
    from facot_backups.operations.comparison.sources import side_of

    settings = session.settings()
    found = session.store(emit, stop).find(backup, settings.scope)
    audit = Audit(side_of(found), stop.emit(emit))
    rows = tuple(map(_row, audit))
    metadata = found.metadata if isinstance(found, Backup) else None
    nested = metadata.nested_documents if metadata is not None else 0
    return Audited(str(found.name), found.complete, audit.documents, min(nested, audit.documents), rows)


def _row(finding: Finding) -> AuditRow:
    kind, message = KINDS[finding.kind], one_line(finding.message)
    place = collection_words.documents_said(finding.documents, finding.count)
    if len(finding.documents) == 1:
        message = message.replace(one_line(finding.documents[0]), place)
    more = finding.count - len(finding.documents)
    documents = one_line(", ".join(finding.documents))
    shown = f"{documents} y {words.number(more)} más" if documents and more > 0 else documents
    ncf, company = one_line(finding.ncf), one_line(finding.company or "")
    haystack = " ".join((kind, ncf, company, documents, place, message)).casefold()
    return AuditRow(finding.severity, kind, ncf, company, shown, place, message, haystack, finding)


def export(emit: Emit, stop: Stop, rows: tuple[AuditRow, ...], path: Path) -> int:
    """Write these findings to `path`, in the CSV of the command line; how many. Raises UsageError."""
    from facot_backups.operations.audit.csv_table import CsvTable

    with CsvTable(path) as table:
        for row in rows:
            table.add(row.finding)
    return len(rows)
