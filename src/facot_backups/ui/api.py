"""The Python API that FACOT documents: functions and a runner that give plain dicts.

Nothing here raises for what can happen on a working day (no network, no credentials, a full disk): the
result says so, in Spanish. A caller's mistake raises UsageError.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypedDict

from facot_backups.app import logs, manual_backup, wiring
from facot_backups.app.backup_result import BackupResult, backup_result, failed_result
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.reader import size_on_disk
from facot_backups.archive.statistics import stats_of
from facot_backups.archive.store import Store
from facot_backups.clock import SystemClock
from facot_backups.errors import FacotBackupsError, ReadBudgetExceeded, SettingError, UsageError
from facot_backups.model import FACOT_COLLECTIONS
from facot_backups.operations.retention.cleanup import RetentionResult, clean_up
from facot_backups.operations.retention.plan import Decision
from facot_backups.settings import load_settings
from facot_backups.ui.api_restore import RestoreResult, restore_backup

__all__ = [
    "BackupResult",
    "BackupRunner",
    "BackupStats",
    "CleanupResult",
    "ListedBackup",
    "RestoreResult",
    "cleanup_old_backups",
    "create_backup",
    "get_backup_stats",
    "get_backups_to_delete",
    "restore_backup",
]


class ListedBackup(TypedDict):
    """One entry of `list_backups`. Unknown figures of a damaged or old backup are None.

    `backup_date` is FACOT's own name of `date`. `format` is `1`, or `facot2` for FACOT 2.0's own folders.
    """

    date: str
    backup_date: str
    path: str
    complete: bool
    documents: int | None
    size_bytes: int
    read_time: str | None
    trigger: str | None
    format: str


class RetentionEntry(TypedDict):
    """A folder that a cleanup judged. `action`: `deleted`, `would_delete` or `kept`; `reason` in Spanish."""

    date: str
    path: str
    reason: str
    action: str


class CleanupResult(TypedDict):
    """What `cleanup_old_backups` returns. With `dry_run`, `deleted` is what would be. `errors` in Spanish."""

    deleted: list[RetentionEntry]
    kept: list[RetentionEntry]
    errors: list[str]
    dry_run: bool
    retention_days: int
    backup_dir: str


class BackupStats(TypedDict):
    """What `get_backup_stats` returns. Dates are `YYYY-MM-DD`; a MB here is 1,048,576 bytes, as in FACOT."""

    backup_dir: str
    exists: bool
    total_backups: int
    total_size_bytes: int
    total_size_mb: float
    oldest_backup: str | None
    newest_backup: str | None
    backups_by_month: dict[str, int]


class BackupRunner:
    """Makes and lists the backups of one folder.

    `backup_dir` and `collections` stand for the settings; `client` is a google.cloud.firestore client
    whose database is read (through a channel of our own). `adopt_source`: the folder is to hold this
    database from now on, whatever it held. Making a runner connects to nothing. Raises SettingError.
    """

    def __init__(
        self,
        backup_dir: str | Path | None = None,
        collections: Sequence[str] | None = None,
        client: Any = None,
        *,
        adopt_source: bool = False,
    ) -> None:
        self._settings = load_settings(
            {"backup_dir": backup_dir, "collections": list(collections) if collections is not None else None}
        )
        self._client = client
        self._adopt_source = adopt_source

    @property
    def backup_dir(self) -> Path:
        """The folder of the backups, absolute."""
        return self._settings.backup_dir

    @property
    def collections(self) -> list[str]:
        """The collections that were chosen; FACOT's seven where none were (then all that exist are read)."""
        return list(self._settings.collections or FACOT_COLLECTIONS)

    @property
    def db(self) -> Any:
        """The google.cloud.firestore client; None if Firestore is not configured. It may be assigned.

        Without one that was given, it is made from the settings when it is first asked for.
        """
        if self._client is None:
            try:
                self._client = wiring.make_client(self._settings)
            except FacotBackupsError as error:
                logs.log_failure(str(error))
        return self._client

    @db.setter
    def db(self, client: Any) -> None:
        self._client = client

    def run_backup(self, date_str: str | None = None) -> BackupResult:
        """Make a backup now. `date_str` (`YYYY-MM-DD`) is a label: the data is of now.

        Takes the lock of the folder, reads Firestore, publishes a folder. Raises UsageError for a date that
        is none, SourceMismatch, and SettingError for an argument.
        """
        from facot_backups.operations.backup.run import BackupRequest

        label = _date(date_str) if date_str is not None else None
        day = label or SystemClock().now().astimezone(SystemClock().zone()).date()
        request = BackupRequest(
            scope=self._settings.scope,
            trigger="api",
            label=label,
            max_reads=self._settings.max_reads,
            adopt_source=self._adopt_source,
        )
        try:
            backup = manual_backup.back_up(self._settings, request, logs.log_event, client=self._client)
        except FacotBackupsError as error:
            if _is_callers_mistake(error):
                raise
            logs.log_failure(str(error))
            return failed_result(day, str(error))
        logs.log_backup(backup)
        return backup_result(backup)

    def backup_exists_for_date(self, date_str: str) -> bool:
        """Whether a complete backup bears the local date `date_str`. Raises UsageError for no date.

        One of FACOT 2.0's own counts as it did there: if it has its metadata.
        """
        wanted = _date(date_str)
        return any(_exists(backup) and backup.date == wanted for backup in self._backups())

    def get_backup_info(self, date_str: str) -> ListedBackup | None:
        """The newest backup for which `backup_exists_for_date`, as `list_backups` gives it, or None."""
        wanted = _date(date_str)
        found = (backup for backup in self._backups() if _exists(backup) and backup.date == wanted)
        return next(map(_listed, found), None)

    def list_backups(self) -> list[ListedBackup]:
        """All backups of the folder, damaged, incomplete and old ones too, newest first. Works offline.

        Raises RepositoryGone, BackupDirUnusable.
        """
        return [_listed(backup) for backup in self._backups()]

    def _store(self) -> Store:
        return wiring.open_store(self._settings, logs.log_event)

    def _backups(self) -> list[AnyBackup]:
        return self._store().all_backups()


