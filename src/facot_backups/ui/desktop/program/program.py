"""`Program`: window, tray and scheduler together, and what ends them."""

from __future__ import annotations

import logging
import threading
from collections import deque
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QApplication, QDialog

from facot_backups.app.backup_result import BackupResult
from facot_backups.app.scheduler import BackupScheduler
from facot_backups.emulator.story import Afternoon
from facot_backups.ui.desktop.habits import Habits
from facot_backups.ui.desktop.overview.state_texts import Level, Standing
from facot_backups.ui.desktop.program.demo import Demo
from facot_backups.ui.desktop.program.instance import Instance
from facot_backups.ui.desktop.program.tray import Tray, badge
from facot_backups.ui.desktop.program.window import EXAMPLE, EXAMPLE_TEXT, Window
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.snapshot import Overview
from facot_backups.ui.desktop.toolkit.error_text import failure, hindrance
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.question import Question
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.worker import Jobs

_log = logging.getLogger("facot_backups.desktop")
# How often the program looks for signals, other starts and what the scheduler told.
_PULSE_MS = 400
# How often a panel that nobody sees looks, for the tray; one that is seen looks by itself.
_HIDDEN_LOOK_PULSES = 750
DEMO_DAYS = 60
_BUSY = "Haciendo un backup…"


