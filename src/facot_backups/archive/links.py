"""Files that did not change since the previous backup become hard links to it.

Never on trust: the old file is read and compared byte by byte with the new one, whose hash is checked once
more, so that every backup re-reads what it relies on; and never more than 8 names for one file, so that a
flipped bit harms 8 days at most (docs/disk-format.md, "The folder"). A link saves space and nothing else:
whatever is wrong with the old file, the fresh copy stays.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from facot_backups import atomic
from facot_backups.archive.metadata import FileEntry
from facot_backups.atomic import Patience
from facot_backups.errors import DamagedBackup
from facot_backups.text import reason

MAX_LINKS = 8
_BLOCK = 1 << 20
# What a file system answers that cannot link, or not there. EPERM: FAT.
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_WINDOWS_NO_LINKS = frozenset({1, 50})  # winerror.h: ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED

_Verdict: TypeAlias = Literal["same", "old damaged", "new damaged"]


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong with a published file. `problem` is for the user."""

    path: Path
    problem: str


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What became of the files of a new backup.

    `linked`: collections that share the previous backup's file. `damage`: files of the previous backup
    that are not what its metadata says. `unread`: those that could not be read or linked now, which says
    nothing of their content. The fresh copies of both stayed. `unsupported`: the disk makes no links, every
    file is a copy.
    """

    linked: tuple[str, ...] = ()
    damage: tuple[FileProblem, ...] = ()
    unread: tuple[FileProblem, ...] = ()
    unsupported: bool = False


def link_unchanged(
    folder: Path,
    files: Mapping[str, FileEntry],
    previous: Path,
    previous_files: Mapping[str, FileEntry],
    patience: Patience = atomic.LONG,
) -> LinkReport:
    """Replace files in `folder`, a finished staging folder, by links to equal ones of the folder `previous`.

    Raises OSError for a fault of `folder` alone, and DamagedBackup if a fresh file does not read back as it
    was written.
    """
    linked: list[str] = []
    damage: list[FileProblem] = []
    unread: list[FileProblem] = []
    unsupported = False
    for collection, entry in files.items():
        old = previous_files.get(collection)
        if old is None or (old.bytes, old.sha256) != (entry.bytes, entry.sha256):
            continue
        source, fresh = previous / old.file, folder / entry.file
        try:
            if _check(source, fresh, entry) and _link(source, fresh, patience):
                linked.append(collection)
        except _Damaged as error:
            damage.append(FileProblem(source, str(error)))
        except _Unread as error:
            unread.append(FileProblem(source, str(error)))
        except _Unsupported:
            unsupported = True
            break
    if linked:
        atomic.sync_folder(folder)
    return LinkReport(tuple(linked), tuple(damage), tuple(unread), unsupported)


class _Damaged(Exception):
    """The old file is not what its metadata says; the text is for the user."""


class _Unread(Exception):
    """The old file cannot be read or linked now; the text is for the user."""


class _Unsupported(Exception):
    """The disk makes no links."""


@contextmanager
def _blaming(old: Path) -> Iterator[None]:
    """Raises _Damaged or _Unread for an OSError of the block, which concerns `old` alone."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise _Damaged("falta el archivo") from error
        with suppress(OSError):
            if not stat.S_ISREG(old.lstat().st_mode):
                raise _Damaged("no es un archivo normal") from error
        raise _Unread(f"no se puede leer ({reason(error)})") from error


def cannot_link(error: OSError) -> bool:
    """Whether an error of `os.link` says that the disk makes no links at all."""
    return error.errno in _NO_LINKS or getattr(error, "winerror", None) in _WINDOWS_NO_LINKS


def _check(old: Path, new: Path, entry: FileEntry) -> bool:
    """Whether `old`, which by its metadata equals `new`, may get one more name.

    Raises _Damaged unless it does, byte by byte, _Unread, DamagedBackup, OSError for `new`.
    """
    verdict = _compare(old, new, entry)
    if verdict != "same":  # once more: one false read is no fact
        verdict = _compare(old, new, entry)
    if verdict == "new damaged":
        raise DamagedBackup("read_differs", place=new.name)
    if verdict == "old damaged":
        raise _Damaged("su contenido no coincide con su suma de verificación")
    with _blaming(old):
        return old.lstat().st_nlink < MAX_LINKS


def _compare(old: Path, new: Path, entry: FileEntry) -> _Verdict:
    equal, digest = True, hashlib.sha256()
    with closing(_blocks(old)) as old_blocks, closing(_blocks(new)) as new_blocks:
        while True:
            with _blaming(old):
                old_block = next(old_blocks, b"")
            new_block = next(new_blocks, b"")
            equal = equal and old_block == new_block
            digest.update(new_block)
            if not old_block and not new_block:
                break
    if digest.hexdigest() != entry.sha256:
        return "new damaged"
    return "same" if equal else "old damaged"


def _blocks(path: Path) -> Generator[bytes, None, None]:
    """The bytes of a regular file, in blocks of one size but for the last. Raises OSError."""
    with open(atomic.open_regular(path), "rb") as file:  # noqa: PTH123 (a descriptor)
        while block := file.read(_BLOCK):
            yield block


def _link(source: Path, target: Path, patience: Patience) -> bool:
    """Put a link to `source` in the place of `target`; True.

    Raises _Unread where that cannot be now, _Unsupported, and OSError if `target` is not as it was then.
    """
    temporary = target.with_name(f"{atomic.TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    try:
        atomic.patiently(lambda: os.link(source, temporary), patience)
    except OSError as error:
        if cannot_link(error):
            raise _Unsupported from error
        raise _Unread(f"no se puede enlazar ({reason(error)})") from error
    try:
        atomic.replace_published(temporary, target, patience)
    except OSError as error:
        atomic.remove_file(temporary, patience)
        raise _Unread(f"no se puede enlazar ({reason(error)})") from error
    return True
