"""What the newest backup lost: to look at, to bring back, or to accept. `open_losses` opens it."""

from __future__ import annotations

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QVBoxLayout

from facot_backups.ui.desktop.backups import losses_texts as losses_words
from facot_backups.ui.desktop.backups.losses_model import losses_model
from facot_backups.ui.desktop.backups.losses_task import NOTHING_LEFT, Left, Loss, accept
from facot_backups.ui.desktop.toolkit.basic import SPACE, button, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.question import Question
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.toolkit.tables import table
from facot_backups.ui.desktop.window import Host, RestoreWish, ViewWindow


def open_losses(panel: Host) -> LossesWindow:
    """Show what the newest backup lost."""
    window = panel.open_view("losses", lambda: LossesWindow(panel))
    assert isinstance(window, LossesWindow)
    return window


class LossesWindow(ViewWindow):
    """The losses that the panel's last look found; it follows the next ones."""

    def __init__(self, panel: Host) -> None:
        super().__init__(panel, losses_words.TITLE, QSize(860, 460))
        self.question: Question | None = None
        self._coverage: Left = NOTHING_LEFT
        self._build()
        self.theme.changed.connect(self._dress)
        panel.overview_changed.connect(self._look)
        self._dress()
        self._look()

    def _build(self) -> None:
        self.title, self.text = label("", "title"), label("", "muted")
        self.left = label(selectable=True)
        self.notice = Notice(self.theme)
        self.model = losses_model(self)
        self.table = table(self.model, "Lo que falta", widths={1: 90, 2: 90, 3: 130, 4: 210})
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.compare_button = button("&Ver qué falta", tip="Comparar ese backup con el último")
        self.restore_button = button(
            "Re&staurar…", tip="Devolver a Firebase esa colección de ese backup; primero se ve el plan"
        )
        self.settings_button = button("A&justes", tip="Elegir qué colecciones se guardan")
        self.accept_button = button("Es a &propósito…", "danger", tip="Dejar de avisar de lo que falta")
        self.compare_button.clicked.connect(self._compare)
        self.restore_button.clicked.connect(self._restore)
        self.settings_button.clicked.connect(self._open_settings)
        self.accept_button.clicked.connect(self._ask)
        self.table.activated.connect(self._compare)
        layout = QVBoxLayout()
        layout.setSpacing(SPACE)
        for part in (self.title, self.text, self.left, self.notice):
            layout.addWidget(part)
        layout.addWidget(self.table, 1)
        layout.addStretch(0)
        own = (self.compare_button, self.restore_button, self.settings_button)
        self.fill(layout, row(*own, 1, self.accept_button, spacing=8))

    @slot
    def _dress(self) -> None:
        self.compare_button.setIcon(self.theme.icon("compare"))
        self.restore_button.setIcon(self.theme.icon("restore"))
        self.settings_button.setIcon(self.theme.icon("gear"))

    @slot
    def _look(self) -> None:
        health = self.panel.overview.health if self.panel.overview is not None else None
        found = health.anomalies if health is not None else ()
        self._coverage = health.coverage if health is not None else NOTHING_LEFT
        title, text = losses_words.heading(found, self._coverage)
        self.title.setText(title)
        self.text.setText(text)
        self.left.setText(losses_words.left(self._coverage))
        self.left.setVisible(bool(self._coverage))
        self.settings_button.setVisible(bool(self._coverage))
        for part in (self.table, self.compare_button, self.restore_button):
            part.setVisible(bool(found) or not self._coverage)
        if tuple(self.model.rows) != found:
            self.model.replace(found)
            self.table.selectRow(0)
        self._enable()

    @property
    def chosen(self) -> Loss | None:
        """The loss that is chosen."""
        indexes = self.table.selectionModel().selectedRows()
        return indexes[0].data(ROW_ROLE) if indexes else None

    @slot
    def _enable(self) -> None:
        self.compare_button.setEnabled(self.chosen is not None)
        self.restore_button.setEnabled(self.chosen is not None)
        something = bool(self.model.rows) or bool(self._coverage)
        self.accept_button.setEnabled(something and not self.jobs.busy)

    # --- what can be done --------------------------------------------------------------------------------

    @slot
    def _compare(self) -> None:
        from facot_backups.ui.desktop.backups.detail_window import open_losses_since

        found, overview = self.chosen, self.panel.overview
        rows = overview.rows if overview is not None else ()
        last = overview.health.last_backup if overview is not None else None
        newest = next((one for one in rows if last is not None and one.name == last.name), None)
        if found is not None and newest is not None:
            open_losses_since(self.panel, newest, found.largest_in, found.collection)

    @slot
    def _open_settings(self) -> None:
        from facot_backups.ui.desktop.settings.window import open_settings

        open_settings(self.panel)

    @slot
    def _restore(self) -> None:
        found = self.chosen
        if found is not None:
            self.panel.restore_wanted.emit(RestoreWish(found.largest_in, collections=(found.collection,)))

    @slot
    def _ask(self) -> None:
        overview = self.panel.overview
        if self.question is not None or overview is None:
            return
        seen, left = tuple(self.model.rows), self._coverage
        self.question = Question(
            self,
            self.theme,
            losses_words.ASK_TITLE,
            losses_words.ask_text(overview.retention_days) if seen else losses_words.LEFT_ASK,
            [
                (losses_words.YES, "danger", lambda: self._accept(seen, left)),
                (losses_words.NO, "primary", lambda: None),
            ],
        )
        self.question.finished.connect(self._asked)
        self.question.open()

    @slot
    def _asked(self) -> None:
        self.question = None

    def _accept(self, seen: tuple[Loss, ...], left: Left) -> None:
        self.notice.hide()
        self.jobs.start(
            lambda emit, stop: accept(self.session, emit, stop, seen, left),
            done=self._accepted,
            failed=self._failed,
            ended=self._enable,
        )
        self._enable()

    def _accepted(self, texts: tuple[str, ...]) -> None:
        self.panel.notice.tell("ok", losses_words.ACCEPTED, losses_words.accepted(texts))
        self.panel.look_wanted.emit()
        self.close()

    def _failed(self, failure: Failure) -> None:
        self.notice.tell_failure(failure)
        self.panel.look_wanted.emit()
