"""`TreeModel`: lines that hold others, in named columns: a document, a history, a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from qtpy.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE

Index = QModelIndex | QPersistentModelIndex


class Line(Protocol):
    """Something that holds others of its kind."""

    @property
    def children(self) -> Sequence[Any]:
        """What is in it."""


Item = TypeVar("Item", bound=Line)


@dataclass(frozen=True, slots=True)
class TreeColumn(Generic[Item]):
    """A column: its heading, its text, and a longer text for the mouse and for screen readers."""

    heading: str
    text: Callable[[Item], str]
    tip: Callable[[Item], str] | None = None
    icon: Callable[[Item], Any] | None = None


@dataclass(slots=True)
class _Place(Generic[Item]):
    """An item, which one of its parent's it is, the number of its parent, and of its first child."""

    item: Item
    row: int
    parent: int
    first: int = 0


class TreeModel(QAbstractItemModel, Generic[Item]):
    """Items that are replaced as a whole. ROW_ROLE gives the item."""

    def __init__(self, columns: Sequence[TreeColumn[Item]], parent: QObject) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.items: Sequence[Item] = ()
        # All of them, those of one parent in a row: an index knows its place by number.
        self._places: list[_Place[Item]] = []

    def replace(self, items: Sequence[Item]) -> None:
        """Show these items instead."""
        self.beginResetModel()
        self.items = items
        self._places = [_Place(item, row, -1) for row, item in enumerate(items)]
        number = 0
        while number < len(self._places):
            place = self._places[number]
            place.first = len(self._places)
            self._places += [_Place(child, row, number) for row, child in enumerate(place.item.children)]
            number += 1
        self.endResetModel()

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """The index of an item's cell."""
        if not 0 <= row < self.rowCount(parent) or not 0 <= column < len(self.columns):
            return QModelIndex()
        first = self._places[parent.internalId()].first if parent.isValid() else 0
        return self.createIndex(row, column, first + row)

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        """The index of what holds an item."""
        above = self._places[index.internalId()].parent if index.isValid() else -1
        return QModelIndex() if above < 0 else self.createIndex(self._places[above].row, 0, above)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many an item holds."""
        if not parent.isValid():
            return len(self.items)
        return 0 if parent.column() else len(self._places[parent.internalId()].item.children)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many columns."""
        return len(self.columns)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:  # noqa: PLR0911
        """What Qt asks of a cell."""
        if not index.isValid():
            return None
        item, column = self._places[index.internalId()].item, self.columns[index.column()]
        if role == ROW_ROLE:
            return item
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(item)
            case Qt.ItemDataRole.ToolTipRole:
                tip = column.tip(item) if column.tip is not None else ""
                return words.plain(tip or column.text(item))
            case Qt.ItemDataRole.DecorationRole:
                return column.icon(item) if column.icon is not None else None
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{column.heading}: {column.text(item)}"
            case _:
                return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """The headings, in capitals, as FACOT has them."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].heading.upper()
        return None
