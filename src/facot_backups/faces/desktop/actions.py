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


def _open_folder(panel: BackupsPanel, row: BackupRow) -> None:
    panel.open_folder(row.path)


PANEL_ACTIONS: tuple[PanelAction, ...] = ()
BACKUP_ACTIONS: tuple[BackupAction, ...] = (
    BackupAction(
        "open-backup", "Abrir su carpeta", "folder", "Ver los archivos de este backup", _open_folder
    ),
)
