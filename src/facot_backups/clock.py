"""The only place that asks for the time. Inside the product a time is an aware UTC `datetime`."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, tzinfo
from typing import Protocol

import tzlocal


class Clock(Protocol):
    """What the product knows of time; tests bring their own."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back, for durations."""

    def sleep(self, seconds: float) -> None:
        """Wait that long."""

    def zone(self) -> tzinfo:
        """The zone in which the user's days begin and end."""


class SystemClock:
    """The computer's own clock and zone."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back, for durations."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that long."""
        time.sleep(seconds)

    def zone(self) -> tzinfo:
        """The computer's zone; the system's own offset where it has no name that is known (`TZ=AST4`)."""
        try:
            return tzlocal.get_localzone()
        except (LookupError, ValueError, OSError):
            local = datetime.now(UTC).astimezone().tzinfo
            return local or UTC


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """An aware `moment` as it is told in `zone`; as it stands where that is beyond the years 1 to 9999."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def from_wall(wall: datetime, zone: tzinfo) -> datetime:
    """The instant (UTC) of a naive local time of `zone`; beyond the years 1 to 9999 it counts as UTC."""
    try:
        return wall.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return wall.replace(tzinfo=UTC)


def days_after(day: date, count: int) -> date:
    """The date `count` days later (earlier, if negative), but no later or earlier than there is one."""
    return date.fromordinal(min(date.max.toordinal(), max(1, day.toordinal() + count)))


def iso_utc(moment: datetime) -> str:
    """`2024-11-27T02:00:05.123456Z`: always six decimals, so that text order is time order.

    Raises ValueError for a naive `moment`.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)


def from_iso_utc(text: str) -> datetime:
    """The inverse of `iso_utc`. Raises ValueError for any other form."""
    moment = datetime.fromisoformat(text)  # ten times as fast as strptime: a ledger has thousands
    if not text.endswith("Z") or iso_utc(moment) != text:  # another offset may be beyond the first year
        raise ValueError(f"not a time of the form YYYY-MM-DDTHH:MM:SS.ffffffZ: {text}")
    return moment
