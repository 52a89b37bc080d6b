"""Comparison: generated pairs against a naive reader, and nothing unknown ever called deleted."""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive.facot2 import open_folder
from facot_backups.archive.reader import open_backup
from facot_backups.errors import DamagedBackup, UsageError
from facot_backups.model import EVERYTHING, Document, DocumentPath, Json, Scope, path_key
from facot_backups.operations.comparison.changes import (
    Change,
    Value,
    compare,
    field_changes,
    field_text,
    intersection,
    precedes,
    same_content,
)
from facot_backups.operations.comparison.diff import Counts, Diff
from facot_backups.operations.comparison.sources import BackupSide, FolderSide, OldSide, side_of
from tests.operations.pairs import (
    COLLECTIONS,
    TWINS,
    Cover,
    Database,
    covers,
    databases,
    exact,
    leaves,
    with_field,
)
from tests.support.archives import document
from tests.support.documents import contents, ids
from tests.support.folders import write_backup

Contents = tuple[dict[str, Json], Any]


def written(folder: Path, cover: Cover, database: Database) -> BackupSide:
    """A backup of `database`, as `cover` says, opened as a side."""
    folder = folder / ("2024-11-27T020000.incomplete" if cover.failed else "2024-11-27")
    write_backup(folder, cover.content(database), **cover.metadata())
    backup = open_backup(folder)
    assert backup is not None
    return BackupSide(backup)


def expected(
    left: tuple[Cover, Database], right: tuple[Cover, Database], asked: Scope
) -> dict[DocumentPath, str]:
    """What a reader with dicts says: kind by path, of all that both know."""
    (lcover, ldata), (rcover, rdata) = left, right
    kinds = {}
    for path in ldata.keys() | rdata.keys():
        if not (asked.includes(path) and lcover.knows(path, ldata) and rcover.knows(path, rdata)):
            continue
        one, other = ldata.get(path), rdata.get(path)
        if one is None or other is None:
            kinds[path] = "added" if one is None else "removed"
        else:
            kinds[path] = "equal" if exact(one) == exact(other) else "changed"
    return kinds


@pytest.mark.slow
@given(st.data())
def test_generated_pairs(data: st.DataObject) -> None:
    ldata, rdata = data.draw(databases())
    paths = sorted(ldata.keys() | rdata.keys(), key=path_key)
    left, right = data.draw(covers(paths)), data.draw(covers(paths))
    asked = data.draw(st.sampled_from((EVERYTHING, EVERYTHING, Scope(collections=("invoices",)))))
    with tempfile.TemporaryDirectory() as place:
        one = written(Path(place) / "a", left, ldata)
        other = written(Path(place) / "b", right, rdata)
        found = list(compare(one, other, asked))
        diff = Diff(one, other, asked)
        differences = list(diff)
    kinds = expected((left, ldata), (right, rdata), asked)
    assert {change.path: change.kind for change in found} == kinds
    assert [change.path for change in found] == sorted(kinds, key=path_key)
    assert differences == [change for change in found if change.kind != "equal"]
    _check_counts(diff, kinds)
    assert all(_is_explained(change) for change in differences)


def _check_counts(diff: Diff, kinds: dict[DocumentPath, str]) -> None:
    for name, counts in diff.counts.items():
        mine = [kind for path, kind in kinds.items() if path[0] == name]
        names = ("added", "removed", "changed", "equal", "unknown")
        assert counts == Counts(*(mine.count(kind) for kind in names))
    assert {path[0] for path in kinds} <= diff.counts.keys()
    assert diff.unknown.keys().isdisjoint(diff.counts)


def _is_explained(change: Change) -> bool:
    """The fields of a change are just the difference of both contents, value by value."""
    before, after = (
        dict(leaves(d.fields, d.types)) if d is not None else {(): "dict"}
        for d in (change.left, change.right)
    )
    old: dict[object, str] = {}
    new: dict[object, str] = {}
    for field in change.fields():
        for side, value in ((old, field.old), (new, field.new)):
            if value is not None:
                side.update(leaves(value.value, value.types, field.path))
    gone = {path: text for path, text in before.items() if after.get(path) != text}
    come = {path: text for path, text in after.items() if before.get(path) != text}
    # Where a value is replaced by one of another type, all of both is told, also what happens to be equal.
    return gone.items() <= old.items() <= before.items() and come.items() <= new.items() <= after.items()


