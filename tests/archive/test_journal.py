"""The journal of a restore: what is written is read back, and what a kill leaves is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive import journal
from facot_backups.archive.journal import Header, Journal, JournalWriter, PlanLine, ResultLine
from facot_backups.errors import FacotBackupsError, FormatError, JournalNotFound
from facot_backups.model import Document, Scope
from tests.support.archives import NOON, SOURCE, quick_folder

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
    PlanLine(0, "create", ("a", "ñ\n\"'"), None, bytes(range(32))),
    PlanLine(2, "change", ("a", "2"), 1_732_708_805_123_456_000, bytes(32)),
    PlanLine(1, "delete", ("a", "3"), 5, None),
    PlanLine(7, "change", ("sequences", "1"), 9, bytes(32), HELD),
]
RESULTS = [ResultLine(2, "done", 77), ResultLine(0, "conflict"), ResultLine(7, "failed", 0, "no cabe")]


def write(root: Path, *, close_plan: bool = True) -> Path:
    (root / ".facot").mkdir(parents=True)
    with JournalWriter(root, HEADER.restore, HEADER) as writer:
        for line in PLAN:
            writer.plan(line)
        if close_plan:
            writer.close_plan()
            writer.results(RESULTS[:1])
    if close_plan:
        with JournalWriter(root, HEADER.restore) as writer:
            writer.results(RESULTS[1:])
    return journal.path_of(root, HEADER.restore)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write(tmp_path)
    found = Journal(tmp_path, HEADER.restore)
    assert (found.header, list(found.plan()), list(found.results())) == (HEADER, PLAN, RESULTS)
    assert (found.whole, found.end, found.undone) == (True, None, None)
    assert journal.ids(tmp_path) == [HEADER.restore]
    assert journal.is_cut(tmp_path, HEADER.restore)
    with JournalWriter(tmp_path, HEADER.restore) as writer:
        writer.note(end="COMPLETE")
    assert Journal(tmp_path, HEADER.restore).end == "COMPLETE"
    assert not journal.is_cut(tmp_path, HEADER.restore)
    journal.remove(tmp_path, HEADER.restore)
    assert journal.ids(tmp_path) == []


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


@pytest.mark.parametrize("name", ["", "..", "../../x", "a/b", "ñ", "x" * 65, "nadie"])
def test_an_id_names_no_other_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("{}\n")
    with pytest.raises(JournalNotFound) as caught:
        Journal(tmp_path / "a" / "b", name)
    assert caught.value.exit_code == 12


@pytest.mark.parametrize("text", ["", "\n", "[]\n", '{"journal":2}\n', '{"journal":1}\n', "\0\n"])
def test_what_is_no_journal_is_refused(text: str, tmp_path: Path) -> None:
    folder = journal.folder_of(tmp_path)
    folder.mkdir(parents=True)
    (folder / "x.jsonl").write_text(text)
    with pytest.raises(FacotBackupsError):
        Journal(tmp_path, "x")
