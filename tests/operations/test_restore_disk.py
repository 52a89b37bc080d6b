"""One error of the disk at any step of a restore, of going on with it, of an undo: what is said is so."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

import pytest

from facot_backups.errors import FacotBackupsError
from facot_backups.firestore import writes
from facot_backups.operations.restore.report import RestoreReport
from tests.end_to_end.world import World
from tests.operations.restores import give_back, go_on, take_back, world_in
from tests.operations.test_restore_faults import prepared
from tests.operations.test_restore_journal import cut
from tests.support.crash import At, Hook, watched
from tests.support.servers import FirestoreServer

LEFT_NOWHERE = ("staging/*", "trash/*", ".tmp-*")


def fail(_name: str, args: tuple[object, ...]) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO), str(args[0]))


def below(root: Path, hook: Hook) -> Hook:
    """`hook` for the calls that concern what is below `root`."""

    def look(name: str, args: tuple[object, ...]) -> None:
        path = Path(str(args[0]))
        if isinstance(args[0], int):
            with suppress(OSError):
                path = Path(f"/proc/self/fd/{args[0]}").readlink()
        if path.is_relative_to(root):
            hook(name, (path, *args[1:]))

    return look


def before(what: str, world: World) -> RestoreReport | None:
    """The restore that is gone on with, or taken back."""
    if what == "continue":
        return cut(world)
    return give_back(world, mode="mirror") if what == "undo" else None


def act(what: str, world: World, first: RestoreReport | None) -> RestoreReport:
    if first is None:
        return give_back(world, mode="mirror")
    return go_on(world, first.restore) if what == "continue" else take_back(world, first)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["restore", "continue", "undo"])
def test_one_error_at_any_step(
    what: str, memory_server: FirestoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "BATCH_WRITES", 3)
    step, met = 0, set()
    while True:
        step += 1
        world = world_in(memory_server.fresh(), tmp_path / f"{step}")
        live, wanted = prepared(world)
        earlier = before(what, world)
        start, goal = world.stored(), live if what == "undo" else wanted
        at = At(step, fail)
        report = None
        with watched(below(world.folder, at)), suppress(FacotBackupsError):
            report = act(what, world, earlier)
        if at.steps < step:
            break
        now = world.stored()
        met.add(None if report is None else report.exit_code)
        if report is None:
            assert now == start, step
            report = act(what, world, earlier)
            assert report.exit_code == 0 and world.stored() == goal, step
        assert report.pre_restore is not None, step
        assert report.exit_code or world.stored() == goal, step
        assert report.to_continue == (report.exit_code != 0), (step, report)
        if report.to_continue and step % 2:
            assert go_on(world, report.restore).exit_code == 0 and world.stored() == goal, step
        if what != "undo":
            take_back(world, report)
            assert world.stored() == live, step
        own = world.folder / ".facot"
        assert not [path for name in LEFT_NOWHERE for path in own.glob(name)], step
    assert {None, 0, 13} <= met and step > 50
