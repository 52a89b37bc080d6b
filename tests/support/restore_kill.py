"""Restores and undos killed at each of their steps, on the disk and at the server, then finished or undone.

`python -m tests.support.restore_kill restore|undo HOST FOLDER` runs against the server at HOST. This process
itself opens no channel: a new process does each part, for gRPC does not survive a fork. Prints a summary.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from facot_backups.archive import journal
from facot_backups.firestore import writes
from facot_backups.firestore.connection import Connection
from facot_backups.operations.verification.verify import verify
from tests.end_to_end.world import World, contents
from tests.operations.restores import Stored, give_back, go_on, remove, world_in
from tests.support.crash import At, Hook, in_child, kill, watched
from tests.support.servers import FirestoreServer

_RPCS = ("run_query", "batch_get_documents", "batch_write", "list_collection_ids")


def watch_calls(hook: Hook) -> None:
    """Call `hook` before each call to a server, and once its answer is here. For the rest of this process."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            hook("rpc", ())
            answer = original(*args)
            hook("rpc", ())
            return answer

        return call

    for name in _RPCS:
        setattr(Connection, name, wrap(getattr(Connection, name)))


def prepare(world: World, undo: bool, note: Path) -> None:
    """A backup and edits of all kinds, for an undo also the restore. Notes what is there, what is wanted, and
    the name of what is to be restored."""
    world.write("a/1", "a/2", "a/2/b/1", "a/2/b/2", "a/3", "c/1", "c/2", n=1)
    name = str(world.back_up().name)
    backup = world.stored()
    world.write("a/1", "a/2/b/1", "c/2", n=2)
    world.write("a/4", "c/1/d/1", "e/1", n=3)
    remove(world, ("a", "2"), ("a", "3"))
    live = world.stored()
    if undo:
        name = str(give_back(world, mode="mirror").pre_restore)
        live, backup = backup, live
    note.write_bytes(pickle.dumps((live, backup, name)))


def killed(world: World, undo: bool, note: Path, step: int) -> None:
    """The restore, killed at a step, of what is prepared first."""
    prepare(world, undo, note)
    _, _, name = pickle.loads(note.read_bytes())
    at = At(step, kill)
    watch_calls(at)
    with watched(at):
        give_back(world, name) if undo else give_back(world, name, mode="mirror")


def check(world: World, note: Path, step: int, told: Path) -> None:
    """What is there, and that it can be finished and undone. Writes into `told` how far the restore was."""
    live, wanted, name = pickle.loads(note.read_bytes())
    now = world.stored()
    assert all(now.get(path) in (live.get(path), wanted.get(path)) for path in live | wanted | now)
    with world.store().locked():
        found = [
            one
            for one in journal.ids(world.folder)
            if not name.endswith(".pre-restore") or one != _of(world, name)
        ]
    if not found:
        assert now == live
        told.write_text("nothing")
        return
    (restore,) = found
    kept = next(b for b in world.backups() if b.proven().scope.restore == restore)
    assert verify(kept).sound
    changed: Stored = {path: data for path, data in live.items() if wanted.get(path) != data}
    assert dict(contents(kept, world.root)) == changed
    if step % 2:
        report = go_on(world, restore)
        assert (report.exit_code, world.stored()) == (0, wanted), report
    report = give_back(world, str(kept.name))
    assert (report.exit_code, world.stored()) == (0, live), report
    told.write_text("finished" if now == wanted else "untouched" if now == live else "halfway")


def _of(world: World, name: str) -> str | None:
    """The restore that a `.pre-restore` of that name takes back; None for another backup."""
    return next(b.proven().scope.restore for b in world.backups() if str(b.name) == name)


def play(host: str, folder: Path, *, undo: bool) -> dict[str, int]:
    """Kill at each step in turn until one run comes to its end. Raises for what is not as it must be."""
    writes.BATCH_WRITES = 3
    summary: Counter[str] = Counter()
    step = 0
    while True:
        step += 1
        place = folder / str(step)
        place.mkdir(parents=True)
        server = FirestoreServer(host, "memory", f"prueba-{uuid.uuid4().hex[:12]}")
        world, note, told = world_in(server, place), place / "note", place / "told"
        ended = in_child(partial(killed, world, undo, note, step))
        if ended == 0:
            return dict(summary)
        assert os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL, f"step {step}: ended {ended}"
        assert in_child(partial(check, world, note, step, told)) == 0, f"killed at step {step}"
        summary[told.read_text()] += 1


if __name__ == "__main__":
    json.dump(play(sys.argv[2], Path(sys.argv[3]), undo=sys.argv[1] == "undo"), sys.stdout)
