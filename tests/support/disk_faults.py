"""`python -m tests.support.disk_faults SCENARIO FOLDER`: real faults of a disk, in a process apart."""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from facot_backups.archive.owner import Owner, host_id, process_start
from facot_backups.errors import BackupDirUnusable, NoSpace
from facot_backups.model import Document
from facot_backups.operations.verification.recheck import verify_and_record
from facot_backups.operations.verification.verify import verify
from facot_backups.ui.cli import main
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
    filler = _fill(archive)
    _fails(archive, SMALL, NoSpace, "el disco está lleno")
    _older_is_untouched(archive)
    filler.unlink()
    assert archive.backup(SMALL).complete


def _fill(archive: Archive) -> Path:
    """Leave no byte free; returns the file that takes the room."""
    filler = archive.root.parent / "lleno"
    with filler.open("ab", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    return filler


def cleanup(archive: Archive) -> None:
    """The command on a disk without a free byte: it deletes what is to go, and all is as ever then."""
    _months(archive)
    _fill(archive)
    _cleans_up(archive)


def cleanup_with_state(archive: Archive) -> None:
    """The same where the state folder, with its notes and its log, lies on that disk."""
    cleanup(Archive(archive.root, archive.root.parent / "state", archive.clock))


def cleanup_after_a_kill(archive: Archive) -> None:
    """The same after a run that was killed: its note of the lock, its remains, and none to write it down."""
    _months(archive)
    _kill_a_run(archive)
    ledger = archive.root / ".facot/ledger.jsonl"
    block = os.statvfs(archive.root).f_frsize
    with ledger.open("ab") as file:  # torn, and cut off with the next line: no room that is left over
        file.write(b" " * (-ledger.stat().st_size % block))
    _fill(archive)
    _cleans_up(archive)
    assert [entry.outcome for entry in archive.store.ledger.entries()][:1] == ["INTERRUPTED"]


def backup_after_a_kill(archive: Archive) -> None:
    """The remains of a killed run fill the disk: the next run removes them first, and has room."""
    _months(archive)
    _kill_a_run(archive)
    _fill(archive)
    assert archive.backup(SMALL).complete
    assert not archive.store.ledger.entries()[1:] and not _remains(archive)


def _months(archive: Archive) -> None:
    """Backups of the last months, by the computer's own clock, some 100 kB each."""
    now = datetime.now(UTC)
    for days in (61, 46, 20, 10, 1):
        archive.clock.moment = now - timedelta(days=days)
        archive.backup([document("clients/a", text=secrets.token_hex(50_000), n=days)])


def _kill_a_run(archive: Archive) -> None:
    half = archive.root / ".facot/staging/half"
    half.mkdir()
    (half / "000001.part").write_bytes(bytes(50_000))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    boot = (process_start(os.getpid()) or "").split(":")[0]
    now = datetime.now(UTC)
    owner = Owner(host_id(), "aquí", ended.pid, f"{boot}:1", now, "t", now)
    (archive.root / ".facot/owner.json").write_bytes(owner.to_bytes())


def _cleans_up(archive: Archive) -> None:
    before = [str(backup.name) for backup in archive.store.backups()]
    os.environ["FACOT_BACKUPS_STATE_DIR"] = str(archive.state_folder)
    command = ["cleanup", "--quiet", "--backup-dir", str(archive.root)]
    assert main(command) == 0
    assert [str(backup.name) for backup in archive.store.backups()] == before[:3]
    assert shutil.disk_usage(archive.root).free > 150_000
    assert not _remains(archive) and not list((archive.root / ".facot/trash").iterdir())
    (line,) = [entry for entry in archive.store.ledger.entries() if entry.kind == "retention"]
    assert line.details["deleted"] == before[:2:-1]
    assert main(command) == 0


def _remains(archive: Archive) -> list[Path]:
    own = archive.root / ".facot"
    return [*(own / "staging").iterdir(), *own.glob(".tmp-*"), *own.glob("owner.json")]


def read_only(archive: Archive) -> None:
    """The disk becomes one that cannot be written."""
    archive.backup(SMALL)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(archive.root.parent)], check=True)
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


def unreadable(archive: Archive) -> None:
    """A file, then a folder, of a backup may not be read by this user: that is no damage."""
    backup = archive.backup(SMALL)
    for spoilt, name, kind in (
        (backup.path / "clients.json", "clients.json", "complete"),
        (backup.path / "_metadata.json", "_metadata.json", "unreadable"),
        (backup.path, "_metadata.json", "unreadable"),
    ):
        mode = spoilt.stat().st_mode
        spoilt.chmod(0o000)
        (found,) = archive.store.backups()
        assert found.kind == kind, found
        (report,) = verify_and_record(archive.store, [found], archive.emit)
        assert (report.problems, [unread.file for unread in report.unread]) == ((), [name]), report
        spoilt.chmod(mode)
    assert {entry.outcome for entry in archive.store.ledger.entries()} == {"UNREAD"}
    assert verify(archive.store.backups()[0]).sound


SCENARIOS: dict[str, Callable[[Archive], None]] = {
    "full": full,
    "read-only": read_only,
    "limit": limit,
    "denied": denied,
    "cleanup": cleanup,
    "cleanup-with-state": cleanup_with_state,
    "cleanup-after-a-kill": cleanup_after_a_kill,
    "backup-after-a-kill": backup_after_a_kill,
    "unreadable": unreadable,
}
CLEANUPS = [name for name in SCENARIOS if name.startswith("cleanup") or name.endswith("kill")]

if __name__ == "__main__":
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as state:
        SCENARIOS[sys.argv[1]](Archive(Path(sys.argv[2]) / "backups", Path(state)))
    print("ok")
