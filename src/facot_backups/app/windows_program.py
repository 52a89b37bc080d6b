"""The full path of a program of Windows itself."""

from __future__ import annotations

import os
from pathlib import PureWindowsPath


def program(name: str) -> str:
    """Where one of Windows's own programs is. By its name alone, one of the working directory would run."""
    system = os.environ.get("SYSTEMROOT") or r"C:\Windows"
    return str(PureWindowsPath(system, "System32", f"{name}.exe"))
