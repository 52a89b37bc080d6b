"""Durable writes: whole or not at all, and faults in the user's words."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from facot_backups import atomic
from facot_backups.archive.writer import BackupWriter
from facot_backups.errors import BackupDirUnusable, NoSpace
from facot_backups.model import EVERYTHING
from tests.support.archives import HandClock, document, open_files
from tests.support.crash import At, Unflushed, watched, windows_error


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "solo lectura"),
        (errno.EACCES, "no permite"),
        (errno.EPERM, "no permite"),
        (errno.ENOENT, "¿disco desconectado?"),
        (errno.EIO, "el disco falla"),
        (errno.EFBIG, "FAT32"),
        (errno.ENOTDIR, "no es una carpeta"),
        (errno.ESTALE, "el sistema responde"),
    ],
)
def test_faults_are_explained(number: int, words: str) -> None:
    with pytest.raises(BackupDirUnusable) as caught, atomic.explained(Path("/disco/backups")):
        raise OSError(number, os.strerror(number), "/disco/backups/x")
    text = str(caught.value)
    assert words in text and "/disco/backups" in text and "/disco/backups/x" in text
    assert text.count("\n") == 1 and caught.value.exit_code == 13


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_names_the_space_needed(number: int) -> None:
    with pytest.raises(NoSpace, match=r"12\.0 MB"), atomic.explained(Path("/disco"), 12_000_000):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_of_the_system_is_the_folders(number: int) -> None:
    """Windows' errors that Python does not know are EINVAL; a flush of a disk that is gone is EBADF there."""
    with (
        pytest.raises(BackupDirUnusable, match="/disco/backups") as caught,
        atomic.explained(Path("/disco/backups")),
    ):
        raise OSError(number, os.strerror(number))
    assert caught.value.exit_code == 13 and "None" not in str(caught.value)


@pytest.mark.parametrize(
    ("winerror", "words"),
    [
        (55, "«El recurso de red ya no está disponible»"),
        (64, "carpeta de red siguen conectados"),
        (32, "otro programa tiene abierto"),
        (39, "el disco está lleno"),
        (1295, "el disco está lleno"),
    ],
)
def test_windows_errors_are_explained(winerror: int, words: str) -> None:
    with pytest.raises(BackupDirUnusable) as caught, atomic.explained(Path("/disco")):
        raise windows_error(winerror, "El recurso de red ya no está disponible")
    assert words in str(caught.value)


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, fault: BaseException
) -> None:
    def fail(name: str, args: tuple[object, ...]) -> None:
        raise fault

    target = tmp_path / "file"
    atomic.write_file(target, b"old")
    step, hook = 0, At(0, fail)
    while hook.steps >= step:
        step += 1
        hook = At(step, fail)
        with watched(hook):
            try:
                atomic.write_file(target, b"new")
            except (OSError, KeyboardInterrupt):
                assert target.read_bytes() in (b"old", b"new")
        assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_bytes() == b"new" and step > 5
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_write_that_the_system_takes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:7]))
    atomic.write_file(tmp_path / "file", bytes(range(256)))
    assert (tmp_path / "file").read_bytes() == bytes(range(256))


def test_links_and_pipes_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    before = open_files()
    for name in ("link", "pipe"):
        with pytest.raises(OSError):
            atomic.read_file(tmp_path / name)
    assert open_files() == before


def test_a_file_is_created_in_no_others_place(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("there", "link"):
        with pytest.raises(FileExistsError):
            atomic.create_file(tmp_path / name)
    assert (tmp_path / "there").read_bytes() == b"precious" and not (tmp_path / "nowhere").exists()


def test_a_disk_that_says_more_than_it_took_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    write = os.write

    def lie(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[:-1]) + 1

    monkeypatch.setattr(os, "write", lie)
    with pytest.raises(OSError, match="no quedó entero"):
        atomic.write_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1
    writer = BackupWriter(tmp_path, EVERYTHING)
    writer.add(document("a/1", n=1))
    with pytest.raises(BackupDirUnusable, match="el disco falla"):
        writer.finish()


def test_folders_are_private_and_flushed_all_the_way(tmp_path: Path) -> None:
    unflushed = Unflushed(tmp_path)
    mask = os.umask(0)
    try:
        with watched(unflushed):
            atomic.make_folder(tmp_path / "a/b/c")
    finally:
        os.umask(mask)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b", "a/b/c")} == {0o700}
    assert unflushed.lost == set()


def test_removing_a_tree_spares_what_links_lead_to(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"x")
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / "deep/link").symlink_to(outside)
    atomic.remove_tree(tree)
    (tmp_path / "root-link").symlink_to(outside)
    atomic.remove_tree(tmp_path / "root-link")
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (outside / "precious").exists()


def make_tree(path: Path) -> None:
    (path / "deep").mkdir(parents=True)
    (path / "deep/file").write_bytes(b"x")


STEPS: dict[str, Callable[[Path, atomic.Patience], object]] = {
    "rename": lambda folder, patience: atomic.rename(folder / "a", folder / "b", patience),
    "replace": lambda folder, patience: atomic.replace_published(folder / "a", folder / "file", patience),
    "write": lambda folder, patience: atomic.write_file(folder / "file", b"new", patience=patience),
    "remove": lambda folder, patience: atomic.remove_file(folder / "a", patience),
    "tree": lambda folder, patience: atomic.remove_tree(folder / "tree", patience),
    "remains": atomic.remove_temporaries,
}


@pytest.mark.parametrize("winerror", [5, 32, 33, 145])
@pytest.mark.parametrize("step", STEPS)
def test_every_step_waits_for_windows_to_let_go(tmp_path: Path, step: str, winerror: int) -> None:
    clock = HandClock()
    until = 59.0

    def busy(name: str, args: tuple[object, ...]) -> None:
        if name in ("rename", "replace", "unlink", "rmdir") and clock.monotonic() < until:
            raise windows_error(winerror)

    for name in ("a", "file", ".tmp-0"):
        (tmp_path / name).write_bytes(b"old")
    make_tree(tmp_path / "tree")
    with watched(busy):
        STEPS[step](tmp_path, atomic.Patience(clock))
    assert clock.monotonic() >= until, "it waited"
    until = clock.monotonic() + 61
    for name in ("a", "file", ".tmp-0"):
        (tmp_path / name).write_bytes(b"old")
    make_tree(tmp_path / "another")
    with watched(busy), pytest.raises(OSError):
        atomic.remove_tree(tmp_path / "another", atomic.Patience(clock))


def test_a_file_that_is_opened_while_a_scanner_holds_it_is_waited_for(tmp_path: Path) -> None:
    """Else a ledger without its line, a journal that cannot be read, or a folder that is not known."""
    path = tmp_path / "file"
    path.write_bytes(b"text")
    left = 0

    def busy(name: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if name == "open" and left:
            left -= 1
            raise windows_error(32)

    with watched(busy):
        left = 2
        assert atomic.read_file(path) == b"text"
        left = 2
        os.close(atomic.open_for_append(path))
    assert left == 0
