"""FACOT 2.0's own folders in the store: listed, found and deleted like ours, and never the latest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from facot_backups.errors import BackupNotFound, UsageError
from facot_backups.operations.verification.verify import verify
from facot_backups.ui.api import BackupRunner, cleanup_old_backups, get_backup_stats
from facot_backups.ui.cli import main
from tests.archive.test_facot2 import INVOICES, METADATA, OURS, opened, write
from tests.support.archives import SOURCE, Archive, document
from tests.support.folders import write_backup


@pytest.fixture
def archive(tmp_path: Path, state_dir: Path) -> Archive:
    return Archive(tmp_path / "backups", state_dir)


def test_the_store_keeps_them_apart_and_shows_them_together(archive: Archive) -> None:
    ours = archive.backup([document("items/1", a=1)])
    for day in ("2024-11-28", "2024-11-25"):
        write(archive.root / day, _metadata=METADATA, invoices=INVOICES)
    store = archive.store
    assert store.backups() == [ours]
    assert [str(backup.name) for backup in store.old_backups()] == ["2024-11-28", "2024-11-25"]
    together = [str(backup.name) for backup in store.all_backups()]
    assert together == ["2024-11-28", "2024-11-27", "2024-11-25"]
    assert store.find("latest") == store.latest(SOURCE, ours.proven().scope) == ours
    assert store.find("2024-11-25").kind == "facot2"
    for name in ("2024-11-26", "../2024-11-25", "2024-11-25/", ".facot"):
        with pytest.raises(BackupNotFound):
            store.find(name)


def test_without_one_of_ours_there_is_no_latest(archive: Archive) -> None:
    write(archive.root / "2024-11-25", invoices=INVOICES)
    assert archive.store.backups() == []
    with pytest.raises(BackupNotFound):
        archive.store.find("latest")


def test_its_name_is_never_taken_by_another(archive: Archive) -> None:
    old = write(archive.root / "2024-11-27", invoices=INVOICES)
    assert str(archive.backup([document("items/1", a=1)]).name) == "2024-11-27T120005"
    assert (old / "invoices.json").read_text(encoding="utf-8") == INVOICES


def test_one_is_deleted_by_way_of_the_trash(archive: Archive) -> None:
    old = write(archive.root / "2024-01-01", _metadata=METADATA, invoices=INVOICES)
    (old / "desktop.ini").touch()
    with archive.store.locked() as store:
        store.delete(opened(old))
    assert not old.exists()
    assert list((archive.root / ".facot" / "trash").iterdir()) == []


def _add_notes(old: Path) -> None:
    (old / "notas.txt").touch()


def _add_folder(old: Path) -> None:
    (old / "fotos").mkdir()


def _make_ours(old: Path) -> None:
    shutil.rmtree(old)
    write_backup(old, {"invoices": OURS})


def _make_nothing(old: Path) -> None:
    (old / "invoices.json").unlink()


@pytest.mark.parametrize("change", [_add_notes, _add_folder, _make_ours, _make_nothing])
def test_one_that_is_not_what_it_was_is_not_deleted(archive: Archive, change: Callable[[Path], None]) -> None:
    old = write(archive.root / "2024-01-01", _metadata=METADATA, invoices=INVOICES)
    backup = opened(old)
    change(old)
    before = sorted(path.name for path in old.iterdir())
    with archive.store.locked() as store, pytest.raises(UsageError, match="no se borra"):
        store.delete(backup)
    assert sorted(path.name for path in old.iterdir()) == before


def test_one_with_something_else_in_it_is_not_deleted(archive: Archive) -> None:
    old = write(archive.root / "2024-01-01", invoices=INVOICES)
    _add_notes(old)
    with archive.store.locked() as store, pytest.raises(UsageError, match=r"notas\.txt"):
        store.delete(opened(old))


def test_one_of_another_folder_is_not_deleted(archive: Archive, tmp_path: Path) -> None:
    old = write(tmp_path / "otra" / "2024-01-01", invoices=INVOICES)
    with archive.store.locked() as store, pytest.raises(UsageError, match="no se borra"):
        store.delete(opened(old))
    assert old.exists()


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    return code, capsys.readouterr().out


def test_list_and_verify_show_them(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    write(archive.root / "2024-11-25", _metadata=METADATA, invoices=INVOICES)
    archive.clock.moment += timedelta(days=1)
    code, text = run(capsys, "list", "--backup-dir", str(archive.root))
    assert code == 0
    # In a narrow terminal it takes two lines.
    assert all(word in text for word in ("2024-11-25", "formato antiguo, sin", "verificación"))
    code, text = run(capsys, "list", "--backup-dir", str(archive.root), "--json")
    listed: dict[str, Any] = json.loads(text)["backups"][0]
    assert (listed["name"], listed["kind"], listed["complete"]) == ("2024-11-25", "facot2", False)
    assert (listed["documents"], listed["read_time"], listed["errors"]) == (2, None, [])
    code, text = run(capsys, "verify", "--backup-dir", str(archive.root))
    assert code == 0 and "2024-11-25  legible: 5 documentos" in text and "entero" not in text
    assert "formato antiguo, sin sumas de verificación" in text
    (archive.root / "2024-11-25" / "clients.json").write_text("[{]")
    code, text = run(capsys, "verify", "2024-11-25", "--backup-dir", str(archive.root), "--json")
    assert code == 20 and json.loads(text)["backups"][0]["problems"][0]["file"] == "clients.json"


def test_the_api_counts_them_as_facot_did(archive: Archive) -> None:
    write(archive.root / "2024-11-25", _metadata=METADATA, invoices=INVOICES)
    write(archive.root / "2024-10-25", invoices=INVOICES)
    runner = BackupRunner(backup_dir=archive.root)
    listed = runner.list_backups()
    assert [(one["date"], one["format"], one["documents"]) for one in listed] == [
        ("2024-11-25", "facot2", 2),
        ("2024-10-25", "facot2", None),
    ]
    assert runner.get_backup_info("2024-11-25") == listed[0]
    # FACOT asked whether the metadata file is there.
    assert runner.backup_exists_for_date("2024-11-25")
    assert not runner.backup_exists_for_date("2024-10-25")
    stats = get_backup_stats(archive.root)
    assert (stats["total_backups"], stats["oldest_backup"]) == (2, "2024-10-25")
    assert (stats["newest_backup"], stats["total_size_bytes"]) == ("2024-11-25", tree_size(archive.root))


def tree_size(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def test_a_cleanup_ages_them_by_their_names(archive: Archive) -> None:
    for day in range(1, 6):
        write(archive.root / f"2024-01-{day:02}", _metadata=METADATA, invoices=INVOICES)
    _add_notes(archive.root / "2024-01-02")
    result = cleanup_old_backups(backup_dir=archive.root, retention_days=30)
    assert [entry["date"] for entry in result["deleted"]] == ["2024-01-01", "2024-01-03"]
    assert sorted(path.name for path in archive.root.iterdir() if path.name != ".facot") == [
        "2024-01-02",
        "2024-01-04",
        "2024-01-05",
    ]


def test_folders_of_metadata_alone_are_counted_and_aged_as_facot_does(archive: Archive) -> None:
    """FACOT's own test makes such folders."""
    today = datetime.now().astimezone().date()
    days = [today - timedelta(days=ago) for ago in (5, 15, 35, 45)]
    for day in days:
        write(archive.root / f"{day}", _metadata=json.dumps({"backup_date": f"{day}"}))
    assert get_backup_stats(archive.root)["total_backups"] == 4
    assert [report.sound for report in map(verify, archive.store.all_backups())] == [True] * 4
    result = cleanup_old_backups(backup_dir=archive.root, retention_days=30)
    assert [entry["date"] for entry in result["deleted"]] == [f"{days[3]}", f"{days[2]}"]
    assert get_backup_stats(archive.root)["total_backups"] == 2


