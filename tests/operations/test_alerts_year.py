"""What people hear in a simulated year with all its troubles: everything once, nothing over and over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from facot_backups.errors import RepositoryGone
from facot_backups.model import EVERYTHING
from facot_backups.operations.health.alerts import Told, news, parse_told, patient, standing, to_text
from facot_backups.operations.health.basis import Disk, HealthFacts
from facot_backups.operations.health.judgement import judge
from facot_backups.operations.schedule.facts import facts_of
from tests.operations.test_schedule_year import by_timer, is_done, unread
from tests.support.year import DAY, MINUTE, Computer, Killed, Year

__all__ = ["unread"]  # the fixture

HOUR = time(2, 0)
ASLEEP = timedelta(minutes=40)


class Listener:
    """A channel: what it was told and when, as the face does it at each tick."""

    def __init__(self, computer: Computer) -> None:
        self.computer = computer
        self.told: Told = {}
        self.stale_since: str | None = None
        self.heard: list[tuple[datetime, list[str]]] = []
        self.awake: datetime | None = None
        self.last = datetime.min.replace(tzinfo=UTC)

    def look(self) -> None:
        now = self.computer.now()
        if not timedelta() <= now - self.last < ASLEEP:
            self.awake = now
        self.last = now
        store: Any = self.computer
        facts = facts_of(store, HOUR, EVERYTHING)
        health = judge(
            HealthFacts(
                schedule=facts,
                entries=self.computer.entries[-400:],
                disk=Disk(problem=RepositoryGone(Path("b")) if facts.backups is None else None),
                drop_percent=30,
                drill_every=7 * DAY,
                awake_since=self.awake,
            )
        )
        found = standing(health)
        alarms = [alarm for alarm in found.alarms if alarm.subject != "staleness"]
        if "staleness" not in found.unknown:
            stale = next((alarm for alarm in found.alarms if alarm.subject == "staleness"), None)
            told, self.stale_since = patient(stale, self.stale_since, now)
            alarms += told
        changed = news(alarms, self.told, found.unknown)
        self.told = parse_told(to_text(changed.told))
        if changed:
            words = [*(alarm.subject for alarm in changed.new), *(f"-{over}" for over in changed.over)]
            self.heard.append((self.computer.true, words))

    def between(self, begin: datetime, end: datetime) -> list[str]:
        return [word for at, words in self.heard if begin <= at < end for word in words]


@pytest.mark.slow
def test_a_year_of_alerts() -> None:
    """Off at night and over weekends, outages, a week unreadable, a disk unplugged, then full."""
    year = Year(ZoneInfo("America/Santo_Domingo"), seed=21, disk_trouble=True)
    computer = Computer(year)
    tick, listener = by_timer(computer, HOUR), Listener(computer)
    while computer.true < year.start + timedelta(days=year.days):
        computer.true += 15 * MINUTE
        if not year.on(computer.true) or (is_done(computer) and not listener.told):
            continue
        try:
            tick()
            listener.look()
        except Killed:
            continue
    words = [word for _, said in listener.heard for word in said]
    assert set(words) == {"failure", "-failure"}, "no weekend is called a staleness"
    assert words == ["failure", "-failure"] * (len(words) // 2)
    assert 5 <= len(words) // 2 <= 25
    for begin, end in (*year.unreadable, *year.unplugged, *year.full):
        assert listener.between(begin, end + 4 * DAY) == ["failure", "-failure"]
