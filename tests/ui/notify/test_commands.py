"""The user's own commands around real runs: what they are told, and what they cannot spoil."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from facot_backups.app import manual_backup
from facot_backups.operations.backup.run import BackupRequest
from tests.support import crash
from tests.ui.notify.conftest import Ear
from tests.ui.notify.watched import Watched

needs_sh = pytest.mark.skipif(os.name != "posix", reason="the commands are for sh")


@pytest.fixture
def noted(watched: Watched, tmp_path: Path) -> Callable[[], list[list[str]]]:
    """All three commands note their facts; the function gives what was noted since."""
    notes = tmp_path / "notas"
    facts = ("EVENT", "TRIGGER", "STATE", "DOCUMENTS", "PATH", "DATE")
    shown = "|".join(f"$FACOT_BACKUPS_{name}" for name in facts)
    for name in ("BEFORE_BACKUP", "AFTER_BACKUP", "ON_ERROR"):
        watched.variables.setenv(f"BACKUP_{name}", f'echo "{shown}" >> {notes}')

    def read() -> list[list[str]]:
        lines = notes.read_text().splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return [line.split("|") for line in lines]

    return read


@needs_sh
def test_commands_get_the_facts(watched: Watched, noted: Callable[[], list[list[str]]]) -> None:
    watched.tick()
    [before, after] = noted()
    assert before == ["before_backup", "scheduled", "", "", "", "2024-11-27"]
    path = watched.world.folder / "2024-11-27"
    assert after == ["after_backup", "scheduled", "COMPLETE", "31", str(path), "2024-11-27"]
    watched.unreadable("clients")
    watched.days(1)
    events = [note[0] for note in noted()]
    assert events == ["before_backup", "on_error", "before_backup", "before_backup"]
    assert watched.world.run("run", "--quiet").code == 3
    [again] = noted()
    assert again[:2] == ["before_backup", "manual"]
    watched.readable()
    watched.days(1)
    assert [note[0] for note in noted()] == ["before_backup", "after_backup"]


@needs_sh
def test_rot_in_an_old_backup_keeps_no_copy_of_the_new_one_from_being_made(
    watched: Watched, noted: Callable[[], list[list[str]]]
) -> None:
    """A disk that begins to fail is when a copy elsewhere counts."""
    watched.tick()
    watched.clock.moment += timedelta(days=1)
    watched.tick()
    (watched.world.folder / "2024-11-27" / "clients.json").unlink()
    watched.clock.moment += timedelta(days=15)
    noted(), watched.pings
    watched.tick()
    assert watched.said == ["hay un backup dañado"]
    assert watched.pings == ["/start", "ok"]
    events = [(note[0], note[5]) for note in noted()]
    assert events[-2:] == [("on_error", "2024-12-13"), ("after_backup", "2024-12-13")]


@needs_sh
@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL, errno.EBADF])
def test_a_disk_that_is_gone_is_told_whatever_the_system_calls_it(
    watched: Watched, noted: Callable[[], list[list[str]]], number: int
) -> None:
    """EINVAL is what Python makes of Windows' errors that it does not know: no network name, no device."""
    watched.tick()
    noted(), watched.pings

    def gone(name: str, args: tuple[object, ...]) -> None:
        if isinstance(args[0], str | Path) and Path(args[0]).is_relative_to(watched.world.folder):
            raise OSError(number, os.strerror(number), str(args[0]))

    with crash.watched(gone, (*crash.CALLS, "stat", "listdir")):
        ran = watched.world.run("run", "--quiet")
    assert ran.code == 13 and str(watched.world.folder) in ran.err
    assert [note[0] for note in noted()] == ["before_backup", "on_error"]
    assert watched.pings == ["/start", "/fail"] and watched.said == ["el backup falla"]


@needs_sh
def test_what_follows_a_backup_made_by_hand(watched: Watched, noted: Callable[[], list[list[str]]]) -> None:
    """It serves the day: the scheduler proves it and cleans up, and nobody hears of it a second time."""
    watched.variables.setenv("BACKUP_RETENTION_DAYS", "4")
    for _ in range(9):
        manual_backup.back_up(watched.settings, BackupRequest(), clock=watched.clock)
        noted(), watched.pings
        watched.tick()
        watched.tick()
        assert (watched.pings, watched.said, noted()) == ([], [], [])
        watched.clock.moment += timedelta(days=1)
    lines = watched.world.ledger()
    read = [line["backup"] for line in lines if line["kind"] == "proof" and not line.get("drill")]
    assert read == [line["backup"] for line in lines if line["kind"] == "run"], "each once"
    assert sum(line.get("drill", False) for line in lines) == 2
    assert len(watched.world.published()) == 5, "retention"
    damaged = manual_backup.back_up(watched.settings, BackupRequest(), clock=watched.clock)
    (damaged.path / "clients.json").unlink()
    watched.tick()
    assert watched.pings == ["/start", "ok", "/fail"]
    assert watched.said == ["hay un backup dañado"]


@needs_sh
def test_a_disk_that_before_backup_mounts_is_used(watched: Watched) -> None:
    watched.tick()
    away = watched.world.folder.with_name("desconectado")
    watched.world.folder.rename(away)
    watched.variables.setenv("BACKUP_BEFORE_BACKUP", f'test -e "{away}" && mv "{away}" "$FACOT_BACKUPS_DIR"')
    watched.clock.moment += timedelta(days=1)
    watched.tick()
    assert watched.pings == ["/start", "ok"] * 2
    assert watched.world.published() == ["2024-11-27", "2024-11-28"]
    assert watched.said == []


@needs_sh
def test_a_mounted_disk_may_show_that_nothing_was_due(watched: Watched) -> None:
    """What began is ended for the heartbeat all the same."""
    assert watched.world.run("run", "--quiet").code == 0
    made = manual_backup.back_up(watched.settings, BackupRequest(), clock=watched.clock)
    watched.pings.clear()
    away = watched.world.folder.with_name("desconectado")
    watched.world.folder.rename(away)
    watched.variables.setenv("BACKUP_BEFORE_BACKUP", f'mv "{away}" "$FACOT_BACKUPS_DIR"')
    watched.tick()
    assert watched.pings == ["/start", "ok"]
    assert str(made.name) in watched.world.published()
    assert watched.said == []


@needs_sh
def test_a_command_that_fails_or_hangs_fails_no_backup(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, ear: Ear
) -> None:
    from facot_backups.app.alerts import hooks

    real = hooks.run_hook
    monkeypatch.setattr(hooks, "run_hook", lambda command, facts, _s, stop: real(command, facts, 0.2, stop))
    watched.variables.setenv("BACKUP_BEFORE_BACKUP", "echo ay; exit 5")
    watched.variables.setenv("BACKUP_AFTER_BACKUP", "exec sleep 60")
    watched.tick()
    assert watched.world.outcomes()[0] == "COMPLETE"
    assert "La orden before_backup terminó con código 5. Lo último que escribió: ay" in ear.text
    assert "La orden after_backup no terminó" in ear.text
    assert watched.pings == ["/start", "ok"]
