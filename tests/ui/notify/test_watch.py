"""What people hear of real runs: row by row of what may happen to a day's backup, and never a flood."""

from __future__ import annotations

import errno
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from facot_backups import atomic
from facot_backups.app import manual_backup
from facot_backups.app.scheduler import BackupScheduler
from facot_backups.archive import journal
from facot_backups.errors import FacotBackupsError
from facot_backups.model import Scope
from facot_backups.operations.backup.run import BackupRequest
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.api import create_backup
from tests.support.endpoints import closed_port, endpoint
from tests.support.flaky_disk import FlakyDisk
from tests.support.waiting import wait_until
from tests.ui.notify.watched import QUARTER, Watched

# --- the heartbeat ------------------------------------------------------------------------------------------


def test_a_good_day_is_two_pings_and_no_word(watched: Watched) -> None:
    watched.tick()
    assert watched.pings == ["/start", "ok"]
    watched.days(3)
    assert watched.pings == ["/start", "ok"] * 3
    assert watched.said == []


def test_a_bad_day(watched: Watched) -> None:
    watched.unreadable("clients")
    watched.days(1, QUARTER)
    assert watched.pings == ["/start", "/fail"], "further tries of the same failure are silent"
    assert watched.said == ["el backup falla"]
    watched.unreadable("invoices")
    watched.days(1)
    assert watched.pings == ["/fail"], "it changed"
    assert watched.said == ["el backup falla"]
    watched.readable()
    watched.days(0.1)
    assert watched.pings == ["ok"]
    assert watched.said == ["resuelto"]
    watched.days(1)
    assert watched.pings == ["/start", "ok"]


def test_the_body_says_why(watched: Watched) -> None:
    watched.tick()
    done = watched.heartbeat.told[-1].body
    assert "31 documentos" in done and str(watched.world.folder) in done
    watched.unreadable("clients")
    watched.clock.moment += timedelta(days=1)
    watched.tick()
    assert "clients" in watched.heartbeat.told[-1].body
    [message] = [told.message for told in watched.messages.told]
    assert "clients" in message["message"] and str(watched.world.folder) in message["message"]


@pytest.mark.parametrize("way", ["run", "api", "thread"])
def test_manual_tries_are_told_too(watched: Watched, way: str) -> None:
    done = threading.Event()

    def once() -> None:
        if way == "run":
            watched.world.run("run", "--quiet")
        elif way == "api":
            create_backup(watched.world.folder)
        else:
            done.clear()
            assert scheduler.run_now()
            assert done.wait(60)
            wait_until(lambda: not scheduler.in_progress)

    watched.variables.setenv("BACKUP_HOUR", "23:59")
    scheduler = BackupScheduler(
        watched.world.folder,
        on_backup_complete=lambda _: done.set(),
        on_backup_error=lambda _: done.set(),
        clock=watched.clock,
    )
    if way == "thread":
        scheduler.start()
    once()
    assert watched.pings == ["/start", "ok"]
    watched.unreadable("clients")
    once()
    assert watched.pings == ["/start", "/fail"]
    once()
    assert watched.pings == []
    assert scheduler.stop()


def test_a_part_is_no_day_s_backup(watched: Watched) -> None:
    """It neither keeps the heartbeat going nor ends the alarm of the daily one."""
    watched.tick()
    watched.unreadable("clients")
    watched.days(1)
    assert (watched.pings[-1], watched.said) == ("/fail", ["el backup falla"])
    part = BackupRequest(scope=Scope(collections=("invoices",)))
    assert manual_backup.back_up(watched.settings, part, clock=watched.clock).complete
    watched.tick()
    assert (watched.pings, watched.said) == ([], [])


def test_a_held_lock_is_silent(watched: Watched) -> None:
    with watched.world.store().locked():
        watched.world.run("run").failed(11)
        watched.tick()
    assert watched.pings == []
    assert watched.said == []


def test_not_due_it_is_silent_and_offline(watched: Watched) -> None:
    watched.clock.moment = watched.clock.moment.replace(hour=1)
    watched.tick()
    assert (watched.pings, watched.said) == ([], [])


def test_interrupted_is_a_failure_for_the_heartbeat_alone(watched: Watched) -> None:
    stop = Stop()
    with pytest.raises(FacotBackupsError, match="Interrumpido"):
        manual_backup.back_up(watched.settings, BackupRequest(), lambda _: stop.request(), stop=stop)
    assert watched.pings == ["/start", "/fail"]
    assert watched.said == []


# --- never a flood ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_disk_unplugged_for_days_is_one_alert_and_one_recovery(watched: Watched) -> None:
    watched.days(1)
    watched.pings.clear()
    away = watched.world.folder.with_name("desconectado")
    watched.world.folder.rename(away)
    watched.days(4, QUARTER)
    assert watched.said == ["el backup falla"]
    assert watched.pings == ["/start", "/fail"]
    away.rename(watched.world.folder)
    watched.days(2)
    assert watched.said == ["resuelto"]
    assert watched.pings[:1] == ["ok"]


