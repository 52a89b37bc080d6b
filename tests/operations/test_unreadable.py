"""What the disk does not let us read is no damage: it is told as what it is, kept, and tried again."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from facot_backups import atomic
from facot_backups.archive import journal
from facot_backups.errors import BackupUnreadable, DamagedBackup, DrillNotMade
from facot_backups.events import ignore
from facot_backups.model import EVERYTHING, Scope
from facot_backups.operations.drill.recorded import drill_and_record
from facot_backups.operations.health.alerts import news, standing
from facot_backups.operations.health.facts import read_health_facts
from facot_backups.operations.health.judgement import Health, judge
from facot_backups.operations.retention.cleanup import RetentionResult, clean_up
from facot_backups.operations.retention.plan import Policy
from facot_backups.operations.search.invoice_number import find_invoice
from facot_backups.operations.verification.recheck import read_older_again, verify_and_record
from facot_backups.operations.verification.verify import require_sound, verify
from facot_backups.ui.cli import main
from tests.archive.test_disk import without_privileges
from tests.support.archives import NOON, Archive, document
from tests.support.flaky_disk import FlakyDisk

REFUSALS = [errno.ETIMEDOUT, errno.EIO, errno.EACCES, errno.EINVAL, errno.ESTALE, errno.ENODEV]
FILES = ["_metadata.json", "invoices.json"]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Three backups, one a day, that share no file; the newest is of this day."""
    made = Archive(tmp_path / "backups", tmp_path / "state")
    for day in range(3):
        made.clock.moment = NOON + timedelta(days=day)
        made.backup([document("clients/1", n=day), document("invoices/1", ncf="B0100000001", n=day)])
    made.clock.moment += timedelta(hours=1)
    return made


def health(archive: Archive) -> Health:
    facts = read_health_facts(
        archive.store, time(2), EVERYTHING, drop_percent=30, drill_every=timedelta(days=7)
    )
    return judge(facts)


def serious(found: Health) -> list[tuple[str, str, str]]:
    return [(f.severity, f.code, f.subject) for f in found.findings if f.severity != "note"]


def clean(archive: Archive) -> RetentionResult:
    return clean_up(archive.store, Policy(retention_days=1, keep_last=1), EVERYTHING, archive.emit)


