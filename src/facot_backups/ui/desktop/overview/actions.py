"""What the panel offers beside its two buttons: one line for each view.

`PANEL_ACTIONS` become buttons of the panel; `BACKUP_ACTIONS` a menu and buttons for the backup that is
chosen in the list, the first of which Enter and a double click do. An action imports its view when it is
asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facot_backups.ui.desktop.snapshot import BackupRow
    from facot_backups.ui.desktop.window import Host


@dataclass(frozen=True, slots=True)
class PanelAction:
    """A button of the panel. `name` is its object name, `icon` one of `icons.PATHS`."""

    name: str
    text: str
    icon: str
    tip: str
    do: Callable[[Host], None]


@dataclass(frozen=True, slots=True)
class BackupAction:
    """Something to do with one backup."""

    name: str
    text: str
    icon: str
    tip: str
    do: Callable[[Host, BackupRow], None]


def _open_folder(panel: Host, row: BackupRow) -> None:
    panel.open_folder(row.path)


def _open_detail(panel: Host, row: BackupRow) -> None:
    from facot_backups.ui.desktop.backups.detail_window import DetailWindow

    panel.open_view(f"detail {row.name}", lambda: DetailWindow(panel, row))


def _restore(panel: Host) -> None:
    from facot_backups.ui.desktop.restore.window import open_restore

    open_restore(panel)


def _restore_one(panel: Host, row: BackupRow) -> None:
    from facot_backups.ui.desktop.restore.window import open_restore

    open_restore(panel, row.name)


def show_settings(panel: Host) -> None:
    """Open the settings."""
    from facot_backups.ui.desktop.settings.window import open_settings

    open_settings(panel)


def show_firebase(panel: Host) -> None:
    """Open «Configurar Firebase»."""
    from facot_backups.ui.desktop.firebase.window import open_firebase

    open_firebase(panel)


def _audit(panel: Host) -> None:
    from facot_backups.ui.desktop.audit.window import open_audit

    open_audit(panel)


PANEL_ACTIONS: tuple[PanelAction, ...] = (
    PanelAction("restore", "Restaurar…", "restore", "Devolver datos de un backup a Firebase", _restore),
    PanelAction("audit", "Auditoría", "audit", "Buscar errores en facturas, NCF y RNC", _audit),
    PanelAction(
        "firebase",
        "Configurar &Firebase",
        "fire",
        "Elegir las credenciales y probar la conexión",
        show_firebase,
    ),
    PanelAction("settings", "A&justes", "gear", "Carpeta, hora, avisos y aspecto", show_settings),
)
BACKUP_ACTIONS: tuple[BackupAction, ...] = (
    BackupAction(
        "detail",
        "Ver",
        "document",
        "Ver lo que hay en este backup, buscar en él, comprobarlo y compararlo",
        _open_detail,
    ),
    BackupAction(
        "restore-backup",
        "Restaurar…",
        "restore",
        "Devolver a Firebase los datos de este backup; primero se ve el plan",
        _restore_one,
    ),
    BackupAction(
        "open-backup", "Abrir su carpeta", "folder", "Ver los archivos de este backup", _open_folder
    ),
)
