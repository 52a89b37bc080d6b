"""What is written and deleted while a backup runs changes nothing in it; both servers."""

from __future__ import annotations

from functools import partial

import pytest

from facot_backups.events import CollectionDone, Event, PhaseStarted
from facot_backups.firestore.scan import Scan
from facot_backups.operations.backup import reading
from tests.end_to_end.world import World

COLLECTIONS = ("a", "b", "c", "d", "invoices")
PATHS = (*tuple(f"{c}/{n}" for c in COLLECTIONS for n in range(5)), "b/1/items/0", "nadie/x/items/1")


@pytest.mark.parametrize("page_size", [1, 3, 20_000])
def test_a_busy_database_is_backed_up_as_it_was(
    any_world: World, monkeypatch: pytest.MonkeyPatch, page_size: int
) -> None:
    monkeypatch.setattr(reading, "Scan", partial(Scan, page_size=page_size))
    any_world.write(*PATHS, n=1)
    before = any_world.stored()
    disturbed: list[Event] = []

    def disturb(event: Event) -> None:
        """Another client at work, at every moment after the instant is fixed."""
        if isinstance(event, CollectionDone) or event in (
            PhaseStarted("checking"),
            PhaseStarted("publishing"),
        ):
            number = len(disturbed)
            disturbed.append(event)
            any_world.write(f"a/nuevo{number}", f"d/0nuevo{number}", f"zz{number}/1", f"d/{number % 5}", n=2)
            any_world.delete(f"c/{number % 5}", f"invoices/{number % 5}", "b/1", "nadie/x/items/1")

    backup = any_world.back_up(disturb)
    assert len(disturbed) >= len(COLLECTIONS)
    assert any_world.stored() != before
    assert backup.complete
    assert any_world.whole(backup) == before
    assert backup.proven().server_count == len(before)
    assert any_world.whole(any_world.back_up()) == any_world.stored()


def test_the_instant_is_the_servers_and_of_the_whole_backup(any_world: World) -> None:
    """Every document was last written before the instant, though the local clock is years behind."""
    any_world.write(*PATHS)
    backup = any_world.back_up()
    metadata = backup.proven()
    assert metadata.started_at.year == 2024
    assert metadata.read_time.year > 2024
    times = [entry.last_update_time for entry in metadata.files.values() if entry.documents]
    assert all(time is not None and time <= metadata.read_time for time in times)
