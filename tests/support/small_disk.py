"""A disk so small that it fills up, mounted for one process alone."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def namespace() -> list[str]:
    """A command that may mount a disk for itself alone; the test is skipped, and says so, without one."""
    for command in (["unshare", "-m"], ["unshare", "-Urm"]):
        if shutil.which("unshare"):
            probe = [*command, "sh", "-c", "mount -t tmpfs none /mnt"]
            if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
                return command
    pytest.skip(
        "este sistema no deja montar un disco pequeño: disco lleno probado solo con fallos inyectados"
    )
