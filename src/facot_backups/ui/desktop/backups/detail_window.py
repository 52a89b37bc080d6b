"""The window of one backup: what is in it, checks, its documents, comparisons (`open_losses_since`)."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QBoxLayout, QGridLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from facot_backups.model import DocumentPath
from facot_backups.ui.desktop.backups import detail_texts as detail_words
from facot_backups.ui.desktop.backups.collections_model import collections_model
from facot_backups.ui.desktop.backups.detail_task import (
    Checked,
    CollectionRow,
    Detail,
    detail,
    drill_backup,
    verify_backup,
)
from facot_backups.ui.desktop.comparison.window import ComparePage
from facot_backups.ui.desktop.documents.browse_window import BrowsePage
from facot_backups.ui.desktop.snapshot import BackupRow
from facot_backups.ui.desktop.toolkit.basic import SPACE, button, column, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.form import scrolled
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE, SortedModel
from facot_backups.ui.desktop.toolkit.tables import table
from facot_backups.ui.desktop.toolkit.worker import Job
from facot_backups.ui.desktop.window import Host, RestoreWish, ViewWindow

# What a low window leaves of the collections, in pixels.
_FEWEST = 160


def open_losses_since(panel: Host, chosen: BackupRow, other: str, collection: str) -> DetailWindow:
    """Show what `collection` lost in the backup of `chosen` since the one named `other`."""
    window = panel.open_view(f"detail {chosen.name}", lambda: DetailWindow(panel, chosen))
    assert isinstance(window, DetailWindow)
    window.tabs.setCurrentWidget(window.compare)
    window.compare.show_lost(other, collection)
    return window


def open_document(panel: Host, backup: str, path: DocumentPath) -> DetailWindow | None:
    """Show the document at `path` of the backup of that name; None if the panel does not list it any more."""
    rows = panel.overview.rows if panel.overview is not None else ()
    chosen = next((one for one in rows if one.name == backup), None)
    if chosen is None:
        return None
    window = panel.open_view(f"detail {chosen.name}", lambda: DetailWindow(panel, chosen))
    assert isinstance(window, DetailWindow)
    window.tabs.setCurrentWidget(window.browse)
    window.browse.choose_collection(path[0])
    window.browse.open(path)
    return window


class DetailWindow(ViewWindow):
    """Everything about the backup of `chosen`. Tabs: its collections, its documents, comparisons."""

    def __init__(self, panel: Host, chosen: BackupRow) -> None:
        super().__init__(panel, f"Backup {chosen.name}", QSize(1240, 740))
        self.chosen = chosen
        self.detail: Detail | None = None
        self._check: Job | None = None
        self._asked: QPushButton | None = None
        self._build()
        self.theme.changed.connect(self._dress)
        self._dress()
        self.look()

    # --- the parts ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.title = label("", "title")
        self.summary = label("Leyendo…", "muted")
        self.restore_button = button(
            "&Restaurar…", "primary", tip="Devolver a Firestore los datos de este backup"
        )
        self.verify_button = button("&Verificar", tip="Leer cada byte y comprobar que es el que se guardó")
        self.drill_button = button(
            "&Simulacro", tip="Restaurarlo de prueba, en memoria, y compararlo todo. No toca sus datos"
        )
        self.folder_button = button("Abrir &carpeta", tip="Ver los archivos de este backup")
        self.restore_button.clicked.connect(self._restore_all)
        self.verify_button.clicked.connect(self.verify)
        self.drill_button.clicked.connect(self.drill)
        self.folder_button.clicked.connect(self._open_folder)
        self.progress = ProgressCard()
        self.progress.cancelled.connect(self.cancel)
        self.notice = Notice(self.theme)
        self.trouble = Notice(self.theme)
        self.trouble.dismiss.hide()
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Partes del backup")
        self.tabs.setDocumentMode(True)
        bar = self.tabs.tabBar()
        if bar is not None:
            bar.setDrawBase(False)
        self.browse = BrowsePage(self, self.chosen.name)
        self.tabs.addTab(self._collections_page(), "Colecciones")
        self.tabs.addTab(self.browse, "Documentos")
        self.compare = ComparePage(self, self.chosen.name)
        self.tabs.addTab(self.compare, "Comparar")
        layout = QVBoxLayout()
        layout.setSpacing(SPACE)
        self._buttons = row(
            self.verify_button, self.drill_button, self.folder_button, self.restore_button, 1, spacing=8
        )
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(SPACE)
        self._head.addLayout(column(self.title, self.summary, spacing=2), 1)
        self._head.addLayout(self._buttons)
        layout.addLayout(self._head)
        for part in (self.trouble, self.progress, self.notice):
            layout.addWidget(part)
        layout.addWidget(self.tabs, 1)
        self.fill(layout)
        self._enable()

    def _collections_page(self) -> QWidget:
        self.model = collections_model(self)
        self.sorted = SortedModel(self.model, self)
        widths = {1: 130, 2: 100, 3: 120, 4: 190}
        self.table = table(self.sorted, "Colecciones de este backup", widths=widths, sortable=True)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.compared = label("", "muted")
        self.open_collection = button("Ver sus &documentos", "flat", tip="Buscar en la colección elegida")
        self.restore_collection = button(
            "Restaurar la colección…", "flat", tip="Devolver a Firestore la colección elegida, nada más"
        )
        self.open_collection.clicked.connect(self._open_collection)
        self.restore_collection.clicked.connect(self._restore_collection)
        self.table.activated.connect(self._open_collection)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(18)
        self.facts.setVerticalSpacing(4)
        self.facts.setColumnStretch(1, 1)
        self.table.setMinimumHeight(_FEWEST)
        inside = column()
        line = row(self.compared, self.open_collection, self.restore_collection, spacing=4)
        line.setStretch(0, 1)
        inside.addLayout(line)
        inside.addWidget(self.table, 1)
        inside.addLayout(self.facts)
        page = QWidget()
        around = QVBoxLayout(page)
        around.setContentsMargins(0, SPACE, 0, 0)
        around.addWidget(scrolled(inside))
        return page

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The buttons go below the title where both have no room side by side."""
        super().resizeEvent(event)
        self._place_buttons()

    def _place_buttons(self) -> None:
        texts = (self.title, self.summary)
        needed = max(one.fontMetrics().horizontalAdvance(one.text()) for one in texts)
        needed += self._buttons.sizeHint().width() + 6 * SPACE
        direction = QBoxLayout.Direction
        self._head.setDirection(direction.LeftToRight if needed <= self.width() else direction.TopToBottom)

    @slot
    def _dress(self) -> None:
        self.restore_button.setIcon(self.theme.icon("restore", "on_primary"))
        for one, name in (
            (self.verify_button, "shield-check"),
            (self.drill_button, "drill"),
            (self.folder_button, "folder"),
            (self.open_collection, "search"),
            (self.restore_collection, "restore"),
        ):
            one.setIcon(self.theme.icon(name))

    # --- what is known -----------------------------------------------------------------------------------

    @slot
    def look(self) -> None:
        """Look at the backup (again), off the GUI thread."""
        self.jobs.start(
            lambda emit, stop: detail(self.session, emit, stop, self.chosen.name),
            done=self._looked,
            failed=self._not_looked,
        )

    def _looked(self, found: Detail) -> None:
        if self.detail is None and self.folder_button.hasFocus():  # the only one that could have it until now
            self.table.setFocus()
        self.detail = found
        self.title.setText(detail_words.title(found))
        self.summary.setText(detail_words.summary(found))
        self._place_buttons()
        self.model.replace(found.collections)
        self.compare.show_candidates(found.candidates)
        self.compared.setText(detail_words.compared_with(found))
        self._show_facts(detail_words.facts(found))
        trouble = detail_words.trouble(found)
        if trouble is not None:
            self.trouble.tell(*trouble)
        self._enable()

    def _not_looked(self, failure: Failure) -> None:
        if not failure.stopped:
            self.summary.setText("")
            self.notice.tell_failure(failure)

    def _show_facts(self, facts: tuple[tuple[str, str], ...]) -> None:
        while (item := self.facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for number, (name, text) in enumerate(facts):
            self.facts.addWidget(label(name, "muted", wrap=False), number, 0, Qt.AlignmentFlag.AlignTop)
            self.facts.addWidget(label(text, selectable=True), number, 1)

    @property
    def chosen_collection(self) -> CollectionRow | None:
        """The collection that is chosen."""
        indexes = self.table.selectionModel().selectedRows()
        return indexes[0].data(ROW_ROLE) if indexes else None

    @slot
    def _enable(self) -> None:
        found, busy = self.detail, self._check is not None
        self.verify_button.setEnabled(found is not None and not busy and found.row.kind != "newer")
        self.drill_button.setEnabled(found is not None and not busy and found.comparable)
        self.restore_button.setEnabled(found is not None and found.readable)
        collection = self.chosen_collection
        held = found is not None and found.readable and collection is not None and collection.held
        self.open_collection.setEnabled(held)
        self.restore_collection.setEnabled(held)
        for page in (self.browse, self.compare):
            self.tabs.setTabEnabled(self.tabs.indexOf(page), found is None or found.readable)

    # --- what it does ------------------------------------------------------------------------------------

    @slot
    def verify(self) -> None:
        """Check every byte of the backup."""
        self._begin("Verificando…", verify_backup, self.verify_button)

    @slot
    def drill(self) -> None:
        """Restore the backup into memory, and compare."""
        self._begin("Preparando el simulacro…", drill_backup, self.drill_button)

    def _begin(self, title: str, task: Callable[..., Checked], asked: QPushButton) -> None:
        if self._check is not None:
            return
        # A button that cannot be pressed loses the keyboard; it gets it back.
        self._asked = asked if asked.hasFocus() else None
        self.notice.hide()
        self.progress.begin(title)
        self._check = self.jobs.start(
            lambda emit, stop: task(self.session, emit, stop, self.chosen.name),
            event=self.progress.take,
            done=self._checked,
            failed=self._failed,
            ended=self._check_ended,
        )
        self._enable()

    @slot
    def cancel(self) -> None:
        """Stop the check that is under way."""
        if self._check is not None:
            self._check.cancel()

    def _checked(self, found: Checked) -> None:
        self.notice.tell(*detail_words.said(found))

    def _failed(self, failure: Failure) -> None:
        self.notice.tell_failure(failure)

    def _check_ended(self) -> None:
        self._check = None
        self.progress.end()
        self._enable()
        if self._asked is not None:
            self._asked.setFocus()
        self.look()
        self.panel.look_wanted.emit()

    @slot
    def _open_folder(self) -> None:
        self.panel.open_folder(self.chosen.path)

    @slot
    def _restore_all(self) -> None:
        self.want(RestoreWish(self.chosen.name))

    @slot
    def _open_collection(self) -> None:
        chosen = self.chosen_collection
        if chosen is not None and chosen.held:
            self.browse.choose_collection(chosen.name)
            self.tabs.setCurrentWidget(self.browse)

    @slot
    def _restore_collection(self) -> None:
        chosen = self.chosen_collection
        if chosen is not None:
            self.want(RestoreWish(self.chosen.name, collections=(chosen.name,)))

    def want(self, wish: RestoreWish) -> None:
        """Ask the panel for a restore."""
        self.panel.restore_wanted.emit(wish)
