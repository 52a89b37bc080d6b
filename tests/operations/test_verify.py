"""A check finds all damage, names each file, and takes nothing sound for damage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.metadata import Metadata, serialize
from facot_backups.archive.reader import open_backup
from facot_backups.errors import Interrupted, NewerFormat
from facot_backups.events import Event, PhaseStarted, Progressed
from facot_backups.model import Document, Scope
from facot_backups.operations.verification.verify import VerifyReport, require_sound, verify
from tests.support.documents import streams
from tests.support.folders import write_backup

_INVOICES = [
    Document(("invoices", "1"), {"total": 1.5}),
    Document(("invoices", "1", "items", "0"), {"quantity": 1.0}),
    Document(("invoices", "2", "items", "0"), {}),
]
_ITEMS = [Document(("items", f"{number:05}"), {"n": number}) for number in range(2500)]


def check(folder: Path) -> VerifyReport:
    backup = open_backup(folder)
    assert backup is not None
    return verify(backup)


def kinds(report: VerifyReport) -> set[tuple[str, str]]:
    return {(problem.file, problem.kind) for problem in report.problems}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "2024-11-27"
    write_backup(path, {"invoices": _INVOICES, "items": _ITEMS, "clients": []})
    return path


def test_a_sound_backup_has_no_problem_and_no_note(folder: Path) -> None:
    report = check(folder)
    assert (report.sound, report.problems, report.notes) == (True, (), ())
    assert (report.backup, report.documents) == ("2024-11-27", 2503)
    assert report.bytes_read == sum(p.stat().st_size for p in folder.iterdir() if p.name != METADATA_FILE)


def test_it_tells_how_far_it_is_and_stops_when_told(folder: Path) -> None:
    seen: list[Event] = []
    backup = open_backup(folder)
    assert backup is not None
    verify(backup, seen.append)
    assert seen[0] == PhaseStarted("verifying")
    assert [event.documents for event in seen[1:] if isinstance(event, Progressed)] == [
        3,
        1000,
        2000,
        2503,
        2503,
    ]

    def stop(event: Event) -> None:
        if isinstance(event, Progressed):
            raise Interrupted

    with pytest.raises(Interrupted):
        verify(backup, stop)


@given(st.data())
@settings(max_examples=30)
def test_every_flipped_bit_is_found_in_its_file(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("b") / "2024-11-27"
    write_backup(folder, {"invoices": data.draw(streams("invoices", 4)), "items": []})
    assert check(folder).sound
    path = folder / data.draw(st.sampled_from(("invoices.json", "items.json", METADATA_FILE)))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    assert path.name in {problem.file for problem in check(folder).problems}


def test_all_damage_is_reported_not_the_first(folder: Path) -> None:
    (folder / "clients.json").unlink()
    (folder / "otra.json").write_bytes(b"[]\n")
    text = (folder / "items.json").read_bytes()
    (folder / "items.json").write_bytes(text.replace(b'{"_id":"00001","n":1},\n', b""))
    text = (folder / "invoices.json").read_bytes()
    (folder / "invoices.json").write_bytes(text.replace(b'"1"', b'"3"', 1))
    assert kinds(check(folder)) == {
        ("clients.json", "missing-file"),
        ("otra.json", "extra-file"),
        ("items.json", "size"),
        ("items.json", "hash"),
        ("items.json", "count"),
        ("invoices.json", "hash"),
        ("invoices.json", "format"),
    }


def _resign(folder: Path, change: Callable[[Metadata], Metadata]) -> None:
    """Metadata that says something else, with a checksum that is right."""
    backup = open_backup(folder)
    assert backup is not None
    (folder / METADATA_FILE).write_bytes(serialize(change(backup.proven())))


@pytest.mark.parametrize(
    "changes",
    [
        {"total_documents": 7}, {"nested_documents": 7}, {"server_count": 7}, {"errors": ("algo",)},
        {"collections": ("invoices", "items")}, {"collections": ("invoices", "items", "clients", "x")},
        {"scope": Scope(collections=(), restore="r")},
    ],
)  # fmt: skip
def test_metadata_that_contradicts_itself_is_damage(folder: Path, changes: dict[str, Any]) -> None:
    _resign(folder, lambda metadata: replace(metadata, **changes))
    assert kinds(check(folder)) == {(METADATA_FILE, "statement")}


def test_a_renamed_folder_is_damage(folder: Path) -> None:
    assert kinds(check(folder.rename(folder.parent / "2024-11-28"))) == {(METADATA_FILE, "statement")}


@pytest.mark.parametrize("key", ["documents", "nested_documents"])
def test_counts_are_made_anew(folder: Path, key: str) -> None:
    nine: dict[str, Any] = {key: 9}

    def change(metadata: Metadata) -> Metadata:
        return replace(
            metadata, server_count=None, server_count_reason="x",
            files={**metadata.files, "invoices": replace(metadata.files["invoices"], **nine)},
        )  # fmt: skip

    _resign(folder, change)
    assert ("invoices.json", "count") in kinds(check(folder))


def test_another_spelling_is_a_note(folder: Path) -> None:
    text = (folder / "invoices.json").read_bytes().replace(b'"total":1.5', b'"total":1.50')
    (folder / "invoices.json").write_bytes(text)

    def change(metadata: Metadata) -> Metadata:
        proof: dict[str, Any] = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
        entry = replace(metadata.files["invoices"], **proof)
        return replace(metadata, files={**metadata.files, "invoices": entry})

    _resign(folder, change)
    report = check(folder)
    assert report.sound
    assert len(report.notes) == 1
    assert "invoices.json" in report.notes[0]


def test_metadata_with_a_wrong_checksum_does_not_stop_the_files(folder: Path) -> None:
    path = folder / METADATA_FILE
    path.write_bytes(path.read_bytes().replace(b'"reads": 2503', b'"reads": 2504'))
    (folder / "items.json").unlink()
    assert kinds(check(folder)) == {(METADATA_FILE, "metadata"), ("items.json", "missing-file")}


def test_without_metadata_there_is_one_problem_that_says_so(folder: Path) -> None:
    (folder / METADATA_FILE).unlink()
    report = check(folder)
    assert kinds(report) == {(METADATA_FILE, "metadata")}
    assert "falta el archivo" in report.problems[0].message


def test_a_newer_format_is_no_damage_that_can_be_told(folder: Path) -> None:
    path = folder / METADATA_FILE
    path.write_bytes(path.read_bytes().replace(b'"format_version": 1', b'"format_version": 2'))
    assert kinds(check(folder)) == {(METADATA_FILE, "newer-format")}
    newer = open_backup(folder)
    assert newer is not None
    with pytest.raises(NewerFormat, match="Actualice"):
        require_sound(newer, "not-restored")


def test_what_a_file_browser_leaves_is_a_note(folder: Path) -> None:
    (folder / "desktop.ini").touch()
    report = check(folder)
    assert report.sound
    assert len(report.notes) == 1


def test_a_file_that_is_no_regular_file_is_never_opened(folder: Path) -> None:
    (folder / "items.json").unlink()
    (folder / "items.json").mkdir()
    report = check(folder)
    assert kinds(report) == {("items.json", "unreadable")}
    assert "no es un archivo normal" in report.problems[0].message


def test_the_rest_of_a_file_is_hashed_after_its_grammar_broke(folder: Path) -> None:
    """So that a change of one line alone is not also reported as another size."""
    text = (folder / "items.json").read_bytes()
    (folder / "items.json").write_bytes(text.replace(b'{"_id":"00000"', b'{"_iD":"00000"'))
    assert kinds(check(folder)) == {("items.json", "hash"), ("items.json", "format")}