@pytest.mark.slow
@given(contents(), contents())
def test_fields_explain_any_two_contents(one: Contents, other: Contents) -> None:
    left, right = Document(("a", "1"), *one), Document(("a", "1"), *other)
    assert same_content(left, right) == (exact(left) == exact(right))
    assert _is_explained(Change("changed", left.path, left, right))
    assert _is_explained(Change("removed", left.path, left, None))
    assert list(field_changes(left, left)) == []


@pytest.mark.parametrize("pair", TWINS)
def test_twins_are_a_change_of_one_field(pair: tuple) -> None:  # type: ignore[type-arg]
    one, other = (with_field(document("a/1", n=1), "zz", typed) for typed in pair)
    assert same_content(one, one)
    assert not same_content(one, other)
    assert [change.path[0] for change in field_changes(one, other)] == ["zz"]
    assert list(field_changes(one, one)) == []


def test_fields_say_where_and_of_what_type() -> None:
    old = document("a/1", gone=1, lines=[{"q": 1}, {"q": 2}], same={"x": [1.5]}, when="2024-11-27")
    new = Document(
        ("a", "1"),
        {"lines": [{"q": 1.0}], "new": None, "same": {"x": [1.5]}, "when": "2024-11-27T00:00:00.000000Z"},
        {"when": "timestamp"},
    )
    assert list(field_changes(old, new)) == [
        (("gone",), Value(1, "integer"), None),
        (("lines", 0, "q"), Value(1, "integer"), Value(1.0, "double")),
        (("lines", 1), Value({"q": 2}, "map"), None),
        (("new",), None, Value(None, "null")),
        (
            ("when",),
            Value("2024-11-27", "string"),
            Value("2024-11-27T00:00:00.000000Z", "timestamp", "timestamp"),
        ),
    ]
    assert field_text(("lines", 0, "a.b", "x`y", "ñ_1", 2)) == "lines[0].`a.b`.`x\\`y`.ñ_1[2]"


@given(st.lists(ids, min_size=1, max_size=4), st.lists(ids, min_size=1, max_size=4))
def test_the_order_is_that_of_names(one: list[str], other: list[str]) -> None:
    a, b = tuple(one), tuple(other)
    assert precedes(a, b) == (path_key(a) < path_key(b))


@pytest.mark.slow
@given(st.data())
def test_an_intersection_includes_what_both_do(data: st.DataObject) -> None:
    database, _ = data.draw(databases())
    paths = sorted(database, key=path_key)
    one, other = data.draw(covers(paths)).scope, data.draw(covers(paths)).scope
    both = intersection(one, other)
    for path in [*paths, *((name,) for name in COLLECTIONS)]:
        assert both.includes(path) == (one.includes(path) and other.includes(path))
    assert intersection(EVERYTHING, one).collections == one.collections


# --- marks, incomplete backups, pre-restore -----------------------------------------------------------


def side(place: Path, *documents: Document, **changes: object) -> BackupSide:
    content: dict[str, list[Document]] = {}
    for one in documents:
        content.setdefault(one.path[0], []).append(one)
    write_backup(place, content, **changes)
    backup = open_backup(place)
    assert backup is not None
    return BackupSide(backup)


def kinds_of(left: FolderSide, right: FolderSide) -> dict[str, str]:
    return {"/".join(change.path): change.kind for change in compare(left, right)}


def test_a_missing_parent_that_comes_to_exist_is_added(tmp_path: Path) -> None:
    left = side(tmp_path / "2024-11-26", document("invoices/1/items/0", n=1))
    right = side(tmp_path / "2024-11-27", document("invoices/1", n=1), document("invoices/1/items/0", n=1))
    assert kinds_of(left, right) == {"invoices/1": "added", "invoices/1/items/0": "equal"}
    assert kinds_of(right, left) == {"invoices/1": "removed", "invoices/1/items/0": "equal"}
    change = next(iter(compare(left, right)))
    assert change.left is not None
    assert change.left.mark == "missing"


