"""A restore that a person at the window plans, confirms, watches, and can take back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import tzinfo
from typing import TYPE_CHECKING

from facot_backups.app import logs
from facot_backups.archive.facot2 import OldBackup
from facot_backups.archive.store import Store
from facot_backups.events import Emit, Event, PhaseStarted
from facot_backups.model import EVERYTHING, Scope, Source
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.desktop.restore.choices import called
from facot_backups.ui.desktop.restore.desk import Desk
from facot_backups.ui.desktop.restore.rows import (
    Asked,
    ConfirmShown,
    Outcome,
    PlanShown,
    QuestionShown,
    Wanted,
    outcome,
    plan_shown,
)
from facot_backups.ui.desktop.session import Session

if TYPE_CHECKING:
    from facot_backups.firestore.connection import Connection
    from facot_backups.operations.restore.plan import Plan
    from facot_backups.operations.restore.questions import Question
    from facot_backups.operations.restore.report import RestoreReport

# A server that does not answer is let go so long after a wish to stop, while documents are written.
_GRACE_SECONDS = 5.0


def restore(session: Session, emit: Emit, stop: Stop, wanted: Wanted, desk: Desk[Asked]) -> Outcome:
    """Restore, or undo; everything is asked at `desk`. Raises FacotBackupsError with nothing written.

    What ends it after the first write is in the outcome.
    """
    from facot_backups.operations.restore import run as operation
    from facot_backups.operations.restore.request import RestoreRequest

    request = RestoreRequest(
        backup=wanted.backup,
        scope=_scope(wanted),
        mode=wanted.mode,
        into_project=wanted.into_project,
        into_database=wanted.into_database,
        allow_incomplete=wanted.allow_incomplete,
        counters_from_backup=wanted.counters_from_backup,
        max_reads=session.settings().max_reads,
    )
    source = _source(session, wanted.backup)
    if wanted.elsewhere:
        target = _settings_of(wanted.into_project, wanted.into_database)
    elif wanted.is_undo and source is not None:  # it undoes what was written there
        target = _settings_of(source.project, source.database)
    else:
        target = {}
    backup = called(session.store(), wanted.backup)
    at_desk = _AtDesk(desk, stop, session.clock.zone(), backup, source if wanted.elsewhere else None)
    running = _Running(session, emit, stop, target, at_desk)
    return running.run(
        lambda connect, store: operation.restore(connect, store, request, at_desk, running.tell)
    )


def go_on(session: Session, emit: Emit, stop: Stop, restore: str, desk: Desk[Asked]) -> Outcome:
    """Finish the restore `restore`, which was cut. As `restore`."""
    from facot_backups.operations.restore.resume import continue_restore
    from facot_backups.operations.restore.undo import journal_of

    store = session.store()
    header = journal_of(store.root, restore, None).header
    at_desk = _AtDesk(desk, stop, session.clock.zone(), called(store, header.backup))
    target = _settings_of(header.target.project, header.target.database)
    running = _Running(session, emit, stop, target, at_desk)
    return running.run(
        lambda connect, store: continue_restore(connect, store, restore, at_desk, running.tell)
    )


def _source(session: Session, backup: str) -> Source | None:
    """The database that a backup is of; None where it does not say."""
    found = session.store().find(backup)
    if isinstance(found, OldBackup) or found.metadata is None:
        return None
    return found.metadata.source


def _settings_of(project: str | None, database: str | None) -> Mapping[str, object]:
    """The settings that lead to a database; what is None stays as it is set."""
    given = {"project": project, "database": database}
    return {name: value for name, value in given.items() if value is not None}


def _scope(wanted: Wanted) -> Scope:
    if not wanted.collections and not wanted.documents:
        return EVERYTHING
    return Scope(collections=wanted.collections, documents=wanted.documents)


class _Running:
    """A restore under way: logged, told of, and stopped without losing what was written.

    `target`: settings that lead to where it writes. `at_desk` is asked.
    """

    def __init__(
        self, session: Session, emit: Emit, stop: Stop, target: Mapping[str, object], at_desk: _AtDesk
    ) -> None:
        self._session, self._stop, self._target, self._at_desk = session, stop, target, at_desk
        self._emit = stop.emit(emit)
        self._writing = False
        self._connection: Connection | None = None

    def tell(self, event: Event) -> None:
        """As an `Emit`. Raises Interrupted."""
        if isinstance(event, PhaseStarted) and event.phase == "writing":
            self._writing = True
        logs.log_event(event)
        self._emit(event)

    def run(self, operate: Callable[[Callable[[], Connection], Store], RestoreReport]) -> Outcome:
        """The outcome of `operate`. Raises what it raises before the first write."""
        settings = self._session.settings(self._target)
        store = self._session.store(self.tell, self._stop)
        open_connection = self._session.connector(settings)
        with ExitStack() as stack:

            def connect() -> Connection:
                self._connection = open_connection()
                stack.enter_context(self._stop.closing(self._let_go))
                return self._connection

            report = operate(connect, store)
            return outcome(report, stopped=self._stop.requested, plan=self._at_desk.plan)

    def _let_go(self) -> None:
        """Wake what waits for the server; a batch that is under way may still be answered."""
        assert self._connection is not None
        if self._writing:
            timer = threading.Timer(_GRACE_SECONDS, self._connection.close)
            timer.daemon = True
            timer.start()
        else:
            self._connection.close()


class _AtDesk:
    """An `Approval` by the person at the window. `plan` is what was shown."""

    beforehand = False

    def __init__(
        self, desk: Desk[Asked], stop: Stop, zone: tzinfo, backup: str, source: Source | None = None
    ) -> None:
        """`backup`: how the backup is called; `source`: its own database, where another is written to."""
        self._desk, self._stop, self._zone, self._backup, self._source = desk, stop, zone, backup, source
        self._asked = 0
        self.plan: PlanShown | None = None

    def show(self, plan: Plan) -> None:
        """The plan is asked about like everything else. Raises Interrupted for a no."""
        self.plan = plan_shown(plan, self._zone, self._backup, self._source)
        self._desk.ask(self.plan, self._stop)

    def answer(self, plan: Plan, question: Question) -> bool:
        """As `show`."""
        self._asked += 1
        self._desk.ask(QuestionShown(question.text, self._asked, len(plan.questions)), self._stop)
        return True

    def confirm(self, plan: Plan) -> bool:
        """As `show`; of an emulator, the yes to the plan is enough."""
        if not plan.facts.target.emulator:
            self._desk.ask(ConfirmShown(plan.facts.target), self._stop)
        return True
