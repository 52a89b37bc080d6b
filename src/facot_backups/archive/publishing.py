"""The one step that makes a staging folder a backup, and the name that it gets."""

from __future__ import annotations

import itertools
import os
from datetime import datetime, timedelta
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive.held_store import Holding
from facot_backups.archive.layout import BackupName, Suffix
from facot_backups.archive.metadata import Metadata
from facot_backups.archive.reader import Backup
from facot_backups.archive.repository import (
    Repository,
    check_source,
    new_repository,
    read_repository,
    write_repository,
)
from facot_backups.archive.staging import Staging
from facot_backups.atomic import Patience
from facot_backups.errors import BackupDirUnusable
from facot_backups.text import one_line

_DAY_SECONDS = 24 * 60 * 60


def suffix_of(metadata: Metadata) -> Suffix | None:
    """What the name of such a backup ends in: a pre-restore first, then what could not be read whole."""
    if metadata.trigger == "pre-restore":
        return "pre-restore"
    return "incomplete" if metadata.errors else None


def free_name(root: Path, metadata: Metadata) -> BackupName:
    """The name for a backup with this metadata, which nothing in `root` bears in any form.

    The time is that of the start, local to where the run was, counted up by seconds until it is free.
    Raises BackupDirUnusable if no second of the day is.
    """
    day, suffix = metadata.backup_date, suffix_of(metadata)
    plain = [BackupName(day)] if suffix is None else []
    # On any date but the last of all, which has no next: the time alone matters.
    started = datetime.fromisoformat(metadata.backup_time).replace(2000, 1, 1, microsecond=0)
    moments = ((started + timedelta(seconds=count)).time() for count in range(_DAY_SECONDS))
    for name in itertools.chain(plain, (BackupName(day, moment, suffix) for moment in moments)):
        if not os.path.lexists(root / str(name)):
            return name
    raise BackupDirUnusable(root, "no_free_name", day=day)


def publish(holding: Holding, staging: Staging, metadata: Metadata, *, adopt: bool) -> Backup:
    """Give a finished staging folder its final name: from then on it is a backup.

    The first one gives the folder its identity; with `adopt` a later one changes the identity's source.
    Raises SourceMismatch, LockHeld, NoSpace, BackupDirUnusable: then nothing was published, but for what a
    restore keeps, which must be on the disk before it writes.
    """
    root = holding.root
    holding.still_ours()
    repository, patience = None, Patience(holding.clock)
    with atomic.explained(root):
        if metadata.trigger != "pre-restore":
            repository = _identify(root, metadata, patience, adopt=adopt)
        name = free_name(root, metadata)
        target = root / str(name)
        atomic.rename(staging.path, target, patience)
    try:
        with atomic.explained(root):
            atomic.sync_folder(root)
            atomic.sync_folder(staging.path.parent)
    except BackupDirUnusable as error:
        if metadata.trigger == "pre-restore":
            raise
        holding.warn(
            f"El backup {name} está hecho, pero el disco no confirma que lo haya guardado: compruébelo con "
            f"facot-backups verify {name}. {one_line(error)}"
        )
    if repository is not None:
        holding.remember(repository)
    return Backup(target, name, metadata)


def _identify(root: Path, metadata: Metadata, patience: Patience, *, adopt: bool) -> Repository:
    """The identity of `root`, given to it before its first backup, or with the adopted source.

    Raises SourceMismatch.
    """
    present = read_repository(root)
    check_source(present, metadata.source, adopt=adopt)
    if present is not None and present.source == metadata.source:
        return present
    if present is None:
        repository = new_repository(metadata.source)
    else:
        repository = Repository(present.id, metadata.source)
    write_repository(root, repository, patience)
    return repository
