"""The judgement of health: what is bad, how bad, what to do; when a computer that just woke is no harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.errors import RepositoryGone
from facot_backups.model import Scope, Source
from facot_backups.operations.health.alerts import standing
from facot_backups.operations.health.judgement import Disk, Health, HealthFacts, judge
from facot_backups.operations.schedule.due import Facts
from facot_backups.state import Try
from tests.support.retention import SOURCE, ZONE, damaged, made

NOW = datetime(2024, 11, 27, 14, 0, tzinfo=ZONE).astimezone(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROOMY = Disk(free_bytes=10**9, used_bytes=1000)


def backup(age: timedelta, *, invoices: int = 100, **changes: Any) -> Backup:
    """A scheduled backup whose data is so old."""
    moment = NOW - age
    day = moment.astimezone(ZONE).date()
    keys: dict[str, Any] = {"trigger": "scheduled", "scheduled_for": day, "started_at": moment}
    return made(f"{day}", moment, {"invoices": f"{invoices}/0"}, **keys | changes)


def proof(found: Backup, age: timedelta = HOUR, outcome: str = "COMPLETE", **details: Any) -> LedgerEntry:
    return LedgerEntry(NOW - age, "proof", outcome, {"backup": str(found.name), **details})


def drilled(found: Backup, age: timedelta = HOUR, outcome: str = "COMPLETE", **details: Any) -> LedgerEntry:
    return proof(found, age, outcome, drill=True, **details)


def failed(age: timedelta, outcome: str | None = "FAILED", **changes: Any) -> Try:
    at = NOW - age
    known = Try(f"r{age}", "scheduled", at, outcome=outcome, ended_at=at, error="no hay red")
    return replace(known, **changes)


def facts(
    *backups: Backup,
    entries: Sequence[LedgerEntry] | None = None,
    tries: Sequence[Try] = (),
    **changes: Any,
) -> HealthFacts:
    """Facts of a folder where all else is well: each backup was read again, the newest drilled."""
    well = [*map(proof, backups), drilled(backups[0])] if backups else []
    schedule: dict[str, Any] = {
        "backups": backups,
        "tries": list(tries),
        "now": NOW,
        "zone": ZONE,
        "hour": time(2),
        "source": SOURCE,
        "scope": Scope(),
    }
    keys: dict[str, Any] = {"disk": ROOMY, "drop_percent": 30, "drill_every": 7 * DAY}
    own = {name: changes.pop(name) for name in list(changes) if name in schedule}
    return HealthFacts(
        schedule=Facts(**schedule | own), entries=well if entries is None else entries, **keys | changes
    )


def codes(health: Health) -> list[str]:
    return [f"{finding.severity} {finding.code}" for finding in health.findings]


def judged(*backups: Backup, **changes: Any) -> tuple[str, list[str]]:
    health = judge(facts(*backups, **changes))
    return health.state, codes(health)


@pytest.mark.parametrize("outcome", ["COMPLETE", "FAILED"])
def test_a_try_that_a_wrong_clock_noted_in_the_future_says_nothing(outcome: str) -> None:
    ahead = failed(-14 * 365 * DAY, outcome)
    tries = [failed(3 * HOUR), failed(2 * HOUR), ahead]
    assert judge(facts(backup(12 * HOUR), tries=tries)).failures == 2
    assert judge(facts(backup(12 * HOUR), tries=[ahead])).failures == 0
    made = judge(facts(backups=None, tries=[failed(50 * HOUR, "COMPLETE"), ahead])).last_backup
    assert made is not None and made.age == 50 * HOUR


def test_a_backup_of_today_and_no_failure_is_well() -> None:
    health = judge(facts(backup(12 * HOUR), backup(36 * HOUR, invoices=90)))
    assert (health.state, health.findings, health.failures) == ("ok", (), 0)
    last = health.last_backup
    assert last is not None
    assert (last.name, last.age, last.documents, last.verified_at) == (
        "2024-11-27",
        12 * HOUR,
        100,
        NOW - HOUR,
    )
    assert health.growth is not None
    assert (health.growth.days, health.growth.documents) == (1.0, 10)
    assert (health.complete, health.oldest_proof, health.more_fit) == (2, NOW - HOUR, 2_000_000)
    assert health.schedule.standing == "done"


def test_a_restore_that_was_cut_is_a_warning() -> None:
    health = judge(facts(backup(12 * HOUR), backup(36 * HOUR), cut_restores=["20241127T100000Z-00000000"]))
    assert (health.state, codes(health)) == ("warning", ["warning restore_cut"])
    assert "restore --continue 20241127T100000Z-00000000" in health.findings[0].remedy
    # Whoever is to hear of failures hears of it too, and which order finishes it.
    (alarm,) = standing(health).alarms
    assert (alarm.subject, "restore --continue" in alarm.text) == ("restore", True)


def test_notes_are_no_harm() -> None:
    by_hand = backup(12 * HOUR, trigger="manual", scheduled_for=None)
    disk = replace(ROOMY, same_disk=True, synchronised=True)
    state, found = judged(by_hand, entries=[proof(by_hand)], disk=disk)
    assert (state, found) == (
        "ok",
        ["note never_drilled", "note unattended", "note same_disk", "note synchronised"],
    )


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (36 * HOUR - timedelta(seconds=1), ("ok", [])),
        (36 * HOUR, ("warning", ["warning stale"])),
        (72 * HOUR - timedelta(seconds=1), ("warning", ["warning stale"])),
        (72 * HOUR, ("critical", ["critical stale"])),
    ],
)
def test_age(age: timedelta, expected: tuple[str, list[str]]) -> None:
    assert judged(backup(age), awake_since=NOW - 9 * DAY) == expected


def test_what_counts_as_the_last_one() -> None:
    """Incomplete, partial, another source's, what a restore kept: none of them is recent enough."""
    others = [
        made("2024-11-27T130000.incomplete", NOW - HOUR),
        made("2024-11-27T130001", NOW - HOUR, scope=Scope(collections=("clients",))),
        made("2024-11-27T130002", NOW - HOUR, source=Source("otro")),
        made("2024-11-27T130003.pre-restore", NOW - HOUR),
    ]
    old = backup(80 * HOUR)
    assert judged(*others, old, entries=[proof(old), drilled(old)])[1] == ["critical stale"]
    health = judge(facts(*others, entries=[]))
    assert health.findings[0].code == "no_backup"
    assert health.findings[0].text.startswith("Ningún backup completo guarda")
    assert judge(facts()).findings[0].text == "No hay ningún backup completo."


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        ([failed(HOUR)], "warning failing"),
        ([failed(3 * HOUR), failed(2 * HOUR)], "warning failing"),
        ([failed(3 * HOUR), failed(2 * HOUR, "INCOMPLETE"), failed(HOUR)], "critical failing"),
        ([failed(9 * HOUR), failed(8 * HOUR, "COMPLETE"), failed(HOUR)], "warning failing"),
        ([failed(9 * HOUR), failed(HOUR, "COMPLETE")], None),
        # Killed; stopped by a person; still running.
        ([failed(HOUR, "INTERRUPTED", ended_at=None, error=None)], "warning failing"),
        ([failed(HOUR, "INTERRUPTED")], None),
        ([failed(HOUR, outcome=None, ended_at=None)], None),
    ],
)
def test_failures_in_a_row(tries: list[Try], expected: str | None) -> None:
    health = judge(facts(backup(12 * HOUR), tries=tries))
    assert codes(health) == ([expected] if expected else [])
    if expected:
        assert health.failure in ("no hay red", "se cortó de golpe")
        assert health.failure in health.findings[0].text


