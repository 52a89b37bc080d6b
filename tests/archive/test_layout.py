"""Names on disk: to the letter, and safe on every system."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive.fields import is_file_name
from facot_backups.archive.layout import BackupName, file_names
from facot_backups.model import FACOT_COLLECTIONS
from tests.support.documents import ids


@given(
    st.dates(),
    st.none() | st.times().map(lambda moment: moment.replace(microsecond=0)),
    st.sampled_from((None, "incomplete", "pre-restore")),
)
def test_a_name_comes_back(day: date, moment: time | None, suffix: str | None) -> None:
    name = BackupName(day, moment, suffix if moment is not None else None)  # type: ignore[arg-type]
    assert BackupName.parse(str(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30", "2024-13-01", "0000-01-01", "2024-1-1", "24-11-27", "2024-11-27T", "2024-11-27T240000",
        "2024-11-27T1530", "2024-11-27T153060", "2024-11-27t153045", "2024-11-27.incomplete", " 2024-11-27",
        "2024-11-27T153045.Incomplete", "2024-11-27T153045.bak", "2024-11-27T153045.incomplete.incomplete",
        ".facot", "", "2024-11-27\n", "２０２４-11-27",
    ],
)  # fmt: skip
def test_any_other_name_is_not_ours(text: str) -> None:
    assert BackupName.parse(text) is None


def test_names_are_written_as_the_format_says() -> None:
    assert str(BackupName(date(2024, 11, 27))) == "2024-11-27"
    assert str(BackupName(date(2024, 11, 27), time(15, 30, 45))) == "2024-11-27T153045"
    assert (
        str(BackupName(date(2024, 11, 27), time(1, 2, 3), "pre-restore")) == "2024-11-27T010203.pre-restore"
    )
    with pytest.raises(ValueError, match="needs a time"):
        BackupName(date(2024, 11, 27), None, "incomplete")


@pytest.mark.parametrize(
    ("ids", "files"),
    [
        (["invoices", "a_b", "a.b-c", "0"], ["invoices.json", "a_b.json", "a.b-c.json", "0.json"]),
        (["items", "Items"], ["items.json", "Items~fb8e7a1a3cb7b25d.json"]),
        (["abc", "Abc"], ["abc~ba7816bf8f01cfea.json", "Abc~06d90109c8cce34e.json"]),
        (["con"], ["con~1143da2bc54c495c.json"]),
        (["COM1.txt"], ["COM1txt~be1cf3b1eaa025cf.json"]),
        (["a."], ["a~5ab640fad553cbf9.json"]),
        (["ñ.é"], ["~a860ce67723c6dc2.json"]),
        (["_metadata"], ["_metadata~83b3aeab071d1278.json"]),
        (["a" * 60], ["a" * 60 + ".json"]),
        (["a" * 61], ["a" * 40 + "~35d5fc17cfbbadd0.json"]),
    ],
)  # fmt: skip
def test_file_names(ids: list[str], files: list[str]) -> None:
    assert list(file_names(ids).values()) == files


@given(st.lists(ids | st.sampled_from(FACOT_COLLECTIONS), unique=True))
def test_file_names_are_safe_and_distinct_without_regard_to_case(collections: list[str]) -> None:
    names = file_names(collections)
    assert list(names) == collections
    assert all(map(is_file_name, names.values()))
    assert len({name.casefold() for name in names.values()}) == len(collections)
    assert all(
        names[collection] == f"{collection}.json"
        for collection in collections
        if collection in FACOT_COLLECTIONS
    )


@pytest.mark.parametrize(
    "name",
    [
        "../x.json", "a/b.json", "a\\b.json", "C:x.json", "x.json:y", ".json", "..", "_metadata.json", "x",
        "nul.json", "x\0.json", "ñ.json",
    ],
)  # fmt: skip
def test_a_file_with_a_path_in_its_name_is_none(name: str) -> None:
    assert not is_file_name(name)
