"""The store: the backups of one folder, and, under its lock, the only writer and deleter of them.

A backup comes to be in a staging folder and gets its name by one rename; it goes by one rename into the
trash. So whatever kills the process, a folder with a backup's name is a whole backup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive import journal, recovery
from facot_backups.archive.copying import CopyLinks, Tell, copy_backup, copy_journal
from facot_backups.archive.facot2 import AnyBackup, OldBackup, open_folder
from facot_backups.archive.held_store import Holding
from facot_backups.archive.journal_check import SpoiltJournal, examine
from facot_backups.archive.layout import LEDGER_FILE, STAGING_DIR, STATE_DIR, TRASH_DIR, BackupName
from facot_backups.archive.ledger import DAMAGED, Ledger, WaitingLedger
from facot_backups.archive.links import LinkReport, link_unchanged
from facot_backups.archive.listing import known_latest, latest_of, list_all, list_backups, list_old_backups
from facot_backups.archive.lock import HEARTBEAT_SECONDS, FolderLock, is_held
from facot_backups.archive.metadata import FileEntry, Metadata
from facot_backups.archive.publishing import publish
from facot_backups.archive.reader import Backup
from facot_backups.archive.removal import check_removable, move_to_trash
from facot_backups.archive.repository import (
    Repository,
    check_place,
    check_present,
    check_source,
    read_repository,
    write_repository,
)
from facot_backups.archive.staging import Staging
from facot_backups.atomic import Patience
from facot_backups.clock import Clock
from facot_backups.errors import BackupNotFound, FacotBackupsError, JournalNotFound, NoSpace, UsageError
from facot_backups.events import Emit, ignore
from facot_backups.model import EVERYTHING, Json, Scope, Source
from facot_backups.state import State
from facot_backups.text import one_line

LATEST = "latest"


class Store:
    """The backups in the folder `root`. Reading needs no lock, no network and no write access.

    `root` need not exist. Where a folder that is known is gone, every method raises RepositoryGone; where
    it cannot be used, BackupDirUnusable.
    """

    def __init__(self, root: Path, state: State, clock: Clock, emit: Emit = ignore) -> None:
        # Absolute from here on: the program around us may change its working directory.
        self.root = Path(root).absolute()
        self.state = state
        self.clock = clock
        self.emit = emit
        self.ledger = Ledger(self.root / STATE_DIR / LEDGER_FILE, self.root)

    def repository(self) -> Repository | None:
        """Whose backups these are; None before the first publish."""
        check_present(self.root, self.state)
        found = read_repository(self.root)
        if found is not None and found.source.emulator:
            self.state.keep_in_memory(self.root)
        return found

    def backups(self) -> list[Backup]:
        """All backups, damaged ones too, newest first by `read_time` (`list_backups`)."""
        check_present(self.root, self.state)
        return list_backups(self.root, self.clock.zone())

    def old_backups(self) -> list[OldBackup]:
        """FACOT 2.0's own folders, newest first; none of them is in `backups` or ever `latest`."""
        check_present(self.root, self.state)
        return list_old_backups(self.root)

    def all_backups(self) -> list[AnyBackup]:
        """`backups` and `old_backups` together, newest first, for what shows or counts them alike."""
        check_present(self.root, self.state)
        return list_all(self.root, self.clock.zone())

    def cut_restores(self) -> list[str]:
        """The ids of the restores that did not come to their end, oldest first; none while one may run.

        One whose journal cannot be read is `spoilt_journals`' to tell. Raises BackupDirUnusable.
        """
        cut = journal.cut(self.root)
        if not cut or is_held(self.root, self.root / STATE_DIR, self.state, self.clock):
            return []
        # Without what it kept, nothing was written.
        kept = {backup.metadata.scope.restore for backup in self.backups() if backup.metadata is not None}
        return [restore for restore in cut if restore in kept]

    def spoilt_journals(self, backups: Iterable[AnyBackup]) -> list[SpoiltJournal]:
        """What is wrong with the journals of the restores that published a `.pre-restore` of `backups`."""
        found: list[SpoiltJournal | None] = []
        for backup in backups:
            metadata = backup.metadata if isinstance(backup, Backup) else None
            if metadata is not None and metadata.scope.restore is not None:
                with suppress(JournalNotFound):
                    found.append(examine(self.root, metadata.scope.restore, str(backup.name)))
        return [one for one in found if one is not None]

    def find(self, name: str, scope: Scope = EVERYTHING) -> AnyBackup:
        """The backup whose folder is `name`, also one of FACOT 2.0's own.

        For `latest`, the newest that counts and covers `scope`. Raises BackupNotFound; BackupUnreadable
        where nobody can say which is the latest.
        """
        found: AnyBackup | None
        if name == LATEST:
            repository = self.repository()
            found = known_latest(self.backups(), repository.source, scope) if repository is not None else None
        else:
            check_present(self.root, self.state)
            found = open_folder(self.root / name) if BackupName.parse(name) is not None else None
        if found is None:
            raise BackupNotFound(name, self.root)
        return found

    def latest(self, source: Source, scope: Scope) -> Backup | None:
        """The newest complete backup of `source` whose scope covers `scope`."""
        return latest_of(self.backups(), source, scope)

    @contextmanager
    def locked(
        self, *, create: bool = False, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> Iterator[LockedStore]:
        """Take the lock, mend what a killed run left, and give the store that may write.

        `create`: begin anew where a known folder is gone. The folder is created if it is not there. A disk
        with no room left can be locked: what frees space needs none. Raises LockHeld, NoSpace.
        """
        if create:
            check_place(self.root)
        else:
            check_present(self.root, self.state)
        own = self.root / STATE_DIR
        with atomic.explained(self.root):
            atomic.make_folder(self.root)
            for folder in (own, own / STAGING_DIR, own / TRASH_DIR):
                atomic.make_real_folder(folder)
        with FolderLock(
            self.root, own, self.state, self.clock, self.emit, heartbeat_seconds=heartbeat_seconds
        ) as lock:
            holding = Holding(self.root, self.state, self.clock, self.emit, self.ledger, lock)
            yield LockedStore(holding)


class LockedStore:
    """The store while this process holds its lock; made by `Store.locked` alone, and mended by then.

    `recovered`: the backups that a killed run had finished and that were published now. `interrupted`: the
    ids of the runs whose remains were removed. Every method that writes first checks that the lock is
    still ours, and raises LockHeld if not; NoSpace and BackupDirUnusable for the disk's faults.
    """

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._adopt = False
        self._kept: Counter[str] | None = None  # as `recovery.kept_restores`, once a deletion needed it
        self.root = holding.root
        self.clock = holding.clock
        ledger = WaitingLedger(holding.ledger.path, holding.ledger.shown)
        done = recovery.recover(replace(holding, ledger=ledger))
        try:
            ledger.catch_up()
        except NoSpace as error:
            holding.warn(f"No hay sitio para anotar lo que dejó una ejecución anterior. {one_line(error)}")
        self.recovered = done.published
        self.interrupted = done.interrupted
        repository = read_repository(self.root)
        if repository is not None and self.backups():
            holding.remember(repository)

    def backups(self) -> list[Backup]:
        """All backups, as `Store.backups` gives them."""
        return list_backups(self.root, self.clock.zone())

    def old_backups(self) -> list[OldBackup]:
        """FACOT 2.0's own folders, as `Store.old_backups` gives them."""
        return list_old_backups(self.root)

    def latest(self, source: Source, scope: Scope) -> Backup | None:
        """The newest complete backup of `source` whose scope covers `scope`."""
        return latest_of(self.backups(), source, scope)

    def check_source(self, source: Source, *, adopt: bool = False) -> None:
        """Refuse a source other than the repository's, before anything is read.

        With `adopt`, the next publish makes `source` the repository's. Warns, once, of a risky place. Raises
        SourceMismatch.
        """
        check_source(read_repository(self.root), source, adopt=adopt)
        self._adopt = adopt
        if source.emulator:
            self._holding.state.keep_in_memory(self.root)
        if self._holding.state.remembers(self.root):  # else every run would warn
            self._holding.warn_of_location()

    @contextmanager
    def begin(self, run_id: str) -> Iterator[Staging]:
        """A new staging folder for the run, removed at the end unless it was published, whatever happens.

        Raises ValueError for a `run_id` that is no plain name or was used, NoSpace at once on a full disk.
        """
        self._holding.still_ours(needs_room=True)
        staging = Staging(self.root, run_id, self._needed(), Patience(self.clock))
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

        What is wrong with files of that backup is in the report and in a Warned; damage, in the ledger too.
        Raises DamagedBackup if a fresh file does not read back as it was written.
        """
        previous = self.latest(source, scope)
        if previous is None or previous.metadata is None:
            return LinkReport()
        with atomic.explained(self.root):
            report = link_unchanged(
                staging.path, files, previous.path, previous.metadata.files, Patience(self.clock)
            )
        for damage in report.damage:
            self._holding.warn(f"Backup dañado: {damage.path}: {damage.problem}. La copia nueva está entera.")
        if report.damage:
            files_damaged = [damage.path.name for damage in report.damage]
            self.record("proof", DAMAGED, backup=str(previous.name), files=files_damaged)
        for missed in report.unread:
            self._holding.warn(
                f"{missed.path}, del backup anterior: {missed.problem}. El nuevo lleva su propia copia, "
                f"entera. Compruebe el anterior con: facot-backups verify {previous.name}"
            )
        if report.unsupported:
            self._holding.warn_once(
                "links",
                f"El disco de {self.root} no admite enlaces: cada backup ocupará su tamaño completo, también "
                "lo que no cambia.",
            )
        return report

    def publish(self, staging: Staging, metadata: Metadata) -> Backup:
        """Write the metadata, and give the staging folder its name: from then on it is a backup.

        The name follows from the metadata: `.pre-restore` by its trigger, `.incomplete` by its errors. The
        first publish gives the folder its identity. Raises ValueError if the staging folder does not hold
        just the files of the metadata, SourceMismatch for another source that was not adopted.
        """
        staging.write_metadata(metadata)
        self._kept = None
        backup = publish(self._holding, staging, metadata, adopt=self._adopt)
        staging.published = True
        return backup

    def take_identity(self, repository: Repository) -> None:
        """Make the folder, which has no identity or this one, the home of backups copied from another.

        Raises UsageError if it holds other backups.
        """
        present = read_repository(self.root)
        if present is None and not self.old_backups():
            self._holding.still_ours(needs_room=True)
            with atomic.explained(self.root):
                write_repository(self.root, repository, Patience(self.clock))
        elif present is None or present.id != repository.id:
            raise UsageError("other_backups", folder=self.root)

    def receive(self, backup: AnyBackup, links: CopyLinks, tell: Tell) -> Path:
        """Copy a backup of another folder into this one, proven, by one rename (`copy_backup`)."""
        return copy_backup(self._holding, backup, links, tell)

    def receive_records(self, other: Store, tell: Tell) -> None:
        """Take in what travels with the backups of `other`: the journals of its restores, its ledger.

        The folder is known from then on. Raises as `receive`.
        """
        with atomic.explained(other.root):
            restores = journal.ids(other.root)
        for restore in restores:
            copy_journal(self._holding, other.root, restore, tell)
        self._holding.still_ours(needs_room=True)
        self._holding.ledger.absorb(other.ledger)
        repository = read_repository(self.root)
        if repository is not None:
            self._holding.remember(repository)

    def delete(self, backup: AnyBackup) -> None:
        """Delete a backup of this folder: into the trash by one rename, then file by file.

        One of FACOT 2.0's own goes the same way. Raises UsageError for a folder that holds anything but a
        backup's files, or one of a newer format.
        """
        self._holding.still_ours()
        with atomic.explained(self.root):
            check_removable(self.root, backup)
            move_to_trash(self.root, backup.path, self.clock)
        restore = backup.proven().scope.restore if isinstance(backup, Backup) else None
        if restore is not None:
            self._forget_journal(restore)
        recovery.empty_trash(self._holding)

    def _forget_journal(self, restore: str) -> None:
        """Remove the journal of a restore whose last `.pre-restore` was deleted just now."""
        if self._kept is None:  # the folder is listed once, however many are deleted
            self._kept = recovery.kept_restores(self._holding)
        else:
            self._kept[restore] -= 1
        if self._kept is not None and self._kept[restore] <= 0:
            with suppress(JournalNotFound):  # the metadata may say what no restore was ever called
                recovery.remove_journal(self._holding, restore)

    def record(self, kind: str, outcome: str, **details: Json) -> None:
        """Write a line into the ledger, with the present time."""
        self._holding.record(kind, outcome, **details)

    def still_ours(self) -> None:
        """Raises LockHeld if another computer took the lock from us."""
        self._holding.still_ours()

    def _needed(self) -> int:
        """What a backup takes, by the newest complete one; 0 without any."""
        proven = (b.metadata for b in self.backups() if b.complete and b.metadata is not None)
        return next((sum(e.bytes for e in metadata.files.values()) for metadata in proven), 0)
