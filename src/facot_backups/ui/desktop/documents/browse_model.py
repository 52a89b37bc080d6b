"""The documents that a search found: rows are read as they are seen, so that it shows any number at once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from facot_backups.text import one_line
from facot_backups.ui.desktop.documents.index import DocumentIndex, DocumentRow
from facot_backups.ui.desktop.documents.order import Column
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE

Index = QModelIndex | QPersistentModelIndex
# A table lays out so many rows at a time.
PAGE = 10_000
_COLUMNS: Mapping[str, Callable[[DocumentRow], str]] = {
    "Documento": lambda row: row.shown.number or one_line(row.path[-1]),
    "Nombre": lambda row: "no existe; hay documentos dentro" if row.missing else row.shown.name,
    "Fecha": lambda row: row.shown.date,
    "Importe": lambda row: row.shown.amount,
    "Colección": lambda row: collection_words.path_title(row.path),
}
ORDERS: tuple[Column, ...] = ("document", "name", "date", "amount", "collection")
_AMOUNT = list(_COLUMNS).index("Importe")
_TEXTS = tuple(_COLUMNS.values())
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class DocumentsModel(QAbstractTableModel):
    """`numbers` of an index's documents. ROW_ROLE gives the `DocumentRow`.

    `order`: the column that a person wants them sorted by (None: by their names), and whether downwards;
    `order_wanted` tells that it is another. Who knows the documents sorts them: `replace` shows them as they
    come.
    """

    order_wanted = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.numbers: array[int] = array("L")
        self._shown = 0
        self.order: tuple[Column | None, bool] = (None, False)
        self._row: Callable[[int], DocumentRow] = lambda _: DocumentRow((), document_words.NOTHING, False)

    def show_index(self, index: DocumentIndex) -> None:
        """Show documents of `index` from now on; none yet."""
        self.beginResetModel()
        self._row = lru_cache(512)(index.row)
        self.numbers, self._shown = array("L"), 0
        self.endResetModel()

    def replace(self, numbers: array[int]) -> None:
        """Show these documents instead."""
        self.beginResetModel()
        self.numbers, self._shown = numbers, min(PAGE, len(numbers))
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """What Qt calls when a heading is pressed."""
        wanted = ORDERS[column] if 0 <= column < len(ORDERS) else None
        now = (wanted, order == Qt.SortOrder.DescendingOrder and wanted is not None)
        if now != self.order:
            self.order = now
            self.order_wanted.emit()

    def document(self, row: int) -> DocumentRow:
        """The document of a row."""
        return self._row(self.numbers[row])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many rows are laid out."""
        return 0 if parent.isValid() else self._shown

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """How many columns."""
        return 0 if parent.isValid() else len(_TEXTS)

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802
        """Whether there are rows beyond those that are laid out."""
        return not parent.isValid() and self._shown < len(self.numbers)

    def fetchMore(self, parent: Index) -> None:  # noqa: N802
        """Lay out the next page."""
        end = min(self._shown + PAGE, len(self.numbers))
        if parent.isValid() or end == self._shown:
            return
        self.beginInsertRows(QModelIndex(), self._shown, end - 1)
        self._shown = end
        self.endInsertRows()

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:  # noqa: PLR0911
        """What Qt asks of a cell."""
        if not index.isValid() or not 0 <= index.row() < self._shown:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() == _AMOUNT else _LEFT
        if role not in (*_TEXT_ROLES, ROW_ROLE):
            return None
        row = self.document(index.row())
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return words.plain(_tip(row))
        text = _TEXTS[index.column()](row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{list(_COLUMNS)[index.column()]}: {text or words.UNKNOWN}"
        return text

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """The headings, in capitals, as FACOT has them."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(_COLUMNS):
            return None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return list(_COLUMNS)[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return list(_COLUMNS)[section].upper()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section == _AMOUNT else _LEFT
        return None


_TEXT_ROLES = (
    Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole,
)  # fmt: skip


def _tip(row: DocumentRow) -> str:
    rnc = f"RNC {row.shown.rnc}" if row.shown.rnc else ""
    place = document_words.path_text(row.path)
    return "\n".join(filter(None, (document_words.title(row.path, row.shown), rnc, place)))
