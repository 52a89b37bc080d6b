"""Whether this machine can load a binding of Qt; asked in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys


def missing_for_qt(binding: str) -> str | None:
    """What `binding` (`PySide6`, `PyQt6`) lacks here, in words; None if it can be loaded."""
    program = f"from {binding} import QtSvg, QtWidgets"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    if not done.returncode:
        return None
    found = re.search(r"(lib\S+\.so\S*?):", done.stderr)
    return found[1] if found else f"{binding} ({done.stderr.strip().splitlines()[-1]})"
