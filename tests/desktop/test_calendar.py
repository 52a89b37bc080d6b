"""The calendar: what each day is, without Qt; then its keys and clicks, what they show, the panel's room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.overview import calendar_days
from facot_backups.ui.desktop.overview.calendar_days import Calendar
from facot_backups.ui.desktop.overview.calendar_marks import TONES
from facot_backups.ui.desktop.snapshot import BackupRow
from facot_backups.ui.desktop.toolkit.colours import DARK, LIGHT
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]
_ZONE = ZoneInfo("America/Santo_Domingo")
_NOW = datetime(2026, 3, 15, 9, 30, tzinfo=_ZONE)


def _row(day: date, kind: Any = "complete", name: str = "") -> BackupRow:
    moment = datetime.combine(day, time(2), _ZONE)
    return BackupRow(
        name or day.isoformat(), Path(), kind, day, moment, "scheduled", 10, 1000, None, None
    )  # fmt: skip


def _calendar(*rows: BackupRow, now: datetime = _NOW, partial: str = "", **more: Any) -> Calendar:
    whole = frozenset(row.name for row in rows if row.kind == "complete" and row.name != partial)
    facts: dict[str, Any] = {"made": frozenset(), "failed": {}, "hour": time(2), **more}
    return Calendar(rows, whole, now=now, **facts)


def _day(ago: int) -> date:
    return _NOW.date() - timedelta(days=ago)


def test_what_a_day_is() -> None:
    calendar = _calendar(
        _row(_day(1)),
        _row(_day(2), "incomplete"),
        _row(_day(3), "damaged"),
        _row(_day(4), "pre-restore"),
        _row(_day(6), "incomplete", "a"),
        _row(_day(6), "complete", "b"),
        _row(_day(7), "complete", "part"),
        _row(_day(8), "facot2"),
        partial="part",
        made=frozenset({_day(0), _day(9), _day(12)}),
        failed={_day(5): "Firestore no\nresponde", _day(0): "sin red"},
    )
    found = [(calendar.day(_day(ago)).state, calendar.day(_day(ago)).text) for ago in range(-1, 14)]
    assert found == [
        ("none", "Aún no toca"),
        ("pending", "Pendiente: tocaba a las 02:00. Falló: sin red"),
        ("complete", "Completo"),
        ("incomplete", "Incompleto"),
        ("damaged", "Dañado"),
        ("missing", "Sin backup"),
        ("missing", "Sin backup. Falló: Firestore no responde"),
        ("complete", "Completo (2 backups)"),
        ("incomplete", "Solo una parte de los datos"),
        ("incomplete", "Solo en el formato antiguo, sin comprobar"),
        ("removed", "Se hizo; ya no se guarda"),
        ("missing", "Sin backup"),
        ("missing", "Sin backup"),
        ("removed", "Se hizo; ya no se guarda"),
        ("none", "Todavía no se hacían backups"),
    ]
    assert calendar.day(_day(4)).backups[0].kind == "pre-restore"
    assert calendar.day(_day(0)).said.startswith("domingo 15 de marzo de 2026, hoy: pendiente")
    assert calendar.first == _day(12) and calendar.last == _day(0)
    counts = calendar.counts(_NOW.date())
    assert counts == {
        "complete": 2, "incomplete": 3, "damaged": 1, "missing": 4, "pending": 1, "removed": 2
    }  # fmt: skip


def test_a_day_that_has_not_come_is_no_alarm() -> None:
    early = datetime(2026, 3, 15, 1, 59, tzinfo=_ZONE)
    today = _calendar(_row(_day(1)), now=early).day(early.date())
    assert (today.state, today.text) == ("pending", "Pendiente: toca a las 02:00")
    new = _calendar()
    assert {new.day(_day(ago)).state for ago in range(-3, 9)} == {"none"} and new.counts(_day(0)) == {}
    ahead = _calendar(_row(_day(-40)))
    assert ahead.last == _day(-40) and ahead.day(_day(-40)).state == "complete"


@pytest.mark.parametrize("month", [date(2026, 2, 1), date(2028, 2, 1), date(2026, 5, 1), date(2026, 12, 1)])
def test_a_month_has_each_day_once(month: date) -> None:
    cells = [calendar_days.at(month, week, day) for week in range(calendar_days.WEEKS) for day in range(7)]
    days = [day for day in cells if day is not None]
    assert days == list(calendar_days.days_of(month)) and days[0] == month
    assert all(calendar_days.at(month, *calendar_days.place_of(day)) == day for day in days)
    assert all(
        calendar_days.WEEK[calendar_days.place_of(day)[1]] == "dom" for day in days if day.weekday() == 6
    )
    assert calendar_days.months_after(calendar_days.months_after(month, -14), 14) == month


def test_no_state_is_told_by_colour_alone() -> None:
    """Each has its own word; its shape and its text are readable on its background in both looks."""
    assert len({one for one, _ in calendar_days.LEGEND.values()}) == len(calendar_days.LEGEND)
    for colours in (LIGHT, DARK):
        for _tone, soft, text in TONES.values():
            assert _contrast(getattr(colours, soft), getattr(colours, text)) >= 4.5


def _contrast(one: str, other: str) -> float:
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# --- in the panel ----------------------------------------------------------------------------------------


def _at(panel: BackupsPanel, day: date) -> QPoint:
    grid = panel.calendar.grid
    return grid.visualRect(grid.days.index_of(day)).center()


def _shown(panel: BackupsPanel) -> list[BackupRow]:
    model = panel.list.sorted
    return [model.index(number, 0).data(ROW_ROLE) for number in range(model.rowCount())]


def test_a_click_shows_the_backups_of_a_day(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    assert panel.overview is not None
    every, today = panel.overview.rows, panel.overview.now.date()
    manual = next(row for row in every if row.trigger == "manual")
    while panel.calendar.month > manual.date:
        qtbot.mouseClick(panel.calendar.previous, Qt.MouseButton.LeftButton)
    viewport = panel.calendar.grid.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=_at(panel, manual.date))
    assert {row.date for row in _shown(panel)} == {manual.date} and len(_shown(panel)) == 2
    assert panel.list.chosen == manual and panel.list.heading.text().endswith(f"{manual.date:%d/%m/%Y}")
    panel.look()
    qtbot.waitUntil(lambda: not panel.jobs.busy, timeout=20_000)
    assert len(_shown(panel)) == 2
    assert (panel.list.day, panel.calendar.chosen) == (manual.date, manual.date)
    qtbot.mouseClick(panel.list.all_button, Qt.MouseButton.LeftButton)
    assert len(_shown(panel)) == len(every)
    assert (panel.list.day, panel.calendar.chosen) == (None, None)
    assert panel.list.chosen == manual
    while panel.calendar.next.isEnabled():
        qtbot.mouseClick(panel.calendar.next, Qt.MouseButton.LeftButton)
    assert panel.calendar.month == today.replace(day=1)


def test_the_keyboard_reaches_every_day(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    assert panel.overview is not None
    calendar, today = panel.calendar, panel.overview.now.date()
    first = min(row.date for row in panel.overview.rows)
    grid = calendar.grid
    grid.setFocus()
    assert grid.day == today
    for key, wanted in (
        (Qt.Key.Key_Left, today - timedelta(days=1)),
        (Qt.Key.Key_Up, today - timedelta(days=8)),
        (Qt.Key.Key_Right, today - timedelta(days=7)),
        (Qt.Key.Key_Down, today),
        (Qt.Key.Key_Right, today),
        (Qt.Key.Key_PageUp, _same_day(today, -1)),
        (Qt.Key.Key_Home, _same_day(today, -1).replace(day=1)),
    ):
        QTest.keyClick(grid, key)
        assert grid.day == max(wanted, first)
        assert calendar.month == calendar_days.month_of(max(wanted, first))
    for _ in range(60):
        QTest.keyClick(grid, Qt.Key.Key_Left)
    assert grid.day == first and not calendar.previous.isEnabled()
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert {row.date for row in _shown(panel)} == {first}
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert len(_shown(panel)) == len(panel.overview.rows)
    index = grid.days.index_of(first)
    said = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.endswith("completo") and str(first.year) in said
    assert index.data(Qt.ItemDataRole.ToolTipRole).casefold() == said.casefold()
    assert "completo" in grid.accessibleDescription()


def _same_day(day: date, months: int) -> date:
    month = calendar_days.months_after(day, months)
    return list(calendar_days.days_of(month))[: day.day][-1]


def test_hints_are_folded_away_and_stay_so(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    panel = show(world)
    qtbot.mouseClick(panel.create_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.jobs.busy and panel.create_button.isEnabled(), timeout=30_000)
    assert "simulacro" in panel.card.hints.text() and panel.card.hints.isVisible()
    qtbot.mouseClick(panel.card.fold, Qt.MouseButton.LeftButton)
    assert not panel.card.hints.isVisible() and panel.card.fold.text().startswith("Ver ")
    qtbot.waitUntil(lambda: not panel.jobs.busy, timeout=20_000)
    again = show(world)
    assert not again.card.hints.isVisible() and again.card.fold.isVisible()
    qtbot.mouseClick(again.card.fold, Qt.MouseButton.LeftButton)
    assert again.card.hints.isVisible()
    qtbot.waitUntil(lambda: not again.jobs.busy, timeout=20_000)


@pytest.mark.parametrize(("width", "height"), [(1024, 700), (738, 578), (600, 360)])
def test_it_fits(qtbot: Any, old_world: DesktopWorld, show: Show, width: int, height: int) -> None:
    """Nothing is cut off sideways; where height lacks it scrolls, and what the keyboard reaches is seen."""
    panel = show(old_world)
    panel.resize(width, height)
    qtbot.waitUntil(lambda: panel.size().width() == width, timeout=5_000)
    body, viewport = panel.area.widget(), panel.area.viewport()
    assert body is not None and viewport is not None
    qtbot.waitUntil(lambda: body.width() == viewport.width(), timeout=5_000)
    parts = [panel.card.next, panel.chart, panel.list, *(one for _, one in panel.list.buttons)]
    for part in filter(QWidget.isVisible, [panel.card.fold, *parts]):
        assert part.mapTo(body, QPoint(part.width(), 0)).x() <= body.width()
    assert (body.height() <= viewport.height()) == (height == 700)
    panel.chart.chart.setFocus()
    QTest.keyClick(panel.chart.chart, Qt.Key.Key_Tab)
    assert panel.list.table.hasFocus()
    assert viewport.rect().contains(panel.list.table.mapTo(viewport, QPoint(10, 10)))