def test_a_backup_of_a_part_ends_no_failures() -> None:
    part = made("2024-11-27T130001", NOW - HOUR, run_id="part", scope=Scope(collections=("clients",)))
    tries = [failed(9 * HOUR), failed(HOUR, "COMPLETE", run_id="part")]
    assert "warning failing" in judged(part, backup(12 * HOUR), tries=tries)[1]


def test_the_newest_must_be_read_again_within_a_day() -> None:
    fresh, old, other = backup(23 * HOUR), backup(25 * HOUR), backup(9 * DAY)
    assert judged(fresh, entries=[drilled(other)]) == ("ok", [])
    assert judged(old, entries=[drilled(other)]) == ("warning", ["warning unverified"])
    # A drill reads everything first; one that could not be made has proven nothing.
    assert judged(old, entries=[drilled(old)]) == ("ok", [])
    assert judged(old, entries=[drilled(old, outcome="FAILED")])[1] == [
        "warning unverified",
        "note drill_not_made",
    ]


def test_damage_names_what_is_still_good() -> None:
    backups = [backup(12 * HOUR + n * DAY) for n in range(7)]
    rotten, never_read = backups[3], backups[1]
    entries = [proof(b) for b in backups if b is not never_read]
    entries += [proof(rotten, outcome="DAMAGED", files=["invoices.json"], errors=["invoices.json: 3 bytes"])]
    health = judge(facts(*backups, entries=[*entries, drilled(backups[0])]))
    assert (health.state, health.damaged) == ("critical", ("2024-11-24",))
    (finding,) = health.findings
    assert (finding.code, finding.subject) == ("damage", "2024-11-24")
    assert finding.text == "El backup 2024-11-24 está dañado: invoices.json: 3 bytes."
    assert finding.remedy.startswith("Siguen enteros: 2024-11-27, 2024-11-25, 2024-11-23 y 2 más.")
    assert judged(backups[0], damaged("2024-11-20"))[1] == ["critical damage"]


