"""Backups copied into another folder: whole, linked, resumable; the old folder is never touched."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from facot_backups.archive import links
from facot_backups.errors import Interrupted, LockHeld, NoSpace, UsageError
from facot_backups.events import Event, Progressed
from facot_backups.operations.cancellation import Stop
from tests.support.archives import Archive, days_later, document, quick_folder
from tests.support.crash import watched
from tests.support.relocation import (
    BIG,
    check_parts,
    check_whole,
    content,
    filled,
    move,
    new_of,
)


def test_all_of_it_comes_along_and_the_old_folder_stays(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    before = content(archive.root)
    heard: list[Event] = []
    locked: list[str] = []

    def finish() -> None:
        for one in (archive, new_of(archive)):
            with pytest.raises(LockHeld), one.store.locked():
                pass
            locked.append(one.root.name)

    result = move(archive, heard.append, finish=finish)
    assert (result.copied, result.present, result.left, result.linked) == (7, 0, (), True)
    check_whole(archive, before)
    assert len(locked) == 2
    told = [event.documents for event in heard if isinstance(event, Progressed)]
    assert told == sorted(told) and told[-1] == 5 * 301 + 1

    again = move(archive)
    assert (again.copied, again.present) == (0, 7)
    check_whole(archive, before)
    new = new_of(archive)
    days_later(new.clock)
    assert new.backup([*BIG, document("invoices/1", total=9.0)]).complete


def test_what_was_made_meanwhile_in_the_old_folder_comes_with_the_next_copy(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    move(archive)
    new = new_of(archive)
    day = days_later(archive.clock)
    new.backup([document("invoices/1", total=1.0)])
    archive.backup([*BIG, document("invoices/1", total=2.0)])
    theirs = content(new.root)
    result = move(archive)
    assert (result.copied, result.present) == (1, 7)
    names = [str(backup.name) for backup in new.store.backups() if backup.date == day]
    assert sorted(names) == [str(day), f"{day}T120005"]
    after = content(new.root)
    assert {name: after[name] for name in theirs if "ledger" not in name} == {
        name: data for name, data in theirs.items() if "ledger" not in name
    }
    entries = new.store.ledger.entries()
    assert [entry.time for entry in entries] == sorted(entry.time for entry in entries)


def test_a_damaged_backup_is_left_and_told(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    spoilt = archive.store.backups()[2].path / "invoices.json"
    spoilt.chmod(0o600)
    data = bytearray(spoilt.read_bytes())
    data[-5] ^= 1
    spoilt.write_bytes(data)
    result = move(archive)
    ((name, reason),) = [(left.name, left.reason) for left in result.left]
    assert name == spoilt.parent.name and "invoices.json" in reason
    new = new_of(archive)
    assert result.copied == 6 == len(new.store.all_backups())
    assert not list((new.root / ".facot/staging").iterdir())


def test_backups_of_another_folder_are_never_mixed(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    new = new_of(archive)
    new.backup([document("clients/x", n=1)])
    there = content(new.root)
    with pytest.raises(UsageError, match="no se mezclan"):
        move(archive)
    assert content(new.root) == there
    inside = Archive(archive.root / "dentro", archive.state_folder, archive.clock)
    with pytest.raises(UsageError, match="dentro de la de ahora"):
        from facot_backups.events import ignore
        from facot_backups.operations.relocation import relocate

        relocate(archive.store, inside.store, ignore, Stop())
    assert not inside.root.exists()


@pytest.mark.parametrize("after", [0, 1, 700, 1200])
def test_stopped_it_leaves_nothing_half_done_and_goes_on_later(tmp_path: Path, after: int) -> None:
    archive = filled(tmp_path)
    before = content(archive.root)
    stop = Stop()

    def emit(event: Event) -> None:
        if isinstance(event, Progressed) and event.documents >= after:
            stop.request()

    with pytest.raises(Interrupted):
        move(archive, emit, stop)
    there = check_parts(archive, before)
    own = new_of(archive).root / ".facot"
    assert not list((own / "staging").iterdir()) and not list((own / "trash").iterdir())
    result = move(archive)
    assert (result.present, result.copied) == (there, 7 - there)
    check_whole(archive, before)


def test_a_disk_without_links_gets_whole_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = filled(tmp_path)
    before = content(archive.root)

    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "no")

    assert links.cannot_link(OSError(errno.EPERM, ""))
    monkeypatch.setattr(os, "link", refuse)
    result = move(archive)
    assert (result.copied, result.linked) == (7, False)
    assert content(new_of(archive).root) == before


def test_a_disk_that_fills_up_at_any_step(tmp_path: Path) -> None:
    """Each time a little later: what was copied until then stays, and the next copy goes on."""
    archive = filled(tmp_path)
    before = content(archive.root)

    room = 0

    def full(name: str, args: tuple[Any, ...]) -> None:
        nonlocal room
        number = isinstance(args[0], int)
        place = Path(f"/proc/self/fd/{args[0]}").readlink() if number else Path(args[0])
        if "otra" in place.parts and (name in ("write", "mkdir", "link") or place.name.startswith(".tmp-")):
            room -= 1
            if room < 0:
                raise OSError(errno.ENOSPC, "lleno", str(place))

    failures = 0
    for steps in range(0, 200, 3):
        room = steps
        try:
            with watched(full):
                move(archive)
        except NoSpace as error:
            failures += 1
            assert str(new_of(archive).root) in str(error)
            check_parts(archive, before)
        else:
            break
    move(archive)
    assert failures > 2
    check_whole(archive, before)


def test_too_small_a_disk_is_told_before_anything_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = filled(tmp_path)
    monkeypatch.setattr("facot_backups.operations.relocation.free_bytes", lambda _root: 1000)
    with pytest.raises(NoSpace, match="KB"):
        move(archive)
    assert new_of(archive).store.all_backups() == []


@pytest.mark.slow
def test_killed_at_every_step() -> None:
    with quick_folder() as folder:
        command = [sys.executable, "-B", "-m", "tests.support.relocation", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["kills"] > 50 and summary["parts"] == 8, summary
