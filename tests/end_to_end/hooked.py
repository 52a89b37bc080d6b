"""`python -m tests.end_to_end.hooked ACT WHEN STEP FOLDER`: the real `run`, with something done on the way.

WHEN: `event` counts what the run tells its face, `disk` the calls that change the disk,
`publish` the rename that makes a backup. At number STEP:
`kill` ends the process at once (half of a write arrives); `protect` takes the folder's write permission
away; `count` does nothing, and the number of steps is printed at the end.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from facot_backups.events import Emit, Event
from facot_backups.ui.cli import main, run_command
from facot_backups.ui.cli.progress import progress
from tests.support import crash

ACT, WHEN, STEP, FOLDER = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])


def act(name: str, args: tuple[Any, ...]) -> None:
    if ACT == "kill":
        crash.kill(name, args)
    elif ACT == "protect":
        for place in (FOLDER, FOLDER / ".facot", *(FOLDER / ".facot/staging").glob("*")):
            place.chmod(0o500)


hook = crash.At(STEP, act)


def at_publish(name: str, args: tuple[Any, ...]) -> None:
    """The one step that gives a staging folder its name."""
    if name == "rename" and Path(args[0]).parent.name == "staging":
        hook(name, args)


@contextmanager
def telling(**options: Any) -> Iterator[Emit]:
    """The face's own progress, with the hook at every event."""
    with progress(**options) as emit:

        def emit_and_act(event: Event) -> None:
            emit(event)
            hook("event", (event,))

        yield emit_and_act


def run() -> int:
    return main(["run", "--backup-dir", str(FOLDER)])


def watched(work: Callable[[], int]) -> int:
    if WHEN in ("disk", "publish"):
        with crash.watched(hook if WHEN == "disk" else at_publish):
            return work()
    with patch.object(run_command, "progress", telling):
        return work()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = watched(run)
    if ACT == "count":
        print(f"steps {hook.steps}")
    sys.stdout.flush()
    os._exit(code)
