"""Backups copied from one backup folder into another: each whole and proven, or not at all.

A copy comes to be in the staging folder, under a temporary name that no run bears, and gets its name by one
rename, as every backup does. Its bytes are read again from the new disk and compared with the proof of the
old ones. Files that the old backups share by hard links are shared by the copies too, where the disk can.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from facot_backups import atomic
from facot_backups.archive import journal, removal
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.held_store import Holding
from facot_backups.archive.layout import METADATA_FILE, BackupName
from facot_backups.archive.links import MAX_LINKS, cannot_link
from facot_backups.archive.publishing import free_name
from facot_backups.archive.reader import Backup, file_blocks, forget_cached, names_in
from facot_backups.atomic import Patience
from facot_backups.errors import BackupUnreadable, DamagedBackup, UsageError

Inode: TypeAlias = tuple[int, int]
# Told of a file's name and of the bytes of it that were just copied; may raise to stop the copy.
Tell: TypeAlias = Callable[[str, int], None]


@dataclass(slots=True)
class CopyLinks:
    """Where the files of the old folder are in the new one, by inode; `unsupported`: its disk links nothing.

    `unproven` are copies of an earlier time: they are read once before another backup relies on them.
    """

    places: dict[Inode, Path] = field(default_factory=dict)
    unproven: set[Inode] = field(default_factory=set)
    unsupported: bool = False

    def note_present(self, old: AnyBackup, copy: Path) -> None:
        """`copy` is a whole copy of `old` that was there before. Raises BackupUnreadable."""
        for name in copied_files(old):
            inode = inode_of(old.path / name)
            if inode not in self.places:
                self.places[inode] = copy / name
                self.unproven.add(inode)


def inode_of(path: Path) -> Inode:
    """What all links of a file share. Raises BackupUnreadable."""
    try:
        found = path.lstat()
    except OSError as error:
        place = f"{path.parent.name}/{path.name}"
        raise BackupUnreadable("file_unread", place=place, error=error) from error
    return found.st_dev, found.st_ino


def copied_files(backup: AnyBackup) -> Mapping[str, str | None]:
    """The names of the files of a backup, each with its SHA-256 where that is known, the metadata last.

    What a file browser left there is no part of it. Raises BackupUnreadable, and the backup's own problem.
    """
    if isinstance(backup, OldBackup):
        own = removal.file_names(backup)
        return {name: None for name in names_in(backup.path) if name in own}
    entries = {entry.file: entry.sha256 for entry in backup.proven().files.values()}
    return {**entries, METADATA_FILE: None}


def copy_backup(holding: Holding, backup: AnyBackup, links: CopyLinks, tell: Tell) -> Path:
    """Copy `backup`, of another folder, into the folder of `holding`; where it is then.

    It keeps its name unless something else bears it. Raises DamagedBackup or BackupUnreadable for the old
    one, NoSpace, BackupDirUnusable, LockHeld for the new folder, and what `tell` raises; then nothing stays.
    """
    holding.still_ours(needs_room=True)
    root = holding.root
    folder = holding.staging_folder / f"{atomic.TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    done: dict[Inode, Path] = {}
    try:
        with atomic.explained(root):
            folder.mkdir(atomic.FOLDER_MODE)
            for name, sha256 in copied_files(backup).items():
                done[inode_of(backup.path / name)] = folder / name
                _bring(backup.path / name, folder / name, sha256, links, tell)
            atomic.sync_folder(folder)
            holding.still_ours()
            target = root / str(_name_for(root, backup))
            atomic.rename(folder, target, Patience(holding.clock))
            atomic.sync_folder(root)
            atomic.sync_folder(folder.parent)
    except BaseException:
        discard(holding, folder)
        raise
    for inode, path in done.items():
        links.places.setdefault(inode, target / path.name)
    return target


def _name_for(root: Path, backup: AnyBackup) -> BackupName:
    if not os.path.lexists(root / str(backup.name)):
        return backup.name
    if isinstance(backup, Backup):
        return free_name(root, backup.proven())
    raise UsageError("name_taken", folder=root, backup=backup.name)


def discard(holding: Holding, folder: Path) -> None:
    """Remove what a copy left half done; what cannot be removed now, the next run removes."""
    with suppress(OSError):
        if os.path.lexists(folder):
            removal.move_to_trash(holding.root, folder, holding.clock)
            removal.empty_trash(holding.root, Patience(holding.clock, atomic.BRIEF.seconds))


def copy_journal(holding: Holding, old_root: Path, restore: str, tell: Tell) -> None:
    """Copy the journal of a restore, unless the folder has it. Raises as `copy_backup`."""
    source, target = journal.path_of(old_root, restore), journal.path_of(holding.root, restore)
    holding.still_ours(needs_room=True)
    with atomic.explained(holding.root):
        atomic.make_real_folder(target.parent)
        atomic.remove_temporaries(target.parent)
        if os.path.lexists(target):
            return
        temporary = target.with_name(f"{atomic.TEMPORARY_PREFIX}{secrets.token_hex(8)}")
        try:
            _copy(source, temporary, None, atomic.PRIVATE_MODE, tell)
            atomic.rename(temporary, target)
        except BaseException:
            with suppress(OSError):
                atomic.remove_file(temporary, atomic.BRIEF)
            raise
        atomic.sync_folder(target.parent)


def _bring(source: Path, target: Path, sha256: str | None, links: CopyLinks, tell: Tell) -> None:
    """Make `target` a link to the copy of `source` that is there, or a copy of its own."""
    inode = inode_of(source)
    if not _linked(inode, target, sha256, links):
        _copy(source, target, sha256, atomic.PUBLISHED_MODE, tell)
        links.places.pop(inode, None)  # the newest copy has the fewest links
    else:
        tell(source.name, target.lstat().st_size)


def _linked(inode: Inode, target: Path, sha256: str | None, links: CopyLinks) -> bool:
    copy = links.places.get(inode)
    if copy is None or sha256 is None or links.unsupported:
        return False
    try:
        if copy.lstat().st_nlink >= MAX_LINKS or (inode in links.unproven and _digest(copy) != sha256):
            return False
        os.link(copy, target)
    except DamagedBackup:
        return False
    except OSError as error:
        links.unsupported = cannot_link(error)
        return False
    links.unproven.discard(inode)
    return True


def _copy(source: Path, target: Path, sha256: str | None, mode: int, tell: Tell) -> None:
    digest = hashlib.sha256()
    descriptor = atomic.create_file(target, mode)
    try:
        for block in file_blocks(source):
            digest.update(block)
            atomic.write_all(descriptor, block)
            tell(source.name, len(block))
        atomic.sync_file(descriptor)
    finally:
        os.close(descriptor)
    if sha256 not in (None, digest.hexdigest()):
        place = f"{source.parent.name}/{source.name}"
        raise DamagedBackup("checksum_differs", place=place)
    forget_cached(target)
    if _digest(target) != digest.hexdigest():
        raise OSError(errno.EIO, "lo que se lee del disco no es lo que se acaba de escribir", str(target))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for block in file_blocks(path):
        digest.update(block)
    return digest.hexdigest()
