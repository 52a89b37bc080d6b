"""The disk fails: the error says what and where, nothing half-made stays, older backups are untouched."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from facot_backups.archive.reader import Backup
from facot_backups.errors import BackupDirUnusable, NoSpace
from facot_backups.model import Scope
from tests.support.archives import Archive, days_later, document, fill, quick_folder
from tests.support.crash import CALLS, At, Hook, watched, windows_error
from tests.support.disk_faults import CLEANUPS
from tests.support.small_disk import namespace

DOCUMENTS = [document("clients/a", n=1), document("invoices/1", total=2.5)]
MORE = [*DOCUMENTS, document("invoices/2", total=1.0)]


def content(backup: Backup) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(backup.path.iterdir())}


def in_child(scenario: str, folder: Path, *wrapper: str) -> None:
    command = [*wrapper, sys.executable, "-B", "-m", "tests.support.disk_faults", scenario, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ok\n"


@pytest.mark.parametrize("scenario", ["full", "read-only", *CLEANUPS])
def test_a_real_small_disk(scenario: str, tmp_path: Path) -> None:
    disk = tmp_path / "disco"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
    in_child(scenario, disk, *namespace(), "sh", "-c", mount, str(disk))


def test_a_file_size_limit_is_a_full_disk(tmp_path: Path) -> None:
    in_child("limit", tmp_path)


def without_privileges(scenario: str, folder: Path) -> None:
    """A scenario in a process to which permissions mean something, also where the tests run as root."""
    if os.geteuid() != 0:
        in_child(scenario, folder)
    elif shutil.which("setpriv"):
        capabilities = "-dac_override,-dac_read_search"
        in_child(
            scenario,
            folder,
            *("setpriv", f"--bounding-set={capabilities}", "--inh-caps=-dac_override", "--"),
        )
    else:
        pytest.skip("root sin setpriv: no se puede probar una carpeta sin permiso")


def test_no_permission(tmp_path: Path) -> None:
    without_privileges("denied", tmp_path)


def test_a_scanner_in_the_way_of_every_step_is_waited_for(tmp_path: Path) -> None:
    """On Windows: whatever is renamed, replaced, linked or removed is held for most of a minute first."""
    archive = Archive(tmp_path / "backups", tmp_path / "state")
    held: dict[tuple[str, tuple[object, ...]], float] = {}

    def busy(name: str, args: tuple[object, ...]) -> None:
        # Rubbish waits for the next run.
        ours = str(args[0]).startswith(str(archive.root)) and "/trash/" not in str(args[0])
        if ours and name in ("rename", "replace", "link", "unlink", "rmdir"):
            until = held.setdefault((name, args), archive.clock.monotonic() + 59)
            if archive.clock.monotonic() < until:
                raise windows_error(32, "el archivo está siendo utilizado por otro proceso")

    with watched(busy):
        first = archive.backup(DOCUMENTS)
        days_later(archive.clock)
        second = archive.backup(MORE)
        linked = (first.path / "clients.json").stat().st_ino == (second.path / "clients.json").stat().st_ino
        with archive.store.locked() as store:
            with store.begin("stopped") as staging:
                fill(staging, DOCUMENTS)
            store.delete(first)
    assert linked and second.complete and archive.store.backups() == [second]
    assert not list((archive.root / ".facot/staging").iterdir())
    assert not [text for text in archive.warnings if "disco que el sistema" not in text]
    assert {name for name, _ in held} == {"rename", "replace", "link", "unlink", "rmdir"}


@pytest.mark.parametrize("folder", ["backups", "staging"])
def test_a_flush_that_fails_after_the_publish_is_a_warning(folder: str, tmp_path: Path) -> None:
    """The backup is there: who is told that it failed would pay for another one."""
    archive = Archive(tmp_path / "backups", tmp_path / "state")
    archive.backup(DOCUMENTS)
    days_later(archive.clock)
    target = archive.root / "2024-11-28"

    def fail(name: str, args: tuple[object, ...]) -> None:
        if name == "fsync" and target.exists() and Path(f"/proc/self/fd/{args[0]}").readlink().name == folder:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with watched(fail):
        assert archive.backup(MORE).path == target
    assert archive.store.backups()[0].complete
    assert any("verify 2024-11-28" in text for text in archive.warnings)


def test_a_rename_that_was_done_and_answered_with_an_error_is_done(tmp_path: Path) -> None:
    """As a network drive answers that lost its first answer."""
    archive = Archive(tmp_path / "backups", tmp_path / "state")
    real = os.rename

    def lost(name: str, args: tuple[object, ...]) -> None:
        if name == "rename":
            real(str(args[0]), str(args[1]))

    with watched(lost):
        assert archive.backup(DOCUMENTS).complete
    assert [backup.kind for backup in archive.store.backups()] == ["complete"]


def test_what_a_restore_keeps_must_be_on_the_disk(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "backups", tmp_path / "state")

    def fail(name: str, args: tuple[object, ...]) -> None:
        if name == "fsync" and list(archive.root.glob("*.pre-restore")):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with watched(fail), pytest.raises(BackupDirUnusable):
        archive.backup(DOCUMENTS, trigger="pre-restore", scope=Scope(collections=(), restore="r1"))


def test_a_file_that_stays_held_after_the_publish_is_a_warning(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "backups", tmp_path / "state")

    def busy(name: str, args: tuple[object, ...]) -> None:
        published = (archive.root / "2024-11-27").exists()
        if name in ("unlink", "replace") and published and str(args[-1]).endswith("owner.json"):
            raise windows_error(32)
        if name == "open" and published and str(args[0]).endswith("repository.json"):
            raise windows_error(5)

    with watched(busy):
        assert archive.backup(DOCUMENTS).complete
    (alarm,) = [text for text in archive.warnings if "disco que el sistema" not in text]
    assert "owner.json" in alarm and "otro programa" in alarm
    days_later(archive.clock)
    assert archive.backup(DOCUMENTS).complete


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


@pytest.mark.slow
@pytest.mark.parametrize("number", [errno.EINVAL, errno.EBADF, errno.EIO])
def test_a_disk_that_goes_away_at_any_look(number: int) -> None:
    """It is the folder's fault, whatever the system calls it: EINVAL is what Python makes of the unknown."""

    def fail(name: str, args: tuple[object, ...]) -> None:
        raise OSError(number, os.strerror(number), str(args[0]))

    failed = step = 0
    finished = False
    while not finished:
        step += 1
        gone = At(step, fail, and_after=True)
        with quick_folder() as folder:
            root = folder / "backups"

            def hook(name: str, args: tuple[object, ...], root: Path = root, gone: At = gone) -> None:
                if isinstance(args[0], str | Path) and Path(args[0]).is_relative_to(root):
                    gone(name, args)

            error = fault_during_a_run(Archive(root, folder / "state"), hook, (*CALLS, "stat", "listdir"))
        finished = error is None and gone.steps < step
        failed += error is not None
    assert failed > 60


def fault_during_a_run(
    archive: Archive, hook: Hook, calls: Sequence[str] = CALLS
) -> BackupDirUnusable | None:
    """A second run that meets the fault, and a third that does not; returns how the second one ended."""
    old = archive.backup(DOCUMENTS)
    before = content(old)
    days_later(archive.clock)
    ended = None
    with watched(hook, calls):
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
