"""Backups that somebody made by hand, with right sums: a clear error, and nothing written anywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facot_backups.archive import journal
from facot_backups.archive.metadata import parse, serialize
from facot_backups.archive.reader import Backup
from facot_backups.errors import FacotBackupsError
from tests.end_to_end.world import World
from tests.operations.restores import another, give_back, remove, world_in
from tests.support.servers import FirestoreServer

LINE = b'{"_id":"1","n":1}'


def seal(backup: Backup, content: bytes, nested: int = 0) -> None:
    """Give the collection `a` of a backup another content, and make all sums right again."""
    metadata = backup.proven()
    entry = metadata.files["a"]
    file = backup.path / entry.file
    file.chmod(0o600)
    file.write_bytes(content)
    documents = max(0, content.count(b'{"_id"') - nested)
    sum_of = hashlib.sha256(content).hexdigest()
    sealed = replace(entry, bytes=len(content), sha256=sum_of, documents=documents, nested_documents=nested)
    whole = replace(
        metadata,
        files={"a": sealed},
        total_documents=documents,
        nested_documents=nested,
        server_count=None,
        server_count_reason="x",
    )
    write_metadata(backup, serialize(whole))


def write_metadata(backup: Backup, content: bytes) -> None:
    path = backup.path / "_metadata.json"
    path.chmod(0o600)
    path.write_bytes(content)


def alter(backup: Backup, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the metadata's JSON, and make its sum right again."""
    raw = json.loads((backup.path / "_metadata.json").read_text())
    del raw["metadata_sha256"]
    change(raw)
    proven = json.dumps(raw, indent=2).removesuffix("\n}").encode() + b",\n"
    digest = hashlib.sha256(proven).hexdigest().encode()
    write_metadata(backup, proven + b'  "metadata_sha256": "%b"}\n' % digest)


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder but the lock's and the ledger."""
    own = ("owner.json", "lock", "ledger.jsonl")
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name not in own}


def refused(world: World, codes: tuple[int, ...] = (20,), name: str = "latest") -> str:
    """A restore ends in one of the codes, and nothing has changed anywhere."""
    before, files = world.stored(), everything(world.folder.parent)
    with pytest.raises(FacotBackupsError) as caught:
        give_back(world, name, mode=None if name.endswith("restore") else "mirror")
    assert caught.value.exit_code in codes, caught.value
    assert world.stored() == before
    changed = {path for path, data in everything(world.folder.parent).items() if files.get(path) != data}
    assert {Path(path).parent.name for path in changed} <= {"state"}
    return str(caught.value)


def document(inside: bytes) -> bytes:
    return b'[\n{"_id":"1",' + inside + b"}\n]\n"


DEEP = b'{"m":' * 10_000 + b"1" + b"}" * 10_000
CASES = {
    "duplicate keys": document(b'"n":1,"n":2'),
    "nesting": document(b'"m":' + DEEP),
    "nesting in types": document(b'"_types":' + DEEP),
    "nested arrays": document(b'"m":' + b"[" * 10_000 + b"]" * 10_000),
    "arrays in arrays": document(b'"m":[[1]]'),
    "21 levels": document(b'"m":' + b'{"m":' * 21 + b"1" + b"}" * 21),
    "1e400": document(b'"n":1e400'),
    "65 bits": document(b'"n":18446744073709551616'),
    "surrogate": document(b'"t":"\\ud800"'),
    "surrogate in a name": document(b'"\\udfff":1'),
    "NaN": document(b'"n":NaN'),
    "reserved name": document(b'"__x__":1'),
    "empty name": document(b'"":1'),
    "wrong type": document(b'"t":"ayer","_types":{"t":"timestamp"}'),
    "unknown type": document(b'"t":"x","_types":{"t":"exploit"}'),
    "type of nothing": document(b'"t":"x","_types":{"u":"bytes"}'),
    "reference outside": document(b'"r":"../../etc/passwd/x","_types":{"r":"reference"}'),
    "reference to a collection": document(b'"r":"a","_types":{"r":"reference"}'),
    "coordinates": document(b'"g":{"latitude":91.0,"longitude":0.0},"_types":{"g":"geopoint"}'),
    "text too long": document(b'"t":"' + b"x" * 1_048_488 + b'"'),
    "id with a slash": b'[\n{"_id":"a/b","n":1}\n]\n',
    "id ..": b'[\n{"_id":"..","n":1}\n]\n',
    "id __x__": b'[\n{"_id":"__x__","n":1}\n]\n',
    "id too long": b'[\n{"_id":"' + b"x" * 1501 + b'","n":1}\n]\n',
    "no id": b'[\n{"n":1}\n]\n',
    "twice": b'[\n{"_id":"1","n":1},\n{"_id":"1","n":2}\n]\n',
    "out of order": b'[\n{"_id":"2","n":1},\n{"_id":"1","n":2}\n]\n',
    "subcollection ..": b'[\n{"_id":"1","_..":[\n{"_id":"1"}\n]}\n]\n',
    "another layout": b'[{"_id":"1","n":1}]\n',
    "no JSON": b"\0\1\2",
    "torn": b'[\n{"_id":"1","n":1},\n',
    "a line of 65 MiB": document(b'"t":"' + b"x" * (65 * 2**20) + b'"'),
    "missing with fields": document(b'"n":1,"_missing":true'),
}


