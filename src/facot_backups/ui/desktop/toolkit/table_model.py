"""`TableModel`: rows of any kind, shown by named columns; a proxy that goes with it sorts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from qtpy.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from qtpy.QtGui import QIcon

from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.slots import slot

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

# The row itself, and what a column is sorted by.
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
SORT_ROLE = ROW_ROLE + 1

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column. `text` is what is shown; `sort` what it is sorted by (the text without it).

    `tip` is a longer text for the mouse and for screen readers; `icon` a picture beside the text.
    """

    name: str
    heading: str
    text: Callable[[Row], str]
    sort: Callable[[Row], Any] | None = None
    right: bool = False
    tip: Callable[[Row], str] | None = None
    icon: Callable[[Row], QIcon | None] | None = None


class TableModel(QAbstractTableModel, Generic[Row]):
    """Rows that are replaced as a whole."""

    def __init__(self, columns: Sequence[Column[Row]], parent: QObject) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.rows: Sequence[Row] = ()

    def replace(self, rows: Sequence[Row]) -> None:
        """Show these rows instead."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def column(self, name: str) -> int:
        """The number of a column. ValueError for a name that none bears."""
        return [column.name for column in self.columns].index(name)

    def sort_values(self, column: int) -> list[Any]:
        """What the rows are sorted by in a column, in their order."""
        return [_sort_value(self.columns[column], row) for row in self.rows]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:  # noqa: PLR0911
        """What Qt asks of a cell."""
        if not index.isValid() or not 0 <= index.row() < len(self.rows):
            return None
        column, row = self.columns[index.column()], self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column.right else _LEFT
            case Qt.ItemDataRole.DecorationRole:
                return column.icon(row) if column.icon is not None else None
            case Qt.ItemDataRole.ToolTipRole:
                return words.plain(column.tip(row)) if column.tip is not None else None
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{column.heading}: {column.text(row)}"
            case _:
                return self._own(column, row, role)

    def _own(self, column: Column[Row], row: Row, role: int) -> Any:
        if role == ROW_ROLE:
            return row
        return _sort_value(column, row) if role == SORT_ROLE else None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """The headings, in capitals, as FACOT has them."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == int(Qt.ItemDataRole.AccessibleTextRole):
            return column.heading
        if role == int(Qt.ItemDataRole.DisplayRole):
            return column.heading.upper()
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            return _RIGHT if column.right else _LEFT
        return None


def _sort_value(column: Column[Any], row: Any) -> Any:
    return column.sort(row) if column.sort is not None else column.text(row).casefold()


class SortedModel(QSortFilterProxyModel):
    """A `TableModel` sorted by SORT_ROLE; what is None comes last in both orders of columns."""

    def __init__(self, source: TableModel[Any], parent: QObject) -> None:
        super().__init__(parent)
        self._source = source
        # Of each column that was sorted by, since the rows came: a sort compares each value many times.
        self._values: dict[int, list[Any]] = {}
        source.modelReset.connect(self._forget)
        self.setSourceModel(source)
        self.setSortRole(SORT_ROLE)

    @slot
    def _forget(self) -> None:
        self._values.clear()

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802
        """By Python's order of the sort values."""
        column = left.column()
        if column not in self._values:
            self._values[column] = self._source.sort_values(column)
        values = self._values[column]
        one, other = values[left.row()], values[right.row()]
        if one is None or other is None:
            return one is None and other is not None
        return bool(one < other)
