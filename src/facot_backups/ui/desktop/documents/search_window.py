"""«Buscar una factura…»: the box on the panel, and the window with what all backups hold of it."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from facot_backups.ui.desktop.documents import search_texts as search_words
from facot_backups.ui.desktop.documents.search_model import hits_model
from facot_backups.ui.desktop.documents.search_task import Hit, Searched, search
from facot_backups.ui.desktop.toolkit.basic import SPACE, button, label, row, set_tip
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.fitted import FittedTable
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.toolkit.tables import furnish
from facot_backups.ui.desktop.toolkit.theme import Theme
from facot_backups.ui.desktop.toolkit.worker import Job
from facot_backups.ui.desktop.window import Host, RestoreWish, ViewWindow

_FIELD_WIDTH = 240
# The longest usual text of each column.
_SAMPLES = (
    "E310000000002", "Ferretería El Cañaveral SAS", "24/11/2026", "RD$ 1,000,000.00",
    "Clientes y proveedores", "Vista por última vez el 18/11, borrada entre el 18 y el 19",
)  # fmt: skip
_ROW_HEIGHT = 34


class SearchBox(QWidget):
    """A field and its button; `wanted` carries the text that a person wants to find.

    Ctrl+F goes there from anywhere in the widget `around` it.
    """

    wanted = Signal(str)

    def __init__(self, theme: Theme, around: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self.field = QLineEdit()
        self.field.setPlaceholderText(search_words.PLACEHOLDER)
        self.field.setAccessibleName("Buscar una factura en todos los backups")
        self.field.setClearButtonEnabled(True)
        self.field.setMinimumWidth(_FIELD_WIDTH)
        set_tip(self.field, "NCF, cliente, RNC, importe o fecha, en los backups de todos los días (Ctrl+F)")
        self.button = button("B&uscar", tip="Buscar en los backups de todos los días")
        self.field.returnPressed.connect(self._want)
        self.button.clicked.connect(self._want)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), around)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self._come)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.button)
        theme.changed.connect(self._dress)
        self._dress()

    @slot
    def _dress(self) -> None:
        self.button.setIcon(self._theme.icon("search"))

    @slot
    def _come(self) -> None:
        self.field.setFocus()
        self.field.selectAll()

    @slot
    def _want(self) -> None:
        self.wanted.emit(self.field.text())


def open_search(panel: Host, text: str = "") -> SearchWindow:
    """Show the search window, and search for `text` unless it is empty."""
    window = panel.open_view("search", lambda: SearchWindow(panel))
    assert isinstance(window, SearchWindow)
    window.box.field.setText(text)
    window.box.field.setFocus()
    window.look_for(text)
    return window


class SearchWindow(ViewWindow):
    """What all backups hold of some words, and where each was last seen."""

    def __init__(self, panel: Host) -> None:
        super().__init__(panel, search_words.TITLE, QSize(1240, 640))
        self.searched: Searched | None = None
        self._job: Job | None = None
        self._build()
        self.theme.changed.connect(self._dress)
        self._dress()
        self._enable()

    # --- the parts ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.title = label(search_words.TITLE, "title")
        self.intro = label(search_words.INTRO, "muted")
        self.box = SearchBox(self.theme, self)
        self.box.wanted.connect(self.look_for)
        self.progress = ProgressCard()
        self.progress.cancelled.connect(self.cancel)
        self.notice = Notice(self.theme)
        self.count = label("", "muted")
        self.model = hits_model(self._where, self)
        less = tuple(map(self.model.column, ("collection", "date")))
        self.table = FittedTable(_SAMPLES, less)
        furnish(self.table, self.model, "Lo que se encontró", _ROW_HEIGHT)
        self.about = label()
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.table.activated.connect(self.open_history)
        self.history_button = button("&Historia", tip="Cuándo apareció, cambió o se borró (Enter)")
        self.restore_button = button(
            "&Restaurar…",
            "primary",
            tip="Devolverlo a Firebase como se vio por última vez; primero se ve el plan",
        )
        self.history_button.clicked.connect(self.open_history)
        self.restore_button.clicked.connect(self._restore)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(SPACE)
        for part in (self.title, self.intro, self.box, self.progress, self.notice, self.count):
            layout.addWidget(part)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.about)
        layout.addLayout(row(1, self.history_button, self.restore_button, spacing=8))

    @slot
    def _dress(self) -> None:
        self.history_button.setIcon(self.theme.icon("history"))
        self.restore_button.setIcon(self.theme.icon("restore", "on_primary"))

    def _where(self, hit: Hit) -> str:
        return search_words.where(hit, self.searched.today) if self.searched is not None else ""

    # --- the search --------------------------------------------------------------------------------------

    @slot
    def look_for(self, text: str) -> None:
        """Search for `text` off the GUI thread; a search that is under way is stopped."""
        self.cancel()
        if not text.strip():
            return
        self.notice.hide()
        self.count.setText("")
        self.model.replace(())
        self._enable()
        self.progress.begin("Buscando…")
        job: list[Job] = []

        def found(searched: Searched) -> None:
            if self._job is job[0]:
                self._show(searched)

        def ended() -> None:
            if self._job is job[0]:
                self._job = None
                self.progress.end()

        job.append(
            self.jobs.start(
                lambda emit, stop: search(self.session, emit, stop, text),
                event=self.progress.take,
                done=found,
                failed=self._failed,
                ended=ended,
            )
        )
        self._job = job[0]

    @slot
    def cancel(self) -> None:
        """Stop the search that is under way."""
        if self._job is not None:
            self._job.cancel()

    def _show(self, searched: Searched) -> None:
        self.searched = searched
        self.model.replace(searched.found.hits)
        self.count.setText(search_words.summary(searched))
        if unreadable := search_words.unreadable(searched):
            self.notice.tell("warning", "No se pudieron leer enteros", unreadable)
        if searched.found.hits:
            self.table.selectRow(0)
            self.table.setFocus()
        self._enable()

    def _failed(self, failure: Failure) -> None:
        if not failure.stopped:
            self.notice.tell_failure(failure)
        elif not self.model.rows:
            self.count.setText("Se canceló.")

    # --- what can be done --------------------------------------------------------------------------------

    @property
    def chosen(self) -> Hit | None:
        """What is chosen in the list."""
        indexes = self.table.selectionModel().selectedRows()
        return indexes[0].data(ROW_ROLE) if indexes else None

    @slot
    def _enable(self) -> None:
        for one in (self.history_button, self.restore_button):
            one.setEnabled(self.chosen is not None)
        hit, searched = self.chosen, self.searched
        told = search_words.about(hit, searched.today) if hit is not None and searched is not None else ""
        self.about.setText(told)
        self.about.setVisible(bool(told))

    @slot
    def open_history(self) -> None:
        """Open the history of what is chosen."""
        from facot_backups.ui.desktop.documents.history_window import HistoryWindow

        hit, panel = self.chosen, self.panel
        if hit is not None:
            panel.open_view(f"history {'/'.join(hit.path)}", lambda: HistoryWindow(panel, hit.path))

    @slot
    def _restore(self) -> None:
        hit = self.chosen
        if hit is not None:
            self.panel.restore_wanted.emit(RestoreWish(hit.last_seen.backup, documents=(hit.path,)))
