"""`run --if-due` and `schedule`: what cron and servers call, in processes of their own where it matters."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from facot_backups.app import scheduled_work
from facot_backups.app.scheduler import BackupScheduler
from facot_backups.archive.ledger import COMPLETE
from facot_backups.clock import SystemClock
from facot_backups.emulator.faults import Fault
from facot_backups.events import ignore
from facot_backups.operations.schedule.scheduled_run import run_if_due
from facot_backups.operations.verification.verify import verify
from facot_backups.settings import load_settings
from tests.end_to_end.world import World

PATIENCE = 60
# Beside a thread in each round, and rounds.
PROCESSES, ROUNDS = 2, 200


@pytest.fixture
def due(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which the backup is due at any hour of the day."""
    monkeypatch.setenv("BACKUP_HOUR", "00:00")
    return world


def kinds(world: World) -> list[str]:
    return [f"{entry['kind']} {entry['outcome']}" for entry in world.ledger()]


def test_due_it_backs_up_proves_and_drills(due: World) -> None:
    ran = due.run("run", "--if-due", "--quiet")
    assert (ran.code, ran.out) == (0, ""), ran
    backup = due.backups()[0]
    metadata = backup.proven()
    assert (metadata.trigger, metadata.scheduled_for) == ("scheduled", metadata.backup_date)
    assert kinds(due) == ["run COMPLETE", "proof COMPLETE", "drill STARTED", "proof COMPLETE"]
    assert [entry.get("drill", False) for entry in due.ledger()] == [False, False, False, True]
    again = due.run("run", "--if-due")
    assert (again.code, again.out, again.err) == (0, "", "")
    told = due.run("run", "--if-due", "--json")
    assert (told.report["due"], told.report["exit_code"]) == (False, 0)
    assert "ya está hecho" in told.report["reason"]
    assert len(due.published()) == 1


def test_rot_in_an_older_backup_is_told_with_what_is_still_good(due: World) -> None:
    due.run("run", "--quiet", "--collection", "invoices")
    (old,) = due.backups()
    file = old.path / "invoices.json"
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-9])
    ran = due.run("run", "--if-due")
    new, _ = due.backups()
    ran.failed(20, f"un backup antiguo está dañado: {old.name} (invoices.json", f"Sigue entero: {new.name}.")
    assert new.complete, "the backup of the day is there all the same"
    assert kinds(due)[-1] == "proof DAMAGED"
    assert due.run("run", "--if-due").code == 0, "told once"


def test_before_the_hour_nothing_is_touched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_HOUR", "23:59")
    ran = world.run("run", "--if-due")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert not world.folder.exists()


@pytest.mark.slow
def test_not_due_it_imports_nothing_of_googles(due: World) -> None:
    due.run("run", "--if-due", "--quiet")
    words = due.command("run", "--if-due")
    words[words.index("-c") + 1] = (
        "import sys; from facot_backups.ui.cli import main; code = main(); "
        "print('google' in sys.modules or 'grpc' in sys.modules); sys.exit(code)"
    )
    ran = due._execute(words, {"BACKUP_HOUR": "00:00"})
    assert (ran.code, ran.out) == (0, "False\n"), ran


@pytest.mark.parametrize(
    "option", [["--dry-run"], ["--adopt-source"], ["--create"], ["--collection", "items"]]
)
def test_it_is_always_the_configured_backup(due: World, option: list[str]) -> None:
    due.run("run", "--if-due", *option).failed(2, "--if-due")


def test_a_failure_is_remembered_and_the_next_try_waits(due: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduled_work, "_NETWORK_SECONDS", 0.0)
    host = due.server.host
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    due.run("run", "--if-due").failed(10, "Firestore no disponible")
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
    told = due.run("run", "--if-due", "--json")
    assert (told.code, told.report["due"]) == (0, False)
    assert "falló 1 vez" in told.report["reason"]
    assert due.run("run", "--quiet").code == 0, "a person may"
    assert "ya está hecho" in due.run("run", "--if-due", "--json").report["reason"]


