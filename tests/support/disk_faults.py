"""`python -m tests.support.disk_faults SCENARIO FOLDER`: real faults of a disk, in a process apart."""

from __future__ import annotations

import os
import resource
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from facot_backups.errors import BackupDirUnusable, NoSpace
from facot_backups.model import Document
from tests.support.archives import Archive, days_later, document

SMALL = [document("clients/a", n=1)]


def _big() -> list[Document]:
    """1.6 MB that does not repeat itself."""
    return [document(f"clients/{n:04}", text=secrets.token_hex(4000)) for n in range(200)]


def _fails(archive: Archive, documents: list[Document], kind: type[BackupDirUnusable], *words: str) -> None:
    try:
        archive.backup(documents)
    except BackupDirUnusable as error:
        assert isinstance(error, kind), repr(error)
        assert all(word in str(error) for word in (str(archive.root), *words)), str(error)
    else:
        raise AssertionError("the disk did not fail")


def _older_is_untouched(archive: Archive) -> None:
    (backup,) = archive.store.backups()
    assert backup.complete and list(backup.documents("clients")) == SMALL
    staging = archive.root / ".facot/staging"
    assert not staging.exists() or not list(staging.iterdir())


def full(archive: Archive) -> None:
    """The disk fills up while documents are written, then is full to the last byte, then has room again."""
    archive.backup(SMALL)
    days_later(archive.clock)
    _fails(archive, _big(), NoSpace, "el disco está lleno", "MB")
    _older_is_untouched(archive)
    filler = archive.root.parent / "lleno"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    _fails(archive, SMALL, NoSpace, "el disco está lleno")
    _older_is_untouched(archive)
    filler.unlink()
    assert archive.backup(SMALL).complete


def read_only(archive: Archive) -> None:
    """The disk becomes one that cannot be written."""
    archive.backup(SMALL)
    subprocess.run(["mount", "-o", "remount,ro", str(archive.root.parent)], check=True)
    _fails(archive, SMALL, BackupDirUnusable, "solo lectura")
    _older_is_untouched(archive)


def limit(archive: Archive) -> None:
    """No file may grow over 64 KiB: the system says EFBIG."""
    archive.backup(SMALL)
    days_later(archive.clock)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
    _fails(archive, _big(), BackupDirUnusable, "un archivo tan grande")
    _older_is_untouched(archive)


def denied(archive: Archive) -> None:
    """The folder may not be written by this user, then not even be read; nor be created."""
    archive.backup(SMALL)
    own = archive.root / ".facot"
    own.chmod(0o500)
    _fails(archive, SMALL, BackupDirUnusable, "no permite", "--backup-dir")
    _older_is_untouched(archive)
    own.chmod(0o700)
    archive.root.chmod(0o000)
    try:
        archive.store.backups()
    except BackupDirUnusable as error:
        assert str(archive.root) in str(error)
    else:
        raise AssertionError("an unreadable folder was listed")
    archive.root.chmod(0o500)
    below = Archive(archive.root / "nueva", archive.state_folder)
    _fails(below, SMALL, BackupDirUnusable, "no permite")
    archive.root.chmod(0o700)


SCENARIOS: dict[str, Callable[[Archive], None]] = {
    "full": full,
    "read-only": read_only,
    "limit": limit,
    "denied": denied,
}

if __name__ == "__main__":
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as state:
        SCENARIOS[sys.argv[1]](Archive(Path(sys.argv[2]) / "backups", Path(state)))
    print("ok")
