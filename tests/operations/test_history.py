"""The history of a document: generated series of backups against a naive reader, and what stays unknown."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive.reader import open_backup
from facot_backups.archive.store import Store
from facot_backups.clock import SystemClock
from facot_backups.events import Event, Progressed
from facot_backups.model import Document, DocumentPath, Scope, Source, path_key
from facot_backups.operations.comparison.history import Chapter, History, history, sighting
from facot_backups.state import State
from tests.operations.pairs import Cover, Database, covers, databases, exact
from tests.support.archives import document
from tests.support.folders import write_backup

FIRST = datetime(2024, 11, 1, 6, 0, tzinfo=UTC)


def name_of(day: int, suffix: str = "") -> str:
    moment = FIRST + timedelta(days=day)
    return f"{moment:%Y-%m-%d}T020000.{suffix}" if suffix else f"{moment:%Y-%m-%d}"


def add(root: Path, day: int, content: dict[str, list[Document]], suffix: str = "", **changes: object) -> str:
    """A backup of that day's 06:00 UTC; returns its name."""
    moment = FIRST + timedelta(days=day)
    name = name_of(day, suffix)
    write_backup(root / name, content, backup_date=moment.date(), read_time=moment, **changes)
    return name


def of(root: Path, path: str | DocumentPath) -> History:
    segments = tuple(path.split("/")) if isinstance(path, str) else path
    return history(Store(root, State(root.parent / "state"), SystemClock()), segments)


def told(chapters: tuple[Chapter, ...]) -> list[tuple[str, str, str, int]]:
    return [(c.event, c.first.backup, c.last.backup, c.backups) for c in chapters]


def expected(
    series: list[tuple[str, Cover, Database]], path: DocumentPath
) -> list[tuple[str, str, str, int]]:
    """What a reader with dicts tells of a series of backups."""
    result: list[tuple[str, str, str, int]] = []
    last: str | None = None
    for name, cover, database in series:
        if not cover.knows(path, database):
            continue
        now = exact(database[path]) if path in database else ""
        if last is not None and now == last:
            event, first, _, number = result[-1]
            result[-1] = (event, first, name, number + 1)
        elif last is None:
            result.append(("first" if now else "absent", name, name, 1))
        else:
            event = "deleted" if not now else "created" if not last else "changed"
            result.append((event, name, name, 1))
        last = now
    return result


@pytest.mark.slow
@settings(max_examples=40)
@given(databases(5), st.data())
def test_generated_series(series: list[Database], data: st.DataObject) -> None:
    paths = sorted({path for database in series for path in database}, key=path_key)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "backups"
        backups = []
        for day, database in enumerate(series):
            cover = data.draw(covers(paths))
            suffix = "incomplete" if cover.failed else ""
            name = add(root, day, cover.content(database), suffix, **cover.metadata())
            backups.append((name, cover, database))
        for path in [*paths[:6], ("invoices", "nunca")]:
            found = of(root, path)
            assert told(found.chapters) == expected(backups, path)
            blind = [name for name, cover, database in backups if not cover.knows(path, database)]
            assert [seen.backup for seen in found.unknown] == blind
            assert found.backups == len(series)
            assert found.seen == any(event not in ("absent", "deleted") for event, *_ in told(found.chapters))


def test_chapters_say_what_changed_and_between_which_backups(tmp_path: Path) -> None:
    root = tmp_path / "backups"
    for day, number in enumerate([None, 1, 1, 2, None, 2]):
        add(root, day, {"a": [document("a/0"), *([document("a/1", n=number)] if number else [])]})
    chapters = of(root, "a/1").chapters
    assert told(chapters) == [
        ("absent", "2024-11-01", "2024-11-01", 1),
        ("created", "2024-11-02", "2024-11-03", 2),
        ("changed", "2024-11-04", "2024-11-04", 1),
        ("deleted", "2024-11-05", "2024-11-05", 1),
        ("created", "2024-11-06", "2024-11-06", 1),
    ]
    assert [c.before.backup if c.before else None for c in chapters] == [
        None, "2024-11-01", "2024-11-03", "2024-11-04", "2024-11-05",
    ]  # fmt: skip
    assert [(f.path, f.old and f.old.value, f.new and f.new.value) for f in chapters[2].changes] == [
        (("n",), 1, 2)
    ]


