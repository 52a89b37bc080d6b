"""What counts as a collection that shrank too much, against which backups, and what an acceptance changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.model import Scope
from facot_backups.operations.retention.anomaly import (
    Anomaly,
    acceptance_details,
    find_anomalies,
    last_acceptance,
)
from tests.support.retention import made

DAY = timedelta(days=1)
START = datetime(2024, 11, 1, 6, 0, tzinfo=UTC)


def days(*counts: dict[str, str], scopes: Mapping[int, Scope] = MappingProxyType({})) -> list[Backup]:
    """A backup a day, oldest first, with these counts; some with another scope."""
    return [
        made(
            f"2024-11-{number + 1:02}",
            START + number * DAY,
            count,
            **({"scope": scopes[number]} if number in scopes else {}),
        )
        for number, count in enumerate(counts)
    ]


def found(backups: list[Backup], drop: int = 30, accepted: datetime | None = None) -> list[str]:
    anomalies = find_anomalies(backups, accepted=accepted, drop_percent=drop)
    return [f"{a.collection} {a.kind} {a.count}/{a.largest} {a.largest_in}" for a in anomalies]


@pytest.mark.parametrize(
    ("before", "now", "drop", "anomaly"),
    [
        (1, 0, 100, True),  # all, however few, whatever the percentage
        (0, 0, 30, False),
        (100, 70, 30, False),  # 30 percent is not more than 30
        (1000, 699, 30, True),
        (66, 46, 30, True),  # 20 of 66 are 30.3 percent
        (63, 44, 30, False),  # 19 lost: too few to speak of
        (67, 47, 30, False),  # 20 of 67 are 29.9 percent
        (10**15, 7 * 10**14, 30, False),
        (10**15, 7 * 10**14 - 1, 30, True),  # exact where a float is not
        (100, 1, 99, False),
        (100, 100, 1, False),
        (100, 300, 1, False),
    ],
)
def test_the_threshold(before: int, now: int, drop: int, anomaly: bool) -> None:
    roots = days({"invoices": f"{before}/0"}, {"invoices": f"{now}/0"})
    assert bool(found(roots, drop)) is anomaly
    nested = days({"invoices": f"5/{before}"}, {"invoices": f"5/{now}"})
    assert bool(found(nested, drop)) is anomaly


def test_root_and_nested_documents_are_judged_apart() -> None:
    backups = days({"a": "100/5000", "b": "1/50"}, {"a": "10/5000", "b": "1/0"})
    assert found(backups) == ["a root 10/100 2024-11-01", "b nested 0/50 2024-11-01"]


def test_the_measure_is_the_largest_of_all_backups_and_the_newest_that_has_it() -> None:
    backups = days({"a": "90/0"}, {"a": "100/0"}, {"a": "100/0"}, {"a": "71/0"}, {"a": "65/0"})
    assert found(backups) == ["a root 65/100 2024-11-03"]
    assert found(list(reversed(backups))) == ["a root 65/100 2024-11-03"]
    # A slow decline counts as a whole, not day by day.
    assert found(backups[-2:]) == []


def test_a_collection_without_a_file_lost_everything_if_the_scope_covers_it() -> None:
    assert found(days({"a": "3/1"}, {})) == ["a root 0/3 2024-11-01", "a nested 0/1 2024-11-01"]


def test_what_either_side_did_not_read_is_unknown() -> None:
    backups = days({"a": "100/0", "b": "100/0"}, {"b": "100/0"}, scopes={1: Scope(exclude=("a",))})
    assert found(backups) == []
    # A file beside the scope (there is none in practice) is no measure.
    odd = days({"a": "100/0"}, {"a": "1/0"}, scopes={0: Scope(documents=(("a", "1"),), collections=())})
    assert found(odd) == []


def test_without_backups_or_with_one_there_is_nothing_to_compare() -> None:
    assert found([]) == []
    assert found(days({"a": "0/0"})) == []


def test_an_acceptance_holds_for_what_was_accepted_and_no_longer() -> None:
    backups = days({"a": "1000/0"}, {"a": "100/0"})
    anomalies = find_anomalies(backups, accepted=None, drop_percent=30)
    entry = LedgerEntry(
        datetime(2030, 1, 1, tzinfo=UTC),  # made under a clock that is years ahead
        "acceptance",
        "COMPLETE",
        acceptance_details(backups[-1], anomalies),
    )
    accepted = last_acceptance([entry])
    assert accepted == backups[-1].proven().read_time
    assert found(backups, accepted=accepted) == []
    later = [*backups, *days({}, {}, {"a": "99/0"})[2:]]
    assert found(later, accepted=accepted) == []
    worse = [*backups, *days({}, {}, {"a": "60/0"})[2:]]
    assert found(worse, accepted=accepted) == ["a root 60/100 2024-11-02"]


def test_only_an_entry_that_says_what_was_accepted_accepts() -> None:
    moment = START
    old = LedgerEntry(moment, "acceptance", "COMPLETE", {"read_time": "2024-11-01T06:00:00.000000Z"})
    others = [
        LedgerEntry(moment, "acceptance", "COMPLETE", {}),
        LedgerEntry(moment, "acceptance", "COMPLETE", {"read_time": None}),
        LedgerEntry(moment, "run", "COMPLETE", {"read_time": "2024-11-09T06:00:00.000000Z"}),
    ]
    assert last_acceptance(others) is None
    assert last_acceptance([old, *others]) == START
    new = LedgerEntry(moment, "acceptance", "COMPLETE", {"read_time": "2024-11-02T06:00:00.000000Z"})
    assert last_acceptance([old, new]) == START + DAY


def test_it_explains_itself() -> None:
    assert str(Anomaly("clients", "root", 0, 3, "2024-11-01")) == (
        "«clients» tenía 3 documentos en el backup 2024-11-01 y ahora ninguno"
    )
    assert str(Anomaly("invoices", "nested", 600, 1000, "2024-11-01")) == (
        "«invoices» tenía 1000 documentos anidados en el backup 2024-11-01 y ahora 600: faltan 400 (40 %)"
    )


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 200)), max_size=6), st.integers(1, 100)
)
def test_against_the_words_of_the_rule(counts: list[dict[str, int]], drop: int) -> None:
    backups = days(*({name: f"{number}/0" for name, number in count.items()} for count in counts))
    expected = {
        name
        for name in "abc"
        for older in counts[:-1]
        if (lost := older.get(name, 0) - counts[-1].get(name, 0)) > 0
        and (lost == older[name] or (lost >= 20 and lost / older[name] > drop / 100))
    }
    assert {a.collection for a in find_anomalies(backups, accepted=None, drop_percent=drop)} == expected
