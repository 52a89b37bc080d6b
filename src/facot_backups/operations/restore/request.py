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
            raise UsageError(
                f"{backup.name} deshace una restauración entera: no admite modo ni alcance.\n"
                f"Use: facot-backups restore {backup.name}"
            )
    elif isinstance(backup, OldBackup):
        if request.mode == "mirror":
            raise UsageError(
                f"{backup.name} es del formato antiguo, que no dice qué faltaba: con él no se puede hacer "
                "una copia exacta (mirror).\nUse --mode overwrite o --mode missing."
            )
    elif backup.kind == "incomplete" and not request.allow_incomplete:
        raise UsageError(
            f"El backup {backup.name} está incompleto: {'; '.join(backup.proven().errors)}.\n"
            "Elija otro, o añada --allow-incomplete para restaurar lo que tiene."
        )
    require_sound(backup, "no se restaura", emit)
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
    raise UsageError(
        f"El backup {backup.name} es para {wanted}, y la conexión es a {target}: no se ha escrito nada.\n"
        f"Si es a propósito, diga el destino con --into-project {target.project}"
        + (f" --into-database {target.database}" if target.database != own.database else "")
    )