def create_backup(backup_dir: str | Path | None = None) -> BackupResult:
    """Make a backup with the settings that count here. Like `BackupRunner().run_backup()`.

    A wrong setting in a file or variable is in `errors`; one in the argument raises SettingError.
    """
    try:
        runner = BackupRunner(backup_dir)
    except SettingError as error:
        if _is_callers_mistake(error):
            raise
        logs.log_failure(str(error))
        return failed_result(SystemClock().now().astimezone(SystemClock().zone()).date(), str(error))
    return runner.run_backup()


def cleanup_old_backups(
    backup_dir: str | Path | None = None, retention_days: int | None = None, dry_run: bool = False
) -> CleanupResult:
    """Delete backups older than `retention_days` (those of the settings for None), safely.

    With `dry_run` nothing is deleted. What stops it (an alarm, a lock, the disk) is in `errors`. Raises
    SettingError for a wrong argument: `0` never means "delete everything".
    """
    settings = load_settings({"backup_dir": backup_dir, "retention_days": retention_days})
    store = wiring.open_store(settings, logs.log_event)
    try:
        result = clean_up(store, wiring.policy(settings), settings.scope, logs.log_event, dry_run=dry_run)
    except FacotBackupsError as error:
        logs.RETENTION.error("[RETENTION] %s", error)
        result = RetentionResult((), (), (str(error),), (), dry_run)
    logs.log_retention(result)
    action = "would_delete" if dry_run else "deleted"
    return CleanupResult(
        deleted=[_judged(decision, action) for decision in result.deleted],
        kept=[_judged(decision, "kept") for decision in result.kept],
        errors=[*(alarm.message for alarm in result.alarms), *result.errors],
        dry_run=dry_run,
        retention_days=settings.retention_days,
        backup_dir=str(settings.backup_dir),
    )


def get_backups_to_delete(
    backup_dir: str | Path | None = None, retention_days: int | None = None
) -> list[str]:
    """The dates of the backups that `cleanup_old_backups` would delete now."""
    result = cleanup_old_backups(backup_dir, retention_days, dry_run=True)
    return [entry["date"] for entry in result["deleted"]]


def get_backup_stats(backup_dir: str | Path | None = None) -> BackupStats:
    """Figures about the backups: how many, how large, from when to when. Works offline.

    Raises SettingError, RepositoryGone, BackupDirUnusable.
    """
    settings = load_settings({"backup_dir": backup_dir})
    backups = wiring.open_store(settings, logs.log_event).all_backups()
    counting = [backup for backup in backups if backup.complete or isinstance(backup, OldBackup)]
    stats = stats_of(counting, size_on_disk(backups))
    return BackupStats(
        backup_dir=str(settings.backup_dir),
        exists=settings.backup_dir.is_dir(),
        total_backups=stats.total_backups,
        total_size_bytes=stats.total_size_bytes,
        total_size_mb=round(stats.total_size_bytes / (1024 * 1024), 2),
        oldest_backup=stats.oldest.isoformat() if stats.oldest else None,
        newest_backup=stats.newest.isoformat() if stats.newest else None,
        backups_by_month=stats.by_month,
    )


def _is_callers_mistake(error: FacotBackupsError) -> bool:
    """Whether the code that calls us must change, not the world around it."""
    if isinstance(error, SettingError):
        return error.origin == "argumento"
    return isinstance(error, UsageError) and not isinstance(error, ReadBudgetExceeded)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except (TypeError, ValueError):
        found = None
    if found is None or found.isoformat() != text:
        raise UsageError("no_date", text=text)
    return found


def _exists(backup: AnyBackup) -> bool:
    """Whether the day of `backup` has one."""
    return backup.stated is not None if isinstance(backup, OldBackup) else backup.complete


def _listed(backup: AnyBackup) -> ListedBackup:
    day = backup.date.isoformat()
    if isinstance(backup, OldBackup):
        return ListedBackup(
            date=day,
            backup_date=day,
            path=str(backup.path),
            complete=backup.complete,
            documents=backup.stated.total_documents if backup.stated else None,
            size_bytes=backup.size,
            read_time=None,
            trigger=None,
            format=backup.kind,
        )
    metadata = backup.metadata
    return ListedBackup(
        date=day,
        backup_date=day,
        path=str(backup.path),
        complete=backup.complete,
        documents=metadata.total_documents if metadata else None,
        size_bytes=backup.size,
        read_time=metadata.read_time.isoformat() if metadata else None,
        trigger=metadata.trigger if metadata else None,
        format="1",
    )


def _judged(decision: Decision, action: str) -> RetentionEntry:
    return RetentionEntry(
        date=decision.date.isoformat(), path=str(decision.path), reason=decision.reason, action=action
    )
