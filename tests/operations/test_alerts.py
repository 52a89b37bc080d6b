"""What is said when: pure, and never a flood."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.operations.health.alerts import (
    MAX_FAILURES,
    PATIENCE,
    Alarm,
    Subject,
    Told,
    key_of,
    message,
    news,
    parse_told,
    patient,
    to_text,
)
from tests.end_to_end.world import NOON

NO_NETWORK = Alarm("failure", "red", "El último intento falló: no hay red.")
DISK = Alarm("failure", "disco", "El último intento falló: disco desconectado.")
STALE = Alarm("staleness", "stale", "El último backup completo es de hace 40 horas.")
LOST = Alarm("anomaly", "invoices root", "«invoices» tenía 90 documentos y ahora ninguno.")
ROT = Alarm("damage", "2024-11-26", "El backup 2024-11-26 está dañado.")
FULL = Alarm("space", "disk_full_next", "No cabe.")


def told_by(*days: list[Alarm]) -> list[list[str]]:
    """What a channel hears, day after day: the keys of what is new, and the subjects that are over."""
    told: Told = {}
    heard = []
    for standing in days:
        found = news(standing, told)
        heard.append([*(alarm.key for alarm in found.new), *(f"-{subject}" for subject in found.over)])
        told = parse_told(to_text(found.told))
        assert not news(standing, told), "twice"
    return heard


def test_once_when_it_begins_and_once_when_it_is_over() -> None:
    days = [[], [NO_NETWORK], [NO_NETWORK], [], [], [LOST], [LOST, ROT], [ROT], []]
    assert told_by(*days) == [
        [], ["red"], [], ["-failure"], [], ["invoices root"], ["2024-11-26"], ["-anomaly"], ["-damage"],
    ]  # fmt: skip


def test_another_cause_is_news_and_its_return_is_not() -> None:
    assert told_by([NO_NETWORK], [DISK], [NO_NETWORK], [DISK], []) == [
        ["red"], ["disco"], [], [], ["-failure"],
    ]  # fmt: skip


def test_a_failure_explains_what_follows_from_it() -> None:
    assert told_by([NO_NETWORK], [NO_NETWORK, STALE, FULL], []) == [["red"], [], ["-failure"]]
    assert told_by([STALE], [STALE, NO_NETWORK], []) == [["stale"], ["red"], ["-failure", "-staleness"]]
    assert told_by([DISK, FULL], [FULL], []) == [["disco"], ["disk_full_next", "-failure"], ["-space"]]


def test_what_nobody_can_say_stays() -> None:
    """A folder that cannot be read shows no damage: it is not mended by that."""
    told: Told = {"anomaly": ("invoices root",), "damage": ("2024-11-26",)}
    found = news([DISK], told, unknown={"anomaly", "damage", "space"})
    assert (found.new, found.over) == ((DISK,), ())
    assert found.told == {**told, "failure": ("disco",)}


@given(st.lists(st.lists(st.integers(0, 9).map(str), max_size=1), max_size=60))
def test_never_a_flood_of_failures(reasons: list[list[str]]) -> None:
    """However the cause changes: a few words between two recoveries."""
    days = [[Alarm("failure", key, key) for key in keys] for keys in reasons]
    since = 0
    for heard in told_by(*days):
        since = 0 if "-failure" in heard else since + len(heard)
        assert since <= MAX_FAILURES


alarms = st.builds(
    lambda subject, key: Alarm(subject, f"{subject} {key}", key),
    st.sampled_from(get_args(Subject)),
    st.sampled_from("abc"),
)


@given(st.lists(st.lists(alarms, max_size=4, unique=True), max_size=20))
def test_after_all_is_well_nothing_is_owed(days: list[list[Alarm]]) -> None:
    """Whatever was said to stand is said to be over, once."""
    heard = told_by(*days, [], [])
    assert heard[-1] == []
    open_subjects: set[str] = set()
    for day, said in zip([*days, [], []], heard, strict=True):
        ended = {word[1:] for word in said if word.startswith("-")}
        assert ended <= open_subjects
        begun = {alarm.subject for alarm in day if alarm.key in said}
        open_subjects = (open_subjects - ended) | begun
    assert not open_subjects


@pytest.mark.parametrize("text", [None, "", "{", "[]", '"x"', "3", '{"failure": 3}', '{"otro": ["a"]}'])
def test_a_note_of_another_form_is_nothing_told(text: str | None) -> None:
    assert parse_told(text) == {}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("no cabe: faltan 1,234 MB", "no cabe: faltan 1,239 MB", True),
        ("disco /mnt/a desconectado (errno 5)", "disco /mnt/b desconectado (errno 7)", True),
        ("invoices: el servidor contó 90", "invoices: el servidor contó 91", True),
        ("Firestore no disponible: no hay red", "Firestore no disponible: sin permiso", False),
        ("invoices: sin permiso", "clients: sin permiso", False),
    ],
)
def test_when_two_failures_are_the_same(one: str, other: str, same: bool) -> None:
    assert (key_of(one) == key_of(other)) is same


def test_a_computer_that_was_off_gets_time_to_make_up() -> None:
    told, since = patient(STALE, None, NOON)
    assert told == [] and since is not None
    assert patient(STALE, since, NOON + PATIENCE - timedelta(minutes=1)) == ([], since)
    assert patient(STALE, since, NOON + PATIENCE) == ([STALE], since)
    assert patient(None, since, NOON) == ([], None)
    ahead = patient(STALE, since, NOON - timedelta(days=9))
    assert ahead[0] == [] and ahead[1] != since, "the clock went back: the wait begins again"
    assert patient(STALE, "ayer", NOON)[0] == []


def test_a_message_says_what_and_where() -> None:
    found = message(news([NO_NETWORK, LOST], {"damage": ("x",)}), "Equipo caja, carpeta /b")
    assert found.title == "FACOT Backups: el backup falla y faltan datos en Firestore"
    assert found.body.splitlines() == [
        NO_NETWORK.text,
        LOST.text,
        "Ya no queda ningún backup dañado.",
        "Equipo caja, carpeta /b",
    ]
    assert found.kind == "failure"
    over = message(news([], {"failure": ("red",)}), "x")
    assert (over.title, over.kind) == ("FACOT Backups: resuelto", "success")
