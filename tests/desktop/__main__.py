"""`python -m tests.desktop [pyside6|pyqt6] [pytest's arguments]`: the panel's tests, on both bindings.

Each binding has a process of its own, which proves in its summary which one it had. On a machine that
lacks Qt's system libraries they are installed if that is allowed, else the tests are left out, and it is
said which one is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.qt import missing_for_qt

_PROJECT = Path(__file__).parent.parent.parent
_BINDINGS = {"pyside6": "PySide6", "pyqt6": "PyQt6"}
_LIBRARIES = (
    "libgl1", "libegl1", "libglib2.0-0", "libxkbcommon0", "libdbus-1-3", "libfontconfig1",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run the tests; the worst exit code of the bindings."""
    bindings = [word for word in arguments if word in _BINDINGS] or list(_BINDINGS)
    rest = [word for word in arguments if word not in _BINDINGS]
    missing = _missing()
    if missing is not None and _install():
        missing = _missing()
    if missing is not None:
        print(f"Las pruebas del panel se omiten: a este equipo le falta {missing}.")
        return 0
    if len(bindings) == 1:
        return subprocess.run(
            _command(rest), env=_environment(bindings[0]), cwd=_PROJECT, check=False
        ).returncode
    return _together(bindings, rest)


def _together(bindings: list[str], rest: list[str]) -> int:
    """All at the same time, what they print one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder) / binding for binding in bindings]
        running = []
        for binding, log in zip(bindings, logs, strict=True):
            with log.open("wb") as output:
                running.append(
                    subprocess.Popen(
                        _command(rest), env=_environment(binding), cwd=_PROJECT, stdout=output, stderr=output
                    )
                )
        codes = [process.wait() for process in running]
        for log in logs:
            sys.stdout.write(log.read_text(encoding="utf-8", errors="replace"))
        return max(abs(code) for code in codes)


def _command(rest: list[str]) -> list[str]:
    tests = [] if any(word.startswith("tests/") for word in rest) else ["tests/desktop"]
    return [sys.executable, "-B", "-m", "pytest", "-p", "pytest-qt", *tests, *rest]


def _environment(binding: str) -> dict[str, str]:
    return {**os.environ, "QT_API": binding, "PYTEST_QT_API": binding, "QT_QPA_PLATFORM": "offscreen"}


def _missing() -> str | None:
    """The system library that Qt lacks here; None if all are there."""
    return next(filter(None, map(missing_for_qt, _BINDINGS.values())), None)


def _install() -> bool:
    """Try to install the libraries; whether that was done."""
    if shutil.which("apt-get") is None or os.name != "posix" or os.geteuid() != 0:
        return False
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *_LIBRARIES]
    for command in (["apt-get", "update"], install):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
