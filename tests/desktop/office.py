"""A computer with FACOT's settings, and the hands of who changes them in the panel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QAbstractButton, QLineEdit

from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.settings.alerts_page import AlertsRow
from facot_backups.ui.desktop.settings.fields import TextRow
from facot_backups.ui.desktop.settings.list_fields import CollectionsRow
from facot_backups.ui.desktop.settings.window import SettingsWindow

FACOT = {
    "empresas": {"1": {"nombre": "Compañía «Ñandú»"}},
    "theme": "azul",
    "firebase": {"storage_bucket": "cubo"},
    "backups": {"otra": [1], "retention_days": 45},
}


@dataclass
class Office:
    """A computer with FACOT's settings in the working directory, which is `home`."""

    home: Path
    environ: dict[str, str]

    @property
    def config(self) -> Path:
        return self.home / "facot_config.json"

    @property
    def session(self) -> Session:
        return Session(environ=self.environ)

    def saved(self) -> Any:
        return json.loads(self.config.read_text(encoding="utf-8"))

    def write(self, content: object) -> bytes:
        self.config.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
        return self.config.read_bytes()


def click(qtbot: Any, button: QAbstractButton) -> None:
    assert button.isEnabled(), button.text()
    # At its left end, where the mark of a radio button is.
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(12, 10))


def type_into(qtbot: Any, edit: QLineEdit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, text)


def row(window: SettingsWindow, name: str) -> TextRow:
    found = window.rows[name]
    assert isinstance(found, TextRow)
    return found


def ready(qtbot: Any, window: SettingsWindow) -> None:
    qtbot.waitUntil(lambda: gone(window) or not window.jobs.busy, timeout=20_000)


def gone(window: SettingsWindow) -> bool:
    return not isalive(window)  # type: ignore[no-untyped-call]


def save(qtbot: Any, window: SettingsWindow) -> None:
    click(qtbot, window.save_button)
    ready(qtbot, window)


def add(qtbot: Any, row: CollectionsRow | AlertsRow, text: str) -> None:
    if isinstance(row, AlertsRow) and not row.more.isVisible():
        click(qtbot, row.expert)
    type_into(qtbot, row.more, text)
    click(qtbot, row.add)
