"""Restores on a disk that fills up at many sizes, each by the real command in a process of its own.

`python -m tests.support.restore_full HOST DISK STATE` runs against the server at HOST, with the backups on
the small DISK. Of each restore that the disk cut it checks what was told, and finishes it or undoes it by the
commands that were printed. Prints how many restores ended how.

The processes are copies of this one, which itself opens no channel: gRPC does not survive a fork.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import shlex
import shutil
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

from facot_backups.firestore import writes
from facot_backups.ui.cli import main
from tests.end_to_end.world import Ran, World
from tests.operations.restores import Stored
from tests.support.crash import in_child
from tests.support.servers import FirestoreServer

# Documents; restores tried, from the smallest disk on that lets one begin; bytes from one to the next.
_MANY, _SIZES, _STEP = 1000, 10, 12 << 10
_PAGE, _BATCH = 4096, 150
T = TypeVar("T")


class Filler:
    """Takes all of the disk but so many bytes."""

    def __init__(self, disk: Path) -> None:
        self._disk, self._file = disk, disk / "lleno"

    def leave(self, room: int) -> None:
        self._file.unlink(missing_ok=True)
        free = shutil.disk_usage(self._disk).free
        with self._file.open("wb", buffering=0) as file:
            for _ in range(max(0, free - room) // _PAGE):
                file.write(bytes(_PAGE))

    def go(self) -> None:
        self._file.unlink(missing_ok=True)


def apart(world: World, work: Callable[[], T]) -> T:
    """What `work` gives in a new process."""
    result = world.state.parent / "resultado"

    def tell() -> None:
        result.write_bytes(pickle.dumps(work()))

    assert in_child(tell) == 0
    value: T = pickle.loads(result.read_bytes())
    return value


def run(world: World, *words: str) -> Ran:
    """A command, as the program runs it, in a new process."""

    def work() -> Ran:
        os.environ.clear()
        os.environ.update(world.environment())
        os.chdir(world.state.parent)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*words, "--yes", "--json", "--backup-dir", str(world.folder)])
        return Ran(code, out.getvalue(), err.getvalue())

    return apart(world, work)


def stored(world: World) -> Stored:
    return apart(world, world.stored)


def command(world: World, text: str) -> Ran:
    """A command that was printed."""
    words = shlex.split(text)
    assert words[:2] == ["facot-backups", "restore"], text
    return run(world, "restore", *words[2 : words.index("--backup-dir")])


def told(ran: Ran, now: Stored, live: Stored) -> dict[str, Any]:
    """The report of a restore that was cut, which says what is so."""
    report = ran.report
    assert (ran.code, report["exit_code"], report["success"]) == (13, 13, False), ran
    assert report["written"] == report["created"] == len(now) - len(live), (report, len(now))
    assert report["left"] == _MANY - report["written"]
    assert report["restore"] in report["continue_command"], report
    assert report["pre_restore"] in report["undo_command"], report
    for text in (f"{report['written']:,} creado", report["continue_command"], report["undo_command"]):
        assert text in ran.err, ran.err
    assert "el disco está lleno" in report["error"] and "siguen intactos" not in ran.err, ran
    return report


def once(world: World, filler: Filler, room: int, live: Stored, wanted: Stored, *, finish: bool) -> str:
    """One restore with so much room; afterwards all is as before."""
    filler.leave(room)
    ran = run(world, "restore", "latest")
    filler.go()
    now = stored(world)
    if ran.code == 0:
        assert now == wanted, ran
        report = ran.report
    elif now == live and ran.report.get("pre_restore") is None:
        assert ran.code == 13, ran
        return "refused"
    else:
        report = told(ran, now, live)
        if finish:
            finished = command(world, report["continue_command"])
            assert finished.code == 0 and stored(world) == wanted, finished
    undone = command(world, report["undo_command"])
    assert undone.code == 0 and stored(world) == live, undone
    return "whole" if ran.code == 0 else "cut" if len(now) > len(live) else "cut before the first"


def prepare(world: World) -> Stored:
    """A backup, whose documents are deleted, all but one. Returns what it holds."""
    for start in range(0, _MANY, 500):
        world.write(*(f"a/{number}" for number in range(start, start + 500)), n=1)
    world.write("b/1", n=1)
    world.back_up()
    wanted = world.stored()
    world.delete(*("/".join(path) for path in wanted if path[0] == "a"))
    return wanted


def play(host: str, disk: Path, state: Path) -> dict[str, int]:
    """See the module."""
    writes.BATCH_WRITES = _BATCH
    server = FirestoreServer(host, "memory", f"prueba-{uuid.uuid4().hex[:12]}")
    world, filler = World(server, disk / "backups", state / "state", None), Filler(disk)
    wanted = apart(world, lambda: prepare(world))
    live = stored(world)

    summary: Counter[str] = Counter()
    low, room = 0, 1 << 21
    while room - low > _STEP:  # the least that lets a restore begin
        middle = (low + room) // 2
        ended = once(world, filler, middle, live, wanted, finish=False)
        low, room = (middle, room) if ended == "refused" else (low, middle)
    for number in range(_SIZES):
        ended = once(world, filler, room + number * _STEP, live, wanted, finish=number % 2 == 0)
        summary[ended] += 1
    return dict(summary)


if __name__ == "__main__":
    json.dump(play(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])), sys.stdout)
