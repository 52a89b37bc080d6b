"""What a restore keeps before it writes: the `.pre-restore` backup, from which it can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from facot_backups.archive.metadata import FileEntry, Metadata, local_text
from facot_backups.archive.reader import Backup
from facot_backups.archive.store import LockedStore
from facot_backups.events import Emit, PhaseStarted
from facot_backups.model import Document, DocumentPath, Scope, Write
from facot_backups.operations.restore.plan import Plan
from facot_backups.version import __version__

_NOT_COUNTED = "un .pre-restore guarda solo lo que la restauración cambia"


def keep_earlier(locked: LockedStore, plan: Plan, restore: str, started_at: datetime, emit: Emit) -> Backup:
    """Publish the earlier content of every document that the plan changes or deletes; also if there is none.

    Raises NoSpace, BackupDirUnusable, LockHeld: then nothing was published.
    """
    emit(PhaseStarted("keeping"))
    with locked.begin(restore) as staging:
        writer = staging.writer(_scope(restore))
        total = plan.total
        for document in earlier(plan.in_name_order()) if total.change or total.delete else ():
            writer.add(document)
        files = writer.finish()
        return locked.publish(staging, _metadata(locked, plan, restore, started_at, files))


def earlier(writes: Iterable[Write]) -> Iterator[Document]:
    """The documents as they were, in name order.

    One that the plan creates did not exist: it is `missing` where something below it was there. A parent
    that the plan does not touch is left to the writer, who marks it unread.
    """
    absent: list[DocumentPath] = []
    for write in writes:
        while absent and write.path[: len(absent[-1])] != absent[-1]:
            absent.pop()
        if write.before is None:
            absent.append(write.path)
            continue
        yield from (Document(path, {}, None, "missing") for path in absent)
        absent.clear()
        yield write.before


def _scope(restore: str) -> Scope:
    return Scope(collections=(), restore=restore)


def _metadata(
    locked: LockedStore, plan: Plan, restore: str, started_at: datetime, files: dict[str, FileEntry]
) -> Metadata:
    clock = locked.clock
    zone = clock.zone()
    return Metadata(
        backup_date=started_at.astimezone(zone).date(),
        backup_time=local_text(started_at, zone),
        collections=tuple(files),
        total_documents=sum(entry.documents for entry in files.values()),
        errors=(),
        tool=f"facot-backups {__version__}",
        run_id=restore,
        trigger="pre-restore",
        scheduled_for=None,
        label=False,
        scope=_scope(restore),
        read_time=plan.facts.read_time,
        started_at=started_at,
        finished_at=clock.now(),
        timezone=str(zone),
        source=plan.facts.target,
        nested_documents=sum(entry.nested_documents for entry in files.values()),
        server_count=None,
        server_count_reason=_NOT_COUNTED,
        reads=plan.reads,
        spot_check=0,
        files=files,
    )
