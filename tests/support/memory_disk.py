"""A disk in memory, where the system has one: a flush to it takes no time, and tests flush all the time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# The frozen program and its build take the most, near one GB; a container may have only 64 MB there.
_ENOUGH = 3 << 30


def memory_disk() -> Path | None:
    """The folder of a disk in memory with room for all tests; None where there is none."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or not os.access(memory, os.W_OK):
        return None
    return memory if shutil.disk_usage(memory).free >= _ENOUGH else None
