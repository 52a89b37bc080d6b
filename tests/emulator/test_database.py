"""The history of documents in memory: every recent instant is readable, and no two commits share one."""

from __future__ import annotations

from datetime import timedelta

from facot_backups import protocol
from facot_backups.emulator import encode, wire, writes
from facot_backups.emulator.database import Database
from tests.support.archives import HandClock

ROOT = "projects/p/databases/(default)"


def put(database: Database, number: int) -> int:
    """Write `a/1`; the commit's instant, in microseconds."""
    write = protocol.Write()
    write.update.name = wire.document_name(ROOT, "a/1")
    write.update.fields["n"].CopyFrom(encode.to_value(number))
    return writes.commit(database, [write])[1]


def test_every_instant_within_the_horizon_is_read_as_it_was() -> None:
    clock = HandClock()
    database = Database(ROOT, clock, timedelta(hours=1))
    written: list[tuple[int, int]] = []
    for number in range(8):
        written.append((put(database, number), number))
        for ago in range(0, 60, 5):
            instant = encode.to_micros(clock.moment - timedelta(minutes=ago))
            held = [n for moment, n in written if moment <= database.instant(instant)]
            version = database.get("a/1", instant)
            if held:
                assert version is not None and version.create_time == written[0][0]
                document = protocol.Document.FromString(version.data)
                assert document.fields["n"].integer_value == held[-1]
                assert encode.get_time(document.create_time) == written[0][0]
        clock.moment += timedelta(minutes=25)


def test_no_two_commits_share_an_instant_though_the_clock_stands() -> None:
    database = Database(ROOT, HandClock(), timedelta(hours=1))
    moments = [put(database, number) for number in range(5)]
    assert moments == sorted(set(moments)) and database.now() == moments[-1]
