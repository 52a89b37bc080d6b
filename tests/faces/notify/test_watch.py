"""What people hear of real runs: row by row of what may happen to a day's backup, and never a flood."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from facot_backups import atomic
from facot_backups.errors import FacotBackupsError
from facot_backups.events import ignore
from facot_backups.faces import daily, wiring
from facot_backups.faces.api import create_backup
from facot_backups.faces.notify import services
from facot_backups.faces.notify.heartbeat import RETRY
from facot_backups.faces.scheduler import BackupScheduler
from facot_backups.local.faults import Fault
from facot_backups.local.server import LocalFirestore
from facot_backups.model import Scope
from facot_backups.operations.backup import BackupRequest
from facot_backups.operations.health.alerts import PATIENCE
from facot_backups.operations.schedule import awake
from facot_backups.operations.schedule.due import decide
from facot_backups.operations.schedule.scheduled_run import facts_of, unproven
from facot_backups.operations.stopping import Stop
from facot_backups.settings import Settings, load_settings
from tests.end_to_end.world import PatientClock, World, make_world
from tests.faces.notify.conftest import SECRET, Ear
from tests.support.endpoints import Endpoint, closed_port, endpoint
from tests.support.servers import FirestoreServer

QUARTER = timedelta(minutes=15)
HIDDEN = "s3cr3t0"


@dataclass
class Watched:
    """A world whose clock and Firestore's are one, and what its heartbeat and its messages were told."""

    world: World
    heartbeat: Endpoint
    messages: Endpoint
    variables: pytest.MonkeyPatch

    @property
    def clock(self) -> PatientClock:
        return self.world.clock

    @property
    def settings(self) -> Settings:
        return load_settings({"backup_dir": self.world.folder})

    @property
    def pings(self) -> list[str]:
        """The signals so far; the list begins anew."""
        found = [told.path.removeprefix("/latido") or "ok" for told in self.heartbeat.told]
        self.heartbeat.told.clear()
        return found

    @property
    def said(self) -> list[str]:
        """The titles of the messages so far, without the product's name; the list begins anew."""
        found = [told.message["title"].removeprefix("FACOT Backups: ") for told in self.messages.told]
        self.messages.told.clear()
        return found

    def tick(self) -> None:
        """What the system's timer does every 15 minutes, at the present instant of the clock."""
        settings = self.settings
        job = daily.job(settings, ignore, clock=self.clock)
        awake.tick(job.store)
        try:
            facts = facts_of(job.store, job.hour, job.scope)
            if decide(facts).due or unproven(job.store, facts) is not None:
                daily.run(settings, ignore, clock=self.clock)
            else:
                daily.look(settings, self.clock)
        except FacotBackupsError:
            pass  # the exit code tells

    def days(self, number: float, step: timedelta = timedelta(hours=3)) -> None:
        """Time passes, with a tick after each step."""
        end = self.clock.moment + timedelta(days=number)
        while self.clock.moment < end:
            self.clock.moment += step
            self.tick()

    def unreadable(self, collection: str) -> None:
        fault = Fault("*", "error", collection=collection, code=grpc.StatusCode.PERMISSION_DENIED)
        assert self.world.server.local is not None
        self.world.server.local.add_fault(fault)

    def readable(self) -> None:
        assert self.world.server.local is not None
        self.world.server.local.clear_faults()


@pytest.fixture
def watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, server: Endpoint, other: Endpoint
) -> Iterator[Watched]:
    clock = PatientClock()
    with LocalFirestore(clock=clock) as local:
        world = make_world(FirestoreServer(local.host, "memory", local=local), tmp_path, monkeypatch, capsys)
        world.clock = clock
        monkeypatch.setenv("BACKUP_HOUR", "02:00")
        monkeypatch.setenv("BACKUP_HEALTHCHECK_URL", server.url("/latido"))
        monkeypatch.setenv("BACKUP_NOTIFY_URLS", other.json_url("/aviso"))
        for number in range(30):
            world.write(f"invoices/{number}")
        world.write("clients/1")
        yield Watched(world, server, other, monkeypatch)


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
    assert wiring.back_up(watched.settings, part, clock=watched.clock).complete
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
        wiring.back_up(watched.settings, BackupRequest(), lambda _: stop.request(), stop=stop)
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


# --- what cannot be sent ------------------------------------------------------------------------------------


def test_what_did_not_arrive_is_sent_later_and_once(watched: Watched) -> None:
    watched.heartbeat.status = watched.messages.status = 500
    watched.unreadable("clients")
    watched.tick()
    assert (len(watched.pings), len(watched.said)) == (2, 1)
    watched.tick()
    assert (watched.pings, watched.said) == ([], []), "not at every tick"
    watched.heartbeat.status = watched.messages.status = 200
    watched.clock.moment += RETRY + timedelta(minutes=1)
    watched.tick()
    assert (watched.pings, watched.said) == (["/start", "/fail"], ["el backup falla"])
    watched.days(0.4)
    assert (watched.pings, watched.said) == ([], [])


