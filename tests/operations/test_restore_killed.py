"""A restore killed at any step, on the disk and at the server, can be finished and undone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.archives import quick_folder
from tests.support.servers import FirestoreServer


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
@pytest.mark.parametrize("what", ["restore", "undo"])
def test_killed_at_each_step(memory_server: FirestoreServer, what: str) -> None:
    with quick_folder() as folder:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "tests.support.restore_kill", what, memory_server.host, str(folder)],
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-4000:]
    summary = json.loads(done.stdout)
    assert summary["nothing"] > 20
    assert summary["halfway"] > 3
    assert summary["finished"] > 3
