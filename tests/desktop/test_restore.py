"""The restore wizard, with real clicks: plan, confirmation, conflict, undo, cuts, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from facot_backups.faces.desktop import BackupsPanel
from facot_backups.faces.desktop.views.restore import RestoreWindow, open_restore
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]


def _click(qtbot: Any, button: QPushButton) -> None:
    qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled(), timeout=10_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _on(qtbot: Any, window: RestoreWindow, page: Any) -> None:
    qtbot.waitUntil(lambda: window.pages.currentWidget() is page, timeout=20_000)


def test_all_of_a_backup_and_back(
    qtbot: Any, old_world: DesktopWorld, show: Show, watchdog: Watchdog
) -> None:
    panel = show(old_world)
    window = open_restore(panel)
    with watchdog.watching("restore"):
        _click(qtbot, window.next)
        _on(qtbot, window, window.plan)
        _click(qtbot, window.next)
        _on(qtbot, window, window.ending)
    assert window.ending.title.text() == "Restaurado y comprobado"
