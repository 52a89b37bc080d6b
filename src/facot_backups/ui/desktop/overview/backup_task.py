"""A backup that a person asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.desktop.session import Session


@dataclass(frozen=True, slots=True)
class Made:
    """What was published. `documents` counts nested ones too; `errors`, Spanish, are empty if `complete`."""

    name: str
    path: Path
    complete: bool
    documents: int
    nested: int
    size_bytes: int
    seconds: float
    errors: tuple[str, ...]


def back_up(
    session: Session, emit: Emit, stop: Stop, *, create: bool = False, adopt_source: bool = False
) -> Made:
    """Make a backup now; `create` and `adopt_source` as in `BackupRequest`. Raises FacotBackupsError."""
    from facot_backups.operations.backup.run import BackupRequest

    settings = session.settings()
    request = BackupRequest(
        scope=settings.scope,
        trigger="manual",
        max_reads=settings.max_reads,
        adopt_source=adopt_source,
        create=create,
    )
    metadata = (backup := session.back_up(request, emit, stop)).proven()
    return Made(
        name=str(backup.name),
        path=backup.path,
        complete=backup.complete,
        documents=metadata.total_documents + metadata.nested_documents,
        nested=metadata.nested_documents,
        size_bytes=sum(entry.bytes for entry in metadata.files.values()),
        seconds=(metadata.finished_at - metadata.started_at).total_seconds(),
        errors=metadata.errors,
    )
