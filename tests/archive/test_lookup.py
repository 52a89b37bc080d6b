"""One document out of a file: what a whole reading gives, also for those that are not there."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive.facot2 import open_folder
from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.lines import own_keys
from facot_backups.archive.lookup import find_document
from facot_backups.archive.metadata import serialize
from facot_backups.archive.reader import Backup, open_backup
from facot_backups.errors import DamagedBackup
from facot_backups.model import Document, DocumentPath
from tests.support.archives import document
from tests.support.documents import ids, streams
from tests.support.folders import write_backup


def opened(folder: Path) -> Backup:
    backup = open_backup(folder)
    assert backup is not None
    return backup


def below(path: DocumentPath, documents: list[Document]) -> dict[str, int]:
    """How many existing documents lie directly in each subcollection, those without any included."""
    size = len(path)
    under = [d for d in documents if d.path[:size] == path and len(d.path) > size]
    names = {d.path[size] for d in under}
    direct = Counter(d.path[size] for d in under if len(d.path) == size + 2 and d.mark is None)
    return {name: direct[name] for name in names}


@pytest.mark.slow
@settings(max_examples=40)
@given(st.sampled_from(("invoices", "ñandú")).flatmap(lambda c: streams(c, 10)), st.data())
def test_it_finds_what_a_whole_reading_gives(stream: list[Document], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "2024-11-27"
        write_backup(folder, {stream[0].path[0]: stream} if stream else {})
        backup = opened(folder)
        documents = list(backup.documents(stream[0].path[0])) if stream else []
        for one in documents:
            found = find_document(backup, one.path)
            assert found is not None
            assert found.document == one
            own = own_keys(one.path[-1], one.fields, one.types, one.mark) + b"}"
            assert orjson.dumps(found.line) == own
            there = below(one.path, documents)
            empty = {} if one.mark or one.path[0] != "invoices" or len(one.path) > 2 else {"items": 0}
            assert found.below == empty | there
        paths = {one.path for one in documents}
        base = data.draw(st.sampled_from(sorted(paths)) if paths else st.just(("invoices", "1")))
        elsewhere = [(*p[:at], "otra", *p[at + 1 :]) for p in paths for at in range(2, len(p), 2)]
        for absent in ((*base, "items", data.draw(ids)), (*base[:-1], data.draw(ids)), *elsewhere):
            if absent not in paths:
                assert find_document(backup, absent) is None


def test_an_id_that_begins_another_is_not_it(tmp_path: Path) -> None:
    folder = tmp_path / "2024-11-27"
    write_backup(folder, {"a": [document(f"a/{name}", n=int(name)) for name in ("1", "10", "100")]})
    backup = opened(folder)
    for name in ("1", "10", "100"):
        found = find_document(backup, ("a", name))
        assert found is not None and found.document.fields == {"n": int(name)}
    assert find_document(backup, ("a", "1000")) is find_document(backup, ("a", "")) is None


def test_another_spelling_of_an_id_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "2024-11-27"
    metadata = write_backup(folder, {"a": [document("a/ab", n=1), document("a/b", n=2)]})
    odd = b'[\n{"_id":"\\u0061b","n":1},\n{"_id" : "b","n":2}\n]\n'
    (folder / "a.json").write_bytes(odd)
    entry = replace(metadata.files["a"], bytes=len(odd), sha256=hashlib.sha256(odd).hexdigest())
    (folder / METADATA_FILE).write_bytes(serialize(replace(metadata, files={"a": entry})))
    for name, number in (("ab", 1), ("b", 2)):
        found = find_document(opened(folder), ("a", name))
        assert found is not None
        assert found.document.fields == {"n": number}


@pytest.mark.slow
def test_every_flipped_bit_is_damage(tmp_path: Path) -> None:
    folder = tmp_path / "2024-11-27"
    write_backup(folder, {"a": [document("a/1", n=1), document("a/1/s/1"), document("a/2")]})
    file = folder / "a.json"
    data = file.read_bytes()
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        file.write_bytes(flipped)
        for path in (("a", "1"), ("a", "1", "s", "1"), ("a", "3")):
            with pytest.raises(DamagedBackup, match=r"2024-11-27/a\.json"):
                find_document(opened(folder), path)


def test_a_folder_of_facot(tmp_path: Path) -> None:
    folder = tmp_path / "2024-11-27"
    folder.mkdir()
    text = '[{"n": NaN, "_x": 1, "_id": "2", "_items": [{"_id": "0"}, {"_id": "1"}]}, {"_id": "1"}]'
    (folder / "invoices.json").write_text(text, encoding="utf-8")
    backup = open_folder(folder)
    assert backup is not None
    found = find_document(backup, ("invoices", "2"))
    assert found is not None
    assert found.line == {"_id": "2", "n": "NaN", "_fields": {"_x": 1}, "_types": {"n": "double"}}
    assert found.below == {"items": 2}
    assert find_document(backup, ("invoices", "2", "items", "1")) is not None
    assert find_document(backup, ("invoices", "2", "items", "2")) is None
    assert find_document(backup, ("zonas", "2")) is None
