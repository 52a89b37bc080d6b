"""The backups of one folder copied into another, where the next ones are to be made.

Nothing is deleted in the old folder and nothing is overwritten in the new one. What was copied stays, so a
copy that was stopped, or met a full disk, goes on where it was. Both folders are locked meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facot_backups.archive.copying import CopyLinks, copied_files
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.reader import Backup, size_on_disk
from facot_backups.archive.repository import read_repository
from facot_backups.archive.space import free_bytes
from facot_backups.archive.store import LockedStore, Store
from facot_backups.errors import (
    BackupUnreadable,
    DamagedBackup,
    FacotBackupsError,
    NewerFormat,
    NoSpace,
    UsageError,
)
from facot_backups.events import Counted, Emit, PhaseStarted, Progressed
from facot_backups.operations.cancellation import Stop


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A backup that was not copied; `reason` is for the user."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Relocation:
    """What a copy came to: how many backups were `copied` now, and were `present` before.

    `linked`: files that the old backups share are shared by the copies too.
    """

    copied: int
    present: int
    left: tuple[LeftBehind, ...]
    linked: bool


def nothing() -> None:
    """The end of a copy after which nothing is to be done."""


def why_not(old: Path, new: Path) -> UsageError | None:
    """Why the backups of `old` cannot be copied to `new`; None if they can. Without a lock.

    Raises BackupDirUnusable.
    """
    if new.resolve().is_relative_to(old.resolve()):
        return UsageError("folder_within")
    mine, theirs = read_repository(old), read_repository(new)
    if theirs is not None and (mine is None or mine.id != theirs.id):
        return UsageError("folder_of_others")
    return None


def relocate(
    old: Store, new: Store, emit: Emit, stop: Stop, finish: Callable[[], None] = nothing
) -> Relocation:
    """Copy all that can be copied, oldest first, then do `finish` before the locks are let go.

    A damaged backup is left where it is. Raises UsageError where `why_not` says so, LockHeld, NoSpace,
    BackupDirUnusable, RepositoryGone, and Interrupted once `stop` is asked for.
    """
    problem = why_not(old.root, new.root)
    if problem is not None:
        raise problem
    with old.locked(), new.locked() as target:
        repository = old.repository()
        if repository is not None:
            target.take_identity(repository)
        result = _copy_all(old, target, emit, stop)
        target.receive_records(old, lambda _file, _size: stop.check())
        finish()
    return result


def _copy_all(old: Store, target: LockedStore, emit: Emit, stop: Stop) -> Relocation:
    backups = old.all_backups()[::-1]
    there: list[AnyBackup] = [*target.backups(), *target.old_backups()]
    links, left, present, missing = CopyLinks(), list[LeftBehind](), 0, list[AnyBackup]()
    for backup in backups:
        try:
            copy = _copy_of(backup, there)
            if copy is not None:
                links.note_present(backup, copy)
                present += 1
            else:
                copied_files(backup)
                missing.append(backup)
        except (DamagedBackup, BackupUnreadable, NewerFormat) as error:
            left.append(_left(backup, error))
    _check_room(missing, target)
    emit(PhaseStarted("copying"))
    emit(Counted(sum(map(_documents, missing))))
    done = copied = 0
    for backup in missing:
        try:
            target.receive(backup, links, _teller(backup, done, emit, stop))
            copied += 1
        except (DamagedBackup, BackupUnreadable, UsageError) as error:
            left.append(_left(backup, error))
        done += _documents(backup)
        emit(Progressed(str(backup.name), done))
    return Relocation(copied, present, tuple(left), not links.unsupported)


def _left(backup: AnyBackup, error: FacotBackupsError) -> LeftBehind:
    return LeftBehind(str(backup.name), error.words.what)


def _teller(backup: AnyBackup, before: int, emit: Emit, stop: Stop) -> Callable[[str, int], None]:
    """Tells of the documents copied, by the bytes of `backup` that are through."""
    total, documents = max(1, size_on_disk([backup])), _documents(backup)
    through = 0

    def tell(_file: str, size: int) -> None:
        nonlocal through
        stop.check()
        through += size
        emit(Progressed(str(backup.name), before + documents * min(through, total) // total))

    stop.check()
    return tell


def _documents(backup: AnyBackup) -> int:
    if isinstance(backup, OldBackup):
        return (backup.stated.total_documents or 0) if backup.stated is not None else 0
    return backup.proven().total_documents + backup.proven().nested_documents


def _copy_of(backup: AnyBackup, there: Sequence[AnyBackup]) -> Path | None:
    """Where a whole copy of `backup` is in the new folder already, among the backups `there`."""
    if isinstance(backup, Backup):
        metadata = backup.proven()
        return next((b.path for b in there if isinstance(b, Backup) and b.metadata == metadata), None)
    named = (b for b in there if isinstance(b, OldBackup) and b.name == backup.name)
    return next((b.path for b in named if _sizes(b) == _sizes(backup)), None)


def _sizes(backup: AnyBackup) -> dict[str, int]:
    try:
        return {name: (backup.path / name).lstat().st_size for name in copied_files(backup)}
    except OSError as error:
        raise BackupUnreadable("file_unread", place=backup.name, error=error) from error


def _check_room(missing: Sequence[AnyBackup], target: LockedStore) -> None:
    """Raises NoSpace if the new disk has no room even for what the copies will not share."""
    needed = size_on_disk(missing)
    if needed > free_bytes(target.root):
        raise NoSpace(target.root, needed)
