"""Work grows with the number of backups, not with its square: counted in calls, never in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from facot_backups.archive import journal
from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.metadata import serialize
from facot_backups.archive.reader import Backup
from facot_backups.model import Scope
from facot_backups.operations.drill.record import not_made_since
from facot_backups.operations.health.judgement import Disk, HealthFacts, judge
from facot_backups.operations.retention.cleanup import clean_up
from facot_backups.operations.retention.plan import Facts, Policy, plan
from facot_backups.operations.schedule import due
from facot_backups.operations.verification.rotation import to_read_again
from facot_backups.state import Try
from facot_backups.ui.desktop.overview.calendar_days import Calendar
from facot_backups.ui.desktop.snapshot import rows_of
from tests.support.archives import Archive, HandClock, describe, quick_folder
from tests.support.retention import SOURCE, damaged, made, old_folder

NOW = datetime(2034, 11, 27, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FEW, MANY = 300, 1500
ZONE = ZoneInfo("America/Santo_Domingo")


def calls_of(work: Callable[[], object]) -> int:
    """How many calls `work` makes, of Python's functions and of built-in ones."""
    count = 0

    def tally(frame: FrameType, event: str, value: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tally)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def history(number: int, kind: str) -> list[Backup]:
    """A backup a day up to now; with `kind`, some of another scope, of a collection of their own, damaged."""
    found: list[Backup] = []
    for ago in range(number):
        moment = NOW - ago * DAY - timedelta(hours=8)
        day = f"{moment.astimezone(ZONE).date()}"
        counts = {"invoices": "100/10"}
        changes: dict[str, Any] = {}
        if kind == "scopes" and ago % 2:
            changes["scope"] = Scope(collections=("invoices",))
        if kind == "collections":
            counts[f"log-{day}"] = "1/0"
        if kind == "damaged" and ago % 2:
            found.append(damaged(day))
        else:
            found.append(made(day, moment, counts, **changes))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["alike", "scopes", "collections", "damaged"])
def test_judging_many_backups_is_linear(kind: str) -> None:
    def judged(backups: list[Backup]) -> Callable[[], object]:
        names = [str(backup.name) for backup in backups]
        entries = [
            LedgerEntry(NOW - DAY, "proof", outcome, {"backup": name, "drill": True, "errors": ["corte"]})
            for outcome in ("COMPLETE", "DAMAGED", "FAILED")
            for name in names
        ]
        tries = [Try(name, "scheduled", NOW - n * DAY, outcome="FAILED") for n, name in enumerate(names)]
        old = [old_folder(name) for name in names]
        schedule = due.Facts(
            backups=backups, tries=tries, now=NOW, zone=ZONE, hour=time(2), source=SOURCE, scope=Scope()
        )
        health = HealthFacts(
            schedule=schedule, entries=entries, disk=Disk(), drop_percent=30, drill_every=7 * DAY
        )
        retained = Facts(backups=backups, old_backups=old, now=NOW, zone=ZONE, source=SOURCE)

        def work() -> None:
            assert len(plan(retained, Policy()).decisions) == 2 * len(backups)
            judge(health)
            to_read_again(backups, entries, NOW)
            not_made_since(entries)
            rows = rows_of(backups, entries, ZONE)
            Calendar(rows, frozenset(), frozenset(), {}, time(2), NOW).counts(NOW.date().replace(day=1))

        return work

    few, many = calls_of(judged(history(FEW, kind))), calls_of(judged(history(MANY, kind)))
    assert many <= 7 * few, f"{few} calls for {FEW} backups, {many} for {MANY}"


@pytest.mark.slow
def test_cleaning_many_folders_is_linear() -> None:
    """On the disk: what restores kept goes, each with its journal."""

    def cleaned(place: Path, number: int) -> int:
        clock = HandClock(NOW)
        archive = Archive(place / "backups", place / "state", clock)
        for ago in range(3):
            clock.moment = NOW - (2 - ago) * DAY
            archive.backup([])
        journals = journal.folder_of(archive.root)
        journals.mkdir()
        for ago in range(number):
            moment = NOW - (60 + ago) * DAY
            folder = archive.root / f"{moment:%Y-%m-%dT%H%M%S}.pre-restore"
            folder.mkdir()
            scope = Scope(collections=(), restore=f"r{ago}")
            metadata = describe(moment, UTC, {}, trigger="pre-restore", scope=scope)
            (folder / METADATA_FILE).write_bytes(serialize(metadata))
            (journals / f"r{ago}.jsonl").write_bytes(b'{"end":"COMPLETE"}\n')
        store = archive.store

        def work() -> None:
            assert len(clean_up(store, Policy(), Scope()).deleted) == number

        calls = calls_of(work)
        assert journal.ids(archive.root) == []
        return calls

    with quick_folder() as place:
        few, many = cleaned(place / "few", 20), cleaned(place / "many", 100)
    assert many <= 7 * few, f"{few} calls for 20 folders, {many} for 100"


class Counted(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    comparisons = 0

    def __eq__(self, other: object) -> bool:
        Counted.comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_a_scope_of_many_names_is_looked_up_not_searched() -> None:
    names = [f"c{number}" for number in range(2000)]
    scopes = [
        Scope(collections=tuple(names)),
        Scope(exclude=tuple(names)),
        Scope(collections=(), documents=tuple((name, "1") for name in names)),
    ]
    for scope in scopes:
        for name in names:
            assert scope.includes((Counted(name), "1", "items", "0")) is not bool(scope.exclude)
    assert Counted.comparisons <= 10 * len(names)
