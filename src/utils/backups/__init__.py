"""The import paths that FACOT documents. Everything lives in `facot_backups`; this only re-exports.

`utils` is a namespace portion on purpose (it has no `__init__.py`), so that it can join a program's own
`utils` package (docs/python.md, "Si su programa ya tiene un paquete utils").
"""

from facot_backups.app.scheduler import get_backup_scheduler, start_backup_scheduler, stop_backup_scheduler
from facot_backups.ui.api import (
    BackupRunner,
    cleanup_old_backups,
    create_backup,
    get_backup_stats,
    restore_backup,
)

__all__ = [
    "BackupRunner",
    "cleanup_old_backups",
    "create_backup",
    "get_backup_scheduler",
    "get_backup_stats",
    "restore_backup",
    "start_backup_scheduler",
    "stop_backup_scheduler",
]
