"""A folder that is locked, another project's, gone, or no folder: refused before anything is read."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest

from tests.end_to_end.world import World


@pytest.fixture
def full(world: World) -> World:
    world.write("invoices/1", "invoices/2", "clients/1")
    return world


def calls(world: World) -> int:
    script = world.server.local.script
    methods = ("RunQuery", "RunAggregationQuery", "BatchGetDocuments", "ListCollectionIds", "ListDocuments")
    return sum(script.calls(method) for method in methods)


def test_two_runs_at_once(full: World) -> None:
    full.back_up()
    before, published = calls(full), full.published()
    with full.store().locked():
        full.run("run").failed(11, "Otra ejecución", "Espere", socket.gethostname())
        report = full.run("run", "--json").report
        assert (report["success"], report["exit_code"]) == (False, 11)
        assert full.process("run").code == 11
        for reading in ("list", "verify"):
            assert full.run(reading).code == 0
    assert (calls(full), full.published()) == (before, published)
    assert full.run("run").code == 0


@pytest.mark.parametrize("other", ["project", "database"])
def test_another_sources_data(full: World, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    full.back_up()
    before, published = calls(full), full.published()
    monkeypatch.setenv(
        {"project": "GOOGLE_CLOUD_PROJECT", "database": "BACKUP_DATABASE"}[other], "otro-sitio"
    )
    full.run("run").failed(2, "no se ha leído nada", "--adopt-source", full.server.project, "otro-sitio")
    assert (calls(full), full.published()) == (before, published)
    assert full.leftovers() == []
    assert full.outcomes() == ["COMPLETE", "FAILED"]
    assert full.run("list").code == full.run("verify").code == 0
    assert full.run("run", "--adopt-source").code == 0
    assert len(full.published()) == 2
    monkeypatch.undo()


def test_a_real_database_into_the_folder_of_an_emulators(
    full: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same project and database: only that it is an emulator tells them apart."""
    full.back_up()
    file = full.folder / ".facot/repository.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "emulator": False}))
    before = calls(full)
    full.run("run").failed(2, "(emulador)")
    assert calls(full) == before


def test_a_known_folder_that_is_gone(full: World) -> None:
    full.back_up()
    disk = full.folder.rename(full.folder.with_name("desenchufado"))
    before = calls(full)
    for command in ("run", "list", "verify"):
        full.run(command).failed(13, "¿disco desconectado?", "--create", str(full.folder))
    assert not full.folder.exists()
    full.folder.mkdir()  # an empty mount point is no disk either
    (full.folder / "lost+found").mkdir()
    full.run("run").failed(13, "¿disco desconectado?")
    assert calls(full) == before
    assert full.run("run", "--create").code == 0
    assert len(full.backups()) == 1
    assert full.run("run").code == full.run("verify").code == 0
    shutil.rmtree(full.folder)
    disk.rename(full.folder)  # the old disk in the place of the new one is not the one we know
    full.run("run").failed(13)


def test_a_disk_that_comes_back(full: World) -> None:
    full.back_up()
    disk = full.folder.rename(full.folder.with_name("desenchufado"))
    full.run("run").failed(13)
    disk.rename(full.folder)
    assert full.run("run").code == 0
    assert len(full.backups()) == 2


def test_a_damaged_identity_is_nobodys(full: World) -> None:
    full.back_up()
    (full.folder / ".facot/repository.json").write_bytes(b'{"id": ')
    before = calls(full)
    full.run("run").failed(13, "repository.json")
    assert calls(full) == before
    assert full.run("list").code == full.run("verify").code == 0


def test_a_file_where_the_folder_should_be(full: World) -> None:
    full.folder.write_text("no soy una carpeta")
    ran = full.run("run")
    assert (ran.code, "es un archivo" in ran.err) == (2, True)
    below = World(full.server, full.folder / "backups", full.state, full.capsys)
    below.run("run").failed(13, "no es una carpeta")
    assert calls(full) == 0


def test_names_of_others_are_left_alone(full: World, tmp_path: Path) -> None:
    """Whatever bears the day's name, a backup never takes its place."""
    day = full.back_up().path.name
    shutil.rmtree(full.folder / day)
    for make in (Path.mkdir, Path.touch, lambda path: path.symlink_to(tmp_path)):
        make(full.folder / day)
        backup = full.back_up()
        assert backup.complete
        assert backup.path.name.startswith(f"{day}T")
        entry = full.folder / day
        assert list(tmp_path.iterdir())
        if entry.is_dir() and not entry.is_symlink():
            assert not list(entry.iterdir())
            entry.rmdir()
        else:
            entry.unlink()
