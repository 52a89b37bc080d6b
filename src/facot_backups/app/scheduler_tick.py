"""What the scheduler does once a minute: look at clock, settings and folder, and run what is due.

No thread and no waiting here: `BackupScheduler` calls `tick`, tests call it thousands of times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from facot_backups.app import logs
from facot_backups.app.alerts.watch import Failed
from facot_backups.archive.reader import Backup
from facot_backups.clock import Clock
from facot_backups.errors import FacotBackupsError, Interrupted, LockHeld
from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.schedule.due import Decision
from facot_backups.operations.schedule.scheduled_run import ScheduledRun
from facot_backups.settings import Settings
from facot_backups.text import one_line

TICK_SECONDS = 60.0
# A tick that comes so much later than it should, or a wall clock that moved so much more or less than the
# time that passed: the computer slept, or somebody set its clock.
NOTICEABLE_SECONDS = 90.0
# After a start or a sleep, how long a network that is not there yet is no failure.
NETWORK_SECONDS = 300.0


class Ways(Protocol):
    """What a tick asks of the world; tests bring their own."""

    clock: Clock

    def settings(self) -> Settings:
        """The settings as they are now. Raises SettingError."""

    def problem(self, settings: Settings) -> FacotBackupsError | None:
        """Why Firestore cannot be asked with these settings; None if it can."""

    def reachable(self, settings: Settings) -> bool:
        """Whether the network leads to Firestore."""

    def decide(self, settings: Settings) -> Decision:
        """Whether the scheduled backup is due."""

    def run_if_due(
        self, settings: Settings, emit: Emit, stop: Stop, made: Callable[[ScheduledRun], None], failed: Failed
    ) -> ScheduledRun:
        """The scheduled run; `made` gets it before alerts are sent. Raises as the operation does.

        So does `failed` get what is raised, where alerts are sent of it.
        """

    def tell_changes(self, settings: Settings) -> None:
        """Tell people what changed though no run began. Called at each tick; raises nothing."""

    def back_up(
        self, settings: Settings, emit: Emit, stop: Stop, made: Callable[[Backup], None], failed: Failed
    ) -> Backup:
        """A backup that a person asked for, as `run_if_due`."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears of it. `began`: a run begins; the others: how it ended."""

    emit: Emit
    began: Callable[[], None]
    published: Callable[[Backup, FacotBackupsError | None], None]
    failed: Callable[[str], None]