def test_no_network_for_days(watched: Watched) -> None:
    watched.days(1)
    watched.variables.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{closed_port()}")
    watched.clock.moment += timedelta(hours=12)
    for _ in range(20):
        watched.clock.moment += timedelta(hours=2)
        watched.tick()
    assert watched.said == ["el backup falla"]
    watched.variables.setenv("FIRESTORE_EMULATOR_HOST", watched.world.server.host)
    watched.days(1)
    assert watched.said == ["resuelto"]


def test_staleness_is_noticed_though_no_try_is_made(watched: Watched) -> None:
    """Somebody holds the lock for good: no try fails, and none succeeds."""
    watched.days(1)
    with watched.world.store().locked():
        watched.days(2.5, QUARTER)
        assert watched.said == ["no hay backup reciente"]
    watched.days(1)
    assert watched.said == ["resuelto"]


def test_a_weekend_off_is_no_alarm(watched: Watched) -> None:
    watched.days(1)
    for hour in (1, 3, 9):  # before the backup's hour, and after it
        watched.clock.moment = (watched.clock.moment + timedelta(days=3)).replace(hour=hour)
        watched.days(0.1, QUARTER)
    assert watched.said == []


def test_a_great_loss_is_told_until_somebody_accepts_it(watched: Watched) -> None:
    watched.days(2)
    watched.world.delete(*(f"invoices/{number}" for number in range(27)))
    watched.days(1)
    assert watched.said == ["faltan datos en Firestore"]
    watched.days(1)
    assert watched.said == []
    watched.world.run("cleanup", "--accept-anomaly")
    watched.days(1)
    assert watched.said == ["resuelto"]


def test_a_spoilt_journal_is_told_once_however_the_disk_stutters(watched: Watched) -> None:
    watched.tick()
    watched.world.delete("invoices/1")
    report = watched.world.run("restore", "latest", "--yes", "--json").report
    path = journal.path_of(watched.world.folder, report["restore"])
    whole = path.read_bytes()
    watched.tick()
    assert watched.said == []
    with FlakyDisk(path.name, errno.EIO).fails():
        path.touch()
        watched.tick()
    assert watched.said == ["no se pudo leer un backup"]
    watched.tick()
    assert watched.said == ["resuelto"]
    path.write_bytes(whole.replace(b'"do"', b'"d\0"', 1))
    watched.tick()
    [told] = watched.messages.told
    assert "el diario de una restauración está dañado" in told.message["title"]
    assert report["pre_restore"] in told.message["message"]
    assert watched.said
    with FlakyDisk(path.name, errno.EIO).fails():
        path.touch()
        watched.tick()
    assert watched.said == ["no se pudo leer un backup"], "nobody can say that the damage is over"
    watched.tick()
    assert watched.said == ["resuelto"]
    path.write_bytes(whole)
    watched.tick()
    assert watched.said == ["resuelto"]


def test_damage_is_told_with_what_is_still_good(watched: Watched) -> None:
    watched.days(2)
    names = watched.world.published()
    rotten = watched.world.folder / names[0] / "invoices.json"
    rotten.chmod(0o600)
    rotten.write_bytes(rotten.read_bytes().replace(b"1", b"2", 1))
    watched.world.run("verify", names[0])
    watched.tick()
    [told] = watched.messages.told
    assert "dañado" in told.message["title"]
    assert names[0] in told.message["message"] and names[1] in told.message["message"]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_state_that_cannot_be_saved_is_no_flood(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    """The system's disk is full, the backups' is not: nothing is remembered but the time of a file.

    Where it is read-only, not even that.
    """
    watched.tick()

    def refused(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    if read_only:
        monkeypatch.setattr(os, "utime", refused)
    real = atomic.write_file

    def full(path: Path, *arguments: Any) -> None:
        if watched.world.state in path.parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, *arguments)

    monkeypatch.setattr(atomic, "write_file", full)
    watched.unreadable("clients")
    with endpoint() as third:
        urls = f"{watched.messages.json_url('/aviso')} {third.json_url()}"
        watched.variables.setenv("BACKUP_NOTIFY_URLS", urls)
        watched.days(3, timedelta(hours=1))
        said = watched.said
        assert 1 <= len(said) <= (12 if read_only else 4)
        assert len(third.told) == len(said), "all channels hear it"
    watched.readable()
    monkeypatch.setattr(atomic, "write_file", real)
    watched.days(1)
    assert len(watched.said) <= 2


def test_two_processes_tell_once(watched: Watched) -> None:
    """Many look at the same moment: one of them speaks."""
    watched.days(1)
    watched.messages.told.clear()
    watched.world.folder.rename(watched.world.folder.with_name("otra"))
    watched.clock.moment += timedelta(days=1)
    watched.messages.slow = threading.Event()
    watched.variables.setenv("BACKUP_HEALTHCHECK_URL", "")
    threads = [threading.Thread(target=watched.tick) for _ in range(6)]
    for thread in threads:
        thread.start()
    watched.messages.slow.set()
    for thread in threads:
        thread.join()
    assert watched.said == ["el backup falla"]
