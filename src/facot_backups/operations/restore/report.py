"""What a restore did, document by document where it did not do what it was to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

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
from facot_backups.operations.restore.request import Connect
from facot_backups.text import one_line

CONFLICT_EXIT = 21
PARTIAL_EXIT = 3

# failed: the server refuses it. pending: not written. unknown: it may have been, nobody could say.
# mismatch: what was written reads back otherwise.
Trouble: TypeAlias = Literal["failed", "pending", "unknown", "mismatch"]
_SHOWN = 10_000
_CHANGED_MEANWHILE = "alguien lo cambió después de hacer el plan"
_FREE_SPACE = "Libere espacio: en Firestore quedó a medias, y con espacio se puede terminar o deshacer."
# What can end a restore that is gone on with before it writes more.
_NOT_A_REFUSAL = (FirestoreUnavailable, SnapshotExpired, LockHeld, BackupDirUnusable)


@dataclass(slots=True)
class Report:
    """What became of a restore. `backup` names the folder it took from, `undoes` the restore taken back.

    `planned` is the plan's counts by root collection, `written` what was confirmed. `pre_restore` is the
    folder that holds what was there before; None where nothing was to be written. `conflicts`: documents
    that somebody else changed; `edited`: those that we did not write and that changed meanwhile;
    `troubles`: all others that are not as planned, with the reason. Of each the first 10,000 are named,
    the `…_count` are whole. `answered`: questions that were answered beforehand (`--yes`). All texts are in
    Spanish.

    `begun`: from then on it may have written. `left` counts the writes that nobody confirmed or refused.
    `ended`: it came to its end, and its journal says so. `failure` is what ended the writing early;
    `cut`: that was no refusal of the server's, but the disk, the lock, a person or a fault of ours.
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
    troubles: list[tuple[DocumentPath, Trouble, str]] = field(default_factory=list)
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

    @property
    def written(self) -> int:
        """Writes that were confirmed."""
        return self.created + self.changed + self.deleted

    @property
    def to_continue(self) -> bool:
        """Whether `restore --continue` has anything left to do."""
        return self.begun and not self.ended

    @property
    def exit_code(self) -> int:
        """That of what cut it; else 21 with conflicts, 3 if anything else is not as planned, or 0."""
        if self.cut and self.failure is not None:
            return self.failure.exit_code
        if self.conflict_count:
            return CONFLICT_EXIT
        troubled = self.trouble_count or self.failure is not None or self.read_back_failure is not None
        return PARTIAL_EXIT if troubled else 0

    def cut_short(self, error: BaseException) -> None:
        """Note what ended it early; the first to do so counts."""
        if self.failure is None:
            self.failure, self.cut = self._told(error), True

    def _told(self, error: BaseException) -> FacotBackupsError:
        if isinstance(error, KeyboardInterrupt | Interrupted):
            return RestoreInterrupted(self.restore, self.written, self.left)
        if isinstance(error, NoSpace):
            told: FacotBackupsError = NoSpace(error.backup_dir, None, _FREE_SPACE)
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

    def trouble(self, path: DocumentPath, trouble: Trouble, reason: str = "") -> None:
        """Note a document that is not as planned."""
        self.trouble_count += 1
        if len(self.troubles) < _SHOWN:
            self.troubles.append((path, trouble, reason))


@dataclass(slots=True)
class LedgerLine:
    """The one line of the ledger on a restore, or on going on with one.

    `report` is None until there is a plan. `stopped`: what to say of one that a person stopped before it
    wrote. `resumed`: it is gone on with.
    """

    locked: LockedStore
    emit: Emit
    restore: str
    backup: str
    stopped: str
    resumed: bool = False
    report: Report | None = None

    def around(self, run: Callable[[], Report]) -> Report:
        """The report of `run`, and a line on how it ended, whatever that is.

        Once it has begun to write, whatever ends it is in the report. Before that, raises what `run` does;
        an interrupt becomes Interrupted. Nothing that fails here hides how the restore itself ended.
        """
        try:
            self.report = run()
        except BaseException as error:
            if not self.takes(error):
                self._not_begun(error)
                if isinstance(error, KeyboardInterrupt):
                    raise Interrupted from None
                raise
        assert self.report is not None
        self._write(_outcome(self.report), None)
        return self.report

    def takes(self, error: BaseException) -> bool:
        """Put an error into the report of a restore that has written, or may have; False without one."""
        report = self.report
        if report is None or not isinstance(error, Exception | KeyboardInterrupt):
            return False
        if not report.begun and not (self.resumed and isinstance(error, _NOT_A_REFUSAL)):
            return False
        if report.ended:
            self._warn(one_line(error))
        else:
            report.begun = True
            report.cut_short(error)
        return True

    def _not_begun(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt | Interrupted):
            self._write(INTERRUPTED, self.stopped)
        elif isinstance(error, FacotBackupsError):
            self._write(FAILED, one_line(error))
        else:
            self._write(FAILED, f"{type(error).__name__}: {error}")

    def _write(self, outcome: str, reason: str | None) -> None:
        details = _details(self.restore, self.backup, self.report, reason)
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

    def run(self, connect: Connect) -> Report:
        """Carry it out."""


def under_lock(store: Store, make: Callable[[LockedStore], Work], connect: Connect) -> Report:
    """The report of what `make` gives for the locked store; also where the lock cannot be let go of.

    Raises as `LedgerLine.around`, and as `Store.locked`.
    """
    work: Work | None = None
    try:
        with store.locked() as locked:
            work = make(locked)
            return work.run(connect)
    except (FacotBackupsError, OSError, KeyboardInterrupt) as error:
        if work is None or not work.line.takes(error) or work.line.report is None:
            raise
        return work.line.report


def _outcome(report: Report) -> str:
    if isinstance(report.failure, RestoreInterrupted):
        return INTERRUPTED
    if report.cut:
        return FAILED
    return COMPLETE if report.exit_code == 0 else INCOMPLETE


def _details(restore: str, backup: str, report: Report | None, reason: str | None) -> dict[str, Json]:
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
