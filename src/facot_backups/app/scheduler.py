"""The scheduler that FACOT documents: a daemon thread that makes the day's backup when it is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any, TypedDict

from facot_backups.app import logs, manual_backup, scheduled_work, wiring
from facot_backups.app.alerts.watch import Failed
from facot_backups.app.backup_result import BackupResult, backup_result, failed_result
from facot_backups.app.scheduler_status import SchedulerStatus, nothing_known, tell
from facot_backups.app.scheduler_tick import TICK_SECONDS, Listener, Ticker
from facot_backups.archive.reader import Backup
from facot_backups.clock import Clock, SystemClock
from facot_backups.errors import FacotBackupsError
from facot_backups.events import Counted, Emit, Event, PhaseStarted, Progressed
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.schedule import uptime
from facot_backups.operations.schedule.due import Decision, Facts, decide
from facot_backups.operations.schedule.facts import facts_of
from facot_backups.operations.schedule.scheduled_run import ScheduledRun
from facot_backups.settings import Settings, load_settings
from facot_backups.text import one_line

# How long `stop` waits for a run to end; gRPC and the disk let go within seconds.
STOP_SECONDS = 30.0
# From a look at how things stand to the next, where no run begins.
LOOK_SECONDS = 900.0


class ProgressInfo(TypedDict):
    """What `on_progress` gets. `total` is None until the server has counted."""

    phase: str
    collection: str | None
    documents: int
    total: int | None


Callback = Callable[[BackupResult], object]


class _Ways:
    """The world as it is, for a Ticker (`ticking.Ways`)."""

    def __init__(self, settings: Callable[[], Settings], client: Any, clock: Clock) -> None:
        self.clock = clock
        self._settings = settings
        self._client = client
        self._looked: float | None = None

    def settings(self) -> Settings:
        return self._settings()

    def problem(self, settings: Settings) -> FacotBackupsError | None:
        try:
            wiring.connector(settings, self._client)().close()
        except FacotBackupsError as error:
            return error
        return None

    def reachable(self, settings: Settings) -> bool:
        return scheduled_work.reachable(settings)

    def facts(self, settings: Settings) -> Facts:
        store = wiring.open_store(settings, clock=self.clock)
        return facts_of(store, settings.backup_hour, settings.scope)

    def decide(self, settings: Settings) -> Decision:
        uptime.tick(wiring.open_store(settings, clock=self.clock))
        return decide(self.facts(settings))

    def run_if_due(
        self, settings: Settings, emit: Emit, stop: Stop, made: Callable[[ScheduledRun], None], failed: Failed
    ) -> ScheduledRun:
        return scheduled_work.run(settings, emit, stop, self._client, self.clock, made, failed)

    def tell_changes(self, settings: Settings) -> None:
        passed = self.clock.monotonic()
        if self._looked is None or passed - self._looked >= LOOK_SECONDS:
            self._looked = passed
            scheduled_work.tell_changes(settings, self.clock)

    def back_up(
        self, settings: Settings, emit: Emit, stop: Stop, made: Callable[[Backup], None], failed: Failed
    ) -> Backup:
        from facot_backups.operations.backup.run import BackupRequest

        request = BackupRequest(scope=settings.scope, trigger="manual", max_reads=settings.max_reads)
        return manual_backup.back_up(
            settings,
            request,
            emit,
            client=self._client,
            clock=self.clock,
            stop=stop,
            made=made,
            failed=failed,
        )


class _Life:
    """One life of the thread, from `start` to `stop`."""

    def __init__(self, ticker: Ticker) -> None:
        self.stop = Stop()
        self.ticker = ticker
        self.wake = threading.Event()
        self.wanted = threading.Event()
        self.thread = threading.Thread(target=self._run, name="facot-backups-scheduler", daemon=True)

    def end(self) -> None:
        self.stop.request()
        self.wake.set()

    def _run(self) -> None:
        while not self.stop.requested:
            if self.wanted.is_set():
                self.wanted.clear()
                self.ticker.back_up_now(self.stop)
            else:
                self.ticker.tick(self.stop)
            if not self.wanted.is_set():
                self.wake.wait(TICK_SECONDS)
            self.wake.clear()


class BackupScheduler:
    """Makes the backup of each day in a daemon thread, which never keeps the program from ending.

    The arguments stand for the settings. `on_backup_complete` gets the result of a complete backup,
    `on_backup_error` that of any other end, `on_progress` what happens meanwhile: all on the scheduler's
    thread, before alerts are sent; what they raise is logged. `client` is a google.cloud.firestore client to
    read from. `settings` reads them in another way, and then the arguments do not count. Making one starts
    nothing.
    """

    def __init__(  # noqa: PLR0913 - all are named and have defaults
        self,
        backup_dir: str | Path | None = None,
        backup_hour: str | time | None = None,
        retention_days: int | None = None,
        *,
        on_backup_complete: Callback | None = None,
        on_backup_error: Callback | None = None,
        on_progress: Callable[[ProgressInfo], object] | None = None,
        client: Any = None,
        clock: Clock | None = None,
        settings: Callable[[], Settings] | None = None,
    ) -> None:
        self.on_backup_complete = on_backup_complete
        self.on_backup_error = on_backup_error
        self.on_progress = on_progress
        self._clock = clock or SystemClock()
        arguments = {"backup_dir": backup_dir, "backup_hour": backup_hour, "retention_days": retention_days}
        # The program around us may change it; a relative path means what it meant at the start.
        cwd = Path.cwd()
        self._ways = _Ways(settings or (lambda: load_settings(arguments, cwd=cwd)), client, self._clock)
        self._changing = threading.RLock()
        self._life: _Life | None = None
        self._progress = _no_progress()
        self._error: str | None = None

    # --- the thread ----------------------------------------------------------------------------------

    def start(self) -> bool:
        """Start the thread; False if it runs already. One that is still ending is waited for."""
        with self._changing:
            if self._life is not None and self._life.thread.is_alive():
                if not self._life.stop.requested:
                    return False
                self._join(self._life, STOP_SECONDS)
            listener = Listener(self._emit, self._began, self._published, self._failed)
            self._life = _Life(Ticker(self._ways, listener))
            self._life.thread.start()
            return True

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """End the thread within seconds, also in mid-backup, which then leaves nothing half done.

        Waits up to `timeout` seconds; whether the thread has ended. Again, or before a start, is harmless.
        """
        life = self._life
        if life is None:
            return True
        life.end()
        return self._join(life, timeout)

    def _join(self, life: _Life, timeout: float) -> bool:
        if life.thread is threading.current_thread():  # a callback stops us: it ends when that returns
            return False
        life.thread.join(timeout)
        return not life.thread.is_alive()

    def is_running(self) -> bool:
        """Whether the thread lives and Firestore is configured, so that backups will be made."""
        life = self._life
        return (
            life is not None and life.thread.is_alive() and not life.stop.requested and life.ticker.configured
        )

    @property
    def in_progress(self) -> bool:
        """Whether a backup is being made. Reads nothing."""
        life = self._life
        return life is not None and life.thread.is_alive() and life.ticker.busy

    @property
    def waiting_reason(self) -> str | None:
        """What it waits for, in Spanish; None before the first tick and during a backup. Reads nothing."""
        life = self._life
        return life.ticker.waiting if life is not None and life.thread.is_alive() else None

    @property
    def unusable(self) -> FacotBackupsError | None:
        """Why Firestore could not be asked at the last tick; None where it could. Reads nothing."""
        life = self._life
        return life.ticker.unusable if life is not None and life.thread.is_alive() else None

    @property
    def failure(self) -> Exception | None:
        """What the last run that made no backup ended with; for `on_backup_error`. Reads nothing."""
        return None if self._life is None else self._life.ticker.failure

    def run_now(self) -> bool:
        """Ask the thread for a backup now, due or not; the callbacks tell how it went. False if not started.

        It counts as made by a person: retention does not follow.
        """
        life = self._life
        if life is None or not life.thread.is_alive() or life.stop.requested:
            return False
        life.wanted.set()
        life.wake.set()
        return True

    # --- what it tells -------------------------------------------------------------------------------

    def _began(self) -> None:
        self._progress = _no_progress()

    def _published(self, backup: Backup, fault: FacotBackupsError | None) -> None:
        logs.log_backup(backup)
        if fault is not None:
            logs.SCHEDULER.error("[SCHEDULER] %s", one_line(fault))
        self._error = str(fault) if fault is not None else None
        result = backup_result(backup)
        _call(self.on_backup_complete if backup.complete else self.on_backup_error, result)

    def _failed(self, reason: str) -> None:
        self._error = reason
        today = self._clock.now().astimezone(self._clock.zone()).date()
        _call(self.on_backup_error, failed_result(today, reason))

    def _emit(self, event: Event) -> None:
        logs.log_event(event)
        match event:
            case PhaseStarted(phase):
                self._progress["phase"] = phase
            case Counted(total):
                self._progress["total"] = total
            case Progressed(collection, documents):
                self._progress["collection"], self._progress["documents"] = collection, documents
            case _:
                return
        _call(self.on_progress, self._progress.copy())

    def get_status(self) -> SchedulerStatus:
        """How it stands; works without a thread, a network or a readable backup folder. Raises nothing."""
        life = self._life
        waiting = self.waiting_reason
        status = nothing_known()
        status["running"] = self.is_running()
        status["in_progress"] = self.in_progress
        status["last_error"] = self._error
        try:
            settings = self._ways.settings()
        except FacotBackupsError as error:
            status["waiting_reason"] = waiting or f"Scheduler no inicia: {' '.join(str(error).split())}"
            return status
        tell(status, settings, self._ways.facts(settings))
        if life is None or not life.thread.is_alive():
            waiting = "El scheduler está parado."
        status["waiting_reason"] = waiting
        return status


def _no_progress() -> ProgressInfo:
    return ProgressInfo(phase="", collection=None, documents=0, total=None)


def _call(callback: Callable[[Any], object] | None, value: Any) -> None:
    """Call a program's own function; what it raises must not end the scheduler."""
    if callback is None:
        return
    try:
        callback(value)
    except Exception:  # noqa: BLE001 - whatever it is, it is the program's
        logs.SCHEDULER.exception("[SCHEDULER] La función del programa que escucha al scheduler falló")


# --- the one of this process -------------------------------------------------------------------------------

_one_lock = threading.Lock()
_one: list[BackupScheduler] = []


def get_backup_scheduler() -> BackupScheduler:
    """The scheduler of this process, always the same one; made, not started, when first asked for."""
    with _one_lock:
        if not _one:
            _one.append(BackupScheduler())
        return _one[0]


def start_backup_scheduler(
    *,
    on_backup_complete: Callback | None = None,
    on_backup_error: Callback | None = None,
    on_progress: Callable[[ProgressInfo], object] | None = None,
) -> BackupScheduler:
    """Start the scheduler of this process, and return it; again is harmless.

    Callbacks that are given replace the present ones (`BackupScheduler`).
    """
    scheduler = get_backup_scheduler()
    scheduler.on_backup_complete = on_backup_complete or scheduler.on_backup_complete
    scheduler.on_backup_error = on_backup_error or scheduler.on_backup_error
    scheduler.on_progress = on_progress or scheduler.on_progress
    scheduler.start()
    return scheduler


def stop_backup_scheduler() -> bool:
    """Stop the scheduler of this process within seconds; whether its thread has ended."""
    with _one_lock:
        scheduler = _one[0] if _one else None
    return True if scheduler is None else scheduler.stop()
