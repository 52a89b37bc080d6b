"""Retention carried out: the facts are read under the lock, what stays is verified, then what goes is
deleted, the oldest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from facot_backups import atomic
from facot_backups.archive.facot2 import AnyBackup
from facot_backups.archive.layout import STATE_DIR
from facot_backups.archive.ledger import COMPLETE, FAILED, LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.archive.removal import check_removable
from facot_backups.archive.store import LockedStore, Store
from facot_backups.clock import from_iso_utc
from facot_backups.errors import BackupNotFound, FacotBackupsError, Interrupted, UsageError
from facot_backups.events import Emit, PhaseStarted, Warned, ignore
from facot_backups.model import Json, Scope
from facot_backups.operations.backup.coverage import Coverage, judge_coverage, meant_details
from facot_backups.operations.retention.alarms import Alarm, ClockReading, verification_failed
from facot_backups.operations.retention.anomaly import Anomaly, acceptance_details, last_acceptance
from facot_backups.operations.retention.plan import Decision, Facts, Plan, Policy, plan, spared, stopped
from facot_backups.operations.verification.verify import VerifyReport, verify
from facot_backups.text import one_line

# The ledger's word for a cleanup that an alarm stopped.
STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """What was done, or with `dry_run` what would have been.

    `errors`, in Spanish, are what went wrong; `fault` the error that ended the work, for its exit code.
    """

    deleted: tuple[Decision, ...]
    kept: tuple[Decision, ...]
    errors: tuple[str, ...]
    alarms: tuple[Alarm, ...]
    dry_run: bool
    fault: FacotBackupsError | None = None


class Deleter(Protocol):
    """The store under its lock, as far as retention needs it."""

    def delete(self, backup: AnyBackup) -> None:
        """Delete one folder, by one rename first. Raises UsageError for what is not to be deleted."""

    def record(self, kind: str, outcome: str, **details: Json) -> None:
        """Write a line into the ledger."""


def clean_up(
    store: Store, policy: Policy, scope: Scope, emit: Emit = ignore, *, dry_run: bool = False
) -> RetentionResult:
    """Delete, under the lock, what `policy` lets go; with `dry_run`, only say what that would be.

    `scope` is the configured one. A dry run takes no lock and writes nothing; nor is a folder made that is
    not there. Raises LockHeld, RepositoryGone, BackupDirUnusable; what goes wrong while deleting is in the
    result.
    """
    with atomic.explained(store.root):
        writes_nothing = dry_run or not store.root.exists()
    if writes_nothing:
        return apply(plan(read_facts(store, scope), policy), None, emit=emit, dry_run=dry_run)
    with store.locked() as locked:
        return clean_up_locked(store, locked, policy, scope, emit, dry_run=dry_run)


def clean_up_locked(
    store: Store,
    locked: LockedStore,
    policy: Policy,
    scope: Scope,
    emit: Emit = ignore,
    *,
    dry_run: bool = False,
) -> RetentionResult:
    """`clean_up` for a caller that holds the lock of `store` already."""
    return apply(plan(read_facts(store, scope), policy), locked, emit=emit, dry_run=dry_run)


def accept_anomaly(
    store: Store,
    policy: Policy,
    scope: Scope,
    *,
    seen: Iterable[Anomaly] | None = None,
    seen_coverage: Coverage | None = None,
) -> tuple[str, ...]:
    """Record that a person takes the newest backup as it is: what collections lost, what `scope` leaves out.

    `seen`, `seen_coverage`: what that person was shown; None for whatever there is. Returns what was
    accepted, in Spanish; nothing is recorded where there is nothing. Raises UsageError where more is lost or
    left out than was seen, BackupNotFound without a backup that counts, LockHeld, RepositoryGone,
    BackupDirUnusable.
    """
    with store.locked() as locked:
        facts = read_facts(store, scope)
        newest = locked.latest(facts.source, scope) if facts.source else None
        if newest is None:
            raise BackupNotFound("latest", store.root)
        anomalies = [found for alarm in plan(facts, policy).alarms for found in alarm.anomalies]
        if seen is not None:
            _check_seen(anomalies, seen)
        coverage = judge_coverage(facts.backups, facts.source, scope, store.ledger.entries())
        if seen_coverage is not None and not {*coverage.names} <= {*seen_coverage.names}:
            raise UsageError("more_left_out")
        details = acceptance_details(newest, anomalies) if anomalies else {"backup": str(newest.name)}
        if coverage:
            details |= meant_details(facts.backups, facts.source, coverage.names)
        if anomalies or coverage:
            locked.record("acceptance", "ACCEPTED", **details)
        return (*map(str, anomalies), *coverage.texts)


def _check_seen(anomalies: Iterable[Anomaly], seen: Iterable[Anomaly]) -> None:
    known = {(one.collection, one.kind): one.count for one in seen}
    for found in anomalies:
        if found.count < known.get((found.collection, found.kind), found.count + 1):
            raise UsageError("more_lost", found=found)


def read_facts(store: Store, scope: Scope) -> Facts:
    """What a plan is made from, as it is on the disk now. Raises RepositoryGone, BackupDirUnusable."""
    entries = store.ledger.entries()
    repository = store.repository()
    return Facts(
        backups=store.backups(),
        old_backups=store.old_backups(),
        now=store.clock.now(),
        zone=store.clock.zone(),
        source=repository.source if repository else None,
        scope=scope,
        accepted=last_acceptance(entries),
        last_run=_last_clocks(entries),
    )


def _last_clocks(entries: Iterable[LedgerEntry]) -> ClockReading | None:
    """The two clocks at the last run that reached a server; None before any."""
    for entry in reversed(list(entries)):
        local, server = _instant(entry, "started_at"), _instant(entry, "read_time")
        if entry.kind == "run" and local is not None and server is not None:
            return ClockReading(local, server)
    return None


def _instant(entry: LedgerEntry, name: str) -> datetime | None:
    text = entry.details.get(name)
    try:
        return from_iso_utc(text) if isinstance(text, str) else None
    except ValueError:
        return None


def apply(
    plan: Plan,
    store: Deleter | None,
    verify: Callable[[Backup, Emit], VerifyReport] = verify,
    emit: Emit = ignore,
    *,
    dry_run: bool = False,
) -> RetentionResult:
    """Verify what the deletions rely on, then delete, the oldest first; the first fault ends it.

    With `dry_run`, or without a `store`, nothing is written; all checks are made, so that the answer is what
    `apply` would do. What `emit` raises passes, with what was deleted so far in the ledger. Nothing else is
    raised.
    """
    check = _Check(verify, emit)
    for warning in plan.warnings:
        emit(Warned(warning))
    alarms = plan.alarms or check.alarms(plan.to_verify)
    if alarms:
        kept = tuple(map(stopped, plan.decisions))
        return _recorded(store, RetentionResult((), kept, (), alarms, dry_run))
    return _Cleanup(plan, store, check, emit, dry_run).run()


class _Check:
    """Each backup verified once, when it is needed."""

    def __init__(self, verify: Callable[[Backup, Emit], VerifyReport], emit: Emit) -> None:
        self._verify = verify
        self._emit = emit
        self._reports: dict[Path, VerifyReport] = {}

    def report(self, backup: Backup) -> VerifyReport:
        """What the verification of `backup` found."""
        if backup.path not in self._reports:
            self._reports[backup.path] = self._verify(backup, self._emit)
        return self._reports[backup.path]

    def alarms(self, backups: Iterable[Backup]) -> tuple[Alarm, ...]:
        """The alarms for those of `backups` that are damaged, or could not be read."""
        checked = [(backup, self.report(backup)) for backup in backups]
        return tuple(
            verification_failed(backup, report.messages[0], damaged=report.damaged)
            for backup, report in checked
            if not report.sound
        )


class _Cleanup:
    """Deletions under way: what is gone, what stays, and what went wrong."""

    def __init__(self, plan: Plan, store: Deleter | None, check: _Check, emit: Emit, dry_run: bool) -> None:
        self._plan = plan
        self._store = store
        self._check = check
        self._emit = emit
        self._dry_run = dry_run
        self._deleted: list[Decision] = []
        self._spared: dict[Path, Decision] = {}
        self._fault: FacotBackupsError | None = None

    def run(self) -> RetentionResult:
        """Delete, unless it is a dry run; the ledger gets its line even if somebody stops it."""
        try:
            if self._plan.deletions:
                self._emit(PhaseStarted("deleting"))
            for decision in self._plan.deletions:
                self._take(decision)
        except Interrupted:
            _recorded(self._store, self._result())
            raise
        return _recorded(self._store, self._result())

    def _take(self, decision: Decision) -> None:
        if self._fault is not None:
            why = "no se borró porque antes falló otro borrado"
            self._spared[decision.path] = spared(decision, "not-reached", why)
            return
        unsound = next((b for b in decision.relies_on if not self._check.report(b).sound), None)
        if unsound is not None:
            problem = "está dañado" if self._check.report(unsound).damaged else "no se pudo leer"
            why = f"se queda porque {unsound.name}, que guarda lo mismo, {problem}"
            self._spared[decision.path] = spared(decision, "unsurpassed", why)
            return
        try:
            with atomic.explained(decision.path.parent):
                if self._store is None or self._dry_run:
                    check_removable(decision.path.parent, decision.item)
                else:
                    self._store.delete(decision.item)
            self._deleted.append(decision)
        except UsageError as error:
            # The store's refusal concerns this folder alone, and is the user's to mend.
            self._spared[decision.path] = spared(decision, "refused", one_line(error))
            self._emit(Warned(str(error)))
        except FacotBackupsError as error:
            if _is_gone(decision.path):
                self._deleted.append(decision)
            else:
                self._spared[decision.path] = spared(decision, "not-reached", one_line(error))
            if isinstance(error, Interrupted):
                raise
            self._fault = error

    def _result(self) -> RetentionResult:
        gone = {decision.path for decision in self._deleted}
        kept = [
            self._spared.get(decision.path, decision)
            for decision in self._plan.decisions
            if decision.path not in gone
        ]
        errors = () if self._fault is None else (str(self._fault),)
        return RetentionResult(tuple(self._deleted), tuple(kept), errors, (), self._dry_run, self._fault)


def _recorded(store: Deleter | None, result: RetentionResult) -> RetentionResult:
    """The result, with its line in the ledger if it did anything; a ledger that fails is one more error."""
    if store is None or result.dry_run or not (result.deleted or result.alarms or result.errors):
        return result
    outcome = STOPPED if result.alarms else FAILED if result.errors else COMPLETE
    try:
        store.record(
            "retention",
            outcome,
            deleted=[decision.path.name for decision in result.deleted],
            alarms=[alarm.kind for alarm in result.alarms],
            errors=list(result.errors),
        )
    except FacotBackupsError as error:
        return replace(result, errors=(*result.errors, str(error)), fault=result.fault or error)
    return result


def _is_gone(path: Path) -> bool:
    """Whether a deletion that failed was past its rename; not so if the whole disk went away."""
    try:
        return (path.parent / STATE_DIR).is_dir() and not path.exists()
    except OSError:
        return False
