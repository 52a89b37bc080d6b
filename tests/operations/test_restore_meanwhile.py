"""Somebody else writes while a restore or an undo is under way: the edit stays, and is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from facot_backups.archive import journal
from facot_backups.archive.owner import Owner
from facot_backups.emulator.faults import Fault
from facot_backups.errors import LockHeld, UsageError
from facot_backups.events import Event, PhaseStarted, Progressed
from facot_backups.firestore import writes
from facot_backups.firestore.names import name_of
from facot_backups.model import DocumentPath
from facot_backups.operations.restore.report import RestoreReport
from facot_backups.protocol import BatchWriteRequest
from tests.end_to_end.world import World
from tests.operations.restores import Stored, give_back, go_on, remove, take_back, world_in
from tests.support.archives import NOON
from tests.support.servers import FirestoreServer


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several calls for a few documents."""
    monkeypatch.setattr(writes, "BATCH_WRITES", 3)


# What the plan does with each, by its path: "n" is 1 in the backup.
CHANGED, CREATED, DELETED, EQUAL, NEW = "a/1", "a/3", "a/4", "c/1", "z/9"


NINETY_NINE = b"\x12\x07\n\x01n\x12\x02\x10\x63"


def prepared(world: World) -> Stored:
    """A backup, which is what a mirror is to bring back, and edits of all kinds."""
    world.write("a/1", "a/2", "a/2/b/1", "a/2/b/2", "a/3", "c/1", "c/2", n=1)
    world.back_up()
    wanted = world.stored()
    world.write("a/1", "a/2/b/1", "c/2", n=2)
    world.write("a/4", "c/1/d/1", "e/1", n=3)
    remove(world, ("a", "2"), ("a", "3"))
    return wanted


@dataclass
class Meddler:
    """Does `act` just before the server answers its call number `at`; `act` says whether that changed it."""

    at: int
    act: Callable[[], bool]
    calls: list[str] = field(default_factory=list)
    acted: bool = False
    effective: bool = False
    busy: bool = False
    lock: Any = field(default_factory=threading.Lock)

    def __call__(self, request: Any) -> bool:
        if self.busy:
            return False  # our own edit
        with self.lock:  # two batches may be under way
            self.calls.append(type(request).__name__)
            mine = len(self.calls) == self.at
        if mine:
            self.busy = self.acted = True
            self.effective = self.act()
            self.busy = False
        return False

    @property
    def planned_for(self) -> bool:
        """The edit came before the call that fixes the plan's instant: it is in the plan."""
        return self.at <= 1 + self.calls.index("BatchGetDocumentsRequest")

    @property
    def seen(self) -> bool:
        """The edit came before the last call that reads: it can be told."""
        reads = ("RunQueryRequest", "BatchGetDocumentsRequest")
        return self.at <= max(n for n, name in enumerate(self.calls, 1) if name in reads)


def told(report: RestoreReport) -> set[str]:
    return {"/".join(c.path) for c in report.conflicts} | {"/".join(path) for path in report.edited}


@pytest.mark.slow
@pytest.mark.parametrize("what", [CHANGED, CREATED, DELETED, EQUAL, NEW])
@pytest.mark.parametrize("gone", [False, True], ids=["written", "deleted"])
@pytest.mark.parametrize("undo", [False, True], ids=["restore", "undo"])
def test_an_edit_at_any_call_survives_and_is_told(
    memory_server: FirestoreServer, tmp_path: Path, what: str, gone: bool, undo: bool
) -> None:
    path, at = tuple(what.split("/")), 0
    while True:
        at += 1
        world = world_in(memory_server.fresh(), tmp_path / f"{at}")
        wanted = prepared(world)
        if undo:
            live = world.stored()
            first = give_back(world, mode="mirror")
            wanted = live
        meddler = Meddler(at, lambda w=world: edit(w, path, gone))  # type: ignore[misc]
        memory_server.local.add_fault(Fault("*", "error", when=meddler))
        report = take_back(world, first) if undo else give_back(world, mode="mirror")
        memory_server.local.clear_faults()
        now = world.stored()
        assert told(report) <= {what}, (at, meddler.calls, report)
        if not meddler.acted:
            assert now == wanted
            break
        assert now.keys() - {path} == wanted.keys() - {path}
        assert all(now[other] == wanted[other] for other in wanted if other != path)
        if not meddler.effective or (meddler.planned_for and not undo):
            continue
        assert (path in now) != gone, (at, meddler.calls, report)
        assert gone or now[path] == NINETY_NINE
        if undo and meddler.planned_for and now.get(path) == wanted.get(path):
            continue  # somebody else took it back
        if meddler.seen and not (undo and what in (EQUAL, NEW)):
            assert told(report) == {what}, (at, meddler.calls, report)
            assert (report.exit_code == 21) == (what not in (EQUAL, NEW))


def edit(world: World, path: DocumentPath, gone: bool) -> bool:
    if gone:
        with world.connect() as connection:
            request = BatchWriteRequest(database=connection.root.removesuffix("/documents"))
            request.writes.add(delete=name_of(path, connection.root)).current_document.exists = True
            return not connection.batch_write(request, 20).status[0].code
    world.write("/".join(path), n=99)
    return True


