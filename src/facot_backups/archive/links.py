"""Files that did not change since the previous backup become hard links to it.

Never on trust: the old file is read and compared byte by byte with the new one, whose hash is checked once
more, so that every backup re-reads what it relies on; and never more than 8 names for one file, so that a
flipped bit harms 8 days at most (docs/formato.md, "La carpeta").
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from facot_backups import atomic
from facot_backups.archive.metadata import FileEntry
from facot_backups.errors import DamagedBackup

MAX_LINKS = 8
_BLOCK = 1 << 20
# What a file system answers that cannot link, or not there. EPERM: FAT.
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_WINDOWS_NO_LINKS = frozenset({1, 50})  # winerror.h: ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED

_Verdict: TypeAlias = Literal["same", "old damaged", "new damaged"]


@dataclass(frozen=True, slots=True)
class Damage:
    """A published file that is not what its backup's metadata says. `problem` is for the user."""

    path: Path
    problem: str


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What became of the files of a new backup.

    `linked`: collections that share the previous backup's file. `damage`: files of the previous backup
    found damaged; their fresh copies stayed. `unsupported`: the disk makes no links, every file is a copy.
    """

    linked: tuple[str, ...] = ()
    damage: tuple[Damage, ...] = ()
    unsupported: bool = False


def link_unchanged(
    folder: Path, files: Mapping[str, FileEntry], previous: Path, previous_files: Mapping[str, FileEntry]
) -> LinkReport:
    """Replace files in `folder`, a finished staging folder, by links to equal ones of the folder `previous`.

    Raises OSError, and DamagedBackup if a fresh file does not read back as it was written.
    """
    linked: list[str] = []
    damage: list[Damage] = []
    for collection, entry in files.items():
        old = previous_files.get(collection)
        if old is None or (old.bytes, old.sha256) != (entry.bytes, entry.sha256):
            continue
        source = previous / old.file
        problem = _problem(source, folder / entry.file, entry)
        if problem is not None:
            damage.append(Damage(source, problem))
        elif source.lstat().st_nlink < MAX_LINKS:
            try:
                _link(source, folder / entry.file)
            except _Unsupported:
                return LinkReport(tuple(linked), tuple(damage), unsupported=True)
            linked.append(collection)
    if linked:
        atomic.sync_folder(folder)
    return LinkReport(tuple(linked), tuple(damage))


def _problem(old: Path, new: Path, entry: FileEntry) -> str | None:
    """What is wrong with `old`, which by its metadata should equal `new`; None if it does, byte by byte."""
    try:
        verdict = _compare(old, new, entry)
    except FileNotFoundError:
        if not new.exists():
            raise
        return "falta el archivo"
    except OSError as error:
        if error.errno not in (errno.EIO, errno.ELOOP, errno.EPERM, errno.EACCES):
            raise
        return f"no se puede leer ({error.strerror})"
    if verdict == "new damaged":
        raise DamagedBackup(
            f"{new.name}: lo que se lee del disco no es lo que se acaba de escribir.\n"
            "El disco o la memoria fallan: revíselos, o use otro disco con --backup-dir."
        )
    return None if verdict == "same" else "su contenido no coincide con su suma de verificación"


def _compare(old: Path, new: Path, entry: FileEntry) -> _Verdict:
    equal, digest = True, hashlib.sha256()
    with (
        open(atomic.open_regular(old), "rb") as old_file,  # noqa: PTH123 (descriptors)
        open(atomic.open_regular(new), "rb") as new_file,  # noqa: PTH123
    ):
        while True:
            old_block, new_block = old_file.read(_BLOCK), new_file.read(_BLOCK)
            equal = equal and old_block == new_block
            digest.update(new_block)
            if not old_block and not new_block:
                break
    if digest.hexdigest() != entry.sha256:
        return "new damaged"
    return "same" if equal else "old damaged"


class _Unsupported(Exception):
    """The disk makes no links."""


def _link(source: Path, target: Path) -> None:
    """Put a link to `source` in the place of `target`. Raises _Unsupported, OSError."""
    temporary = target.with_name(f"{atomic.TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    try:
        os.link(source, temporary)
    except OSError as error:
        if error.errno in _NO_LINKS or getattr(error, "winerror", None) in _WINDOWS_NO_LINKS:
            raise _Unsupported from error
        raise
    try:
        atomic.replace_published(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
