"""Somebody else writes while a restore or an undo is under way: the edit stays, and is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from facot_backups.firestore import commit
from facot_backups.local.faults import Fault
from facot_backups.model import DocumentPath
from facot_backups.operations.restore_report import Report
from tests.end_to_end.world import World
from tests.operations.restores import Stored, give_back, remove, take_back, world_in
from tests.support.servers import FirestoreServer


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several calls for a few documents."""
    monkeypatch.setattr(commit, "BATCH_WRITES", 3)


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


def told(report: Report) -> set[str]:
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
        there = path in world.stored()
        remove(world, path)
        return there
    world.write("/".join(path), n=99)
    return True
