"""What is asked of a restore, and what is refused before anything is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.errors import UsageError
from facot_backups.events import Emit
from facot_backups.firestore.connection import Connection
from facot_backups.model import EVERYTHING, Scope, Source
from facot_backups.operations.restore.plan import Mode
from facot_backups.operations.verification.verify import require_sound

Connect: TypeAlias = Callable[[], Connection]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """What is to be restored, and how.

    `backup`: a folder's name or `latest`; a `.pre-restore` is an undo, which takes neither mode nor scope.
    `mode` None is overwrite. `into_project`, `into_database` name a target that is not the backup's own.
    `max_reads` bounds the reads of the local day.
    """

    backup: str
    scope: Scope = EVERYTHING
    mode: Mode | None = None
    into_project: str | None = None
    into_database: str | None = None
    allow_incomplete: bool = False
    counters_from_backup: bool = False
    max_reads: int | None = None


def usable(backup: AnyBackup, request: RestoreRequest, emit: Emit) -> AnyBackup:
    """The backup, sound to the last byte. Raises DamagedBackup, NewerFormat, UsageError."""
    if backup.kind == "pre-restore":
        if request.mode is not None or request.scope != EVERYTHING:
            raise UsageError("undoes_all", backup=backup.name)
    elif isinstance(backup, OldBackup):
        if request.mode == "mirror":
            raise UsageError("no_mirror_of_facot2", backup=backup.name)
    elif backup.kind == "incomplete" and not request.allow_incomplete:
        raise UsageError("incomplete", backup=backup.name, errors=backup.proven().errors)
    require_sound(backup, "not-restored", emit)
    return backup


def check_target(backup: AnyBackup, target: Source, request: RestoreRequest) -> None:
    """Refuse a target that is neither the backup's own source nor named. Raises UsageError."""
    own = target if isinstance(backup, OldBackup) else backup.proven().source
    named = replace(
        own,
        project=request.into_project or own.project,
        database=request.into_database or own.database,
    )
    given = request.into_project is not None or request.into_database is not None
    if target == own and named == own:
        return
    if given and (target.project, target.database) == (named.project, named.database):
        return
    wanted = named if given else own
    code = "other_target" if target.database == own.database else "other_target_database"
    raise UsageError(code, backup=backup.name, wanted=wanted, target=target)
