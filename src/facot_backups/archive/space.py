"""The space on the disk of a backup folder."""

from __future__ import annotations

import shutil
from pathlib import Path


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of `folder`, or of the nearest folder above it that exists. Raises OSError."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free
