"""The scheduler's thread: it starts, stops in mid-backup, waits for its configuration, and tells."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from facot_backups.app import scheduler as module
from facot_backups.app.backup_result import BackupResult
from facot_backups.app.scheduler import BackupScheduler, get_backup_scheduler
from facot_backups.emulator.faults import Fault
from tests.end_to_end.world import World
from tests.support.waiting import PATIENCE, wait_until


@pytest.fixture
def at_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Due at any hour of the day at which the tests run."""
    monkeypatch.setenv("BACKUP_HOUR", "00:00")


@pytest.fixture
def made(world: World, at_midnight: None) -> Iterator[Callable[..., BackupScheduler]]:
    """Makes schedulers of the world's folder; all are stopped at the end."""
    schedulers: list[BackupScheduler] = []

    def make(**arguments: Any) -> BackupScheduler:
        schedulers.append(BackupScheduler(world.folder, **arguments))
        return schedulers[-1]

    yield make
    for one in schedulers:
        assert one.stop(PATIENCE)


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("facot-backups")]


class Results:
    """What the callbacks got, and an event for each kind."""

    def __init__(self) -> None:
        self.complete: list[BackupResult] = []
        self.errors: list[BackupResult] = []
        self.progress: list[Any] = []
        self.told = threading.Event()

    @property
    def callbacks(self) -> dict[str, Any]:
        def keep(kept: list[BackupResult]) -> Callable[[BackupResult], None]:
            def tell(result: BackupResult) -> None:
                kept.append(result)
                self.told.set()

            return tell

        return {
            "on_backup_complete": keep(self.complete),
            "on_backup_error": keep(self.errors),
            "on_progress": self.progress.append,
        }


@pytest.mark.slow
def test_it_makes_the_backup_that_is_due_and_tells(
    world: World, made: Callable[..., BackupScheduler], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "facot_backups")
    results = Results()
    scheduler = made(**results.callbacks)
    assert not scheduler.is_running()
    assert scheduler.start()
    assert not scheduler.start(), "it runs already"
    assert results.told.wait(PATIENCE)
    wait_until(
        lambda: (
            (scheduler.get_status()["waiting_reason"] or "").endswith("0 conservados")
            or not scheduler.get_status()["in_progress"]
        )
    )
    result = results.complete[0]
    assert (result["success"], result["total_documents"], results.errors) == (True, 2, [])
    assert {"reading", "publishing", "verifying"} <= {seen["phase"] for seen in results.progress}
    status = scheduler.get_status()
    assert status["running"] and scheduler.is_running()
    assert (status["backup_hour"], status["retention_days"]) == ("00:00", 30)
    assert status["backup_dir"] == str(world.folder)
    assert (status["today_backup_exists"], status["scheduled_done_today"]) == (True, True)
    assert (status["total_backups"], status["last_backup"]) == (1, result["date"])
    assert (status["last_error"], status["consecutive_failures"]) == (None, 0)
    assert status["last_run"] is not None and status["last_run"]["success"]
    assert status["next_backup"] is not None and status["next_backup"] > result["date"]
    wait_until(lambda: "[RETENTION] Limpieza completada: 0 eliminados, 1 conservados" in caplog.text)
    for line in (
        "[SCHEDULER] Iniciando backup programado: ",
        "[BACKUP] Exportados 2 documentos de invoices",
        f"[BACKUP] Backup completado: {result['backup_path']}",
    ):
        assert line in caplog.text
    assert [entry["kind"] for entry in world.ledger()][:2] == ["run", "proof"]


@pytest.mark.slow
def test_run_now_makes_one_more(world: World, made: Callable[..., BackupScheduler]) -> None:
    results = Results()
    scheduler = made(**results.callbacks)
    assert not scheduler.run_now(), "it was not started"
    scheduler.start()
    wait_until(lambda: results.complete)
    assert scheduler.run_now()
    wait_until(lambda: len(results.complete) == 2)
    assert [entry["trigger"] for entry in world.ledger() if entry["kind"] == "run"] == ["scheduled", "manual"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["RunQuery", "RunAggregationQuery", "BatchGetDocuments"])
