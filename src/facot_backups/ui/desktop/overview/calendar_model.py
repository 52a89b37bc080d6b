"""A month as a grid: weeks are rows, weekdays columns."""

from __future__ import annotations

from datetime import date
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from facot_backups.ui.desktop.overview import calendar_days
from facot_backups.ui.desktop.overview.calendar_days import Calendar, Day
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.table_model import Index

# The `Day` of a cell.
DAY_ROLE = int(Qt.ItemDataRole.UserRole)
_CENTRE = Qt.AlignmentFlag.AlignCenter


class MonthModel(QAbstractTableModel):
    """The days of one month of a `Calendar`; empty without one. Cells of other months are empty."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._month = date.min
        self._days: dict[tuple[int, int], Day] = {}

    def show_month(self, calendar: Calendar, month: date) -> None:
        """Show the days of `month` (its first day)."""
        days = map(calendar.day, calendar_days.days_of(month))
        found = {calendar_days.place_of(day.date): day for day in days}
        if (month, found) == (self._month, self._days):
            return
        other = month != self._month
        if other:
            self.beginResetModel()
        self._month, self._days = month, found
        if other:
            self.endResetModel()
        else:
            self.dataChanged.emit(self.index(0, 0), self.index(calendar_days.WEEKS - 1, 6))

    def day(self, index: Index) -> Day | None:
        """The day of a cell, None where there is none."""
        return self._days.get((index.row(), index.column())) if index.isValid() else None

    def index_of(self, day: date) -> QModelIndex:
        """The cell of a day of the month that is shown."""
        return self.index(*calendar_days.place_of(day))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """The weeks."""
        return 0 if parent.isValid() else calendar_days.WEEKS

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """The weekdays."""
        return 0 if parent.isValid() else len(calendar_days.WEEK)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """What Qt asks of a cell."""
        day = self.day(index)
        if day is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return str(day.date.day)
            case Qt.ItemDataRole.ToolTipRole:
                return words.plain(day.said[:1].upper() + day.said[1:])
            case Qt.ItemDataRole.AccessibleTextRole:
                return day.said
            case _:
                return day if role == DAY_ROLE else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Only cells with a day can be chosen."""
        if self.day(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """The weekdays."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(calendar_days.WEEK):
            return None
        if role == int(Qt.ItemDataRole.DisplayRole):
            return calendar_days.WEEK[section]
        return _CENTRE if role == int(Qt.ItemDataRole.TextAlignmentRole) else None
