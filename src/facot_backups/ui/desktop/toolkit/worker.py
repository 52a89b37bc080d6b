"""Work off the GUI thread: a task runs on a thread of its own, and what it tells arrives as signals.

The thread touches nothing of Qt: it leaves events and result in a mailbox, which a timer of the GUI thread
empties. So a widget may go at any moment, nothing floods the event loop, and no signal crosses threads.

While a task computes, the GUI thread has to wait for Python's lock, up to a switch interval for each call
that a paint makes into Python: measured, a whole table then took 160–230 ms with the usual 5 ms, and 35–55
with 0.2 ms. So the interval is short while tasks run.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from qtpy.compat import isalive
from qtpy.QtCore import QCoreApplication, QObject, QTimer, Signal

from facot_backups.errors import FacotBackupsError
from facot_backups.events import Emit, Event, Progressed
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.desktop.toolkit.error_text import Failure, failure
from facot_backups.ui.desktop.toolkit.slots import slot

# A task bound to all its arguments but these two.
Work: TypeAlias = Callable[[Emit, Stop], Any]

_POLL_MS = 30
_QUICK_SWITCH = 0.0002
# How long the end of the program waits for tasks; gRPC and the disk let go within seconds.
_STOP_SECONDS = 30.0

_switching = threading.Lock()
# The interval before each of the tasks that run.
_before: list[float] = []


def _quicken() -> None:
    with _switching:
        _before.append(sys.getswitchinterval())
        sys.setswitchinterval(min(_QUICK_SWITCH, _before[0]))


def _slacken() -> None:
    with _switching:
        usual = _before[0]
        _before.pop()
        if not _before:
            sys.setswitchinterval(usual)


class _Mailbox:
    """What a task has told and nobody has taken yet. Of `Progressed` only the last is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()

    def put(self, event: Event) -> None:
        with self._lock:
            if self._events and isinstance(event, Progressed) and isinstance(self._events[-1], Progressed):
                self._events.pop()
            self._events.append(event)

    def take(self) -> list[Event]:
        with self._lock:
            taken = list(self._events)
            self._events.clear()
        return taken


class Job(QObject):
    """One task under way. All signals are emitted on the GUI thread, `ended` last, whatever happened.

    `heard` carries an Event; `done` the task's value; `failed` a Failure, also for a task that was
    cancelled (`Failure.stopped`).
    """

    heard = Signal(object)
    done = Signal(object)
    failed = Signal(object)
    ended = Signal()

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stop = Stop()
        self._work = work
        self._mailbox = _Mailbox()
        self._outcome: list[tuple[Any, BaseException | None]] = []
        # Not a daemon: a program that ends waits for it, and asks it to stop first (`Jobs`).
        self.thread_of_work = threading.Thread(target=self._run, name="facot-backups-panel")

    def start(self) -> None:
        """Begin; where the system gives no thread, the job fails at once, as it tells like any failure."""
        try:
            self.thread_of_work.start()
        except RuntimeError as error:
            self._outcome.append((None, FacotBackupsError("no_thread").with_traceback(error.__traceback__)))

    def cancel(self) -> None:
        """Ask the task to stop; `failed` tells when it has. Again is harmless."""
        self.stop.request()

    def deliver(self) -> bool:
        """Emit what has come since the last time; whether the job has ended. On the GUI thread."""
        finished = not self.thread_of_work.is_alive()
        for event in self._mailbox.take():
            self.heard.emit(event)
        if not finished:
            return False
        value, error = self._outcome[0]
        if error is None:
            self.done.emit(value)
        else:
            self.failed.emit(failure(error))
        self.ended.emit()
        return True

    def _run(self) -> None:
        _quicken()
        try:
            self._outcome.append((self._work(self._mailbox.put, self.stop), None))
        except BaseException as error:  # noqa: BLE001 - all of it is told
            self._outcome.append((None, error))
        finally:
            _slacken()


class Jobs(QObject):
    """The tasks of one widget, its parent. They are asked to stop when that goes, or the program ends.

    `busy_changed` carries whether any runs.
    """

    busy_changed = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []
        self._ended = False
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._deliver)
        _owners.append(self)
        self.destroyed.connect(_stop_abandoned)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.end)

    @property
    def busy(self) -> bool:
        """Whether any task runs, or has not been delivered."""
        return bool(self._jobs)

    def start(
        self,
        work: Work,
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Failure], None] | None = None,
        event: Callable[[Event], None] | None = None,
        ended: Callable[[], None] | None = None,
    ) -> Job:
        """Run `work` on a thread of its own; the functions are called on the GUI thread.

        After `end` nothing runs any more, and nothing is told.
        """
        job = Job(work, self)
        for signal, function in (
            (job.heard, event),
            (job.done, done),
            (job.failed, failed),
            (job.ended, ended),
        ):
            if function is not None:
                signal.connect(slot(function))
        if self._ended:
            return job
        self._jobs.append(job)
        job.start()
        self._timer.start()
        if len(self._jobs) == 1:
            self.busy_changed.emit(True)
        return job

    def cancel(self) -> None:
        """Ask all tasks to stop."""
        for job in list(self._jobs):
            job.stop.request()

    @slot
    def end(self) -> None:
        """Ask all tasks to stop, and wait until they have. The last word: a program is ending."""
        self._ended = True
        self.cancel()
        for job in list(self._jobs):
            if job.thread_of_work.is_alive():
                job.thread_of_work.join(_STOP_SECONDS)

    @slot
    def _deliver(self) -> None:
        for job in list(self._jobs):
            if job.deliver():
                self._jobs.remove(job)
                job.deleteLater()
        if not self._jobs:
            self._timer.stop()
            self.busy_changed.emit(False)


# All that live. PyQt6 lets go of a lambda or a method while it still runs when its sender is destroyed, and
# the program ends (measured): so a plain function hears of it, and looks who is gone.
_owners: list[Jobs] = []


def _stop_abandoned() -> None:
    for jobs in [jobs for jobs in _owners if not isalive(jobs)]:  # type: ignore[no-untyped-call]
        _owners.remove(jobs)
        jobs.cancel()
