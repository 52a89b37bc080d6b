"""The days of a calendar: which had their backup, which lack it, which need none. No Qt, no clock, no I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from facot_backups.text import one_line
from facot_backups.ui.desktop.snapshot import BackupRow, Overview
from facot_backups.ui.desktop.toolkit import words

DayState: TypeAlias = Literal[
    "complete",
    "incomplete",  # the day has backups, none of which counts as whole
    "damaged",  # nothing of the day can be read any more
    "missing",  # it should have one
    "pending",  # today, still without one
    "removed",  # it was made, and is kept no longer
    "none",  # before the first backup, or still to come
]

# The days of a week, as Dominican calendars begin it.
WEEK = ("dom", "lun", "mar", "mié", "jue", "vie", "sáb")
WEEKS = 6
# One of each in the legend, in this order; the plural, where it has one.
LEGEND: Mapping[DayState, tuple[str, str]] = {
    "complete": ("completo", "completos"),
    "incomplete": ("incompleto", "incompletos"),
    "damaged": ("dañado", "dañados"),
    "missing": ("sin backup", "sin backup"),
    "pending": ("pendiente", "pendientes"),
    "removed": ("borrado", "borrados"),
}
# Of several backups of a day the best one says how the day stands.
_PLAIN: Mapping[str, DayState] = {
    "complete": "complete",
    "incomplete": "incomplete",
    "facot2": "incomplete",
    "newer": "incomplete",
    "unreadable": "incomplete",
    "damaged": "damaged",
}
_BEST_FIRST: tuple[DayState, ...] = ("complete", "incomplete", "damaged")
_SAYS: Mapping[str, str] = {
    "complete": "Solo una parte de los datos",
    "incomplete": "Incompleto",
    "facot2": "Solo en el formato antiguo, sin comprobar",
    "newer": "De una versión más nueva",
    "unreadable": "No se puede leer ahora",
}
_EMPTY = "Vacío, sin ningún documento"


@dataclass(frozen=True, slots=True)
class Day:
    """A day. `backups`: those that bear its date, newest first, also those made before a restore."""

    date: date
    state: DayState
    text: str
    backups: tuple[BackupRow, ...] = ()
    today: bool = False

    @property
    def said(self) -> str:
        """The day and how it stands, in full, for those who do not see the calendar."""
        today = ", hoy" if self.today else ""
        return f"{words.full_day(self.date)}{today}: {self.text[:1].lower()}{self.text[1:]}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything that days are judged from.

    `rows`: all backups, newest first. `whole`: the names of those that count. `made`: the days for which a
    complete backup was once made. `failed`: why the last try of a day failed. `hour`: when the day's backup
    is due. `now`: local, aware.
    """

    rows: tuple[BackupRow, ...]
    whole: frozenset[str]
    made: frozenset[date]
    failed: Mapping[date, str]
    hour: time
    now: datetime
    _by_day: Mapping[date, tuple[BackupRow, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[date, list[BackupRow]] = defaultdict(list)
        for row in self.rows:
            found[row.date].append(row)
        object.__setattr__(self, "_by_day", {day: tuple(rows) for day, rows in found.items()})

    @property
    def today(self) -> date:
        """The present local date."""
        return self.now.date()

    @property
    def first(self) -> date:
        """The day of the first backup that is known of; today without any."""
        return min((*self._by_day, *self.made, self.today))

    @property
    def last(self) -> date:
        """The last day that can be looked at: today, or that of a backup with a date of the future."""
        return max((*self._by_day, self.today))

    def day(self, day: date) -> Day:
        """How `day` stands."""
        rows = self._by_day.get(day, ())
        state, text = self._judge(day, rows)
        return Day(day, state, text, rows, day == self.today)

    def counts(self, month: date) -> dict[DayState, int]:
        """How many days of a month stand how, in the legend's order, without those that none does."""
        found = Counter(self.day(day).state for day in days_of(month))
        return {state: found[state] for state in LEGEND if found[state]}

    def _judge(self, day: date, rows: tuple[BackupRow, ...]) -> tuple[DayState, str]:
        own = [row for row in rows if row.kind in _PLAIN]
        if own:
            return self._best(own)
        if day > self.today:
            return "none", "Aún no toca"
        if day in self.made and day != self.today:
            return "removed", "Se hizo; ya no se guarda"
        if day < self.first or not (self._by_day or self.made):
            return "none", "Todavía no se hacían backups"
        if day == self.today:
            due = self.now.time() < self.hour
            text = f"Pendiente: {'toca' if due else 'tocaba'} {words.at_hour(self.hour)}"
            return "pending", self._why(day, text)
        return "missing", self._why(day, "Sin backup")

    def _best(self, rows: list[BackupRow]) -> tuple[DayState, str]:
        state, best = min(
            ((self._state(row), row) for row in rows), key=lambda found: _BEST_FIRST.index(found[0])
        )
        more = f" ({len(rows)} backups)" if len(rows) > 1 else ""
        if state == "complete":
            return state, f"Completo{more}"
        if state == "damaged":
            return state, f"Dañado{more}"
        said = _EMPTY if best.kind == "complete" and not best.documents else _SAYS[best.kind]
        return state, f"{said}{more}"

    def _state(self, row: BackupRow) -> DayState:
        if row.verified is False:
            return "damaged"
        if row.kind == "complete" and (row.name not in self.whole or not row.documents):
            return "incomplete"
        return _PLAIN[row.kind]

    def _why(self, day: date, text: str) -> str:
        reason = one_line(" ".join(self.failed.get(day, "").split()))
        return f"{text}. Falló: {reason}" if reason else text


def calendar_of(found: Overview) -> Calendar:
    """The calendar of an overview."""
    return Calendar(found.rows, found.whole, found.made, found.failed, found.hour, found.now)


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def months_after(month: date, count: int) -> date:
    """The first day of the month `count` months after (before, if negative), in the years 1 to 9999."""
    number = min(9999 * 12 + 11, max(12, month.year * 12 + month.month - 1 + count))
    return date(number // 12, number % 12 + 1, 1)


def days_of(month: date) -> Iterable[date]:
    """All days of a month."""
    first = month_of(month)
    return (first + timedelta(days=n) for n in range(_length(first)))


def place_of(day: date) -> tuple[int, int]:
    """In which week (row) and under which weekday (column) of its month a day stands."""
    number = _offset(month_of(day)) + day.day - 1
    return number // 7, number % 7


def at(month: date, week: int, weekday: int) -> date | None:
    """The day of a month at a place of its grid; None where there is none."""
    number = week * 7 + weekday - _offset(month)
    return month_of(month) + timedelta(days=number) if 0 <= number < _length(month) else None


def title(month: date) -> str:
    """`noviembre de 2026`."""
    return f"{words.MONTHS[month.month - 1]} de {month.year}"


def legend(state: DayState, count: int) -> str:
    """`22 completos`."""
    one, many = LEGEND[state]
    return words.counted(count, one, many)


def _offset(month: date) -> int:
    return (month_of(month).weekday() + 1) % 7


def _length(month: date) -> int:
    first = month_of(month)
    return (months_after(first, 1) - first).days if (first.year, first.month) != (9999, 12) else 31
