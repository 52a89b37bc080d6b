"""Dates at the edges of the calendar, in names, metadata, ledger, state and lock, harm no command."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive.ledger import Ledger, LedgerEntry
from facot_backups.archive.metadata import serialize
from facot_backups.archive.owner import parse_owner
from facot_backups.clock import SystemClock, days_after, from_iso_utc, from_wall, in_zone, iso_utc
from facot_backups.events import ignore
from facot_backups.operations.cancellation import Stop
from facot_backups.state import State, Try
from facot_backups.ui.desktop.overview import calendar_days, chart_scale, state_texts
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.snapshot import overview
from tests.end_to_end.world import World
from tests.support.folders import write_backup

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EDGES = (FIRST, FIRST + timedelta(hours=13), LAST - timedelta(hours=13), LAST)
FAR_EAST, FAR_WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
ZONES = (UTC, FAR_EAST, FAR_WEST)
# Of every kind: sound ones whose metadata says an edge, damaged ones, and FACOT 2.0's.
DAMAGED = (
    "0001-01-01T000000", "0001-01-01T000001.incomplete", "9999-12-31T235959", "9999-12-31T235958.pre-restore",
)  # fmt: skip
OLD = ("0001-01-02", "9999-12-30")
COMMANDS = (
    "list", "list --json", "stats", "stats --json", "status", "status --json", "status --prometheus",
    "verify", "verify --json", "audit 9999-12-31", "audit 0001-01-01", "find 1", "history invoices/1",
    "history invoices/1 --json", "show 9999-12-31 invoices/1", "show 0001-01-01 invoices/1 --json",
    "diff 0001-01-01 9999-12-31", "diff 9999-12-31 live", "cleanup --dry-run", "cleanup", "cleanup --json",
    "restore 0001-01-01 --dry-run", "run", "run --if-due", "run --dry-run", "verify latest --drill",
    "verify 9999-12-31 --drill", "status", "cleanup", "list",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_no_command_minds_a_date_at_the_edge(
    world: World, zone: tzinfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "zone", lambda _: zone)
    monkeypatch.setenv("BACKUP_HOUR", "00:00")
    world.run("run", "--quiet")
    furnish(world)
    (world.folder / "2024-11-20").mkdir()
    for command in COMMANDS:
        ran = world.run(*command.split())
        assert "Traceback" not in ran.err and "inesperado" not in ran.err, (command, ran)
        assert ran.code != 1, (command, ran)
        if command == "list":
            listed = ran.out
    published = ("0001-01-01", "9999-12-31", "9999-12-31T000000")
    assert all(name in listed for name in (*DAMAGED, *OLD, *published))
    shown()


def furnish(world: World) -> None:
    """Things of the first and the last day wherever the product looks."""
    source = world.backups()[0].proven().source
    places = (
        (world.folder / "0001-01-01", FIRST),
        (world.folder / "9999-12-31", LAST),
        (world.folder / ".facot/staging/edge", LAST),  # of a run that was killed before it gave it its name
    )
    for folder, moment in places:
        write_backup(
            folder,
            {"invoices": []},
            backup_date=moment.date(),
            backup_time=f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}",
            read_time=moment,
            started_at=moment,
            finished_at=LAST,
            source=source,
            trigger="scheduled",
            scheduled_for=moment.date(),
            run_id=folder.name,
        )
    for name in (*DAMAGED, *OLD):
        (world.folder / name).mkdir()
    for name in OLD:
        (world.folder / name / "clients.json").write_text('[{"a": 1, "_id": "1"}]')
    ledger = Ledger(world.folder / ".facot/ledger.jsonl", world.folder)
    state = State(world.state)
    for moment in EDGES:
        times = {"started_at": iso_utc(moment), "read_time": iso_utc(LAST), "reads": 5}
        for kind in ("run", "proof", "acceptance", "restore"):
            details = {**times, "run_id": f"r{moment}", "backup": "9999-12-31", "drill": True}
            ledger.append(LedgerEntry(moment, kind, "FAILED", details))
        state.record_try(world.folder, Try(f"t{moment}", "scheduled", moment, 5, "FAILED", ended_at=moment))


def shown() -> None:
    """The panel's overview, its calendar in both edge months, its chart."""
    found = overview(Session(), ignore, Stop())
    assert state_texts.standing(found)
    calendar = calendar_days.calendar_of(found)
    for month in (date(1, 1, 1), date(9999, 12, 1)):
        assert len([calendar.day(day).said for day in calendar_days.days_of(month)]) == 31
        assert calendar.counts(month)
    assert calendar.first == date(1, 1, 1) and calendar.last == date(9999, 12, 31)
    points = chart_scale.points_of(found)
    assert len(points) >= 2 and chart_scale.described(points)
    chart_scale.time_ticks(points[0].moment, points[-1].moment, 6)
    assert calendar_days.months_after(date(1, 1, 1), -1) == date(1, 1, 1)
    assert calendar_days.months_after(date(9999, 12, 1), 1) == date(9999, 12, 1)
    assert days_after(date.max, 7) == date.max and days_after(date.min, -1) == date.min


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(ZONES))
def test_every_instant_can_be_told_everywhere(moment: datetime, zone: tzinfo) -> None:
    assert in_zone(moment, zone) == moment
    assert from_iso_utc(iso_utc(moment)) == moment
    wall = from_wall(moment.replace(tzinfo=None), zone)
    assert wall.tzinfo is UTC and abs(wall - moment) <= timedelta(hours=14)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00.000000+05:00", "9999-12-31T23:59:59.999999-05:00"])
def test_an_offset_beyond_the_calendar_is_no_instant(text: str, world: World) -> None:
    """In metadata it is damage; anywhere else, a note that is not ours."""
    with pytest.raises(ValueError):
        from_iso_utc(text)
    assert parse_owner(json.dumps({"since": text}).encode()).host == ""
    world.run("run", "--quiet")
    (backup,) = world.backups()
    data = serialize(backup.proven()).replace(iso_utc(backup.proven().read_time).encode(), text.encode())
    folder = world.folder / "2024-11-20"
    folder.mkdir()
    (folder / "_metadata.json").write_bytes(data)
    assert [one["kind"] for one in world.run("list", "--json").report["backups"]] == ["complete", "damaged"]


def test_the_lock_of_an_owner_of_another_age_is_told(world: World) -> None:
    world.run("run", "--quiet")
    owner = world.folder / ".facot/owner.json"
    for moment in EDGES:
        text: dict[str, Any] = {"host": "otro", "host_name": "otro", "pid": 1, "process_start": None,
                                "token": "t", "beats": 1}  # fmt: skip
        owner.write_text(json.dumps(text | {"since": iso_utc(moment), "heartbeat": iso_utc(moment)}))
        ran = world.run("run")
        assert (ran.code, "equipo otro" in ran.err) == (11, True), ran
