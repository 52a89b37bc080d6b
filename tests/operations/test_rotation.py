"""Older backups read again in turn: whose turn it is, and what becomes of rot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.errors import DamagedBackup, Interrupted
from facot_backups.events import Event, PhaseStarted, ignore
from facot_backups.operations.verification.recheck import damage_of, read_older_again, verify_and_record
from facot_backups.operations.verification.record import last_proofs
from facot_backups.operations.verification.rotation import to_read_again
from tests.support.archives import Archive, HandClock, document
from tests.support.retention import damaged, made

NOW = datetime(2024, 11, 27, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def proof(name: str, days: int) -> LedgerEntry:
    return LedgerEntry(NOW - days * DAY, "proof", "COMPLETE", {"backup": name})


def names(backups: list[Backup]) -> list[str]:
    return [str(backup.name) for backup in backups]


def test_who_was_not_read_for_the_longest_comes_first() -> None:
    backups = [made(f"2024-10-{day:02}") for day in range(1, 31)]
    entries = [proof(f"2024-10-{day:02}", 14 + day % 9) for day in range(1, 29)]
    # Two were never read again; of one the note lies in the future.
    entries.append(proof("2024-10-05", -2))
    assert names(to_read_again(backups, entries, NOW)) == ["2024-10-05", "2024-10-29", "2024-10-30"]
    entries += [proof(name, 0) for name in ("2024-10-05", "2024-10-29", "2024-10-30")]
    assert names(to_read_again(backups, entries, NOW)) == ["2024-10-08", "2024-10-17", "2024-10-26"]


def test_nothing_is_read_twice_within_two_weeks_and_little_in_a_day() -> None:
    backups = [
        made("2024-11-01"),
        made("2024-11-02T030000.incomplete"),
        made("2024-11-03T030000.pre-restore"),
    ]
    entries = [proof(str(backup.name), 14) for backup in backups]
    assert to_read_again(backups, entries, NOW) == []
    later = NOW + DAY
    assert names(to_read_again(backups, entries, later)) == ["2024-11-01"]
    assert to_read_again([], [], NOW) == []
    assert to_read_again([damaged("2024-11-01")], [], NOW) == [], "that it is damaged is known"
    unread = LedgerEntry(later - DAY, "proof", "UNREAD", {"backup": str(backups[1].name)})
    assert names(to_read_again(backups, [*entries, unread], later)) == [
        "2024-11-01",
        "2024-11-02T030000.incomplete",
    ], "what could not be read comes again, and keeps no other waiting"
    assert names(to_read_again(backups, [*entries, unread, proof(str(backups[1].name), 0)], NOW)) == []
    hundred = [made(f"2024-10-01T{n // 60:02}{n % 60:02}00") for n in range(101)]
    assert len(to_read_again(hundred, [], NOW)) == 11


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Five backups, one a day, that share no file."""
    made = Archive(tmp_path / "backups", tmp_path / "state", HandClock())
    for day in range(5):
        made.backup([document("clients/1", n=day), document("invoices/1", n=day)])
        made.clock.moment += DAY
    return made


def rot(backup: Backup, collection: str = "invoices") -> None:
    file = backup.path / backup.entry(collection).file
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(data)


def test_rot_is_found_and_what_is_still_good_is_named(archive: Archive) -> None:
    store = archive.store
    newest_first = store.backups()
    rot(newest_first[4])
    verify_and_record(store, newest_first[:2], ignore)
    with store.locked() as locked:
        (report,) = read_older_again(store, locked, ignore)
        assert (report.backup, report.sound) == (str(newest_first[4].name), False)
        error = damage_of(store, locked, [report])
        assert isinstance(error, DamagedBackup)
        told = str(error).splitlines()
        assert told[0].startswith(
            f"Al releerlos, un backup antiguo está dañado: {report.backup} (invoices.json"
        )
        good = f"Siguen enteros: {newest_first[0].name}, {newest_first[1].name}. Revise el disco."
        assert told[1] == good
        assert damage_of(store, locked, []) is None
        # The others follow, one a day; what is known to be damaged is not read every day.
        read = [read_older_again(store, locked, ignore) for _ in range(3)]
        assert [[r.sound for r in each] for each in read] == [[True], [True], []]
    proofs = last_proofs(store.ledger.entries())
    assert {name: known.sound for name, known in proofs.items()} == {
        str(backup.name): backup is not newest_first[4] for backup in newest_first
    }


def test_whoever_stops_it_keeps_what_was_found(archive: Archive) -> None:
    store = archive.store
    for _ in range(15):
        archive.backup([document("clients/1")])
        archive.clock.moment += timedelta(minutes=1)
    seen: list[Event] = []

    def stop(event: Event) -> None:
        seen.append(event)
        if seen.count(PhaseStarted("verifying")) == 2:
            raise Interrupted

    with store.locked() as locked, pytest.raises(Interrupted):
        read_older_again(store, locked, stop)
    assert len(last_proofs(store.ledger.entries())) == 1


def test_a_verification_by_hand_is_noted_if_it_can_be(archive: Archive) -> None:
    store = archive.store
    backups = store.backups()
    with archive.store.locked():
        reports = verify_and_record(store, backups, archive.emit)
    assert all(report.sound for report in reports)
    assert archive.warnings[-1].startswith("No se pudo anotar esta comprobación: Otra ejecución")
    assert last_proofs(store.ledger.entries()) == {}
    verify_and_record(store, backups, archive.emit)
    assert set(last_proofs(store.ledger.entries())) == {str(backup.name) for backup in backups}


def test_a_folder_that_is_not_ours_stays_untouched(tmp_path: Path) -> None:
    """FACOT 2.0's own folders alone: nothing is written beside them."""
    archive = Archive(tmp_path / "backups", tmp_path / "state", HandClock())
    old = archive.root / "2020-01-01"
    old.mkdir(parents=True)
    (old / "clients.json").write_text('[{"name": "Peña", "_id": "1"}]', encoding="utf-8")
    (report,) = verify_and_record(archive.store, archive.store.all_backups(), ignore)
    assert (report.sound, report.proven) == (True, False)
    assert [path.name for path in archive.root.iterdir()] == ["2020-01-01"]
