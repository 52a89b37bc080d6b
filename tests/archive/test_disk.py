"""The disk fails: the error says what and where, nothing half-made stays, older backups are untouched."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from facot_backups.archive.reader import Backup
from facot_backups.errors import BackupDirUnusable, NoSpace
from tests.support.archives import Archive, days_later, document, quick_folder
from tests.support.crash import At, watched

DOCUMENTS = [document("clients/a", n=1), document("invoices/1", total=2.5)]
MORE = [*DOCUMENTS, document("invoices/2", total=1.0)]


def content(backup: Backup) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(backup.path.iterdir())}


def in_child(scenario: str, folder: Path, *wrapper: str) -> None:
    command = [*wrapper, sys.executable, "-B", "-m", "tests.support.disk_faults", scenario, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ok\n"


def namespace() -> list[str]:
    """A command that may mount a disk for itself alone; the test is skipped, and says so, without one."""
    for command in (["unshare", "-m"], ["unshare", "-Urm"]):
        if shutil.which("unshare"):
            probe = [*command, "sh", "-c", "mount -t tmpfs none /mnt"]
            if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
                return command
    pytest.skip(
        "este sistema no deja montar un disco pequeño: disco lleno probado solo con fallos inyectados"
    )


@pytest.mark.parametrize("scenario", ["full", "read-only"])
def test_a_real_small_disk(scenario: str, tmp_path: Path) -> None:
    disk = tmp_path / "disco"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
    in_child(scenario, disk, *namespace(), "sh", "-c", mount, str(disk))


def test_a_file_size_limit_is_a_full_disk(tmp_path: Path) -> None:
    in_child("limit", tmp_path)


def test_no_permission(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        in_child("denied", tmp_path)
    elif shutil.which("setpriv"):
        capabilities = "-dac_override,-dac_read_search"
        in_child(
            "denied",
            tmp_path,
            *("setpriv", f"--bounding-set={capabilities}", "--inh-caps=-dac_override", "--"),
        )
    else:
        pytest.skip("root sin setpriv: no se puede probar una carpeta sin permiso")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "from_then_on"), [(errno.ENOSPC, False), (errno.EACCES, False), (errno.EIO, True)]
)
def test_a_fault_at_every_step(number: int, from_then_on: bool) -> None:
    def fail(name: str, args: tuple[object, ...]) -> None:
        raise OSError(number, os.strerror(number), str(args[0]))

    expected = NoSpace if number == errno.ENOSPC else BackupDirUnusable
    failed = step = 0
    finished = False
    while not finished:
        step += 1
        hook = At(step, fail, and_after=from_then_on)
        with quick_folder() as folder:
            error = fault_during_a_run(Archive(folder / "backups", folder / "state"), hook)
        finished = error is None and hook.steps < step
        if error is not None:
            failed += 1
            assert isinstance(error, expected)
    assert failed > 20


def fault_during_a_run(archive: Archive, hook: At) -> BackupDirUnusable | None:
    """A second run that meets the fault, and a third that does not; returns how the second one ended."""
    old = archive.backup(DOCUMENTS)
    before = content(old)
    days_later(archive.clock)
    ended = None
    with watched(hook):
        try:
            archive.backup(MORE)
        except BackupDirUnusable as error:
            ended = error
            assert str(archive.root) in str(error)
    assert content(old) == before
    # After the fault everything goes on, and what is left in between is whole or not there.
    archive.backup(MORE)
    assert all(backup.complete for backup in archive.store.backups())
    assert not list((archive.root / ".facot/staging").iterdir())
    return ended
