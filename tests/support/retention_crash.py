"""`python -m tests.support.retention_crash FOLDER`: a cleanup killed at each of its steps.

After each kill every folder with a backup's name is a whole, sound backup, none that was to stay is gone,
and the next cleanup ends as one that was never killed. Prints how many kills there were.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path

from facot_backups.model import EVERYTHING
from facot_backups.operations.retention.cleanup import clean_up
from facot_backups.operations.retention.plan import Policy
from facot_backups.operations.verification.verify import verify
from tests.support.archives import NOON, Archive, HandClock, document
from tests.support.crash import At, kill, watched

POLICY = Policy(retention_days=2, keep_last=2)
DOCUMENTS = [
    document("clients/a", n=1),
    document("invoices/1", total=2.5),
    document("invoices/1/items/0", q=1),
]
DAYS = 4


def archive(folder: Path, day: int) -> Archive:
    """The folder as it is opened on that day."""
    return Archive(folder / "backups", folder / "state", HandClock(NOON + timedelta(days=day)))


def prepare(folder: Path) -> None:
    """A backup a day; what does not change is linked, so most files have several names."""
    for day in range(DAYS):
        changed = document("sequences/1", current=day)
        archive(folder, day).backup([*DOCUMENTS, changed])


def cleanup(folder: Path) -> None:
    """The work that is killed."""
    result = clean_up(archive(folder, DAYS).store, POLICY, EVERYTHING)
    assert not result.alarms and not result.errors, result


def _killed_at(folder: Path, step: int) -> bool:
    """Whether the cleanup was killed at `step`; False if it ended before."""
    child = os.fork()
    if child == 0:
        try:
            with watched(At(step, kill)):
                cleanup(folder)
        except BaseException:  # noqa: BLE001 (whatever it is, this copy of the process must not go on)
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    ended = os.waitpid(child, 0)[1]
    if ended == 0:
        return False
    assert os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL, f"step {step}: ended {ended}"
    return True


def _check(folder: Path, stay: set[str]) -> None:
    found = archive(folder, DAYS).store.backups()
    assert {str(backup.name) for backup in found} >= stay
    for backup in found:
        assert verify(backup).sound, backup.name
    cleanup(folder)
    found = archive(folder, DAYS).store.backups()
    assert {str(backup.name) for backup in found} == stay
    assert all(verify(backup).sound for backup in found)
    assert not list((folder / "backups/.facot/trash").iterdir())


def main(folder: Path) -> int:
    """Kill the cleanup at each step; returns how many there were. Raises AssertionError."""
    template, place = folder / "template", folder / "place"
    template.mkdir(parents=True)
    prepare(template)
    stay = {(NOON + timedelta(days=day)).date().isoformat() for day in range(DAYS - 2, DAYS)}
    step = 0
    while True:
        step += 1
        assert os.spawnlp(os.P_WAIT, "cp", "cp", "-a", str(template), str(place)) == 0
        try:
            killed = _killed_at(place, step)
            _check(place, stay)
        except BaseException as error:
            error.add_note(f"killed at step {step}")
            raise
        shutil.rmtree(place)
        if not killed:
            return step - 1


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