class Ticker:
    """The scheduler's mind between two ticks.

    `configured`: whether Firestore could be asked at the last tick. `waiting`: what is waited for, in
    Spanish, or None before the first tick and during a run. `unusable`: why it could not be asked then.
    `failure`: the last one that the listener was told of. `busy`: a backup is being made.
    """

    def __init__(self, ways: Ways, listener: Listener) -> None:
        self._ways = ways
        self._listener = listener
        self._last: tuple[datetime, float] | None = None
        self._woke_at = ways.clock.monotonic()
        self._checked: Settings | None = None
        self._proven: object = None
        self.failure: Exception | None = None
        self.unusable: FacotBackupsError | None = None
        self.configured = False
        self.waiting: str | None = None
        self.busy = False

    def tick(self, stop: Stop) -> None:
        """Look once. Raises nothing: what goes wrong is told to the listener and logged."""
        try:
            self._notice_time()
            settings = self._usable_settings()
            if settings is not None and not stop.requested:
                self._run_what_is_due(settings, stop)
        except Exception as error:  # noqa: BLE001 - the thread must live to try again
            self._failed(error)
            self._tell_by_the_last_settings()

    def back_up_now(self, stop: Stop) -> None:
        """Make the backup that a person asked for, whatever is due. Raises nothing."""
        try:
            settings = self._usable_settings()
            if settings is None:
                self.failure = self.unusable
                self._listener.failed(self.waiting or "")
                return
            self._begin()
            self._ways.back_up(
                settings,
                self._listener.emit,
                stop,
                lambda backup: self._listener.published(backup, None),
                self._failed,
            )
        except Exception as error:  # noqa: BLE001 - as in `tick`
            self._failed(error)
        finally:
            self.busy = False

    # --- time ----------------------------------------------------------------------------------------

    def _notice_time(self) -> None:
        """Compare the wall clock with the time that passed: a sleep, or a clock that was set."""
        now, passed = self._ways.clock.now(), self._ways.clock.monotonic()
        last, self._last = self._last, (now, passed)
        if last is None:
            return
        seconds = passed - last[1]
        ahead = (now - last[0]).total_seconds() - seconds
        if seconds > TICK_SECONDS + NOTICEABLE_SECONDS or ahead > NOTICEABLE_SECONDS:
            self._woke_at = passed
            logs.SCHEDULER.info(
                "[SCHEDULER] El equipo estuvo suspendido o su reloj se adelantó (%.0f s)", seconds + ahead
            )
        elif ahead < -NOTICEABLE_SECONDS:
            logs.SCHEDULER.warning("[SCHEDULER] El reloj del equipo se atrasó %.0f s", -ahead)

    def _just_woke(self) -> bool:
        return self._ways.clock.monotonic() - self._woke_at < NETWORK_SECONDS

    # --- settings ------------------------------------------------------------------------------------

    def _usable_settings(self) -> Settings | None:
        """The settings, if Firestore can be asked with them; else None, and `waiting` says why."""
        try:
            settings = self._ways.settings()
        except FacotBackupsError as error:
            self._refuse(error)
            self._tell_by_the_last_settings()
            return None
        if not self.configured or settings != self._checked:
            problem = self._ways.problem(settings)
            if problem is not None:
                self._refuse(problem)
                self._ways.tell_changes(settings)
                return None
            logs.SCHEDULER.info(
                "[SCHEDULER] Scheduler iniciado: backup diario a las %s en %s",
                f"{settings.backup_hour:%H:%M}",
                settings.backup_dir,
            )
        self.configured, self._checked, self.unusable = True, settings, None
        return settings

    def _tell_by_the_last_settings(self) -> None:
        """Tell people that no backup comes, though the settings or a look at the folder fail."""
        if self._checked is None:
            return
        try:
            self._ways.tell_changes(self._checked)
        except Exception as error:  # noqa: BLE001 - as in `tick`
            logs.SCHEDULER.error("[SCHEDULER] No se pudo avisar: %s", type(error).__name__)

    def _refuse(self, problem: FacotBackupsError) -> None:
        text = f"Scheduler no inicia: {one_line(problem)}"
        if text != self.waiting:
            logs.SCHEDULER.warning("[SCHEDULER] %s", text)
        self.configured, self.waiting, self.unusable = False, text, problem

    # --- running -------------------------------------------------------------------------------------

    def _run_what_is_due(self, settings: Settings, stop: Stop) -> None:
        decision = self._ways.decide(settings)
        if decision.due:
            if self._just_woke() and not self._ways.reachable(settings):
                self.waiting = "Esperando la red: el equipo acaba de encenderse o de despertar."
                return
            self.waiting = None
            started = self._ways.clock.now().astimezone(self._ways.clock.zone())
            logs.SCHEDULER.info("[SCHEDULER] Iniciando backup programado: %s", f"{started:%Y-%m-%d %H:%M:%S}")
            self._begin()
            self._run(settings, stop)
            return
        self.waiting = decision.reason
        if decision.standing == "done" and self._proven != decision.for_date:
            self._run(settings, stop)
            self._proven = decision.for_date
        self._ways.tell_changes(settings)

    def _run(self, settings: Settings, stop: Stop) -> None:
        try:
            run = self._ways.run_if_due(settings, self._listener.emit, stop, self._made, self._not_made)
        except LockHeld as held:
            self.waiting = one_line(str(held))
            logs.SCHEDULER.info("[SCHEDULER] %s", self.waiting)
        except Interrupted:
            logs.SCHEDULER.info("[SCHEDULER] Backup interrumpido: nada ha quedado a medias")
        except FacotBackupsError as error:
            self._failed(error)
        else:
            self.waiting = run.decision.reason if run.backup is None else None
        finally:
            self.busy = False

    def _begin(self) -> None:
        self.busy = True
        self._listener.began()

    def _made(self, run: ScheduledRun) -> None:
        """Tell at once, whatever alerts and the user's commands still take."""
        fault = run.fault
        if isinstance(fault, Interrupted):  # somebody stopped what follows a backup, which is there
            logs.SCHEDULER.info("[SCHEDULER] Comprobación interrumpida: se hará la próxima vez")
            fault = None
        if run.backup is not None:
            self._listener.published(run.backup, fault)
        elif fault is not None:
            self._failed(fault)
        if run.retention is not None:
            logs.log_retention(run.retention)

    def _not_made(self, error: Exception) -> None:
        """Tell at once, as `_made`; a held lock or a stop is no failure."""
        if not isinstance(error, LockHeld | Interrupted):
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Tell the listener, once, and the log."""
        if error is self.failure:
            return
        self.failure = error
        self.busy = False
        foreseen = isinstance(error, FacotBackupsError)
        reason = str(error) if foreseen else f"fallo inesperado: {type(error).__name__}: {error}"
        logs.SCHEDULER.error("[SCHEDULER] %s", one_line(reason), exc_info=None if foreseen else error)
        self._listener.failed(reason)
