"""`from utils.backups.scheduler import get_backup_scheduler`, as FACOT documents it."""

from facot_backups.app.scheduler import (
    BackupScheduler,
    get_backup_scheduler,
    start_backup_scheduler,
    stop_backup_scheduler,
)

__all__ = ["BackupScheduler", "get_backup_scheduler", "start_backup_scheduler", "stop_backup_scheduler"]
