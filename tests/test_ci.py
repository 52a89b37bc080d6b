"""The workflow of continuous integration does what the Makefile does, with and without make."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from facot_backups.ui.desktop.program.startup import LIBRARIES

PROJECT = Path(__file__).parent.parent
JOBS = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]


def commands(job: dict[str, Any]) -> list[str]:
    return [line for step in job["steps"] for line in step.get("run", "").splitlines()]


@pytest.mark.skipif(shutil.which("make") is None, reason="hace falta make")
def test_without_make_the_same_commands_run(tmp_path: Path) -> None:
    """What `make test` would run where nothing is installed yet, out of a virtual environment."""
    for file in ("Makefile", "pyproject.toml", *(path.name for path in PROJECT.glob("*.lock"))):
        shutil.copy(PROJECT / file, tmp_path)
    done = subprocess.run(
        ["make", "--dry-run", "test"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    there = ".venv/bin/"
    made = [line.removeprefix(there) for line in done.stdout.splitlines() if line.startswith(there)]
    assert len(made) > 8
    assert commands(JOBS["without-make"]) == made


def test_linux_runs_make_with_the_libraries_of_qt() -> None:
    *install, make = commands(JOBS["linux"])
    assert make == "make test PYTHON=python"
    assert install[-1].endswith(f" {LIBRARIES}")


def test_every_system_and_every_python() -> None:
    pythons = ["3.11", "3.12", "3.13", "3.14"]
    linux, others = (JOBS[name]["strategy"]["matrix"] for name in ("linux", "without-make"))
    assert linux == {"python": pythons}
    assert others == {"system": ["windows-latest", "macos-latest"], "python": pythons}
