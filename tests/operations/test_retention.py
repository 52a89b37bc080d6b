"""The policy's bounds, and what always holds of a plan, whatever the folder holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive.facot2 import OldBackup
from facot_backups.archive.reader import Backup
from facot_backups.errors import SettingError
from facot_backups.model import Scope, Source
from facot_backups.operations.retention.alarms import ClockReading
from facot_backups.operations.retention.plan import Facts, Plan, Policy, counts, plan
from facot_backups.settings import load_settings
from tests.support.retention import SOURCE, ZONE, damaged, made, newer, old_folder

NOW = datetime(2024, 12, 31, 6, 5, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "value", [0, -1, -(10**9), 10**9, True, False, None, "30", "abc", 30.0, float("nan")]
)
@pytest.mark.parametrize("setting", ["retention_days", "keep_last", "anomaly_drop"])
def test_a_policy_that_could_delete_everything_is_refused(setting: str, value: Any) -> None:
    with pytest.raises(SettingError, match=f"«{setting}» \\(argumento\\).*Se admite: un ") as caught:
        Policy(**{setting: value})
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("setting", "low", "high"),
    [("retention_days", 1, 36_500), ("keep_last", 1, 1000), ("anomaly_drop", 1, 100)],
)
def test_the_bounds_are_those_of_the_settings(setting: str, low: int, high: int) -> None:
    numbers: dict[str, Any]
    for value in (low, high):
        numbers = {setting: value}
        assert getattr(Policy(**numbers), setting) == getattr(load_settings(numbers), setting) == value
    for value in (low - 1, high + 1):
        numbers = {setting: value}
        for make in (lambda given: Policy(**given), load_settings):
            with pytest.raises(SettingError):
                make(numbers)


# --- what always holds -------------------------------------------------------------------------------

_SCOPES = (Scope(), Scope(), Scope(exclude=("audit",)), Scope(collections=("invoices", "clients")))
_SCOPE = st.sampled_from((*_SCOPES, Scope(collections=("invoices",))))
_SUFFIX = st.sampled_from(("", "", "", "", ".incomplete", ".pre-restore"))


@st.composite
def backups(draw: st.DrawFn) -> list[Backup]:
    """Folders of all kinds over some weeks, not all of them told by their names, some in the future."""
    found: dict[str, Backup] = {}
    quiet = draw(st.booleans())  # so that no alarm stands in many of the examples
    if quiet:
        name = "2024-12-31T020100"
        found[name] = made(name, counts={"invoices": "100/10"})
    for _ in range(draw(st.integers(0, 12))):
        hours = st.integers(1, 24 * 60) if quiet else st.integers(-60, 24 * 60)
        read = NOW - timedelta(hours=draw(hours))
        labelled = draw(st.integers(0, 9)) == 0
        day = read.astimezone(ZONE).date() + (draw(st.integers(-50, 50)) * DAY if labelled else 0 * DAY)
        second = draw(st.integers(0, 59))
        name = f"{day.isoformat()}T0200{second:02}{draw(_SUFFIX)}"
        kind = draw(st.integers(0, 19))
        if kind < 2:
            found[name] = damaged(name) if kind else newer(name)
            continue
        changes: dict[str, Any] = {"label": labelled, "backup_date": day}
        if not name.endswith("pre-restore"):
            changes["scope"] = draw(_SCOPE)
        if draw(st.integers(0, 5)) == 0:
            changes["source"] = Source("otro")
        numbers = draw(st.sampled_from(("100/10", "100/10", "100/10", "100/10", "60/10", "0/0")))
        found[name] = made(name, read, {"invoices": numbers}, **changes)
    return list(found.values())


_OLD = st.sets(st.integers(-20, 90), max_size=8).map(
    lambda ages: [old_folder((date(2024, 12, 31) - age * DAY).isoformat()) for age in ages]
)


def read_time(backup: Backup) -> datetime:
    return backup.proven().read_time


def surpasses(better: Backup, other: Backup) -> bool:
    one, two = better.proven(), other.proven()
    newer_one = (one.read_time, better.path.name) > (two.read_time, other.path.name)
    return better.complete and newer_one and one.source == two.source and one.scope.covers(two.scope)


@dataclass
class Outcome:
    """A plan split into the folders that go and those that stay."""

    plan: Plan
    gone: list[Backup] = field(default_factory=list)
    left: list[Backup] = field(default_factory=list)

    def __post_init__(self) -> None:
        for decision in self.plan.decisions:
            if isinstance(decision.item, Backup):
                (self.gone if decision.delete else self.left).append(decision.item)


@settings(max_examples=300)
@given(backups(), _OLD, _SCOPE, st.integers(1, 40), st.integers(1, 4))
def test_what_goes_is_old_and_surpassed_and_nothing_else_goes(
    ours: list[Backup], old: list[OldBackup], scope: Scope, retention_days: int, keep_last: int
) -> None:
    facts = Facts(backups=ours, old_backups=old, now=NOW, zone=ZONE, source=SOURCE, scope=scope)
    outcome = Outcome(plan(facts, Policy(retention_days, keep_last)))
    assert {d.path for d in outcome.plan.decisions} == {b.path for b in ours} | {f.path for f in old}
    assert len(outcome.plan.decisions) == len(ours) + len(old)
    counting = [b for b in ours if counts(b, SOURCE, scope)]
    left = [b for b in outcome.left if counts(b, SOURCE, scope)]
    assert len(left) >= min(keep_last, len(counting))
    if outcome.plan.alarms:
        assert not outcome.plan.deletions
        return
    newest_first = sorted(left, key=lambda b: (read_time(b), b.path.name), reverse=True)
    assert list(outcome.plan.to_verify) == (newest_first[:keep_last] if outcome.plan.deletions else [])

    def may_go(backup: Backup) -> bool:
        """The rule in the words of the design, of what is left."""
        if backup.metadata is None or backup.metadata.backup_date > date(2024, 12, 31):
            return False
        if NOW - read_time(backup) <= retention_days * DAY:
            return False
        better = sum(surpasses(other, backup) for other in outcome.left if other.metadata is not None)
        newer_ones = sum((read_time(b), b.path.name) > (read_time(backup), backup.path.name) for b in left)
        return backup.name.suffix is not None or (better >= keep_last and newer_ones >= keep_last)

    assert all(map(may_go, outcome.gone))
    assert not any(map(may_go, outcome.left))


@given(_OLD, st.integers(1, 40), st.integers(1, 4))
def test_old_folders_have_a_keep_last_of_their_own(
    old: list[OldBackup], retention_days: int, keep_last: int
) -> None:
    facts = Facts(backups=[], old_backups=old, now=NOW, zone=ZONE, source=None)
    done = plan(facts, Policy(retention_days, keep_last))
    assert not done.alarms
    ages = sorted((date(2024, 12, 31) - folder.date).days for folder in old)
    present = [age for age in ages if age >= 0]
    expected = [age for age in present[keep_last:] if age > retention_days]
    assert sorted((date(2024, 12, 31) - d.date).days for d in done.deletions) == expected
    assert len(done.warnings) == len(ages) - len(present)


def test_days_are_local() -> None:
    """At ten in the evening there it is tomorrow already in UTC; nothing is older for that."""
    old = [old_folder(name) for name in ("2024-12-30", "2024-12-29", "2024-12-01", "2024-11-30")]
    now = datetime(2025, 1, 1, 2, 0, tzinfo=UTC)
    done = plan(Facts(backups=[], old_backups=old, now=now, zone=ZONE, source=None), Policy(30))
    assert [decision.path.name for decision in done.deletions] == ["2024-11-30"]


@pytest.mark.parametrize(
    ("ago", "ahead", "kinds"),
    [
        (timedelta(days=7), timedelta(hours=24), set()),
        (timedelta(days=7, seconds=1), timedelta(), {"stale"}),
        (-timedelta(hours=24), timedelta(), set()),
        (-timedelta(hours=24, seconds=1), timedelta(), {"future"}),
        (timedelta(), timedelta(hours=24, seconds=1), {"clock"}),
        (timedelta(), -timedelta(hours=24, seconds=1), {"clock"}),
    ],
)
def test_the_alarms_begin_beyond_their_bounds(ago: timedelta, ahead: timedelta, kinds: set[str]) -> None:
    last_run = ClockReading(NOW + ahead, NOW)
    facts = Facts(
        backups=[made("2024-12-24", NOW - ago)], now=NOW, zone=ZONE, source=SOURCE, last_run=last_run
    )
    assert {alarm.kind for alarm in plan(facts, Policy()).alarms} == kinds


@given(backups(), _SCOPE)
def test_every_alarm_of_the_design_stands(ours: list[Backup], scope: Scope) -> None:
    facts = Facts(backups=ours, now=NOW, zone=ZONE, source=SOURCE, scope=scope)
    kinds = {alarm.kind for alarm in plan(facts, Policy()).alarms}
    proven = [b for b in ours if b.metadata is not None]
    runs = sorted((b for b in proven if b.name.suffix != "pre-restore"), key=read_time)
    counting = sorted((b for b in proven if counts(b, SOURCE, scope)), key=read_time)
    if runs and runs[-1].kind == "incomplete":
        assert "incomplete" in kinds
    assert ("future" in kinds) == any(read_time(b) > NOW + DAY for b in proven)
    assert counting or not runs or "stale" in kinds
    if counting:
        assert ("stale" in kinds) == (NOW - read_time(counting[-1]) > 7 * DAY)
        now = counting[-1].proven().files["invoices"].documents
        largest = max(b.proven().files["invoices"].documents for b in counting)
        ties = len({read_time(b) for b in counting}) < len(counting)
        assert ties or ("anomaly" in kinds) == (now < largest)
    assert all(alarm.message for alarm in plan(facts, Policy()).alarms)


def test_why_the_newest_is_incomplete_is_part_of_one_sentence() -> None:
    cut = made("2024-12-31T020000.incomplete", NOW, errors=("clients: sin permiso. Revise el proyecto.",))
    (alarm,) = plan(Facts(backups=[cut], now=NOW, zone=ZONE, source=SOURCE), Policy()).alarms[:1]
    first, second = alarm.message.split("\n")
    assert first.endswith("está incompleto: clients: sin permiso. Revise el proyecto.")
    assert second.startswith("No se borra nada")


@pytest.mark.parametrize("way_out", ["recovered", "accepted"])
def test_an_anomaly_that_stands_for_sixty_days_loses_nothing(way_out: str) -> None:
    held: dict[str, Backup] = {}
    start = datetime(2024, 9, 1, 6, 0, tzinfo=UTC)

    def day(number: int, documents: int, accepted: datetime | None = None) -> Plan:
        read = start + number * DAY
        name = read.astimezone(ZONE).date().isoformat()
        held[name] = made(name, read, {"invoices": f"{documents}/0"})
        now = read + timedelta(minutes=5)
        facts = Facts(backups=list(held.values()), now=now, zone=ZONE, source=SOURCE, accepted=accepted)
        done = plan(facts, Policy())
        for decision in done.deletions:
            del held[decision.path.name]
        return done

    for number in range(40):
        assert not day(number, 1000).alarms
    good = set(held)
    assert len(good) == 30
    for number in range(40, 100):
        assert [alarm.kind for alarm in day(number, 100).alarms] == ["anomaly"]
        assert good <= set(held)
    assert len(held) == 90
    if way_out == "recovered":
        done = day(100, 990)
    else:
        accepted = held[max(held)].proven().read_time
        done = day(100, 100, accepted)
    assert not done.alarms
    assert len(held) == 30
