"""A database of over five million documents (here: of ten) is read as it was at a whole minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from facot_backups.emulator.server import LocalFirestore
from facot_backups.events import PhaseStarted
from facot_backups.firestore.check import Count
from facot_backups.operations.backup import reading
from tests.end_to_end.world import PatientClock, World, make_world
from tests.support.servers import FirestoreServer


class CountedAtOnce(reading._Counting):
    """The count beside the scan, ended before the scan goes on: no luck of threads."""

    def __init__(self, work: Callable[[], Count]) -> None:
        super().__init__(work)
        self.wait()


class CountedLate(CountedAtOnce):
    """The count is known when a whole collection was read already."""

    polls = 0

    def poll(self) -> Count | None:
        """Nothing, the first few times."""
        self.polls += 1
        return super().poll() if self.polls > 3 else None


@pytest.fixture
def old_and_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[World]:
    """Documents of ten minutes ago, and some of this very minute."""
    monkeypatch.setattr(reading, "MANY_DOCUMENTS", 10)
    monkeypatch.setattr(reading, "_STEP", 1)
    monkeypatch.setattr(reading, "_Counting", CountedAtOnce)
    clock = PatientClock()
    with LocalFirestore(clock=clock) as local:
        server = FirestoreServer(host=local.host, kind="memory", local=local)
        world = make_world(server, tmp_path, monkeypatch, capsys)
        world.clock = clock
        world.write(*(f"viejos/{n:02}" for n in range(30)), "clients/1")
        clock.moment += timedelta(minutes=10, seconds=20)
        world.write("viejos/nuevo", "nuevos/1")
        world.delete("viejos/07")
        yield world


def test_what_was_read_before_the_count_was_known_is_read_anew(
    old_and_new: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_Counting", CountedLate)
    backup = old_and_new.back_up()
    assert backup.complete and set(backup.proven().files) >= {"clients", "viejos"}
    assert set(old_and_new.whole(backup)) == {("clients", "1"), *(("viejos", f"{n:02}") for n in range(30))}


@pytest.mark.parametrize("max_reads", [None, 1000])
def test_it_is_read_at_the_last_whole_minute(old_and_new: World, max_reads: int | None) -> None:
    world = old_and_new
    backup = world.back_up(max_reads=max_reads)
    metadata = backup.proven()
    assert backup.complete
    assert (metadata.read_time.second, metadata.read_time.microsecond) == (0, 0)
    assert world.clock.moment - metadata.read_time < timedelta(minutes=1)
    expected = {("clients", "1"), *(("viejos", f"{n:02}") for n in range(30))}
    assert set(world.whole(backup)) == expected
    assert metadata.server_count == len(expected)
    assert any("último minuto entero" in warning for warning in world.warnings)
    assert world.events.count(PhaseStarted("reading")) == 1
    # The probe, a document and a count thrown away, then all with its count and spot check.
    assert metadata.reads == 1 + 1 + 1 + len(expected) + 1 + 20 - (max_reads is not None)
    if max_reads is not None:
        assert metadata.reads <= max_reads
        assert world.server.local.script.calls("RunQuery") == 1
