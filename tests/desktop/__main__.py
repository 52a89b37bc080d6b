"""`python -m tests.desktop [pyside6|pyqt6] [pytest's arguments]`: the panel's tests, on both bindings.

Each binding has a process of its own, which proves in its summary which one it had. On a machine that
lacks Qt's system libraries the tests are skipped, each file by its name, with what installs them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.desktop.left_out import LACKING
from tests.support.qt import BINDINGS, missing_for_qt

_PROJECT = Path(__file__).parent.parent.parent


def main(arguments: list[str]) -> int:
    """Run the tests; the worst exit code of the bindings."""
    bindings = [word for word in arguments if word in BINDINGS] or list(BINDINGS)
    rest = [word for word in arguments if word not in BINDINGS]
    tests = [] if any(word.startswith("tests/") for word in rest) else ["tests/desktop"]
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder) / binding for binding in bindings]
        alone = len(bindings) == 1
        running = [
            _begin(binding, [*tests, *rest], None if alone else log)
            for binding, log in zip(bindings, logs, strict=True)
        ]
        codes = [process.wait() for process in running]
        for log in filter(Path.exists, logs):
            sys.stdout.write(log.read_text(encoding="utf-8", errors="replace"))
        return max(abs(code) for code in codes)


def _begin(binding: str, words: list[str], log: Path | None) -> subprocess.Popen[bytes]:
    """Start pytest on one binding. What it prints goes to `log`, to be shown when all have ended."""
    environment = {**os.environ, "QT_API": binding, "QT_QPA_PLATFORM": "offscreen", "PYTEST_QT_API": binding}
    environment |= _later()
    command = [sys.executable, "-m", "pytest", "-p", "pytest-qt", *words]
    missing = missing_for_qt(BINDINGS[binding])
    if missing is not None:
        environment |= {LACKING: missing, "PYTEST_QT_API": ""}
        command = [sys.executable, "-m", "pytest", *words]
    if log is None:
        return subprocess.Popen(command, env=environment, cwd=_PROJECT)
    with log.open("wb") as output:
        return subprocess.Popen(command, env=environment, cwd=_PROJECT, stdout=output, stderr=output)


def _later() -> dict[str, str]:
    """A time zone six hours further east, soon after midnight.

    Then nothing is due yet and the backup of the day lies ahead: not what the panel's tests are about.
    """
    now = datetime.now(UTC).astimezone()
    if os.name != "posix" or now.hour >= 3:
        return {}
    east = round((now.utcoffset() or timedelta()) / timedelta(hours=1)) + 6
    return {"TZ": f"Etc/GMT{-east:+d}" if east else "Etc/UTC"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
