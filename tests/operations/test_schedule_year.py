"""A year of a real computer, simulated: no date is missed, none is done twice, failures cost little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from facot_backups.app.scheduler_tick import Listener, Ticker
from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.errors import FacotBackupsError
from facot_backups.events import Emit, ignore
from facot_backups.model import EVERYTHING
from facot_backups.operations import runs
from facot_backups.operations.backup import run
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.retention.cleanup import RetentionResult
from facot_backups.operations.retention.plan import Policy
from facot_backups.operations.schedule import scheduled_run as scheduled
from facot_backups.operations.schedule.due import Decision, decide
from facot_backups.operations.schedule.facts import facts_of
from facot_backups.operations.schedule.scheduled_run import Job, ScheduledRun, run_if_due
from facot_backups.operations.verification import recheck
from facot_backups.operations.verification.record import last_proofs
from facot_backups.operations.verification.verify import VerifyReport
from facot_backups.state import Try
from tests.support.year import DAY, MINUTE, Computer, Judge, Killed, Year

ZONES = ["America/Santo_Domingo", "America/New_York", "Europe/Madrid", "Australia/Lord_Howe"]
KEPT = 30


def longest_unread(computer: Computer) -> timedelta:
    """For how long one of the backups was not read again."""
    proofs = last_proofs(computer.entries)
    read = [
        proofs[str(b.name)].time if str(b.name) in proofs else b.proven().finished_at
        for b in computer.published
    ]
    return computer.now() - min(read)


@pytest.fixture(autouse=True)
def unread(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """The steps of a run that read Firestore or files are the simulated computer's.

    Gives what `longest_unread` was at each cleanup.
    """
    unread: list[timedelta] = []

    def back_up(_connect: Any, store: Any, _locked: Any, request: Any, *_: Any) -> Backup:
        return store.back_up(request)  # type: ignore[no-any-return]

    def verify(made: Backup, _emit: Emit) -> VerifyReport:
        return VerifyReport(str(made.name), (), (), 1, 1)

    def clean_up(store: Any, *_: Any, **__: Any) -> RetentionResult:
        store.step()
        store.published = store.backups()[:KEPT]
        unread.append(longest_unread(store))
        return RetentionResult((), (), (), (), False)

    monkeypatch.setattr(run, "back_up_locked", back_up)
    monkeypatch.setattr(scheduled, "verify", verify)
    monkeypatch.setattr(recheck, "verify", verify)
    monkeypatch.setattr(scheduled, "clean_up_locked", clean_up)
    return unread


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a line of the ledger says is worked out once: each tick reads all lines, and none ever changes."""
    read, known = runs._of, dict[int, tuple[LedgerEntry, Try | None]]()

    def of(entry: LedgerEntry) -> Try | None:
        if id(entry) not in known:
            known[id(entry)] = (entry, read(entry))
        return known[id(entry)][1]

    monkeypatch.setattr(runs, "_of", of)


def job(computer: Computer, hour: time) -> Job:
    store: Any = computer
    connect: Any = None
    return Job(store=store, connect=connect, hour=hour, scope=EVERYTHING, policy=Policy())


@dataclass
class Settings:
    backup_hour: time
    backup_dir: str = "backups"


class Ways:
    """The simulated computer as the ticker sees it."""

    def __init__(self, computer: Computer, hour: time) -> None:
        self.clock: Any = computer
        self._computer = computer
        self._job = job(computer, hour)
        self._settings: Any = Settings(hour)

    def settings(self) -> Any:
        return self._settings

    def problem(self, _settings: Any) -> FacotBackupsError | None:
        return None

    def reachable(self, _settings: Any) -> bool:
        return self._computer.year.network(self._computer.true)

    def decide(self, _settings: Any) -> Decision:
        return decide(facts_of(self._job.store, self._job.hour, self._job.scope))

    def run_if_due(
        self, _settings: Any, _emit: Emit, _stop: Stop, made: Callable[[ScheduledRun], None], _failed: Any
    ) -> ScheduledRun:
        run = run_if_due(self._job)
        made(run)
        return run

    def tell_changes(self, _settings: Any) -> None:
        return

    def back_up(self, *_: Any) -> Backup:
        raise NotImplementedError  # nobody asks for one in this year


def by_timer(computer: Computer, hour: time) -> Callable[[], None]:
    """`run --if-due`: every tick is a process of its own."""

    def tick() -> None:
        try:
            run_if_due(job(computer, hour))
        except FacotBackupsError:
            return  # the exit code tells

    return tick


def by_thread(computer: Computer, hour: time) -> Callable[[], None]:
    """The scheduler's thread: it lives as long as its process does."""
    faults: list[str] = []
    listener = Listener(ignore, lambda: None, lambda _b, _f: None, faults.append)
    ticker: list[Ticker] = []

    def tick() -> None:
        if not ticker:
            ticker.append(Ticker(Ways(computer, hour), listener))
        try:
            ticker[0].tick(Stop())
        except Killed:
            ticker.clear()
            raise
        assert not any("inesperado" in fault for fault in faults), faults

    return tick


def is_done(computer: Computer) -> bool:
    """Whether the present date has its backup: most ticks of a date then change nothing, and are left out."""
    if not computer.true.minute and computer.true.hour % 3 == 0:
        return False
    today = computer.now().astimezone(computer.zone()).date()
    return any(made.complete and made.proven().scheduled_for == today for made in computer.published)


@pytest.mark.slow
@pytest.mark.parametrize("disk_trouble", [False, True], ids=["disk", "disk-trouble"])
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("means", "every"), [(by_timer, 15), (by_thread, 5)], ids=["timer", "thread"])
def test_a_year(means: Any, every: int, zone: str, disk_trouble: bool, unread: list[timedelta]) -> None:
    hour = time(2, 0)
    year = Year(ZoneInfo(zone), seed=len(zone), disk_trouble=disk_trouble)
    computer = Computer(year)
    judge, tick = Judge(computer, hour), means(computer, hour)
    end, calm = year.start + timedelta(days=year.days), False
    while computer.true < end:
        computer.true += every * MINUTE
        judge.look()
        if not year.on(computer.true) or (calm and is_done(computer)):
            continue
        try:
            tick()
            calm = True
        except Killed:
            judge.interrupted()
            calm = False
    judge.verdict()
    assert timedelta(days=15) < max(unread) <= timedelta(days=30)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_a_server_that_is_always_on(zone: str) -> None:
    """At an hour that the clocks skip or repeat in one of these zones: one backup for each date."""
    hour = time(2, 15)
    year = Year(ZoneInfo(zone), seed=1, always_on=True)
    year.wrong = []
    computer = Computer(year, crash_chance=0)
    tick = by_timer(computer, hour)
    while computer.true < year.start + 366 * DAY:
        computer.true += 15 * MINUTE
        if not is_done(computer):
            tick()
    unreadable = {
        (begin + n * DAY).astimezone(year.zone).date() for begin, _ in year.unreadable for n in range(8)
    }
    made = {b.proven().scheduled_for for b in computer.all_made if b.complete}
    first, last = (moment.astimezone(year.zone).date() for moment in (year.start, computer.true))
    dates = {first + n * DAY for n in range((last - first).days)} - unreadable
    assert dates <= made
    assert len([b for b in computer.all_made if b.complete]) == len(made)
    hours = {b.proven().started_at.astimezone(year.zone).hour for b in computer.all_made if b.complete}
    assert min(hours) == 2