def test_what_cannot_tell_is_unknown_with_its_reason(tmp_path: Path) -> None:
    root = tmp_path / "backups"
    there = {"a": [document("a/1", n=1)]}
    add(root, 0, there)
    add(root, 1, {"b": [document("b/1")]}, "incomplete", errors=("a: sin permiso",))
    add(root, 2, {"b": [document("b/1")]}, scope=Scope(collections=("b",)))
    damaged = add(root, 3, {"a": [document("a/1", n=2)]})
    add(root, 4, there, source=Source("otro"))
    broken = add(root, 5, there)
    add(root, 6, {"a": []}, "pre-restore", scope=Scope(collections=(), restore="r"), trigger="pre-restore")
    add(root, 7, there)
    file = root / damaged / "a.json"
    file.write_bytes(file.read_bytes().replace(b'"n":2', b'"n":3'))
    (root / broken / "_metadata.json").write_bytes(b"{}")
    (root / ".facot").mkdir()
    (root / ".facot/repository.json").write_text(
        '{"id":"0123456789abcdef0123456789abcdef","project":"prueba","database":"(default)","emulator":false}'
    )
    found = of(root, "a/1")
    assert told(found.chapters) == [("first", "2024-11-01", "2024-11-08", 2)]
    assert [(seen.backup, (seen.reason or "")[:22]) for seen in found.unknown] == [
        ("2024-11-02T020000.incomplete", "no se pudo leer la col"),
        ("2024-11-03", "está fuera de lo que a"),
        ("2024-11-04", "está dañado: 2024-11-0"),
        ("2024-11-05", "es de otra base de dat"),
        ("2024-11-06", "está dañado: 2024-11-0"),
    ]


def test_old_folders_tell_too(tmp_path: Path) -> None:
    root = tmp_path / "backups"
    for day, text in enumerate(['[{"when": "2024", "_id": "1", "_items": []}]', "[]"]):
        (root / name_of(day)).mkdir(parents=True)
        (root / name_of(day) / "invoices.json").write_text(text, encoding="utf-8")
    when = Document(("invoices", "1"), {"when": "2024-01-01T00:00:00.000000Z"}, {"when": "timestamp"})
    add(root, 2, {"invoices": [when]})
    found = of(root, "invoices/1")
    assert [chapter.event for chapter in found.chapters] == ["first", "changed"]
    assert found.chapters[1].format_changed
    assert [seen.backup for seen in found.unknown] == ["2024-11-02"]
    items = of(root, "invoices/2/items/0")
    assert [seen.backup for seen in items.unknown] == ["2024-11-01", "2024-11-02"]


def test_a_pre_restore_can_be_asked_for_what_it_holds(tmp_path: Path) -> None:
    scope = Scope(collections=(), restore="r")
    name = add(tmp_path, 0, {"a": [document("a/1/s/1", n=1)]}, "pre-restore", scope=scope)
    backup = open_backup(tmp_path / name)
    assert backup is not None
    states = {
        path: sighting(backup, tuple(path.split("/"))).state for path in ("a/1", "a/1/s/1", "a/2", "b/1")
    }
    assert states == {"a/1": "unknown", "a/1/s/1": "present", "a/2": "unknown", "b/1": "unknown"}


@pytest.mark.parametrize("same", [True, False])
def test_a_content_is_read_once(tmp_path: Path, same: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "backups"
    for day in range(4):
        add(root, day, {"a": [document("a/1", n=1 if same else day)]})
    seen: list[Event] = []
    for day in range(1, 4 if same else 1):
        (root / name_of(day) / "a.json").unlink()  # equal by its hash: never opened
    found = history(Store(root, State(tmp_path / "state"), SystemClock()), ("a", "1"), seen.append)
    assert [chapter.backups for chapter in found.chapters] == ([4] if same else [1, 1, 1, 1])
    assert [event.documents for event in seen if isinstance(event, Progressed)] == [1, 2, 3, 4]
