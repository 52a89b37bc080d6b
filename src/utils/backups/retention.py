"""`from utils.backups.retention import cleanup_old_backups`, as FACOT documents it."""

from facot_backups.ui.api import cleanup_old_backups, get_backup_stats, get_backups_to_delete

__all__ = ["cleanup_old_backups", "get_backup_stats", "get_backups_to_delete"]
