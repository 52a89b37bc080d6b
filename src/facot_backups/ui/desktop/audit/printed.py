"""The printed page of an audit. No Qt."""

from __future__ import annotations

from collections.abc import Iterable

from facot_backups.ui.desktop.audit import texts as audit_words
from facot_backups.ui.desktop.audit.task import Audited, AuditRow
from facot_backups.ui.desktop.toolkit.page import Page, make_page


def audit_page(audited: Audited, rows: Iterable[AuditRow]) -> Page:
    """These findings of an audit."""
    title, text = audit_words.verdict(audited)
    told = ((audit_words.SEVERITIES[row.severity][0], row.message, row.ncf, row.documents) for row in rows)
    return make_page(
        f"Auditoría: {title}",
        text,
        ("Gravedad", "Qué pasa", "NCF", "Dónde"),
        told,
        f"auditoria-{audited.backup}",
    )