def test_an_empty_folder_takes_no_place_of_one_that_holds_something(archive: Archive) -> None:
    for day in ("2024-01-01", "2024-01-02"):
        write(archive.root / day, _metadata=METADATA, invoices=INVOICES)
    for day in ("2024-01-03", "2024-01-04", "2024-01-05"):
        write(archive.root / day, _metadata=json.dumps({"backup_date": day}))
    result = cleanup_old_backups(backup_dir=archive.root, retention_days=30)
    assert [entry["date"] for entry in result["deleted"]] == ["2024-01-03"]
    assert not result["errors"]


@pytest.mark.parametrize("command", ["list", "verify", "stats", "status", "diff 2024-01-01 2024-01-02",
    "show 2024-01-01 invoices/1", "history invoices/1", "audit 2024-01-01", "cleanup --dry-run"])  # fmt: skip
def test_no_command_minds_an_empty_one(archive: Archive, command: str, capsys: Any) -> None:
    write(archive.root / "2024-01-01", _metadata='{"backup_date":"2024-01-01"}')
    write(archive.root / "2024-01-02", _metadata=METADATA, invoices=INVOICES)
    assert main([*command.split(), "--backup-dir", str(archive.root)]) not in (1, 20)
    assert "Traceback" not in capsys.readouterr().err
