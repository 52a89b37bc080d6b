"""launchd (macOS): an agent of the user."""

from __future__ import annotations

import plistlib
from pathlib import Path
from typing import Any

from facot_backups.app.service.plan import EVERY_MINUTES, NAME, File, Plan, Removal, Service

LABEL = f"do.facot.{NAME}"


def plist(service: Service) -> str:
    """The text of the agent (launchd.plist(5))."""
    keys: dict[str, Any] = {
        "Label": LABEL,
        "ProgramArguments": list(service.command),
        "WorkingDirectory": service.folder,
        "StartInterval": EVERY_MINUTES * 60,
        "RunAtLoad": True,
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "Umask": 0o077,
    }
    if service.state_dir is not None:  # plistlib has no word for None
        keys["EnvironmentVariables"] = {"FACOT_BACKUPS_STATE_DIR": service.state_dir}
    return plistlib.dumps(keys, sort_keys=False).decode()


def plan(service: Service, home: Path, uid: int) -> Plan:
    """What installing does, for the user whose home and id these are."""
    file = File(_path(home), plist(service))
    return Plan(files=(file,), commands=(("launchctl", "bootstrap", f"gui/{uid}", str(file.path)),))


def removal(home: Path, uid: int) -> Removal:
    """What removing does."""
    return Removal(before=(("launchctl", "bootout", f"gui/{uid}/{LABEL}"),), files=(_path(home),))


def status(uid: int) -> tuple[str, ...]:
    """The command that tells how it stands."""
    return ("launchctl", "print", f"gui/{uid}/{LABEL}")


def _path(home: Path) -> Path:
    return home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
