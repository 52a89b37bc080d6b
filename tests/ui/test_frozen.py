"""FACOT frozen by PyInstaller: one file, no console, a `utils` package of its own that re-exports ours.

The build takes most of the time, so one serves both tests, which are one test for the workers of a run. The
panel is in it where this machine can load Qt.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from facot_backups.emulator.faults import Fault
from facot_backups.emulator.sample import Business, documents
from tests.support.qt import missing_for_qt
from tests.support.servers import FirestoreServer

PROGRAM = """
import sys
sys.stdout = sys.stderr = None  # as Windows gives them to a program without a console
import json
from utils.backups import cleanup_old_backups, create_backup, get_backup_stats
from utils.backups.backup_runner import BackupRunner
from utils.backups.retention import cleanup_old_backups
from utils.backups.scheduler import get_backup_scheduler

def gui():
    from facot_backups.ui.desktop.program.application import run
    sys.exit(run())

if sys.argv[1] == "gui":
    gui()
answer = {
    "result": create_backup(),
    "exists": BackupRunner().backup_exists_for_date(create_backup()["date"]),
    "cleaned": cleanup_old_backups(dry_run=True),
    "stats": get_backup_stats(),
    "next": get_backup_scheduler().get_status()["next_backup"],
    "heavy": sorted({"numpy", "pandas", "qtpy"} & set(sys.modules)),
}
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(answer, file)
"""
# What PyInstaller needs of a machine (its manual, "Requirements").
SHARED = bool(sysconfig.get_config_var("Py_ENABLE_SHARED")) or os.name == "nt"
ABLE = SHARED and (sys.platform != "linux" or shutil.which("objdump") is not None)
_LONG = 120


@dataclass(frozen=True)
class Frozen:
    """`program` is the file that was built. `missing`: what keeps Qt from being in it, or None."""

    program: Path
    missing: str | None


@pytest.fixture
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frozen]:
    """The program, built; it is gone in the end, since it is large."""
    folder = tmp_path_factory.mktemp("congelado")
    source = folder / "programa"
    (source / "utils/backups").mkdir(parents=True)
    (source / "main.py").write_text(PROGRAM, encoding="utf-8")
    (source / "utils/__init__.py").touch()
    for module in ("__init__", "backup_runner", "retention", "scheduler"):
        (source / f"utils/backups/{module}.py").write_text("from facot_backups import *\n")
    missing = missing_for_qt("PyQt6")
    without = [f"--exclude-module={name}" for name in ("PySide6", *(["qtpy", "PyQt6"] if missing else []))]
    # The installed package is an editable one in development, which PyInstaller finds by its folder alone.
    package = Path(sys.modules["facot_backups"].__file__ or "").parent.parent
    freeze = [
        sys.executable, "-m", "PyInstaller",
        "--onefile", "--windowed", "--log-level=ERROR", "--noconfirm",
        f"--paths={package}", f"--specpath={folder}", f"--workpath={folder / 'work'}",
        f"--distpath={folder / 'dist'}",
        *without, str(source / "main.py"),
    ]  # fmt: skip
    # Compressed a little: at PyInstaller's own level that takes as long as all the rest of the build.
    environment = {**os.environ, "QT_API": "pyqt6", "PYINSTALLER_ZLIB_COMPRESSION_LEVEL": "1"}
    done = subprocess.run(
        freeze, cwd=source, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr
    yield Frozen(folder / "dist/main", missing)
    shutil.rmtree(folder)


def _environment(server: FirestoreServer) -> dict[str, str]:
    """What the program finds: nothing of Python's or of a developer's."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "QT_API")}
    own = {"FIRESTORE_EMULATOR_HOST": server.host, "GOOGLE_CLOUD_PROJECT": server.project}
    return {**kept, **own, "BACKUP_HOUR": "00:00"}  # whatever the hour, today's is due


@pytest.mark.slow
@pytest.mark.skipif(not ABLE, reason="PyInstaller necesita un Python de biblioteca compartida, y objdump")
def test_a_frozen_windowed_program(
    frozen: Frozen, memory_server: FirestoreServer, tmp_path: Path, state_dir: Path
) -> None:
    memory_server.write(documents(Business(invoices=5, project=memory_server.project)))
    _makes_backups(frozen, memory_server, tmp_path)
    if frozen.missing is not None:
        pytest.skip(f"la copia congelada hace backups; su panel no se prueba: {frozen.missing}")
    _opens_its_panel(frozen, memory_server, tmp_path / "panel", state_dir)


def _makes_backups(frozen: Frozen, memory_server: FirestoreServer, tmp_path: Path) -> None:
    elsewhere, said = tmp_path / "otra carpeta", tmp_path / "respuesta.json"
    elsewhere.mkdir()
    command = [str(frozen.program), str(said)]
    subprocess.run(command, cwd=elsewhere, env=_environment(memory_server), check=True, timeout=_LONG)

    answer = json.loads(said.read_text(encoding="utf-8"))
    assert answer["result"]["success"], answer["result"]
    assert Path(answer["result"]["backup_path"]).parent == elsewhere / "backups"
    assert answer["exists"] and answer["stats"]["total_backups"] == 2 and answer["heavy"] == []
    assert answer["cleaned"]["errors"] == [] and answer["next"] is not None


def _opens_its_panel(frozen: Frozen, memory_server: FirestoreServer, place: Path, state_dir: Path) -> None:
    """Its scheduler begins what is due; a second start has it come to the front; SIGTERM ends all of it."""
    place.mkdir()
    come, go = threading.Event(), threading.Event()

    def wait(_request: object) -> bool:
        come.set()
        go.wait(_LONG)
        return False

    memory_server.local.add_fault(Fault("RunQuery", "error", when=wait))
    command, environment = [str(frozen.program), "gui"], _environment(memory_server)
    first = subprocess.Popen(command, cwd=place, env=environment)
    try:
        assert come.wait(_LONG)
        subprocess.run(command, cwd=place, env=environment, check=True, timeout=_LONG)
        assert first.poll() is None
        first.send_signal(signal.SIGTERM)
        assert first.wait(_LONG) == 0
    finally:
        go.set()
        first.kill()
        first.wait(_LONG)
    assert [path.name for path in (place / "backups").iterdir()] == [".facot"]
    assert list((place / "backups/.facot/staging").glob("*")) == []
    log = (state_dir / "panel/panel.log").read_text(encoding="utf-8")
    assert "Iniciando backup programado" in log and "Traceback" not in log
