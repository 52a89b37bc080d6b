"""When the scheduled backup is due. Pure: published backups, tries, clock and settings in, decision out.

The unit is a local date: at most one successful scheduled backup for each, due from `backup_hour` on. A
missed hour is made up for on the same date alone: yesterday cannot be backed up any more. Rules and
reasons: docs/programar.md, "Cuándo toca".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal, TypeAlias

from facot_backups.archive.ledger import COMPLETE
from facot_backups.archive.reader import Backup
from facot_backups.clock import days_after, from_wall, in_zone
from facot_backups.model import Scope, Source
from facot_backups.operations import runs as tries_of
from facot_backups.state import Try

# From the start of the first, second, third failed try of a date to the next; later ones wait as the last.
BACKOFF = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60), timedelta(minutes=60))
# Tries of one date that may receive documents: each can cost as much as a whole backup.
READING_TRIES = 3
# A step back of the clock that a time server makes; what lies further ahead was noted by a wrong clock.
SMALL_STEP = timedelta(hours=1)
# Two clocks further apart than a wrong date, off by one day, puts them do not mean the same dates.
ANOTHER_CLOCK = timedelta(hours=36)

Standing: TypeAlias = Literal[
    "due",
    "done",  # the date has its backup
    "early",  # the hour has not come
    "backoff",  # a try failed a short while ago
    "spent",  # as many tries as a date may have received documents
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a decision is made from.

    `backups`: all published ones, newest first; None where the folder cannot be read (an unplugged disk):
    then only what the state folder remembers is known. `tries`: oldest first (`tries.join`). `now`: aware,
    UTC; `zone`: in which dates begin and `hour`, the time of the backup, is meant. `source`: the folder's,
    None before its first backup. `scope`: the configured one.
    """

    backups: Sequence[Backup] | None
    tries: Sequence[Try]
    now: datetime
    zone: tzinfo
    hour: time
    source: Source | None
    scope: Scope

    @property
    def past_tries(self) -> list[Try]:
        """The tries, oldest first, without those that a wrong clock noted in what is still the future."""
        return [attempt for attempt in self.tries if attempt.started_at - self.now <= SMALL_STEP]

    @property
    def today(self) -> date:
        """The present local date."""
        return in_zone(self.now, self.zone).date()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a scheduled run is due now, for which local date, and why (Spanish, a sentence).

    `next_due` (aware, UTC) is when the next one is due if nothing happens meanwhile: `now` if it is.
    `warnings`, in Spanish, are for the run that follows: what is odd about the clock.
    """

    due: bool
    for_date: date
    reason: str
    next_due: datetime
    standing: Standing
    warnings: tuple[str, ...] = ()


def decide(facts: Facts) -> Decision:
    """Whether the scheduled backup of the present local date is due."""
    today = facts.today
    begins, tomorrow = due_at(today, facts.hour, facts.zone), _next_day(today, facts)
    done = done_by(facts, today)
    if done is not None:
        return Decision(False, today, f"El backup del {_day(today)} ya está hecho{done}.", tomorrow, "done")
    if facts.now < begins:
        text = f"El backup del {_day(today)} toca a las {_hour(begins, facts)}."
        return Decision(False, today, text, begins, "early")
    return _after_tries(facts, tomorrow)


def _after_tries(facts: Facts, tomorrow: datetime) -> Decision:
    """The decision for a date whose hour has come and that has no backup, by the tries it had."""
    today = facts.today
    scheduled = scheduled_tries(facts, today)
    reading = sum(attempt.read_data for attempt in scheduled)
    if reading >= READING_TRIES:
        text = (
            f"El backup del {_day(today)} falló {reading} veces después de leer datos, que cuestan: se "
            "vuelve a intentar mañana. Para hacerlo antes: facot-backups run"
        )
        return Decision(False, today, text, tomorrow, "spent")
    failed = tries_of.failures_in_a_row(scheduled)
    again = _again_at(failed, facts.now)
    if again <= facts.now:
        text = f"Toca el backup del {_day(today)}."
        return Decision(True, today, text, facts.now, "due", tuple(_warnings(facts)))
    times = "1 vez" if len(failed) == 1 else f"{len(failed)} veces"
    text = f"El backup del {_day(today)} falló {times}: se vuelve a intentar a las {_hour(again, facts)}."
    return Decision(False, today, text, min(again, tomorrow), "backoff")


def scheduled_tries(facts: Facts, day: date) -> list[Try]:
    """The scheduled tries of the local date `day` so far, oldest first."""
    tries = tries_of.on(facts.past_tries, day, facts.zone)
    return [attempt for attempt in tries if attempt.trigger == tries_of.SCHEDULED]


def _again_at(failed: Sequence[Try], now: datetime) -> datetime:
    """When the next try may begin after these failed ones of the date; `now` or before if at once.

    Counted from the end of the last where it is known. One that a clock which was set back since then has
    put into the future does not lengthen the wait.
    """
    ends = [attempt.ended_at or attempt.started_at for attempt in failed]
    last = max((end for end in ends if end <= now), default=None)
    return now if last is None else last + BACKOFF[min(len(failed), len(BACKOFF)) - 1]


def done_by(facts: Facts, day: date) -> str | None:
    """What makes the local date `day` done, as ` (name)`; None if nothing does.

    Published metadata decides; where the folder cannot be read, what the state folder remembers.
    """
    if facts.backups is None:
        found = any(attempt.outcome == COMPLETE for attempt in scheduled_tries(facts, day))
        return "" if found else None
    present = serving(facts, day)
    return f" ({present[0].name})" if present else None


def serving(facts: Facts, day: date) -> list[Backup]:
    """The backups that make the local date `day` done, newest first."""
    return [backup for backup in _of_this_clock(facts) if serves(backup, day, facts.hour, facts.zone)]


def serves(backup: Backup, day: date, hour: time, zone: tzinfo) -> bool:
    """Whether a backup that counts is the one of the local date `day`.

    The scheduled one of that date is; so is one that a person or a program made on it after `hour`. A
    labelled one never is.
    """
    metadata = backup.proven()
    if metadata.label or metadata.trigger == "pre-restore":
        return False
    if metadata.trigger == "scheduled":
        return metadata.scheduled_for == day
    started = metadata.started_at
    return in_zone(started, zone).date() == day and started >= due_at(day, hour, zone)


def counting(facts: Facts) -> list[Backup]:
    """The backups that count (complete, of the folder's source, covering the scope), newest first."""
    return [
        backup
        for backup in facts.backups or ()
        if backup.complete
        and backup.proven().source == facts.source
        and backup.proven().scope.covers(facts.scope)
    ]


def _of_this_clock(facts: Facts) -> list[Backup]:
    """Those that count and whose dates are by the clock of the newest.

    A clock that was far ahead for a while left backups for dates that had not come: when they come they
    need one of their own. The server's time, which each backup records beside the clock's, tells them.
    """
    found = counting(facts)
    if not found:
        return []
    present = _ahead(found[0])
    return [backup for backup in found if abs(_ahead(backup) - present) <= ANOTHER_CLOCK]


def _ahead(backup: Backup) -> timedelta:
    """How far the clock of the run that made `backup` was ahead of the server's."""
    return backup.proven().started_at - backup.proven().read_time


def _warnings(facts: Facts) -> list[str]:
    """What is odd about the clock: things of the future."""
    latest = facts.now + SMALL_STEP
    future = [backup for backup in facts.backups or () if backup.metadata and _last_instant(backup) > latest]
    if future:
        return [
            f"El backup {future[0].name} es de una hora que aún no ha llegado según el reloj de este equipo "
            f"({_moment(facts)}): el de hoy se hace igual. Revise la fecha y la hora del equipo."
        ]
    if len(facts.past_tries) < len(facts.tries):
        return [
            f"El reloj de este equipo ({_moment(facts)}) va por detrás del último intento: el backup se hace "
            "igual. Revise la fecha y la hora del equipo."
        ]
    return []


def _last_instant(backup: Backup) -> datetime:
    metadata = backup.proven()
    return max(metadata.started_at, metadata.read_time)


# --- local dates -----------------------------------------------------------------------------------------


def due_at(day: date, hour: time, zone: tzinfo) -> datetime:
    """The instant (UTC) from which the backup of the local date `day` is due.

    An hour that the clocks skip on that day means the first instant after the gap; one that comes twice
    means the first (PEP 495: `fold` 0; in a gap it counts with the offset before it).
    """
    wall = datetime.combine(day, hour).replace(fold=0)
    found = from_wall(wall, zone)
    if in_zone(found, zone).replace(tzinfo=None) == wall:
        return found
    return _first_not_before(wall, from_wall(wall.replace(fold=1), zone), found, zone)


def _first_not_before(wall: datetime, low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The first second after `low`, and up to `high`, at which the local clock is not before `wall`.

    Between the two the clock only jumps forward, at a whole second.
    """
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle <= low:
            break
        if in_zone(middle, zone).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle
    return high


def _next_day(day: date, facts: Facts) -> datetime:
    """When the next date after `day` that exists in the zone is due (a country may skip one)."""
    for ahead in (1, 2, 3):
        following = days_after(day, ahead)
        found = due_at(following, facts.hour, facts.zone)
        if in_zone(found, facts.zone).date() == following:
            return found
    return found


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _hour(moment: datetime, facts: Facts) -> str:
    return f"{in_zone(moment, facts.zone):%H:%M}"


def _moment(facts: Facts) -> str:
    return f"{in_zone(facts.now, facts.zone):%d/%m/%Y %H:%M}"
