"""FACOT's documented API: its lines run as they stand, in a process of their own, wherever they are."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import facot_backups
from facot_backups import BackupRunner, cleanup_old_backups, create_backup, get_backup_stats
from facot_backups.emulator.sample import Business, documents
from facot_backups.errors import SettingError, SourceMismatch, UsageError
from tests.support.servers import FirestoreServer

# What FACOT's guide has, to the letter: all its blocks of code but the restore script.
GUIDE = """
from utils.backups import create_backup, cleanup_old_backups, get_backup_stats
result = create_backup()
print(f"Backup creado en: {result['backup_path']}")
cleanup_old_backups(retention_days=30)
stats = get_backup_stats()
print(f"Total backups: {stats['total_backups']}")
print(f"Tamaño total: {stats['total_size_mb']} MB")

from utils.backups.backup_runner import BackupRunner
runner = BackupRunner(backup_dir="./backups")
result = runner.run_backup()
exists = runner.backup_exists_for_date("2024-11-27")
backups = runner.list_backups()

from utils.backups.retention import cleanup_old_backups, get_backup_stats
result = cleanup_old_backups(retention_days=30)
result = cleanup_old_backups(retention_days=30, dry_run=True)
for backup in result['deleted']:
    print(f"Se eliminaría: {backup['date']}")

from utils.backups import start_backup_scheduler, stop_backup_scheduler
start_backup_scheduler()
stop_backup_scheduler()
from utils.backups.scheduler import get_backup_scheduler
scheduler = get_backup_scheduler()
status = scheduler.get_status()
print(f"Próximo backup: {status['next_backup']}")
assert status['last_error'] is None, status

stats = get_backup_stats()
from datetime import datetime
if stats['newest_backup']:
    last = datetime.strptime(stats['newest_backup'], '%Y-%m-%d')
    days_ago = (datetime.now() - last).days
    print(f"Hace {days_ago} días")
    if days_ago > 1:
        raise SystemExit("old")
