"""A folder of backups that is copied into another; `python -m tests.support.relocation FOLDER` kills it.

At every step in turn, in a process apart, from the state that the kill before it left: so it has to go on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from facot_backups.archive import journal
from facot_backups.archive.reader import Backup
from facot_backups.events import Emit, ignore
from facot_backups.model import Scope
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.relocation import Relocation, nothing, relocate
from facot_backups.operations.verification.verify import verify
from tests.support.archives import Archive, days_later, document
from tests.support.crash import At, kill, watched

BIG = [document(f"clients/{n:03}", text=f"{n}" * 400) for n in range(300)]
RESTORE = "20241127T120000-aaaaaa"


def filled(folder: Path) -> Archive:
    """Five days, of which one collection never changed, a `.pre-restore` with its journal, an old folder."""
    archive = Archive(folder / "backups", folder / "state")
    for day in range(5):
        archive.backup([*BIG, document("invoices/1", total=float(day))], run_id=f"day{day}")
        days_later(archive.clock)
    archive.backup(
        [document("invoices/1", total=9.0)],
        run_id="kept",
        trigger="pre-restore",
        scope=Scope(restore=RESTORE),
    )
    path = journal.path_of(archive.root, RESTORE)
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"diario":1}\n{"end":"DONE"}\n')
    old = archive.root / "2020-01-01"
    old.mkdir()
    (old / "clients.json").write_text('[{"name": "Ñandú", "_id": "1"}]')
    with archive.store.locked() as store:
        store.record("acceptance", "COMPLETE", why="á")
    return archive


def new_of(archive: Archive) -> Archive:
    """The folder that the backups are copied to."""
    return Archive(archive.root.parent / "otra" / "backups", archive.state_folder, archive.clock)


def move(
    archive: Archive, emit: Emit = ignore, stop: Stop | None = None, finish: Callable[[], None] = nothing
) -> Relocation:
    """Copy, as a new process would."""
    return relocate(archive.store, new_of(archive).store, emit, stop or Stop(), finish)


def content(root: Path) -> dict[str, bytes]:
    """Every file of every backup, of the journals, and the ledger."""
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in files if not _of_lock(path)}


def _of_lock(path: Path) -> bool:
    """Whether a file is the lock's: it, and its note, also half written."""
    return path.parent.name == ".facot" and path.name.startswith(("lock", "owner.json", ".tmp-"))


def check_parts(archive: Archive, before: dict[str, bytes]) -> int:
    """The old folder is as it was, and each backup of the new one is whole; how many there are."""
    after = content(archive.root)
    assert after.keys() == before.keys(), after.keys() ^ before.keys()
    assert after == before
    new = new_of(archive)
    found = new.store.all_backups() if (new.root / ".facot").exists() else []
    for backup in found:
        if isinstance(backup, Backup):
            assert verify(backup).sound, backup.name
        expected = {name: data for name, data in before.items() if name.startswith(f"{backup.name}/")}
        there = {f"{backup.name}/{path.name}": path.read_bytes() for path in backup.path.iterdir()}
        assert there == expected, backup.name
    return len(found)


def check_whole(archive: Archive, before: dict[str, bytes]) -> None:
    """All is there, linked as it was, and nothing else."""
    check_parts(archive, before)
    new = new_of(archive)
    assert content(new.root) == before
    for old in archive.store.all_backups():
        for path in old.path.iterdir():
            copy = new.root / old.path.name / path.name
            assert copy.stat().st_nlink == path.stat().st_nlink, copy
            assert copy.stat().st_mode & 0o222 == 0
    assert new.store.repository() == archive.store.repository()
    known = new.store.state.known(new.root)
    assert known is not None and known.repository_id is not None


@contextmanager
def child() -> Iterator[Callable[[Callable[[], None]], int]]:
    """What does some work in a new process, and says how it ended."""

    def run(work: Callable[[], None]) -> int:
        pid = os.fork()
        if pid == 0:
            try:
                work()
            except BaseException:  # noqa: BLE001 (this copy of the process must not go on)
                sys.excepthook(*sys.exc_info())
                os._exit(1)
            os._exit(0)
        return os.waitpid(pid, 0)[1]

    yield run


def killed_at(archive: Archive, step: int) -> None:
    def only_there(name: str, args: tuple[Any, ...]) -> None:
        kill(name, args)

    with watched(At(step, only_there)):
        move(archive)


def play(folder: Path) -> dict[str, int]:
    """Kill it at each step until it comes to its end; how often, and how many parts were met."""
    archive = filled(folder)
    before = content(archive.root)
    kills, parts = 0, set[int]()
    with child() as run:
        for step in range(1, 10_000):
            ended = run(lambda at=step: killed_at(archive, at))  # type: ignore[misc]
            parts.add(check_parts(archive, before))
            if ended == 0:
                break
            assert os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL, f"step {step}: {ended}"
            kills += 1
    check_whole(archive, before)
    return {"kills": kills, "parts": len(parts)}


if __name__ == "__main__":
    print(json.dumps(play(Path(sys.argv[1]))))
