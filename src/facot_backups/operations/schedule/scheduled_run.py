"""One scheduled run: under the lock ask again whether it is due, back up, and prove what was made.

The scheduler's thread, `schedule` and `run --if-due` all do just this, so that catching up, trying again
and two programs at once are decided in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time
from typing import TYPE_CHECKING, Protocol

from facot_backups.archive.reader import Backup
from facot_backups.archive.store import LockedStore, Store
from facot_backups.errors import BackupDirUnusable, FacotBackupsError, Interrupted, LockHeld
from facot_backups.events import Emit, Warned, ignore
from facot_backups.model import Scope
from facot_backups.operations.backup.preparation import Begin, opened, remember_failure, silent
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.retention.cleanup import RetentionResult, clean_up_locked
from facot_backups.operations.retention.plan import Policy
from facot_backups.operations.runs import SCHEDULED
from facot_backups.operations.schedule.due import Decision, Facts, decide, serving
from facot_backups.operations.schedule.facts import facts_of
from facot_backups.operations.verification.recheck import check_new, damage_of, read_older_again, record_proof
from facot_backups.operations.verification.record import PROOF, last_proofs
from facot_backups.operations.verification.verify import VerifyReport, verify

if TYPE_CHECKING:
    from facot_backups.firestore.connection import Connection


class Drill(Protocol):
    """The restore drill, made if it is due."""

    def __call__(self, locked: LockedStore, backup: Backup, emit: Emit) -> None:
        """Restore `backup` into a Firestore in memory and compare, unless the last drill is recent enough.

        Records what it found in the ledger. Raises DamagedBackup if the data does not come back equal.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a scheduled run needs. `hour` is local, in the zone of the store's clock.

    `connect`, `scope`, `max_reads` as for any run; `policy` is that of the retention that follows;
    `drill` is None where there is none. `begin` is told when a try begins (`opening`). `stop` ends it from
    another thread.
    """

    store: Store
    connect: Callable[[], Connection]
    hour: time
    scope: Scope
    policy: Policy
    max_reads: int | None = None
    drill: Drill | None = None
    emit: Emit = ignore
    stop: Stop | None = None
    begin: Begin = silent


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """What became of it. `backup` is None if nothing was due.

    `report`, `retention`, `older` (older backups that were read again): what followed a complete one, also
    one that a person made in its place. `fault` is what went wrong after the publish, for its exit code:
    the backup is there all the same.
    """

    decision: Decision
    backup: Backup | None = None
    report: VerifyReport | None = None
    retention: RetentionResult | None = None
    older: tuple[VerifyReport, ...] = ()
    fault: FacotBackupsError | None = None


def run_if_due(job: Job) -> ScheduledRun:
    """Make the scheduled backup if it is due, verify it, drill, let retention follow, and read older ones.

    Not due: nothing is touched or locked. What follows the backup of the date is made up for, once, if its
    run was killed after its publish, or if a person or a program made it; again if somebody stopped that.
    Every try that fails is remembered in the state folder, also one that could not even open the backup
    folder. Raises as `back_up` does; LockHeld is no try.
    """
    facts = facts_of(job.store, job.hour, job.scope)
    decision = decide(facts)
    if not decision.due:
        return _make_up_for_proof(job, facts, decision)
    started_at = job.store.clock.now()
    run = _Run(job)
    try:
        with opened(job.store, job.begin) as locked:
            return run.locked(locked)
    except BackupDirUnusable as error:
        if not run.begun:
            remember_failure(job.store, SCHEDULED, started_at, error)
        raise


def _make_up_for_proof(job: Job, facts: Facts, decision: Decision) -> ScheduledRun:
    backup = unproven(job.store, facts)
    if backup is None:
        return ScheduledRun(decision)
    state, subject = job.store.state, f"{PROOF} {backup.name}"
    if not state.warn_once(job.store.root, subject):
        return ScheduledRun(decision)
    try:
        with job.store.locked() as locked:
            run = _Run(job).locked(locked)
    except FacotBackupsError as error:
        # Nothing was begun: it is being proven now, or another work holds the lock; or the disk failed.
        state.forget_warning(job.store.root, subject)
        if isinstance(error, LockHeld):
            return ScheduledRun(decision)
        raise
    if isinstance(run.fault, Interrupted):
        state.forget_warning(job.store.root, subject)
    return run


def unproven(store: Store, facts: Facts) -> Backup | None:
    """The backup of the present local date, if nobody has verified it since it was made.

    The scheduled one; without one, the first that a person or a program made in its place.
    """
    found = serving(facts, facts.today)
    scheduled = [backup for backup in found if backup.proven().trigger == SCHEDULED]
    try:
        proven = last_proofs(store.ledger.entries())
    except BackupDirUnusable:
        return None
    return next((backup for backup in scheduled or found[-1:] if str(backup.name) not in proven), None)


class _Run:
    """A run under way. `begun`: from here on the run itself remembers how it ended."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stop = job.stop or Stop()
        self._emit = self._stop.emit(job.emit)
        self.begun = False

    def locked(self, locked: LockedStore) -> ScheduledRun:
        """Under the lock: another program may have made the backup meanwhile, or a killed run finished it."""
        from facot_backups.operations.backup.run import BackupRequest, back_up_locked, tell_of_recovery

        job = self._job
        facts = facts_of(job.store, job.hour, job.scope)
        decision = decide(facts)
        if not decision.due:
            self.begun = True
            tell_of_recovery(locked, job.emit)
            backup = unproven(job.store, facts)
            # Who made one by hand was told of it then.
            ours = backup is not None and backup.proven().trigger == SCHEDULED
            return self._prove(locked, ScheduledRun(decision, backup if ours else None), backup)
        for warning in decision.warnings:
            job.emit(Warned(warning))
        request = BackupRequest(
            scope=job.scope,
            trigger=SCHEDULED,
            scheduled_for=decision.for_date,
            max_reads=job.max_reads,
        )
        self.begun = True
        job.begin()
        self._stop.check()
        backup = back_up_locked(job.connect, job.store, locked, request, job.emit, self._stop)
        return self._prove(locked, ScheduledRun(decision, backup), backup)

    def _prove(self, locked: LockedStore, run: ScheduledRun, backup: Backup | None) -> ScheduledRun:
        """What follows a complete backup; whatever goes wrong with it, the backup is there."""
        if backup is None or not backup.complete:
            return run
        try:
            report = verify(backup, self._emit)
            run = replace(run, report=report)
            record_proof(locked, report)
            check_new(report)
            if self._job.drill is not None:
                self._job.drill(locked, backup, self._emit)
            retention = clean_up_locked(
                self._job.store, locked, self._job.policy, self._job.scope, self._emit
            )
            run = replace(run, retention=retention, fault=retention.fault)
            # What retention deleted need not be read.
            older = read_older_again(self._job.store, locked, self._emit)
            run = replace(run, older=older, fault=run.fault or damage_of(self._job.store, locked, older))
        except FacotBackupsError as fault:
            return replace(run, fault=run.fault or fault)
        return run