def test_an_undo_of_a_restore_that_was_cut_spares_what_others_changed(
    memory_server: FirestoreServer, tmp_path: Path
) -> None:
    """Killed before it noted a result: what the documents hold tells what it had written."""
    world = world_in(memory_server, tmp_path)
    world.write("a/0", "a/1")
    world.back_up()
    world.write("a/0", "a/1", n=2)
    before = world.stored()
    report = give_back(world)
    path = journal.path_of(world.folder, report.restore)
    plan, closed, results = path.read_text().partition('{"planned"')
    path.write_text(plan + closed + results.partition("\n")[0] + "\n")
    world.write("a/1", n=3)
    edited = world.stored()["a", "1"]
    undone = take_back(world, report)
    assert [conflict.path for conflict in undone.conflicts] == [("a", "1")]
    assert world.stored() == before | {("a", "1"): edited}
    with pytest.raises(UsageError, match="ya se deshizo"):
        go_on(world, report.restore)


def test_what_the_plan_left_alone_and_is_gone_is_told(memory_server: FirestoreServer, tmp_path: Path) -> None:
    """Also what the backup does not have, and an overwrite passes over."""
    world = world_in(memory_server.fresh(), tmp_path)
    prepared(world)
    memory_server.local.add_fault(
        Fault("BatchWrite", "error", when=Meddler(1, lambda: edit(world, ("e", "1"), gone=True)))
    )
    report = give_back(world)
    memory_server.local.clear_faults()
    assert (told(report), report.exit_code) == ({"e/1"}, 0)


def test_a_reading_back_that_fails_accuses_nobody(memory_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(memory_server.fresh(), tmp_path)
    wanted = prepared(world)
    refused = Fault("RunQuery", "error", collection="a", code=grpc.StatusCode.PERMISSION_DENIED)

    def emit(event: Event) -> None:
        if event == PhaseStarted("reading-back"):
            memory_server.local.add_fault(refused)

    report = give_back(world, mode="mirror", emit=emit)
    memory_server.local.clear_faults()
    assert world.stored() == wanted
    assert report.read_back_failure is not None
    assert (told(report), report.exit_code) == (set(), 3)


def test_who_lost_the_lock_writes_nothing_more(
    memory_server: FirestoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "BATCH_WRITES", 1)
    world = world_in(memory_server.fresh(), tmp_path)
    world.write(*(f"a/{number}" for number in range(9)))
    world.back_up()
    remove(world, *world.stored())
    taken = Owner("another", "otro-pc", 7, "x", NOON, "taken over", NOON).to_bytes()

    def take(event: Event) -> None:
        if isinstance(event, Progressed) and 0 < len(world.stored()) < 4:
            (world.folder / ".facot/owner.json").write_bytes(taken)

    report = give_back(world, emit=take)
    assert isinstance(report.failure, LockHeld) and "otro-pc" in str(report.failure)
    assert (report.exit_code, report.written) == (11, len(world.stored()))
    assert report.left == 9 - report.written > 0 and report.to_continue and report.pre_restore
    (world.folder / ".facot/owner.json").unlink()
    assert go_on(world, report.restore).written == 9


def test_two_batches_are_under_way_but_counters_come_alone(
    memory_server: FirestoreServer, tmp_path: Path
) -> None:
    world = world_in(memory_server.fresh(), tmp_path)
    counters = [f"sequences/{number}" for number in range(5)]
    world.write(*counters, *(f"a/{number}" for number in range(7)), n=1)
    world.back_up()
    remove(world, *world.stored())
    batches, both = [], threading.Event()

    def sent(request: Any) -> bool:
        if not hasattr(request, "writes") or "probe" in request.writes[0].delete:
            return False
        batches.append({write.update.name.rpartition("/documents/")[2] for write in request.writes})
        both.set() if len(batches) == 4 else None
        return len(batches) == 3 and not both.wait(20)  # the first of the others waits for the second

    memory_server.local.add_fault(Fault("BatchWrite", "error", when=sent))
    report = give_back(world)
    memory_server.local.clear_faults()
    assert (report.written, report.exit_code) == (12, 0)
    assert both.is_set()
    assert batches[0] | batches[1] == set(counters)


def test_no_other_document_is_written_while_a_counter_is_not(
    memory_server: FirestoreServer, tmp_path: Path
) -> None:
    world = world_in(memory_server.fresh(), tmp_path)
    world.write("sequences/1", *(f"a/{number}" for number in range(7)), n=1)
    world.back_up()
    remove(world, *world.stored())
    memory_server.local.add_fault(
        Fault("BatchWrite", "error", when=lambda request: "/sequences/" in request.writes[0].update.name)
    )
    report = give_back(world)
    memory_server.local.clear_faults()
    assert report.failure is not None
    assert (world.stored(), report.written, report.trouble_count) == ({}, 0, 8)
    assert go_on(world, report.restore).written == 8
