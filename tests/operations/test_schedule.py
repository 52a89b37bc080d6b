"""When the scheduled backup is due: dates, clocks that jump, failures, and what counts as the day's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.model import Scope, Source
from facot_backups.operations.runs import failures_in_a_row, join
from facot_backups.operations.schedule.due import Facts, decide, due_at
from facot_backups.state import Try
from tests.support.retention import SOURCE, ZONE, damaged, made

DAY = date(2024, 11, 27)


def local(text: str, zone: ZoneInfo = ZONE) -> datetime:
    """`27T02:00` of November 2024, or a whole local time."""
    whole = text if len(text) > 8 else f"2024-11-{text}"
    return datetime.fromisoformat(whole).replace(tzinfo=zone).astimezone(UTC)


def facts(now: str, *backups: Backup, tries: list[Try] | None = None, **changes: Any) -> Facts:
    newest_first = sorted(backups, key=lambda b: b.metadata.read_time if b.metadata else local("01T00:00"))
    keys: dict[str, Any] = {
        "backups": newest_first[::-1],
        "tries": tries or [],
        "now": local(now),
        "zone": ZONE,
        "hour": time(2, 0),
        "source": SOURCE,
        "scope": Scope(),
    }
    return Facts(**keys | changes)


def scheduled(day: int = 27, at: str = "02:00", **changes: Any) -> Backup:
    """The scheduled backup of a date, made at the hour `at` of it (or `DDTHH:MM`)."""
    moment = local(at if "T" in at else f"{day}T{at}")
    keys: dict[str, Any] = {
        "trigger": "scheduled",
        "scheduled_for": date(2024, 11, day),
        "started_at": moment,
    }
    return made(f"2024-11-{day}", moment, **keys | changes)


def by_hand(at: str, **changes: Any) -> Backup:
    moment = local(at)
    keys: dict[str, Any] = {"trigger": "manual", "started_at": moment}
    return made(f"2024-11-{at[:2]}T{at[3:5]}{at[6:8]}00", moment, **keys | changes)


def failed(at: str, *, read_data: bool = False, **changes: Any) -> Try:
    moment = local(at)
    keys: dict[str, Any] = {"outcome": "FAILED", "ended_at": moment, "read_data": read_data}
    return replace(Try(f"r{at}", "scheduled", moment), **keys | changes)


# --- the hour ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hour", "expected"),
    [
        ("America/Santo_Domingo", "2024-11-27", "02:00", "2024-11-27T06:00Z"),
        # 02:30 does not exist: 03:00 of summer time is the first instant after the gap.
        ("America/New_York", "2024-03-10", "02:30", "2024-03-10T07:00Z"),
        ("America/New_York", "2024-03-10", "02:00", "2024-03-10T07:00Z"),
        ("America/New_York", "2024-03-10", "03:00", "2024-03-10T07:00Z"),
        # 01:30 comes twice: the first, of summer time.
        ("America/New_York", "2024-11-03", "01:30", "2024-11-03T05:30Z"),
        ("Europe/Madrid", "2024-03-31", "02:59", "2024-03-31T01:00Z"),
        ("Europe/Madrid", "2024-10-27", "02:00", "2024-10-27T00:00Z"),
        # Half an hour of difference.
        ("Australia/Lord_Howe", "2024-10-06", "02:15", "2024-10-05T15:30Z"),
        ("Australia/Lord_Howe", "2024-04-07", "01:45", "2024-04-06T14:45Z"),
        # The day itself begins in the gap.
        ("America/Havana", "2024-03-10", "00:00", "2024-03-10T05:00Z"),
    ],
)
def test_the_hour_on_days_when_the_clocks_change(zone: str, day: str, hour: str, expected: str) -> None:
    found = due_at(date.fromisoformat(day), time.fromisoformat(hour), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected)


@given(
    st.sampled_from(sorted(available_timezones())),
    st.dates(date(2000, 1, 1), date(2037, 12, 30)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
@example("Pacific/Apia", date(2011, 12, 30), time(2, 0))
@example("Africa/Casablanca", date(2024, 4, 14), time(2, 30))
def test_the_hour_is_the_first_instant_that_is_not_before_it(name: str, day: date, hour: time) -> None:
    zone = ZoneInfo(name)
    found, wall = due_at(day, hour, zone), datetime.combine(day, hour)
    assert found.astimezone(zone).replace(tzinfo=None) >= wall
    before = found - timedelta(seconds=1)
    assert before.astimezone(zone).replace(tzinfo=None) < wall


# --- the date ----------------------------------------------------------------------------------------------


def test_it_is_due_from_the_hour_on_until_the_date_ends() -> None:
    early = decide(facts("27T01:59"))
    assert (early.due, early.standing, early.next_due) == (False, "early", local("27T02:00"))
    assert early.reason == "El backup del 27/11/2024 toca a las 02:00."
    for now in ("27T02:00", "27T14:00", "27T23:59"):
        decision = decide(facts(now, scheduled(26)))
        assert (decision.due, decision.for_date, decision.next_due) == (True, DAY, local(now))
        assert decision.reason == "Toca el backup del 27/11/2024."
    assert decide(facts("28T00:30", scheduled(26))).for_date == date(2024, 11, 28)


def test_a_date_that_has_its_backup_is_done() -> None:
    decision = decide(facts("27T02:10", scheduled(27)))
    assert (decision.due, decision.standing, decision.next_due) == (False, "done", local("28T02:00"))
    assert decision.reason == "El backup del 27/11/2024 ya está hecho (2024-11-27)."


def test_a_backup_that_went_on_after_midnight_is_of_its_own_date() -> None:
    late = scheduled(26, "26T23:58", finished_at=local("27T00:40"))
    assert decide(facts("27T00:45", late)).standing == "early"
    assert decide(facts("27T02:00", late)).due


def test_a_backup_that_began_after_midnight_is_of_the_date_that_it_serves() -> None:
    assert decide(facts("28T02:30", scheduled(27, at="28T00:30"))).due


def test_the_next_one_comes_with_the_next_date_that_there_is() -> None:
    """Samoa had no 30th of December in 2011; and a long wait does not reach into the next date."""
    apia = ZoneInfo("Pacific/Apia")
    begun = local("2011-12-29T03:00", apia)
    spent = [Try(f"r{n}", "scheduled", begun, outcome="FAILED", read_data=True) for n in range(3)]
    found = decide(replace(facts("27T03:00", tries=spent, zone=apia), now=begun))
    assert (found.standing, found.next_due) == ("spent", local("2011-12-31T02:00", apia))
    waiting = decide(facts("27T23:45", tries=[failed(f"27T23:{n}0") for n in range(4)], hour=time(0, 10)))
    assert (waiting.standing, waiting.next_due) == ("backoff", local("28T00:10"))


@pytest.mark.parametrize(
    ("backup", "counts"),
    [
        (by_hand("27T03:00"), True),
        (by_hand("27T02:00", trigger="api"), True),
        (by_hand("27T01:59"), False),
        (by_hand("26T23:00"), False),
        (by_hand("27T03:00", label=True), False),
        (by_hand("27T03:00", scope=Scope(collections=("invoices",))), False),
        (by_hand("27T03:00", scope=Scope(exclude=("audit",))), False),
        (by_hand("27T03:00", source=Source("otro")), False),
        (made("2024-11-27T030000.incomplete", trigger="scheduled", scheduled_for=DAY), False),
        (made("2024-11-27T030000.pre-restore", local("27T03:00"), started_at=local("27T03:00")), False),
        (damaged("2024-11-27"), False),
    ],
)
def test_what_counts_as_the_backup_of_the_date(backup: Backup, counts: bool) -> None:
    assert decide(facts("27T04:00", backup)).due is not counts


def test_a_wider_scope_counts_for_a_narrower_one() -> None:
    assert not decide(facts("27T04:00", scheduled(27), scope=Scope(collections=("invoices",)))).due


# --- failures ----------------------------------------------------------------------------------------------


def test_tries_that_read_nothing_wait_longer_and_longer() -> None:
    tries: list[Try] = []
    begun = []
    for minute in range(22 * 60):
        now = f"27T{2 + minute // 60:02}:{minute % 60:02}"
        if decide(facts(now, tries=tries)).due:
            begun.append(now)
            tries.append(failed(now))
    assert begun[:6] == ["27T02:00", "27T02:05", "27T02:20", "27T03:20", "27T04:20", "27T05:20"]
    assert len(begun) == 24
    decision = decide(facts("27T02:01", tries=[failed("27T02:00")]))
    assert (decision.standing, decision.next_due) == ("backoff", local("27T02:05"))
    assert decision.reason == "El backup del 27/11/2024 falló 1 vez: se vuelve a intentar a las 02:05."


def test_after_a_try_that_read_data_two_more_that_day() -> None:
    tries: list[Try] = []
    for minute in range(22 * 60):
        now = f"27T{2 + minute // 60:02}:{minute % 60:02}"
        if decide(facts(now, tries=tries)).due:
            tries.append(failed(now, read_data=len(tries) != 1))
    assert [attempt.read_data for attempt in tries] == [True, False, True, True]
    decision = decide(facts("27T20:00", tries=tries))
    assert (decision.standing, decision.next_due) == ("spent", local("28T02:00"))
    assert "falló 3 veces después de leer datos" in decision.reason
    assert decide(facts("28T02:00", tries=tries)).due


def test_a_persons_tries_and_other_reads_leave_the_schedule_alone() -> None:
    tries = [failed("27T02:00", read_data=True, run_id=f"r{n}", trigger="manual") for n in range(9)]
    assert decide(facts("27T02:01", tries=tries)).due


def test_a_killed_run_is_a_failed_try() -> None:
    killed = Try("r", "scheduled", local("27T02:00"), read_data=True)
    assert decide(facts("27T02:04", tries=[killed])).standing == "backoff"
    assert decide(facts("27T02:05", tries=[killed])).due


def test_a_complete_backup_that_does_not_count_is_not_made_over_and_over() -> None:
    tries = [failed(f"27T0{hour}:00", read_data=True, outcome="COMPLETE") for hour in (2, 3, 4)]
    assert decide(facts("27T09:00", scheduled(27, source=Source("otro")), tries=tries)).standing == "spent"


def test_an_unplugged_disk_is_no_reason_to_forget() -> None:
    done = [failed("27T02:00", outcome="COMPLETE", read_data=True)]
    assert decide(facts("27T09:00", backups=None, tries=done)).standing == "done"
    assert decide(facts("28T09:00", backups=None, tries=done)).due
    assert decide(facts("27T09:00", tries=done)).due, "a folder that can be read decides alone"


# --- clocks that are wrong ---------------------------------------------------------------------------------


def test_backups_of_the_future_do_not_stop_that_of_today() -> None:
    ahead = scheduled(30, "30T02:00")
    decision = decide(facts("27T03:00", ahead))
    assert decision.due
    assert "aún no ha llegado" in decision.warnings[0]


def test_a_clock_a_day_ahead_made_the_backup_of_tomorrow() -> None:
    ahead = scheduled(28, "27T15:00", started_at=local("28T15:00"))
    assert decide(facts("28T09:00", ahead, scheduled(27))).standing == "done"
    assert decide(facts("29T02:00", ahead, scheduled(27))).due


def test_dates_that_a_clock_far_ahead_took_get_a_backup_of_their_own() -> None:
    """It was ten days ahead on the 10th; on the 20th, with the right clock, that is no backup of the day."""
    ahead = scheduled(20, "10T03:00", started_at=local("20T03:00"))
    assert decide(facts("20T04:00", ahead)).standing == "done", "the clock is still wrong, for all we know"
    assert decide(facts("20T04:00", ahead, scheduled(11))).due
    assert decide(facts("20T04:00", ahead, scheduled(11), scheduled(20))).standing == "done"


def test_tries_of_the_future_hold_nothing_up() -> None:
    tries = [failed(f"27T{hour}:00", read_data=True) for hour in (15, 16, 17)]
    decision = decide(facts("27T02:00", tries=tries))
    assert decision.due
    assert "va por detrás del último intento" in decision.warnings[0]
    assert decide(facts("27T18:00", tries=tries)).standing == "spent"


def test_a_small_step_back_forgets_no_try() -> None:
    tries = [failed(f"27T02:{minute}", read_data=True) for minute in (31, 36, 51)]
    assert decide(facts("27T02:30", tries=tries)).standing == "spent"
    one = [failed("27T02:50")]
    assert decide(facts("27T02:30", tries=one)).due
    assert decide(facts("27T02:31", tries=[failed("27T02:30"), *one])).next_due == local("27T02:45")


# --- tries joined ---------------------------------------------------------------------------------------


def run_line(run_id: str, at: str, outcome: str, **details: Any) -> LedgerEntry:
    started = f"2024-11-{at}:00.000000Z"
    keys = {"run_id": run_id, "trigger": "scheduled", "started_at": started, "reads": 7}
    return LedgerEntry(datetime.fromisoformat(started), "run", outcome, keys | details)


def test_state_and_ledger_are_one_memory() -> None:
    remembered = [
        Try("a", "scheduled", datetime(2024, 11, 27, 6, tzinfo=UTC), reads=9, read_data=True),
        Try("p", "preview", datetime(2024, 11, 27, 7, tzinfo=UTC), reads=9),
    ]
    entries = [
        run_line("b", "27T05:00", "FAILED", errors=["sin red"], read_data=False),
        LedgerEntry(datetime(2024, 11, 27, 8, tzinfo=UTC), "run", "INTERRUPTED", {"run_id": "a"}),
        LedgerEntry(
            datetime(2024, 11, 28, tzinfo=UTC), "run", "INTERRUPTED", {"run_id": "20241127T070000Z-00ff00ff"}
        ),
        LedgerEntry(datetime(2024, 11, 28, tzinfo=UTC), "retention", "COMPLETE", {}),
    ]
    b, a, lost = join(remembered, entries)
    assert (b.run_id, b.error, b.outcome, b.read_data) == ("b", "sin red", "FAILED", False)
    assert (a.run_id, a.reads, a.outcome, a.ended_at) == ("a", 9, "INTERRUPTED", None)
    assert (lost.started_at.hour, lost.read_data) == (7, True)
    assert join(remembered, []) == remembered[:1]


def test_failures_since_the_last_success() -> None:
    tries = [
        failed("25T02:00"),
        failed("26T02:00", outcome="COMPLETE"),
        failed("27T02:00"),
        failed("27T02:05"),
    ]
    assert failures_in_a_row(tries) == tries[2:]
    assert failures_in_a_row([]) == []
