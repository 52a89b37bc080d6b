"""What hostile files cost: refused as damage, with a bounded memory; and honest ones are far from it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from facot_backups.archive import ledger
from facot_backups.archive.collection_file import decode, split_lines
from facot_backups.archive.facot2 import open_old
from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.ledger import Ledger, LedgerEntry
from facot_backups.archive.metadata import FileEntry, parse, serialize
from facot_backups.errors import DocumentTooLarge, UsageError
from facot_backups.model import Document
from tests.support.archives import Archive, document
from tests.support.folders import metadata_of, write_backup

MIB = 2**20
MOST_MEMORY = 300 * MIB
# A command in a process of its own, which then tells the most memory that it had.
COMMAND = """
import pathlib, re, sys
from facot_backups.ui.cli import main
code = main(sys.argv[1:])
peak = re.search("VmHWM: *([0-9]+)", pathlib.Path("/proc/self/status").read_text().replace("\\t", " "))
print("PEAK", code, int(peak[1]) * 1024)
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="el sistema no dice la memoria de un proceso"
)


@cache
def _keys() -> bytes:
    """Different keys, somewhat less than the smallest of SIZES."""
    return b"".join(b'"%x":0,' % at for at in range(380_000))


# Each makes about so many bytes of JSON that cost far more when they are parsed.
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "lists": lambda size: b"[" + b"[]," * (size // 3) + b"0]",
    "maps": lambda size: b"[" + b'{"a":1},' * (size // 8) + b"0]",
    "keys": lambda size: b"{" + _keys() * (size // len(_keys())) + b'"a":0}',
    "texts": lambda size: b"[" + '"😀",'.encode() * (size // 7) + b"0]",
    "one text": lambda size: b'["' + "😀".encode() + b"a" * size + b'"]',
    "a key twice": lambda size: b'{"a":1' + b',"a":1' * (size // 6) + b"}",
    "nesting": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
}
# Far over every bound, and just under that of the size.
SIZES = (60 * MIB, 15 * MIB, 4 * MIB - 100)


def run(*words: str) -> tuple[int, int, str]:
    """The exit code of a command, the most memory that it had, and what it said."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", COMMAND, *words],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    *said, last = done.stdout.splitlines()
    _, code, peak = last.split()
    return int(code), int(peak), "\n".join(said) + done.stderr


def is_bounded(folder: Path, *commands: str, code: int) -> None:
    for command in commands:
        found, peak, said = run(*command.split(), "--backup-dir", str(folder))
        assert peak < MOST_MEMORY, f"{command}: {peak // MIB} MiB"
        assert (found, len(said) < 20_000) == (code, True), (command, found, said[:2000])


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_metadata_is_damage(tmp_path: Path, state_dir: Path, name: str, size: int) -> None:
    folder = tmp_path / "backups" / "2024-11-27"
    folder.mkdir(parents=True)
    (folder / METADATA_FILE).write_bytes(b'{"format_version":1,"files":' + HOSTILE[name](size) + b"}\n")
    is_bounded(folder.parent, "list", code=0)
    is_bounded(folder.parent, "verify", code=20)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_line_is_damage(tmp_path: Path, state_dir: Path, name: str, size: int) -> None:
    folder = tmp_path / "backups" / "2024-11-27"
    write_backup(folder, {"invoices": [document("invoices/1", n=1)]})
    for space in (b"", b" ") if size < 5 * MIB else (b"",):
        line = b'{"_id":"1",' + space + b'"f":' + HOSTILE[name](size) + b"}"
        (folder / "invoices.json").write_bytes(b"[\n" + line + b"\n]\n")
        is_bounded(folder.parent, "verify", code=20)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_of_facots_is_damage(tmp_path: Path, state_dir: Path, name: str) -> None:
    folder = tmp_path / "backups" / "2024-11-27"
    folder.mkdir(parents=True)
    for size in SIZES:
        document = b'{"f":' + HOSTILE[name](size) + b',"_id":1}'
        (folder / "clients.json").write_bytes(b"[" + document + b"]")
        assert open_old(folder) is not None
        is_bounded(folder.parent, "verify", code=20)


@pytest.mark.slow
def test_a_file_of_facots_in_no_order_is_bounded(tmp_path: Path, state_dir: Path) -> None:
    folder = tmp_path / "backups" / "2024-11-27"
    folder.mkdir(parents=True)
    with (folder / "clients.json").open("wb") as file:
        file.write(b'[{"_id":"z"}')
        for start in range(0, 401_000, 1000):
            file.write(b"".join(b',{"_id":"%d"}' % at for at in range(start, start + 1000)))
        file.write(b"]")
    is_bounded(folder.parent, "verify", code=20)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_of_our_own_are_bounded(tmp_path: Path, state_dir: Path, name: str) -> None:
    root = tmp_path / "backups"
    archive = Archive(root, state_dir)
    archive.backup([document("invoices/1", n=1)])
    text = HOSTILE[name](60 * MIB)
    line = b'{"time":"2024-11-27T12:00:00.000000Z","kind":"run","outcome":"FAILED","x":%b}\n'
    (root / ".facot/ledger.jsonl").write_bytes(line % text + line % HOSTILE[name](3 * MIB))
    (root / ".facot/owner.json").write_bytes(text)
    for note in state_dir.glob("*.json"):
        note.write_bytes(b'{"x":' + text + b"}")
    is_bounded(root, "list", code=0)
    is_bounded(root, "cleanup", code=11)
    (root / ".facot/owner.json").unlink()
    (root / ".facot/repository.json").write_bytes(text)
    is_bounded(root, "list", "verify", code=0)
    is_bounded(root, "cleanup", code=13)


# --- honest ones ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_thirty_thousand_collections_are_honest() -> None:
    names = [f"una colección de nombre largo n.º {number}" for number in range(30_000)]
    moment = datetime(2024, 11, 27, 6, tzinfo=UTC)
    files = {
        name: FileEntry(f"unacoleccion~{at:016x}.json", 10**6, 10**7, 10**10, "f" * 64, moment)
        for at, name in enumerate(names)
    }
    metadata = metadata_of(files)
    assert parse(serialize(metadata), "aquí") == metadata
    too_many = {f"{name}{copy}": entry for name, entry in files.items() for copy in range(3)}
    with pytest.raises(UsageError, match="90000 colecciones"):
        serialize(metadata_of(too_many))


def _largest() -> Iterator[Document]:
    """Documents of 1 MiB, as Firestore counts it, whose lines are the longest or hold the most values."""
    yield document("c/1", a=[True] * (MIB - 60))
    yield document("c/2", a=[None] * (MIB - 60))
    yield document("c/3", a=[""] * (MIB - 60))
    yield document("c/4", a="\x00" * (MIB - 60))
    yield document("c/5", a="," * (MIB - 60))
    stamps = ["2024-11-27T02:00:05.123456Z"] * (MIB // 8 - 10)
    yield Document(("c", "6"), {"a": stamps}, {"a": {str(at): "timestamp" for at in range(len(stamps))}})
    names = [f"{at:03d}" + "\x01" * 1490 for at in range(MIB // 1502)]
    yield Document(("c", "7"), dict.fromkeys(names, stamps[0]), dict.fromkeys(names, "timestamp"))


@pytest.mark.slow
def test_the_largest_documents_of_firestore_are_honest(tmp_path: Path) -> None:
    documents = list(_largest())
    write_backup(tmp_path / "2024-11-27", {"c": documents})
    data = (tmp_path / "2024-11-27/c.json").read_bytes()
    assert max(map(len, data.split(b"\n"))) > 11.5 * MIB
    notes: list[int] = []
    assert list(decode(split_lines([data], "c"), "c", "c", note=notes.append)) == documents
    assert not notes


@pytest.mark.slow
@pytest.mark.parametrize("value", ["\x00" * 3 * MIB, [True] * 1_200_000], ids=["long", "many"])
def test_what_no_reader_would_take_is_not_written(tmp_path: Path, state_dir: Path, value: object) -> None:
    archive = Archive(tmp_path / "backups", state_dir)
    with pytest.raises(DocumentTooLarge, match="«c/1»"):
        archive.backup([document("c/1", a=value)])
    assert archive.store.backups() == []


def test_of_a_long_ledger_the_newest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Ledger(tmp_path / "ledger.jsonl", tmp_path)
    moment = datetime(2024, 11, 27, tzinfo=UTC)
    entries = [LedgerEntry(moment, "run", "COMPLETE", {"n": number}) for number in range(100)]
    for entry in entries:
        book.append(entry)
    assert book.entries() == entries
    for limit in range(500, 1000, 7):
        monkeypatch.setattr(ledger, "MAX_BYTES_READ", limit)
        found = book.entries()
        assert found and found == entries[-len(found) :]
