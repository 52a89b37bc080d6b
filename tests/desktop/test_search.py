"""«Buscar una factura…», by mouse and keyboard: over all backups, to the history and to a restore."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from qtpy.QtCore import Qt

from facot_backups.errors import Interrupted
from facot_backups.events import PhaseStarted, Progressed
from facot_backups.model import Document, Source
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.documents import search_task
from facot_backups.ui.desktop.documents.history_window import HistoryWindow
from facot_backups.ui.desktop.documents.search_window import SearchWindow
from facot_backups.ui.desktop.window import RestoreWish
from tests.desktop.world import DesktopWorld
from tests.support.archives import run

Show = Callable[..., BackupsPanel]
_KEPT, _LOST = ("invoices", "1"), ("invoices", "2")


@pytest.fixture
def days(world: DesktopWorld) -> list[str]:
    """Backups of the last four days; the invoice of `_LOST` is in the first two."""
    today = datetime.now(UTC).astimezone(world.demo.clock.zone()).replace(hour=0, minute=0)
    kept = Document(_KEPT, {"ncf": "B0100000001", "third_party_name": "Peña & <b>Hijos</b>"})
    lost = Document(_LOST, {"ncf": "B0100000002", "third_party_name": "Martínez", "total_amount": 1180.0})
    names = []
    with world.store.locked() as locked:
        for ago in (3, 2, 1, 0):
            moment = today - timedelta(days=ago)
            documents = [kept, lost] if ago > 1 else [kept]
            backup = run(
                locked, documents, source=Source("demo-facot", emulator=True), backup_date=moment.date(),
                read_time=moment.astimezone(UTC),
            )  # fmt: skip
            names.append(str(backup.name))
    return names


def _results(qtbot: Any, panel: BackupsPanel) -> SearchWindow:
    (window,) = panel.findChildren(SearchWindow)
    qtbot.waitUntil(lambda: window.searched is not None and not window.jobs.busy, timeout=20_000)
    return window


def _rows(window: SearchWindow) -> list[list[str]]:
    columns = (window.model.column(name) for name in ("number", "name", "where"))
    wanted = list(columns)
    return [[window.model.index(row, one).data() for one in wanted] for row in range(window.model.rowCount())]


def test_a_lost_invoice_is_found_by_the_keyboard(
    qtbot: Any, world: DesktopWorld, show: Show, days: list[str]
) -> None:
    panel = show(world)
    wishes: list[RestoreWish] = []
    panel.restore_wanted.disconnect()
    panel.restore_wanted.connect(wishes.append)
    panel.create_button.setFocus()
    qtbot.keyClick(panel.create_button, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert panel.search.field.hasFocus()
    qtbot.keyClicks(panel.search.field, "MARTINEZ")
    qtbot.keyClick(panel.search.field, Qt.Key.Key_Return)
    window = _results(qtbot, panel)
    last, gone = (datetime.strptime(name, "%Y-%m-%d").date() for name in days[1:3])  # noqa: DTZ007
    between = f"el {last.day} y el {gone.day}"
    if last.month != gone.month:
        between = f"el {last:%d/%m} y el {gone:%d/%m}"
    if last.year != gone.year:
        between = f"el {last:%d/%m/%Y} y el {gone:%d/%m/%Y}"
    (row,) = _rows(window)
    assert row[:2] == ["B0100000002", "Martínez"]
    assert row[2].startswith("Vista por última vez el ") and row[2].endswith(f", borrada entre {between}")
    assert window.table.hasFocus()
    qtbot.keyClick(window.table, Qt.Key.Key_Return)
    (history,) = panel.findChildren(HistoryWindow)
    assert history.path == _LOST
    qtbot.keyClick(history, Qt.Key.Key_Escape)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    qtbot.keyClick(window.table, Qt.Key.Key_Tab)
    assert window.history_button.hasFocus()
    qtbot.keyClick(window.history_button, Qt.Key.Key_Tab)
    assert window.restore_button.hasFocus()
    qtbot.keyClick(window.restore_button, Qt.Key.Key_Space)
    assert wishes == [RestoreWish(days[1], documents=(_LOST,))]


def test_what_is_still_there_and_what_is_not(
    qtbot: Any, world: DesktopWorld, show: Show, days: list[str]
) -> None:
    panel = show(world)
    panel.search.field.setText("B01")
    qtbot.mouseClick(panel.search.button, Qt.MouseButton.LeftButton)
    window = _results(qtbot, panel)
    assert [row[0] for row in _rows(window)] == ["B0100000002", "B0100000001"]
    assert _rows(window)[1][1:] == ["Peña & <b>Hijos</b>", "Está en el de hoy"]
    window.box.field.clear()
    qtbot.keyClicks(window.box.field, "marti zzz")
    qtbot.keyClick(window.box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=20_000)
    assert window.count.text() == (
        "En 4 backups no hay nada con «marti zzz». Pruebe con menos palabras, o con parte del número."
    )
    assert not window.restore_button.isEnabled() and not window.history_button.isEnabled()


def test_a_search_stops_when_it_is_asked_to(world: DesktopWorld, days: list[str]) -> None:
    stop, told = Stop(), list[object]()

    def emit(event: object) -> None:
        told.append(event)
        stop.request()

    with pytest.raises(Interrupted):
        search_task.search(world.session, emit, stop, "b01")
    assert isinstance(told[0], PhaseStarted) and not any(isinstance(one, Progressed) for one in told)


def test_where_it_is_stays_in_sight_in_a_narrow_window(
    qtbot: Any, world: DesktopWorld, show: Show, days: list[str]
) -> None:
    panel = show(world)
    panel.search.field.setText("MARTINEZ")
    qtbot.mouseClick(panel.search.button, Qt.MouseButton.LeftButton)
    window = _results(qtbot, panel)
    window.resize(784, 600)
    qtbot.waitUntil(lambda: window.table.isColumnHidden(window.model.column("date")), timeout=10_000)
    where, header = window.model.column("where"), window.table.horizontalHeader()
    right = header.sectionViewportPosition(where) + header.sectionSize(where)
    assert not window.table.isColumnHidden(where) and right <= window.table.viewport().width()
    told = window.model.index(0, where).data()
    assert window.about.isVisible() and window.about.text() == f"B0100000002 · Martínez. {told}."
    window.resize(1240, 600)
    qtbot.waitUntil(lambda: not window.table.isColumnHidden(window.model.column("date")), timeout=10_000)
