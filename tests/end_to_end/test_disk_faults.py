"""The disk fails under the real `run`: exit 13 with a remedy, nothing half-made, old backups as they were."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from facot_backups.errors import BackupDirUnusable, Interrupted
from facot_backups.events import CollectionDone, Event, PhaseStarted
from tests.end_to_end.world import Ran, World


@dataclass(frozen=True)
class SmallDisk:
    """A real disk of 1 MiB that only processes begun with `enter` see, at the world's folder."""

    holder: subprocess.Popen[str]
    world: World

    @property
    def enter(self) -> list[str]:
        return ["nsenter", "--target", str(self.holder.pid), "--mount", "--"]

    @property
    def folder(self) -> Path:
        """The same folder as this process sees it."""
        return Path(f"/proc/{self.holder.pid}/root{self.world.folder}")

    def run(self, *words: str) -> Ran:
        return self.world.process(*words, prefix=self.enter)

    def shell(self, script: str) -> None:
        subprocess.run([*self.enter, "sh", "-c", script, "sh", str(self.world.folder.parent)], check=True)

    def seen(self) -> World:
        return World(self.world.server, self.folder, self.world.state, self.world.capsys)


@pytest.fixture
def small_disk(world: World) -> Iterator[SmallDisk]:
    """See SmallDisk; without the right to mount, the test is skipped and says so."""
    disk = world.state.parent / "disco"
    disk.mkdir()
    world.folder = disk / "backups"
    script = 'mount -t tmpfs -o size=1m none "$1" && echo ready && read line'
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("este sistema no deja montar un disco pequeño")
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(disk)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin and holder.stdout
        ready = holder.stdout.readline()
        if ready != "ready\n":
            pytest.skip("este sistema no deja montar un disco pequeño")
        yield SmallDisk(holder, world)
        holder.stdin.close()


@pytest.mark.slow
def test_a_full_disk(small_disk: SmallDisk) -> None:
    world, seen = small_disk.world, small_disk.seen()
    world.write("invoices/1")
    assert small_disk.run("run").code == 0
    world.write(*(f"invoices/{n}" for n in range(200)), t=secrets.token_hex(4000))
    small_disk.run("run").failed(
        13, "el disco está lleno", "necesita unos", "MB", "Libere", str(world.folder)
    )
    ran = small_disk.run("run", "--json")
    assert (ran.report["success"], ran.report["exit_code"]) == (False, 13)
    assert len(seen.published()) == 1
    assert seen.leftovers() == []
    assert seen.outcomes() == ["COMPLETE", "FAILED", "FAILED"]
    assert small_disk.run("verify").code == small_disk.run("list").code == 0

    small_disk.shell('cat /dev/zero > "$1/lleno" || true')  # to the last byte: not even a line fits
    small_disk.run("run").failed(13, "el disco está lleno", "Libere")
    assert small_disk.run("verify").code == 0
    assert (len(seen.published()), seen.leftovers()) == (1, [])
    small_disk.shell('rm "$1/lleno"')
    world.delete(*(f"invoices/{n}" for n in range(2, 200)))
    assert small_disk.run("run").code == 0
    assert len(seen.published()) == 2


@pytest.mark.slow
def test_a_read_only_disk(small_disk: SmallDisk) -> None:
    world = small_disk.world
    world.write("invoices/1")
    assert small_disk.run("run").code == 0
    before = world.server.local.script.calls("RunQuery")
    small_disk.shell('mount -o remount,bind,ro "$1"')
    small_disk.run("run").failed(13, "solo lectura", "--backup-dir")
    assert world.server.local.script.calls("RunQuery") == before
    assert small_disk.run("list").code == small_disk.run("verify").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("step", [2, 4, 6])
def test_a_folder_that_becomes_read_only_in_mid_run(world: World, step: int) -> None:
    world.write("invoices/1", "clients/1")
    assert world.run("run").code == 0
    published = world.published()
    weaker = "-dac_override,-dac_read_search"
    prefix = ["setpriv", f"--bounding-set={weaker}", "--inh-caps=-dac_override", "--"]
    ran = world.hooked("protect", "event", step, *(prefix if os.geteuid() == 0 else []))
    for place in (world.folder, world.folder / ".facot", *world.folder.glob(".facot/staging/*")):
        place.chmod(0o700)
    ran.failed(13, "no permite", "permiso", str(world.folder))
    assert world.published() == published
    assert world.run("verify").code == 0
    assert world.run("run").code == 0
    assert world.leftovers() == []
    assert len(world.published()) == 2


@pytest.mark.parametrize("moment", ["connecting", "reading", "collection", "checking", "publishing"])
@pytest.mark.parametrize("first", [True, False])
def test_a_disk_that_is_unplugged_in_mid_run(world: World, moment: str, first: bool) -> None:
    world.write("invoices/1", "clients/1")
    if not first:
        world.back_up()
    published = world.published()
    away = world.folder.with_name("desenchufado")

    def unplug(event: Event) -> None:
        now = isinstance(event, CollectionDone) if moment == "collection" else event == PhaseStarted(moment)
        if now and not away.exists():
            world.folder.rename(away)

    with pytest.raises(BackupDirUnusable, match=r"¿disco desconectado\?") as raised:
        world.back_up(unplug)
    assert str(world.folder) in str(raised.value)
    assert "Conecte el disco" in str(raised.value)
    assert not world.folder.exists()
    away.rename(world.folder)
    assert world.published() == published
    assert world.back_up().complete
    assert world.leftovers() == []
    assert len(world.published()) == len(published) + 1


def test_a_face_may_stop_a_run_at_any_event(world: World) -> None:
    world.write("invoices/1", "clients/1")
    world.back_up()
    published, number = world.published(), len(world.events)
    for stop in range(1, number + 1):
        told: list[Event] = []

        def interrupt(event: Event, told: list[Event] = told, stop: int = stop) -> None:
            told.append(event)
            if len(told) == stop:
                raise Interrupted

        with pytest.raises(Interrupted):
            world.back_up(interrupt)
        world.nothing_happened("INTERRUPTED", published)


def test_files_and_folders_are_private(world: World) -> None:
    world.write("invoices/1")
    backup = world.back_up()
    modes = {path: path.stat().st_mode & 0o777 for path in world.folder.rglob("*")}
    assert {mode for path, mode in modes.items() if path.parent == backup.path} == {0o400}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} <= {0o400, 0o600}
    assert sys.platform != "win32"
