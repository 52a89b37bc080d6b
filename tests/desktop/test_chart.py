"""The chart: scales and words without Qt; what mouse and keyboard point at; lines where they belong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage
from qtpy.QtTest import QTest

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.overview import chart_scale
from facot_backups.ui.desktop.overview.chart_scale import Point
from facot_backups.ui.desktop.toolkit import words
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]
_ZONE = ZoneInfo("America/Santo_Domingo")


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], [0, 1]),
        ([0], [0, 1]),
        ([7], [0, 3, 6, 9]),
        ([0, 3], [0, 1, 2, 3]),
        ([820, 1441], [0, 500, 1000, 1500]),
        ([1380, 1441], [1375, 1400, 1425, 1450]),
        ([40_000, 41_000_000], [0, 20_000_000, 40_000_000, 60_000_000]),
        ([2**40, 2**40 + 5], [1099511627776, 1099511627778, 1099511627780, 1099511627782]),
    ],
)
def test_a_scale_is_round_and_holds_all(values: list[int], ticks: list[int]) -> None:
    scale = chart_scale.scale_of(values)
    assert list(scale.ticks) == ticks and scale.low == ticks[0] and scale.high == ticks[-1]
    assert all(0 <= scale.place(value) <= 1 for value in values)


@pytest.mark.parametrize(
    ("days", "room", "texts"),
    [
        (0, 5, ["24/11"]),
        (6, 4, ["18/11", "20/11", "22/11", "24/11"]),
        (100, 6, ["sep", "oct", "nov"]),
        (400, 6, ["2026", "abr", "jul", "oct"]),
        (4000, 4, ["2016", "2019", "2022", "2025"]),
    ],
)
def test_the_axis_of_time_takes_days_months_or_years(days: int, room: int, texts: list[str]) -> None:
    last = datetime(2026, 11, 24, 2, tzinfo=_ZONE)
    ticks = chart_scale.time_ticks(last - timedelta(days=days), last, room)
    assert [text for _, text in ticks] == texts and len(ticks) <= room


def test_it_says_what_it_shows() -> None:
    first = Point("a", datetime(2026, 1, 2, 2, tzinfo=_ZONE), 1200, 250_000)
    last = Point("b", datetime(2026, 3, 4, 2, tzinfo=_ZONE), 1441, 2_000_000)
    assert chart_scale.described([]) == "Todavía no hay backups completos que mostrar."
    assert chart_scale.described([first]) == "1 backup completo: 02/01/2026 · 1,200 documentos · 250.0 KB."
    assert chart_scale.described([first, last]) == (
        "2 backups completos, del 02/01/2026 al 04/03/2026. Documentos: de 1,200 a 1,441. "
        "Tamaño: de 250.0 KB a 2.0 MB."
    )
    assert [chart_scale.size_on_axis(size) for size in (0, 400_000, 2_500_000)] == ["0 B", "400 KB", "2.5 MB"]
    assert [chart_scale.nearest([0.0, 10.0, 20.0], x) for x in (-5, 4, 6, 99)] == [0, 0, 1, 2]


def test_mouse_and_keyboard_point_at_backups(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    assert panel.overview is not None
    card, chart = panel.chart, panel.chart.chart
    points = chart.points
    assert [point.name for point in points] == sorted(panel.overview.whole)
    assert (card.day.text(), *chart.headings) == _told(points[-1])
    place = QPoint(round(chart.place(5)), chart.height() // 3)
    qtbot.mouseMove(chart, place)
    qtbot.waitUntil(lambda: chart.at == points[5], timeout=5_000)
    assert (card.day.text(), *chart.headings) == _told(points[5])
    assert chart_scale.value_of(points[5]) in chart.accessibleName()
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    assert panel.list.chosen is not None and panel.list.chosen.name == points[5].name
    chart.setFocus()
    for key, wanted in (
        (Qt.Key.Key_End, -1),
        (Qt.Key.Key_Right, -1),
        (Qt.Key.Key_Left, -2),
        (Qt.Key.Key_PageUp, -32),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
    ):
        QTest.keyClick(chart, key)
        assert chart.at == points[wanted]
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert panel.list.chosen.name == points[0].name
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.at is None and (card.day.text(), *chart.headings) == _told(points[-1])
    assert "Documentos: de" in chart.accessibleDescription()


def _told(point: Point) -> tuple[str, str, str]:
    """What the card and the headings of the lines say of a backup, without lines."""
    documents = f"Documentos: {words.number(point.documents)}"
    return words.day(point.moment.date()), documents, f"Tamaño: {words.size(point.size_bytes)}"


@pytest.mark.parametrize("room", [1, 2, 3, 5, 9])
def test_the_texts_of_an_axis_do_not_touch(room: int) -> None:
    ticks = (300, 400, 500, 600, 700)
    found = chart_scale.readable(ticks, room)
    assert found[0] == ticks[0] and len(found) <= room and set(found) <= set(ticks)
    assert found == ticks or room < len(ticks)


def test_the_lines_are_where_the_values_are(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    chart, colours = panel.chart.chart, panel.theme.colours
    ends = [chart.points[0], chart.points[-1]]
    for factor in (1, 100):
        scaled = [
            Point(str(n), ends[n].moment, factor * (n + 1) * 1000, 5000 - 4000 * n) for n in range(2)
        ]  # fmt: skip
        chart.show_points(scaled)
        picture = chart.grab().toImage()
        first, last = (round(chart.place(n)) + (4 if n == 0 else -4) for n in range(2))
        upper, lower = ((_where(picture, colour, first), _where(picture, colour, last)) for colour in (
            colours.focus, colours.success
        ))  # fmt: skip
        assert upper[0] > upper[1] + 10 and lower[0] < lower[1] - 10 and max(upper) < min(lower)
    chart.show_points(scaled[:1])
    assert chart.place(0) == pytest.approx((first + last) / 2, abs=3)
    chart.show_points(())
    assert chart.grab().toImage() != picture


def _where(picture: QImage, colour: str, x: int) -> int:
    """The height at which a column of the picture has a colour."""
    found = [y for y in range(picture.height()) if picture.pixelColor(x, y).name() == colour]
    assert found, f"{colour} nowhere at {x}"
    return found[0]