def test_a_stop_in_mid_backup_leaves_nothing(
    world: World, made: Callable[..., BackupScheduler], method: str
) -> None:
    reached, release = threading.Event(), threading.Event()

    def block(_request: object) -> bool:
        reached.set()
        return not release.wait(PATIENCE)

    world.server.local.add_fault(Fault(method, "error", when=block))
    results = Results()
    scheduler = made(**results.callbacks)
    scheduler.start()
    try:
        assert reached.wait(PATIENCE)
        assert scheduler.get_status()["in_progress"]
        assert scheduler.stop(PATIENCE)
        assert not scheduler.is_running()
    finally:
        release.set()
        world.server.local.clear_faults()
    assert (results.complete, results.errors) == ([], [])
    world.nothing_happened("INTERRUPTED")
    assert scheduler.start(), "and again"
    attempt = scheduler.get_status()["last_run"]
    assert attempt is not None and not attempt["success"]
    assert scheduler.get_status()["consecutive_failures"] == 0, "who stops a backup made no failure"


@pytest.mark.slow
def test_a_stop_in_mid_proof_is_no_failure(
    world: World, made: Callable[..., BackupScheduler], caplog: pytest.LogCaptureFixture
) -> None:
    """Of the backup just made, and of the proof made up for: the next life makes up for it once more."""
    caplog.set_level(logging.INFO, "facot_backups")

    def proofs() -> list[Any]:
        return [entry for entry in world.ledger() if entry["kind"] == "proof"]

    results = Results()
    scheduler = made(**results.callbacks)
    scheduler.on_progress = lambda seen: seen["phase"] == "verifying" and scheduler.stop(0)
    for _ in range(3):
        scheduler.start()
        wait_until(lambda: "facot-backups-scheduler" not in threads())
        assert (results.errors, scheduler.get_status()["last_error"], proofs()) == ([], None, [])
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    made().start()
    wait_until(proofs)


@pytest.mark.slow
def test_a_stop_while_it_waits_to_try_again(world: World, made: Callable[..., BackupScheduler]) -> None:
    """Firestore answers, then is gone: the reading waits longer and longer, up to a minute."""
    asked = threading.Event()

    def note(_request: object) -> bool:
        asked.set()
        return True

    world.server.local.add_fault(Fault("RunQuery", "error", when=note))
    scheduler = made()
    scheduler.start()
    assert asked.wait(PATIENCE)
    assert scheduler.stop(PATIENCE)
    world.nothing_happened("INTERRUPTED")


@pytest.mark.slow
def test_thousands_of_starts_leave_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state_dir: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "load_settings", refused)
    before = threads()
    scheduler = BackupScheduler(tmp_path / "backups")
    for turn in range(2000):
        assert scheduler.start()
        if turn % 3 == 0:
            scheduler.get_status()
        assert scheduler.stop(PATIENCE)
    assert threads() == before


def refused(*_: Any, **__: Any) -> Any:
    from facot_backups.errors import SettingError

    raise SettingError("backup_hour", "prueba", "no es una hora", "HH:MM")


