"""Give a backup back to Firestore: a plan first, an undo after, no write lost or unconfirmed.

    verify → connect → plan → may we write? → questions → `.pre-restore` and journal → writes → read-back

Until the journal is on the disk and the `.pre-restore` is published, nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from facot_backups import atomic
from facot_backups.archive import journal
from facot_backups.archive.facot2 import OldBackup
from facot_backups.archive.journal import Header, JournalWriter
from facot_backups.archive.layout import STATE_DIR
from facot_backups.archive.store import LockedStore, Store
from facot_backups.clock import Clock
from facot_backups.events import Emit, PhaseStarted, ignore
from facot_backups.firestore.connection import Connection
from facot_backups.operations.comparison.live import ReadsNote
from facot_backups.operations.comparison.sources import BackupSide, FolderSide, OldSide
from facot_backups.operations.restore.approval import Approval, approve
from facot_backups.operations.restore.fiscal_guard import FiscalGuard
from facot_backups.operations.restore.live_plan import Planning, judged_scope
from facot_backups.operations.restore.plan import Facts, Plan
from facot_backups.operations.restore.pre_restore import keep_earlier
from facot_backups.operations.restore.progress import LedgerLine, Progress, under_lock
from facot_backups.operations.restore.questions import Guard
from facot_backups.operations.restore.read_back import ReadBack
from facot_backups.operations.restore.report import RestoreReport
from facot_backups.operations.restore.request import Connect, RestoreRequest, check_target, usable
from facot_backups.operations.restore.spool import Outcomes
from facot_backups.operations.restore.undo import Undo, undo_facts
from facot_backups.operations.restore.write import Writing, begun, letting_go, note_end
from facot_backups.operations.runs import new_id
from facot_backups.version import __version__

# Who needs the reads, and what was not done for want of them.

MakeGuard: TypeAlias = Callable[[Connection, Clock, Emit], Guard]


def restore(
    connect: Connect,
    store: Store,
    request: RestoreRequest,
    approval: Approval,
    emit: Emit = ignore,
    make_guard: MakeGuard | None = None,
) -> RestoreReport:
    """Restore, or undo, under the lock of the store's folder, and report what is not as planned.

    `connect` opens the connection, which is closed at the end. `make_guard` None: the fiscal guard. Raises,
    with nothing written: UsageError (also for a refused target, mode, question), BackupNotFound,
    JournalNotFound, DamagedBackup, FirestoreUnavailable, SnapshotExpired, LockHeld, NoSpace,
    BackupDirUnusable, Interrupted. From the first write on, whatever ends it is the report's `failure`, and
    `continue_restore` finishes it.
    """
    return under_lock(
        store, lambda locked: _Restore(store, locked, request, approval, emit, make_guard), connect
    )


@contextmanager
def planned(
    connect: Connect,
    store: Store,
    request: RestoreRequest,
    emit: Emit = ignore,
    make_guard: MakeGuard | None = None,
) -> Iterator[Plan]:
    """The plan of a restore, without the lock and without writing anything anywhere.

    Raises as `restore` before it asks. The plan's files go at the end of the block.
    """
    work = _Planned(store, request, emit, make_guard, None)
    with connect() as connection, work.plan(connection) as plan:
        yield plan


class _Planned:
    """A restore up to its plan.

    `folder`: where the plan's files are made; None: the system's own, for a plan that is only looked at.
    """

    def __init__(
        self,
        store: Store,
        request: RestoreRequest,
        emit: Emit,
        make_guard: MakeGuard | None,
        folder: Path | None,
    ) -> None:
        self._store = store
        self._request = request
        self._emit = emit
        self._make_guard = make_guard
        self._folder = folder
        # What is written is read back.
        self._times = 1 if folder is None else 2
        self.backup = usable(store.find(request.backup, request.scope), request, emit)
        self.side: FolderSide | None = None
        self.note: ReadsNote | None = None

    @property
    def is_undo(self) -> bool:
        """Whether it takes another restore back."""
        return self.backup.kind == "pre-restore"

    def plan(self, connection: Connection) -> Plan:
        """Everything that is to be written. Raises as `restore`."""
        check_target(self.backup, connection.source, self._request)
        self._emit(PhaseStarted("connecting"))
        moment = connection.probe()
        self.note = ReadsNote(self._store, connection, "restore")
        self._emit(PhaseStarted("planning"))
        plan = self._undo_plan(connection, moment) if self.is_undo else self._restore_plan(connection, moment)
        try:
            self._fill(plan, connection, self._guard(connection, plan))
        except BaseException:
            plan.close()
            raise
        finally:
            self.note.record(plan.reads)
        return plan

    def _fill(self, plan: Plan, connection: Connection, guard: Guard) -> None:
        assert self.note is not None
        if self.is_undo:
            assert not isinstance(self.backup, OldBackup)
            undo = Undo(connection, self._store.root, self.backup, guard, self._store.clock, self._emit)
            self.note.check(undo.documents * self._times, self._request.max_reads, "restore")
            undo.run(plan)
            return
        assert self.side is not None
        scope, max_reads = plan.facts.scope, self._request.max_reads
        self.note.afford(scope, max_reads, "restore", self._emit, times=self._times)
        Planning(connection, self.side, guard, self._store.clock, self._emit).run(plan)

    def _guard(self, connection: Connection, plan: Plan) -> Guard:
        if self._make_guard is not None:
            return self._make_guard(connection, self._store.clock, self._emit)
        request = self._request
        return FiscalGuard(
            connection,
            self._store.clock,
            self._emit,
            from_backup=request.counters_from_backup,
            afford=None if request.max_reads is None else partial(self._afford, plan),
        )

    def _afford(self, plan: Plan, reads: int) -> None:
        """Whether the guard may make so many reads beside the plan's. Raises ReadBudgetExceeded."""
        assert self.note is not None
        self.note.check(plan.reads + reads, self._request.max_reads, "restore", "nothing-written")

    def _restore_plan(self, connection: Connection, moment: datetime) -> Plan:
        self.side = OldSide(self.backup) if isinstance(self.backup, OldBackup) else BackupSide(self.backup)
        facts = Facts(
            backup=str(self.backup.name),
            run_id=None if isinstance(self.backup, OldBackup) else self.backup.proven().run_id,
            target=connection.source,
            root=connection.root,
            mode=self._request.mode or "overwrite",
            scope=judged_scope(self.side, self._request.scope),
            read_time=moment,
        )
        return Plan(facts, self._folder)

    def _undo_plan(self, connection: Connection, moment: datetime) -> Plan:
        assert not isinstance(self.backup, OldBackup)
        return Plan(undo_facts(connection, self.backup, moment), self._folder)


