"""Durable writes and the disk's faults in the user's words.

Here, below all layers that write, because settings and state need it as much as the archive does.
Nothing here opens a file through `io`: plain descriptors leave no hidden buffer between us and the disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from facot_backups.clock import Clock, SystemClock
from facot_backups.errors import BackupDirUnusable, NoSpace

FOLDER_MODE = 0o700
# Published files are never written again; those of our own housekeeping are.
PUBLISHED_MODE = 0o400
PRIVATE_MODE = 0o600

TEMPORARY_PREFIX = ".tmp-"
_TAIL_BYTES = 1 << 16

# On Windows: text mode would turn \n into \r\n, and a child process would keep the file open.
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
# Reparse points that lead elsewhere (winnt.h): a junction, a symbolic link. Others, such as those of
# OneDrive, are ordinary folders to us.
_LINK_TAGS = frozenset({0xA0000003, 0xA000000C})
# What Windows answers while a virus scanner or an indexer holds a file (winerror.h): ERROR_SHARING_VIOLATION,
# ERROR_LOCK_VIOLATION, ERROR_USER_MAPPED_FILE.
_HELD = frozenset({32, 33, 1224})
# The same, or something that lasts: ERROR_ACCESS_DENIED, ERROR_DELETE_PENDING, and ERROR_DIR_NOT_EMPTY of a
# folder whose last file somebody still holds.
_BUSY = _HELD | {5, 303, 145}

_Result = TypeVar("_Result")

# Whether this thread waits until what it wrote is on the disk itself.
_synced: ContextVar[bool] = ContextVar("synced", default=True)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED.
_WINDOWS_FULL = frozenset({39, 112, 1295})
# Codes of `errors`, by the system's numbers.
_FAULTS = {
    errno.EFBIG: "file_too_large",
    errno.EROFS: "read_only",
    errno.EACCES: "no_permission",
    errno.EPERM: "not_permitted",
    errno.ENOENT: "gone",
    errno.EIO: "disk_fails",
    errno.ENOTDIR: "no_folder",
    errno.EEXIST: "no_folder",
    errno.EINVAL: "maybe_away",
}


@contextlib.contextmanager
def explained(folder: Path, needed: int | None = None) -> Iterator[None]:
    """Turn an OSError of the block into NoSpace or BackupDirUnusable, which name `folder` and the remedy.

    `needed`: the bytes that the work would need, where that is known. Whatever the number of the error:
    Windows' own numbers that Python does not know arrive as EINVAL, a flush of a disk that is gone as EBADF.
    """
    try:
        yield
    except OSError as error:
        raise _explain(error, folder, needed) from error


def _explain(error: OSError, folder: Path, needed: int | None) -> BackupDirUnusable:
    if is_full(error):
        return NoSpace(folder, needed)
    file = error.filename if str(error.filename) != str(folder) else None
    held = _winerror(error) in _HELD
    code = "file_in_use" if held else _FAULTS.get(error.errno or 0, "disk_refuses")
    return BackupDirUnusable(folder, code, file=file, error=error)


def is_full(error: OSError) -> bool:
    """Whether the disk, or what this user may have of it, has no room left."""
    return error.errno in _FULL or _winerror(error) in _WINDOWS_FULL


def _winerror(error: OSError) -> int | None:
    """Windows' own number of an error; None elsewhere, and for the calls that go through the C library."""
    found: int | None = getattr(error, "winerror", None)
    return found


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try a step again while Windows says that somebody else has the file open."""

    clock: Clock = field(default_factory=SystemClock)
    seconds: float = 60.0


LONG = Patience()
# For what a person waits for, and for what is no loss.
BRIEF = Patience(seconds=2.0)


def patiently(step: Callable[[], _Result], patience: Patience = LONG) -> _Result:
    """Do `step`, again and again while it meets a file that somebody has open. Raises OSError."""
    end = patience.clock.monotonic() + patience.seconds
    while True:
        try:
            return step()
        except OSError as error:
            if not _is_busy(error) or patience.clock.monotonic() >= end:
                raise
        patience.clock.sleep(0.2)


def _is_busy(error: OSError) -> bool:
    number = _winerror(error)
    # `os.open` goes through the C library, which says of a file in use no more than this.
    unnamed = sys.platform == "win32" and number is None and error.errno == errno.EACCES
    return number in _BUSY or unnamed


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write all of `data`; the system may take it in parts. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def read_exactly(descriptor: int, start: int, size: int) -> bytes:
    """`size` bytes from `start` on, which the system may give in parts. Raises OSError, also for fewer."""
    os.lseek(descriptor, start, os.SEEK_SET)
    parts: list[bytes] = []
    while size:
        part = os.read(descriptor, size)
        if not part:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def end_of_last_line(descriptor: int) -> int:
    """The size of a file without a torn last line. Raises OSError."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - _TAIL_BYTES)
        found = read_exactly(descriptor, start, end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def create_file(path: Path, mode: int = PRIVATE_MODE) -> int:
    """Create a file that must not exist yet, and return its descriptor for writing. Raises OSError."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)


def open_regular(path: Path) -> int:
    """Open a regular file for reading, and return its descriptor; a symbolic link is refused.

    Waits a moment while somebody has it open on Windows. Raises OSError; ELOOP or EPERM for what is no
    regular file.
    """
    if is_link(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    # Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    flags = os.O_RDONLY | _NO_FOLLOW | _BINARY | getattr(os, "O_NONBLOCK", 0)
    descriptor = patiently(lambda: os.open(path, flags), BRIEF)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EPERM, "no es un archivo normal", str(path))
    return descriptor


def open_for_append(path: Path) -> int:
    """Open a regular file of ours for reading and writing, created if it is absent.

    Waits a moment while somebody has it open on Windows. Raises OSError.
    """
    if is_link(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    created = not path.exists()
    flags = os.O_RDWR | os.O_CREAT | _NO_FOLLOW | _BINARY
    descriptor = patiently(lambda: os.open(path, flags, PRIVATE_MODE), BRIEF)
    if created:
        sync_folder(path.parent)
    return descriptor


def remove_file(path: Path, patience: Patience = LONG) -> None:
    """Remove a file or link of ours, on Windows also one that bears the read-only mark. Raises OSError."""

    def remove() -> None:
        if sys.platform == "win32" and not is_link(path):
            path.chmod(PRIVATE_MODE)
        path.unlink()

    patiently(remove, patience)


def remove_tree(path: Path, patience: Patience = LONG) -> None:
    """Remove a folder of ours with all in it, or a file; never what a link leads to. Raises OSError."""
    if not is_real_folder(path):
        remove_file(path, patience)
        return
    for entry in sorted(path.iterdir()):
        remove_tree(entry, patience)
    patiently(path.rmdir, patience)


def replace_published(path: Path, target: Path, patience: Patience = LONG) -> None:
    """Rename over a file that bears the read-only mark; if that fails it bears it again. Raises OSError."""
    if sys.platform == "win32":
        target.chmod(PRIVATE_MODE)
    try:
        patiently(lambda: path.replace(target), patience)
    except BaseException:
        if sys.platform == "win32":
            target.chmod(PUBLISHED_MODE)
        raise


class TooLarge(ValueError):
    """A file is larger than any of its kind, and was not read."""


def read_file(path: Path, limit: int = 16 * 2**20) -> bytes:
    """The bytes of a regular file. Raises OSError; TooLarge for one of more than `limit` bytes."""
    descriptor = open_regular(path)
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
        data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(f"pasa de {limit} bytes")
    return data


def read_start(path: Path, limit: int, patience: Patience = BRIEF) -> bytes:
    """The first `limit` bytes of a file of the user's, also behind a link. Raises OSError."""

    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(limit)

    return patiently(read, patience)


@contextlib.contextmanager
def unsynced() -> Iterator[None]:
    """Wait for no disk in this thread while the block runs: for invented data that may be lost."""
    token = _synced.set(False)
    try:
        yield
    finally:
        _synced.reset(token)


def sync_file(descriptor: int) -> None:
    """Wait until the file's bytes are on the disk itself. Raises OSError."""
    if not _synced.get():
        return
    if sys.platform == "darwin":
        import fcntl

        # fsync on macOS stops at the drive's own cache (fsync(2)); not every file system has the other.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the folder's entries are on the disk. Raises OSError.

    Windows has no such call, and some network file systems refuse it: there the system's own order of
    writes is all there is.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        sync_file(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def write_file(path: Path, data: bytes, mode: int = PRIVATE_MODE, patience: Patience = BRIEF) -> None:
    """Put `data` at `path` so that a reader, or a power cut, meets the old file or the new one, whole.

    A temporary file in the same folder (its name begins with TEMPORARY_PREFIX) is written, flushed and
    renamed, while a reader may be in the way on Windows; it is removed on any error. Raises OSError.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    descriptor = create_file(temporary, mode)
    try:
        try:
            write_all(descriptor, data)
            if os.fstat(descriptor).st_size != len(data):
                raise OSError(errno.EIO, "el archivo no quedó entero", str(path))
            sync_file(descriptor)
        finally:
            os.close(descriptor)
        patiently(lambda: temporary.replace(path), patience)
    except BaseException:
        with contextlib.suppress(OSError):  # what stays bears a name that the next one removes
            remove_file(temporary, BRIEF)
        raise
    sync_folder(path.parent)


def remove_temporaries(folder: Path, patience: Patience = LONG) -> None:
    """Remove what `write_file` left in `folder` when its process was killed. Raises OSError.

    Only for who alone may write there.
    """
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
        remove_file(leftover, patience)


def make_folder(path: Path) -> None:
    """Create `path`, private, and what is missing above it; flush the entries made. Raises OSError."""
    if path.is_dir():
        return
    if path.parent != path:
        make_folder(path.parent)
    with contextlib.suppress(FileExistsError):  # another process made it meanwhile
        path.mkdir(FOLDER_MODE)
        sync_folder(path.parent)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def make_real_folder(path: Path) -> None:
    """Create `path`, private, in a folder that exists. Raises OSError; ENOTDIR for a link to a folder."""
    make_folder(path)
    if not is_real_folder(path):
        raise NotADirectoryError(errno.ENOTDIR, "es un enlace", str(path))


def is_link(path: Path) -> bool:
    """Whether `path` is a symbolic link or a junction; False where there is nothing. Raises OSError."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _LINK_TAGS


def is_real_folder(path: Path) -> bool:
    """Whether `path` is a folder itself, not a link or junction to one. Raises OSError."""
    return not is_link(path) and path.is_dir()


def rename(path: Path, target: Path, patience: Patience = LONG) -> None:
    """Rename, while somebody may be in the way on Windows.

    A network drive may answer with an error and have done it: that is none. Raises OSError. The caller checks
    that `target` is free, and flushes the folders.
    """
    inode = path.lstat().st_ino
    try:
        patiently(lambda: path.rename(target), patience)
    except OSError:
        with contextlib.suppress(OSError):
            if not os.path.lexists(path) and target.lstat().st_ino == inode:
                return
        raise