def test_nobody_is_told_to_delete_what_may_hold_what_is_lost() -> None:
    before, now = backup(36 * HOUR), backup(12 * HOUR, invoices=10)
    rotten = proof(before, outcome="DAMAGED", files=["invoices.json"], errors=["invoices.json: 3 bytes"])
    health = judge(facts(now, before, entries=[proof(now), drilled(now), rotten]))
    remedies = {finding.code: finding.remedy for finding in health.findings}
    assert remedies["damage"].startswith("Sigue entero: 2024-11-27.")
    assert "no borre nada" in remedies["damage"]
    assert "2024-11-26 está dañado: no lo borre" in remedies["anomaly"]
    assert "restore" not in remedies["anomaly"]


def test_what_was_found_in_a_folder_that_is_gone_says_nothing_of_its_successor() -> None:
    found = backup(12 * HOUR)
    rotten = proof(found, outcome="DAMAGED", files=["a"], errors=["a: 1"])
    sound = [proof(found), drilled(found)]
    for later in (
        LedgerEntry(NOW, "run", "COMPLETE", {"run_id": "r", "backup": str(found.name)}),
        LedgerEntry(NOW, "recovery", "COMPLETE", {"backup": str(found.name)}),
        LedgerEntry(NOW, "retention", "COMPLETE", {"deleted": [str(found.name)]}),
    ):
        assert judged(found, entries=[rotten, later, *sound]) == ("ok", [])
        assert judge(facts(found, entries=[*sound, later])).last_backup.verified_at is None  # type: ignore[union-attr]
    assert judged(found, entries=[*sound, rotten])[1] == ["critical damage"]
    assert judged(found, entries=[rotten, *sound]) == ("ok", []), "read again, and whole"


def test_drills() -> None:
    found = backup(12 * HOUR)
    unequal = drilled(found, outcome="DAMAGED", files=[], errors=["invoices/1: no volvió igual"])
    health = judge(facts(found, entries=[proof(found), unequal]))
    assert codes(health) == ["critical drill_failed"]
    assert "invoices/1: no volvió igual." in health.findings[0].text
    assert judged(found, entries=[proof(found), unequal, drilled(found)]) == ("ok", [])
    assert judged(found, entries=[proof(found), drilled(found, 13 * DAY)]) == ("ok", [])
    assert judged(found, entries=[proof(found), drilled(found, 14 * DAY)]) == ("ok", ["note drill_overdue"])


@pytest.mark.parametrize("outcome", ["FAILED", "INTERRUPTED"])
def test_a_drill_that_cannot_be_made(outcome: str) -> None:
    """It is no damage, and no harm at once; but nobody stays without a drill for long and is not told."""
    found = backup(12 * HOUR)

    def after(made: timedelta | None, *tries: timedelta, passed: bool = True) -> Health:
        last = drilled(found, made, "COMPLETE" if passed else "DAMAGED") if made is not None else None
        vain = [drilled(found, age, outcome, errors=["no hay memoria"]) for age in tries]
        return judge(facts(found, entries=[proof(found), *([last] if last else []), *vain]))

    health = after(13 * DAY, HOUR)
    assert (health.state, codes(health)) == ("ok", ["note drill_not_made"])
    assert (health.drill_problem, health.last_drill and health.last_drill.passed) == ("no hay memoria", True)
    health = after(14 * DAY, 6 * DAY, HOUR)
    assert (health.state, codes(health)) == ("warning", ["warning drill_not_made"])
    assert health.findings[0].text.startswith("Desde hace 14 días no se puede hacer")
    assert "no hay memoria." in health.findings[0].text
    assert [alarm.subject for alarm in standing(health).alarms] == ["drill"]
    assert (codes(after(None, 13 * DAY)), codes(after(None, 14 * DAY, HOUR))) == (
        ["note drill_not_made"],
        ["warning drill_not_made"],
    )
    assert codes(after(DAY, HOUR, passed=False)) == ["critical drill_failed", "note drill_not_made"]
    made = facts(found, entries=[drilled(found, 20 * DAY, outcome), drilled(found)])
    assert (codes(judge(made)), judge(made).drill_problem) == ([], None)


def test_a_drill_that_was_killed_or_is_under_way() -> None:
    found = backup(12 * HOUR)
    before, begun = drilled(found, 3 * DAY), replace(proof(found, outcome="STARTED"), kind="drill")
    cut = judge(facts(found, entries=[proof(found), before, begun]))
    assert (cut.state, codes(cut), cut.drill_problem) == ("ok", ["note drill_not_made"], "se cortó de golpe")
    assert cut.last_drill is not None and cut.last_drill.passed
    late = judge(facts(found, entries=[proof(found), replace(begun, time=NOW - 14 * DAY), begun]))
    assert codes(late) == ["warning drill_not_made"]
    running = judge(facts(found, entries=[proof(found), before, begun], drilling=True))
    assert (codes(running), running.drill_problem) == ([], None)
    again = judge(facts(found, entries=[proof(found), begun, begun, drilled(found)]))
    assert (codes(again), again.drill_problem) == ([], None)