def test_a_parent_that_was_not_read_is_not_compared(tmp_path: Path) -> None:
    scope = Scope(collections=(), documents=(("invoices", "1", "items", "0"),))
    left = side(tmp_path / "2024-11-26", document("invoices/1/items/0", n=1), scope=scope)
    right = side(tmp_path / "2024-11-27", document("invoices/1", n=1))
    assert kinds_of(left, right) == {"invoices/1/items/0": "removed"}
    assert kinds_of(right, left) == {"invoices/1/items/0": "added"}


def test_what_failed_is_named_and_never_deleted(tmp_path: Path) -> None:
    whole = side(tmp_path / "2024-11-26", document("clients/1"), document("invoices/1"), document("zonas/1"))
    partial = side(
        tmp_path / "2024-11-27T010000.incomplete",
        document("clients/1"),
        errors=("invoices: sin permiso", "zonas: sin permiso"),
    )
    for left, right in ((whole, partial), (partial, whole)):
        diff = Diff(left, right)
        assert list(diff) == []
        assert diff.counts == {"clients": Counts(equal=1)}
        why = "no se pudo leer al hacer 2024-11-27T010000.incomplete"
        assert diff.unknown == {"invoices": why, "zonas": why}


def test_scopes_that_meet_nowhere_compare_nothing(tmp_path: Path) -> None:
    left, right = (
        side(
            tmp_path / name / "2024-11-27",
            document(f"invoices/{name}"),
            scope=Scope(collections=(), documents=(("invoices", name),)),
        )
        for name in ("1", "2")
    )
    diff = Diff(left, right)
    assert list(diff) == []
    assert diff.unknown == {"invoices": "cada lado abarca otros documentos de ella"}


def test_a_mark_that_says_unread_is_no_absence(tmp_path: Path) -> None:
    restore = Scope(collections=(), restore="r")
    kept = side(tmp_path / "2024-11-27T010000.pre-restore", document("invoices/1/items/0"), scope=restore)
    known = BackupSide(kept.backup, Scope(collections=("invoices",)))
    right = side(tmp_path / "2024-11-27", document("invoices/1"), document("invoices/1/items/0"))
    assert kinds_of(known, right) == {"invoices/1": "unknown", "invoices/1/items/0": "equal"}
    assert kinds_of(right, known) == {"invoices/1": "unknown", "invoices/1/items/0": "equal"}


def test_a_pre_restore_is_no_side_but_on_purpose(tmp_path: Path) -> None:
    name = "2024-11-27T010000.pre-restore"
    kept = side(tmp_path / name, document("invoices/1"), scope=Scope(collections=(), restore="r"))
    with pytest.raises(UsageError):
        side_of(kept.backup)
    assert kinds_of(kept, kept) == {}
    scope = Scope(collections=(), documents=(("invoices", "1"),))
    assert kinds_of(BackupSide(kept.backup, scope), BackupSide(kept.backup, scope)) == {"invoices/1": "equal"}


def test_equal_files_are_not_read(tmp_path: Path) -> None:
    left = side(tmp_path / "2024-11-26", document("invoices/1"), document("zonas/1"))
    right = side(tmp_path / "2024-11-27", document("invoices/1"), document("zonas/1", n=1))
    (left.backup.path / "invoices.json").unlink()
    diff = Diff(left, right)
    assert [change.kind for change in diff] == ["changed"]
    assert diff.counts == {"invoices": Counts(equal=1), "zonas": Counts(changed=1)}


def test_equal_files_are_counted_no_further_than_the_scope(tmp_path: Path) -> None:
    documents = [document(f"invoices/{number}") for number in range(3)]
    left, right = (side(tmp_path / name, *documents) for name in ("2024-11-26", "2024-11-27"))
    diff = Diff(left, right, Scope(collections=(), documents=(("invoices", "1"),)))
    assert list(diff) == [] and diff.counts == {"invoices": Counts(equal=1)}


def test_a_flipped_bit_is_damage_and_no_change(tmp_path: Path) -> None:
    left = side(tmp_path / "2024-11-26", document("invoices/1", n=1))
    right = side(tmp_path / "2024-11-27", document("invoices/1", n=2))
    file = right.backup.path / "invoices.json"
    file.write_bytes(file.read_bytes().replace(b'"n":2', b'"n":3'))
    with pytest.raises(DamagedBackup, match=r"2024-11-27/invoices\.json"):
        list(Diff(left, right))


