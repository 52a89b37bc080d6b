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
    from facot_backups.faces.desktop.panel import BackupsPanel
    from facot_backups.faces.desktop.tasks.overview import BackupRow


@dataclass(frozen=True, slots=True)
class PanelAction:
    """A button of the panel. `name` is its object name, `icon` one of `icons.PATHS`."""

    name: str
    text: str
    icon: str
    tip: str
    do: Callable[[BackupsPanel], None]


@dataclass(frozen=True, slots=True)
class BackupAction:
    """Something to do with one backup."""

    name: str
    text: str
    icon: str
    tip: str
    do: Callable[[BackupsPanel, BackupRow], None]


@dataclass(frozen=True, slots=True)
class RestoreWish:
    """What a person wants back from a backup: all of it, or only these root collections and documents.

    `documents` are paths (collection, id, …), each with all below it. `BackupsPanel.restore_wanted` carries
    it.
    """

    backup: str
    collections: tuple[str, ...] = ()
    documents: tuple[tuple[str, ...], ...] = ()


def _open_folder(panel: BackupsPanel, row: BackupRow) -> None:
    panel.open_folder(row.path)


def _open_detail(panel: BackupsPanel, row: BackupRow) -> None:
    from facot_backups.faces.desktop.views.detail import DetailWindow

    panel.open_view(f"detail {row.name}", lambda: DetailWindow(panel, row))


def _restore(panel: BackupsPanel) -> None:
    from facot_backups.faces.desktop.views.restore import open_restore

    open_restore(panel)


def _restore_one(panel: BackupsPanel, row: BackupRow) -> None:
    from facot_backups.faces.desktop.views.restore import open_restore

    open_restore(panel, row.name)


PANEL_ACTIONS: tuple[PanelAction, ...] = (
    PanelAction("restore", "Restaurar…", "restore", "Devolver datos de un backup a Firebase", _restore),
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
