"""The restore wizard: what → plan → confirm → work → result. `open_restore` opens it.

One task does all of it on its thread; where it needs a person it waits at a `Desk`, at which this window
looks. Until the last yes nothing is written. A window that is closed sooner stops the task.
"""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import QSize, QTimer
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QVBoxLayout, QWidget

from facot_backups.events import Counted, Event, PhaseStarted
from facot_backups.ui.desktop.restore import texts as restore_words
from facot_backups.ui.desktop.restore.choices import Choices, CutRestore, choices
from facot_backups.ui.desktop.restore.desk import Desk
from facot_backups.ui.desktop.restore.plan_page import AskPage, PlanPage, WorkPage
from facot_backups.ui.desktop.restore.result_page import ResultPage
from facot_backups.ui.desktop.restore.rows import (
    Asked,
    ConfirmShown,
    Outcome,
    PlanShown,
    QuestionShown,
    Wanted,
)
from facot_backups.ui.desktop.restore.task import go_on, restore
from facot_backups.ui.desktop.restore.what_page import WhatPage
from facot_backups.ui.desktop.toolkit.basic import SPACE, button, column, label, row, set_tip
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.fitted import Pages
from facot_backups.ui.desktop.toolkit.form import scrolled
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.worker import Job, Work
from facot_backups.ui.desktop.window import Host, ViewWindow

# How often the window looks whether it is asked something.
_LOOK_MS = 40


def open_restore(
    panel: Host,
    backup: str | None = None,
    collections: tuple[str, ...] = (),
    documents: tuple[tuple[str, ...], ...] = (),
) -> RestoreWindow:
    """Show the wizard for `backup` (None: the latest), with these collections or documents chosen.

    A `.pre-restore` is an undo: its plan is made at once. A wizard that is at work is shown and says so.
    """
    window = panel.open_view("restore", lambda: RestoreWindow(panel))
    assert isinstance(window, RestoreWindow)
    if window.at_work:
        window.notice.tell(*restore_words.BUSY)
    else:
        window.begin(backup, collections, documents)
    return window


