"""FACOT frozen by PyInstaller: one file, no console, a `utils` package of its own that re-exports ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from facot_backups.local.sample import Business, documents
from tests.support.servers import FirestoreServer

PROGRAM = """
import sys
sys.stdout = sys.stderr = None  # as Windows gives them to a program without a console
import json
from utils.own import WHERE
from utils.backups import cleanup_old_backups, create_backup, get_backup_stats
from utils.backups.backup_runner import BackupRunner
from utils.backups.retention import cleanup_old_backups

answer = {
    "result": create_backup(),
    "exists": BackupRunner().backup_exists_for_date(create_backup()["date"]),
    "cleaned": cleanup_old_backups(dry_run=True),
    "stats": get_backup_stats(),
    "numpy": "numpy" in sys.modules or "pandas" in sys.modules,
}
with open(WHERE, "w", encoding="utf-8") as file:
    json.dump(answer, file)
"""
# What PyInstaller needs of a machine (its manual, "Requirements").
SHARED = bool(sysconfig.get_config_var("Py_ENABLE_SHARED")) or os.name == "nt"
ABLE = SHARED and (sys.platform != "linux" or shutil.which("objdump") is not None)


@pytest.mark.slow
@pytest.mark.skipif(not ABLE, reason="PyInstaller necesita un Python de biblioteca compartida, y objdump")
def test_a_frozen_windowed_program_makes_backups(memory_server: FirestoreServer, tmp_path: Path) -> None:
    memory_server.write(documents(Business(invoices=5, project=memory_server.project)))
    source, elsewhere = tmp_path / "programa", tmp_path / "otra carpeta"
    (source / "utils").mkdir(parents=True)
    elsewhere.mkdir()
    (source / "main.py").write_text(PROGRAM, encoding="utf-8")
    (source / "utils/backups").mkdir()
    (source / "utils/__init__.py").touch()
    for module in ("__init__", "backup_runner", "retention"):
        (source / f"utils/backups/{module}.py").write_text("from facot_backups import *\n")
    (source / "utils/own.py").write_text(f"WHERE = {str(tmp_path / 'respuesta.json')!r}\n")
    build = [
        sys.executable,
        "-m",
        "PyInstaller",
        "--onefile",
        "--windowed",
        "--log-level=ERROR",
        "--noconfirm",
    ]
    # The installed package is an editable one in development, which PyInstaller finds by its folder alone.
    package = Path(sys.modules["facot_backups"].__file__ or "").parent.parent
    paths = [f"--paths={package}", f"--specpath={tmp_path}", f"--workpath={tmp_path / 'work'}"]
    freeze = [
        *build,
        *paths,
        "--hidden-import=facot_backups.faces.api",
        f"--distpath={tmp_path / 'dist'}",
        str(source / "main.py"),
    ]
    done = subprocess.run(freeze, cwd=source, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr

    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "FIRESTORE_EMULATOR_HOST": memory_server.host,
        "GOOGLE_CLOUD_PROJECT": memory_server.project,
    }
    subprocess.run([tmp_path / "dist/main"], cwd=elsewhere, env=environment, check=True, timeout=120)

    answer = json.loads((tmp_path / "respuesta.json").read_text(encoding="utf-8"))
    assert answer["result"]["success"], answer["result"]
    assert Path(answer["result"]["backup_path"]).parent == elsewhere / "backups"
    assert answer["exists"] and answer["stats"]["total_backups"] == 2 and answer["numpy"] is False
    assert answer["cleaned"]["errors"] == []
