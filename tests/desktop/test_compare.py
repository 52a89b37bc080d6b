"""A backup compared, with real clicks: with another day, with the live data, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.comparison.window import ComparePage
from facot_backups.ui.desktop.window import RestoreWish
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]
_LEFT = Qt.MouseButton.LeftButton


def _click(qtbot: Any, button: QPushButton) -> None:
    assert button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, _LEFT)


def _open(qtbot: Any, panel: BackupsPanel) -> ComparePage:
    panel.list.table.setFocus()
    panel.list.table.selectRow(0)
    qtbot.keyClick(panel.list.table, Qt.Key.Key_Return)
    (window,) = panel.findChildren(DetailWindow)
    qtbot.waitUntil(lambda: window.detail is not None, timeout=20_000)
    window.tabs.setCurrentWidget(window.compare)
    return window.compare


def _idle(qtbot: Any, page: ComparePage) -> None:
    window = page.window()
    assert isinstance(window, DetailWindow)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=60_000)


def _compare(qtbot: Any, page: ComparePage, other: str | None) -> None:
    page.choose(other)
    _click(qtbot, page.button)
    _idle(qtbot, page)


def test_with_another_day(qtbot: Any, old_world: DesktopWorld, show: Show, watchdog: Watchdog) -> None:
    panel = show(old_world)
    page = _open(qtbot, panel)
    backups = [backup for backup in old_world.backups() if backup.complete]
    assert page.other.currentData() == str(backups[1].name) and not page.price.text()
    with watchdog.watching("comparar"):
        _compare(qtbot, page, str(backups[-1].name))
    found = page.comparison
    assert found is not None and found.before.name == str(backups[-1].name) and found.total.removed == 0
    assert page.conclusion.text().startswith(f"{found.total.added} documentos añadidos; ")
    assert page.sides.text().endswith(("Después: hoy a las 02:00.", "Después: ayer a las 02:00."))
    assert len(page.model.rows) == found.total.added > 10
    invoice = next(change for change in found.changes if len(change.path) == 2)
    for letter in invoice.shown.number:
        qtbot.keyClicks(page.field, letter)
    assert page.chosen is not None and page.chosen.path == invoice.path and len(page.model.rows) == 1
    assert page.about.text().startswith("Se añadió") and page.changes.rowCount() > 10
    assert page.changes.index(0, 0).data() == "NCF" and page.changes.index(0, 1).data() == ""
    page.field.clear()
    page.kind.setCurrentText("Borrados")
    assert not page.model.rows and not page.restore_button.isEnabled() and not page.history_button.isEnabled()


def test_with_the_live_data_field_by_field(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    panel = show(world)
    wishes: list[RestoreWish] = []
    panel.restore_wanted.disconnect()
    panel.restore_wanted.connect(wishes.append)
    with qtbot.waitSignal(panel.backup_ended, timeout=30_000):
        _click(qtbot, panel.create_button)
    qtbot.waitUntil(lambda: not panel.jobs.busy, timeout=20_000)
    client = _client(world)
    client.document("third_parties/0").update({"name": "Otro nombre", "rnc": 5})
    client.document("items/ABC0001").delete()
    client.document("clients/nuevo").set({"name": "Ana"})
    page = _open(qtbot, panel)
    page.choose(None)
    assert "lecturas" in page.price.text()
    _compare(qtbot, page, None)
    assert page.conclusion.text().startswith(
        "1 documento añadido, 1 documento borrado, 1 documento cambiado; "
    )
    assert [row.kind for row in page.model.rows] == ["added", "removed", "changed"]
    page.table.selectRow(0)
    assert not page.restore_button.isEnabled()
    page.table.selectRow(2)
    lines = [[page.changes.index(row, column).data() for column in range(3)] for row in range(2)]
    assert [line[0] for line in lines] == ["Nombre", "RNC"]
    assert lines[0][2] == "Otro nombre" and lines[1][1].endswith("(texto)") and lines[1][2] == "5 (entero)"
    page.table.selectRow(1)
    _click(qtbot, page.restore_button)
    assert wishes == [RestoreWish(panel.list.chosen.name, documents=(("items", "ABC0001"),))]  # type: ignore[union-attr]


def _client(world: DesktopWorld) -> Any:
    from facot_backups.app import wiring

    return wiring.make_client(world.session.settings())


def test_a_comparison_is_stopped_and_a_failure_told(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    page = _open(qtbot, panel)
    with old_world.hung("RunQuery") as come:
        page.choose(None)
        _click(qtbot, page.button)
        qtbot.waitUntil(come.is_set, timeout=10_000)
        _click(qtbot, page.progress.cancel)
        _idle(qtbot, page)
    assert page.notice.title.text() == "Cancelado" and page.comparison is None
    old_world.server.stop()
    _compare(qtbot, page, None)
    assert page.notice.title.text() == "Firestore no disponible" and page.button.isEnabled()
