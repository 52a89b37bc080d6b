"""The layers hold, and a violation would be seen: `lint-imports` on a copy with one planted import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PLANTED = {
    None: None,
    "archive/lines.py": "from facot_backups.operations import verify",  # upwards
    "firestore/retry.py": "from facot_backups.archive import lines",  # a sibling
    "archive/links.py": "import google.auth",  # Google's on the disk side
    "operations/proof/verify.py": "import click",  # an operation that talks to the terminal
}


@pytest.mark.slow
@pytest.mark.parametrize("where", PLANTED)
def test_a_planted_violation_is_caught(where: str | None, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    if where is not None:
        module = tmp_path / "src/facot_backups" / where
        module.write_text(f"{module.read_text(encoding='utf-8')}\n{PLANTED[where]}\n", encoding="utf-8")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (where is None), done.stdout + done.stderr
    assert where is None or "broken" in done.stdout.lower()
