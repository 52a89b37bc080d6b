"""Settings that misspell or leave out a collection: told on the card at once, mended or meant, by clicks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QPushButton

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.audit.window import AuditWindow
from facot_backups.ui.desktop.backups.losses_window import LossesWindow
from facot_backups.ui.desktop.settings.list_fields import CollectionsRow
from facot_backups.ui.desktop.settings.window import SettingsWindow
from tests.desktop.office import add, click, save
from tests.desktop.world import DesktopWorld

Settings = Callable[[Any], SettingsWindow]


def _press(qtbot: Any, button: QAbstractButton) -> None:
    """By the keyboard alone."""
    assert button.isVisible() and button.isEnabled()
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)


def _choose(qtbot: Any, window: SettingsWindow, name: str, *collections: str) -> BackupsPanel:
    """Have nothing but these in one of the two lists of collections; the panel, which looked again."""
    panel, row = window.panel, window.rows[name]
    assert isinstance(panel, BackupsPanel) and isinstance(row, CollectionsRow)
    click(qtbot, row.some if collections else row.usual)
    for collection in collections:
        add(qtbot, row, collection)
    with qtbot.waitSignal(panel.overview_changed, timeout=20_000):
        save(qtbot, window)
    return panel


def _reopen(qtbot: Any, panel: BackupsPanel) -> SettingsWindow:
    button = panel.findChild(QPushButton, "settings")
    assert button is not None
    click(qtbot, button)
    window = panel.findChildren(SettingsWindow)[-1]
    qtbot.waitUntil(lambda: window.form is not None and not window.jobs.busy, timeout=20_000)
    return window


def _states(panel: BackupsPanel) -> list[str]:
    """What the two newest backups are."""
    model = panel.list.table.model()
    return [model.index(number, 2).data() for number in range(2)]


def test_a_misspelt_collection_and_an_empty_backup(
    qtbot: Any, old_world: DesktopWorld, settings: Settings
) -> None:
    panel = _choose(qtbot, settings(old_world), "collections", "invoice")
    assert panel.card.property("level") == "warning"
    told = panel.card.points.text()
    assert "No existe la colección «invoice», que se quiere guardar. ¿Quería decir «invoices»?" in told
    assert "collections" not in told and "facot-backups" not in told
    assert panel.card.losses.isVisible()

    with qtbot.waitSignal(panel.backup_ended, timeout=30_000):
        _press(qtbot, panel.create_button)
    assert panel.notice.title.text() == "El backup está vacío"
    qtbot.waitUntil(lambda: panel.card.property("level") == "critical", timeout=20_000)
    assert "no guarda ningún documento" in panel.card.points.text()
    assert _states(panel) == ["Vacío", "Completo"]

    audit = panel.findChild(QPushButton, "audit")
    assert audit is not None
    _press(qtbot, audit)
    (window,) = panel.findChildren(AuditWindow)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=20_000)
    assert window.title.text() == "No hay nada que revisar"
    window.close()

    _choose(qtbot, _reopen(qtbot, panel), "collections")
    qtbot.waitUntil(lambda: panel.card.property("level") == "ok", timeout=20_000)


@pytest.mark.parametrize("meant", [True, False])
def test_what_is_left_out_is_told_until_it_is_meant(
    qtbot: Any, old_world: DesktopWorld, settings: Settings, meant: bool
) -> None:
    panel = _choose(qtbot, settings(old_world), "exclude", "items")
    assert panel.card.property("level") == "warning"
    assert "Ya no se guarda: Productos." in panel.card.points.text()
    _press(qtbot, panel.card.losses)
    (window,) = panel.findChildren(LossesWindow)
    assert window.title.text() == "No se guarda todo"
    assert "• Productos: está en el backup del " in window.left.text()
    assert not window.table.isVisible() and not window.restore_button.isVisible()
    if not meant:
        _press(qtbot, window.settings_button)
        opened = panel.findChildren(SettingsWindow)[-1]
        qtbot.waitUntil(lambda: opened.form is not None and not opened.jobs.busy, timeout=20_000)
        _choose(qtbot, opened, "exclude")
        assert window.title.text() == "Ya no falta nada" and not window.accept_button.isEnabled()
    else:
        _press(qtbot, window.accept_button)
        assert window.question is not None
        with qtbot.waitSignal(panel.overview_changed, timeout=20_000):
            _press(qtbot, window.question.buttons[0])
        (entry,) = [one for one in old_world.store.ledger.entries() if one.kind == "acceptance"]
        assert entry.details["collections"] == ["items"] and "read_time" not in entry.details
    qtbot.waitUntil(lambda: panel.card.property("level") == "ok", timeout=20_000)
