"""`max_reads`: refuses before a document is read, stops where there is no count, and is never passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import grpc
import pytest

from facot_backups.emulator.faults import Fault
from facot_backups.errors import ReadBudgetExceeded
from facot_backups.firestore.scan import Scan
from facot_backups.operations import runs
from facot_backups.operations.backup import reading
from tests.end_to_end.world import World

DOCUMENTS = 60
# Beside the documents: the probe, the count, twenty documents of the spot check.
SURE = DOCUMENTS + 1 + 1 + 20


@pytest.fixture
def full(world: World) -> World:
    world.write(*(f"invoices/{n:02}" for n in range(40)), *(f"zonas/{n:02}" for n in range(20)))
    return world


def queries(world: World) -> int:
    return int(world.server.local.script.calls("RunQuery"))


def reads_today(world: World) -> int:
    return runs.reads_today(world.store())


def test_it_refuses_before_a_document_is_read(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_MAX_READS", "60")
    full.run("run").failed(2, "max_reads", "60", "no se ha leído ningún documento", "Suba max_reads")
    assert queries(full) == 0
    full.nothing_happened("FAILED")
    report = full.run("run", "--json").report
    assert (report["success"], report["exit_code"]) == (False, 2)


@pytest.mark.parametrize("page", [7, 20, 60, 20_000])
def test_the_least_that_it_lets_through_is_enough(
    full: World, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """There is no budget that lets a run begin and then stops it: not even by one."""
    monkeypatch.setattr(reading, "Scan", partial(Scan, page_size=page))
    for budget in range(SURE - 2, SURE + 4):
        full.clock.moment += timedelta(days=1)
        try:
            backup = full.back_up(max_reads=budget)
        except ReadBudgetExceeded:
            assert budget < SURE + 3
            continue
        assert backup.complete
        assert backup.proven().reads <= budget


def test_small_databases_need_small_budgets(world: World) -> None:
    world.write("a/1", "a/2")
    assert world.back_up(max_reads=2 + 1 + 1 + 2 + 2).complete


def test_failed_tries_count_too(full: World) -> None:
    full.server.local.add_fault(Fault("RunQuery", "error", code=grpc.StatusCode.PERMISSION_DENIED, after=30))
    for method in ("BatchGetDocuments", "ListCollectionIds"):
        full.server.local.add_fault(
            Fault(method, "error", calls=(2, 3), code=grpc.StatusCode.PERMISSION_DENIED)
        )
    with pytest.raises(Exception, match="Firestore no disponible"):
        full.back_up(max_reads=200)
    full.server.local.clear_faults()
    used = reads_today(full)
    assert used >= 30
    before = queries(full)
    with pytest.raises(ReadBudgetExceeded, match="max_reads"):
        full.back_up(max_reads=used + SURE - 10)
    assert queries(full) == before
    full.clock.moment += timedelta(days=1)
    assert full.back_up(max_reads=used + SURE - 10).complete


def test_another_computer_reads_in_the_ledger_what_was_read(full: World) -> None:
    """Its state folder knows nothing of the reads of this one; together they have one budget."""
    full.back_up()
    spent = reads_today(full)
    there = replace(full, state=full.state.parent / "another")
    assert there.store().state.tries(there.folder) == [] and reads_today(there) == spent
    with pytest.raises(ReadBudgetExceeded):
        there.back_up(max_reads=spent + 60)
    refused = reads_today(there)
    there.back_up(max_reads=refused + SURE + 2)
    assert reads_today(there) == reads_today(full) == refused + spent


def test_a_run_under_a_clock_far_ahead_leaves_the_budget_as_it_was(full: World) -> None:
    full.back_up()
    spent, now = reads_today(full), full.clock.moment
    full.clock.moment = now + timedelta(days=14 * 365)
    full.back_up()
    full.clock.moment = now + timedelta(minutes=1)
    assert reads_today(full) == spent
    with pytest.raises(ReadBudgetExceeded):
        full.back_up(max_reads=spent + 60)
    refused = reads_today(full)
    full.back_up(max_reads=refused + SURE + 2)
    assert reads_today(full) == refused + spent


@pytest.mark.parametrize("budget", [45, 64, 75, 82])
def test_without_a_count_the_scan_stops_when_it_gets_there(full: World, budget: int) -> None:
    full.server.local.switches.refuse_count = grpc.StatusCode.UNIMPLEMENTED
    full.write("aaa/1")
    backup = full.back_up(max_reads=budget)
    metadata = backup.proven()
    assert not backup.complete
    assert "max_reads" in metadata.errors[0]
    assert metadata.reads <= budget
    assert reads_today(full) <= budget
    assert set(metadata.files) <= {"aaa", "invoices"}
    held = full.whole(backup)
    assert held == {path: data for path, data in full.stored().items() if path[0] in metadata.files}
    assert full.outcomes() == ["INCOMPLETE"]


def test_without_a_count_the_command_line_gives_3(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    full.server.local.switches.refuse_count = grpc.StatusCode.UNIMPLEMENTED
    full.write("aaa/1")
    monkeypatch.setenv("BACKUP_MAX_READS", "50")
    ran = full.run("run")
    assert (ran.code, "max_reads" in ran.out) == (3, True)


@pytest.mark.parametrize("count", [True, False])
@pytest.mark.parametrize("budget", [1, 2, 5, 22])
def test_a_budget_that_is_spent_lets_nothing_be_read(full: World, budget: int, count: bool) -> None:
    if not count:
        full.server.local.switches.refuse_count = grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(ReadBudgetExceeded):
        full.back_up(max_reads=budget)
    full.nothing_happened("FAILED")
    assert queries(full) == 0
    assert reads_today(full) <= budget


def test_without_a_budget_nothing_is_bounded_and_all_reads_are_noted(full: World) -> None:
    backup = full.back_up()
    assert backup.proven().reads == SURE == reads_today(full)
    full.back_up()
    assert reads_today(full) == 2 * SURE
