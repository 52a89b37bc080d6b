"""Faults at every step: a hook before each call that changes the disk, and processes killed there.

`python -m tests.support.crash SCENARIO FOLDER` runs a scenario once for each of its steps, each time in a
new process that kills itself there with SIGKILL, half-way through if the step is a write. After each it
checks what the disk holds, lets the next run mend it, and checks again. It prints a JSON summary.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from facot_backups.archive.ledger import INTERRUPTED
from facot_backups.archive.reader import Backup
from facot_backups.archive.staging import finished
from facot_backups.model import Document
from tests.support.archives import Archive, HandClock, document, run

# All calls by which the archive and the state change the disk, or wait for it.
CALLS = (
    "open",
    "write",
    "fsync",
    "rename",
    "replace",
    "link",
    "unlink",
    "rmdir",
    "mkdir",
    "chmod",
    "ftruncate",
)

Hook = Callable[[str, tuple[Any, ...]], None]


@contextmanager
def watched(hook: Hook, calls: Sequence[str] = CALLS) -> Iterator[None]:
    """Call `hook` with the name and arguments of each of `calls` before it happens; it may raise."""
    originals = {name: getattr(os, name) for name in calls}

    def wrap(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            hook(name, args)
            return originals[name](*args, **kwargs)

        return call

    for name in calls:
        setattr(os, name, wrap(name))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(os, name, original)


def windows_error(winerror: int, text: str = "…") -> OSError:
    """What Python raises on Windows for an error number of the system (winerror.h)."""
    known = {5: errno.EACCES, 32: errno.EACCES, 33: errno.EACCES, 145: errno.ENOTEMPTY}
    error = OSError(known.get(winerror, errno.EINVAL), text)
    error.winerror = winerror  # type: ignore[attr-defined, unused-ignore]
    return error


class At:
    """A hook that counts steps and does `act` at step number `step`, from 1 on; 0 never."""

    def __init__(self, step: int, act: Hook, *, and_after: bool = False) -> None:
        self.steps = 0
        self._step = step
        self._act = act
        self._and_after = and_after

    def __call__(self, name: str, args: tuple[Any, ...]) -> None:
        self.steps += 1
        if self.steps == self._step or (self._and_after and self._step and self.steps > self._step):
            self._act(name, args)


_write = os.write


def kill(name: str, args: tuple[Any, ...]) -> None:
    """End this process at once; of a write, half of the bytes arrive."""
    if name == "write":
        _write(args[0], bytes(args[1])[: len(args[1]) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


class Unflushed:
    """A hook that knows what a power cut would take now: files and folders changed and not flushed since.

    `lost`: their paths, below `root`. Needs /proc, which tells what a descriptor leads to.
    """

    def __init__(self, root: Path) -> None:
        self.lost: set[Path] = set()
        self._root = root

    def __call__(self, name: str, args: tuple[Any, ...]) -> None:
        first = args[0]
        path = Path(f"/proc/self/fd/{first}").readlink() if isinstance(first, int) else Path(first)
        if name == "fsync":
            self.lost.discard(path)
        elif name in ("write", "ftruncate"):
            self._change(path)
        elif name in ("rename", "replace", "link"):
            self._move(path, Path(args[1]), stays=name == "link")
        elif name in ("unlink", "rmdir"):
            self.lost.discard(path)
            self._change(path.parent)
        elif name == "mkdir" or (name == "open" and args[1] & os.O_CREAT and not path.exists()):
            self._change(path.parent)

    def _change(self, path: Path) -> None:
        if path.is_relative_to(self._root):
            self.lost.add(path)

    def _move(self, path: Path, target: Path, *, stays: bool) -> None:
        if not stays:
            moved = {old for old in self.lost if old.is_relative_to(path)}
            self.lost -= moved
            self.lost |= {target / old.relative_to(path) for old in moved}
            self._change(path.parent)
        self._change(target.parent)


# --- scenarios ------------------------------------------------------------------------------------------

FIRST = [document("clients/a", n=1), document("invoices/1", total=2.5), document("invoices/1/items/0", q=1)]
SECOND = [*FIRST, document("invoices/2", total=1.0)]


def _archive(folder: Path, days: int) -> Archive:
    clock = HandClock()
    clock.moment += timedelta(days=days)
    return Archive(folder / "backups", folder / "state", clock)


def _two_days(folder: Path) -> None:
    _archive(folder, 0).backup(FIRST, run_id="day0")
    _archive(folder, 1).backup(FIRST, run_id="day1")


def _backup_and_delete(folder: Path) -> None:
    """A run that links what did not change, then a retention that deletes the oldest backup."""
    archive = _archive(folder, 2)
    with archive.store.locked() as store:
        run(store, SECOND, run_id="day2")
        store.record("run", "COMPLETE", run_id="day2")
        store.delete(store.backups()[-1])


def _first(folder: Path) -> None:
    _archive(folder, 0).backup(FIRST, run_id="day0")


def _killed_before_publish(folder: Path) -> None:
    def hook(name: str, args: tuple[Any, ...]) -> None:
        if name == "rename" and str(args[0]).endswith("/day2"):
            kill(name, args)

    with watched(hook):
        _backup_and_delete(folder)


def _finished_and_unfinished(folder: Path) -> None:
    """Remains of both kinds, and rubbish in the trash: what a recovery has to do with."""
    _two_days(folder)
    in_child(lambda: _killed_before_publish(folder))
    half = folder / "backups/.facot/staging/half"
    half.mkdir()
    (half / "000001.part").write_bytes(b"[\n{")
    rubbish = folder / "backups/.facot/trash/2024-11-20~00"
    rubbish.mkdir()
    (rubbish / "clients.json").write_bytes(b"[]\n")


def _recover(folder: Path) -> None:
    with _archive(folder, 3).store.locked():
        pass


SCENARIOS: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "first": (lambda folder: None, _first),
    "later": (_two_days, _backup_and_delete),
    "recovery": (_finished_and_unfinished, _recover),
}


# --- running them ---------------------------------------------------------------------------------------


def in_child(work: Callable[[], None]) -> int:
    """Do `work` in a new process; returns how it ended, as `os.waitpid` says it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 (whatever it is, this copy of the process must not go on)
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def _killed_at(folder: Path, work: Callable[[Path], None], step: int) -> None:
    with watched(At(step, kill)):
        work(folder)


