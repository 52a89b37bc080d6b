"""Other programs of the computer find the port of a drill: they learn nothing, and change nothing of it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.emulator.faults import Fault
from facot_backups.emulator.sample import Business
from facot_backups.emulator.sample import write as write_sample
from facot_backups.emulator.server import LocalFirestore
from facot_backups.errors import DrillNotMade
from facot_backups.events import Event, PhaseStarted
from facot_backups.model import EVERYTHING
from facot_backups.operations.drill import run as drills
from facot_backups.operations.drill.recorded import drill_and_record
from facot_backups.operations.drill.run import drill
from tests.end_to_end.world import World
from tests.operations.restores import world_in
from tests.support import stranger
from tests.support.servers import FirestoreServer, memory_firestore

PROJECT_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with memory_firestore() as server:
        yield _world(server, tmp_path_factory.mktemp("drills"))


@pytest.fixture
def world(memory_server: FirestoreServer, tmp_path: Path) -> World:
    return _world(memory_server, tmp_path)


def _world(server: FirestoreServer, place: Path) -> World:
    made = world_in(server, place)
    write_sample(server.host, Business(invoices=20, project=server.project))
    made.back_up()
    return made


@contextmanager
def seen(started: Callable[[LocalFirestore], object]) -> Iterator[None]:
    """While it lasts, `started` is told of the server of each drill."""

    class Server(LocalFirestore):
        def start(self, port: int | None = None) -> Self:
            super().start(port)
            started(self)
            return self

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drills, "LocalFirestore", Server)
        yield


@pytest.mark.slow
def test_strangers_ask_a_thousand_times(world: World) -> None:
    """Four processes before the writing, four before the comparison, all while it goes on."""
    servers: list[LocalFirestore] = []
    running: list[subprocess.Popen[str]] = []

    def let_them_ask(event: Event) -> None:
        if event in (PhaseStarted("writing"), PhaseStarted("comparing")):
            running.extend(_stranger(servers[0].host, 150, world.server.project) for _ in range(4))
        if event == PhaseStarted("comparing"):
            # All answers are given while the door is open.
            for process in running:
                process.wait(timeout=300)

    with seen(servers.append):
        report = drill_and_record(world.store(), "latest", EVERYTHING, let_them_ask)
    answers: Counter[str] = Counter()
    for process in running:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        answers.update(json.loads(out))
    assert answers == {"UNAUTHENTICATED": 1200}
    assert report.passed, report.errors
    assert world.ledger()[-1]["outcome"] == "COMPLETE"


# What a server answers, or seems to, that somebody overwhelms.
_OVERWHELMED = ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "CANCELLED", "INTERNAL", "UNKNOWN"]
_faults = st.builds(
    Fault,
    method=st.sampled_from(
        ["*", "RunQuery", "BatchWrite", "BatchGetDocuments", "ListCollectionIds", "RunAggregationQuery"]
    ),
    kind=st.sampled_from(["error", "error_after", "silent_end"]),
    code=st.sampled_from([grpc.StatusCode[name] for name in _OVERWHELMED]),
    calls=st.sampled_from([None, *((n,) for n in range(1, 7)), (2, 3), tuple(range(3, 30))]),
    after=st.integers(0, 60),
)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(_faults, min_size=1, max_size=3))
def test_an_overwhelmed_server_is_no_damage(shared: World, faults: list[Fault]) -> None:
    """Wherever it fails, the backup is good, and nothing says otherwise."""

    def burden(server: LocalFirestore) -> None:
        for fault in faults:
            server.add_fault(fault)

    with seen(burden):
        try:
            report = drill(shared.backups()[0], shared.clock)
        except DrillNotMade:
            return
    assert report.passed, report.errors


@pytest.mark.slow
@pytest.mark.parametrize("connections", [90, 400])
def test_a_crowd_at_the_door_is_no_damage(world: World, connections: int) -> None:
    """More connections than the server takes: the drill passes, or was not made, with the files it needs."""
    crowding: list[socket.socket] = []
    with seen(lambda server: crowding.extend(stranger.crowd(server.host, connections))):
        try:
            assert drill_and_record(world.store(), "latest", EVERYTHING).passed
        except DrillNotMade as error:
            assert error.exit_code == 23
    for one in crowding:
        one.close()
    assert world.ledger()[-1]["outcome"] in ("COMPLETE", "FAILED")


def _stranger(host: str, times: int, project: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-B", "-m", "tests.support.stranger", host, str(times), project],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
