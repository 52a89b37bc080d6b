"""Servers that are down, slow or hostile: what did not arrive comes later, and nothing shows a secret."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from datetime import timedelta

import pytest

from facot_backups.app.alerts.heartbeat import RETRY
from tests.support.endpoints import closed_port, endpoint
from tests.ui.notify.conftest import SECRET, Ear
from tests.ui.notify.watched import QUARTER, Watched

HIDDEN = "s3cr3t0"


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
        "import sys; from facot_backups.app.alerts import ping, services; "
        "ping.SECONDS = services.SECONDS = 0.3; "
        "from facot_backups.ui.cli import main; sys.exit(main(['notify', 'test']))"
    )
    command = watched.world.command()
    command[command.index("-c") + 1] = program
    variables = {name: os.environ[name] for name in ("BACKUP_HEALTHCHECK_URL", "BACKUP_NOTIFY_URLS")}
    done = subprocess.run(
        command, env=watched.world.environment(**variables), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 14
