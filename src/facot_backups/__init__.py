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

__all__ = [
    "BackupRunner",
    "__version__",
    "cleanup_old_backups",
    "create_backup",
    "get_backup_stats",
    "get_backups_to_delete",
    "restore_backup",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facot_backups.faces import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return __all__
