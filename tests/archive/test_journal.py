"""The journal of a restore: what is written is read back, and what a kill leaves is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive import journal
from facot_backups.archive.journal import Header, Journal, JournalWriter
from facot_backups.errors import FacotBackupsError, FormatError, JournalNotFound
from facot_backups.model import Document, Outcome, Scope, Write
from tests.support.archives import NOON, SOURCE, quick_folder
from tests.support.crash import Unflushed, watched

HEADER = Header(
    restore="20241127T120005Z-ab",
    backup="2024-11-27",
    run_id="r1",
    target=SOURCE,
    mode="mirror",
    scope=Scope(collections=("a",), documents=(("b", "1"),)),
    undoes=None,
    started_at=NOON,
    read_time=NOON,
    tool="facot-backups 0",
)
HELD = Document(("sequences", "1"), {"current": 164, "n": "NaN"}, {"n": "double"})
PLAN = [
    Write(0, ("a", "ñ\n\"'"), None, bytes(range(32))),
    Write(2, ("a", "2"), 1_732_708_805_123_456_000, bytes(32)),
    Write(1, ("a", "3"), 5, None),
    Write(7, ("sequences", "1"), 9, bytes(32), held=HELD),
]
RESULTS = [Outcome(2, "done", 77), Outcome(0, "conflict"), Outcome(7, "failed", 0, "no cabe")]


def write(root: Path, *, results: bool = True) -> Path:
    (root / ".facot").mkdir(parents=True)
    with JournalWriter(root, HEADER.restore, HEADER) as writer:
        for line in PLAN:
            writer.plan(line)
        writer.close_plan()
    if results:
        write_results(root)
    return journal.path_of(root, HEADER.restore)


def write_results(root: Path) -> None:
    for part in (RESULTS[:1], RESULTS[1:]):
        with JournalWriter(root, HEADER.restore) as writer:
            writer.results(part)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    unflushed = Unflushed(tmp_path / ".facot")
    with watched(unflushed):
        write(tmp_path, results=False)
    assert unflushed.lost == set()
    write_results(tmp_path)
    found = Journal(tmp_path, HEADER.restore)
    assert (found.header, list(found.plan()), list(found.results())) == (HEADER, PLAN, RESULTS)
    assert (found.whole, found.end, found.undone) == (True, None, None)
    assert journal.ids(tmp_path) == [HEADER.restore]
    assert journal.is_cut(tmp_path, HEADER.restore)
    for note in ("undone", "end"):
        with watched(unflushed), JournalWriter(tmp_path, HEADER.restore) as writer:
            writer.note(**{note: "COMPLETE"})
        assert getattr(Journal(tmp_path, HEADER.restore), note) == "COMPLETE"
        assert unflushed.lost == set()
        assert not journal.is_cut(tmp_path, HEADER.restore)
    with watched(unflushed):
        journal.remove(tmp_path, HEADER.restore)
    assert journal.ids(tmp_path) == [] and unflushed.lost == set()


def test_journals_are_listed_oldest_first(tmp_path: Path) -> None:
    journal.folder_of(tmp_path).mkdir(parents=True)
    names = [f"2024112{day}T120005Z-ab" for day in (7, 3, 9, 1, 5, 8, 2)]
    for name in (*names, "-x", "a b"):
        (journal.folder_of(tmp_path) / f"{name}.jsonl").touch()
    assert journal.ids(tmp_path) == sorted(names)


def test_cut_at_every_byte_it_says_what_is_certain_and_no_more() -> None:
    with quick_folder() as root:
        path = write(root)
        whole = path.read_bytes()
        lines = whole.split(b"\n")
        closed = len(b"\n".join(lines[: len(PLAN) + 2])) + 1
        path.chmod(0o600)
        for size in range(len(lines[0]) + 1, len(whole)):
            path.write_bytes(whole[:size])
            found = Journal(root, HEADER.restore)
            assert found.whole == (size >= closed)
            assert list(found.results()) == RESULTS[: whole[closed:size].count(b"\n")]
            if found.whole:
                with JournalWriter(root, HEADER.restore) as writer:
                    writer.results(RESULTS[:1])
                assert list(Journal(root, HEADER.restore).results())[-1] == RESULTS[0]


@given(st.data())
def test_a_flipped_bit_in_the_plan_is_damage(data: st.DataObject) -> None:
    with quick_folder() as root:
        path = write(root)
        content = bytearray(path.read_bytes())
        end = content.index(b'{"planned"')
        at = data.draw(st.integers(0, end - 2))
        content[at] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content)
        try:
            found = Journal(root, HEADER.restore)
        except FormatError:
            return
        assert not found.whole


def test_a_flipped_bit_in_the_line_that_closes_the_plan_is_damage() -> None:
    with quick_folder() as root:
        path = write(root, results=False)
        content = path.read_bytes()
        for at in range(content.index(b'{"planned"'), len(content)):
            for bit in range(8):
                path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
                try:
                    found = Journal(root, HEADER.restore)
                except FormatError:
                    continue
                assert not found.whole


def test_a_line_without_end_is_no_torn_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    monkeypatch.setattr(journal, "_MAX_LINE", 100)
    with pytest.raises(FormatError, match="17 MiB"):
        Journal(tmp_path, HEADER.restore)


def test_a_path_that_leads_to_no_document_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".facot").mkdir()
    with JournalWriter(tmp_path, HEADER.restore, HEADER) as writer:
        writer.plan(Write(0, ("a", "1", ".."), 5, None))
        writer.close_plan()
    with pytest.raises(FormatError, match="no es la ruta"):
        list(Journal(tmp_path, HEADER.restore).plan())


def test_contents_that_differ_in_type_alone_have_different_digests() -> None:
    text = "2024-11-27T02:00:05.123456Z"
    contents = [({"a": text}, None), ({"a": text}, {"a": "timestamp"}), ({"a": 5}, None), ({"a": 5.0}, None)]
    documents = [Document(("a", "1"), fields, types) for fields, types in contents]  # type: ignore[arg-type]
    assert len({journal.content_digest(one) for one in documents}) == 4


@pytest.mark.parametrize("name", ["", "..", "../../x", "a/b", "ñ", "x" * 65, "nadie"])
def test_an_id_names_no_other_file(name: str, tmp_path: Path) -> None:
    root = tmp_path / "a" / "b"
    journal.folder_of(root).mkdir(parents=True)
    (root / "x.jsonl").write_text("{}\n")
    with pytest.raises(JournalNotFound) as caught:
        Journal(root, name)
    assert caught.value.exit_code == 12


@pytest.mark.parametrize("text", ["", "\n", "[]\n", '{"journal":2}\n', '{"journal":1}\n', "\0\n"])
def test_what_is_no_journal_is_refused(text: str, tmp_path: Path) -> None:
    folder = journal.folder_of(tmp_path)
    folder.mkdir(parents=True)
    (folder / "x.jsonl").write_text(text)
    with pytest.raises(FacotBackupsError):
        Journal(tmp_path, "x")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [(b'"journal":1', b'"journal":2', "versión"), (b"Z-ab", b"Z-cd", "otra restauración")],
)
def test_a_header_that_is_not_ours_is_refused(tmp_path: Path, old: bytes, new: bytes, words: str) -> None:
    path = write(tmp_path)
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(FormatError, match=words):
        Journal(tmp_path, HEADER.restore)
