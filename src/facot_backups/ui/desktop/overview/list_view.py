"""The list of backups, and what can be done with the one that is chosen."""

from __future__ import annotations

from datetime import date

from qtpy.QtCore import QModelIndex, QPoint, Qt, Signal
from qtpy.QtWidgets import QMenu, QVBoxLayout, QWidget

from facot_backups.ui.desktop.overview.actions import BACKUP_ACTIONS, BackupAction
from facot_backups.ui.desktop.overview.list_model import backups_model
from facot_backups.ui.desktop.settings.move_dialog import EarlierFolders
from facot_backups.ui.desktop.snapshot import BackupRow, Overview
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import button, label, row
from facot_backups.ui.desktop.toolkit.fitted import FittedTable, ShortLabel
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE, SortedModel
from facot_backups.ui.desktop.toolkit.tables import furnish, offer_order
from facot_backups.ui.desktop.window import Host

# The longest usual text of each column.
_SAMPLES = (
    "24/11/2026", "02:00", "xxx Para deshacer", "Automático", "1,000,000", "100.0 MB", "Dañado", "Superado",
)  # fmt: skip
_NONE_YET = "Aquí aparecerán los backups."
_NOT_SEEN = "Sin esa carpeta no se pueden mostrar."
_ROW_HEIGHT, _HEADING_HEIGHT, _FEWEST = 30, 34, 3


class BackupList(QWidget):
    """A table of backups, newest first. Enter, a double click or a menu does something with one.

    `all_wanted`: a person wants to see all of them again, after those of one day.
    """

    all_wanted = Signal()

    def __init__(self, panel: Host) -> None:
        super().__init__()
        self._panel = panel
        self.model = backups_model(panel.theme, self)
        self.sorted = SortedModel(self.model, self)
        self.day: date | None = None
        self._found: Overview | None = None
        self.heading = label("Backups", "heading", wrap=False)
        self.summary = ShortLabel("muted", self)
        self.all_button = button("Ver &todos", "flat", tip="Mostrar otra vez todos los backups")
        self.all_button.clicked.connect(self._want_all)
        mark(self.all_button, small=True)
        self.empty = label(_NONE_YET, "muted")
        self.earlier = EarlierFolders(panel)
        self.table = _table(self.sorted, self.model.column("trigger"), self)
        self.table.activated.connect(self._activate)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.selectionModel().selectionChanged.connect(self._chosen_changed)
        self.buttons = [(action, button(action.text, "flat", tip=action.tip)) for action in BACKUP_ACTIONS]
        for action, one in self.buttons:
            one.setObjectName(action.name)
            mark(one, small=True)
            one.clicked.connect(slot(lambda action=action: self._do(action)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        head = row(self.heading, self.all_button, spacing=4)
        head.addWidget(self.summary, 1)
        for _, one in self.buttons:
            head.addWidget(one)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.earlier)
        panel.theme.changed.connect(self._dress)
        for hidden in (self.table, self.all_button, *(one for _, one in self.buttons)):
            hidden.hide()
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
        self._found = found
        self.earlier.show_folders(found.earlier)
        self._show()

    def show_day(self, day: date | None) -> None:
        """Show only the backups that bear the date `day`, the first of them chosen; None for all again."""
        if day != self.day:
            self.day = day
            self._show()
            if day is not None and self.sorted.rowCount():
                self.table.selectRow(0)

    def _show(self) -> None:
        found = self._found
        if found is None:
            return
        rows = tuple(row for row in found.rows if self.day in (None, row.date))
        if self.model.rows != rows:
            chosen = self.chosen
            self.model.replace(rows)
            if chosen is not None:
                self.choose(chosen.name)
        self.heading.setText("Backups" if self.day is None else f"Backups del {words.day(self.day)}")
        self.all_button.setVisible(self.day is not None)
        self.summary.show_text(*_summary(found) if self.day is None else ("",))
        gone = any(finding.code == "folder_unusable" for finding in found.health.findings)
        none = _NOT_SEEN if gone else _NONE_YET
        self.empty.setText(none if self.day is None else "Ese día no hay ninguno.")
        self.table.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        for _, one in self.buttons:
            one.setVisible(bool(found.rows))
        self._chosen_changed()

    @slot
    def _want_all(self) -> None:
        self.show_day(None)
        self.all_wanted.emit()

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
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in BACKUP_ACTIONS if self.chosen is not None else ():
            entry = menu.addAction(self._panel.theme.icon(action.icon), action.text)
            entry.triggered.connect(slot(lambda action=action: self._do(action)))
        menu.addSeparator()
        offer_order(menu, self.table)
        menu.popup(self.table.viewport().mapToGlobal(place))


def _summary(found: Overview) -> tuple[str, ...]:
    """How many there are and what they take, also in fewer letters."""
    complete, disk = found.health.complete, found.health.disk
    if not found.rows:
        return ("",)
    count = words.counted(complete, "completo")
    used = f" · {words.size(disk.used_bytes)} en disco" if disk.used_bytes is not None else ""
    free = f" · {words.size(disk.free_bytes)} libres" if disk.free_bytes is not None else ""
    return f"{count}{used}{free}", f"{count}{used}", count


def _table(model: SortedModel, optional: int, parent: QWidget) -> FittedTable:
    table = FittedTable(_SAMPLES, (optional,), parent)
    furnish(table, model, "Lista de backups", _ROW_HEIGHT)
    table.setSortingEnabled(True)
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    table.setMinimumHeight(_HEADING_HEIGHT + _FEWEST * _ROW_HEIGHT)
    return table