def _whole(backup: Backup) -> bool:
    """Whether a folder with a backup's name is one, to the last byte."""
    if backup.metadata is None:
        return False
    inside = {path.name for path in backup.path.iterdir()}
    expected = {"_metadata.json", *(entry.file for entry in backup.metadata.files.values())}
    read = {name: b"".join(backup.blocks(name)) for name in backup.metadata.files}
    sizes = {name: entry.bytes for name, entry in backup.metadata.files.items()}
    documents = [d for name in backup.metadata.files for d in backup.documents(name)]
    return inside == expected and {n: len(b) for n, b in read.items()} == sizes and _known(documents)


def _known(documents: list[Document]) -> bool:
    return documents in (FIRST, SECOND)


def _check_after_kill(folder: Path) -> list[str]:
    """Every name is borne by a whole backup; gives the runs whose remains are finished."""
    archive = _archive(folder, 3)
    if (folder / "backups").exists():
        for backup in archive.store.backups():
            assert _whole(backup), f"{backup.name}: {backup.problem}"
        # The identity comes first: a backup without one would let another source's in.
        assert archive.store.repository() is not None or not archive.store.backups()
    staging = folder / "backups/.facot/staging"
    folders = sorted(staging.iterdir()) if staging.exists() else []
    return [path.name for path in folders if finished(path) is not None]


def _check_recovery(folder: Path, ready: list[str]) -> Counter[str]:
    """The next run publishes what was finished, removes the rest, and goes on as ever."""
    archive = _archive(folder, 3)
    staging = folder / "backups/.facot/staging"
    remains = {path.name for path in staging.iterdir()} if staging.exists() else set()
    before = {str(backup.name) for backup in archive.store.backups()}
    with archive.store.locked() as store:
        found = Counter(published=len(store.recovered), interrupted=len(store.interrupted))
        assert [b.proven().run_id for b in store.recovered] == ready
        assert set(store.interrupted) == remains - set(ready)
        assert {str(backup.name) for backup in store.backups()} >= before
        new = run(store, SECOND, run_id="day3")
        assert str(new.name) == "2024-11-30"
    assert not list(staging.iterdir()) and not list((folder / "backups/.facot/trash").iterdir())
    assert all(_whole(backup) for backup in archive.store.backups())
    entries = archive.store.ledger.entries()
    assert {e.details["run_id"] for e in entries if e.outcome == INTERRUPTED} >= remains - set(ready)
    temporaries = [*folder.rglob(".tmp-*")]
    assert not temporaries, temporaries
    assert not [text for text in archive.warnings if "disco que el sistema" not in text], archive.warnings
    return found


def play(scenario: str, folder: Path) -> dict[str, int]:
    """Kill the scenario at each of its steps; returns how often each outcome was met. Raises on a fault."""
    prepare, work = SCENARIOS[scenario]
    summary: Counter[str] = Counter()
    template = folder / "template"
    template.mkdir(parents=True)
    prepare(template)
    step = 0
    while True:
        step += 1
        place = folder / "place"
        # Links between backups must be links in the copy too: cp knows how.
        assert os.spawnlp(os.P_WAIT, "cp", "cp", "-a", str(template), str(place)) == 0
        ended = in_child(lambda at=step, where=place: _killed_at(where, work, at))  # type: ignore[misc]
        if ended == 0:
            break
        assert os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL, f"step {step}: ended {ended}"
        summary["kills"] += 1
        try:
            summary += _check_recovery(place, _check_after_kill(place))
        except BaseException as error:
            error.add_note(f"scenario {scenario}, killed at step {step}")
            raise
        shutil.rmtree(place)
    return dict(summary)


if __name__ == "__main__":
    print(json.dumps(play(sys.argv[1], Path(sys.argv[2]))))