def test_a_success_that_nobody_heard_of_is_told_later(watched: Watched) -> None:
    watched.heartbeat.status = 500
    watched.tick()
    assert watched.pings == ["/start", "ok"]
    watched.heartbeat.status = 200
    watched.days(0.1, QUARTER)
    assert watched.pings == ["ok"]


def test_a_failure_that_nobody_heard_of_needs_no_recovery(watched: Watched) -> None:
    watched.messages.status = 500
    watched.unreadable("clients")
    watched.tick()
    watched.readable()
    watched.messages.status = 200
    watched.said.clear()
    watched.days(1)
    assert watched.said == []


def test_a_new_channel_hears_what_stands(watched: Watched) -> None:
    watched.unreadable("clients")
    watched.tick()
    with endpoint() as third:
        urls = f"{watched.messages.json_url('/aviso')} {third.json_url()}"
        watched.variables.setenv("BACKUP_NOTIFY_URLS", urls)
        watched.days(0.1)
        assert len(third.told) == 1
    assert watched.said == ["el backup falla"]


@pytest.mark.parametrize("how", ["down", "500", "drips", "hangs"])
def test_no_bad_server_fails_a_backup_or_shows_a_secret(
    watched: Watched, ear: Ear, hasty: None, how: str
) -> None:
    watched.heartbeat.status = watched.messages.status = 500 if how == "500" else 200
    watched.heartbeat.drips = watched.messages.drips = how == "drips"
    if how == "hangs":
        watched.heartbeat.slow, watched.messages.slow = threading.Event(), threading.Event()
    ports = [closed_port() if how == "down" else bad.port for bad in (watched.heartbeat, watched.messages)]
    rest = f"{SECRET}:{SECRET}@127.0.0.1:%d/{SECRET}?+token={SECRET}"
    watched.variables.setenv("BACKUP_HEALTHCHECK_URL", f"http://{rest % ports[0]}")
    watched.variables.setenv("BACKUP_NOTIFY_URLS", f"json://{rest % ports[1]}")
    watched.variables.setenv("BACKUP_ON_ERROR", f"echo curl {SECRET}; exit 1")
    watched.unreadable("clients")
    bad = watched.world.run("run", "--verbose")
    watched.readable()
    good = watched.world.run("run", "--verbose")
    test = watched.world.run("notify", "test", "--verbose", "--json")
    config = watched.world.run("config", "--offline")
    assert (bad.code, good.code, test.code, config.code) == (3, 0, 14, 0)
    assert watched.world.outcomes()[:2] == ["INCOMPLETE", "COMPLETE"]
    ledger = json.dumps(watched.world.ledger())
    assert "No se pudo avisar" in ear.text and "on_error" in ear.text
    heard = f"{ear.text}{ledger}" + "".join(f"{r.out}{r.err}" for r in (bad, good, test, config))
    assert HIDDEN not in heard.lower()


