"""The service of this computer: which system, where its files go, what it is to call."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

if sys.platform != "win32":
    import pwd

from facot_backups.app.alerts.trust import refusals
from facot_backups.app.service import launchd, systemd, windows
from facot_backups.app.service.plan import Plan, Removal, Service
from facot_backups.errors import UsageError
from facot_backups.settings import Settings
from facot_backups.settings.model import RULES
from facot_backups.state import STATE_DIR_VARIABLE, State

_VARIABLE = "variable "


@dataclass(frozen=True, slots=True)
class Here:
    """What installing, removing and asking come to on this computer. `system`: its name for a person."""

    system: str
    plan: Plan
    removal: Removal
    status: tuple[str, ...]


def here(settings: Settings, *, system_wide: bool) -> Here:
    """The service for these settings, run from the present working directory. Writes nothing.

    Raises UsageError where this system has no such service.
    """
    if system_wide and not sys.platform.startswith("linux"):
        raise UsageError("system_wide_elsewhere")
    user = _user()
    state = (_state_of(user) if system_wide else State().folder).absolute()
    service = Service(
        program=_program(),
        backup_dir=str(settings.backup_dir),
        folder=str(Path.cwd()),
        user=user,
        # The system's unit may write nowhere but where it is told.
        state_dir=str(state) if system_wide or os.environ.get(STATE_DIR_VARIABLE) else None,
    )
    found = _of_this_system(service, state, system_wide=system_wide)
    notes = (*found.plan.notes, *refusals(settings, State(state)))
    return replace(found, plan=replace(found.plan, notes=notes))


def _of_this_system(service: Service, state: Path, *, system_wide: bool) -> Here:
    if sys.platform == "win32":
        task, gone = windows.plan(service, state), windows.removal(state)
        return Here("Programador de tareas de Windows", task, gone, windows.status())
    if sys.platform == "darwin":
        home, uid = Path.home(), os.getuid()
        agent, gone = launchd.plan(service, home, uid), launchd.removal(home, uid)
        return Here("launchd", agent, gone, launchd.status(uid))
    folder = systemd.SYSTEM_FOLDER if system_wide else _user_units()
    return Here(
        "systemd (del sistema)" if system_wide else "systemd (de su usuario)",
        systemd.plan(service, folder, system=system_wide, state_dir=state),
        systemd.removal(folder, system=system_wide),
        systemd.status(system=system_wide),
    )


def _program() -> tuple[str, ...]:
    """How this program is called. Raises UsageError inside a packed program."""
    if getattr(sys, "frozen", False):
        raise UsageError("packed_program")
    python = Path(sys.executable)
    windowed = python.with_name("pythonw.exe")
    if sys.platform == "win32" and windowed.exists():  # else a window would flash every 15 minutes
        python = windowed
    # -P: what lies in the working directory is data, never modules of ours.
    return (str(python), "-P", "-m", "facot_backups")


def refuse_variables(settings: Settings) -> None:
    """Refuse to install with settings that only the present environment gives: the service lacks them.

    Raises UsageError.
    """
    seen = [name for name in RULES if name != "backup_dir" and settings.origin(name).startswith(_VARIABLE)]
    if seen:
        given = [f"{name} ({settings.origin(name)})" for name in seen]
        raise UsageError("session_variables", given=given, folder=Path.cwd())


def _user() -> str:
    if sys.platform == "win32":
        return f"{os.environ.get('USERDOMAIN', '.')}\\{getpass.getuser()}"
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a number without a name: a container
        return str(os.getuid())


def _state_of(user: str) -> Path:
    """The state folder that `user` has when they run this program themselves, also where sudo runs it now."""
    present = State().folder
    if os.environ.get(STATE_DIR_VARIABLE) or user != os.environ.get("SUDO_USER"):
        return present
    try:
        home = pwd.getpwnam(user).pw_dir
    except KeyError:
        return present
    return Path(home) / ".local" / "state" / present.name


def _user_units() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "systemd" / "user"
