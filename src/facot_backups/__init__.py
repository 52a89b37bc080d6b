"""FACOT Backups: copies of a Firestore database in plain JSON folders, proven whole and restorable.

The names of the API are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facot_backups.version import __version__

if TYPE_CHECKING:
    from facot_backups.faces.api import (
        BackupRunner,
        cleanup_old_backups,
        create_backup,
        get_backup_stats,
        get_backups_to_delete,
        restore_backup,
    )
    from facot_backups.faces.health import get_backup_health
    from facot_backups.faces.scheduler import (
        BackupScheduler,
        get_backup_scheduler,
        start_backup_scheduler,
        stop_backup_scheduler,
    )

__all__ = [
    "BackupRunner",
    "BackupScheduler",
    "__version__",
    "cleanup_old_backups",
    "create_backup",
    "get_backup_health",
    "get_backup_scheduler",
    "get_backup_stats",
    "get_backups_to_delete",
    "restore_backup",
    "start_backup_scheduler",
    "stop_backup_scheduler",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facot_backups.faces import api, health, scheduler

    if name.endswith(("Scheduler", "_scheduler")):
        return getattr(scheduler, name)
    return getattr(health if name == "get_backup_health" else api, name)


def __dir__() -> list[str]:
    return __all__