@pytest.mark.slow
def test_a_dripping_server_keeps_no_program_from_ending(watched: Watched) -> None:
    watched.heartbeat.drips = watched.messages.drips = True
    program = (
        "import sys; from facot_backups.faces.notify import ping, services; "
        "ping.SECONDS = services.SECONDS = 0.3; "
        "from facot_backups.faces.cli import main; sys.exit(main(['notify', 'test']))"
    )
    command = watched.world.command()
    command[command.index("-c") + 1] = program
    variables = {name: os.environ[name] for name in ("BACKUP_HEALTHCHECK_URL", "BACKUP_NOTIFY_URLS")}
    done = subprocess.run(
        command, env=watched.world.environment(**variables), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 14


# --- commands -----------------------------------------------------------------------------------------------

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
def test_what_follows_a_backup_made_by_hand(watched: Watched, noted: Callable[[], list[list[str]]]) -> None:
    """It serves the day: the scheduler proves it and cleans up, and nobody hears of it a second time."""
    watched.variables.setenv("BACKUP_RETENTION_DAYS", "4")
    for _ in range(9):
        wiring.back_up(watched.settings, BackupRequest(), clock=watched.clock)
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
    damaged = wiring.back_up(watched.settings, BackupRequest(), clock=watched.clock)
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
    made = wiring.back_up(watched.settings, BackupRequest(), clock=watched.clock)
    watched.pings.clear()
    away = watched.world.folder.with_name("desconectado")
    watched.world.folder.rename(away)
    watched.variables.setenv("BACKUP_BEFORE_BACKUP", f'mv "{away}" "$FACOT_BACKUPS_DIR"')
    watched.tick()
    assert watched.pings == ["/start", "ok"]
    assert str(made.name) in watched.world.published()
    assert watched.said == []


@needs_sh
def test_who_listens_waits_for_no_command(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, ear: Ear, tmp_path: Path
) -> None:
    """Also who closes the program while a copy elsewhere is made has heard of the backup."""
    from facot_backups.faces import scheduler as module

    monkeypatch.setattr(module, "TICK_SECONDS", 0.01)
    begun = tmp_path / "copia"
    watched.variables.setenv("BACKUP_AFTER_BACKUP", f"touch {begun}; exec sleep 600")
    heard: list[Any] = []
    one = BackupScheduler(watched.world.folder, on_backup_complete=heard.append, clock=watched.clock)
    one.start()
    wait_until(begun.exists)
    assert (len(heard), one.in_progress) == (1, True)
    assert "[BACKUP] Backup completado: " in ear.text
    assert one.stop()
    assert len(heard) == 1
    assert "La orden after_backup se interrumpió" in ear.text


@needs_sh
def test_a_command_that_fails_or_hangs_fails_no_backup(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, ear: Ear
) -> None:
    from facot_backups.faces.notify import hooks

    real = hooks.run_hook
    monkeypatch.setattr(hooks, "run_hook", lambda command, facts, _s, stop: real(command, facts, 0.2, stop))
    watched.variables.setenv("BACKUP_BEFORE_BACKUP", "echo ay; exit 5")
    watched.variables.setenv("BACKUP_AFTER_BACKUP", "exec sleep 60")
    watched.tick()
    assert watched.world.outcomes()[0] == "COMPLETE"
    assert "La orden before_backup terminó con código 5. Lo último que escribió: ay" in ear.text
    assert "La orden after_backup no terminó" in ear.text
    assert watched.pings == ["/start", "ok"]


# --- notify test --------------------------------------------------------------------------------------------


def test_notify_test(watched: Watched) -> None:
    watched.variables.setenv("BACKUP_ON_ERROR", "exit 0")
    told = watched.world.run("notify", "test")
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "✓ healthcheck_url              llegó",
        "✓ notify_urls[1] (json)        llegó",
        "✓ on_error                     la orden terminó bien",
    ]
    assert watched.pings == ["/log"]
    assert watched.said == ["prueba de avisos"]
    watched.heartbeat.statuses["/latido/log"] = 404
    watched.messages.status = 503
    failed = watched.world.run("notify", "test", "--json")
    assert watched.pings == ["/log", "ok"]
    assert (failed.code, failed.report["success"]) == (14, False)
    assert [(c["name"], c["arrived"]) for c in failed.report["channels"]] == [
        ("healthcheck_url", True),
        ("notify_urls[1] (json)", False),
        ("on_error", True),
    ]
    assert "503" in failed.report["channels"][1]["problem"]


def test_notify_test_says_that_nobody_would_be_told(world: World) -> None:
    world.run("notify", "test").failed(2, "healthcheck_url", "notify_urls")


# --- the scheduler's thread ---------------------------------------------------------------------------------


def wait_until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_thread_that_cannot_ask_firestore_still_notices_staleness(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facot_backups.faces import scheduler as module

    watched.tick()
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(module, "TICK_SECONDS", 0.01)
    watched.variables.delenv("FIRESTORE_EMULATOR_HOST")
    watched.variables.setenv("FIREBASE_CREDENTIALS", "no-hay.json")
    watched.clock.moment += timedelta(days=2, hours=1)
    one = BackupScheduler(watched.world.folder, clock=watched.clock)
    assert one.start()
    state = watched.world.store().state
    wait_until(lambda: state.alert(watched.world.folder, "stale-since"))
    watched.clock.moment += PATIENCE
    wait_until(lambda: watched.messages.told)
    assert one.stop()
    assert watched.said == ["no hay backup reciente"]


@pytest.mark.slow
def test_a_stop_waits_for_no_server_and_no_command(watched: Watched, hasty: None) -> None:
    """Also in the middle of a message that hangs: it is sent at the next start."""
    watched.tick()
    watched.messages.slow = threading.Event()
    watched.variables.setenv("BACKUP_HEALTHCHECK_URL", "")
    watched.variables.setenv("BACKUP_ON_ERROR", "exec sleep 600")
    watched.unreadable("clients")
    watched.clock.moment += timedelta(days=1)
    services.SECONDS = 600.0  # `hasty` puts it back
    one = BackupScheduler(watched.world.folder, clock=watched.clock)
    assert one.start()
    wait_until(lambda: watched.messages.told)
    assert one.stop()
    watched.messages.slow.set()
