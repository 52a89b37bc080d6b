"""Whether a journal says all that it was to say. What is not right is read twice: one false read is no
fact.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facot_backups import atomic
from facot_backups.archive.journal import Journal, path_of
from facot_backups.archive.reader import forget_cached
from facot_backups.errors import BackupDirUnusable, FormatError
from facot_backups.text import one_line


@dataclass(frozen=True, slots=True)
class SpoiltJournal:
    """A journal that does not say all that it was to say. `problem` is in Spanish.

    `plan`: its restore can be neither undone nor finished. `results`: it can, by what is in Firestore.
    `unread`: the disk did not give it; that says nothing of what is in it. `missing`: it is not there, and
    its restore cannot be undone by it. `pre_restore` is its backup.
    """

    restore: str
    pre_restore: str
    part: Literal["plan", "results", "unread", "missing"]
    problem: str


# What `examine` found, by file, and the state of the file then.
_examined: dict[Path, tuple[tuple[int, ...], SpoiltJournal | None]] = {}


def read_whole(root: Path, restore: str) -> Journal:
    """The journal of a restore that has begun to write: its plan is whole, and as it was written.

    Raises JournalNotFound, FormatError, BackupDirUnusable.
    """
    journal = None
    with suppress(FormatError):
        journal = _read(root, restore)
    if journal is None or journal.unreadable:
        forget_cached(path_of(root, restore))
        journal = _read(root, restore)
    return journal


def _read(root: Path, restore: str) -> Journal:
    journal = Journal(root, restore)
    if not journal.whole:
        raise FormatError(journal.place, "su plan no está entero")
    return journal


def examine(root: Path, restore: str, pre_restore: str) -> SpoiltJournal | None:
    """What is wrong with the journal of a restore that published `pre_restore`; None for nothing.

    One that was taken back needs no results any more. A file that did not change is not read twice by one
    process. Raises JournalNotFound for an id that no restore has.
    """
    path = path_of(root, restore)
    try:
        with atomic.explained(root):
            found = path.lstat()
            state = (found.st_size, found.st_mtime_ns, found.st_ino)
            known = _examined.get(path)
            if known is None or known[0] != state:
                known = _examined[path] = (state, _examine(root, restore, pre_restore))
            return known[1]
    except BackupDirUnusable as error:
        if not os.path.lexists(path):
            return SpoiltJournal(restore, pre_restore, "missing", "su archivo no está")
        return SpoiltJournal(restore, pre_restore, "unread", one_line(error))


def _examine(root: Path, restore: str, pre_restore: str) -> SpoiltJournal | None:
    try:
        journal = read_whole(root, restore)
    except FormatError as error:
        return SpoiltJournal(restore, pre_restore, "plan", error.problem)
    if not journal.unreadable or journal.undone is not None or not (unknown := journal.unknown()):
        return None
    problem = f"líneas que no se pueden leer: {journal.unreadable}; documentos sin resultado: {unknown}"
    return SpoiltJournal(restore, pre_restore, "results", problem)
