"""The daily backup as a service of the system: how it stands, what installing would do, and doing it."""

from __future__ import annotations

from dataclasses import dataclass

from facot_backups.app.service import plan
from facot_backups.app.service.current_system import Here, here, refuse_variables
from facot_backups.errors import UsageError
from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop
from facot_backups.settings.model import ARGUMENT, RULES
from facot_backups.ui.desktop.session import Session


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How the service stands. `shown`: what installing would write and run, as text to read.

    `current`: installed just as it would be now. `detail`: what the system says of it, or "".
    """

    system: str
    installed: bool
    current: bool
    shown: str
    detail: str = ""

    @property
    def text(self) -> str:
        """One or two sentences for a person."""
        if not self.installed:
            return "No instalado: el backup diario solo se hace mientras un programa está abierto."
        if not self.current:
            return "Instalado, pero con otros ajustes que los de ahora. Póngalo al día: instálelo de nuevo."
        return "Instalado: el backup diario se hace aunque no abra ningún programa."


def service_state(session: Session, _emit: Emit, _stop: Stop) -> ServiceState:
    """How it stands. Writes nothing. Raises SettingError, UsageError where there can be none."""
    return _state(_here(session))


def install_service(session: Session, _emit: Emit, _stop: Stop) -> ServiceState:
    """Install it for this user. Raises SettingError, UsageError, BackupDirUnusable, ServiceFailed."""
    refuse_variables(session.settings())
    found = _here(session)
    plan.install(found.plan)
    return _state(found)


def remove_service(session: Session, _emit: Emit, _stop: Stop) -> ServiceState:
    """Take it away; nothing there is no error. Raises as `install_service`."""
    found = _here(session)
    plan.remove(found.removal)
    return _state(found)


def _here(session: Session) -> Here:
    settings = session.settings()
    given = [name for name in RULES if name != "backup_dir" and settings.origin(name) == ARGUMENT]
    if given:
        raise UsageError("fixed_by_program")
    return here(settings, system_wide=False)


def _state(found: Here) -> ServiceState:
    installed = any(file.path.exists() for file in found.plan.files)
    detail = ""
    if installed:
        try:
            detail = plan.run(found.status).strip()
        except plan.ServiceFailed as failed:
            detail = failed.words.what
    return ServiceState(found.system, installed, found.plan.present, _shown(found), detail)


def _shown(found: Here) -> str:
    parts = [f"Servicio de {found.system}"]
    for file in found.plan.files:
        parts.append(f"{file.path}\n{file.text.rstrip()}")
    parts.append("\n".join(f"Orden: {' '.join(words)}" for words in found.plan.commands))
    parts += [f"Nota: {note}" for note in found.plan.notes]
    return "\n\n".join(parts)