def test_a_disk_that_is_gone_is_a_try_that_the_state_remembers(
    due: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    due.run("run", "--collection", "invoices", "--quiet")
    gone = due.folder.with_name("elsewhere")
    due.folder.rename(gone)
    due.run("run", "--if-due").failed(13, "disco desconectado")
    assert (due.run("run", "--if-due").code, due.run("run", "--if-due").err) == (0, ""), (
        "until it may try again"
    )
    (attempt,) = [found for found in due.store().state.tries(due.folder) if found.trigger == "scheduled"]
    assert (attempt.outcome, attempt.reads, attempt.read_data) == ("FAILED", 0, False)
    assert "disco desconectado" in str(attempt.error)
    gone.rename(due.folder)
    assert "falló 1 vez" in due.run("run", "--if-due", "--json").report["reason"]


def test_an_incomplete_backup_is_a_failure_that_read_data(due: World) -> None:
    from grpc import StatusCode

    due.write("clients/1")
    fault = Fault("*", "error", collection="clients", code=StatusCode.PERMISSION_DENIED)
    due.server.local.add_fault(fault)
    assert due.run("run", "--if-due", "--quiet").code == 3
    (attempt,) = due.store().state.tries(due.folder)
    assert (attempt.outcome, attempt.read_data) == ("INCOMPLETE", True)
    assert kinds(due) == ["run INCOMPLETE"], "no proof, no retention"


class Later(SystemClock):
    """Half an hour from now: the wait after a failed try is over."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=30)

    def zone(self) -> ZoneInfo:
        return self._zone


def noon_zone() -> str:
    """A zone in which it is about noon now, so that no test meets midnight."""
    behind = SystemClock().now().hour - 12
    return f"Etc/GMT{behind:+}"


@pytest.mark.slow
@pytest.mark.parametrize("step", range(3, 60, 4))
def test_killed_at_any_step_it_makes_one_backup_in_the_end(due: World, step: int) -> None:
    """Also between publishing and the ledger: no second backup, and what is there gets its proof."""
    program = (
        "import os, sys\n"
        "from facot_backups import atomic\n"
        "left = [int(sys.argv.pop())]\n"
        "def dying(name):\n"
        "    real = getattr(os, name)\n"
        "    def step(*args, **kwargs):\n"
        "        left[0] -= 1\n"
        "        if left[0] == 0: os._exit(9)\n"
        "        return real(*args, **kwargs)\n"
        "    setattr(os, name, step)\n"
        "for name in ('rename', 'replace', 'fsync', 'ftruncate', 'unlink', 'rmdir', 'mkdir'): dying(name)\n"
        "from facot_backups.ui.cli import main\n"
        "sys.exit(main())\n"
    )
    words = due.command("run", "--if-due", "--quiet")
    words[words.index("-c") + 1] = program
    zone = noon_zone()
    killed = due._execute([*words, str(step)], {"BACKUP_HOUR": "00:00", "TZ": zone})
    assert killed.code in (0, 9), killed
    for _ in range(2):
        run_if_due(scheduled_work.job(load_settings({"backup_dir": due.folder}), due.emit, clock=Later(zone)))
    scheduled = [b for b in due.backups() if b.proven().trigger == "scheduled"]
    assert len(scheduled) == 1 and scheduled[0].complete
    assert verify(scheduled[0]).sound
    assert due.leftovers() == []
    name = str(scheduled[0].name)
    assert any(
        e["kind"] == "proof" and e["backup"] == name and e["outcome"] == COMPLETE for e in due.ledger()
    )


@contextmanager
def racers(world: World) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that call `run --if-due` on each folder that they are told, and tell its exit code."""
    words = world.command("run", "--if-due", "--quiet")
    words[words.index("-c") + 1] = (
        "import sys\nfrom facot_backups.ui.cli import main\n"
        "for line in sys.stdin: print(main([*sys.argv[1:-1], line.strip()]), flush=True)\n"
    )
    with ExitStack() as stack:
        found = []
        for _ in range(PROCESSES):
            racer = subprocess.Popen(
                words,
                env=world.environment(BACKUP_HOUR="00:00"),
                cwd=world.state.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
            stack.enter_context(racer)
            stack.callback(racer.kill)
            found.append(racer)
        yield found


@pytest.mark.slow
def test_processes_and_a_thread_race_for_one_backup(due: World, tmp_path: Path) -> None:
    """One winner in each round; who came second is refused, or sees that it is done."""
    errors: list[Any] = []
    with racers(due) as contenders:
        for turn in range(ROUNDS):
            due.folder = tmp_path / f"ronda{turn}"
            scheduler = BackupScheduler(due.folder, on_backup_error=errors.append)
            scheduler.start()
            for contender in contenders:
                assert contender.stdin is not None
                contender.stdin.write(f"{due.folder}\n")
                contender.stdin.flush()
            codes = [contender.stdout.readline().strip() for contender in contenders if contender.stdout]
            end = time.monotonic() + PATIENCE
            while not (due.backups() and kinds(due)[-1:] != ["run COMPLETE"]):
                assert time.monotonic() < end
                time.sleep(0.005)
            assert scheduler.stop(PATIENCE)
            assert set(codes) <= {"0", "11"}, codes
            assert errors == []
            assert len(due.published()) == 1
            assert kinds(due).count("run COMPLETE") == 1
            assert due.leftovers() == []
            (made,) = due.backups()
            assert verify(made).sound
            shutil.rmtree(due.folder)


def test_who_waited_for_the_lock_asks_again(due: World) -> None:
    """Another made it between the look and the lock."""
    settings = load_settings({"backup_dir": due.folder})
    store = scheduled_work.job(settings, ignore).store
    real, others = store.locked, []

    @contextmanager
    def locked(**options: Any) -> Iterator[Any]:
        others.append(run_if_due(scheduled_work.job(settings, ignore)))
        with real(**options) as found:
            yield found

    store.locked = locked  # type: ignore[method-assign]
    late = run_if_due(replace(scheduled_work.job(settings, ignore), store=store))
    assert [other.backup is not None for other in others] == [True]
    assert (late.decision.standing, late.backup) == ("done", None)
    assert kinds(due).count("run COMPLETE") == 1


# --- schedule -----------------------------------------------------------------------------------------------


@pytest.fixture
def serving(due: World) -> Iterator[subprocess.Popen[str]]:
    """`schedule` in a process of its own, ended by its pid."""
    with subprocess.Popen(
        due.command("schedule", "--log-file", "backups.log"),
        env=due.environment(BACKUP_HOUR="00:00"),
        cwd=due.state.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        yield process
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_schedule_logs_as_facot_documents_and_ends_cleanly(
    due: World, serving: subprocess.Popen[str], number: signal.Signals
) -> None:
    log = due.state.parent / "backups.log"
    end = time.monotonic() + PATIENCE
    while not (log.exists() and "[RETENTION]" in log.read_text(encoding="utf-8")):
        assert time.monotonic() < end and serving.poll() is None
        time.sleep(0.05)
    serving.send_signal(number)
    out, err = serving.communicate(timeout=PATIENCE)
    assert (serving.returncode, out, "Traceback" in err) == (0, "", False), err
    text = log.read_text(encoding="utf-8")
    assert text.splitlines() == err.splitlines()
    name = due.published()[0]
    for form in (
        r"\[SCHEDULER\] Iniciando backup programado: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$",
        r"\[BACKUP\] Exportados 2 documentos de invoices$",
        rf"\[BACKUP\] Backup completado: {re.escape(str(due.folder))}/{name}$",
        r"\[RETENTION\] Limpieza completada: 0 eliminados, 1 conservados$",
        r"\[SCHEDULER\] Scheduler detenido$",
    ):
        assert re.search(form, text, re.MULTILINE), form


@pytest.mark.slow
def test_sigterm_in_mid_backup_leaves_nothing(due: World) -> None:
    for words in (["schedule"], ["run", "--if-due", "--quiet"]):
        reached, release = threading.Event(), threading.Event()

        def block(_request: object, reached: Any = reached, release: Any = release) -> bool:
            reached.set()
            return not release.wait(PATIENCE)

        due.server.local.add_fault(Fault("RunQuery", "error", when=block))
        with subprocess.Popen(
            due.command(*words),
            env=due.environment(BACKUP_HOUR="00:00", FACOT_BACKUPS_STATE_DIR=str(due.state) + words[0]),
            cwd=due.state.parent,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            try:
                assert reached.wait(PATIENCE)
                process.terminate()
                _, err = process.communicate(timeout=PATIENCE)
            finally:
                release.set()
                process.kill()
        due.server.local.clear_faults()
        assert "Traceback" not in err
        assert process.returncode == (0 if words[0] == "schedule" else 130), err
        due.nothing_happened("INTERRUPTED")
        (due.folder / ".facot/ledger.jsonl").unlink()  # its line would make the next one wait


def test_schedule_tells_a_wrong_setting_at_once(due: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_HOUR", "25:00")
    ran = due.run("schedule")
    assert ran.code == 2
    assert "backup_hour" in ran.err
    monkeypatch.setenv("BACKUP_HOUR", "02:00")
    due.run("schedule", "--log-file", str(due.state / "no" / "hay.log")).failed(2, "hay.log", "registro")
