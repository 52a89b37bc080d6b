"""How a backup goes: into the trash by one rename, then file by file. Nothing but backups ever goes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive.facot2 import AnyBackup, OldBackup, open_folder
from facot_backups.archive.layout import METADATA_FILE, STATE_DIR, TRASH_DIR, is_dropping
from facot_backups.archive.reader import open_backup
from facot_backups.atomic import Patience
from facot_backups.clock import Clock
from facot_backups.errors import UsageError

# Windows refuses to remove a file that bears the read-only mark, which all links to it share.
MARK_PREVENTS_REMOVAL = os.name == "nt"


def check_removable(root: Path, backup: AnyBackup) -> None:
    """Raises UsageError unless `backup` is a folder of `root` itself that holds a backup's files alone.

    One that does not prove itself may hold anything, and is left to a person.
    """
    path = backup.path
    present = open_folder(path) if path.parent == root else None
    if present is not None and present.kind == "unreadable":
        raise UsageError("undeletable_unread", backup=backup.name)
    if type(present) is not type(backup):
        raise UsageError("undeletable_foreign", path=path, folder=root)
    if backup.kind == "newer":
        raise UsageError("undeletable_newer", backup=backup.name)
    if backup.kind == "damaged":
        raise UsageError("undeletable_damaged", backup=backup.name, path=path)
    own = file_names(backup)
    foreign = [entry.name for entry in path.iterdir() if not _belongs(entry, own)]
    if foreign:
        raise UsageError("undeletable_strangers", backup=backup.name, names=sorted(foreign))


def file_names(backup: AnyBackup) -> set[str]:
    """The names of a backup's own files. Raises its problem for one that does not prove itself."""
    if isinstance(backup, OldBackup):
        return {METADATA_FILE, *map(backup.file, backup.collections)}
    return {METADATA_FILE, *(entry.file for entry in backup.proven().files.values())}


def _belongs(entry: Path, own: set[str]) -> bool:
    return not atomic.is_link(entry) and entry.is_file() and (entry.name in own or is_dropping(entry.name))


def move_to_trash(root: Path, path: Path, clock: Clock) -> None:
    """Rename a folder below `root` into the trash, and flush both folders. Raises OSError."""
    trash = root / STATE_DIR / TRASH_DIR
    atomic.rename(path, trash / f"{path.name[:100]}~{secrets.token_hex(4)}", Patience(clock))
    atomic.sync_folder(path.parent)
    atomic.sync_folder(trash)


def empty_trash(root: Path, patience: Patience) -> None:
    """Remove all that is in the trash; what the backups of `root` still link keeps its mark.

    What cannot be removed keeps nothing else there. Raises OSError, the first of them, at the end.
    """
    trash = root / STATE_DIR / TRASH_DIR
    folders = sorted(trash.iterdir())
    peers = _peers(root) if folders and MARK_PREVENTS_REMOVAL else {}
    faults: list[OSError] = []
    for folder in folders:
        try:
            _remove(folder, peers, patience)
        except OSError as error:
            faults.append(error)
    if faults:
        raise faults[0]
    atomic.sync_folder(trash)


def _remove(folder: Path, peers: dict[tuple[int, int], Path], patience: Patience) -> None:
    for file in sorted(folder.iterdir()) if atomic.is_real_folder(folder) else ():
        peer = peers.get(_inode(file))
        atomic.remove_tree(file, patience)
        if peer is not None:
            peer.chmod(atomic.PUBLISHED_MODE)
    atomic.remove_tree(folder, patience)


def _peers(root: Path) -> dict[tuple[int, int], Path]:
    """For each file of the published backups, one path that leads to it."""
    backups = [path for path in root.iterdir() if open_backup(path) is not None]
    return {_inode(file): file for path in backups for file in path.iterdir() if not atomic.is_link(file)}


def _inode(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