def test_anomalies_until_somebody_accepts() -> None:
    before, now = backup(36 * HOUR), backup(12 * HOUR, invoices=10)
    health = judge(facts(now, before))
    assert codes(health) == ["critical anomaly"]
    assert health.findings[0].subject == "invoices root"
    accepted = LedgerEntry(NOW, "acceptance", "ACCEPTED", {"read_time": "2024-11-27T06:00:00.000000Z"})
    assert judged(now, before, entries=[proof(now), proof(before), drilled(now), accepted]) == ("ok", [])


def test_the_disk() -> None:
    large = backup(12 * HOUR)
    needed = sum(entry.bytes for entry in large.proven().files.values())
    full = Disk(free_bytes=needed - 1, used_bytes=needed)
    health = judge(facts(large, disk=full))
    assert (codes(health), health.more_fit) == (["critical disk_full_next"], 0)
    enough = replace(full, free_bytes=3 * needed)
    assert judge(facts(large, disk=enough)).more_fit == 3
    assert judged(large, disk=Disk()) == ("ok", []), "nobody knows"


def test_an_unplugged_disk_is_critical_and_what_is_remembered_is_told() -> None:
    gone = Disk(problem=RepositoryGone(Path("b")))
    remembered = [failed(30 * HOUR, "COMPLETE", error=None), failed(HOUR)]
    health = judge(facts(backups=None, entries=[], disk=gone, tries=remembered))
    assert codes(health) == ["critical folder_unusable", "warning failing"]
    assert (health.findings[0].text, health.findings[0].remedy) == (
        "No se puede usar la carpeta de backups b: aquí había backups y ya no están (¿disco desconectado?).",
        "Conecte el disco. Si quiere empezar de nuevo aquí: facot-backups run --create",
    )
    assert health.last_backup is not None
    assert (health.last_backup.name, health.last_backup.age) == (None, 30 * HOUR)
    assert judged(backups=None, entries=[], disk=gone)[1] == ["critical folder_unusable"]


def test_a_wrong_clock_is_told() -> None:
    ahead = backup(-30 * HOUR)
    assert "warning clock" in judged(ahead)[1]


def test_older_ones_that_nobody_reads() -> None:
    newest, old = backup(12 * HOUR), backup(50 * DAY)
    assert judged(newest, old, entries=[drilled(newest), proof(old, 36 * DAY)]) == ("ok", [])
    assert judged(newest, old, entries=[drilled(newest), proof(old, 37 * DAY)])[1] == ["note reread_overdue"]
    assert judged(newest, old, entries=[drilled(newest)])[1] == ["note reread_overdue"]


def test_dates_are_local() -> None:
    assert judge(facts(backup(12 * HOUR))).schedule.for_date == date(2024, 11, 27)


# --- whatever the folder holds ---------------------------------------------------------------------------

_odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
)
_names = st.sampled_from(["2024-11-27", "2024-11-26", "otro"])
_entries = st.builds(
    LedgerEntry,
    st.datetimes(datetime(2024, 10, 1), datetime(2025, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["run", "proof", "retention", "acceptance", "recovery", "x"]),
    st.sampled_from(["COMPLETE", "DAMAGED", "FAILED", "INCOMPLETE", "INTERRUPTED", "x"]),
    st.dictionaries(
        st.sampled_from(
            ["backup", "drill", "files", "errors", "deleted", "documents", "read_time", "run_id"]
        ),
        _odd | _names,
    ),
)


@given(
    st.lists(st.sampled_from([12, 36, 80, -30, 2000]), unique=True),
    st.lists(_entries, max_size=8),
    st.booleans(),
    st.none() | st.integers(0, 10**12),
)
def test_any_folder_can_be_judged(
    ages: list[int], entries: list[LedgerEntry], broken: bool, free: int | None
) -> None:
    backups = [backup(age * HOUR) for age in sorted(ages)] + ([damaged("2024-11-20")] if broken else [])
    health = judge(facts(*backups, entries=entries, disk=Disk(free_bytes=free, used_bytes=free)))
    worst = {finding.severity for finding in health.findings} - {"note"}
    expected = "critical" if "critical" in worst else "warning" if worst else "ok"
    assert health.state == expected
    assert all(finding.text and "\n" not in finding.text for finding in health.findings)
    assert (health.state == "ok") <= (health.last_backup is not None and not health.damaged)
