"""The format is frozen: golden bytes, written by hand, are what we write and what we read."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from facot_backups.archive.metadata import FileEntry, Metadata, parse, serialize
from facot_backups.archive.reader import open_backup
from facot_backups.model import EVERYTHING, Scope, Source
from facot_backups.operations.verification.verify import verify
from tests.archive.golden import GOLDEN
from tests.archive.test_lines import encode, read
from tests.support.documents import with_parents

_FOLDER = Path(__file__).parent.parent / "golden"
_SPECIFICATION = (_FOLDER.parent.parent / "docs" / "disk-format.md").read_text(encoding="utf-8")
_START = datetime(2024, 11, 27, 6, 0, 5, 123456, UTC)
_METADATA = Metadata(
    backup_date=date(2024, 11, 27),
    backup_time="2024-11-27T02:00:05.123456",
    collections=("invoices", "vacia"),
    total_documents=3,
    errors=(),
    tool="facot-backups 1.0.0",
    run_id="r1",
    trigger="scheduled",
    scheduled_for=date(2024, 11, 27),
    label=False,
    scope=Scope(("invoices", "vacia"), (("clients", "1"), ("clients", "2", "notas", "ñ")), ("audit",)),
    read_time=_START,
    started_at=_START,
    finished_at=datetime(2024, 11, 27, 6, 0, 9, tzinfo=UTC),
    timezone="America/Santo_Domingo",
    source=Source("facot-app"),
    nested_documents=8,
    server_count=None,
    server_count_reason="el servidor tardó más de 60 segundos en contar",
    reads=31,
    spot_check=11,
    files={
        "invoices": FileEntry(
            "invoices.json",
            3,
            8,
            584,
            "5e88a29e4df2729e4294441fc4333577466af896614fa143d172e445cce25186",
            datetime(2024, 11, 26, 23, 59, 59, 1, UTC),
        ),
        "vacia": FileEntry(
            "vacia.json", 0, 0, 3, "37517e5f3dc66819f61f5a7bb8ace1921282415f10551d2defa5c3eb0985b570", None
        ),
    },
)


@pytest.mark.parametrize("file", GOLDEN)
def test_golden_files_are_written_and_read(file: str) -> None:
    collection, scope, documents = GOLDEN[file]
    text = (_FOLDER / file).read_bytes()
    assert encode(collection, documents, scope).decode() == text.decode()
    back, odd = read(text, collection, scope)
    assert repr(back) == repr(with_parents(documents, scope))
    assert odd == []


def test_golden_metadata_is_written_and_read() -> None:
    text = (_FOLDER / "_metadata.json").read_bytes()
    assert serialize(_METADATA).decode() == text.decode()
    assert parse(text, "m") == _METADATA


def test_a_golden_folder_verifies(tmp_path: Path) -> None:
    folder = tmp_path / "2024-11-27"
    folder.mkdir()
    for name in ("_metadata.json", "invoices.json", "vacia.json"):
        shutil.copy(_FOLDER / name, folder)
    backup = open_backup(folder)
    assert backup is not None
    report = verify(backup)
    assert (report.problems, report.notes, report.documents) == ((), (), 11)


def test_the_specification_shows_what_we_read() -> None:
    example = _SPECIFICATION.split("```\n[\n", 1)[1].split("```", 1)[0]
    documents, odd = read(b"[\n" + example.encode(), "invoices", EVERYTHING)
    assert (len(documents), odd) == (6, [])


@pytest.mark.parametrize("file", GOLDEN)
def test_the_specifications_own_reader_reads_golden_files(file: str) -> None:
    code = _SPECIFICATION.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, Any] = {}
    exec(code, names)
    found = names["documents"](_FOLDER / file, GOLDEN[file].collection)
    assert [path for path, _ in found] == [document.path for document in GOLDEN[file].documents]
