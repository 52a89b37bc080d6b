"""What the next run does about one that was killed, before anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive import copying, journal, removal
from facot_backups.archive.held_store import Holding
from facot_backups.archive.ledger import COMPLETE, INCOMPLETE, INTERRUPTED
from facot_backups.archive.listing import list_backups
from facot_backups.archive.metadata import Metadata
from facot_backups.archive.publishing import publish
from facot_backups.archive.reader import Backup
from facot_backups.archive.staging import Staging, finished
from facot_backups.atomic import Patience
from facot_backups.errors import BackupDirUnusable, BackupUnreadable, NewerFormat
from facot_backups.text import one_line


@dataclass(frozen=True, slots=True)
class Recovered:
    """The backups published now, and the ids of the runs whose remains were removed."""

    published: tuple[Backup, ...]
    interrupted: tuple[str, ...]


def recover(holding: Holding) -> Recovered:
    """Publish each finished staging folder by its own date, remove every other, and empty the trash.

    One that cannot be read now may be finished: it is left for the next run, and so is rubbish that cannot
    be removed now. Raises LockHeld, NoSpace, BackupDirUnusable.
    """
    with _tidying(holding, "No se pudieron quitar restos de una ejecución anterior"):
        atomic.remove_temporaries(holding.own_folder, Patience(holding.clock, atomic.BRIEF.seconds))
    with atomic.explained(holding.root):
        folders = sorted(holding.staging_folder.iterdir())
    published: list[Backup] = []
    interrupted: list[str] = []
    for folder in folders:
        if folder.name.startswith(atomic.TEMPORARY_PREFIX):
            copying.discard(holding, folder)
            continue
        try:
            metadata = finished(folder)
        except NewerFormat:
            holding.warn(f"{folder} es de una versión más nueva del programa: se deja como está.")
            continue
        except BackupUnreadable as problem:
            holding.warn(
                f"Los restos de una ejecución interrumpida, que puede ser un backup terminado, siguen en "
                f"{folder}: ahora no se pueden leer, y se mira otra vez la próxima vez. {one_line(problem)}"
            )
            continue
        if metadata is not None:
            published.append(_publish(holding, folder, metadata))
        else:
            _remove(holding, folder)
            interrupted.append(folder.name)
    forget_journals(holding)
    empty_trash(holding)
    return Recovered(tuple(published), tuple(interrupted))


def forget_journals(holding: Holding) -> None:
    """Remove each journal whose `.pre-restore` is not there: nothing was written, or nobody can undo it.

    None goes while a `.pre-restore` is damaged, for it may be its. What cannot be read or removed now is
    left, with a warning. Raises LockHeld, BackupDirUnusable.
    """
    with atomic.explained(holding.root):
        found = journal.ids(holding.root)
    kept = kept_restores(holding) if found else None
    if kept is None:
        return
    holding.still_ours()
    for restore in found:
        if restore not in kept:
            remove_journal(holding, restore)
        else:
            _tell_of_restore(holding, restore)


def remove_journal(holding: Holding, restore: str) -> None:
    """Remove the journal of a restore that nobody can undo any more, or leave it with a warning."""
    with _tidying(holding, f"No se pudo quitar el diario de la restauración {restore}"):
        journal.remove(holding.root, restore)


def kept_restores(holding: Holding) -> Counter[str] | None:
    """How many `.pre-restore` folders each restore has; None while a damaged one may be anybody's."""
    kept: Counter[str] = Counter()
    for backup in list_backups(holding.root, holding.clock.zone()):
        if backup.metadata is not None and backup.metadata.scope.restore is not None:
            kept[backup.metadata.scope.restore] += 1
        elif backup.metadata is None and backup.name.suffix == "pre-restore":
            return None
    return kept


def _tell_of_restore(holding: Holding, restore: str) -> None:
    """A restore that did not come to its end must reach a person, once."""
    cut = False
    with _tidying(holding, f"No se pudo leer el diario de la restauración {restore}"):
        cut = journal.is_cut(holding.root, restore)
    if not cut:
        return
    holding.warn_once(
        f"restore-{restore}",
        "Una restauración quedó a medias: lo que escribió y lo que falta está anotado. "
        f"Termínela con: facot-backups restore --continue {restore}",
    )
    if not any(entry.details.get("restore") == restore for entry in holding.ledger.entries()):
        holding.record("restore", INTERRUPTED, restore=restore)


def empty_trash(holding: Holding) -> None:
    """Remove what is in the trash. Raises LockHeld.

    What cannot be removed now is left for the next run, with a warning: rubbish is no reason to go without
    a backup.
    """
    holding.still_ours()
    with _tidying(holding, "No se pudo vaciar la papelera interna"):
        removal.empty_trash(holding.root, Patience(holding.clock, atomic.BRIEF.seconds))


@contextmanager
def _tidying(holding: Holding, problem: str) -> Iterator[None]:
    """What fails within the block is said and left for the next run: no reason to go without a backup."""
    try:
        with atomic.explained(holding.root):
            yield
    except BackupDirUnusable as error:
        holding.warn(f"{problem}; se hará la próxima vez. {error}")


def _publish(holding: Holding, folder: Path, metadata: Metadata) -> Backup:
    # Only what had passed its own check of the source could be finished: another source was adopted.
    backup = publish(holding, Staging(holding.root, folder.name), metadata, adopt=True)
    outcome = INCOMPLETE if metadata.errors else COMPLETE
    holding.record("recovery", outcome, run_id=metadata.run_id, backup=str(backup.name))
    return backup


def _remove(holding: Holding, folder: Path) -> None:
    """Record a killed run as INTERRUPTED, once, and put its remains into the trash."""
    holding.still_ours()
    if not any(
        entry.outcome == INTERRUPTED and entry.details.get("run_id") == folder.name
        for entry in holding.ledger.entries()
    ):
        holding.record("run", INTERRUPTED, run_id=folder.name)
    try:
        with atomic.explained(holding.root):
            removal.move_to_trash(holding.root, folder, holding.clock)
    except BackupDirUnusable as error:
        holding.warn(f"Los restos de una ejecución interrumpida siguen en {folder}. {error}")
