"""What is of no use any more, and cannot be read or removed now, keeps nobody from a backup."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from facot_backups.archive import journal
from facot_backups.archive.journal import Header, JournalWriter
from facot_backups.model import EVERYTHING, Scope
from tests.support.archives import NOON, SOURCE, Archive, days_later, document
from tests.support.crash import watched
from tests.support.flaky_disk import FlakyDisk

DOCUMENTS = [document("clients/a", n=1)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A backup, and a restore that was cut, with its journal and what it kept."""
    made = Archive(tmp_path / "backups", tmp_path / "state")
    first = made.backup(DOCUMENTS)
    made.backup(DOCUMENTS, trigger="pre-restore", scope=Scope(collections=(), restore="r1"), run_id="r1")
    header = Header(
        restore="r1",
        backup=str(first.name),
        run_id=first.proven().run_id,
        target=SOURCE,
        mode="overwrite",
        scope=EVERYTHING,
        undoes=None,
        started_at=NOON,
        read_time=NOON,
        tool="facot-backups",
    )
    with JournalWriter(made.root, "r1", header) as writer:
        writer.close_plan()
    days_later(made.clock)
    return made


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EUCLEAN])
def test_a_journal_that_cannot_be_read_stops_nothing(archive: Archive, number: int) -> None:
    assert archive.store.cut_restores() == ["r1"]
    with FlakyDisk("r1.jsonl", number).fails():
        assert archive.backup(DOCUMENTS).complete
        assert archive.store.cut_restores() == []
        assert [one.part for one in archive.store.spoilt_journals(archive.store.backups())] == ["unread"]
    assert any("diario de la restauración r1" in text for text in archive.warnings)
    assert archive.store.cut_restores() == ["r1"]


@pytest.mark.parametrize("what", ["gone.jsonl", ".tmp-left"])
def test_rubbish_of_our_own_that_cannot_be_removed_stops_nothing(archive: Archive, what: str) -> None:
    place = journal.folder_of(archive.root) if what == "gone.jsonl" else archive.root / ".facot"
    rubbish = place / what
    rubbish.write_bytes(b'{"end":"COMPLETE"}\n')

    def refuse(name: str, args: tuple[object, ...]) -> None:
        if name == "unlink" and str(args[0]) == str(rubbish):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(rubbish))

    with watched(refuse):
        assert archive.backup(DOCUMENTS).complete
    assert rubbish.exists() and any("próxima vez" in text for text in archive.warnings)
    with archive.store.locked():
        assert not rubbish.exists()


def test_what_stays_in_the_trash_keeps_nothing_else_there(archive: Archive) -> None:
    """A file that nobody may remove must not fill the disk with all that is deleted after it."""
    trash = archive.root / ".facot/trash"
    stuck = trash / "2024-01-01~00/clients.json"
    stuck.parent.mkdir()
    stuck.write_bytes(b"[]\n")

    def refuse(name: str, args: tuple[object, ...]) -> None:
        if name == "unlink" and str(args[0]) == str(stuck):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(stuck))

    first = archive.store.backups()[-1]
    with watched(refuse), archive.store.locked() as store:
        store.delete(first)
    assert [path.name for path in trash.iterdir()] == ["2024-01-01~00"]
    assert any("papelera" in text for text in archive.warnings)