assert stats['total_backups'] == 2, stats
assert len(backups) == 2
"""


@pytest.fixture
def business(
    memory_server: FirestoreServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> FirestoreServer:
    """A server with a small business, and an environment and working directory that lead to it."""
    memory_server.write(documents(Business(invoices=12, project=memory_server.project)))
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", memory_server.host)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", memory_server.project)
    monkeypatch.chdir(tmp_path)
    return memory_server


def python(code: str, folder: Path) -> str:
    """What a program prints that runs in `folder` alone."""
    program = folder / "programa.py"
    program.write_text(textwrap.dedent(code), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_guide_runs_as_it_stands(business: FirestoreServer, tmp_path: Path) -> None:
    printed = python(GUIDE, tmp_path)
    assert "Total backups: 1" in printed
    assert "Hace 0 días" in printed


@pytest.mark.slow
@pytest.mark.parametrize("case", ["extend_path", "re-export"])
def test_a_program_with_its_own_utils_package(business: FirestoreServer, tmp_path: Path, case: str) -> None:
    own = tmp_path / "utils"
    own.mkdir()
    (own / "asset_paths.py").write_text("HERE = 1\n")
    if case == "extend_path":
        (own / "__init__.py").write_text(
            "import pkgutil\n__path__ = pkgutil.extend_path(__path__, __name__)\n"
        )
    else:
        (own / "__init__.py").write_text("")
        (own / "backups").mkdir()
        for module in ("__init__", "backup_runner", "retention", "scheduler"):
            (own / "backups" / f"{module}.py").write_text("from facot_backups import *\n")
    printed = python("from utils.asset_paths import HERE\n" + GUIDE, tmp_path)
    assert "Total backups: 1" in printed


@pytest.mark.slow
def test_a_windowed_program_has_no_streams(business: FirestoreServer, tmp_path: Path) -> None:
    python(
        """
        import sys
        out, sys.stdout, sys.stderr = sys.stdout, None, None
        from utils.backups import create_backup, get_backup_stats
        assert create_backup()["success"]
        assert get_backup_stats()["total_backups"] == 1
        """,
        tmp_path,
    )


def test_results_have_the_documented_keys_and_types(business: FirestoreServer, tmp_path: Path) -> None:
    result = create_backup()
    assert result["success"] is True and result["errors"] == []
    assert result["backup_path"] == str(tmp_path / "backups" / result["date"])
    assert result["collections"]["invoices"]["count"] > 0
    assert json.loads(Path(result["collections"]["invoices"]["file"]).read_text(encoding="utf-8"))
    [listed] = BackupRunner().list_backups()
    assert listed["complete"] and listed["trigger"] == "api" and listed["format"] == "1"
    assert listed["documents"] == result["total_documents"] and listed["size_bytes"] > 0
    stats = get_backup_stats()
    assert stats["newest_backup"] == stats["oldest_backup"] == result["date"]
    assert stats["backups_by_month"] == {result["date"][:7]: 1}
    assert stats["exists"] is True and stats["total_size_mb"] == round(stats["total_size_bytes"] / 2**20, 2)
    cleaned = cleanup_old_backups(str(tmp_path / "backups"), 30, True)
    assert (cleaned["deleted"], len(cleaned["kept"]), cleaned["dry_run"]) == ([], 1, True)


def test_a_labelled_backup_bears_its_date(business: FirestoreServer) -> None:
    runner = BackupRunner()
    assert not runner.backup_exists_for_date("2024-11-27")
    result = runner.run_backup("2024-11-27")
    assert result["date"] == "2024-11-27" and str(result["backup_path"]).endswith("2024-11-27")
    assert runner.backup_exists_for_date("2024-11-27")
    info = runner.get_backup_info("2024-11-27")
    assert info is not None and info["path"] == result["backup_path"]


def test_a_runner_reads_through_a_given_client(
    business: FirestoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = business.client()
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    runner = BackupRunner(client=client, collections=["companies", "sequences"])
    assert runner.db is client and runner.collections == ["companies", "sequences"]
    result = runner.run_backup()
    assert result["success"] and set(result["collections"]) >= {"companies", "sequences"}
    assert "invoices" not in result["collections"]
    assert client.collection("companies").document("1").get().exists  # we closed nothing of theirs


def test_db_is_googles_client_and_may_be_assigned(business: FirestoreServer) -> None:
    runner = BackupRunner()
    assert runner.collections == [*facot_backups.model.FACOT_COLLECTIONS]
    assert runner.db.project == business.project
    assert runner.db.collection("companies").document("1").get().exists
    client = business.fresh().client()
    runner.db = client
    assert runner.run_backup()["collections"] == {}  # that project is empty


def test_a_working_days_fault_does_not_raise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    runner = BackupRunner()
    assert runner.list_backups() == [] and runner.db is None
    result = create_backup()
    assert result["success"] is False and result["backup_path"] is None
    assert result["errors"][0].startswith("Firestore no disponible: ")
    monkeypatch.setenv("BACKUP_HOUR", "25:00")
    assert "BACKUP_HOUR" in create_backup()["errors"][0]


def test_a_callers_mistake_raises(business: FirestoreServer) -> None:
    with pytest.raises(UsageError, match="AAAA-MM-DD"):
        BackupRunner().run_backup("27/11/2024")
    with pytest.raises(SettingError, match="retention_days"):
        cleanup_old_backups(retention_days=0)
    assert create_backup()["success"]
    with pytest.raises(SourceMismatch):
        BackupRunner(client=business.fresh().client()).run_backup()
    adopted = BackupRunner(client=business.fresh().client(), adopt_source=True).run_backup()
    assert adopted["success"]


def test_log_lines_have_the_documented_form(
    business: FirestoreServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="facot_backups")
    result = create_backup()
    cleanup_old_backups()
    lines = [record.getMessage() for record in caplog.records]
    count = result["collections"]["invoices"]["count"]
    assert f"[BACKUP] Exportados {count} documentos de invoices" in lines
    assert f"[BACKUP] Backup completado: {result['backup_path']}" in lines
    assert "[RETENTION] Limpieza completada: 0 eliminados, 1 conservados" in lines


def test_every_public_name_is_there() -> None:
    assert all(getattr(facot_backups, name) for name in facot_backups.__all__)
    assert set(facot_backups.__all__) <= set(dir(facot_backups))


@pytest.mark.slow
def test_a_program_of_others_is_checked_strictly(tmp_path: Path) -> None:
    """Types come through both import paths, and a wrong name is found."""
    program = tmp_path / "programa.py"
    program.write_text(
        "from facot_backups import *\n"
        "from facot_backups import create_bakcup\n"
        "from utils.backups.scheduler import start_backup_scheduler as start\n"
        "result: BackupResult = BackupRunner().run_backup()\n"
        "day: int = result['date']\n"
        "start(on_progress=lambda seen: seen['percent'])\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir=/dev/null", "programa.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [(line.split(":")[1], line.rpartition("[")[2]) for line in done.stdout.splitlines()[:-1]]
    assert found == [("2", "attr-defined]"), ("5", "assignment]"), ("6", "typeddict-item]")], done.stdout
