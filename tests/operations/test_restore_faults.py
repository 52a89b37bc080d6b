"""Nothing is silently lost: a fault in any call, a dead server, a stop, and what the report then says."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from facot_backups.emulator.faults import Fault, Kind
from facot_backups.errors import FacotBackupsError, Interrupted, RestoreInterrupted
from facot_backups.events import Event
from facot_backups.firestore import writes
from facot_backups.operations.restore.report import RestoreReport
from facot_backups.operations.verification.verify import verify
from tests.end_to_end.world import World, contents
from tests.operations.restores import Stored, give_back, go_on, remove, take_back, world_in
from tests.support.servers import FirestoreServer

ALWAYS = tuple(range(1, 10_000))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several calls for a few documents."""
    monkeypatch.setattr(writes, "BATCH_WRITES", 3)


def prepared(world: World) -> tuple[Stored, Stored]:
    """A backup and edits of all kinds: what is there now, and what a mirror is to make of it."""
    world.write("a/1", "a/2", "a/2/b/1", "a/2/b/2", "a/3", "c/1", "c/2", n=1)
    world.back_up()
    backup = world.stored()
    world.write("a/1", "a/2/b/1", "c/2", n=2)
    world.write("a/4", "c/1/d/1", "e/1", n=3)
    remove(world, ("a", "2"), ("a", "3"))
    return world.stored(), backup


def calls_of(world: World) -> int:
    methods = ("RunQuery", "BatchGetDocuments", "BatchWrite", "ListCollectionIds", "RunAggregationQuery")
    return sum(world.server.local.script.calls(method) for method in methods)


def check_truth(world: World, report: RestoreReport, live: Stored, wanted: Stored) -> None:
    """What the report says of each document of the plan is so."""
    now = world.stored()
    said = {path: kind for path, kind, _ in report.troubles}
    changed = {path for path in live.keys() | wanted.keys() if live.get(path) != wanted.get(path)}
    assert said.keys() <= changed
    for path in changed:
        if said.get(path) == "unknown":
            assert now.get(path) in (live.get(path), wanted.get(path)), path
        else:
            assert now.get(path) == (live if path in said else wanted).get(path), path
    assert report.written == len(changed) - len(said)
    for path in live.keys() - changed:
        assert now[path] == live[path]


def check_kept(world: World, report: RestoreReport, live: Stored, wanted: Stored) -> None:
    """The pre-restore holds what was there of everything that the plan changes or deletes."""
    kept = world.store().find(report.pre_restore or "")
    assert verify(kept).sound
    changed = {path: data for path, data in live.items() if wanted.get(path) != data}
    assert dict(contents(kept, world.root)) == changed  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["error", "error_after"])
@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED])
def test_a_transient_fault_in_any_call_changes_nothing(
    memory_server: FirestoreServer, tmp_path: Path, kind: Kind, code: grpc.StatusCode
) -> None:
    call, ended = 1, False  # the first call only asks whether anybody is there
    while not ended:
        call += 1
        world = world_in(memory_server.fresh(), tmp_path / f"{call}")
        live, wanted = prepared(world)
        begun = calls_of(world)
        memory_server.local.add_fault(Fault("*", kind, calls=(call,), code=code))

        report = give_back(world, mode="mirror")

        ended = calls_of(world) - begun < call
        memory_server.local.clear_faults()
        assert report.exit_code == 0, (call, report)
        assert world.stored() == wanted
        check_kept(world, report, live, wanted)
        assert take_back(world, report).exit_code == 0
        assert world.stored() == live


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["error", "error_after"])
def test_a_server_that_dies_at_any_call_is_told_and_the_rest_is_finished_later(
    memory_server: FirestoreServer, tmp_path: Path, kind: Kind
) -> None:
    call, partial = 0, 0
    while True:
        call += 1
        world = world_in(memory_server.fresh(), tmp_path / f"{call}")
        live, wanted = prepared(world)
        begun = calls_of(world)
        memory_server.local.add_fault(Fault("*", kind, calls=ALWAYS[call - 1 :]))
        try:
            report = give_back(world, mode="mirror")
        except FacotBackupsError as error:
            # Before anything was written: an error, and all is as it was.
            memory_server.local.clear_faults()
            assert error.exit_code == 10, error
            assert world.stored() == live
            assert world.outcomes()[-1] == "FAILED"
            continue
        ended = calls_of(world) - begun < call
        memory_server.local.clear_faults()
        check_truth(world, report, live, wanted)
        check_kept(world, report, live, wanted)
        if ended:
            assert report.exit_code == 0
            break
        assert (report.exit_code, report.to_continue) == (3, report.failure is not None), report
        partial += report.to_continue
        if report.to_continue and call % 2:
            finished = go_on(world, report.restore)
            assert (finished.exit_code, finished.written) == (0, 8), finished
            assert world.stored() == wanted
        undone = take_back(world, report)
        assert undone.exit_code == 0, undone
        assert world.stored() == live
    assert partial > 2


