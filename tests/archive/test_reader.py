"""Opening backups: ours or not ours, whole or damaged, and never a step outside the folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.reader import Backup, open_backup, size_on_disk
from facot_backups.errors import DamagedBackup, FormatError, NewerFormat, UsageError
from facot_backups.model import Document, Scope
from tests.support.folders import write_backup

_DOCUMENTS = [
    Document(("invoices", "1"), {"total": 1.5}),
    Document(("invoices", "1", "items", "0"), {"quantity": 1.0}),
    Document(("invoices", "2", "items", "0"), {}),
]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links and FIFOs of POSIX")


def opened(path: Path) -> Backup:
    backup = open_backup(path)
    assert backup is not None
    return backup


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "2024-11-27"
    write_backup(path, {"invoices": _DOCUMENTS, "items": []})
    return path


def test_a_backup_gives_its_documents(folder: Path) -> None:
    backup = opened(folder)
    assert (backup.kind, backup.complete, backup.problem, backup.date.isoformat()) == (
        "complete", True, None, "2024-11-27",
    )  # fmt: skip
    missing = Document(("invoices", "2"), {}, None, "missing")
    assert list(backup.documents("invoices")) == [*_DOCUMENTS[:2], missing, _DOCUMENTS[2]]
    assert list(backup.documents("items")) == []
    with pytest.raises(UsageError, match="no tiene la colección «clients»"):
        backup.documents("clients")


@pytest.mark.parametrize("suffix", ["incomplete", "pre-restore"])
def test_a_suffix_makes_it_no_backup(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"2024-11-27T020000.{suffix}"
    write_backup(path, {}, scope=Scope(collections=(), restore="r") if suffix == "pre-restore" else Scope())
    assert (opened(path).kind, opened(path).complete) == (suffix, False)


def test_what_is_not_ours_is_none(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "2024-11-28").touch()
    for name in (".facot", "fotos", "2024-11-27.bak", "2024-13-01"):
        (tmp_path / name).mkdir()
        assert open_backup(tmp_path / name) is None
    assert open_backup(tmp_path / "2024-11-28") is None
    assert open_backup(tmp_path / "2024-11-29") is None


@posix
def test_a_link_to_a_backup_is_not_ours(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "2024-11-28").symlink_to(folder)
    assert open_backup(tmp_path / "2024-11-28") is None


def _remove(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    outside = path.parent.parent / "fuera.json"
    path.rename(outside)
    path.symlink_to(outside)


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


_SPOILT = [_remove, _folder, _cut, pytest.param(_link, marks=posix), pytest.param(_fifo, marks=posix)]


@pytest.mark.parametrize("spoil", _SPOILT)
def test_damaged_metadata_makes_a_damaged_backup(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(folder / METADATA_FILE)
    backup = opened(folder)
    assert (backup.kind, backup.complete, backup.metadata) == ("damaged", False, None)
    assert backup.date.isoformat() == "2024-11-27"
    assert METADATA_FILE in str(backup.problem)
    with pytest.raises(DamagedBackup):
        backup.documents("invoices")


@pytest.mark.parametrize("spoil", _SPOILT)
def test_a_damaged_file_is_refused_when_it_is_read(folder: Path, spoil: Callable[[Path], None]) -> None:
    spoil(folder / "invoices.json")
    documents = opened(folder).documents("invoices")
    with pytest.raises(DamagedBackup, match=r"2024-11-27/invoices\.json"):
        list(documents)


def test_a_newer_format_is_listed_and_refused(folder: Path) -> None:
    path = folder / METADATA_FILE
    path.write_bytes(path.read_bytes().replace(b'"format_version": 1', b'"format_version": 9'))
    backup = opened(folder)
    assert (backup.kind, backup.complete) == ("newer", False)
    with pytest.raises(NewerFormat):
        backup.documents("invoices")


def test_a_file_outside_the_folder_is_never_named(folder: Path) -> None:
    path = folder / METADATA_FILE
    path.write_bytes(path.read_bytes().replace(b'"invoices.json"', b'"../secreto.json"'))
    assert isinstance(opened(folder).problem, FormatError)


def test_what_cannot_be_read_has_no_size(folder: Path) -> None:
    """So that one bad folder, or one that a cleanup takes at the same time, does not hide all others."""
    backup, size = opened(folder), opened(folder).size
    gone = Backup(folder.with_name("2024-11-26"), backup.name, None)
    assert size > 0
    assert size_on_disk([gone, backup]) == size


def test_sizes_count_an_inode_once(tmp_path: Path, folder: Path) -> None:
    other = tmp_path / "2024-11-28"
    write_backup(other, {"invoices": _DOCUMENTS, "items": []})
    sizes = {path: path.stat().st_size for path in [*folder.iterdir(), *other.iterdir()]}
    assert opened(folder).size == sum(sizes[path] for path in folder.iterdir())
    assert size_on_disk([opened(folder), opened(other)]) == sum(sizes.values())
    (other / "invoices.json").unlink()
    (other / "invoices.json").hardlink_to(folder / "invoices.json")
    shared = sizes[folder / "invoices.json"]
    assert size_on_disk([opened(folder), opened(other)]) == sum(sizes.values()) - shared
