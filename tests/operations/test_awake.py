"""A computer that just woke is no harm: since when it is awake, and how long its first try may take."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from facot_backups.operations.health.judgement import judge
from facot_backups.operations.schedule import uptime
from facot_backups.state import Try
from tests.operations.test_health import DAY, HOUR, NOW, backup, codes, facts, failed
from tests.support.archives import Archive, HandClock, document


@pytest.mark.parametrize(
    ("awake_for", "tries", "catching_up"),
    [
        (timedelta(minutes=3), [], True),
        (timedelta(minutes=59), [], True),
        (timedelta(minutes=61), [], False),
        (None, [], False),
        # Its first try goes on, even for long; it ended.
        (9 * HOUR, [failed(8 * HOUR, outcome=None, ended_at=None)], False),
        (2 * HOUR, [failed(timedelta(minutes=50), outcome=None, ended_at=None)], True),
        (timedelta(minutes=3), [failed(timedelta(minutes=1))], False),
        # What failed before it slept does not end it.
        (timedelta(minutes=3), [failed(70 * HOUR)], True),
    ],
)
def test_a_computer_that_just_woke(awake_for: timedelta | None, tries: list[Try], catching_up: bool) -> None:
    since = None if awake_for is None else NOW - awake_for
    health = judge(facts(backup(74 * HOUR), tries=tries, awake_since=since))
    assert health.catching_up == catching_up
    found = codes(health)
    assert ("critical stale" in found) != catching_up
    if catching_up:
        assert "note catching_up" in found
        text = next(f.text for f in health.findings if f.code == "catching_up")
        assert text.startswith("Poniéndose al día")


def test_before_its_hour_a_computer_that_woke_waits_with_us() -> None:
    for awake_for, waits in ((3 * HOUR, True), (25 * HOUR, False)):
        friday = facts(backup(64 * HOUR), awake_since=NOW - awake_for, hour=time(17))
        assert judge(friday).catching_up == waits


def test_ticks_tell_when_the_computer_woke(tmp_path: Path) -> None:
    clock = HandClock()
    archive = Archive(tmp_path / "b", tmp_path / "s", clock)
    uptime.tick(archive.store)
    assert uptime.since(archive.store) is None, "nothing was published yet"
    archive.backup([document("clients/1")])
    assert uptime.since(archive.store) is None, "nothing makes the daily backup"
    start = clock.now()
    for _ in range(20):
        uptime.tick(archive.store)
        assert uptime.since(archive.store) == start
        clock.moment += timedelta(minutes=15)
    clock.moment += 60 * HOUR
    woke = clock.now()
    assert uptime.since(archive.store) == woke, "who looks before the first tick"
    clock.moment += timedelta(minutes=5)
    assert uptime.since(archive.store) == woke
    clock.moment += 30 * DAY
    assert uptime.since(archive.store) == woke, "a scheduler that died is not asleep for ever"
    uptime.tick(archive.store)
    assert uptime.since(archive.store) == clock.now()
    clock.moment -= DAY
    uptime.tick(archive.store)
    assert uptime.since(archive.store) == clock.now(), "the clock was set back"
