"""Ctrl-C, SIGTERM, SIGHUP in mid-run: exit 130, two lines, nothing left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading

import pytest

from facot_backups.emulator.faults import Fault
from tests.end_to_end.world import Ran, World


def interrupted(world: World, method: str, *words: str, by: int = signal.SIGINT) -> Ran:
    """Interrupt `run` by the signal `by` while the server keeps it waiting in the first call of `method`."""
    reached, release = threading.Event(), threading.Event()

    def block(_request: object) -> bool:
        reached.set()
        return not release.wait(60)

    world.server.local.add_fault(Fault(method, "error", when=block))
    with subprocess.Popen(
        world.command("run", *words),
        env=world.environment(),
        cwd=world.state.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert reached.wait(60)
            process.send_signal(by)
            out, err = process.communicate(timeout=60)
        finally:
            release.set()
            process.kill()
    world.server.local.clear_faults()
    return Ran(process.returncode, out, err)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["RunQuery", "RunAggregationQuery", "BatchGetDocuments"])
def test_ctrl_c_while_the_server_is_silent(world: World, method: str) -> None:
    world.write("invoices/1", "clients/1")
    world.back_up()
    published = world.published()
    ran = interrupted(world, method)
    assert (ran.code, "Traceback" in ran.err, ran.out) == (130, False, ""), ran
    assert "Interrumpido: nada ha quedado a medias" in ran.err
    world.nothing_happened("INTERRUPTED", published)
    assert world.run("run").code == 0


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="las señales son de POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_asked_to_end(world: World, name: str) -> None:
    """As `systemctl stop`, `docker stop` and a terminal that closes ask."""
    world.write("invoices/1")
    ran = interrupted(world, "RunQuery", by=getattr(signal, name))
    assert (ran.code, "Traceback" in ran.err, ran.out) == (130, False, ""), ran
    assert "Interrumpido: nada ha quedado a medias" in ran.err
    world.nothing_happened("INTERRUPTED")


@pytest.mark.slow
def test_ctrl_c_gives_json_too(world: World) -> None:
    world.write("invoices/1")
    ran = interrupted(world, "RunQuery", "--json", "--quiet")
    report = json.loads(ran.out)
    assert (ran.code, report["exit_code"], report["success"]) == (130, 130, False)
    world.nothing_happened("INTERRUPTED")
