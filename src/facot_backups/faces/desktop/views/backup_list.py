"""The list of backups, and what can be done with the one that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QPoint, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QVBoxLayout, QWidget

from facot_backups.faces.desktop import words
from facot_backups.faces.desktop.actions import BACKUP_ACTIONS, BackupAction
from facot_backups.faces.desktop.models.backups import backups_model
from facot_backups.faces.desktop.models.table import ROW_ROLE, SortedModel
from facot_backups.faces.desktop.slots import slot
from facot_backups.faces.desktop.tasks.overview import BackupRow, Overview
from facot_backups.faces.desktop.widgets.basic import button, label, row

if TYPE_CHECKING:
    from facot_backups.faces.desktop.panel import BackupsPanel


class BackupList(QWidget):
    """A table of backups, newest first. Enter, a double click or a menu does something with one."""

    def __init__(self, panel: BackupsPanel) -> None:
        super().__init__()
        self._panel = panel
        self.model = backups_model(panel.theme, self)
        self.sorted = SortedModel(self.model, self)
        self.heading = label("Backups", "heading", wrap=False)
        self.summary = label("", "muted", wrap=False)
        self.empty = label("Aquí aparecerán los backups.", "muted")
        self.table = _table(self.sorted)
        self.table.activated.connect(self._activate)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.selectionModel().selectionChanged.connect(self._chosen_changed)
        self.buttons = [(action, button(action.text, "flat", tip=action.tip)) for action in BACKUP_ACTIONS]
        for action, one in self.buttons:
            one.setObjectName(action.name)
            one.clicked.connect(slot(lambda action=action: self._do(action)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(row(self.heading, self.summary, 1, *(one for _, one in self.buttons)))
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty)
        panel.theme.changed.connect(self._dress)
        self._dress()
        self._chosen_changed()

    @property
    def chosen(self) -> BackupRow | None:
        """The backup that is chosen."""
        indexes = self.table.selectionModel().selectedRows()
        return indexes[0].data(ROW_ROLE) if indexes else None

    def choose(self, name: str) -> None:
        """Choose a backup by its name, if it is in the list, and scroll to it."""
        for number in range(self.sorted.rowCount()):
            if self.sorted.index(number, 0).data(ROW_ROLE).name == name:
                self.table.selectRow(number)
                self.table.scrollTo(self.sorted.index(number, 0))

    def show_rows(self, found: Overview) -> None:
        """Show the backups of `found`; the chosen one stays chosen."""
        if self.model.rows != found.rows:
            chosen = self.chosen
            self.model.replace(found.rows)
            if chosen is not None:
                self.choose(chosen.name)
        self.summary.setText(_summary(found))
        self.table.setVisible(bool(found.rows))
        self.empty.setVisible(not found.rows)
        self._chosen_changed()

    @slot
    def _dress(self) -> None:
        for action, one in self.buttons:
            one.setIcon(self._panel.theme.icon(action.icon))
        self.table.viewport().update()

    @slot
    def _chosen_changed(self) -> None:
        for _, one in self.buttons:
            one.setEnabled(self.chosen is not None)

    @slot
    def _activate(self, _index: QModelIndex) -> None:
        if BACKUP_ACTIONS:
            self._do(BACKUP_ACTIONS[0])

    def _do(self, action: BackupAction) -> None:
        chosen = self.chosen
        if chosen is not None:
            action.do(self._panel, chosen)

    @slot
    def _menu(self, place: QPoint) -> None:
        if self.chosen is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in BACKUP_ACTIONS:
            entry = menu.addAction(self._panel.theme.icon(action.icon), action.text)
            entry.triggered.connect(slot(lambda action=action: self._do(action)))
        menu.popup(self.table.viewport().mapToGlobal(place))


def _summary(found: Overview) -> str:
    complete, disk = found.health.complete, found.health.disk
    if not found.rows:
        return ""
    used = f" · {words.size(disk.used_bytes)} en disco" if disk.used_bytes is not None else ""
    free = f" · {words.size(disk.free_bytes)} libres" if disk.free_bytes is not None else ""
    return f"{words.counted(complete, 'completo')}{used}{free}"


def _table(model: SortedModel) -> QTableView:
    table = QTableView()
    table.setAccessibleName("Lista de backups")
    table.setModel(model)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setSortingEnabled(True)
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    table.setMinimumHeight(200)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(38)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    return table
