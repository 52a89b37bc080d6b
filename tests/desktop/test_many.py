"""Calendar, chart and list over 400 backups; the GUI thread waits for none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from qtpy.QtCore import Qt

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from tests.desktop.many import BAD, OFF, ManyBackups, folders, many_backups
from tests.desktop.watchdog import Watchdog

Show = Callable[..., BackupsPanel]
_LEFT = Qt.MouseButton.LeftButton
_DAYS = 420


@pytest.fixture
def many(state_dir: Any) -> Iterator[ManyBackups]:
    with many_backups(_DAYS) as world:
        yield world


@pytest.fixture
def panel(many: ManyBackups, show: Show) -> BackupsPanel:
    return show(many)


def _idle(qtbot: Any, panel: BackupsPanel) -> None:
    qtbot.waitUntil(lambda: panel.create_button.isEnabled() and not panel.jobs.busy, timeout=30_000)


def test_four_hundred_backups(qtbot: Any, many: ManyBackups, panel: BackupsPanel, watchdog: Watchdog) -> None:
    """All of them in the list, the chart and the calendar; nothing that is done makes the window wait."""
    count = folders(many.folder)
    assert count > 400
    assert panel.overview is not None and panel.list.sorted.rowCount() == count
    assert len(panel.chart.chart.points) == len(panel.overview.whole) == count - len(_bad())

    def refresh() -> None:
        panel.list.model.replace(())
        panel.look()
        _idle(qtbot, panel)

    def sort() -> None:
        for name in ("documents", "size", "date"):
            panel.list.table.sortByColumn(panel.list.model.column(name), Qt.SortOrder.AscendingOrder)
            qtbot.wait(1)

    def back_up() -> None:
        qtbot.mouseClick(panel.create_button, _LEFT)
        _idle(qtbot, panel)

    watchdog.within_limit("refresh (400)", refresh)
    watchdog.within_limit("sort (400)", sort)
    watchdog.within_limit("backup (400)", back_up)
    assert folders(many.folder) > count and panel.notice.title.text() == "Backup completado"
    months = _walk_back(qtbot, panel)
    assert len(months) == 14
    assert sum(found.get("complete", 0) for found in months) == count - len(_bad())
    assert sum(found.get("missing", 0) for found in months) == (_DAYS - 1) // OFF
    assert sum(found.get("incomplete", 0) for found in months) == len(_bad())
    _verify(qtbot, many, panel, watchdog)


def _bad() -> list[int]:
    return [ago for ago in range(1, _DAYS) if ago % BAD == 0 and ago % OFF]


def _walk_back(qtbot: Any, panel: BackupsPanel) -> list[dict[Any, int]]:
    """The counts of all months, from the present one back, by the button."""
    assert panel.overview is not None
    found = []
    while True:
        found.append(panel.calendar.legend.counts)
        if not panel.calendar.previous.isEnabled():
            return [dict(counts) for counts in found]
        qtbot.mouseClick(panel.calendar.previous, _LEFT)


def _verify(qtbot: Any, many: ManyBackups, panel: BackupsPanel, watchdog: Watchdog) -> None:
    panel.list.choose((many.today - timedelta(days=1)).isoformat())
    row = panel.list.chosen
    assert row is not None
    view = DetailWindow(panel, row)
    view.show()
    qtbot.waitUntil(lambda: view.detail is not None, timeout=20_000)

    def verify() -> None:
        view.notice.hide()
        qtbot.mouseClick(view.verify_button, _LEFT)
        qtbot.waitUntil(
            lambda: view.notice.isVisible() and not view.jobs.busy and not panel.jobs.busy, timeout=20_000
        )

    watchdog.within_limit("verify (400)", verify)
    assert view.notice.property("level") == "ok"
    view.close()
