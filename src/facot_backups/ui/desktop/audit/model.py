"""The findings of an audit, filtered by severity and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import QObject
from qtpy.QtGui import QIcon

from facot_backups.ui.desktop.audit.task import AuditRow
from facot_backups.ui.desktop.audit.texts import SEVERITIES
from facot_backups.ui.desktop.toolkit.table_model import Column, Index, SortedModel, TableModel
from facot_backups.ui.desktop.toolkit.theme import Theme, Tone

PICTURES: Mapping[str, tuple[str, Tone]] = {
    "error": ("close", "error"),
    "warning": ("alert", "warning"),
    "note": ("info", "info"),
}
_ORDER = {severity: number for number, severity in enumerate(SEVERITIES)}


def findings_model(theme: Theme, parent: QObject) -> TableModel[AuditRow]:
    """A model of `AuditRow`, in the order of the audit."""

    def picture(row: AuditRow) -> QIcon:
        return theme.icon(*PICTURES[row.severity])

    return TableModel(
        [
            Column(
                "severity",
                "Gravedad",
                lambda row: SEVERITIES[row.severity][0],
                lambda row: _ORDER[row.severity],
                icon=picture,
            ),
            Column("message", "Qué pasa", lambda row: row.message, tip=lambda row: row.message),
            Column("ncf", "NCF", lambda row: row.ncf),
            Column("documents", "Dónde", lambda row: row.place, tip=lambda row: row.documents),
        ],
        parent,
    )


class FindingsFilter(SortedModel):
    """Those of the chosen severities in which all the words are."""

    def __init__(self, source: TableModel[AuditRow], parent: QObject) -> None:
        super().__init__(source, parent)
        self._rows = source
        self._words: tuple[str, ...] = ()
        self._severities = frozenset(SEVERITIES)

    def choose(self, severities: frozenset[str], text: str) -> None:
        """Show only these."""
        self._severities, self._words = severities, tuple(text.casefold().split())
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:  # noqa: N802
        """Whether a finding is shown."""
        row = self._rows.rows[source_row]
        return row.severity in self._severities and all(word in row.haystack for word in self._words)

    def shown(self) -> tuple[AuditRow, ...]:
        """The findings that are shown, in their order."""
        source: Any = self.sourceModel()
        numbers = (self.mapToSource(self.index(n, 0)).row() for n in range(self.rowCount()))
        return tuple(source.rows[number] for number in numbers)
