"""The store: the backups of one folder, and, under its lock, the only writer and deleter of them.

A backup comes to be in a staging folder and gets its name by one rename; it goes by one rename into the
trash. So whatever kills the process, a folder with a backup's name is a whole backup.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive import recovery
from facot_backups.archive.layout import LEDGER_FILE, STAGING_DIR, STATE_DIR, TRASH_DIR
from facot_backups.archive.ledger import Ledger, LedgerEntry
from facot_backups.archive.links import LinkReport, link_unchanged
from facot_backups.archive.lock import HEARTBEAT_SECONDS, FolderLock
from facot_backups.archive.metadata import FileEntry, Metadata
from facot_backups.archive.publishing import publish
from facot_backups.archive.reader import Backup, open_backup
from facot_backups.archive.removal import check_removable, move_to_trash
from facot_backups.archive.repository import (
    Repository,
    check_present,
    check_source,
    location_warnings,
    read_repository,
)
from facot_backups.archive.staging import Staging
from facot_backups.clock import Clock
from facot_backups.errors import BackupNotFound, FacotBackupsError
from facot_backups.events import Emit, Warned, ignore
from facot_backups.model import EVERYTHING, Json, Scope, Source
from facot_backups.state import State

LATEST = "latest"


class Store:
    """The backups in the folder `root`. Reading needs no lock, no network and no write access.

    Raises nothing by itself; `root` need not exist.
    """

    def __init__(self, root: Path, state: State, clock: Clock, emit: Emit = ignore) -> None:
        # Absolute from here on: the program around us may change its working directory.
        self.root = Path(root).absolute()
        self.state = state
        self.clock = clock
        self.emit = emit
        self.folder = self.root / STATE_DIR
        self.ledger = Ledger(self.folder / LEDGER_FILE, self.root)

    def repository(self) -> Repository | None:
        """Whose backups these are; None before the first publish.

        Raises RepositoryGone, BackupDirUnusable.
        """
        return check_present(self.root, self.state)

    def backups(self) -> list[Backup]:
        """All folders that bear a backup's name, damaged ones too, newest first by `read_time`.

        A damaged one stands where its name's date puts it. What is not ours (other names, files, links) is
        left out. A `root` that does not exist holds none. Raises RepositoryGone for a known folder that is
        gone, BackupDirUnusable if the folder cannot be read.
        """
        self.repository()
        with atomic.explained(self.root):
            try:
                paths = list(self.root.iterdir())
            except FileNotFoundError:
                return []
        found = [backup for path in paths if (backup := open_backup(path)) is not None]
        return sorted(found, key=lambda backup: (self._moment(backup), str(backup.name)), reverse=True)

    def find(self, name: str, scope: Scope = EVERYTHING) -> Backup:
        """The backup whose folder is `name`; for `latest`, the newest that counts and covers `scope`.

        Raises BackupNotFound, RepositoryGone, BackupDirUnusable.
        """
        if name == LATEST:
            repository = self.repository()
            found = self.latest(repository.source, scope) if repository is not None else None
        else:
            found = next((backup for backup in self.backups() if str(backup.name) == name), None)
        if found is None:
            raise BackupNotFound(name, self.root)
        return found

    def latest(self, source: Source, scope: Scope) -> Backup | None:
        """The newest complete backup of `source` whose scope covers `scope`. Raises as `backups` does."""
        for backup in self.backups():
            metadata = backup.metadata if backup.complete else None
            if metadata is not None and metadata.source == source and metadata.scope.covers(scope):
                return backup
        return None

    @contextmanager
    def locked(
        self, *, create: bool = False, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> Iterator[LockedStore]:
        """Take the lock, mend what a killed run left, and give the store that may write.

        `create`: begin anew where a known folder is gone. The folder is created if it is not there. Raises
        RepositoryGone, LockHeld, NoSpace, BackupDirUnusable.
        """
        check_present(self.root, self.state, create=create)
        with atomic.explained(self.root):
            atomic.make_folder(self.root)
            for folder in (self.folder, self.folder / STAGING_DIR, self.folder / TRASH_DIR):
                atomic.make_real_folder(folder)
        with FolderLock(
            self.root, self.folder, self.state, self.clock, heartbeat_seconds=heartbeat_seconds
        ) as lock:
            self._warn_of_location()
            store = LockedStore(self, lock, create=create)
            store.recover()
            yield store

    def warn_once(self, subject: str, message: str) -> None:
        """Emit a warning, unless this folder was warned of `subject` before."""
        if self.state.warn_once(self.root, subject):
            self.emit(Warned(message))

    def _warn_of_location(self) -> None:
        with atomic.explained(self.root):
            warnings = location_warnings(self.root)
        for subject, message in warnings.items():
            self.warn_once(subject, message)

    def _moment(self, backup: Backup) -> datetime:
        if backup.metadata is not None:
            return backup.metadata.read_time
        local = datetime.combine(backup.name.date, backup.name.time or time(), self.clock.zone())
        return local.astimezone(UTC)


class LockedStore:
    """The store while this process holds its lock; made by `Store.locked` alone.

    `recovered`: the backups that a killed run had finished and that were published now. `interrupted`: the
    ids of the runs whose remains were removed. Every method that writes first checks that the lock is
    still ours, and raises LockHeld if not; NoSpace and BackupDirUnusable for the disk's faults.
    """

    def __init__(self, store: Store, lock: FolderLock, *, create: bool) -> None:
        self.store = store
        self.recovered: tuple[Backup, ...] = ()
        self.interrupted: tuple[str, ...] = ()
        self._lock = lock
        self._create = create
        self._adopt = False

    def recover(self) -> None:
        """Publish what a killed run had finished, remove its other remains, empty the trash."""
        done = recovery.recover(self)
        self.recovered, self.interrupted = done.published, done.interrupted
        repository = read_repository(self.store.root)
        if repository is not None and not self._create and self.store.backups():
            self.remember(repository)

    def check_source(self, source: Source, *, adopt: bool = False) -> None:
        """Refuse a source other than the repository's, before anything is read.

        With `adopt`, the next publish makes `source` the repository's. Raises SourceMismatch.
        """
        check_source(read_repository(self.store.root), source, adopt=adopt)
        self._adopt = adopt

    @contextmanager
    def begin(self, run_id: str) -> Iterator[Staging]:
        """A new staging folder for the run, removed at the end unless it was published, whatever happens.

        Raises ValueError for a `run_id` that is no plain name or was used.
        """
        self.still_ours()
        staging = Staging(self.store.root, run_id, self._needed())
        staging.create()
        try:
            yield staging
        except BaseException as error:
            try:
                staging.remove()
            except (FacotBackupsError, OSError) as fault:  # the error that ended the run is the one to tell
                error.add_note(f"Tampoco se pudo quitar {staging.path}: {fault}")
            raise
        staging.remove()

    def link_unchanged(
        self, staging: Staging, files: dict[str, FileEntry], source: Source, scope: Scope
    ) -> LinkReport:
        """Make files that equal those of the latest backup of `source` and `scope` links to them.

        A damaged file of that backup is in the report and in a Warned. Raises DamagedBackup if a fresh file
        does not read back.
        """
        previous = self.store.latest(source, scope)
        if previous is None or previous.metadata is None:
            return LinkReport()
        with atomic.explained(self.store.root):
            report = link_unchanged(staging.path, files, previous.path, previous.metadata.files)
        for damage in report.damage:
            self.store.emit(
                Warned(f"Backup dañado: {damage.path}: {damage.problem}. La copia nueva es entera.")
            )
        if report.unsupported:
            self.store.warn_once(
                "links",
                f"El disco de {self.store.root} no admite enlaces: cada backup ocupará su tamaño completo, "
                "también lo que no cambia.",
            )
        return report

    def publish(self, staging: Staging, metadata: Metadata) -> Backup:
        """Write the metadata, and give the staging folder its name: from then on it is a backup.

        The name follows from the metadata: `.pre-restore` by its trigger, `.incomplete` by its errors. The
        first publish gives the folder its identity. Raises ValueError if the staging folder does not hold
        just the files of the metadata, SourceMismatch for another source that was not adopted.
        """
        staging.write_metadata(metadata)
        backup = publish(self, staging, metadata, adopt=self._adopt)
        staging.published = True
        return backup

    def delete(self, backup: Backup) -> None:
        """Delete a backup of this folder: into the trash by one rename, then file by file.

        Raises UsageError for a folder that holds anything but a backup's files, or one of a newer format.
        """
        self.still_ours()
        check_removable(self.store.root, backup)
        with atomic.explained(self.store.root):
            move_to_trash(self.store.root, backup.path, self.store.clock)
        recovery.empty_trash(self)

    def record(self, kind: str, outcome: str, **details: Json) -> None:
        """Write a line into the ledger, with the present time."""
        self.store.ledger.append(LedgerEntry(self.store.clock.now(), kind, outcome, details))

    def still_ours(self) -> None:
        """Raises LockHeld if another computer took the lock from us."""
        self._lock.still_ours()

    def remember(self, repository: Repository) -> None:
        """Know this folder from now on: if its identity is gone one day, so is the disk."""
        known = self.store.state.known(self.store.root)
        if known is None or known.repository_id != repository.id:
            self.store.state.remember(self.store.root, repository.id, repository.source)

    def _needed(self) -> int:
        """What a backup takes, by the newest complete one; 0 without any."""
        proven = (b.metadata for b in self.store.backups() if b.complete and b.metadata is not None)
        return next((sum(e.bytes for e in metadata.files.values()) for metadata in proven), 0)
