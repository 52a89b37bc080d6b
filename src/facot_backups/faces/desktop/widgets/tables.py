"""Tables as all views have them: rows are chosen whole, Tab leaves the table, the columns fill it."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QAbstractItemModel, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

_ROW_HEIGHT = 36


def table(
    model: QAbstractItemModel, name: str, *, widths: Mapping[int, int] | None = None, sortable: bool = False
) -> QTableView:
    """A table of `model`, called `name` for screen readers.

    `widths` gives columns a width of their own, in pixels; the others share the rest.
    """
    made = QTableView()
    made.setAccessibleName(name)
    made.setModel(model)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    made.setShowGrid(False)
    made.setTabKeyNavigation(False)
    made.setWordWrap(False)
    made.setSortingEnabled(sortable)
    rows = made.verticalHeader()
    rows.hide()
    # One height for all: nothing is measured, however many rows there are.
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(_ROW_HEIGHT)
    header = made.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    for number, width in (widths or {}).items():
        header.setSectionResizeMode(number, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(number, width)
    return made
