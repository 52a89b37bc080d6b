"""What a restore did, document by document where it did not do what it was to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from facot_backups.archive.ledger import COMPLETE, FAILED, INCOMPLETE, INTERRUPTED
from facot_backups.archive.store import LockedStore
from facot_backups.errors import FacotBackupsError, Interrupted, RestoreInterrupted, one_line
from facot_backups.events import Emit, Warned
from facot_backups.model import DocumentPath, Json, Source
from facot_backups.operations.restore.plan import Conflict, Counts

CONFLICT_EXIT = 21
PARTIAL_EXIT = 3

# failed: the server refuses it. pending: not written. unknown: it may have been, nobody could say.
# mismatch: what was written reads back otherwise.
Trouble: TypeAlias = Literal["failed", "pending", "unknown", "mismatch"]
_SHOWN = 10_000


@dataclass(slots=True)
class Report:
    """What became of a restore. `backup` names the folder it took from, `undoes` the restore taken back.

    `planned` is the plan's counts by root collection, `written` what was confirmed. `pre_restore` is the
    folder that holds what was there before; None where nothing was to be written. `conflicts`: documents
    that somebody else changed; `edited`: those that we did not write and that changed meanwhile;
    `troubles`: all others that are not as planned, with the reason. Of each the first 10,000 are named,
    the `…_count` are whole. `failure` is what ended the writing early. `answered`: questions that were
    answered beforehand (`--yes`). All texts are in Spanish.
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
    failure: FacotBackupsError | None = None
    read_back_failure: FacotBackupsError | None = None

    @property
    def written(self) -> int:
        """Writes that were confirmed."""
        return self.created + self.changed + self.deleted

    @property
    def to_continue(self) -> bool:
        """Whether `restore --continue` has anything left to do."""
        return any(trouble in ("pending", "unknown") for _, trouble, _ in self.troubles)

    @property
    def exit_code(self) -> int:
        """21 with conflicts, else 3 if anything else is not as planned, else 0."""
        if self.conflict_count:
            return CONFLICT_EXIT
        troubled = self.trouble_count or self.failure is not None or self.read_back_failure is not None
        return PARTIAL_EXIT if troubled else 0

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
    wrote. `more` keys are added.
    """

    locked: LockedStore
    emit: Emit
    restore: str
    backup: str
    stopped: str
    more: dict[str, Json] = field(default_factory=dict)
    report: Report | None = None

    def around(self, run: Callable[[], Report]) -> Report:
        """The report of `run`, and a line on how it ended, whatever that is. Raises what `run` does.

        An interrupt becomes Interrupted. Nothing that fails here hides how the restore itself ended.
        """
        try:
            report = self.report = run()
        except (KeyboardInterrupt, Interrupted):
            self._write(INTERRUPTED, self.stopped)
            raise Interrupted from None
        except FacotBackupsError as error:
            cut = isinstance(error, RestoreInterrupted)
            self._write(INTERRUPTED if cut else FAILED, one_line(error))
            raise
        except BaseException as error:
            self._write(FAILED, f"{type(error).__name__}: {error}")
            raise
        self._write(COMPLETE if report.exit_code == 0 else INCOMPLETE, None)
        return report

    def _write(self, outcome: str, reason: str | None) -> None:
        details = _details(self.restore, self.backup, self.report, reason)
        try:
            self.locked.record("restore", outcome, **details | self.more)
        except FacotBackupsError as fault:
            self.emit(Warned(f"No se pudo anotar el resultado en el registro: {one_line(fault)}"))


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
