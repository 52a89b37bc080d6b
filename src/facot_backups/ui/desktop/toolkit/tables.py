"""Tables as all views have them: rows are chosen whole, Tab leaves the table, the columns fill it."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QAbstractItemModel, QModelIndex, QPoint, QSize, Qt
from qtpy.QtGui import QFocusEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QTreeView

from facot_backups.ui.desktop.toolkit.slots import slot

_ROW_HEIGHT = 36
# What a table asks for of its own; a layout gives it the rest.
_ASKED = QSize(256, 120)


class LowTable(QTableView):
    """A table that makes do with little height before its window scrolls.

    When Tab comes to it, its current row is chosen, as somebody without a mouse sees it: the arrows alone
    never choose the first one.
    """

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Choose the current row unless one is chosen."""
        super().focusInEvent(event)
        by_tab = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        here, chosen = self.currentIndex(), self.selectionModel()
        if by_tab and here.isValid() and chosen is not None and not chosen.hasSelection():
            self.selectRow(here.row())

    def sizeHint(self) -> QSize:  # noqa: N802
        """A few lines, or its minimum."""
        return _ASKED.expandedTo(self.minimumSize())


class LowTree(QTreeView):
    """A tree that makes do with little height before its window scrolls."""

    def sizeHint(self) -> QSize:  # noqa: N802
        """A few lines, or its minimum."""
        return _ASKED.expandedTo(self.minimumSize())


def table(
    model: QAbstractItemModel, name: str, *, widths: Mapping[int, int] | None = None, sortable: bool = False
) -> QTableView:
    """A table of `model`, called `name` for screen readers.

    `widths` gives columns a width of their own, in pixels; the others share the rest. A `sortable` one has a
    menu that sorts it: headings take no keyboard.
    """
    made = LowTable()
    furnish(made, model, name, _ROW_HEIGHT)
    made.setSortingEnabled(sortable)
    if sortable:
        made.customContextMenuRequested.connect(slot(lambda place: _menu(made, place)))
    header = made.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    for number, width in (widths or {}).items():
        header.setSectionResizeMode(number, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(number, width)
    return made


def _menu(view: QTableView, place: QPoint) -> None:
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    offer_order(menu, view)
    menu.popup(view.viewport().mapToGlobal(place))


def offer_order(menu: QMenu, view: QTableView) -> None:
    """Add an entry to `menu` for each column of `view`: it sorts by it, the second time the other way."""
    model, header = view.model(), view.horizontalHeader()
    assert model is not None
    now = header.sortIndicatorSection()
    for column in range(model.columnCount()):
        heading = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole)
        entry = menu.addAction(f"Ordenar por: {heading}")
        entry.setCheckable(True)
        entry.setChecked(column == now)
        entry.triggered.connect(slot(lambda column=column: _sort(view, column)))


def _sort(view: QTableView, column: int) -> None:
    header = view.horizontalHeader()
    up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
    again = header.sortIndicatorSection() == column and header.sortIndicatorOrder() == up
    view.sortByColumn(column, down if again else up)


def furnish(made: QTableView, model: QAbstractItemModel, name: str, row_height: int) -> None:
    """Give a table its model, its name for screen readers, and the manners of all tables.

    All rows are `row_height` pixels high: nothing is measured, however many there are.
    """
    made.setAccessibleName(name)
    made.setModel(model)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    made.setShowGrid(False)
    made.setTabKeyNavigation(False)
    made.setWordWrap(False)
    rows = made.verticalHeader()
    rows.hide()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(row_height)
    made.horizontalHeader().setHighlightSections(False)


def tree(
    model: QAbstractItemModel, name: str, widths: Mapping[int, int], stretch: int | None = None
) -> QTreeView:
    """A tree of `model`, called `name` for screen readers.

    `widths` in pixels; the column `stretch` (the last one without it) takes what they leave.
    """
    made = LowTree()
    made.setAccessibleName(name)
    made.setModel(model)
    made.setUniformRowHeights(True)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    made.setIndentation(18)
    header = made.header()
    header.setMinimumSectionSize(40)
    header.setStretchLastSection(stretch is None)
    if stretch is not None:
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    for number, width in widths.items():
        header.resizeSection(number, width)
    return made


def show_spanned(view: QTreeView, model: QAbstractItemModel) -> None:
    """Let the first text of the outermost lines, and of those without fields, take the whole width."""
    for number in range(model.rowCount()):
        view.setFirstColumnSpanned(number, QModelIndex(), True)
        above = model.index(number, 0)
        for below in range(model.rowCount(above)):
            if not model.index(below, 1, above).data() and not model.index(below, 2, above).data():
                view.setFirstColumnSpanned(below, above, True)
