"""What the next run does about one that was killed, before anything else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facot_backups import atomic
from facot_backups.archive.layout import STAGING_DIR
from facot_backups.archive.ledger import COMPLETE, INCOMPLETE, INTERRUPTED
from facot_backups.archive.publishing import publish
from facot_backups.archive.reader import Backup
from facot_backups.archive.removal import empty_trash as empty
from facot_backups.archive.removal import move_to_trash
from facot_backups.archive.staging import Staging, finished
from facot_backups.errors import BackupDirUnusable, NewerFormat
from facot_backups.events import Warned

if TYPE_CHECKING:
    from facot_backups.archive.store import LockedStore


@dataclass(frozen=True, slots=True)
class Recovered:
    """The backups published now, and the ids of the runs whose remains were removed."""

    published: tuple[Backup, ...]
    interrupted: tuple[str, ...]


def recover(store: LockedStore) -> Recovered:
    """Publish each finished staging folder by its own date, remove every other, and empty the trash.

    Raises LockHeld, NoSpace, BackupDirUnusable.
    """
    root = store.store.root
    published: list[Backup] = []
    interrupted: list[str] = []
    with atomic.explained(root):
        atomic.remove_temporaries(store.store.folder)
        folders = sorted((store.store.folder / STAGING_DIR).iterdir())
    for folder in folders:
        backup = _publish_finished(store, folder)
        if backup is not None:
            published.append(backup)
        elif _remove(store, folder):
            interrupted.append(folder.name)
    empty_trash(store)
    return Recovered(tuple(published), tuple(interrupted))


def empty_trash(store: LockedStore) -> None:
    """Remove what is in the trash. What cannot be removed now is left for the next run, with a warning:
    rubbish is no reason to go without a backup."""
    root = store.store.root
    store.still_ours()
    try:
        with atomic.explained(root):
            empty(root)
    except BackupDirUnusable as error:
        store.store.emit(Warned(f"No se pudo vaciar la papelera interna; se hará la próxima vez. {error}"))


def _publish_finished(store: LockedStore, folder: Path) -> Backup | None:
    root = store.store.root
    with atomic.explained(root):
        if not atomic.is_real_folder(folder):
            return None
        try:
            metadata = finished(folder)
        except NewerFormat:
            return None
    if metadata is None:
        return None
    # Only what had passed its own check of the source could be finished: another source was adopted.
    backup = publish(store, Staging(root, folder.name), metadata, adopt=True)
    outcome = INCOMPLETE if metadata.errors else COMPLETE
    store.record("recovery", outcome, run_id=metadata.run_id, backup=str(backup.name))
    return backup


def _remove(store: LockedStore, folder: Path) -> bool:
    """Put a killed run's remains into the trash; True if this was recorded now as INTERRUPTED."""
    root = store.store.root
    if _is_newer(folder):
        store.store.emit(Warned(f"{folder} es de una versión más nueva del programa: se deja como está."))
        return False
    store.still_ours()
    store.record("run", INTERRUPTED, run_id=folder.name)
    with atomic.explained(root):
        move_to_trash(root, folder, store.store.clock)
    return True


def _is_newer(folder: Path) -> bool:
    try:
        finished(folder)
    except NewerFormat:
        return True
    except OSError:
        return False
    return False
