"""Processes that are measured, and servers that are started and ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data import PROJECT

HERE = Path(__file__).parent
_FOREIGN = ("BACKUP_", "FACOT_BACKUPS_", "FIREBASE_", "FIRESTORE_", "GOOGLE_", "GCLOUD_")


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished process: seconds from its start to its end, processor seconds, peak memory in bytes."""

    seconds: float
    processor: float
    peak: int
    output: str

    @property
    def result(self) -> dict[str, Any]:
        """The JSON object that it printed."""
        value: dict[str, Any] = json.loads(self.output)
        return value


class Failed(Exception):
    """A measured process failed: its figures mean nothing."""


def measure(command: list[str], folder: Path, **environment: str) -> Measured:
    """Run a command in `folder` and measure it. Raises Failed unless it exits with 0."""
    finished = subprocess.run(
        [sys.executable, "-I", "-B", str(HERE / "watch.py"), *command],
        cwd=folder,
        env=_environment(folder, environment),
        capture_output=True,
        check=True,
    )
    report = json.loads(finished.stdout)
    if report.pop("exit_code"):
        raise Failed(f"{' '.join(command)}\n{report['output']}{finished.stderr.decode()}")
    return Measured(**report)


def _environment(folder: Path, more: dict[str, str]) -> dict[str, str]:
    """This one's, without settings of the developer's own, and with a state folder that is thrown away."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    ours |= {"NO_GCE_CHECK": "true", "GOOGLE_CLOUD_PROJECT": PROJECT}
    ours |= {"FACOT_BACKUPS_STATE_DIR": str(folder / "state"), "PYTHONPATH": str(HERE.parent)}
    return ours | more


@contextmanager
def sender(
    documents: int, copies: int = 1, one_parent: int = 0, changed: int = 0
) -> Iterator[tuple[str, int]]:
    """A sender's address, and how many documents it holds; it is ended with the block."""
    arguments = [str(number) for number in (documents, copies, one_parent, changed)]
    command = [sys.executable, "-B", "-m", "bench.sender", *arguments]
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            host, held = process.stdout.readline().split()
            yield host, int(held)
        finally:
            process.terminate()
