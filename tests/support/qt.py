"""Whether this machine can load Qt; asked in a process of its own.

`python -m tests.support.qt` prints Debian's packages that are wanted where a binding cannot be loaded, and
nothing where both can.
"""

from __future__ import annotations

import re
import subprocess
import sys

from facot_backups.ui.desktop.program.startup import LIBRARIES

BINDINGS = {"pyside6": "PySide6", "pyqt6": "PyQt6"}


def missing_for_qt(binding: str) -> str | None:
    """What `binding` (`PySide6`, `PyQt6`) lacks here, and what installs it; None if it loads."""
    program = f"from {binding} import QtSvg, QtWidgets"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    if not done.returncode:
        return None
    found = re.search(r"(lib\S+\.so\S*?):", done.stderr)
    cause = f"falta {found[1]}" if found else done.stderr.strip().splitlines()[-1]
    return f"{binding} no se puede cargar ({cause}); en Debian o Ubuntu: sudo apt install {LIBRARIES}"


if __name__ == "__main__" and any(map(missing_for_qt, BINDINGS.values())):
    print(LIBRARIES)
