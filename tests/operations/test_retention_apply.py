"""Retention on real folders: what goes, what is never touched, and what is told when the disk fails."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from facot_backups.archive.facot2 import AnyBackup
from facot_backups.archive.store import LockedStore
from facot_backups.clock import iso_utc
from facot_backups.errors import BackupDirUnusable, FacotBackupsError, Interrupted, UsageError
from facot_backups.events import Event, PhaseStarted
from facot_backups.model import EVERYTHING, Source
from facot_backups.operations.retention.anomaly import find_anomalies
from facot_backups.operations.retention.cleanup import (
    RetentionResult,
    accept_anomaly,
    apply,
    clean_up,
    read_facts,
)
from facot_backups.operations.retention.plan import Plan, Policy, plan
from facot_backups.operations.verification.verify import verify
from tests.support.archives import NOON, Archive, HandClock, document, run
from tests.support.crash import At, watched
from tests.support.retention_crash import DOCUMENTS

POLICY = Policy(retention_days=10, keep_last=2)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "backups", tmp_path / "state", HandClock())


def days(archive: Archive, number: int) -> None:
    """A backup a day; the clock is left five minutes after the last one."""
    with archive.store.locked() as locked:
        for day in range(number):
            archive.clock.moment = NOON + timedelta(days=day)
            run(locked, [*DOCUMENTS, document("sequences/1", current=day)])
    archive.clock.moment += timedelta(minutes=5)


def planned(archive: Archive, policy: Policy = POLICY) -> Plan:
    return plan(read_facts(archive.store, EVERYTHING), policy)


def clean(archive: Archive, policy: Policy = POLICY, *, dry_run: bool = False) -> RetentionResult:
    return clean_up(archive.store, policy, EVERYTHING, archive.emit, dry_run=dry_run)


def names(archive: Archive) -> list[str]:
    return [str(backup.name) for backup in archive.store.backups()]


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below, with its mode and bytes."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


def damage(path: Path) -> None:
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.slow
def test_a_month_of_linked_backups_and_nothing_but_backups_goes(archive: Archive, tmp_path: Path) -> None:
    outside = tmp_path / "fuera"
    outside.mkdir()
    (outside / "clients.json").write_text("[]")
    days(archive, 30)
    root = archive.root
    (root / "2020-01-01").symlink_to(outside, target_is_directory=True)
    (root / "2020-01-02").write_text("no soy una carpeta")
    (root / "2020-01-03 copia").mkdir()
    (root / "mis cosas").mkdir()
    (root / "mis cosas" / "nota.txt").write_text("hola")
    (root / "2020-02-30").mkdir()
    before = {name: tree(folder) for name, folder in (("fuera", outside), ("cosas", root / "mis cosas"))}
    linked = root / "2024-11-28" / "clients.json"
    inode = linked.stat().st_ino
    assert linked.stat().st_nlink > 1

    dry = clean(archive, dry_run=True)
    assert len(names(archive)) == 30 and dry.dry_run
    result = clean(archive)
    assert [d.path for d in dry.deleted] == [d.path for d in result.deleted]
    assert [d.reason for d in dry.kept] == [d.reason for d in result.kept]

    deleted = [decision.path.name for decision in result.deleted]
    assert deleted == sorted(deleted) and len(deleted) == 20 and not result.errors and not result.alarms
    assert names(archive) == [decision.path.name for decision in result.kept]
    for backup in archive.store.backups():
        assert verify(backup).sound
        for file in backup.path.iterdir():
            assert file.stat().st_ino != inode or backup.date <= NOON.date() + timedelta(days=30)
    assert (root / "2020-01-01").is_symlink() and (root / "2020-01-02").is_file()
    assert (root / "2020-01-03 copia").is_dir() and (root / "2020-02-30").is_dir()
    assert before == {"fuera": tree(outside), "cosas": tree(root / "mis cosas")}
    assert not list((root / ".facot/trash").iterdir())
    entry = archive.store.ledger.entries()[-1]
    assert (entry.kind, entry.outcome, entry.details["deleted"]) == ("retention", "COMPLETE", deleted)
    assert clean(archive).deleted == () and archive.store.ledger.entries()[-1] == entry


def test_the_surviving_copy_of_a_linked_file_stays_whole(archive: Archive) -> None:
    days(archive, 8)
    shared = {path: (archive.root / path / "clients.json").stat() for path in names(archive)}
    assert {found.st_nlink for found in shared.values()} == {8}
    archive.clock.moment = NOON + timedelta(days=7, minutes=5)
    result = clean(archive, Policy(retention_days=1, keep_last=1))
    assert len(result.deleted) == 7
    for backup in archive.store.backups():
        found = (backup.path / "clients.json").stat()
        assert (found.st_nlink, found.st_mode) == (1, shared[str(backup.name)].st_mode)
        assert verify(backup).sound


def test_damage_in_what_must_stay_stops_everything(archive: Archive) -> None:
    days(archive, 15)
    damage(archive.root / "2024-12-10" / "sequences.json")
    for dry_run in (True, False):
        result = clean(archive, dry_run=dry_run)
        assert [(alarm.kind, alarm.backup) for alarm in result.alarms] == [("verification", "2024-12-10")]
        assert "sequences.json" in result.alarms[0].message
        assert result.deleted == () and len(names(archive)) == 15
        assert {decision.rule for decision in result.kept} == {"recent", "alarm"}
    (entry,) = [entry for entry in archive.store.ledger.entries() if entry.kind == "retention"]
    assert (entry.outcome, entry.details["alarms"]) == ("STOPPED", ["verification"])


def test_a_backup_stays_if_a_better_one_proves_to_be_damaged(archive: Archive) -> None:
    days(archive, 3)
    new = Source("facot-nueva")
    for day in (20, 21):
        archive.clock.moment = NOON + timedelta(days=day)
        with archive.store.locked() as locked:
            run(locked, DOCUMENTS, source=new, adopt=True)
    damage(archive.root / "2024-11-28" / "sequences.json")
    result = clean(archive)
    assert not result.deleted and not result.alarms
    kept = {decision.path.name: decision for decision in result.kept}
    assert kept["2024-11-27"].rule == "unsurpassed"
    assert "2024-11-28, que guarda lo mismo, está dañado" in kept["2024-11-27"].reason


def test_a_folder_with_something_else_in_it_stays_and_the_others_go(archive: Archive) -> None:
    days(archive, 15)
    (archive.root / "2024-11-28" / "mi nota.txt").write_text("importante")
    dry, result = clean(archive, dry_run=True), clean(archive)
    assert [d.reason for d in dry.kept] == [d.reason for d in result.kept]
    assert "2024-11-28" not in [decision.path.name for decision in result.deleted]
    assert len(result.deleted) == 4 and not result.errors and result.fault is None
    (refused,) = [decision for decision in result.kept if decision.rule == "refused"]
    assert "mi nota.txt" in refused.reason
    assert (archive.root / "2024-11-28" / "mi nota.txt").read_text() == "importante"


def test_old_folders_go_by_the_same_way(archive: Archive) -> None:
    days(archive, 1)
    old = [archive.root / f"2023-01-{day:02}" for day in range(1, 7)]
    for folder in old:
        folder.mkdir()
        text = json.dumps([{"name": "á", "_id": "1"}], ensure_ascii=False)
        (folder / "clients.json").write_text(text, encoding="utf-8")
    (old[1] / "apuntes.docx").write_bytes(b"x")
    result = clean(archive)
    assert [decision.path.name for decision in result.deleted] == ["2023-01-01", "2023-01-03", "2023-01-04"]
    assert [folder.exists() for folder in old] == [False, True, False, False, True, True]
    assert (old[1] / "apuntes.docx").exists()
    assert any("apuntes.docx" in warning for warning in archive.warnings)


@contextmanager
def failing(rename: int) -> Iterator[None]:
    """The disk fails at that rename of a backup into the trash."""

    def fail(name: str, args: tuple[Any, ...]) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(args[0]))

    at = At(rename, fail)
    with watched(lambda name, args: at(name, args) if name == "rename" else None):
        yield


def test_a_disk_that_fails_ends_it_and_the_result_is_true(archive: Archive) -> None:
    days(archive, 15)
    with failing(rename=2):
        result = clean(archive)
    assert [decision.path.name for decision in result.deleted] == ["2024-11-27"]
    assert isinstance(result.fault, BackupDirUnusable) and result.errors == (str(result.fault),)
    assert names(archive) == [decision.path.name for decision in result.kept]
    assert [d.path.name for d in result.kept if d.rule == "not-reached"] == [
        "2024-12-01", "2024-11-30", "2024-11-29", "2024-11-28",
    ]  # fmt: skip
    entry = archive.store.ledger.entries()[-1]
    assert (entry.kind, entry.outcome, entry.details["deleted"]) == ("retention", "FAILED", ["2024-11-27"])
    assert len(clean(archive).deleted) == 4


FAULT = BackupDirUnusable(Path("backups"), "disk_fails", file=None)


class Flawed:
    """A store whose deletion fails after its rename, or whose ledger fails."""

    def __init__(
        self, store: LockedStore, *, at_delete: FacotBackupsError | None = None, at_record: bool = False
    ) -> None:
        self._store = store
        self._at_delete = at_delete
        self._at_record = at_record

    def delete(self, backup: AnyBackup) -> None:
        self._store.delete(backup)
        if self._at_delete is not None:
            raise self._at_delete

    def record(self, kind: str, outcome: str, **details: Any) -> None:
        if self._at_record:
            raise BackupDirUnusable(Path("backups"), "disk_fails", file=None)
        self._store.record(kind, outcome, **details)


def test_what_failed_after_its_rename_is_deleted_all_the_same(archive: Archive) -> None:
    days(archive, 15)
    with archive.store.locked() as locked:
        result = apply(planned(archive), Flawed(locked, at_delete=FAULT))
    assert [decision.path.name for decision in result.deleted] == ["2024-11-27"]
    assert result.errors and names(archive) == [decision.path.name for decision in result.kept]


class Unplugged(Flawed):
    """A store whose disk goes away at a deletion."""

    def delete(self, backup: AnyBackup) -> None:
        root = backup.path.parent
        root.rename(root.with_name("unplugged"))
        raise FAULT


def test_what_went_with_its_disk_is_not_deleted(archive: Archive) -> None:
    days(archive, 15)
    decisions = planned(archive)
    with archive.store.locked() as locked:
        result = apply(decisions, Unplugged(locked, at_record=True))
        archive.root.with_name("unplugged").rename(archive.root)
    assert result.deleted == () and {d.rule for d in result.kept} == {"recent", "not-reached"}


def test_a_ledger_that_fails_is_told_and_hides_nothing(archive: Archive) -> None:
    days(archive, 15)
    with archive.store.locked() as locked:
        result = apply(planned(archive), Flawed(locked, at_record=True))
    assert len(result.deleted) == 5 and len(result.errors) == 1
    assert isinstance(result.fault, BackupDirUnusable)


def test_who_stops_it_leaves_the_ledger_true(archive: Archive) -> None:
    days(archive, 15)
    told: list[str] = []

    def stop(event: Event) -> None:
        if isinstance(event, PhaseStarted):
            told.append(event.phase)
            if event.phase == "deleting":
                raise Interrupted

    with archive.store.locked() as locked, pytest.raises(Interrupted):
        apply(planned(archive), locked, emit=stop)
    assert told == ["verifying", "verifying", "deleting"]
    assert len(names(archive)) == 15
    assert not [entry for entry in archive.store.ledger.entries() if entry.kind == "retention"]
    with archive.store.locked() as locked, pytest.raises(Interrupted):
        apply(planned(archive), Flawed(locked, at_delete=Interrupted()))
    assert len(names(archive)) == 14
    assert archive.store.ledger.entries()[-1].details["deleted"] == ["2024-11-27"]


def test_the_clocks_are_those_of_the_last_run_that_met_a_server(archive: Archive) -> None:
    with archive.store.locked() as locked:
        for hour in (1, 2):
            moment = iso_utc(NOON + timedelta(hours=hour))
            locked.record("run", "FAILED", started_at=moment, read_time=moment)
        locked.record("run", "FAILED", started_at=iso_utc(NOON), read_time=None)
        locked.record("restore", "COMPLETE", started_at=iso_utc(NOON), read_time=iso_utc(NOON))
    last = read_facts(archive.store, EVERYTHING).last_run
    assert last is not None and last.local == last.server == NOON + timedelta(hours=2)


def test_a_dry_run_writes_nothing_and_no_folder_is_made(archive: Archive) -> None:
    for dry_run in (True, False):
        assert clean(archive, dry_run=dry_run) == RetentionResult((), (), (), (), dry_run)
    assert not archive.root.exists()
    days(archive, 15)
    before = tree(archive.root)
    assert len(clean(archive, dry_run=True).deleted) == 5
    assert tree(archive.root) == before
    with archive.store.locked() as locked:
        assert len(apply(planned(archive), locked, dry_run=True).deleted) == 5
    assert tree(archive.root) == before


def test_an_anomaly_stops_it_until_a_person_accepts(archive: Archive) -> None:
    days(archive, 14)
    archive.clock.moment = NOON + timedelta(days=14)
    archive.backup(DOCUMENTS[:1])
    for _ in range(2):
        assert [alarm.kind for alarm in clean(archive).alarms] == ["anomaly"]
    assert len(names(archive)) == 15
    with pytest.raises(UsageError, match="invoices"):
        accept_anomaly(archive.store, POLICY, EVERYTHING, seen=())
    assert [alarm.kind for alarm in clean(archive).alarms] == ["anomaly"]
    seen = find_anomalies(archive.store.backups(), accepted=None, drop_percent=POLICY.anomaly_drop)
    told = accept_anomaly(archive.store, POLICY, EVERYTHING, seen=seen)
    assert told[0] == "«invoices» tenía 1 documentos en el backup 2024-12-10 y ahora ninguno"
    assert accept_anomaly(archive.store, POLICY, EVERYTHING) == ()
    assert len([entry for entry in archive.store.ledger.entries() if entry.kind == "acceptance"]) == 1
    assert len(clean(archive).deleted) == 4
    archive.clock.moment += timedelta(days=1)
    archive.backup([document("items/1", n=1)])
    assert [alarm.kind for alarm in clean(archive).alarms] == ["anomaly"]


@pytest.mark.slow
def test_killed_at_every_step(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.support.retention_crash", str(tmp_path / "work")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30
