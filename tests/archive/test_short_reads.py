"""One read that gives less than was asked for, or a wrong bit: nothing is lost or judged by it."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from facot_backups.archive import journal
from facot_backups.archive.journal import JournalWriter
from facot_backups.archive.journal_check import examine, read_whole
from facot_backups.archive.ledger import Ledger, LedgerEntry
from facot_backups.errors import FormatError
from facot_backups.model import Outcome
from tests.archive.test_journal import write
from tests.support.archives import NOON
from tests.support.flaky_disk import FlakyDisk


@pytest.fixture
def short_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system gives a part of what is asked for, as a network drive may."""
    real, dice = os.read, random.Random(7)
    monkeypatch.setattr(os, "read", lambda descriptor, size: real(descriptor, dice.randint(1, size)))


@pytest.mark.usefixtures("short_reads")
def test_a_line_that_is_added_cuts_none_off(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", tmp_path)
    for number in range(200):
        ledger.append(LedgerEntry(NOON, "run", "COMPLETE", {"run_id": f"r{number}"}))
    assert [entry.details["run_id"] for entry in ledger.entries()] == [f"r{n}" for n in range(200)]


@pytest.mark.usefixtures("short_reads")
def test_a_restore_that_is_gone_on_with_keeps_its_results(tmp_path: Path) -> None:
    path = write(tmp_path)
    before = path.read_bytes()
    for _ in range(50):
        with JournalWriter(tmp_path, path.stem) as writer:
            writer.results([Outcome(0, "done", 1)])
    assert path.read_bytes().startswith(before) and path.read_bytes().count(b"\n") == before.count(b"\n") + 50
    with JournalWriter(tmp_path, path.stem) as writer:
        writer.note(end="COMPLETE")
    assert not any(journal.is_cut(tmp_path, path.stem) for _ in range(50))


def test_a_journal_that_is_not_right_is_read_twice(tmp_path: Path) -> None:
    path = write(tmp_path)
    flaky = FlakyDisk(path.name, 0, times=1)
    with flaky.fails():
        assert read_whole(tmp_path, path.stem).whole
    with FlakyDisk(path.name, 0, times=1).fails():
        assert examine(tmp_path, path.stem, "kept") is None
    with FlakyDisk(path.name, 0).fails(), pytest.raises(FormatError):
        read_whole(tmp_path, path.stem)
