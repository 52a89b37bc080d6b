"""A restore under way: its report so far, and its line in the ledger however it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from facot_backups.archive.ledger import COMPLETE, FAILED, INCOMPLETE, INTERRUPTED
from facot_backups.archive.store import LockedStore, Store
from facot_backups.errors import (
    BackupDirUnusable,
    FacotBackupsError,
    FirestoreUnavailable,
    Interrupted,
    LockHeld,
    NoSpace,
    RestoreInterrupted,
    SnapshotExpired,
    Unforeseen,
)
from facot_backups.events import Emit, Warned
from facot_backups.model import DocumentPath, Json, Outcome, Source, Write
from facot_backups.operations.restore.plan import Conflict, Counts
from facot_backups.operations.restore.report import RestoreReport, Trouble, TroubleKind
from facot_backups.operations.restore.request import Connect
from facot_backups.text import one_line

_SHOWN = 10_000
_CHANGED_MEANWHILE = "alguien lo cambió después de hacer el plan"
# What can end a restore that is gone on with before it writes more.
_NOT_A_REFUSAL = (FirestoreUnavailable, SnapshotExpired, LockHeld, BackupDirUnusable)


@dataclass(slots=True)
class Progress:
    """The report of a restore while it runs: what it did so far.

    The fields are those of `RestoreReport`. `begun`: from then on it may have written. `ended`: it came to
    its end, and its journal says so.
    """

    restore: str
    backup: str
    target: Source
    mode: str
    undoes: str | None = None
    planned: dict[str, Counts] = field(default_factory=dict)
    created: int = 0
    changed: int = 0
    deleted: int = 0
    pre_restore: str | None = None
    conflicts: list[Conflict] = field(default_factory=list)
    conflict_count: int = 0
    edited: list[DocumentPath] = field(default_factory=list)
    edited_count: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    trouble_count: int = 0
    notes: list[str] = field(default_factory=list)
    answered: tuple[str, ...] = ()
    reads: int = 0
    begun: bool = False
    left: int = 0
    ended: bool = False
    failure: FacotBackupsError | None = None
    cut: bool = False
    read_back_failure: FacotBackupsError | None = None

    def report(self) -> RestoreReport:
        """What it did so far, as it is told."""
        values: dict[str, Any] = {}
        for one in fields(RestoreReport):
            value = getattr(self, one.name)
            values[one.name] = tuple(value) if isinstance(value, list) else value
        return RestoreReport(**values)

    @property
    def to_continue(self) -> bool:
        """Whether `restore --continue` has anything left to do."""
        return self.begun and not self.ended

    def cut_short(self, error: BaseException) -> None:
        """Note what ended it early; the first to do so counts."""
        if self.failure is None:
            self.failure, self.cut = self._told(error), True

    def _told(self, error: BaseException) -> FacotBackupsError:
        if isinstance(error, KeyboardInterrupt | Interrupted):
            return RestoreInterrupted(self.restore, self.created + self.changed + self.deleted, self.left)
        if isinstance(error, NoSpace):
            told: FacotBackupsError = NoSpace(error.backup_dir, None, writing=True)
        elif isinstance(error, FacotBackupsError):
            return error
        else:
            told = Unforeseen(error)
        told.__cause__ = error
        return told

    def tell(self, write: Write, outcome: Outcome) -> None:
        """Note what became of a write; nothing for one that is not settled."""
        if outcome.result == "done":
            self.created += write.action == "create"
            self.changed += write.action == "change"
            self.deleted += write.action == "delete"
        elif outcome.result == "conflict":
            self.conflict(write.path, _CHANGED_MEANWHILE)
        elif outcome.result == "failed":
            self.trouble(write.path, "failed", outcome.reason)

    def conflict(self, path: DocumentPath, reason: str) -> None:
        """Note a document that somebody else changed."""
        self.conflict_count += 1
        if len(self.conflicts) < _SHOWN:
            self.conflicts.append(Conflict(path, reason))

    def edit(self, path: DocumentPath) -> None:
        """Note a document that we did not write and that changed meanwhile."""
        self.edited_count += 1
        if len(self.edited) < _SHOWN:
            self.edited.append(path)

    def trouble(self, path: DocumentPath, kind: TroubleKind, reason: str = "") -> None:
        """Note a document that is not as planned."""
        self.trouble_count += 1
        if len(self.troubles) < _SHOWN:
            self.troubles.append(Trouble(path, kind, reason))


@dataclass(slots=True)
class LedgerLine:
    """The one line of the ledger on a restore, or on going on with one.

    `progress` is None until there is a plan. `stopped`: what to say of one that a person stopped before it
    wrote. `resumed`: it is gone on with.
    """

    locked: LockedStore
    emit: Emit
    restore: str
    backup: str
    stopped: str
    resumed: bool = False
    progress: Progress | None = None

    def around(self, run: Callable[[], Progress]) -> RestoreReport:
        """The report of `run`, and a line on how it ended, whatever that is.

        Once it has begun to write, whatever ends it is in the report. Before that, raises what `run` does;
        an interrupt becomes Interrupted. Nothing that fails here hides how the restore itself ended.
        """
        try:
            self.progress = run()
        except BaseException as error:
            if not self.takes(error):
                self._not_begun(error)
                if isinstance(error, KeyboardInterrupt):
                    raise Interrupted from None
                raise
        assert self.progress is not None
        report = self.progress.report()
        self._write(_outcome(report), None)
        return report

    def takes(self, error: BaseException) -> bool:
        """Put an error into the report of a restore that has written, or may have; False without one."""
        progress = self.progress
        if progress is None or not isinstance(error, Exception | KeyboardInterrupt):
            return False
        if not progress.begun and not (self.resumed and isinstance(error, _NOT_A_REFUSAL)):
            return False
        if progress.ended:
            self._warn(one_line(error))
        else:
            progress.begun = True
            progress.cut_short(error)
        return True

    def _not_begun(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt | Interrupted):
            self._write(INTERRUPTED, self.stopped)
        elif isinstance(error, FacotBackupsError):
            self._write(FAILED, one_line(error))
        else:
            self._write(FAILED, f"{type(error).__name__}: {error}")

    def _write(self, outcome: str, reason: str | None) -> None:
        report = self.progress.report() if self.progress is not None else None
        details = _details(self.restore, self.backup, report, reason)
        if self.resumed:
            details["continued"] = True
        try:
            self.locked.record("restore", outcome, **details)
        except FacotBackupsError as fault:
            self._warn(f"No se pudo anotar el resultado en el registro: {one_line(fault)}")

    def _warn(self, message: str) -> None:
        with suppress(Interrupted):  # of an `emit` by which a person stops what is over
            self.emit(Warned(message))


class Work(Protocol):
    """A restore under the lock of its folder."""

    line: LedgerLine

    def run(self, connect: Connect) -> RestoreReport:
        """Carry it out."""


def under_lock(store: Store, make: Callable[[LockedStore], Work], connect: Connect) -> RestoreReport:
    """The report of what `make` gives for the locked store; also where the lock cannot be let go of.

    Raises as `LedgerLine.around`, and as `Store.locked`.
    """
    work: Work | None = None
    try:
        with store.locked() as locked:
            work = make(locked)
            return work.run(connect)
    except (FacotBackupsError, OSError, KeyboardInterrupt) as error:
        if work is None or not work.line.takes(error) or work.line.progress is None:
            raise
        return work.line.progress.report()


def _outcome(report: RestoreReport) -> str:
    if isinstance(report.failure, RestoreInterrupted):
        return INTERRUPTED
    if report.cut:
        return FAILED
    return COMPLETE if report.exit_code == 0 else INCOMPLETE


def _details(restore: str, backup: str, report: RestoreReport | None, reason: str | None) -> dict[str, Json]:
    details: dict[str, Json] = {"restore": restore, "backup": backup, "errors": [reason] if reason else []}
    if report is not None:
        details |= {
            "backup": report.backup,
            "target": str(report.target),
            "mode": report.mode,
            "undoes": report.undoes,
            "pre_restore": report.pre_restore,
            "written": report.written,
            "conflicts": report.conflict_count,
            "troubles": report.trouble_count,
            "answered": list(report.answered),
        }
        if report.failure is not None:
            details["errors"] = [one_line(report.failure)]
    return details
