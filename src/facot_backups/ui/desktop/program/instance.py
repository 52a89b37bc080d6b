"""One panel for each user and backup folder: the second one that starts has the first come to the front.

A lock of the system's, which is free as soon as its owner is gone, says who is the first; a small file beside
it, in the state folder, is the wish to see it. No Qt and no socket here.
"""

from __future__ import annotations

import hashlib
import logging
import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from facot_backups import atomic
from facot_backups.clock import Clock, SystemClock

# How long the first one may take to answer; it may be ending, and then its place is free within this time.
PATIENCE_SECONDS = 15.0
_STEP_SECONDS = 0.1
_log = logging.getLogger("facot_backups.desktop")


class Instance:
    """The place of the panel of `backup_dir` (None: of settings that nobody can read) in a state folder.

    Where the state folder cannot be written every panel is the first: that must not keep anybody from
    looking. Nothing is written before `begin`.
    """

    def __init__(self, folder: Path, backup_dir: Path | None, clock: Clock | None = None) -> None:
        self._state, self._key = folder, _key(backup_dir)
        self._folder = folder / "panel"
        self._wish = self._folder / f"{self._key}.show"
        self._lock = FileLock(
            self._folder / f"{self._key}.lock", 0, atomic.PRIVATE_MODE, is_singleton=False, thread_local=False
        )
        self._clock = clock or SystemClock()

    def begin(self) -> bool:
        """Take the place; whether it was free. `end` gives it back, and so does the end of the process."""
        try:
            atomic.make_folder(self._folder)
            self._lock.acquire()
        except Timeout:
            return False
        except OSError as error:
            _log.warning("otro panel podría estar abierto: %s", error)
        else:
            self._wish.unlink(missing_ok=True)
        return True

    def begin_or_call(self) -> bool | None:
        """Take the place, or have its owner come to the front.

        True: it is ours. False: the owner has come. None: it did not answer in time.
        """
        end = self._clock.monotonic() + PATIENCE_SECONDS
        asked = False
        while not self.begin():
            if asked and not self._wish.exists():
                return False
            if not asked:
                with suppress(OSError):
                    atomic.write_file(self._wish, b"")
                    asked = True
            if self._clock.monotonic() > end:
                self._wish.unlink(missing_ok=True)
                return None
            self._clock.sleep(_STEP_SECONDS)
        return True

    def move(self, backup_dir: Path) -> bool:
        """Hold the place of the panel of `backup_dir` instead; whether it is held now.

        False, and nothing changes, where another panel holds it.
        """
        other = Instance(self._state, backup_dir, self._clock)
        if other._key == self._key:
            return True
        if not other.begin():
            return False
        self.end()
        self._key, self._wish, self._lock = other._key, other._wish, other._lock
        return True

    def called(self) -> bool:
        """Whether another one wishes to see the panel; it is told that it was heard."""
        try:
            self._wish.unlink()
        except OSError:
            return False
        return True

    def end(self) -> None:
        """Give the place back. Again is harmless."""
        self._lock.release()


def _key(backup_dir: Path | None) -> str:
    name = "" if backup_dir is None else os.path.normcase(os.path.realpath(backup_dir))
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
