"""The ledger: what is written stays, what is torn harms nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive.ledger import Ledger, LedgerEntry
from facot_backups.errors import NoSpace
from tests.support.archives import NOON, open_files
from tests.support.crash import Unflushed, watched


def entry(number: int) -> LedgerEntry:
    return LedgerEntry(NOON, "run", "FAILED", {"run_id": f"r{number}", "reason": "sin red: \udcff ñ\n"})


def numbers(ledger: Ledger) -> list[str]:
    return [found.details["run_id"] for found in ledger.entries()]


@given(data=st.data())
def test_a_torn_last_line_is_ignored_and_mended(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.unlink(missing_ok=True)
    ledger = Ledger(path, tmp_path)
    assert ledger.entries() == []
    for number in range(3):
        ledger.append(entry(number))
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    left = [f"r{number}" for number in range(whole[:cut].count(b"\n"))]
    assert numbers(ledger) == left
    ledger.append(entry(9))
    assert numbers(ledger) == [*left, "r9"]
    assert path.read_bytes().endswith(b"\n")


def test_a_damaged_line_hides_no_other(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", tmp_path)
    for line in (b"\xff\xfe", b"[]", b'{"time":"x"}', b'{"time":1,"kind":[],"outcome":{}}'):
        ledger.append(entry(1))
        with ledger.path.open("ab") as file:
            file.write(line + b"\n")
    ledger.append(entry(2))
    assert numbers(ledger) == ["r1"] * 4 + ["r2"]
    assert ledger.entries()[0].time == NOON


def test_a_very_long_torn_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", tmp_path)
    ledger.append(entry(1))
    with ledger.path.open("ab") as file:
        file.write(b"x" * 200_000)
    ledger.append(entry(2))
    assert numbers(ledger) == ["r1", "r2"]
    assert ledger.path.read_bytes().count(b"\n") == 2 and ledger.path.read_bytes().endswith(b"}\n")


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    write = os.write

    def half_then_full(name: str, args: tuple[object, ...]) -> None:
        if name == "write":
            write(args[0], bytes(args[1])[:5])  # type: ignore[arg-type, call-overload]
            raise OSError(errno.ENOSPC, "full")

    ledger = Ledger(tmp_path / "ledger.jsonl", tmp_path)
    ledger.append(entry(1))
    before = ledger.path.read_bytes()
    with watched(half_then_full), pytest.raises(NoSpace):
        ledger.append(entry(2))
    assert ledger.path.read_bytes() == before


def test_what_is_noted_outlives_a_power_cut_and_leaves_no_file_open(tmp_path: Path) -> None:
    ledger, before, unflushed = Ledger(tmp_path / "ledger.jsonl", tmp_path), open_files(), Unflushed(tmp_path)
    for number in range(2):
        with watched(unflushed):
            ledger.append(entry(number))
        assert unflushed.lost == set() and open_files() == before
