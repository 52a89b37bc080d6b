"""Builders of real backups on disk, for tests of the archive and of what stands on it."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from facot_backups.archive.metadata import FileEntry, Metadata, Trigger, local_text
from facot_backups.archive.reader import Backup
from facot_backups.archive.staging import Staging
from facot_backups.archive.store import LockedStore, Store
from facot_backups.events import Event, Warned
from facot_backups.model import EVERYTHING, Document, Scope, Source
from facot_backups.state import State
from tests.support.memory_disk import memory_disk

SOURCE = Source("facot-prueba")
NOON = datetime(2024, 11, 27, 12, 0, 5, 123456, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that goes on only when told; `sleep` moves it."""

    moment: datetime = NOON
    local: tzinfo = UTC

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - NOON).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def zone(self) -> tzinfo:
        return self.local


@dataclass
class Archive:
    """A backup folder with its state, clock and the warnings that it gave."""

    root: Path
    state_folder: Path
    clock: HandClock = field(default_factory=HandClock)
    warnings: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """A store as a new process would open it."""
        return Store(self.root, State(self.state_folder, self.emit), self.clock, self.emit)

    def emit(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.warnings.append(event.message)

    def backup(self, documents: Iterable[Document], **changes: Any) -> Backup:
        """One whole run: lock, write, link, publish."""
        with self.store.locked() as store:
            return run(store, documents, **changes)


def document(path: str, update_time: int = 0, **fields: Any) -> Document:
    return Document(tuple(path.split("/")), dict(sorted(fields.items())), update_time=update_time)


def run(store: LockedStore, documents: Iterable[Document], *, adopt: bool = False, **changes: Any) -> Backup:
    """Write `documents` in name order and publish them; `changes` are keys of the metadata."""
    clock = store.clock
    run_id = changes.setdefault("run_id", uuid.uuid4().hex)
    store.check_source(changes.get("source", SOURCE), adopt=adopt)
    with store.begin(run_id) as staging:
        files = fill(staging, documents, changes.get("scope", EVERYTHING))
        metadata = describe(clock.now(), clock.zone(), files, **changes)
        store.link_unchanged(staging, files, metadata.source, metadata.scope)
        return store.publish(staging, metadata)


def fill(staging: Staging, documents: Iterable[Document], scope: Scope = EVERYTHING) -> dict[str, FileEntry]:
    writer = staging.writer(scope)
    for one in documents:
        writer.add(one)
    return writer.finish()


def describe(moment: datetime, zone: tzinfo, files: Mapping[str, FileEntry], **changes: Any) -> Metadata:
    """Metadata of a complete manual backup of `files`, made at `moment`, but for `changes`."""
    trigger: Trigger = "manual"
    keys: dict[str, Any] = {
        "backup_date": moment.astimezone(zone).date(),
        "backup_time": local_text(moment, zone),
        "collections": tuple(files),
        "total_documents": sum(entry.documents for entry in files.values()),
        "errors": (),
        "tool": "facot-backups 0",
        "run_id": "run",
        "trigger": trigger,
        "scheduled_for": None,
        "label": False,
        "scope": EVERYTHING,
        "read_time": moment,
        "started_at": moment,
        "finished_at": moment,
        "timezone": "Etc/UTC",
        "source": SOURCE,
        "nested_documents": sum(entry.nested_documents for entry in files.values()),
        "server_count": None,
        "server_count_reason": "no se pidió",
        "reads": 0,
        "spot_check": 0,
        "files": dict(files),
    }
    return Metadata(**keys | changes)


def open_files() -> int:
    """How many files this process has open; 0 where the system does not say."""
    own = Path("/proc/self/fd")
    return len(list(own.iterdir())) if own.exists() else 0


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A fresh folder in memory where the system has such a disk: for tests of hundreds of small runs."""
    with tempfile.TemporaryDirectory(prefix="facot-backups-tests-", dir=memory_disk()) as folder:
        yield Path(folder)


def days_later(clock: HandClock, days: int = 1) -> date:
    clock.moment += timedelta(days=days)
    return clock.moment.date()
