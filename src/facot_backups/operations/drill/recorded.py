"""Restore drills that are noted in the ledger: one that a person wants, and that of a scheduled run.

A drill has three ends. It passes, it shows damage, or it could not be made: the last says nothing of the
backup, whose earlier drill still counts. Its line in the ledger that says that it begins is there before it,
so that one that is killed leaves a trace.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from facot_backups.archive.facot2 import AnyBackup
from facot_backups.archive.layout import LEDGER_FILE, STATE_DIR
from facot_backups.archive.ledger import COMPLETE, DAMAGED, FAILED, INTERRUPTED, STARTED, Ledger
from facot_backups.archive.store import LockedStore, Store
from facot_backups.errors import DamagedBackup, DrillNotMade, FacotBackupsError, Interrupted
from facot_backups.events import Emit, Warned, ignore
from facot_backups.model import Json, Scope
from facot_backups.operations.drill.record import DRILL, is_due
from facot_backups.operations.drill.run import DrillReport, drill, refuse_no_backup
from facot_backups.operations.serving import memory_needed
from facot_backups.operations.verification.record import PROOF
from facot_backups.text import one_line

# A scheduled run shares the computer with its user: it drills no backup that needs more memory (bytes).
SCHEDULED_MEMORY = 2**30


def drill_and_record(store: Store, name: str, scope: Scope, emit: Emit = ignore) -> DrillReport:
    """Drill the backup `name` (or `latest` that covers `scope`) under the lock, and note it in the ledger.

    Raises as `drill`, and BackupNotFound, LockHeld, NoSpace, BackupDirUnusable.
    """
    repository = store.repository()
    # Before the lock, which would make a folder where there is none.
    store.find(name, scope)
    with store.locked() as locked:
        backup = store.find(name, scope)
        project = repository.source.project if repository is not None else None
        return drill_locked(locked, backup, emit, project)


def drill_locked(
    locked: LockedStore, backup: AnyBackup, emit: Emit = ignore, project: str | None = None
) -> DrillReport:
    """As `drill`, noted in the ledger of the folder, which is locked already: its beginning and its end."""
    refuse_no_backup(backup)
    locked.record(DRILL, STARTED, backup=str(backup.name))
    try:
        report = drill(backup, locked.clock, emit, project)
    except DrillNotMade as error:
        _note(locked, backup, FAILED, error.problem)
        raise
    except DamagedBackup as error:
        _note(locked, backup, DAMAGED, one_line(error))
        raise
    except (Interrupted, KeyboardInterrupt):
        with suppress(FacotBackupsError):  # the wish to stop is what counts now
            _note(locked, backup, INTERRUPTED, "alguien lo paró")
        raise
    except Exception as error:
        with suppress(FacotBackupsError):
            _note(locked, backup, FAILED, one_line(error))
        raise
    locked.record(PROOF, COMPLETE if report.passed else DAMAGED, **_details(report))
    return report


@dataclass(frozen=True, slots=True)
class PeriodicDrill:
    """The drill of a scheduled run (`scheduled.Drill`): one `every` so often, in `memory` bytes."""

    every: timedelta
    memory: int = SCHEDULED_MEMORY

    def __call__(self, locked: LockedStore, backup: Any, emit: Emit) -> None:
        """Drill `backup` if a drill is due. Raises DamagedBackup if it does not come back equal.

        One that cannot be made is noted and warned of: the backup is as good as before.
        """
        ledger = Ledger(locked.root / STATE_DIR / LEDGER_FILE, locked.root)
        if not is_due(ledger.entries(), locked.clock.now(), self.every):
            return
        try:
            self._afford(locked, backup)
            report = drill_locked(locked, backup, emit)
        except DrillNotMade as error:
            emit(Warned(one_line(error)))
            return
        if not report.passed:
            raise failed(report)

    def _afford(self, locked: LockedStore, backup: Any) -> None:
        needed = memory_needed(backup)
        if needed > self.memory:
            refusal = DrillNotMade(str(backup.name), "needs_memory", needed=needed)
            _note(locked, backup, FAILED, refusal.problem)
            raise refusal


def failed(report: DrillReport) -> DamagedBackup:
    """The error of a drill that did not pass, with what to do."""
    return DamagedBackup("drill_failed", backup=report.backup, problem=report.errors[0])


def _note(locked: LockedStore, backup: AnyBackup, outcome: str, problem: str) -> None:
    """A drill without a report: why there is none."""
    locked.record(PROOF, outcome, backup=str(backup.name), drill=True, errors=[problem])


def _details(report: DrillReport) -> dict[str, Json]:
    return {
        "backup": report.backup,
        "drill": True,
        "documents": report.documents,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "differences": report.difference_count,
        "files": sorted({problem.file for problem in report.proof.problems}),
        "errors": report.errors,
    }
