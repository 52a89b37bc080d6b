"""Metadata that has not changed is parsed once in a process; nothing that is proven rests on that."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from facot_backups.archive import facot2, metadata, parse_cache, reader
from facot_backups.archive.facot2 import open_folder
from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.listing import list_all
from facot_backups.archive.parse_cache import ParseCache
from facot_backups.archive.reader import open_backup
from facot_backups.archive.strict import strict_loads
from facot_backups.clock import SystemClock
from facot_backups.errors import DamagedBackup
from facot_backups.model import Document, Json
from facot_backups.operations.verification.verify import require_sound, verify
from tests.archive.test_facot2 import INVOICES, METADATA, write
from tests.support.folders import write_backup

_LONG_AGO = time.time() - 3600
_DOCUMENTS = {"invoices": [Document(("invoices", "1"), {"total": 1.5})]}


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The metadata that is parsed, by its place."""
    places: list[str] = []

    def counted(data: bytes, place: str) -> Json:
        places.append(place)
        return strict_loads(data, place)

    for module in (metadata, facot2):
        monkeypatch.setattr(module, "strict_loads", counted)
    return places


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A backup that was made long ago."""
    folder = tmp_path / "2024-11-27"
    write_backup(folder, _DOCUMENTS)
    _settle(folder)
    return folder


def _settle(folder: Path) -> None:
    os.utime(folder / METADATA_FILE, (_LONG_AGO, _LONG_AGO))


def _kinds(root: Path) -> list[str]:
    return sorted(backup.kind for backup in list_all(root, SystemClock().zone()))


def test_what_did_not_change_is_not_parsed_again(tmp_path: Path, folder: Path, parsed: list[str]) -> None:
    """Ours and FACOT 2.0's, old or just written; one that is another now is parsed again, it alone."""
    write_backup(tmp_path / "2024-11-28", _DOCUMENTS)
    write(tmp_path / "2024-11-20", _metadata=METADATA, invoices=INVOICES)
    write(tmp_path / "2024-11-21", _metadata=METADATA, invoices=INVOICES)
    _settle(tmp_path / "2024-11-20")
    kinds = _kinds(tmp_path)
    assert kinds == ["complete", "complete", "facot2", "facot2"] and len(parsed) >= 4
    parsed.clear()
    for _ in range(3):
        assert _kinds(tmp_path) == kinds
    assert not parsed
    write_backup(tmp_path / "new", _DOCUMENTS, run_id="r2")
    (tmp_path / "new" / METADATA_FILE).replace(folder / METADATA_FILE)
    found = open_backup(folder)
    assert found is not None and found.proven().run_id == "r2"
    assert parsed == [f"{folder.name}/{METADATA_FILE}"]


def test_a_settled_file_is_not_even_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_backup(folder)
    monkeypatch.setattr(reader, "metadata_bytes", lambda _folder: pytest.fail("read again"))
    assert open_backup(folder) == first


def _edit(path: Path) -> None:
    """Change it in place, to the same size, and set its time back, as a tool for copying does."""
    path.write_bytes(path.read_bytes().replace(b'"run_id": "r1"', b'"run_id": "r9"'))
    os.utime(path, (_LONG_AGO, _LONG_AGO))


def _turn_into_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "change", [_edit, _turn_into_a_folder, Path.unlink, lambda path: os.truncate(path, 9)]
)
def test_every_change_is_seen(folder: Path, change: Callable[[Path], None]) -> None:
    before = open_folder(folder)
    assert before is not None and before.kind == "complete"
    change(folder / METADATA_FILE)
    after = open_folder(folder)
    assert after is not None and after.kind == "damaged"


def test_what_was_just_written_is_compared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a disk's times are too coarse to tell two writes of one moment apart."""
    now = time.time_ns()
    monkeypatch.setattr(parse_cache, "_stamp", lambda _path: (now, 1))
    assert getattr(open_backup(folder), "kind", None) == "complete"
    _edit(folder / METADATA_FILE)
    assert getattr(open_backup(folder), "kind", None) == "damaged"


def test_damage_is_not_remembered(folder: Path) -> None:
    """A disk that was not well for a moment: what cannot be parsed is looked at each time."""
    path = folder / METADATA_FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert getattr(open_backup(folder), "kind", None) == "damaged"
    path.write_bytes(whole)
    assert getattr(open_backup(folder), "kind", None) == "complete"


def test_no_proof_rests_on_what_was_parsed_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that rots in silence, no time changed: `verify` and what relies on it read the bytes."""
    monkeypatch.setattr(parse_cache, "_stamp", lambda _path: (1, 1))
    assert getattr(open_backup(folder), "kind", None) == "complete"
    _edit(folder / METADATA_FILE)
    backup = open_backup(folder)
    assert backup is not None and backup.complete
    assert [problem.kind for problem in verify(backup).problems] == ["metadata"]
    with pytest.raises(DamagedBackup, match="no se restaura"):
        require_sound(backup, "not-restored")


def test_it_is_bounded_and_any_thread_may_use_it(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(20)]
    for file in files:
        file.write_bytes(file.name.encode() * 10)
    (tmp_path / "big").write_bytes(b"x" * 300)
    cache: ParseCache[str] = ParseCache(max_bytes=100)
    wrong: list[str] = []

    def use(first: int) -> None:
        for turn in range(200):
            file = files[(first * 7 + turn * 3) % len(files)]
            value = cache.value(file, file.read_bytes, bytes.decode)
            if value != file.name * 10:
                wrong.append(value)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    big = tmp_path / "big"
    assert cache.value(big, big.read_bytes, bytes.decode) == "x" * 300 and big not in cache
    kept = [file for file in files if file in cache]
    assert 0 < sum(file.stat().st_size for file in kept) == cache._bytes <= 100
