"""A journal whose results were spoilt, and a disk that fills up under it: undone exactly, and said."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from facot_backups import atomic
from facot_backups.archive import journal
from facot_backups.errors import DamagedBackup, Interrupted
from facot_backups.events import Event, PhaseStarted, Progressed
from facot_backups.firestore import writes
from facot_backups.operations.restore.report import RestoreReport
from tests.end_to_end.world import World
from tests.operations.restores import give_back, go_on, remove, take_back, world_in
from tests.support.servers import FirestoreServer
from tests.support.small_disk import namespace

_PLACES = 100
Spoil = Callable[[bytearray, random.Random, int], None]


def flip(content: bytearray, dice: random.Random, start: int) -> None:
    content[dice.randrange(start, len(content))] ^= 1 << dice.randrange(8)


def zero(content: bytearray, dice: random.Random, start: int) -> None:
    at = dice.randrange(start, len(content) - 40)
    content[at : at + 40] = bytes(40)


def results_at(content: bytes | bytearray) -> int:
    return content.index(b"\n", content.index(b'{"planned":')) + 1


def spoil(world: World, restore: str, how: Spoil, dice: random.Random) -> None:
    path = journal.path_of(world.folder, restore)
    content = bytearray(path.read_bytes())
    how(content, dice, results_at(content))
    path.write_bytes(content)


def without_results(world: World, restore: str, first: int, last: int) -> None:
    """Take some results out of a journal, as a power cut does."""
    path = journal.path_of(world.folder, restore)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(b"\0" * len(x) if first <= n < last else x for n, x in enumerate(lines)))


@pytest.fixture
def world(memory_server: FirestoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A backup, and a database that differs from it in all ways; several calls for a few documents."""
    monkeypatch.setattr(writes, "BATCH_WRITES", 5)
    made = world_in(memory_server, tmp_path)
    made.write(*(f"a/{number}" for number in range(16)), "b/1/c/1", n=1)
    made.back_up()
    made.write(*(f"a/{number}" for number in range(5)), n=2)
    made.write("a/90", "a/91", n=3)
    remove(made, *(("a", f"{number}") for number in range(10, 14)))
    return made


def restored(world: World) -> RestoreReport:
    report = give_back(world, mode="mirror")
    assert (report.exit_code, report.written) == (0, 11)
    return report


