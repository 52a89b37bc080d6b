"""Unchanged files become links: never on trust, never more than eight names, never hiding damage."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from facot_backups.archive import removal
from facot_backups.archive.ledger import DAMAGED
from facot_backups.archive.reader import Backup
from facot_backups.errors import DamagedBackup
from facot_backups.model import EVERYTHING, Scope, Source
from facot_backups.text import reason
from tests.support.archives import SOURCE, Archive, days_later, describe, document, fill
from tests.support.crash import CALLS, watched

DOCUMENTS = [document("clients/a", n=1), document("invoices/1", total=2.5)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "backups", tmp_path / "state")


def inode(backup: Backup, file: str = "clients.json") -> int:
    return (backup.path / file).stat().st_ino


def flip(path: Path) -> None:
    """Flip one bit in the middle of a file, as a disk does, behind the back of its modes."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    mode = path.stat().st_mode
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(mode)


def alarms(archive: Archive) -> list[str]:
    return [text for text in archive.warnings if "disco que el sistema" not in text]


def test_one_file_has_eight_names_at_most(archive: Archive) -> None:
    backups = []
    for _ in range(17):
        backups.append(archive.backup(DOCUMENTS))
        days_later(archive.clock)
    inodes = [inode(backup) for backup in backups]
    assert [inodes.count(number) for number in dict.fromkeys(inodes)] == [8, 8, 1]
    assert not alarms(archive)


def test_only_what_changed_is_new(archive: Archive) -> None:
    first = archive.backup(DOCUMENTS)
    days_later(archive.clock)
    second = archive.backup([DOCUMENTS[0], document("invoices/1", total=3.0)])
    assert inode(first) == inode(second)
    assert inode(first, "invoices.json") != inode(second, "invoices.json")


@pytest.mark.parametrize("damage", ["flipped", "cut", "gone", "link"])
def test_damage_in_the_previous_backup_is_told_and_not_inherited(archive: Archive, damage: str) -> None:
    first = archive.backup(DOCUMENTS)
    file = first.path / "clients.json"
    good = file.read_bytes()
    if damage == "flipped":
        flip(file)
    elif damage == "cut":
        file.chmod(0o600)
        os.truncate(file, 5)
    else:
        file.rename(archive.root / "elsewhere")
        if damage == "link":
            file.symlink_to(archive.root / "elsewhere")
    days_later(archive.clock)
    second = archive.backup(DOCUMENTS)
    assert (second.path / "clients.json").read_bytes() == good
    assert (second.path / "clients.json").stat().st_nlink == 1
    assert inode(first, "invoices.json") == inode(second, "invoices.json")
    (alarm,) = alarms(archive)
    assert str(file) in alarm and "dañado" in alarm


# What a disk, a file system that found itself inconsistent, a network share and Windows answer.
FAULTS = ("EIO", "EUCLEAN", "EBADMSG", "ETIMEDOUT", "EREMOTEIO", "EINVAL", "EACCES")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", ["open", "stat", "link", "replace"])
def test_a_fault_of_the_previous_file_stops_nothing(archive: Archive, call: str, fault: str) -> None:
    """It is told; the fresh copy stays; and it is no damage, which somebody would delete for."""
    number: int = getattr(errno, fault)
    first = archive.backup(DOCUMENTS)
    days_later(archive.clock)
    old = str(first.path / "clients.json")

    def fail(name: str, args: tuple[object, ...]) -> None:
        here = str(args[1]).endswith("/clients.json") if name == "replace" else str(args[0]) == old
        if name == call and here and (name != "replace" or ".tmp-" in str(args[0])):
            raise OSError(number, os.strerror(number), str(args[0]))

    with watched(fail, (*CALLS, "stat")):
        second = archive.backup(DOCUMENTS)
    assert second.complete and inode(first) != inode(second)
    assert inode(first, "invoices.json") == inode(second, "invoices.json")
    assert list(second.documents("clients")) == DOCUMENTS[:1]
    (alarm,) = alarms(archive)
    assert old in alarm and reason(OSError(number, os.strerror(number))) in alarm
    assert not [entry for entry in archive.store.ledger.entries() if entry.outcome == DAMAGED]


