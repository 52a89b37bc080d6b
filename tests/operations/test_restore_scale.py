"""Memory does not grow with what is restored."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from facot_backups.emulator import encode
from tests.operations.restores import give_back, take_back, world_in
from tests.support.servers import FirestoreServer

FEW, MANY = 3_000, 15_000
# Kilobytes; who keeps the documents, or the lines of the plan, takes more than twice as much.
LIMIT = 5_000


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_memory_is_bounded(memory_server: FirestoreServer, tmp_path: Path) -> None:
    peaks = {}
    for count in (FEW, MANY):
        server = memory_server.fresh()
        server.local.load(
            ((f"a/1/b/{number:08}", encode.fields({"n": number, "t": "x" * 600})) for number in range(count)),
            server.project,
        )
        done = subprocess.run(
            [sys.executable, "-B", "-m", __name__, server.host, server.project, str(tmp_path / str(count))],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        peaks[count] = json.loads(done.stdout)
        assert peaks[count]["written"] == [count, count, count]
    grown = {name: peaks[MANY][name] - peaks[FEW][name] for name in ("restore", "undo", "again")}
    assert all(kilobytes < LIMIT for kilobytes in grown.values()), (grown, peaks)


def peak() -> int:
    """The most memory that this process ever had, in KB; `getrusage` would give its parent's too."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0])


def _main(host: str, project: str, place: Path) -> None:
    """Back up, restore into another database, undo, undo the undo; print the peaks of memory in KB."""
    world = world_in(FirestoreServer(host, "memory", project), place)
    world.back_up()
    there = world_in(FirestoreServer(host, "memory", f"{project}-b"), place)
    first = give_back(there, into_project=there.server.project)
    peaks = [peak()]
    undone = take_back(there, first)
    peaks.append(peak())
    again = take_back(there, undone)
    peaks.append(peak())
    written = [first.written, undone.written, again.written]
    json.dump(dict(zip(("restore", "undo", "again"), peaks, strict=True)) | {"written": written}, sys.stdout)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
