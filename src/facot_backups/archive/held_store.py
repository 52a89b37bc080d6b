"""A backup folder while this process holds its lock: what every step that writes there stands on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive.layout import STAGING_DIR, STATE_DIR
from facot_backups.archive.ledger import Ledger, LedgerEntry
from facot_backups.archive.lock import FolderLock
from facot_backups.archive.repository import Repository, location_warnings
from facot_backups.clock import Clock
from facot_backups.events import Emit, Warned
from facot_backups.model import Json
from facot_backups.state import State


@dataclass(frozen=True, slots=True)
class Holding:
    """The folder `root`, locked by `lock`, and what a step needs beside it."""

    root: Path
    state: State
    clock: Clock
    emit: Emit
    ledger: Ledger
    lock: FolderLock

    @property
    def own_folder(self) -> Path:
        """The `.facot` folder."""
        return self.root / STATE_DIR

    @property
    def staging_folder(self) -> Path:
        """Where backups come to be."""
        return self.own_folder / STAGING_DIR

    def still_ours(self, *, needs_room: bool = False) -> None:
        """Raises LockHeld if another computer took the lock from us, BackupDirUnusable.

        NoSpace, with `needs_room`, where the disk has none even for a note that the lock is ours.
        """
        self.lock.still_ours(needs_room=needs_room)

    def record(self, kind: str, outcome: str, **details: Json) -> None:
        """Write a line into the ledger, with the present time.

        Raises LockHeld if the lock is not ours any more, NoSpace, BackupDirUnusable.
        """
        self.still_ours()
        self.ledger.append(LedgerEntry(self.clock.now(), kind, outcome, details))

    def remember(self, repository: Repository) -> None:
        """Know this folder from now on: if its identity is gone one day, so is the disk."""
        known = self.state.known(self.root)
        if known is None or known.repository_id != repository.id:
            self.state.remember(self.root, repository.id, repository.source)

    def warn(self, message: str) -> None:
        """Tell the user something that does not stop the work."""
        self.emit(Warned(message))

    def warn_once(self, subject: str, message: str) -> None:
        """Warn, unless the user was warned of `subject` in this folder before."""
        if self.state.warn_once(self.root, subject):
            self.warn(message)

    def warn_of_location(self) -> None:
        """Warn, once, of what is risky about where the folder lies. Raises BackupDirUnusable."""
        with atomic.explained(self.root):
            warnings = location_warnings(self.root)
        for subject, message in warnings.items():
            self.warn_once(subject, message)
