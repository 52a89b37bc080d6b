"""Published backups, read. Nothing outside a backup's own folder is ever opened, whatever its files say.

What does not bear one of our names, and a link of any kind, is not ours: `open_backup` gives None. A
folder that bears our name but does not prove itself is a damaged backup, one that the disk does not let us
read now an unreadable one; never an exception, so that a listing shows it.

What the disk refuses is BackupUnreadable and may be over in a moment. DamagedBackup is what was read and is
not right.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, TypeAlias

from facot_backups import atomic
from facot_backups.archive.collection_file import Note, decode, split_lines
from facot_backups.archive.layout import METADATA_FILE, BackupName
from facot_backups.archive.metadata import MAX_METADATA_BYTES, FileEntry, Metadata, parse
from facot_backups.archive.parse_cache import ParseCache
from facot_backups.errors import BackupUnreadable, DamagedBackup, FacotBackupsError, NewerFormat, UsageError
from facot_backups.model import Document

Kind: TypeAlias = Literal["complete", "incomplete", "pre-restore", "damaged", "newer", "unreadable"]

BLOCK_BYTES = 2**20
# For the panel and the scheduler, which look again and again.
_parsed: ParseCache[Metadata] = ParseCache()

_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)  # Windows
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO under our name must not hang us
)


@dataclass(frozen=True, slots=True)
class Backup:
    """A folder of ours as it was when it was opened.

    `metadata` is None where the folder does not prove itself; then `problem` says why, for the user.
    """

    path: Path
    name: BackupName
    metadata: Metadata | None
    problem: FacotBackupsError | None = None

    @property
    def kind(self) -> Kind:
        """What the backup is: by its name, once its metadata proves it."""
        if self.metadata is not None:
            return self.name.suffix or "complete"
        match self.problem:
            case NewerFormat():
                return "newer"
            case BackupUnreadable():
                return "unreadable"
        return "damaged"

    @property
    def complete(self) -> bool:
        """Whether it counts as a backup: nothing is missing from it, and its metadata is whole."""
        return self.kind == "complete"

    @property
    def date(self) -> date:
        """The local date that it bears: `backup_date`, or its name's where there is no metadata."""
        return self.metadata.backup_date if self.metadata is not None else self.name.date

    @property
    def size(self) -> int:
        """Bytes of its files on disk, an inode counted once; 0 if the folder cannot be read."""
        return size_on_disk([self])

    def documents(self, collection: str, *, note: Note | None = None) -> Iterator[Document]:
        """The documents of a root collection, in name order, marked ones too; memory holds the open path.

        `note` as in `parsing.decode`. Raises UsageError for a collection that the backup does not hold,
        the backup's own `problem` if it has one, DamagedBackup as soon as the file is not what it should be,
        BackupUnreadable if it cannot be read. Hashes and counts are `verify`'s to check.
        """
        place = f"{self.name}/{self.entry(collection).file}"
        lines = split_lines(self.blocks(collection), place)
        return decode(lines, collection, place, scope=self.proven().scope, note=note)

    def blocks(self, collection: str) -> Iterator[bytes]:
        """The bytes of a collection's file, in blocks. Raises as `documents` does, and reads lazily."""
        return file_blocks(self.path / self.entry(collection).file)

    def entry(self, collection: str) -> FileEntry:
        """What the metadata says of a root collection's file. Raises as `documents` does."""
        entry = self.proven().files.get(collection)
        if entry is None:
            raise UsageError("no_such_collection", backup=self.name, collection=collection)
        return entry

    def proven(self) -> Metadata:
        """The metadata; raises the backup's `problem` if it has none."""
        if self.metadata is None:
            raise self.problem or DamagedBackup("no_metadata", backup=self.name)
        return self.metadata


def open_backup(path: Path) -> Backup | None:
    """The backup in the folder `path`; None if that is not one of ours.

    Reads the metadata, nothing else, and that not again while its file is unchanged. Never raises for what
    the folder holds: then it is a damaged one, or an unreadable one.
    """
    name = BackupName.parse(path.name)
    if name is None:
        return None
    # A folder of FACOT 2.0 bears our name too; `facot2.open_folder` tells it, here it is damaged.
    try:
        if not is_own_folder(path):
            return None
    except FacotBackupsError as problem:
        return Backup(path, name, None, problem)
    found = _opened(path, name)
    if isinstance(found.problem, DamagedBackup):  # once more: one false read is no fact
        del found  # its error holds what was read
        forget_cached(path / METADATA_FILE)
        found = _opened(path, name)
    return found


