"""FACOT Backups: copies of a Firestore database in plain JSON folders, proven whole and restorable.

The names of the API (docs/python.md) are imported when they are first used, so that importing the package
costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from facot_backups.version import __version__

if TYPE_CHECKING:
    from facot_backups.app.backup_result import BackupResult
    from facot_backups.app.health_report import BackupHealth, get_backup_health
    from facot_backups.app.scheduler import (
        BackupScheduler,
        ProgressInfo,
        get_backup_scheduler,
        start_backup_scheduler,
        stop_backup_scheduler,
    )
    from facot_backups.app.scheduler_status import SchedulerStatus
    from facot_backups.errors import (
        BackupDirUnusable,
        BackupNotFound,
        FacotBackupsError,
        InvoiceNotFound,
        RepositoryGone,
        SettingError,
        SourceMismatch,
        UsageError,
    )
    from facot_backups.ui.api import (
        BackupRunner,
        BackupStats,
        CleanupResult,
        ListedBackup,
        RestoreResult,
        cleanup_old_backups,
        create_backup,
        get_backup_stats,
        get_backups_to_delete,
        restore_backup,
    )

__all__ = [
    "BackupDirUnusable",
    "BackupHealth",
    "BackupNotFound",
    "BackupResult",
    "BackupRunner",
    "BackupScheduler",
    "BackupStats",
    "CleanupResult",
    "FacotBackupsError",
    "InvoiceNotFound",
    "ListedBackup",
    "ProgressInfo",
    "RepositoryGone",
    "RestoreResult",
    "SchedulerStatus",
    "SettingError",
    "SourceMismatch",
    "UsageError",
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

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours

    def __getattr__(name):
        if name in __all__:
            for home in ("errors", "ui.api", "app.health_report", "app.scheduler"):
                module = import_module(f"facot_backups.{home}")
                if hasattr(module, name):
                    return getattr(module, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