@pytest.mark.parametrize("noted", [True, False])
def test_what_undoes_it_is_told_though_it_cannot_be_read_now(world: World, noted: bool) -> None:
    """A restore that was cut, and gone on with while the disk does not give what it kept."""
    report = cut(world)
    assert report.pre_restore is not None and report.to_continue
    if not noted:  # killed outright
        (world.folder / ".facot/ledger.jsonl").unlink()
    real = atomic.is_real_folder

    def is_real_folder(path: Path) -> bool:
        if path.name == report.pre_restore:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return real(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(atomic, "is_real_folder", is_real_folder)
        finished = go_on(world, report.restore)
    assert (finished.exit_code, finished.pre_restore) == (0, report.pre_restore)


def cut(world: World) -> RestoreReport:
    """A restore that somebody stops after its first writes."""
    writing = False

    def stop(event: Event) -> None:
        nonlocal writing
        writing = writing or event == PhaseStarted("writing")
        if writing and isinstance(event, Progressed):
            raise Interrupted

    return give_back(world, emit=stop, mode="mirror")


@pytest.mark.slow
@pytest.mark.parametrize("how", [flip, zero])
def test_spoilt_results_are_undone_exactly_and_an_edit_since_stays(world: World, how: Spoil) -> None:
    dice = random.Random(how.__name__)
    live = world.stored()
    for place in range(_PLACES):
        report = restored(world)
        spoil(world, report.restore, how, dice)
        found = journal.Journal(world.folder, report.restore)
        edited = f"a/{place % 5}"
        world.write(edited, n=1000 + place)
        undone = take_back(world, report)
        assert [conflict.path for conflict in undone.conflicts] == [tuple(edited.split("/"))], place
        assert any("no se pueden leer" in note for note in undone.notes) == bool(
            found.unreadable and found.unknown()
        ), undone
        assert world.stored() == live | {("a", edited[2:]): world.stored()["a", edited[2:]]}
        world.write(edited, n=2)
        assert world.stored() == live


@pytest.mark.slow
@pytest.mark.parametrize("how", [flip, zero])
def test_spoilt_results_are_completed_by_going_on(world: World, how: Spoil) -> None:
    """Also the results of a restore that came to its end: afterwards its journal says all again."""
    dice, named = random.Random(how.__name__), 0
    live = world.stored()
    for _ in range(_PLACES // 4):
        report = restored(world)
        wanted = world.stored()
        spoil(world, report.restore, how, dice)
        spoilt = world.store().spoilt_journals(world.backups())
        named += len(spoilt)
        assert all((one.restore, one.part) == (report.restore, "results") for one in spoilt)
        finished = go_on(world, report.restore)
        assert (finished.exit_code, finished.written) == (0, 11), finished
        assert bool(finished.notes) == bool(spoilt)
        assert world.stored() == wanted
        assert not journal.is_cut(world.folder, report.restore)
        assert world.store().spoilt_journals(world.backups()) == []
        assert take_back(world, report).exit_code == 0
        assert world.stored() == live
    assert named > _PLACES // 8


def test_a_number_beyond_the_plan_is_no_result(world: World) -> None:
    """A journal of earlier versions, whose lines bear no sums."""
    live, report = world.stored(), restored(world)
    path = journal.path_of(world.folder, report.restore)
    content = path.read_bytes().replace(b',"sums":true', b"")
    start = results_at(content)
    closed = content[:start].splitlines(keepends=True)
    digest = hashlib.sha256(b"".join(closed[:-1])).hexdigest()
    closing = json.dumps({"planned": 11, "sha256": digest}, separators=(",", ":")).encode() + b"\n"
    lines = [line.partition(b',"crc32"')[0] + b"}\n" for line in content[start:].splitlines()]
    lines[0] = b'{"n":4611686018427387904,"is":"done","at":5}\n'
    path.write_bytes(b"".join([*closed[:-1], closing, *lines]))
    found = journal.Journal(world.folder, report.restore)
    assert (found.header.sums, found.unreadable, found.unknown(), found.end) == (False, 1, 1, "COMPLETE")
    assert take_back(world, report).exit_code == 0
    assert world.stored() == live


def test_what_a_spoilt_journal_does_not_say_is_left_alone(world: World) -> None:
    """Without its result, a document that is not what the restore put there is somebody else's."""
    live, report = world.stored(), restored(world)
    found = journal.Journal(world.folder, report.restore)
    without_results(world, report.restore, 13, 24)
    remove(world, ("a", "10"))
    world.write("a/0", n=99)
    mine = world.stored()["a", "0"]
    undone = take_back(world, report)
    assert [(c.path, "el diario no dice" in c.reason) for c in undone.conflicts] == [(("a", "0"), True)]
    assert f"{found.planned} de {found.planned}" in "\n".join(undone.notes)
    assert world.stored() == live | {("a", "0"): mine}


@pytest.mark.parametrize("where", ["header", "plan", "closing"])
def test_a_spoilt_plan_is_refused_and_says_what_is_left(world: World, where: str) -> None:
    report = restored(world)
    path, now = journal.path_of(world.folder, report.restore), world.stored()
    content = bytearray(path.read_bytes())
    at = {"header": 30, "plan": content.index(b'"do":'), "closing": content.index(b'{"planned"') + 3}[where]
    content[at] ^= 1
    path.write_bytes(content)
    assert [one.part for one in world.store().spoilt_journals(world.backups())] == ["plan"]
    ways: list[Callable[[], RestoreReport]] = [
        lambda: take_back(world, report),
        lambda: go_on(world, report.restore),
    ]
    for again in ways:
        with pytest.raises(DamagedBackup, match="Lo que había antes sigue en") as caught:
            again()
        assert f"diff {report.pre_restore} live" in str(caught.value)
    assert world.stored() == now


def test_an_undo_that_was_cut_leaves_nothing_to_go_on_with_before_it(world: World) -> None:
    """The restore that is taken back is marked before anything is written."""
    report = restored(world)
    seen: list[object] = []

    def stop(event: object) -> None:
        seen.append(event)
        if "writing" in str(event):
            raise KeyboardInterrupt

    undone = give_back(world, str(report.pre_restore), emit=stop)
    assert (undone.exit_code, undone.written, undone.left) == (130, 0, 11)
    assert journal.Journal(world.folder, report.restore).undone == undone.restore
    assert world.store().cut_restores() == [undone.restore]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a disk of its own")
def test_a_full_disk_at_many_sizes(memory_server: FirestoreServer, tmp_path: Path) -> None:
    disk = tmp_path / "disco"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=6m none "$0" && exec "$@"'
    play = [sys.executable, "-B", "-m", "tests.support.restore_full", memory_server.host, str(disk)]
    done = subprocess.run(
        [*namespace(), "sh", "-c", mount, str(disk), *play, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    assert json.loads(done.stdout)["cut"] >= 3, done.stdout
