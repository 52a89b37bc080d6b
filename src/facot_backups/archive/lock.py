"""The lock of a backup folder: one run at a time, on this computer and on every other that reaches it.

On one computer the operating system's lock on the file `lock` decides; it ends with its process. Between
computers such a lock may not hold (network drives), so `owner.json` says who, and its heartbeat that the
owner lives. The lock file stays, empty: removing it would let two runs lock two files of the same name.
"""

from __future__ import annotations

import errno
import os
import platform
import secrets
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from facot_backups import atomic
from facot_backups.archive.layout import LOCK_FILE, OWNER_FILE
from facot_backups.archive.owner import Owner, host_id, parse_owner, process_start
from facot_backups.clock import Clock
from facot_backups.errors import BackupDirUnusable, LockHeld
from facot_backups.state import SeenOwner, State

HEARTBEAT_SECONDS = 30.0
# Without a heartbeat for so long, seen by two tries, the owner on another computer is given up for dead.
SILENCE = timedelta(minutes=10)


class FolderLock:
    """The lock of the backup folder `root`, whose `.facot` is `folder`; a context manager.

    A second one is refused even in the same process. Entering raises LockHeld at once if somebody else
    holds it, BackupDirUnusable or NoSpace if the folder cannot be used. A daemon thread writes the
    heartbeat and ends with the lock.
    """

    def __init__(
        self,
        root: Path,
        folder: Path,
        state: State,
        clock: Clock,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._root = root
        self._folder = folder
        self._state = state
        self._clock = clock
        self._seconds = heartbeat_seconds
        self._system = FileLock(
            folder / LOCK_FILE, timeout=0, mode=atomic.PRIVATE_MODE, is_singleton=False, thread_local=False
        )
        self._owner: Owner | None = None
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._beat_failed = False

    def __enter__(self) -> FolderLock:
        with atomic.explained(self._root):
            self._take_system_lock()
            try:
                self._take_over()
            except BaseException:
                self._system.release()
                raise
        self._thread = threading.Thread(
            target=self._keep_beating, name="facot-backups-heartbeat", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go. What cannot be removed any more (the disk is gone) is left: a dead owner holds nothing."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        try:
            with atomic.explained(self._root):
                if self._is_ours():
                    (self._folder / OWNER_FILE).unlink()
        except (BackupDirUnusable, OSError) as fault:
            if error is None:
                raise
            error.add_note(str(fault))
        finally:
            self._owner = None
            self._system.release()

    def still_ours(self) -> None:
        """Check, before anything that cannot be undone, that nobody took the lock from us.

        That happens to a computer that slept for over ten minutes. A heartbeat that could not be written is
        written now. Raises LockHeld, NoSpace, BackupDirUnusable.
        """
        with atomic.explained(self._root):
            if not self._is_ours():
                self._folder.stat()  # gone with its disk, it is held by nobody
                raise LockHeld(self._holder())
            if self._beat_failed:
                self._beat()

    def _is_ours(self) -> bool:
        present = self._read_owner()
        return self._owner is not None and present is not None and present.token == self._owner.token

    def _take_system_lock(self) -> None:
        path = self._folder / LOCK_FILE
        if atomic.is_link(path):
            raise OSError(errno.ELOOP, "es un enlace", str(path))
        try:
            self._system.acquire()
        except Timeout:
            raise LockHeld(self._holder()) from None

    def _take_over(self) -> None:
        present = self._read_owner()
        if present is not None and not self._is_over(present):
            raise LockHeld(present.describe(self._clock.zone()))
        now = self._clock.now()
        self._owner = Owner(
            host=host_id(),
            host_name=platform.node(),
            pid=os.getpid(),
            process_start=process_start(os.getpid()),
            since=now,
            token=secrets.token_hex(16),
            heartbeat=now,
        )
        # Noted first: an owner that this computer does not know for its own is waited for.
        self._state.remember_lock(self._root, self._owner.token)
        atomic.write_file(self._folder / OWNER_FILE, self._owner.to_bytes())

    def _is_over(self, present: Owner) -> bool:
        """Whether `present` holds nothing any more, now that the system's lock is ours."""
        noted = self._state.taken_lock(self._root)
        if present.is_here(noted) and (present.pid == os.getpid() or not present.is_alive()):
            return True
        seen = self._state.seen_owner(self._root)
        now = self._clock.now()
        if seen is None or seen.mark != present.mark or seen.first_seen > now:
            self._state.remember_owner(self._root, SeenOwner(present.mark, now))
            return False
        return now - seen.first_seen >= SILENCE

    def _holder(self) -> str:
        present = self._read_owner()
        if present is None:
            return "un proceso que aún no dice cuál es"
        return present.describe(self._clock.zone())

    def _read_owner(self) -> Owner | None:
        """Who stands in `owner.json`, or None if nobody."""
        try:
            return parse_owner(atomic.read_file(self._folder / OWNER_FILE))
        except FileNotFoundError:
            return None

    def _keep_beating(self) -> None:
        """The heartbeat's thread. A fault is tried again, and told by `still_ours` if it lasts until then."""
        while not self._stop.wait(self._seconds):
            try:
                if not self._is_ours():
                    return
                self._beat()
            except OSError:
                self._beat_failed = True

    def _beat(self) -> None:
        with self._writing:
            assert self._owner is not None
            self._owner = replace(self._owner, heartbeat=self._clock.now(), beats=self._owner.beats + 1)
            atomic.write_file(self._folder / OWNER_FILE, self._owner.to_bytes())
            self._beat_failed = False


def is_held(root: Path, folder: Path, state: State, clock: Clock) -> bool:
    """Whether somebody seems to be at work in the backup folder `root`, whose `.facot` is `folder`.

    A look without the lock, for what is only shown: an owner elsewhere counts for as long as it beats, by
    the local clock.
    """
    try:
        present = parse_owner(atomic.read_file(folder / OWNER_FILE))
    except OSError:
        return False
    if present.is_here(state.taken_lock(root)):
        return present.is_alive()
    return abs(clock.now() - present.heartbeat) < SILENCE