class Program(QObject):
    """Window, tray and scheduler together. `ended`: all has stopped, and the event loop may end.

    `demonstration`: a world whose history is made first. Nothing runs before `start`.
    """

    ended = Signal()

    def __init__(
        self,
        session: Session,
        habits: Habits,
        instance: Instance | None = None,
        demonstration: Demo | None = None,
    ) -> None:
        super().__init__()
        self._session, self._habits, self._instance = session, habits, instance
        self._demonstration = demonstration
        self._told: deque[tuple[BackupResult, Exception | None]] = deque()
        self._working = False
        self._level: Level | None = None
        self._pulses = 0
        self._leaving = False
        self._folder_told: Path | None = None
        self.question: Question | None = None
        # Set by a signal's handler, which may run in the middle of anything.
        self.end_wanted = threading.Event()
        self.window = Window(session, example=demonstration is not None)
        self.panel = self.window.panel
        self.tray = Tray(self.window, self.panel.theme)
        self.scheduler = BackupScheduler(
            on_backup_complete=self._note_result,
            on_backup_error=self._note_result,
            clock=session.clock,
            settings=session.settings,
        )
        self._timer = QTimer(self)
        self._timer.setInterval(_PULSE_MS)
        self._connect()

    def _connect(self) -> None:
        self._timer.timeout.connect(self.pulse)
        self.panel.standing_changed.connect(self._stands)
        self.panel.overview_changed.connect(self._follow_folder)
        self.panel.jobs.busy_changed.connect(self._show_working)
        self.panel.backup_ended.connect(self._backup_ended)
        self.window.close_wanted.connect(self.close)
        self.window.leave_wanted.connect(self.leave)
        self.window.stay_changed.connect(self._habits.remember_stay)
        self.tray.opened.connect(self.window.come)
        self.tray.wanted.connect(self.panel.back_up)
        self.tray.left.connect(self.leave)
        self.window.show_stay(self._habits.stay is True)
        if (place := self._habits.place) is not None:
            self.window.go_to(place)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.end)

    # --- its life ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Show the window and begin the daily backups; a demonstration first makes its history."""
        self.panel.preparing = self._demonstration is not None
        self.window.show()
        self._timer.start()
        if self._demonstration is None:
            self.scheduler.start()
        else:
            self._prepare(self._demonstration)

    def _prepare(self, world: Demo) -> None:
        panel = self.panel
        panel.create_button.setEnabled(False)
        panel.progress.begin("Preparando meses de backups de ejemplo…")
        job = panel.jobs.start(
            lambda emit, stop: world.prepare(DEMO_DAYS, emit, stop),
            event=panel.progress.take,
            done=self._tell_story,
            failed=panel.notice.tell_failure,
            ended=self._prepared,
        )
        panel.progress.cancelled.connect(job.cancel)

    def _tell_story(self, afternoon: Afternoon) -> None:
        """Say what there is to bring back."""
        self.window.example.tell(
            "info",
            EXAMPLE,
            f"{EXAMPLE_TEXT} Por ejemplo: falta la factura {afternoon.deleted_ncf}, de {afternoon.client}, y "
            f"alguien cambió el total de la {afternoon.altered_ncf}. Búsquelas, restáurelas y deshágalo.",
        )

    def _prepared(self) -> None:
        self.panel.preparing = False
        self.panel.progress.end()
        self.panel.create_button.setEnabled(True)
        self.panel.look()
        if not self._leaving:
            self.scheduler.start()

    @slot
    def pulse(self) -> None:
        """Look what came from outside the event loop."""
        if self.end_wanted.is_set():
            self.end()
            return
        if self._instance is not None and self._instance.called():
            self.window.come()
        while self._told:
            self._scheduled(*self._told.popleft())
        self._show_working()
        self._show_waiting()
        self._pulses += 1
        if self._pulses % _HIDDEN_LOOK_PULSES == 0 and not self.window.isVisible():
            self.panel.look()

    @slot
    def end(self) -> None:
        """Stop all that runs, wait until it has, and tell `ended`. Nothing half done is left."""
        if self._leaving:
            return
        self._leaving = True
        self._remember_place()
        self._timer.stop()
        self.tray.hide()
        for view in self.window.findChildren(QDialog):
            view.hide()  # a view may refuse to be closed while it works
        self.window.close_for_good()
        tasks = self.window.findChildren(Jobs)
        for jobs in tasks:
            jobs.cancel()
        if not self.scheduler.stop():
            _log.warning("el backup programado no terminó a tiempo")
        for jobs in tasks:
            jobs.end()
        self.ended.emit()

    # --- closing and leaving -----------------------------------------------------------------------------

    @slot
    def close(self) -> None:
        """The window is being closed: do as the person said once, or ask."""
        stay = self._habits.stay
        if stay is None:
            self._ask_stay()
        elif stay:
            self._put_away()
        else:
            self.leave()

    @slot
    def leave(self) -> None:
        """End the program; ask first if that would stop something."""
        if not self._under_way():
            self.end()
            return
        self.window.come()
        self._ask(
            "Hay un trabajo en marcha",
            "Si sale ahora, se para en segundos. Un backup sin terminar se descarta, y los anteriores siguen "
            "intactos; una restauración que se para se puede continuar o deshacer.",
            [("Parar y salir", "danger", self.end), ("Esperar", "primary", lambda: None)],
        )

    def _ask_stay(self) -> None:
        where = "junto al reloj" if self.tray.available else "con la ventana minimizada"
        self._ask(
            "¿Seguir en segundo plano?",
            f"El programa puede quedarse {where} y hacer el backup de cada día. Si sale, no se hará hasta "
            "que lo abra de nuevo, salvo que lo haga el sistema (Ajustes, «Empezar con el equipo»).\n\n"
            "Se pregunta solo una vez; abajo, en la ventana, puede cambiarlo.",
            [
                ("Salir", "plain", lambda: self._answered(False)),
                ("Seguir en segundo plano", "primary", lambda: self._answered(True)),
            ],
        )

    def _answered(self, stay: bool) -> None:
        self._habits.remember_stay(stay)
        self.window.show_stay(stay)
        self.close()

    def _ask(self, title: str, text: str, answers: list[Any]) -> None:
        if self.question is not None:
            self.question.raise_()
            return
        self.question = Question(self.window, self.panel.theme, title, text, answers)
        self.question.finished.connect(self._asked)
        self.question.open()

    @slot
    def _asked(self) -> None:
        self.question = None

    def _remember_place(self) -> None:
        if self.window.isVisible() and not self.window.isMinimized():
            self._habits.remember_place(self.window.place)

    def _put_away(self) -> None:
        self._remember_place()
        if self.tray.available:
            self.window.hide()
        else:
            self.window.showMinimized()

    def _under_way(self) -> bool:
        cards = self.window.findChildren(ProgressCard)
        return self.scheduler.in_progress or any(not card.isHidden() for card in cards)

    # --- what is told ------------------------------------------------------------------------------------

    @slot
    def _stands(self, standing: Standing) -> None:
        self.tray.show_standing(standing)
        before, self._level = self._level, standing.level
        if standing.level == "critical" and before not in ("critical", None):
            self._tell(standing.title, " ".join(point.text for point in standing.points[:1]), good=False)
        self.window.setWindowIcon(badge(standing.level))

    @slot
    def _follow_folder(self, found: Overview) -> None:
        """Hold the place of the folder that is looked at: a person may have chosen another one."""
        if self._instance is None or self._instance.move(found.folder) or self._folder_told == found.folder:
            return
        self._folder_told = found.folder
        self.panel.notice.tell("warning", "Esa carpeta ya está abierta en otro panel", "Use uno de los dos.")

    @slot
    def _show_working(self) -> None:
        working = self.scheduler.in_progress or not self.panel.progress.isHidden()
        if working != self._working:
            self._working = working
            self.tray.show_working(_BUSY if working else "")

    def _show_waiting(self) -> None:
        unusable = self.scheduler.unusable
        if unusable is None:
            waiting = "" if self.scheduler.is_running() else self.scheduler.waiting_reason or ""
        else:
            waiting = f"El backup diario no se hará: {hindrance(unusable)}"
        if self.scheduler.in_progress:
            waiting = "Se está haciendo el backup de hoy."
        if waiting != self.window.status.text():
            self.window.status.setText(waiting)

    def _note_result(self, result: BackupResult) -> None:
        """Keep what the scheduler tells, on its thread, until the next pulse."""
        self._told.append((result, self.scheduler.failure))

    def _scheduled(self, result: BackupResult, error: Exception | None) -> None:
        """What the scheduler told of a run."""
        self.panel.look()
        if result["success"]:
            self._tell("Backup del día completado", f"{result['total_documents']:,} documentos.", good=True)
        else:
            text = "Quedó incompleto: en su detalle se ve qué falta."
            if result["backup_path"] is None and error is not None:
                text = failure(error).text
            self._tell("El backup del día no se completó", text, good=False)

    @slot
    def _backup_ended(self, complete: bool) -> None:
        notice = self.panel.notice
        self._tell(notice.title.text(), notice.text.text(), good=complete)

    def _tell(self, title: str, text: str, *, good: bool) -> None:
        if not self.window.isVisible() or self.window.isMinimized():
            self.tray.tell(title, text, "ok" if good else "warning")
