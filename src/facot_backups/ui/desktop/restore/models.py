"""The plan of a restore: its collections as a table, its documents as a tree with the fields they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qtpy.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt

from facot_backups.model import Action
from facot_backups.ui.desktop.restore.choices import FoundDocument
from facot_backups.ui.desktop.restore.rows import CollectionPlan, DocumentPlan
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.change import ChangeLine
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.table_model import Column, Index, TableModel
from facot_backups.ui.desktop.toolkit.theme import Theme, Tone

ACTIONS: Mapping[Action, str] = {"create": "Se crea", "change": "Se cambia", "delete": "Se borra"}
_PICTURES: Mapping[Action, tuple[str, Tone]] = {
    "create": ("download", "success"),
    "change": ("refresh", "warning"),
    "delete": ("close", "error"),
}
_HEADINGS = ("Documento", "Ahora", "Quedará")
# The columns of a field's value.
NOW, THEN = 1, 2
_ROOT = QModelIndex()


def collections_model(parent: QObject) -> TableModel[CollectionPlan]:
    """A model of `CollectionPlan`."""
    columns: list[Column[CollectionPlan]] = [Column("title", "Colección", lambda row: row.title)]
    for name, heading in (
        ("create", "Se crean"),
        ("change", "Se cambian"),
        ("delete", "Se borran"),
        ("equal", "Iguales"),
        ("skip", "Se dejan"),
    ):
        columns.append(_number(name, heading))
    return TableModel(columns, parent)


def _number(name: str, heading: str) -> Column[CollectionPlan]:
    def count(row: CollectionPlan) -> int:
        return int(getattr(row, name))

    return Column(name, heading, lambda row: words.number(count(row)), count, right=True)


def found_model(parent: QObject) -> TableModel[FoundDocument]:
    """A model of `FoundDocument`."""
    return TableModel(
        [
            Column("title", "Documento", lambda row: row.title, tip=_whole),
            Column("date", "Fecha", lambda row: row.date),
            Column("amount", "Importe", lambda row: row.amount, right=True),
            Column("tax_id", "RNC", lambda row: row.tax_id),
            Column("kind", "Qué es", lambda row: row.kind, tip=_whole),
        ],
        parent,
    )


def _whole(row: FoundDocument) -> str:
    return f"{row.title}\n{document_words.path_text(row.path)}"


class DocumentsModel(QAbstractItemModel):
    """Documents, and below each its fields. The id of an index: 0 for a document, else its row and 1."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self.documents: Sequence[DocumentPlan] = ()

    def replace(self, documents: Sequence[DocumentPlan]) -> None:
        """Show these documents instead."""
        self.beginResetModel()
        self.documents = documents
        self.endResetModel()

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        """The index of a cell."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, child: Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        """The document of a field."""
        if not child.isValid() or not child.internalId():
            return QModelIndex()
        return self.createIndex(int(child.internalId()) - 1, 0, 0)

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        """How many documents, or how many fields of one."""
        if not parent.isValid():
            return len(self.documents)
        if parent.internalId() or parent.column():
            return 0
        return len(self.documents[parent.row()].fields)

    def columnCount(self, _parent: Index = _ROOT) -> int:  # noqa: N802
        """How many columns."""
        return len(_HEADINGS)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """What Qt asks of a cell."""
        if not index.isValid():
            return None
        above = int(index.internalId())
        if above:
            return self._field(self.documents[above - 1], index, role)
        document = self.documents[index.row()]
        texts = (f"{ACTIONS[document.action]}: {document.title}", "", "")
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return texts[index.column()]
            case Qt.ItemDataRole.DecorationRole if index.column() == 0:
                return self._theme.icon(*_PICTURES[document.action])
            case Qt.ItemDataRole.ToolTipRole:
                return words.plain(f"{document.title}\n{document.path}")
            case _:
                return None

    def _field(self, document: DocumentPlan, index: Index, role: int) -> Any:
        field = document.fields[index.row()]
        texts, tips = (field.label, field.old, field.new), (field.tip, field.old, field.new)
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return texts[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                return words.plain(tips[index.column()]) or None
            case _:
                return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        """The headings, in capitals."""
        if orientation == Qt.Orientation.Horizontal and role == int(Qt.ItemDataRole.DisplayRole):
            return _HEADINGS[section].upper()
        return None


def versions_model(parent: QObject) -> TableModel[ChangeLine]:
    """A model of the fields in which what is there now differs from the backup."""
    return TableModel(
        [
            Column("name", "Campo", lambda row: row.label, tip=lambda row: row.tip),
            Column("now", "Ahora", lambda row: row.old, tip=lambda row: row.old),
            Column("kept", "En el backup", lambda row: row.new, tip=lambda row: row.new),
        ],
        parent,
    )