class RestoreWindow(ViewWindow):
    """One restore after the other."""

    def __init__(self, panel: Host) -> None:
        super().__init__(panel, "Restaurar", QSize(1000, 760))
        self._job: Job | None = None
        self._desk: Desk[Asked] = Desk()
        self._asked: Asked | None = None
        self._plan: PlanShown | None = None
        self._wanted: Wanted | None = None
        self._cut: CutRestore | None = None
        self._from: QWidget | None = None
        self._writing = self._closing = self._going_back = False
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.theme.changed.connect(self._dress)
        self._dress()
        self._show(self.what)

    # --- the parts ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.steps = [
            label(f"{n}. {text}", "muted", wrap=False) for n, text in enumerate(restore_words.STEPS, 1)
        ]
        self.notice = Notice(self.theme)
        self.what = WhatPage(self)
        self.plan = PlanPage(self.theme)
        self.ask = AskPage(self.theme)
        self.work = WorkPage()
        self.ending = ResultPage(self)
        self.pages = Pages()
        for page in (self.what, self.plan, self.ask, self.work, self.ending):
            self.pages.addWidget(page)
        self.cancel = button("&Cancelar", tip="Cerrar sin escribir nada")
        self.back = button("&Atrás")
        self.hint = label("", "muted")
        self.next = button("Ver el &plan", "primary")
        self.next.setDefault(True)
        self.cancel.clicked.connect(self.close)
        self.back.clicked.connect(self._go_back)
        self.next.clicked.connect(self._go_next)
        self.what.changed.connect(self._enable)
        self.what.more.toggled.connect(self._reveal)
        self.ask.ready.connect(self._ready)
        self.ask.typed.returnPressed.connect(self._confirm)
        self.work.progress.cancelled.connect(self.stop)
        self.ending.undo.connect(self.undo)
        self.ending.go_on.connect(self.continue_)
        self.ending.again.connect(self._again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(SPACE + 4)
        layout.addLayout(row(*self.steps, 1, spacing=20))
        layout.addWidget(self.notice)
        self.area = scrolled(column(self.pages))
        layout.addWidget(self.area, 1)
        foot = row(self.cancel)
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.back)
        foot.addWidget(self.next)
        layout.addLayout(foot)

    @slot
    def _dress(self) -> None:
        self._enable()
        self.ending.undo_button.setIcon(self.theme.icon("back"))

    # --- where the wizard is -----------------------------------------------------------------------------

    @property
    def at_work(self) -> bool:
        """Whether a restore is being planned, asked about or carried out."""
        return self._job is not None

    def _show(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        step = {self.what: 0, self.plan: 1, self.ask: 2, self.work: 3, self.ending: 4}[page]
        if page is self.work and self._plan is None:
            step = 1
        for number, one in enumerate(self.steps):
            mark(one, role="heading" if number == step else "muted")
        self.next.setDefault(page not in (self.plan, self.ask))
        self._enable()
        if page is self.work:  # not on «Parar», where another Enter would stop it
            self.work.setFocus()

    @slot
    def _enable(self) -> None:
        page: object = self.pages.currentWidget()
        texts: dict[object, str] = {
            self.what: "Ver el &plan",
            self.plan: self._plan_button(),
            self.ask: self._ask_button(),
        }
        self.next.setText(texts.get(page, "&Cerrar"))
        self.next.setIcon(QIcon() if page is self.ending else self.theme.icon("restore", "on_primary"))
        self.next.setVisible(page is not self.work)
        self.back.setText("&Restaurar otra cosa" if page is self.ending else "&Atrás")
        set_tip(self.back, "" if page is self.ending else "Cambiar lo que se restaura; no se escribe nada")
        self.back.setVisible(page is self.ending or (page in (self.plan, self.ask) and not self._undoes))
        self.cancel.setVisible(page in (self.what, self.plan, self.ask))
        self.hint.setText(self.what.missing() if page is self.what else "")
        if page is self.what:
            self.next.setEnabled(self.what.wanted() is not None)
        elif page is not self.ask:
            self.next.setEnabled(True)
        for one in (self.next, self.back):
            one.setAccessibleName(one.text().replace("&", ""))

    @property
    def _undoes(self) -> bool:
        """Whether an undo was begun from the list of backups: nothing was chosen in this window."""
        return self._from is self.what and self._plan is not None and self._plan.mode == "undo"

    def _plan_button(self) -> str:
        more = self._plan is not None and (self._plan.questions or self._plan.confirms)
        return "&Continuar" if more else self._verb()

    def _ask_button(self) -> str:
        return "&Sí, continuar" if isinstance(self._asked, QuestionShown) else self._verb()

    def _verb(self) -> str:
        return (
            "&Deshacer ahora" if self._plan is not None and self._plan.mode == "undo" else "&Restaurar ahora"
        )

    @slot
    def _ready(self, ready: bool) -> None:
        self.next.setEnabled(ready)

    @slot
    def _reveal(self, opened: bool) -> None:
        """Scroll to the options that were opened, once they have their place."""
        if opened:
            QTimer.singleShot(0, self._show_options)

    @slot
    def _show_options(self) -> None:
        self.area.ensureWidgetVisible(self.what.options)

    # --- what --------------------------------------------------------------------------------------------

    def begin(
        self,
        backup: str | None = None,
        collections: tuple[str, ...] = (),
        documents: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        """Choose what is to be restored; a `.pre-restore` is planned at once."""
        self.notice.hide()
        self._show(self.what)

        def read(found: Choices) -> None:
            self.what.show_choices(found, backup, collections, documents)
            if self.pages.currentWidget() is self.what:
                self.what.setVisible(bool(found.backups))
            if not found.backups:
                self.notice.tell(*restore_words.NO_BACKUP)
            self._offer_cut(found)

        self.jobs.start(
            lambda emit, stop: choices(self.session, emit, stop), done=read, failed=self._not_read
        )
        if backup is not None and Wanted(backup).is_undo:
            self._start(Wanted(backup))

    def _not_read(self, failure: Failure) -> None:
        if not failure.stopped:
            self.notice.tell_failure(failure)

    def _offer_cut(self, found: Choices) -> None:
        if found.cut and not self.at_work:
            self._cut = found.cut[0]
            text = f"{restore_words.cut_text(self._cut)} Puede terminarla ahora."
            self.notice.tell(
                "warning", "Hay una restauración a medias", text, offer=("Terminarla", self._continue_cut)
            )

    def _continue_cut(self) -> None:
        if self._cut is not None:
            self._continue(self._cut.restore)

    # --- the work ----------------------------------------------------------------------------------------

    def _start(self, wanted: Wanted) -> None:
        self._wanted = wanted
        desk: Desk[Asked] = Desk()
        self._run(desk, lambda emit, stop: restore(self.session, emit, stop, wanted, desk))

    def _continue(self, name: str) -> None:
        desk: Desk[Asked] = Desk()
        self._run(desk, lambda emit, stop: go_on(self.session, emit, stop, name, desk))

    def _run(self, desk: Desk[Asked], work: Work) -> None:
        if self._job is not None:
            return
        self._desk, self._asked, self._plan, self._writing = desk, None, None, False
        self._going_back = False
        self._from = self.pages.currentWidget()
        self.notice.hide()
        self.work.begin("Haciendo el plan", restore_words.PLANNING)
        self._show(self.work)
        self._job = self.jobs.start(
            work, event=self._heard, done=self._done, failed=self._failed, ended=self._ended
        )
        self._timer.start()

    @slot
    def _look(self) -> None:
        asked = self._desk.question()
        if asked is None or asked is self._asked or self._job is None:
            return
        self._asked = asked
        if isinstance(asked, PlanShown):
            self._plan = asked
            self.plan.show_plan(asked)
            self._show(self.plan)
            self.plan.tree.setFocus()
        elif isinstance(asked, QuestionShown):
            self._show(self.ask)
            self.ask.ask(asked, self._plan)
            (self.cancel if self._undoes else self.back).setFocus()
        elif isinstance(asked, ConfirmShown):
            self._show(self.ask)
            self.ask.confirm(asked, self._plan)

    def _heard(self, event: Event) -> None:
        self.work.progress.take(event)
        if isinstance(event, PhaseStarted) and self._plan is not None:
            if event.phase == "writing":
                self.work.progress.take(Counted(self._plan.writes))
            elif event.phase == "reading-back":
                self.work.progress.take(Counted(self._plan.read_back))

    @slot
    def _go_next(self) -> None:
        page = self.pages.currentWidget()
        if page is self.what:
            wanted = self.what.wanted()
            if wanted is not None:
                self._start(wanted)
        elif page in (self.plan, self.ask):
            title = self._verb().replace("&", "").replace(" ahora", "")
            self.work.begin(f"{title}: en marcha", restore_words.WRITING)
            self._writing = self._is_last_word()
            self._show(self.work)
            self._desk.answer(True)
        else:
            self.close()

    @slot
    def _confirm(self) -> None:
        """Enter after the project's name is the yes."""
        if self.next.isEnabled():
            self._go_next()

    def _is_last_word(self) -> bool:
        """Whether a yes to what is asked now is followed by writing."""
        asked, plan = self._asked, self._plan
        if plan is None or isinstance(asked, ConfirmShown):
            return True
        left = plan.questions if asked is plan else 0
        if isinstance(asked, QuestionShown):
            left = asked.of - asked.number
        return not left and not plan.confirms

    @slot
    def _go_back(self) -> None:
        page = self.pages.currentWidget()
        if page in (self.plan, self.ask):
            self._going_back = True
            self.back.setEnabled(False)
            self._desk.answer(False)
        elif page is self.ending:
            self.begin()

    @slot
    def stop(self) -> None:
        """Stop what is under way; what was written stays, and can be finished or undone."""
        if self._job is not None:
            self._job.cancel()

    # --- how it ends -------------------------------------------------------------------------------------

    def _done(self, outcome: Outcome) -> None:
        self.ending.show_outcome(outcome)
        self._show(self.ending)
        self.next.setFocus()
        self.panel.look_wanted.emit()
        if self._closing:
            said = restore_words.outcome_said(outcome)
            self.panel.notice.tell(said.level, said.title, restore_words.after_closing(outcome))

    def _failed(self, failure: Failure) -> None:
        self._show(self._from or self.what)
        self.next.setFocus()
        if self._going_back and failure.stopped:
            return
        if failure.stopped:
            self.notice.tell("info", "Cancelado", restore_words.NOTHING_WRITTEN)
            return
        self.notice.tell_failure(failure)
        if "No se ha escrito" not in self.notice.text.text():
            self.notice.text.setText(f"{self.notice.text.text()}\n{restore_words.NOTHING_WRITTEN}")

    def _ended(self) -> None:
        self._job = None
        self._writing = False
        self.back.setEnabled(True)
        self._timer.stop()
        self.work.progress.end()
        self._enable()
        if self._closing:
            super().done(0)

    @slot
    def undo(self) -> None:
        """Take back what the result page shows; its plan comes first."""
        outcome = self.ending.outcome
        if outcome is not None and outcome.pre_restore is not None:
            self._start(Wanted(outcome.pre_restore))

    @slot
    def continue_(self) -> None:
        """Finish what the result page shows."""
        outcome = self.ending.outcome
        if outcome is not None and outcome.restore is not None:
            self._continue(outcome.restore)

    @slot
    def _again(self, path: tuple[str, ...]) -> None:
        """Restore a document that was left alone: a plan for it alone, of what is there now."""
        if self._wanted is not None:
            self._start(replace(self._wanted, collections=(), documents=(path,), mode="overwrite"))

    def done(self, result: int) -> None:
        """Closing asks first while documents are written."""
        if self._writing and not self._closing:
            self.notice.tell(
                "warning",
                "¿Parar la restauración?",
                restore_words.CLOSING,
                offer=("Parar y cerrar", self._stop_and_close),
                dismiss="Seguir restaurando",
            )
            self.notice.dismiss.setFocus()
            return
        super().done(result)

    def _stop_and_close(self) -> None:
        self._closing = True
        if self._job is None:
            self.close()
            return
        self.work.show_words("Parando…", "Se espera la respuesta a lo último que se envió.")
        self._job.cancel()
