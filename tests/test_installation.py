"""What the Makefile installs: the locks against pyproject.toml, and nothing outside `.venv`."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).parent.parent
DEMO, USER, TEST = "requirements-demo.lock", "requirements.lock", "requirements-test.lock"
_ENTRY = re.compile(r"([a-z0-9-]+)==([\w.+!]+)(?: ; [^\\\n]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n")


def read(lock: str) -> dict[str, tuple[str, str]]:
    """Each package's version and whole entry; nothing but entries is in a lock."""
    text = (PROJECT / lock).read_text(encoding="utf-8")
    entries = list(_ENTRY.finditer(text))
    assert "".join(entry[0] for entry in entries) == text, lock
    return {entry[1]: (entry[2], entry[0]) for entry in entries}


def asked(*names: str) -> list[Requirement]:
    """What pyproject.toml asks for: `project`, an extra, or a group."""
    with (PROJECT / "pyproject.toml").open("rb") as file:
        told = tomllib.load(file)
    lists = {
        "project": told["project"]["dependencies"],
        **told["project"]["optional-dependencies"],
        **told["dependency-groups"],
    }
    return [Requirement(text) for name in names for text in lists[name]]


@pytest.mark.parametrize(
    ("lock", "names"),
    [
        (DEMO, ["project", "build"]),
        (USER, ["project", "build", "gui", "notify"]),
        (TEST, ["project", "build", "gui", "notify", "test"]),
    ],
)
def test_a_lock_has_what_is_asked_for(lock: str, names: list[str]) -> None:
    entries = read(lock)
    for wanted in asked(*names):
        version, _ = entries[wanted.name.lower()]
        assert version in wanted.specifier or not (wanted.marker is None or wanted.marker.evaluate()), wanted


def test_each_lock_adds_to_the_one_before() -> None:
    demo, user, test = read(DEMO), read(USER), read(TEST)
    assert demo.items() <= user.items() <= test.items()
    tools = {wanted.name.lower() for wanted in asked("test")} - {
        "cryptography"
    }  # Google's library has it too
    assert not tools & user.keys(), "no test tool and no second binding of Qt where a user runs it"
    assert not {"apprise", "pyside6-essentials"} & demo.keys()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="hace falta make")
def test_make_installs_only_what_the_lock_knows(tmp_path: Path) -> None:
    """A package whose file is another one than the lock's is refused, and nothing counts as installed."""
    wheel, name = tmp_path / "cosa-1-py3-none-any.whl", "cosa-1.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("cosa.py", "")
        archive.writestr(f"{name}/METADATA", "Metadata-Version: 2.1\nName: cosa\nVersion: 1\n")
        archive.writestr(f"{name}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{name}/RECORD", "")
    project = tmp_path / "proyecto"
    project.mkdir()
    shutil.copy(PROJECT / "Makefile", project)
    # A project that builds itself, so that no network is needed.
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["cosa"]\nbuild-backend = "solo"\nbackend-path = ["."]\n'
    )
    (project / "solo.py").write_text(
        "def build_editable(folder, config_settings=None, metadata_directory=None):\n"
        "    import shutil\n"
        f"    return shutil.copy({str(wheel)!r}, folder).rpartition('/')[2]\n"
    )
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "HOME": str(tmp_path)}
    for spoilt in (True, False):  # what was refused can be mended
        digest = hashlib.sha256(b"otra" if spoilt else wheel.read_bytes()).hexdigest()
        for lock in (DEMO, USER, TEST):
            (project / lock).write_text(f"cosa==1 \\\n    --hash=sha256:{digest}\n")
        done = subprocess.run(
            ["make", f"PYTHON={sys.executable}", ".venv/tests"],
            cwd=project, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert (done.returncode == 0) != spoilt, said
        assert ("DO NOT MATCH THE HASHES" in said) == spoilt, said
        stamps = {path.name for path in (project / ".venv").iterdir()} & {"demo", "installed", "tests"}
        assert stamps == (set() if spoilt else {"demo", "installed", "tests"})


@pytest.mark.slow
def test_without_qt_the_panels_tests_are_skipped_by_name(tmp_path: Path) -> None:
    """And nobody installs anything, whoever runs them."""
    fault = "libGL.so.1: cannot open shared object file: No such file or directory"
    for binding in ("PySide6", "PyQt6"):
        (tmp_path / f"{binding}.py").write_text(f"raise ImportError({fault!r})\n")
    for manager in ("apt-get", "apt", "sudo"):
        program = tmp_path / manager
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/installed\n")
        program.chmod(0o755)
    paths = {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }
    tests = ["tests/desktop/test_calendar.py", "tests/desktop/test_restore.py"]
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.desktop", *tests],
        cwd=PROJECT, env={**os.environ, **paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for binding in ("PySide6", "PyQt6"):
        for test in tests:
            remedy = r"\(falta libGL\.so\.1\); en Debian o Ubuntu: sudo apt install libgl1 "
            assert re.search(rf"SKIPPED \[\d+\] {test}: {binding} .*{remedy}", done.stdout), done.stdout
    assert not (tmp_path / "installed").exists()