class _Restore:
    """One restore under the lock."""

    def __init__(
        self,
        store: Store,
        locked: LockedStore,
        request: RestoreRequest,
        approval: Approval,
        emit: Emit,
        make_guard: MakeGuard | None,
    ) -> None:
        self._store = store
        self._locked = locked
        self._request = request
        self._approval = approval
        self._emit = emit
        self._make_guard = make_guard
        self._started_at = store.clock.now()
        self._id = new_id(self._started_at)
        self.line = LedgerLine(
            locked, emit, self._id, request.backup, stopped="interrumpida antes de escribir"
        )

    def run(self, connect: Connect) -> RestoreReport:
        """The whole restore; its outcome is a line of the ledger whatever it is."""
        return self.line.around(lambda: self._run(connect))

    def _run(self, connect: Connect) -> Progress:
        own = self._store.root / STATE_DIR
        work = _Planned(self._store, self._request, self._emit, self._make_guard, own)
        with (
            connect() as connection,
            letting_go(connection),
            atomic.explained(self._store.root),
            work.plan(connection) as plan,
        ):
            progress = self.line.progress = _progress_of(self._id, plan)
            assert work.note is not None
            if plan.writes:
                work.note.check(plan.read_back, self._request.max_reads, "read-back", "nothing-written")
                progress.answered = approve(connection, plan, self._approval, self._store.clock, self._emit)
                self._carry_out(connection, work, plan, progress)
            work.note.record(progress.reads, "RESTORE")
        return progress

    def _carry_out(self, connection: Connection, work: _Planned, plan: Plan, progress: Progress) -> None:
        """Keep what is there, write, read back."""
        own = self._store.root / STATE_DIR
        with self._journal(plan) as writer, Outcomes(own) as outcomes:
            try:
                kept = keep_earlier(self._locked, plan, self._id, self._started_at, self._emit)
            except BaseException:
                writer.close()
                journal.remove(self._store.root, self._id)
                raise
            progress.pre_restore, progress.left = str(kept.name), plan.writes
            with begun(connection, self._store.root, progress):
                if plan.facts.undoes is not None:
                    with JournalWriter(self._store.root, plan.facts.undoes) as undone:
                        undone.note(undone=self._id)
                self._write(connection, work, plan, writer, outcomes)

    def _write(
        self, connection: Connection, work: _Planned, plan: Plan, writer: JournalWriter, outcomes: Outcomes
    ) -> None:
        """Write everything, and compare what is there then."""
        progress = self.line.progress
        assert progress is not None
        Writing(connection, self._locked, plan, writer, outcomes, progress, self._emit).run()
        if progress.failure is not None:
            return
        back = ReadBack(connection, plan, outcomes, progress, self._store.clock, self._emit)
        if work.side is not None:
            back.scope()
        else:
            back.documents(plan.in_name_order(heads=True))
        note_end(writer, progress)

    def _journal(self, plan: Plan) -> JournalWriter:
        """The journal with the whole plan, on the disk."""
        writer = JournalWriter(self._store.root, self._id, _header(self._id, self._started_at, plan))
        try:
            for write in plan.in_name_order(heads=True):
                writer.plan(write)
            writer.close_plan()
        except BaseException:
            writer.close()
            journal.remove(self._store.root, self._id)
            raise
        return writer


def _progress_of(restore: str, plan: Plan) -> Progress:
    facts = plan.facts
    progress = Progress(restore, facts.backup, facts.target, facts.mode, facts.undoes, plan.counts)
    progress.conflicts, progress.conflict_count = list(plan.conflicts), plan.conflict_count
    progress.notes, progress.reads = list(plan.notes), plan.reads
    return progress


def _header(restore: str, started_at: datetime, plan: Plan) -> Header:
    facts = plan.facts
    return Header(
        restore=restore,
        backup=facts.backup,
        run_id=facts.run_id,
        target=facts.target,
        mode=facts.mode,
        scope=facts.scope,
        undoes=facts.undoes,
        started_at=started_at,
        read_time=facts.read_time,
        tool=f"facot-backups {__version__}",
    )