@pytest.mark.parametrize("case", CASES)
def test_hostile_content(memory_server: FirestoreServer, tmp_path: Path, case: str) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/0", "a/1")
    backup = world.back_up()
    world.write("a/0", "a/7", n=2)
    seal(backup, CASES[case])
    assert "2024-11-27" in refused(world)


@pytest.mark.parametrize(
    "name", ["../a.json", "/etc/passwd", "..\\a.json", "C:a.json", "_metadata.json", "a/b.json"]
)
def test_a_metadata_that_names_files_outside(
    memory_server: FirestoreServer, tmp_path: Path, name: str
) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/0")
    backup = world.back_up()
    (world.folder / "a.json").write_bytes(b'[\n{"_id":"0","n":5}\n]\n')
    remove(world, ("a", "0"))
    alter(backup, lambda raw: raw["files"]["a"].update(file=name))
    refused(world, (12, 20), "latest")
    refused(world, (20,), "2024-11-27")


@pytest.mark.parametrize("restore", ["../../x", "x/../../y", "", "ledger", "..", "\0"])
def test_a_pre_restore_that_names_a_journal_outside(
    memory_server: FirestoreServer, tmp_path: Path, restore: str
) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/0")
    world.back_up()
    world.write("a/0", n=2)
    kept = give_back(world).pre_restore
    assert kept is not None
    found = next(b for b in world.backups() if str(b.name) == kept)
    alter(found, lambda raw: raw["scope"].update(restore=restore))
    (tmp_path / "x.jsonl").write_text("{}\n")
    with pytest.raises(FacotBackupsError) as caught:
        give_back(world, kept)
    assert caught.value.exit_code in (12, 20)


def test_a_pre_restore_without_its_journal(memory_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/0")
    world.back_up()
    world.write("a/0", n=2)
    report = give_back(world)
    journal.remove(world.folder, report.restore)
    refused(world, (12,), report.pre_restore or "")


def test_a_pre_restore_and_a_journal_that_do_not_belong_together(
    memory_server: FirestoreServer, tmp_path: Path
) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/0", "a/1")
    world.back_up()
    world.write("a/0", n=2)
    first = give_back(world)
    world.write("a/1", n=2)
    second = give_back(world)
    one, other = (journal.path_of(world.folder, report.restore) for report in (first, second))
    text = other.read_text().replace(second.restore, first.restore)
    one.chmod(0o600)
    one.write_text(text)
    refused(world, (20,), first.pre_restore or "")  # its sum is not right any more
    head, _, rest = text.partition('{"planned"')
    digest = hashlib.sha256(head.encode()).hexdigest()
    one.write_text(head + json.dumps({"planned": 1, "sha256": digest}, separators=(",", ":")) + "\n")
    refused(world, (20,), first.pre_restore or "")
    assert rest


GOOD = (
    b'[\n{"_id":"1","b":"AAE=","g":{"latitude":1.0,"longitude":2.5},"n":-0.0,"t":"2024-11-27T02:00:05.123456Z",'
    b'"_types":{"b":"bytes","g":"geopoint","t":"timestamp"},"_items":[\n{"_id":"0","v":[1.0,"NaN"],'
    b'"_types":{"v":{"1":"double"}}}\n]},\n{"_id":"2","_fields":{"_x":1}}\n]\n'
)
_PIECES = (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\\u0000", b"-", b"1", b"e9", b"_", b"..", b"/",
           b"_types", b"_missing", b"timestamp", b"vector", b"null", b"true", b"\xff", b"\xc3")  # fmt: skip
_edits = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 12), st.lists(st.sampled_from(_PIECES), max_size=3)),
    min_size=1,
    max_size=3,
)


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(_edits)
def test_any_content_is_restored_as_it_is_read_or_refused(
    memory_server: FirestoreServer, tmp_path: Path, edits: list[tuple[int, int, list[bytes]]]
) -> None:
    content = GOOD
    for start, length, pieces in edits:
        content = content[:start] + b"".join(pieces) + content[start + length :]
    world = another(memory_server, tmp_path)
    world.write("a/0")
    backup = world.back_up()
    for nested in range(3):
        seal(backup, content, nested)
        before = world.stored()
        try:
            report = give_back(world, mode="mirror")
        except FacotBackupsError as error:
            assert error.exit_code == 20, error
            assert world.stored() == before
        else:
            assert report.exit_code == 0, report


def test_what_seals_a_backup_seals_it(memory_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/0")
    backup = world.back_up()
    seal(backup, GOOD, 1)
    alter(backup, lambda raw: None)
    assert parse((backup.path / "_metadata.json").read_bytes(), "x").files["a"].nested_documents == 1
    report = give_back(world, mode="mirror")
    assert (report.exit_code, report.created, report.deleted) == (0, 3, 1)