# --- FACOT 2.0's own folders --------------------------------------------------------------------------


def old(place: Path, **files: str) -> OldSide:
    place.mkdir()
    for name, text in files.items():
        (place / f"{name}.json").write_text(text, encoding="utf-8")
    found = side_of(open_folder(place))  # type: ignore[arg-type]
    assert isinstance(found, OldSide)
    return found


def test_an_old_folder_says_no_more_than_it_read(tmp_path: Path) -> None:
    left = old(
        tmp_path / "2024-11-26",
        invoices='[{"n": 1, "_id": "2", "_items": [{"_id": "0"}, {"_id": "9"}]}, {"_id": "1", "_items": []}]',
        clients="[]",
    )
    right = side(
        tmp_path / "2024-11-27",
        document("clients/1"),
        document("invoices/0/items/0"),
        document("invoices/1"),
        document("invoices/1/items/7"),
        document("invoices/1/notas/0"),
        document("invoices/2", n=1),
        document("invoices/2/items/0"),
        document("invoices/3"),
        document("zonas/1"),
    )
    assert kinds_of(left, right) == {
        "invoices/0/items/0": "unknown",  # that code never asked for the items of what did not exist
        "invoices/1": "equal",
        "invoices/1/items/7": "added",
        "invoices/1/notas/0": "unknown",
        "invoices/2": "equal",
        "invoices/2/items/0": "equal",
        "invoices/2/items/9": "removed",
        "invoices/3": "added",
    }
    diff = Diff(left, right)
    assert [change.path[-1] for change in diff] == ["7", "9", "3"]
    assert diff.unknown == {
        "clients": "vacía en 2024-11-26, de formato antiguo: no dice si había documentos",
        "zonas": "fuera de lo que abarca 2024-11-26",
    }


# --- a side that fails on the way, memory -------------------------------------------------------------


class Failing:
    """A side whose reading of a collection ends early, as a scan's can."""

    def __init__(self, documents: list[Document], failing: str) -> None:
        self.extent = EVERYTHING
        self.failures: dict[str, str] = {}
        self.label, self.source, self.read_time = "live", None, None
        self._documents = documents
        self._failing = failing

    def documents(self, scope: Scope) -> Iterator[Document]:
        for one in self._documents:
            if one.path[0] > self._failing:
                self.failures = {self._failing: "sin permiso"}
            yield one
        self.failures = {self._failing: "sin permiso"}

    def knows(self, path: DocumentPath) -> bool:
        return path[0] not in self.failures


@pytest.mark.parametrize("rest", [[], [document("zonas/1")]])
def test_what_a_reading_did_not_reach_is_unknown(tmp_path: Path, rest: list[Document]) -> None:
    left = side(tmp_path / "2024-11-26", *(document(f"invoices/{n}") for n in range(5)), *rest)
    right = Failing([document("invoices/1"), *rest], "invoices")
    diff = Diff(left, right)
    assert [(change.kind, change.path[1]) for change in diff] == [("removed", "0")]
    assert diff.counts["invoices"] == Counts(removed=1, equal=1, unknown=3)
    assert diff.unknown == {"invoices": "sin permiso"}
    assert diff.partial


class Endless:
    """Many documents below one, made as they are asked for; every hundredth is another with `odd`."""

    def __init__(self, number: int, *, odd: bool) -> None:
        self.extent = EVERYTHING
        self.failures: dict[str, str] = {}
        self.label, self.source, self.read_time = "live", None, None
        self._number = number
        self._odd = odd

    def documents(self, scope: Scope) -> Iterator[Document]:
        for n in range(self._number):
            value = "x" * 100 if self._odd and not n % 100 else n
            yield Document(("invoices", "1", "items", f"{n:09}"), {"n": value, "text": "y" * 200})

    def knows(self, path: DocumentPath) -> bool:
        return True


@pytest.mark.slow
def test_memory_does_not_grow_with_the_database() -> None:
    peaks = []
    for number in (1_000, 100_000):
        tracemalloc.start()
        diff = Diff(Endless(number, odd=False), Endless(number, odd=True))
        assert sum(1 for _ in diff) == number // 100
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 64 * 1024
