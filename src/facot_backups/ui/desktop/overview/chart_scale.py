"""What a chart over time shows: its points, its axes, its words. No Qt, no clock, no I/O."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from facot_backups.ui.desktop.snapshot import Overview
from facot_backups.ui.desktop.toolkit import words

_STEPS = (1, 2, 2.5, 5, 10)
# The axis begins at zero unless what moves is all in its upper part.
_NEAR = 0.6
_SHORT = tuple(month[:3] for month in words.MONTHS)


@dataclass(frozen=True, slots=True)
class Point:
    """A backup in the chart. `moment` is local, aware; `documents` without those that are within others."""

    name: str
    moment: datetime
    documents: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`, with lines at `ticks`."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Where a value stands: 0 at the bottom, 1 at the top."""
        return (value - self.low) / (self.high - self.low)


def points_of(found: Overview) -> tuple[Point, ...]:
    """The backups that count, oldest first: parts and incomplete ones would look like a loss."""
    return tuple(
        Point(row.name, row.moment, row.outer, row.size_bytes)
        for row in sorted(found.rows, key=lambda row: row.moment or found.now)
        if row.name in found.whole
        and row.moment is not None
        and row.outer is not None
        and row.size_bytes is not None
    )


def scale_of(values: Sequence[int], lines: int = 3) -> Scale:
    """A round scale over all values, with about so many steps."""
    low, high = (min(values), max(values)) if values else (0, 0)
    if low == high or low < high * _NEAR:
        low = 0
    step = _round_step(max(high - low, 1) / lines)
    bottom = math.floor(low / step) * step
    top = math.ceil(high / step) * step
    if top <= bottom:
        top = bottom + step
    count = round((top - bottom) / step)
    return Scale(bottom, top, tuple(bottom + step * number for number in range(count + 1)))


def size_on_axis(value: float) -> str:
    """Bytes, as short as an axis wants them: `400 KB`, `2.5 MB`."""
    text, _, unit = words.size(round(value)).partition(" ")
    return f"{text.removesuffix('.0')} {unit}"


def time_ticks(first: datetime, last: datetime, room: int) -> tuple[tuple[datetime, str], ...]:
    """At most `room` days for the axis of time, each with its text; days, months or years as they fit."""
    begin, end = first.date(), last.date()
    if (end - begin).days < 2 * 31:
        every = max(1, math.ceil(((end - begin).days + 1) / room))
        days = [end - timedelta(days=n) for n in range(0, (end - begin).days + 1, every)][::-1]
        return tuple((_at(day, first), f"{day:%d/%m}") for day in days)
    months = (end.year - begin.year) * 12 + end.month - begin.month
    every = next((n for n in (1, 2, 3, 6) if months / n <= room), 12 * math.ceil(months / 12 / room))
    found = [number for number in range(_number(begin) + 1, _number(end) + 1) if number % every == 0]
    return tuple((_at(_month(number), first), _text(number)) for number in found)


def nearest(places: Sequence[float], wanted: float) -> int:
    """Which of the rising `places` is nearest. ValueError without any."""
    if not places:
        raise ValueError("nothing to be near to")
    found = bisect_left(places, wanted)
    around = [number for number in (found - 1, found) if 0 <= number < len(places)]
    return min(around, key=lambda number: abs(places[number] - wanted))


def value_of(point: Point) -> str:
    """What one point says."""
    day, documents = words.day(point.moment.date()), words.counted(point.documents, "documento")
    return f"{day} · {documents} · {words.size(point.size_bytes)}"


def headings(point: Point | None) -> tuple[str, str]:
    """What stands above the two lines: what they are, and how much of it a point has."""
    if point is None:
        return "Documentos", "Tamaño"
    return f"Documentos: {words.number(point.documents)}", f"Tamaño: {words.size(point.size_bytes)}"


def readable(ticks: Sequence[float], room: int) -> tuple[float, ...]:
    """Of an axis's ticks, the lowest and as many others as `room` lets it have texts."""
    return tuple(ticks[:: math.ceil(len(ticks) / max(1, room))])


def described(points: Sequence[Point]) -> str:
    """The whole chart in a sentence, for those who do not see it."""
    if not points:
        return "Todavía no hay backups completos que mostrar."
    first, last = points[0], points[-1]
    count = words.counted(len(points), "backup completo", "backups completos")
    if len(points) == 1:
        return f"{count}: {value_of(last)}."
    return (
        f"{count}, del {words.day(first.moment.date())} al {words.day(last.moment.date())}. "
        f"Documentos: de {words.number(first.documents)} a {words.number(last.documents)}. "
        f"Tamaño: de {words.size(first.size_bytes)} a {words.size(last.size_bytes)}."
    )


def _round_step(rough: float) -> float:
    """The next round number from `rough` up; a whole one, for nothing here comes in halves."""
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for step in _STEPS if step * power >= rough - 1e-9) * power
    return step if step == int(step) else math.ceil(step)


def _at(day: date, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=like.tzinfo)


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _text(number: int) -> str:
    month = _month(number)
    return str(month.year) if month.month == 1 else _SHORT[month.month - 1]
