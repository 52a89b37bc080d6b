"""Whatever kills the process, at any step: no half backup under a good name, and the next run mends it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.archives import quick_folder
from tests.support.crash import SCENARIOS


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_every_step(scenario: str) -> None:
    with quick_folder() as folder:
        command = [sys.executable, "-B", "-m", "tests.support.crash", scenario, str(folder / "work")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    # Both ends were met: remains that were finished, and remains that were not.
    assert summary["kills"] > 50
    assert summary["published"] > 2
    assert summary["interrupted"] > 10
