"""What the scheduler's thread tells, to whom first, and that nobody waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from facot_backups.app.alerts import services
from facot_backups.app.scheduler import BackupScheduler
from facot_backups.emulator.faults import Fault
from facot_backups.operations.health import alerts
from tests.support.waiting import PATIENCE, wait_until
from tests.ui.notify.conftest import Ear
from tests.ui.notify.watched import Watched

needs_sh = pytest.mark.skipif(os.name != "posix", reason="the commands are for sh")


@pytest.fixture
def refused(watched: Watched) -> Watched:
    """Firestore lets nobody in: the day's backup fails, without a folder."""
    watched.variables.setenv("BACKUP_HOUR", "00:00")
    assert watched.world.server.local is not None
    watched.world.server.local.add_fault(Fault("*", "error", code=grpc.StatusCode.PERMISSION_DENIED))
    return watched


@pytest.mark.parametrize("asked", [False, True], ids=["due", "asked"])
def test_who_listens_to_failures_hears_of_one_before_people_do(refused: Watched, asked: bool) -> None:
    """And hears once, whatever the servers of the alerts do."""
    heard: list[tuple[list[str], int]] = []

    def listen(_: object) -> None:
        heard.append((refused.heartbeat.paths, len(refused.messages.told)))

    if asked:
        refused.variables.setenv("BACKUP_HOUR", "23:59")
    one = BackupScheduler(refused.world.folder, on_backup_error=listen, clock=refused.clock)
    assert one.start()
    if asked:
        wait_until(one.is_running)
        assert one.run_now()
    wait_until(lambda: refused.messages.told)
    assert one.stop()
    assert [("/latido/fail" in paths, messages) for paths, messages in heard] == [(False, 0)]
    assert refused.heartbeat.paths[-1] == "/latido/fail"
    assert refused.said == ["el backup falla"]


# It ends as soon as it has heard that the backup failed.
PROGRAM = """
import threading
from facot_backups.app.scheduler import BackupScheduler

heard = threading.Event()
one = BackupScheduler(on_backup_error=lambda _: heard.set())
one.start()
assert heard.wait(60)
print("fin", flush=True)
"""


@contextmanager
def program(watched: Watched, code: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    names = ("BACKUP_HOUR", "BACKUP_HEALTHCHECK_URL", "BACKUP_NOTIFY_URLS")
    known = {name: os.environ[name] for name in names} | {"BACKUP_DIR": str(watched.world.folder)}
    with subprocess.Popen(
        [sys.executable, "-B", "-c", code],
        env=watched.world.environment(**known | variables),
        cwd=watched.world.state.parent,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_a_program_that_ends_at_the_first_word_still_tells_people(refused: Watched) -> None:
    refused.messages.slow = threading.Event()
    with program(refused, PROGRAM) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "fin\n"
        wait_until(lambda: refused.messages.told)
        refused.messages.slow.set()
        assert process.wait(PATIENCE) == 0
    assert refused.heartbeat.paths[-1] == "/latido/fail"
    assert refused.said == ["el backup falla"]
    refused.tick()
    assert refused.said == [], "it waited for the answer, and knows"


@needs_sh
@pytest.mark.slow
def test_but_it_does_end(refused: Watched, tmp_path: Path) -> None:
    """A command that hangs keeps it for a bounded time; here for none."""
    hurried = f"from facot_backups.app.alerts import exit_wait\nexit_wait.SECONDS = 0.0\n{PROGRAM}"
    pid = tmp_path / "pid"
    try:
        with program(refused, hurried, BACKUP_ON_ERROR=f"echo $$ > {pid}; exec sleep 600") as process:
            assert process.wait(PATIENCE) == 0
    finally:
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGKILL)


@needs_sh
def test_who_listens_waits_for_no_command(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, ear: Ear, tmp_path: Path
) -> None:
    """Also who closes the program while a copy elsewhere is made has heard of the backup."""
    from facot_backups.app import scheduler as module

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


def test_a_thread_that_cannot_ask_firestore_still_notices_staleness(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facot_backups.app import scheduler as module

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
    watched.clock.moment += alerts.PATIENCE
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