def test_a_bad_sector_in_the_previous_file_stops_nothing(archive: Archive) -> None:
    """It opens, and cannot be read: as the memory of a process at the address 0."""
    first = archive.backup(DOCUMENTS)
    days_later(archive.clock)
    really_open = os.open

    def open_bad(path: Path, *rest: int) -> int:
        bad = str(path) == str(first.path / "clients.json")
        return really_open("/proc/self/mem" if bad else path, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", open_bad)
        second = archive.backup(DOCUMENTS)
    assert second.complete and inode(first) != inode(second)
    (alarm,) = alarms(archive)
    assert "el disco falla al leer o escribir" in alarm


def test_one_false_read_is_no_damage(archive: Archive) -> None:
    """A transient fault of memory or cable: what is read again is as it should be."""
    first = archive.backup(DOCUMENTS)
    flipped = archive.root.with_name("flipped")
    flipped.write_bytes((first.path / "clients.json").read_bytes())
    flip(flipped)
    days_later(archive.clock)
    really_open, falsely = os.open, [flipped]

    def open_falsely(path: Path, *rest: int) -> int:
        wrong = str(path) == str(first.path / "clients.json") and falsely
        return really_open(falsely.pop() if wrong else path, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", open_falsely)
        second = archive.backup(DOCUMENTS)
    assert inode(first) == inode(second) and not alarms(archive) and not falsely


def test_the_report_of_damage_is_a_value(archive: Archive) -> None:
    first = archive.backup(DOCUMENTS)
    flip(first.path / "clients.json")
    with archive.store.locked() as store, store.begin("r2") as staging:
        report = store.link_unchanged(staging, fill(staging, DOCUMENTS), SOURCE, EVERYTHING)
    assert [found.path for found in report.damage] == [first.path / "clients.json"]
    assert report.linked == ("invoices",) and not report.unsupported
    (noted,) = archive.store.ledger.entries()[-1:]
    assert (noted.kind, noted.outcome) == ("proof", DAMAGED)
    assert noted.details == {"backup": "2024-11-27", "files": ["clients.json"]}


def test_a_fresh_file_that_does_not_read_back_stops_the_run(archive: Archive) -> None:
    archive.backup(DOCUMENTS)
    with (
        pytest.raises(DamagedBackup, match=r"clients\.json"),
        archive.store.locked() as store,
        store.begin("r2") as staging,
    ):
        files = fill(staging, DOCUMENTS)
        flip(staging.path / "clients.json")
        store.link_unchanged(staging, files, SOURCE, EVERYTHING)
    assert not list((archive.root / ".facot/staging").iterdir())


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.ENOTSUP])
def test_a_disk_without_links_gets_copies_and_says_so_once(archive: Archive, number: int) -> None:
    def refuse(name: str, args: tuple[object, ...]) -> None:
        if name == "link":
            raise OSError(number, os.strerror(number))

    with watched(refuse):
        for _ in range(3):
            backup = archive.backup(DOCUMENTS)
            days_later(archive.clock)
    assert (backup.path / "clients.json").stat().st_nlink == 1
    (alarm,) = alarms(archive)
    assert "no admite enlaces" in alarm


def test_only_a_backup_that_counts_is_linked_to(archive: Archive) -> None:
    narrow = Scope(collections=("clients",))
    archive.backup(DOCUMENTS[:1], scope=narrow)
    archive.backup(DOCUMENTS, errors=("invoices: permiso denegado",))
    with archive.store.locked() as store, store.begin("r2") as staging:
        files = fill(staging, DOCUMENTS)
        assert store.link_unchanged(staging, files, SOURCE, EVERYTHING).linked == ()
        assert store.link_unchanged(staging, files, Source("otro"), narrow).linked == ()
        assert store.link_unchanged(staging, files, SOURCE, narrow).linked == ("clients",)
        metadata = describe(archive.clock.now(), archive.clock.zone(), files, run_id="r2")
        assert store.publish(staging, metadata).complete


def test_where_the_mark_prevents_removal_it_is_set_again_on_what_stays(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where all links of a file share the read-only mark that must go first."""
    monkeypatch.setattr(removal, "MARK_PREVENTS_REMOVAL", True)
    unlink = os.unlink

    def clear_first(path: Path, **rest: int) -> None:
        if Path(path).suffix == ".json" and ".facot/trash" in str(path):
            Path(path).chmod(0o600)
        unlink(path, **rest)

    monkeypatch.setattr(os, "unlink", clear_first)
    first = archive.backup(DOCUMENTS)
    days_later(archive.clock)
    second = archive.backup([*DOCUMENTS, document("items/1")])
    with archive.store.locked() as store:
        store.delete(first)
    modes = {path.name: path.stat().st_mode & 0o777 for path in second.path.iterdir()}
    assert set(modes.values()) == {0o400}, modes