@pytest.mark.slow
@pytest.mark.parametrize("stop", [KeyboardInterrupt, Interrupted])
def test_stopped_at_any_moment(
    memory_server: FirestoreServer, tmp_path: Path, stop: type[BaseException]
) -> None:
    step, interrupted = 0, 0
    while True:
        step += 1
        world = world_in(memory_server.fresh(), tmp_path / f"{step}")
        live, wanted = prepared(world)
        seen = 0

        def emit(event: Event, at: int = step) -> None:
            nonlocal seen
            seen += 1
            if seen == at:
                raise stop

        try:
            report = give_back(world, mode="mirror", emit=emit)
        except Interrupted:
            assert world.stored() == live
            assert world.outcomes()[-1] == "INTERRUPTED"
            assert world.leftovers() == []
            assert not list((world.folder / ".facot/restores").glob("*"))
            continue
        if report.exit_code:
            interrupted += 1
            assert isinstance(report.failure, RestoreInterrupted) and report.exit_code == 130
            assert (report.failure.written, report.failure.left) == (report.written, report.left)
            assert (report.written + report.left, report.to_continue) == (8, True)
            assert world.outcomes()[-1] == "INTERRUPTED"
            finished = go_on(world, report.restore)
            assert finished.exit_code == 0, finished
            assert world.stored() == wanted
            assert take_back(world, finished).exit_code == 0
            assert world.stored() == live
            continue
        assert report.exit_code == 0
        break
    assert interrupted > 2


def test_a_write_that_firestore_refuses_is_named_and_the_others_are_written(
    memory_server: FirestoreServer, tmp_path: Path
) -> None:
    world = world_in(memory_server, tmp_path)
    live, wanted = prepared(world)
    refuse = Fault(
        "BatchWrite",
        "error",
        when=lambda request: any("a/2/b/1" in write.update.name for write in request.writes),
        code=grpc.StatusCode.INVALID_ARGUMENT,
    )
    memory_server.local.add_fault(refuse)

    report = give_back(world, mode="mirror")

    assert report.exit_code == 3
    assert [(path, kind) for path, kind, _ in report.troubles] == [(("a", "2", "b", "1"), "failed")]
    check_truth(world, report, live, wanted)


def test_nothing_is_written_where_we_may_not(memory_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(memory_server, tmp_path)
    live, _ = prepared(world)
    published, begun = world.published(), memory_server.local.script.calls("BatchWrite")
    memory_server.local.add_fault(Fault("BatchWrite", "error", code=grpc.StatusCode.PERMISSION_DENIED))

    with pytest.raises(FacotBackupsError) as caught:
        give_back(world, mode="mirror")

    assert caught.value.exit_code == 10
    assert (world.stored(), world.published()) == (live, published)
    assert memory_server.local.script.calls("BatchWrite") == begun + 1
