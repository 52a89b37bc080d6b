"""Whether a command of the settings may run: the user's own always, another folder's once the user said so.

A file of the working directory can be anybody's: a project that was downloaded, a USB stick, a shared folder.
The permission is for one folder and for the commands as they were shown; a command that changed asks again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from facot_backups.errors import FacotBackupsError
from facot_backups.settings import Settings
from facot_backups.settings.model import RULES
from facot_backups.state import State
from facot_backups.text import visible

# The settings that are commands.
COMMANDS = frozenset(name for name, rule in RULES.items() if rule.executes)


class NotNoted(FacotBackupsError):
    """What the user allowed could not be noted in the state folder, so that nothing of it will run."""

    exit_code = 13

    def __init__(self, folder: Path) -> None:
        super().__init__("not_noted", folder=folder)


@dataclass(frozen=True, slots=True)
class ForeignCommand:
    """A command that a file of `folder`, which is not the user's own, gives.

    `allowed`: whether the user allowed it; None while the note of that cannot be read.
    """

    name: str
    text: str
    folder: Path
    allowed: bool | None


def foreign_commands(settings: Settings, state: State) -> list[ForeignCommand]:
    """All of the settings, in their order."""
    found = []
    for name, folder in settings.foreign_commands.items():
        if (text := getattr(settings, name)) is not None:
            noted = state.allowed_commands(folder)
            allowed = None if noted is None else noted.get(name) == _digest(text)
            found.append(ForeignCommand(name, text, folder, allowed))
    return found


def refusal(settings: Settings, name: str, state: State) -> str | None:
    """Why the command `name` does not run, in Spanish, with what to do; None if it may."""
    return next((_why(one) for one in _waiting(settings, state) if one.name == name), None)


def refusals(settings: Settings, state: State) -> list[str]:
    """A sentence in Spanish for each command that waits for the user's permission."""
    return [f"La orden {one.name} {_why(one)}" for one in _waiting(settings, state)]


def allow(settings: Settings, state: State, names: Collection[str] = COMMANDS) -> list[ForeignCommand]:
    """Allow the commands `names` of the settings as they are now; those that needed it.

    Raises NotNoted where that cannot be noted.
    """
    found = foreign_commands(settings, state)
    for folder in dict.fromkeys(one.folder for one in found):
        allowed = [one for one in found if one.folder == folder and (one.allowed or one.name in names)]
        if not state.allow_commands(folder, {one.name: _digest(one.text) for one in allowed}):
            raise NotNoted(state.folder)
    return [one for one in found if one.name in names]


def _waiting(settings: Settings, state: State) -> Iterator[ForeignCommand]:
    return (one for one in foreign_commands(settings, state) if not one.allowed)


def _why(command: ForeignCommand) -> str:
    if command.allowed is None:
        return (
            "no se ejecuta esta vez: no se pudo leer si usted la permitió. Si sigue así, revise el disco y "
            "los permisos de la carpeta de estado de este programa."
        )
    return (
        f"no se ejecuta: la pone un archivo de {visible(str(command.folder))}, que no es su carpeta de "
        "ajustes, y usted aún no la ha permitido. Si es suya, permítala allí con: "
        "facot-backups config --trust"
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
