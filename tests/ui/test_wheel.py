"""The wheel holds all that it must, and FACOT's documented lines run on it alone, from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from facot_backups import __version__
from tests.docs.place import Place, make_place
from tests.support.servers import FirestoreServer
from tests.ui.test_api import GUIDE

PROJECT = Path(__file__).parent.parent.parent
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `pip install .` builds it, without pip and without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-B", "-c", BUILD, str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [built] = folder.iterdir()
    return built


@pytest.fixture
def outside(memory_server: FirestoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A folder outside the project, with a business's Firestore."""
    return make_place(memory_server, tmp_path, monkeypatch)


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The wheel unpacked, as an installer does."""
    folder = tmp_path / "instalado"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python with the wheel before everything else that is installed."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-B", *words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.mark.slow
def test_what_the_wheel_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        folder = f"facot_backups-{__version__}.dist-info"
        entry_points = archive.read(f"{folder}/entry_points.txt").decode()
        metadata = Parser().parsestr(archive.read(f"{folder}/METADATA").decode())
    assert "utils/backups/__init__.py" in names
    assert "utils/__init__.py" not in names
    assert {"facot_backups/py.typed", "utils/backups/py.typed", f"{folder}/licenses/LICENSE"} <= names
    assert "facot_backups/ui/cli/locale/es/LC_MESSAGES/messages.mo" in names
    assert "facot-backups = facot_backups.ui.cli:main" in entry_points
    assert (metadata["Version"], metadata["Requires-Python"]) == (__version__, ">=3.11")
    source = PROJECT / "src"
    python_files = {str(file.relative_to(source).as_posix()) for file in source.rglob("*.py")}
    assert python_files <= names
    assert {name.split("/")[0] for name in names} == {"facot_backups", "utils", folder}
    assert not [name for name in names if name.endswith(".pyc")]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["none", "extend_path", "re-export"])
def test_facots_lines_run_on_the_wheel(installed: Path, outside: Place, case: str) -> None:
    own = outside.folder / "utils"
    if case != "none":
        own.mkdir()
        extended = "import pkgutil\n__path__ = pkgutil.extend_path(__path__, __name__)\n"
        (own / "__init__.py").write_text(extended if case == "extend_path" else "")
    if case == "re-export":
        (own / "backups").mkdir()
        for module in ("__init__", "backup_runner", "retention", "scheduler"):
            (own / "backups" / f"{module}.py").write_text("from facot_backups import *\n")
    program = outside.folder / "programa.py"
    proof = "\nimport facot_backups; print(facot_backups.__file__)\n"
    program.write_text(GUIDE + proof, encoding="utf-8")
    done = python(installed, str(program))
    assert done.returncode == 0, done.stderr
    assert "Total backups: 1" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(str(installed))


@pytest.mark.slow
def test_the_program_speaks_spanish_from_the_wheel(installed: Path, outside: Place) -> None:
    done = python(installed, "-m", "facot_backups", "run", "--nada")
    assert done.returncode == 2
    assert "No existe la opción" in done.stderr or "opción" in done.stderr, done.stderr
    assert python(installed, "-m", "facot_backups", "--help").stdout.startswith("Uso: ")
