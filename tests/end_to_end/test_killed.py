"""The real `run` killed at many points: no half backup under a good name, and the next run mends all."""

from __future__ import annotations

import random
import re
import signal

import pytest

from tests.end_to_end.world import World

# Of about 200 steps; others at each run of the tests would make a failure hard to repeat.
STEPS = sorted(random.Random(7).sample(range(1, 160), 9))
EVENTS = (1, 2, 4, 7, 8, 9)


@pytest.fixture
def full(world: World) -> World:
    """A database, and a backup of an earlier state of it."""
    world.write(*(f"invoices/{n}" for n in range(3)), "invoices/1/items/0", "clients/1", "zonas/1")
    assert world.run("run").code == 0
    world.write("invoices/9", "nuevas/1")
    return world


def check_mended(world: World, ran_code: int) -> None:
    assert ran_code == -signal.SIGKILL
    good = world.published()
    assert 1 <= len(good) <= 2
    assert {entry["kind"] for entry in world.run("list", "--json").report["backups"]} == {"complete"}
    assert world.run("verify").code == 0
    remains = [path.name for path in world.folder.glob(".facot/staging/*")]
    assert len(remains) + len(good) <= 2

    assert world.run("run").code == 0
    assert world.leftovers() == []
    report = world.run("verify", "--json").report
    assert all(backup["sound"] for backup in report["backups"])
    assert len(report["backups"]) in (len(good) + 1, len(good) + 2)
    if remains:
        (line,) = [e for e in world.ledger() if e.get("run_id") == remains[0]]
        finished = len(report["backups"]) == len(good) + 2
        assert line["outcome"] == ("COMPLETE" if finished else "INTERRUPTED")
    assert world.outcomes()[-1] == "COMPLETE"
    assert world.whole(world.backups()[0]) == world.stored()
    assert world.run("run").code == 0
    assert world.leftovers() == []


def test_how_many_steps_there_are(full: World) -> None:
    """The points below lie within the run, and reach its end."""
    events = full.hooked("count", "event", 0)
    disk = full.hooked("count", "disk", 0)
    assert int(re.findall(r"steps (\d+)", events.out)[0]) == max(EVENTS)
    assert max(STEPS) <= int(re.findall(r"steps (\d+)", disk.out)[0]) <= 2 * max(STEPS)


@pytest.mark.slow
@pytest.mark.parametrize("step", EVENTS)
def test_killed_when_it_tells_something(full: World, step: int) -> None:
    check_mended(full, full.hooked("kill", "event", step).code)


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_killed_when_it_changes_the_disk(full: World, step: int) -> None:
    check_mended(full, full.hooked("kill", "disk", step).code)


@pytest.mark.slow
def test_killed_when_all_but_the_name_was_done(full: World) -> None:
    """The next run publishes what was finished, and says so."""
    assert full.hooked("kill", "publish", 1).code == -signal.SIGKILL
    assert len(full.published()) == 1
    stored = full.stored()
    full.write("invoices/mas")
    ran = full.run("run")
    assert ran.code == 0
    assert "se ha publicado como" in ran.err
    new, recovered, _ = full.backups()
    assert full.whole(recovered) == stored
    assert full.whole(new) == full.stored()
    assert [(e["kind"], e["outcome"]) for e in full.ledger()][1:] == [
        ("recovery", "COMPLETE"),
        ("run", "COMPLETE"),
    ]
    assert full.leftovers() == []


@pytest.mark.slow
def test_killed_in_its_very_first_run(world: World) -> None:
    world.write("invoices/1")
    for when, step in (("event", 2), ("event", 5), ("disk", 70)):
        assert world.hooked("kill", when, step).code == -signal.SIGKILL
        assert world.published() == []
        assert world.run("list").code == 0
        world.run("verify").failed(12)
    assert world.run("run").code == 0
    assert world.whole(world.backups()[0]) == world.stored()
    assert world.leftovers() == []
    assert world.outcomes().count("INTERRUPTED") == 3


@pytest.mark.slow
def test_what_a_killed_run_had_read_counts_for_the_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.server.local.load(((f"items/{n:05}", {}) for n in range(12_000)), world.server.project)
    assert world.hooked("kill", "event", 14).code == -signal.SIGKILL
    monkeypatch.setenv("BACKUP_MAX_READS", "20000")
    world.run("run").failed(2, "max_reads", "20000")
    assert world.published() == []