def _opened(path: Path, name: BackupName) -> Backup:
    try:
        return Backup(path, name, _metadata_in(path))
    except FacotBackupsError as problem:
        return Backup(path, name, None, problem)


def _metadata_in(folder: Path) -> Metadata:
    """Raises as `metadata_bytes` and `metadata.parse`."""
    place = f"{folder.name}/{METADATA_FILE}"
    return _parsed.value(
        folder / METADATA_FILE, lambda: metadata_bytes(folder), lambda data: parse(data, place)
    )


def metadata_bytes(folder: Path) -> bytes:
    """The bytes of a backup's metadata file. Raises as `file_blocks`; DamagedBackup if it is far too big."""
    data = bytearray()
    for block in file_blocks(folder / METADATA_FILE):
        data += block
        if len(data) > MAX_METADATA_BYTES:
            raise DamagedBackup("file_huge", place=f"{folder.name}/{METADATA_FILE}")
    return bytes(data)


def names_in(folder: Path) -> list[str]:
    """All names in a backup's folder, sorted. Raises BackupUnreadable."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise BackupUnreadable("folder_unread", place=folder.name, error=error) from error


class Folder(Protocol):
    """A backup of any kind, as far as its size goes."""

    @property
    def path(self) -> Path:
        """The folder."""


def size_on_disk(backups: Iterable[Folder]) -> int:
    """Bytes of all their files together, a file that several of them share (an inode) counted once.

    What cannot be read (its permissions, a cleanup at the same time) counts nothing.
    """
    inodes: dict[tuple[int, int], int] = {}
    for backup in backups:
        for path in _paths_in(backup.path):
            with suppress(OSError):
                found = path.lstat()  # on Windows `DirEntry.stat` knows no inode
                if stat.S_ISREG(found.st_mode):
                    inodes[found.st_dev, found.st_ino] = found.st_size
    return sum(inodes.values())


def _paths_in(folder: Path) -> list[Path]:
    with suppress(OSError):
        return list(folder.iterdir())
    return []


def is_own_folder(path: Path) -> bool:
    """Whether `path` is a folder itself: no symbolic link, and no junction of Windows.

    Raises BackupUnreadable if the disk does not say.
    """
    try:
        return atomic.is_real_folder(path)
    except OSError as error:
        raise BackupUnreadable("folder_unread", place=path.name, error=error) from error


def file_blocks(path: Path, size: int = BLOCK_BYTES, start: int = 0) -> Generator[bytes, None, None]:
    """The bytes of a regular file from `start` on, in blocks of at most `size`, read lazily.

    Raises DamagedBackup for what is there and is no regular file (a link, a FIFO), and for a file that is
    not there though its folder is; BackupUnreadable for all that the disk refuses.
    """
    try:
        with _open_regular(path) as file:
            file.seek(start)
            while block := file.read(size):
                yield block
    except OSError as error:
        raise _fault(path, error) from error


def forget_cached(path: Path) -> None:
    """Let the next reading of a file come from the disk, where the system can: its copy may be the fault."""
    if not hasattr(os, "posix_fadvise"):
        return
    with suppress(OSError, DamagedBackup), _open_regular(path) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _open_regular(path: Path) -> BinaryIO:
    """Opens a regular file that is directly in its folder, following no link, unbuffered."""
    if not stat.S_ISREG(path.lstat().st_mode):  # all the protection that Windows gives
        raise DamagedBackup("no_regular_file", place=_place(path))
    descriptor = os.open(path, _READ_FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DamagedBackup("no_regular_file", place=_place(path))
    return os.fdopen(descriptor, "rb", buffering=0)


def _fault(path: Path, error: OSError) -> DamagedBackup | BackupUnreadable:
    """What it means that a file could not be opened or read."""
    if error.errno == errno.ELOOP:
        return DamagedBackup("is_link", place=_place(path))
    if error.errno == errno.ENOENT and _is_missing(path):
        return DamagedBackup("file_missing", place=_place(path))
    return BackupUnreadable("file_unread", place=_place(path), error=error)


def _is_missing(path: Path) -> bool:
    """Whether the folder itself says so: a disk that went away, or a cleanup, takes the folder as well."""
    with suppress(OSError):
        return path.name not in os.listdir(path.parent)  # noqa: PTH208 (names alone)
    return False


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
