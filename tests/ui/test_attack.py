"""An attack as ransomware or a bug would do it: most invoices go, and the daily backups go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from facot_backups.app import scheduled_work, wiring
from facot_backups.emulator.server import LocalFirestore
from facot_backups.events import ignore
from facot_backups.operations.health.judgement import Health
from facot_backups.operations.verification.verify import verify
from facot_backups.settings import Settings, load_settings
from tests.end_to_end.world import PatientClock, World, make_world
from tests.support.endpoints import endpoint
from tests.support.servers import FirestoreServer

INVOICES, LEFT, DAYS_BEFORE, DAYS_AFTER = 200, 20, 10, 60


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[World]:
    """A business whose Firestore keeps the test's own time."""
    clock = PatientClock()
    with LocalFirestore(clock=clock) as local:
        server = FirestoreServer(host=local.host, kind="memory", local=local)
        made = make_world(server, tmp_path, monkeypatch, capsys)
        made.clock = clock
        made.write(*(f"invoices/{number:04}" for number in range(INVOICES)))
        made.write("companies/1", "clients/1", "invoices/0000/items/0")
        yield made


def health(world: World, settings: Settings) -> Health:
    return wiring.health(settings, wiring.open_store(settings, clock=world.clock))


@pytest.mark.slow
def test_ninety_percent_of_the_invoices_are_deleted(world: World) -> None:
    """The last good backups are there two months later, and somebody was told on the first day."""
    with endpoint() as server:
        settings = load_settings(
            {"backup_dir": world.folder, "notify_urls": [server.json_url()], "drill_every_days": 30}
        )

        def day() -> Health:
            world.clock.moment += timedelta(days=1)
            run = scheduled_work.run(settings, ignore, clock=world.clock)
            assert run.backup is not None
            assert (run.backup.complete, run.fault) == (True, None)
            return health(world, settings)

        assert {day().state for _ in range(DAYS_BEFORE)} == {"ok"}
        good = [backup for backup in world.backups() if backup.complete]
        told_before = len(server.told)
        world.delete(*(f"invoices/{number:04}" for number in range(LEFT, INVOICES)))

        first = day()
        assert (first.state, first.findings[0].code) == ("critical", "anomaly")
        assert first.findings[0].text.endswith("y ahora 20: faltan 180 (90 %).")
        assert first.findings[0].remedy.startswith(f"Qué falta: facot-backups diff {good[0].name} latest.")
        messages = [told.message for told in server.told[told_before:]]
        assert ["«invoices» tenía 200" in message["message"] for message in messages] == [True]

        later = [day() for _ in range(DAYS_AFTER - 1)]
        assert {each.state for each in later} == {"critical"}
        assert len(server.told) == told_before + 1, "told once, not sixty times"
        kept = {backup.path for backup in world.backups()}
        assert {backup.path for backup in good} <= kept
        assert len(kept) == DAYS_BEFORE + DAYS_AFTER
        assert all(verify(backup).documents == INVOICES + 3 for backup in good)
        assert world.run("status").code == 31
        assert world.run("cleanup").code == 30
