"""Backups read again, byte by byte, and what was found in the ledger: today's, older ones in turn, any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.ledger import COMPLETE, DAMAGED, UNREAD
from facot_backups.archive.store import LockedStore, Store
from facot_backups.errors import BackupDirUnusable, BackupUnreadable, DamagedBackup, LockHeld
from facot_backups.events import Emit, Warned
from facot_backups.operations.verification.record import PROOF, last_proofs, still_good
from facot_backups.operations.verification.rotation import to_read_again
from facot_backups.operations.verification.verify import VerifyReport, verify


class OlderDamaged(DamagedBackup):
    """Older backups are damaged; the one that was just made is whole."""


def read_older_again(store: Store, locked: LockedStore, emit: Emit) -> tuple[VerifyReport, ...]:
    """Verify the older backups whose turn it is (`rotation`), and note what was found.

    What could not be read is a Warned; a later run tries again. Raises what `emit` and the ledger raise; what
    was found until then is noted.
    """
    chosen = to_read_again(locked.backups(), store.ledger.entries(), locked.clock.now())
    reports = []
    for backup in chosen:
        report = verify(backup, emit)
        reports.append(report)
        record_proof(locked, report)
        if report.unread:
            emit(Warned(f"{unread_text(report)} Se intentará otra vez en la próxima ejecución."))
    return tuple(reports)


def damage_of(store: Store, locked: LockedStore, reports: Sequence[VerifyReport]) -> OlderDamaged | None:
    """The error for those of `reports` that found damage, naming what is still good; None without any."""
    found = [report for report in reports if report.damaged]
    if not found:
        return None
    complete = [backup for backup in locked.backups() if backup.complete]
    good = still_good(complete, last_proofs(store.ledger.entries()))
    named = [f"{report.backup} ({report.problems[0].message})" for report in found]
    which = "one-damaged" if len(found) == 1 else "several-damaged"
    code = "older_damaged" if good else "older_damaged_alone"
    return OlderDamaged(code, which=which, named=named, good=good)


def verify_and_record(store: Store, backups: Iterable[AnyBackup], emit: Emit) -> list[VerifyReport]:
    """Verify `backups` without the lock, then note what was found, if the folder can be written now.

    If it cannot, the reports are as true: a Warned says that nobody will remember them. Raises what `emit`
    raises.
    """
    checked = [(backup, verify(backup, emit)) for backup in backups]
    ours = [report for backup, report in checked if not isinstance(backup, OldBackup)]
    try:
        if ours and store.repository() is not None:
            with store.locked() as locked:
                present = {str(backup.name) for backup in locked.backups()}
                for report in ours:
                    if report.backup in present:
                        record_proof(locked, report)
    except (LockHeld, BackupDirUnusable) as error:
        emit(Warned(f"No se pudo anotar esta comprobación: {' '.join(str(error).split())}"))
    return [report for _, report in checked]


def record_proof(locked: LockedStore, report: VerifyReport) -> None:
    """Write into the ledger that a backup was read again, and what was found."""
    wrong = report.problems or report.unread
    locked.record(
        PROOF,
        COMPLETE if report.sound else DAMAGED if report.damaged else UNREAD,
        backup=report.backup,
        documents=report.documents,
        bytes=report.bytes_read,
        files=sorted({each.file for each in wrong}),
        errors=[each.message for each in wrong],
    )


def unread_text(report: VerifyReport) -> str:
    """A Spanish sentence about a backup of which not all could be read."""
    return f"El backup {report.backup} no se pudo leer entero: {report.unread[0].message}."


def check_new(report: VerifyReport) -> None:
    """Raises DamagedBackup if a backup that was just made is damaged, BackupUnreadable if nobody can say."""
    if report.damaged:
        raise DamagedBackup("new_damaged", backup=report.backup, problem=report.problems[0].message)
    if report.unread:
        raise BackupUnreadable("new_unread", backup=report.backup, problem=report.unread[0].message)
