"""The backups that a folder holds, and which of them is the latest that counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, tzinfo
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive.facot2 import AnyBackup, OldBackup, open_folder
from facot_backups.archive.reader import Backup
from facot_backups.clock import from_wall
from facot_backups.errors import BackupUnreadable
from facot_backups.model import Scope, Source


def list_backups(root: Path, zone: tzinfo) -> list[Backup]:
    """All folders of `root` that bear a backup's name, damaged ones too, newest first by `read_time`.

    A damaged one stands where the date of its name, in `zone`, puts it. What is not ours (other names,
    files, links) is left out, and so are FACOT 2.0's. A `root` that does not exist holds none. Raises
    BackupDirUnusable.
    """
    return [backup for backup in list_all(root, zone) if isinstance(backup, Backup)]


def list_old_backups(root: Path) -> list[OldBackup]:
    """FACOT 2.0's own folders of `root`, newest first by their names. Raises BackupDirUnusable."""
    found = [backup for backup in _folders(root) if isinstance(backup, OldBackup)]
    return sorted(found, key=lambda backup: backup.date, reverse=True)


def list_all(root: Path, zone: tzinfo) -> list[AnyBackup]:
    """Ours and FACOT 2.0's own, newest first; an old one stands where its date, in `zone`, puts it.

    Otherwise as `list_backups`. Raises BackupDirUnusable.
    """
    return sorted(_folders(root), key=lambda backup: (_moment(backup, zone), str(backup.name)), reverse=True)


def _folders(root: Path) -> list[AnyBackup]:
    with atomic.explained(root):
        try:
            paths = list(root.iterdir())
        except FileNotFoundError:
            return []
    return [backup for path in paths if (backup := open_folder(path)) is not None]


def latest_of(backups: Iterable[Backup], source: Source, scope: Scope) -> Backup | None:
    """The first complete backup of `source` whose scope covers `scope`; `backups` are newest first."""
    for backup in backups:
        metadata = backup.metadata if backup.complete else None
        if metadata is not None and metadata.source == source and metadata.scope.covers(scope):
            return backup
    return None


def known_latest(backups: Iterable[Backup], source: Source, scope: Scope) -> Backup | None:
    """`latest_of`, for what is given back or shown as the latest.

    Raises BackupUnreadable for a newer one that cannot be read now, and may be it.
    """
    listed = list(backups)
    found = latest_of(listed, source, scope)
    newer = listed[: listed.index(found)] if found is not None else listed
    hidden = [backup for backup in newer if backup.kind == "unreadable" and backup.name.suffix is None]
    if hidden:
        raise BackupUnreadable("latest_unread", backup=hidden[0].name)
    return found


def _moment(backup: AnyBackup, zone: tzinfo) -> datetime:
    if isinstance(backup, Backup) and backup.metadata is not None:
        return backup.metadata.read_time
    return from_wall(datetime.combine(backup.name.date, backup.name.time or time()), zone)
