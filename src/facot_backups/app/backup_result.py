"""The result of a backup as a plain dict, for programs."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from facot_backups.archive.reader import Backup


class ExportedCollection(TypedDict):
    """A collection of a finished run: `count` root documents, `nested_count` below them, the file's path."""

    count: int
    nested_count: int
    file: str


class BackupResult(TypedDict):
    """What `create_backup` and `run_backup` return.

    `success` means a complete backup. `backup_path` is None if nothing was published. `date` is local,
    `YYYY-MM-DD`. `errors` are Spanish texts. `read_time` is the instant of the data, ISO, UTC.
    """

    success: bool
    date: str
    backup_path: str | None
    collections: dict[str, ExportedCollection]
    errors: list[str]
    total_documents: int
    nested_documents: int
    read_time: str | None
    reads: int


def failed_result(day: date, reason: str) -> BackupResult:
    """The result of a run that published nothing; `reason` in Spanish."""
    return BackupResult(
        success=False,
        date=day.isoformat(),
        backup_path=None,
        collections={},
        errors=[reason],
        total_documents=0,
        nested_documents=0,
        read_time=None,
        reads=0,
    )


def backup_result(backup: Backup) -> BackupResult:
    """The result of a run that published `backup`."""
    metadata = backup.proven()
    return BackupResult(
        success=backup.complete,
        date=metadata.backup_date.isoformat(),
        backup_path=str(backup.path),
        collections={
            collection: ExportedCollection(
                count=entry.documents,
                nested_count=entry.nested_documents,
                file=str(backup.path / entry.file),
            )
            for collection, entry in metadata.files.items()
        },
        errors=list(metadata.errors),
        total_documents=metadata.total_documents,
        nested_documents=metadata.nested_documents,
        read_time=metadata.read_time.isoformat(),
        reads=metadata.reads,
    )
