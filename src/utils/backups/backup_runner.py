"""`from utils.backups.backup_runner import BackupRunner`, as FACOT documents it."""

from facot_backups.model import FACOT_COLLECTIONS
from facot_backups.ui.api import BackupRunner, create_backup

DEFAULT_COLLECTIONS = list(FACOT_COLLECTIONS)

__all__ = ["DEFAULT_COLLECTIONS", "BackupRunner", "create_backup"]