@contextmanager
def refused_folder(refused: Path) -> Iterator[None]:
    """Within the block the disk does not even say what the folder `refused` is."""
    real = atomic.is_real_folder

    def is_real_folder(path: Path) -> bool:
        if path == refused:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return real(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(atomic, "is_real_folder", is_real_folder)
        yield


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("error", REFUSALS)
def test_a_refusal_is_told_kept_and_tried_again(archive: Archive, file: str, error: int) -> None:
    backups = archive.store.backups()
    name = str(backups[0].name)
    verify_and_record(archive.store, backups, ignore)
    with FlakyDisk(file, error).fails():
        (report,) = verify_and_record(archive.store, backups[:1], ignore)
        assert (report.sound, report.damaged, report.problems) == (False, False, ())
        assert [unread.file for unread in report.unread] == [file]
    (entry,) = [entry for entry in archive.store.ledger.entries() if entry.outcome == "UNREAD"]
    assert (entry.details["backup"], entry.details["files"]) == (name, [file])
    found = health(archive)
    assert (found.damaged, serious(found)) == ((), [("warning", "unreadable", name)])
    (finding,) = [finding for finding in found.findings if finding.code == "unreadable"]
    assert "no se pudo leer" in finding.text and "no lo borre" in finding.remedy
    assert [alarm.subject for alarm in standing(found).alarms] == ["unread"]
    with archive.store.locked() as locked:
        (again,) = read_older_again(archive.store, locked, ignore)
    assert (again.backup, again.sound, serious(health(archive))) == (name, True, [])


@pytest.mark.parametrize("file", FILES)
def test_who_relies_on_what_cannot_be_read_waits(archive: Archive, file: str) -> None:
    newest = archive.store.backups()[0]
    before = sorted(path.name for path in archive.root.iterdir())
    with FlakyDisk(file, errno.ETIMEDOUT).fails():
        with pytest.raises(BackupUnreadable, match=r"(?s)no se restaura.*No quiere decir que esté dañado"):
            require_sound(newest, "not-restored")
        with pytest.raises(DrillNotMade, match="no se pudo leer"):
            drill_and_record(archive.store, str(newest.name), EVERYTHING)
        result = clean(archive)
    assert (result.deleted, [alarm.kind for alarm in result.alarms][-1]) == (
        (),
        "unreadable" if file[0] == "i" else "stale",
    )
    assert sorted(path.name for path in archive.root.iterdir()) == before
    assert "DAMAGED" not in {entry.outcome for entry in archive.store.ledger.entries()}
    assert health(archive).damaged == ()
    assert len(clean(archive).deleted) == 2


def test_the_newest_that_cannot_be_read_stops_retention(archive: Archive) -> None:
    """Listed as what it is, and not taken for one that is not there."""
    newest = archive.store.backups()[0]
    with refused_folder(newest.path):
        listed = archive.store.backups()
        assert (listed[0].name, listed[0].kind) == (newest.name, "unreadable")
        result = clean(archive)
        assert ("warning", "unreadable", str(newest.name)) in serious(health(archive))
    assert (result.deleted, [alarm.kind for alarm in result.alarms]) == ((), ["unreadable"])
    assert result.kept[0].rule == "unreadable" and "no se pudo leer" in archive.warnings[-1]


def test_a_journal_stays_while_what_its_restore_kept_cannot_be_read(archive: Archive) -> None:
    scope = Scope(collections=(), restore="r1")
    kept = archive.backup([], trigger="pre-restore", scope=scope, errors=("x",))
    folder = archive.root / ".facot/restores"
    folder.mkdir(exist_ok=True)
    (folder / "r1.jsonl").write_bytes(b"{}\n")
    with refused_folder(kept.path), archive.store.locked():
        pass
    assert journal.ids(archive.root) == ["r1"]
    assert kept.path.exists()


def test_a_search_that_could_not_look_everywhere_says_so(archive: Archive) -> None:
    with FlakyDisk("invoices.json", errno.EIO, times=1).fails():
        assert find_invoice(archive.store.backups(), "B0100000001") == ("invoices", "1")
    with FlakyDisk("invoices.json", errno.EIO).fails(), pytest.raises(BackupUnreadable):
        find_invoice(archive.store.backups(), "B0100000001")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("error", [0, errno.ETIMEDOUT])
def test_one_bad_reading_is_a_note(archive: Archive, file: str, error: int) -> None:
    backup = archive.store.backups()[0]
    with FlakyDisk(file, error, times=1).fails() as disk:
        report = verify(backup)
    assert (report.sound, report.documents, disk.opened) == (True, 2, 3)  # one to drop the cache
    (note,) = report.notes
    assert file in note


@pytest.mark.parametrize("file", FILES)
def test_damage_is_what_two_readings_find(archive: Archive, file: str) -> None:
    backup = archive.store.backups()[0]
    with FlakyDisk(file, 0).fails():
        report = verify(backup)
    assert report.damaged and not report.unread
    with FlakyDisk(file, 0).fails(), pytest.raises(DamagedBackup, match="está dañado"):
        require_sound(backup, "not-restored")


def test_a_facot2_folder_that_cannot_be_read_is_no_damaged_backup(archive: Archive) -> None:
    old = archive.root / "2020-01-01"
    old.mkdir()
    (old / "clients.json").write_text('[{"n": 1, "_id": "7"}]')
    with FlakyDisk("clients.json", errno.EIO).fails():
        assert archive.store.find("2020-01-01").kind == "unreadable"
        assert serious(health(archive))[0][:2] == ("warning", "unreadable")
    found = archive.store.find("2020-01-01")
    assert found.kind == "facot2"
    with FlakyDisk("clients.json", errno.EIO).fails():
        report = verify(found)
    assert (report.problems, [unread.file for unread in report.unread]) == ((), ["clients.json"])


def test_the_command_line(archive: Archive, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("FACOT_BACKUPS_STATE_DIR", str(archive.state_folder))
    where = ["--backup-dir", str(archive.root)]
    with FlakyDisk("invoices.json", errno.ETIMEDOUT).fails():
        assert main(["verify", *where]) == 13
        text = capsys.readouterr().out
        assert "NO SE PUDO LEER" in text and "DAÑADO" not in text and "otro backup" not in text
        assert main(["verify", "latest", "--json", *where]) == 13
        report = json.loads(capsys.readouterr().out)
        assert (report["success"], report["backups"][0]["problems"]) == (False, [])
        assert [unread["file"] for unread in report["backups"][0]["unread"]] == ["invoices.json"]
        spoilt = archive.root / "2024-11-27/clients.json"
        spoilt.chmod(0o600)
        spoilt.write_bytes(spoilt.read_bytes()[:-1])
        assert main(["verify", *where]) == 20
        capsys.readouterr()
    with FlakyDisk("_metadata.json", errno.EACCES).fails():
        assert main(["list", *where]) == 0
    listed = capsys.readouterr().out
    assert listed.count("NO SE PUEDE LEER") == 3 and "DAÑADO" not in listed


def test_one_false_read_of_metadata_is_no_damage(archive: Archive) -> None:
    with FlakyDisk("_metadata.json", 0, times=1).fails():
        assert [backup.kind for backup in archive.store.backups()] == ["complete"] * 3
    with FlakyDisk("_metadata.json", 0).fails():
        assert [backup.kind for backup in archive.store.backups()] == ["damaged"] * 3


def test_nothing_is_said_to_be_over_that_an_unreadable_backup_may_deny(archive: Archive) -> None:
    """The newest one lost documents: while it cannot be read, nobody can say that they are back."""
    many = [document(f"clients/{n:03}", n=n) for n in range(50)]
    for documents in (many, many[:5]):
        archive.clock.moment += timedelta(days=1)
        newest = archive.backup([*documents, document("invoices/1", n=1)])
    verify_and_record(archive.store, archive.store.backups(), ignore)
    told = news(standing(health(archive)).alarms, {}).told
    assert "anomaly" in told
    with refused_folder(newest.path):
        found = standing(health(archive))
        said = news(found.alarms, told, found.unknown)
    assert not said.over and [alarm.subject for alarm in said.new] == ["unread"]
    assert said.told["anomaly"] == told["anomaly"]


def test_no_older_backup_is_taken_for_the_latest(archive: Archive) -> None:
    """A restore of `latest` would give back yesterday's data, and nobody would know."""
    newest, *_ = archive.store.backups()
    incomplete = archive.backup([document("clients/1", n=9)], errors=("invoices: no",))
    with refused_folder(newest.path), pytest.raises(BackupUnreadable, match=str(newest.name)):
        archive.store.find("latest")
    with refused_folder(incomplete.path):
        assert archive.store.find("latest") == newest
    assert archive.store.find("latest") == newest


def test_a_file_without_permission(tmp_path: Path) -> None:
    """In a process that may not read it."""
    without_privileges("unreadable", tmp_path)