@pytest.mark.slow
def test_starts_and_stops_from_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "load_settings", refused)
    before = threads()
    scheduler = BackupScheduler(tmp_path / "backups")

    def turn() -> None:
        for _ in range(200):
            scheduler.start()
            scheduler.run_now()
            scheduler.stop(PATIENCE)

    users = [threading.Thread(target=turn) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join(PATIENCE)
        assert not user.is_alive()
    assert scheduler.stop(PATIENCE)
    assert threads() == before


def test_without_firestore_it_waits_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    scheduler = BackupScheduler()
    scheduler.start()
    try:
        wait_until(lambda: scheduler.get_status()["waiting_reason"])
        status = scheduler.get_status()
        assert not status["running"] and not scheduler.is_running()
        assert "Scheduler no inicia: Firestore no disponible: no hay credenciales" in str(
            status["waiting_reason"]
        )
        assert "Scheduler no inicia" in caplog.text
        assert not (tmp_path / "backups").exists()
    finally:
        assert scheduler.stop(PATIENCE)
    assert scheduler.get_status()["waiting_reason"] == "El scheduler está parado."


@pytest.mark.slow
def test_a_configuration_that_becomes_right_is_noticed(
    world: World, at_midnight: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    config = world.state.parent / "facot_config.json"
    config.write_text('{"backups": {"backup_hour": "25:00"}}', encoding="utf-8")
    results = Results()
    scheduler = BackupScheduler(world.folder, **results.callbacks)
    monkeypatch.delenv("BACKUP_HOUR")
    scheduler.start()
    try:
        wait_until(lambda: "backup_hour" in str(scheduler.get_status()["waiting_reason"]))
        monkeypatch.chdir("/")  # the program goes elsewhere; the settings stay where they were
        right = {"backups": {"backup_hour": "00:00", "emulator_host": world.server.host}}
        config.write_text(json.dumps(right), encoding="utf-8")
        wait_until(lambda: results.complete)
        assert scheduler.is_running()
    finally:
        assert scheduler.stop(PATIENCE)


@pytest.mark.slow
def test_what_a_callback_raises_ends_nothing(world: World, made: Callable[..., BackupScheduler]) -> None:
    told = threading.Event()

    def fail(_: object) -> None:
        told.set()
        raise RuntimeError("del programa")

    scheduler = made(on_backup_complete=fail, on_progress=fail)
    scheduler.start()
    wait_until(lambda: world.folder.exists() and world.backups())
    assert told.wait(PATIENCE)
    assert scheduler.is_running()


@pytest.mark.slow
def test_a_callback_may_stop_it(world: World, made: Callable[..., BackupScheduler]) -> None:
    stopped: list[bool] = []
    scheduler: BackupScheduler = made(on_backup_complete=lambda _: stopped.append(scheduler.stop()))
    scheduler.start()
    wait_until(lambda: stopped)
    assert scheduler.stop(PATIENCE)
    assert len(world.backups()) == 1


def test_there_is_one_of_each_process() -> None:
    assert get_backup_scheduler() is get_backup_scheduler()


def program(world: World, code: str, *flags: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A program of FACOT's own kind that runs in the world's folder."""
    return subprocess.run(
        [sys.executable, "-B", *flags, "-c", textwrap.dedent(code)],
        env=world.environment(BACKUP_HOUR="00:00", BACKUP_DIR=str(world.folder), **more),
        cwd=world.state.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.slow
def test_a_windowed_program_has_no_streams(world: World) -> None:
    done = program(
        world,
        """
        import os, sys, time
        sys.stdin = sys.stdout = sys.stderr = None
        from utils.backups import start_backup_scheduler, stop_backup_scheduler
        from utils.backups.scheduler import get_backup_scheduler
        start_backup_scheduler()
        end = time.monotonic() + 50
        while not get_backup_scheduler().get_status()["scheduled_done_today"]:
            assert time.monotonic() < end
            time.sleep(0.05)
        os._exit(0 if stop_backup_scheduler() else 1)
        """,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(world.backups()) == 1


@pytest.mark.slow
def test_the_program_ends_when_it_wants_to(world: World) -> None:
    """Its main thread returns in mid-backup: the process ends, and the next run finds nothing half done."""
    release = threading.Event()
    world.server.local.add_fault(Fault("RunQuery", "error", when=lambda _: not release.wait(PATIENCE)))
    done = program(
        world,
        """
        import time
        from utils.backups import start_backup_scheduler
        scheduler = start_backup_scheduler()
        while not scheduler.get_status()["in_progress"]:
            time.sleep(0.05)
        time.sleep(1)
        print("fin")
        """,
    )
    release.set()
    assert (done.returncode, done.stdout) == (0, "fin\n"), done
    world.server.local.clear_faults()
    assert world.published() == []
    assert world.run("run", "--quiet").code == 0
    assert world.leftovers() == []
    assert len(world.published()) == 1
