"""The files of a backup while they are written, and the documents sampled from them."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive import writer as writer_module
from facot_backups.archive.metadata import from_nanoseconds
from facot_backups.archive.spot_check import Place, Sampler, pick
from facot_backups.archive.writer import BackupWriter
from facot_backups.errors import FormatError, UnorderedDocuments
from facot_backups.model import EVERYTHING, Document, path_key
from tests.support.archives import document, open_files

COLLECTIONS = st.sampled_from(["a", "A", "ñ", "x.y", "con", "invoices", "items"])
IDS = st.sampled_from(["a", "b", "B", "ñ", "x.y", "__id7__"])
PATHS = st.lists(st.tuples(COLLECTIONS, IDS), min_size=1, max_size=2).map(lambda pairs: sum(pairs, ()))
TEXTS = st.text(alphabet='ab"\\\n{}[],_ñ', max_size=40)


def in_order(paths: set[tuple[str, ...]], texts: list[str]) -> list[Document]:
    ordered = sorted(paths, key=path_key)
    return [
        Document(path, {"t": texts[n % len(texts)]}, update_time=n * 1000) for n, path in enumerate(ordered)
    ]


@settings(max_examples=60)
@given(
    paths=st.sets(PATHS, min_size=1, max_size=40), texts=st.lists(TEXTS, min_size=1), block=st.integers(1, 64)
)
def test_what_is_sampled_is_what_was_written(
    paths: set[tuple[str, ...]],
    texts: list[str],
    block: int,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer_module, "BLOCK_BYTES", block)
    documents = in_order(paths, texts)
    folder = tmp_path_factory.mktemp("staging")
    writer = BackupWriter(folder, EVERYTHING)
    for one in documents:
        writer.add(one)
    collections = {path[0] for path in paths}
    files = writer.finish(["clients", *collections])
    assert set(files) == collections | {"clients"}
    for collection, entry in files.items():
        data = (folder / entry.file).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry.bytes, entry.sha256)
        newest = max((one.update_time for one in documents if one.path[0] == collection), default=0)
        assert entry.last_update_time == from_nanoseconds(newest)
    assert (folder / files["clients"].file).read_bytes() == b"[]\n"
    assert sorted(path.name for path in folder.iterdir()) == sorted(entry.file for entry in files.values())
    written = {one.path: one.fields for one in documents}
    sampled = writer.sampled(20)
    assert len(sampled) == len({one.path for one in sampled}) == min(20, len(documents))
    assert all(one.fields == written[one.path] for one in sampled)
    assert writer.counts == {name: (e.documents, e.nested_documents) for name, e in files.items()}


def test_a_discarded_collection_leaves_no_file_no_count_and_no_sample(tmp_path: Path) -> None:
    before = open_files()
    writer = BackupWriter(tmp_path, EVERYTHING)
    for collection in ("a", "b", "c"):
        for number in range(30):
            writer.add(document(f"{collection}/{number:02}", n=number))
        if collection == "b":
            writer.discard("b")
            writer.discard("a")
            writer.discard("never begun")
            assert open_files() == before
    assert list(writer.finish()) == ["c"] == list(writer.counts)
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]
    assert {one.path[0] for one in writer.sampled()} == {"c"} and len(writer.sampled()) == 20


def test_what_the_check_at_the_source_refutes_is_dropped_after_all(tmp_path: Path) -> None:
    writer = BackupWriter(tmp_path, EVERYTHING)
    for collection in ("Notas", "a", "notas"):
        writer.add(document(f"{collection}/1", n=1))
    assert {entry.file for entry in writer.finish().values()} > {"a.json"}
    writer.discard("notas")
    files = writer.finish(["clients"])
    assert {name: entry.file for name, entry in files.items()} == {
        "Notas": "Notas.json",
        "a": "a.json",
        "clients": "clients.json",
    }
    assert {path.name for path in tmp_path.iterdir()} == {entry.file for entry in files.values()}
    assert len(writer.sampled()) == 2
    with pytest.raises(ValueError, match="unknown, not empty"):
        writer.finish(["notas"])


def test_a_discarded_collection_may_come_again(tmp_path: Path) -> None:
    writer = BackupWriter(tmp_path, EVERYTHING)
    writer.add(document("a/1", n=1))
    writer.discard("a")
    writer.add(document("a/1", n=2))
    assert writer.finish(["a"])["a"].documents == 1
    assert (tmp_path / "a.json").read_bytes() == b'[\n{"_id":"1","n":2}\n]\n'
    assert [one.fields for one in writer.sampled()] == [{"n": 2}]


def test_a_collection_does_not_come_twice(tmp_path: Path) -> None:
    writer = BackupWriter(tmp_path, EVERYTHING)
    writer.add(document("a/1"))
    writer.add(document("b/1"))
    with pytest.raises(UnorderedDocuments):
        writer.add(document("a/2"))
    writer.close()
    writer = BackupWriter(tmp_path / "other", EVERYTHING)
    (tmp_path / "other").mkdir()
    before = open_files()
    writer.add(document("a/1"))
    writer.close()
    assert open_files() == before


def test_marked_documents_are_neither_counted_nor_sampled(tmp_path: Path) -> None:
    writer = BackupWriter(tmp_path, EVERYTHING)
    for number in range(30):
        writer.add(Document(("a", f"{number:02}"), {}, mark="missing"))
        writer.add(document(f"a/{number:02}/s/1", n=1))
    entry = writer.finish()["a"]
    assert (entry.documents, entry.nested_documents) == (0, 30)
    assert all(len(one.path) == 4 for one in writer.sampled())


def test_a_file_changed_before_the_sample_is_told(tmp_path: Path) -> None:
    writer = BackupWriter(tmp_path, EVERYTHING)
    writer.add(document("a/1", n=1))
    writer.finish()
    (tmp_path / "a.json").chmod(0o600)
    (tmp_path / "a.json").write_bytes(b'[\n{"_id":"2","n":1}\n]\n')
    with pytest.raises(FormatError):
        writer.sampled()


def test_every_document_has_the_same_chance() -> None:
    """300 documents in three collections of 10, 90 and 200, 20 drawn 1,000 times: 67 expected of each."""
    drawn: Counter[tuple[str, ...]] = Counter()
    for _ in range(1000):
        strata: dict[str, tuple[int, list[Place]]] = {}
        for collection, total in (("a", 10), ("b", 90), ("c", 200)):
            sampler = Sampler(20)
            for number in range(total):
                sampler.wait -= 1
                if not sampler.wait:
                    sampler.take(Place((collection, str(number)), number))
            strata[collection] = (total, sampler.places)
        drawn.update(place.path for places in pick(strata, 20).values() for place in places)
    assert drawn.total() == 1000 * 20
    # The standard deviation is about 8: seven of them are never met by chance.
    assert len(drawn) == 300 and all(10 < times < 124 for times in drawn.values())
