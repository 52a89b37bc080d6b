"""The same data gives the same bytes, and what did not change costs nothing but its metadata."""

from __future__ import annotations

import difflib
from datetime import timedelta
from pathlib import Path

import pytest

from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.links import MAX_LINKS
from facot_backups.archive.reader import Backup, size_on_disk
from facot_backups.emulator.sample import Business, documents
from facot_backups.operations.verification.verify import verify
from tests.end_to_end.world import World


@pytest.fixture
def full(any_world: World) -> World:
    server = any_world.server
    server.write(documents(Business(invoices=30, project=server.project)))
    any_world.write("raros/1", **{f"campo{n}": {f"b{m}": [m, {"x": n}] for m in range(9)} for n in range(9)})
    return any_world


def files(backup: Backup) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in backup.path.iterdir() if path.name != METADATA_FILE}


def next_day(world: World) -> Backup:
    world.clock.moment += timedelta(days=1)
    return world.back_up()


def elsewhere(world: World, name: str) -> World:
    """The same database, another folder: nothing to link to."""
    place = world.state.parent / name
    place.mkdir()
    return World(world.server, place / "backups", place / "state", world.capsys)


@pytest.mark.slow
def test_processes_with_other_hash_seeds_write_the_same(full: World) -> None:
    found = []
    for seed in ("0", "1", "4242"):
        world = elsewhere(full, f"semilla{seed}")
        ran = world.process("run", environment={"PYTHONHASHSEED": seed})
        assert ran.code == 0, ran
        (backup,) = world.backups()
        found.append(files(backup))
    assert found[0] == found[1] == found[2]
    assert found[0] == files(full.back_up())


def test_unchanged_data_grows_the_disk_by_the_metadata_alone(full: World) -> None:
    first = full.back_up()
    before = size_on_disk([first])
    second = next_day(full)
    assert files(first) == files(second)
    grown = size_on_disk([first, second]) - before
    assert grown == (second.path / METADATA_FILE).stat().st_size
    assert all((first.path / name).samefile(second.path / name) for name in files(first))
    assert full.whole(first) == full.whole(second) == full.stored()


@pytest.mark.slow
def test_no_file_has_more_than_eight_names(full: World) -> None:
    backups = [full.back_up(), *(next_day(full) for _ in range(2 * MAX_LINKS))]
    links = [(b.path / "invoices.json").stat().st_nlink for b in backups]
    assert max(links) == MAX_LINKS
    assert len({(b.path / "invoices.json").stat().st_ino for b in backups}) == 3
    assert len({tuple(sorted(files(b).items())) for b in backups}) == 1


def test_a_changed_document_changes_one_line_of_one_file(full: World) -> None:
    first = full.back_up()
    path = next(path for path in full.stored() if path[0] == "quotations" and path[2:3] == ("items",))
    full.write("/".join(path), description="otra cosa")
    second = next_day(full)
    old, new = files(first), files(second)
    assert [name for name in old if old[name] != new[name]] == ["quotations.json"]
    before, after = (text["quotations.json"].decode().splitlines() for text in (old, new))
    changes = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert [line[0] for line in changes] == ["-", "+"]
    assert "otra cosa" in changes[1]


@pytest.mark.parametrize("spoil", ["flip", "cut", "remove", "grow"])
def test_damage_in_the_previous_backup_is_noticed_and_not_inherited(full: World, spoil: str) -> None:
    first = full.back_up()
    second = next_day(full)
    damage(second.path / "invoices.json", spoil)
    third = next_day(full)
    assert [w for w in full.warnings if "invoices.json" in w and "dañado" in w], full.warnings
    assert full.whole(third) == full.stored()
    assert not verify(second).sound
    assert verify(first).sound == (spoil == "remove")  # one inode, but for a name that is gone
    assert (third.path / "items.json").samefile(second.path / "items.json")
    assert not (third.path / "invoices.json").exists() or (third.path / "invoices.json").stat().st_nlink == 1


def damage(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    if how == "flip":
        path.write_bytes(data)
    elif how == "cut":
        path.write_bytes(data[:-1])
    elif how == "grow":
        path.write_bytes(data + b"\n")
    else:
        path.unlink()


def test_damage_is_told_at_the_command_line(full: World) -> None:
    assert full.run("run").code == 0
    (backup,) = full.backups()
    damage(backup.path / "invoices.json", "flip")
    ran = full.run("run", "--quiet")
    assert (ran.code, ran.out) == (0, "")
    assert "invoices.json" in ran.err
    assert "La copia nueva está entera" in ran.err
    assert full.run("verify", "latest").code == 0
    ran = full.run("verify")
    assert (ran.code, "DAÑADO" in ran.out, "invoices.json" in ran.out) == (20, True, True)
    assert full.run("list").code == 0
