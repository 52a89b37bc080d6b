"""Whether a folder can hold backups: space, permission, and what is there already."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from facot_backups.app.deadline import TooLate, within
from facot_backups.archive.repository import backup_around, location_warnings, read_repository
from facot_backups.errors import FacotBackupsError
from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.toolkit import words

Level: TypeAlias = Literal["ok", "warning", "critical"]

# A network folder that is gone may never answer.
SECONDS = 10.0
# Below that a disk is nearly full for anything.
_LITTLE = 200_000_000


@dataclass(frozen=True, slots=True)
class FolderCheck:
    """How a folder is, in Spanish sentences. `critical`: no backup can be made there."""

    level: Level
    text: str


def check_folder(session: Session, _emit: Emit, _stop: Stop, folder: str) -> FolderCheck:
    """Look whether backups can be written into `folder`, which may be absent. Leaves nothing behind.

    A relative path counts from the folder of `facot_config.json`.
    """
    try:
        path = folder_of(session, folder)
        return within(SECONDS, f"folder {folder}", lambda: _look(path))
    except TooLate:
        return FolderCheck("critical", "La carpeta no responde: ¿está conectado el disco o la red?")
    except (OSError, RuntimeError, ValueError) as error:
        return FolderCheck("critical", f"No se puede usar: {_reason(error)}.")


def folder_of(session: Session, folder: str) -> Path:
    """The folder that a text in the form means. Raises OSError, RuntimeError, ValueError."""
    return session.config_file().parent.absolute() / Path(folder).expanduser()


def _look(path: Path) -> FolderCheck:
    if path.exists() and not path.is_dir():
        return FolderCheck("critical", "Ahí hay un archivo, no una carpeta.")
    if problem := refusal(path):
        return FolderCheck("critical", problem)
    there = next((one for one in (path, *path.parents) if one.is_dir()), None)
    if there is None:
        return FolderCheck("critical", "Ese disco no está en este equipo.")
    try:
        with tempfile.NamedTemporaryFile(prefix=".facot-prueba-", dir=there) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        return FolderCheck("critical", f"No se puede escribir en {there}: {_reason(error)}.")
    free = shutil.disk_usage(there).free
    said = [_there(path), f"Se puede escribir y quedan {words.size(free)} libres."]
    warnings = []
    if free < _LITTLE:
        warnings.append("El disco está casi lleno.")
    with suppress(OSError):
        warnings += [_risk(subject) for subject in location_warnings(there)]
    return FolderCheck("warning" if warnings else "ok", " ".join(filter(None, [*said, *warnings])))


def refusal(path: Path) -> str:
    """Why a folder can never hold backups, "" if it can: it is one itself. Raises OSError."""
    backup = backup_around(path)
    return (
        f"Eso es un backup. Elija la carpeta que lo contiene: {backup.parent}" if backup is not None else ""
    )


def _there(path: Path) -> str:
    """What is in the folder already."""
    if not path.exists():
        return "La carpeta no existe todavía: se creará con el primer backup."
    try:
        repository = read_repository(path)
    except FacotBackupsError as error:
        return words.sentence(error.words.what)
    if repository is None:
        return ""
    return f"Ya guarda los backups de {words.plainly(str(repository.source))}."


def _risk(subject: str) -> str:
    return {
        "system-disk": "Está en el mismo disco que el sistema: si falla, se pierde todo a la vez. Mejor un "
        "disco externo o una carpeta de red.",
        "synchronised": "OneDrive, Dropbox u otro programa la sincroniza y puede mover los archivos mientras "
        "se escriben. Mejor fuera de ella.",
    }[subject]


def _reason(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "no tiene permiso"
    if isinstance(error, OSError) and error.errno is not None:
        known = {28: "el disco está lleno", 30: "el disco es de solo lectura", 36: "el nombre es muy largo"}
        return known.get(error.errno, os.strerror(error.errno))
    return "la ruta no es válida"
