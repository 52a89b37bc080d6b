"""The lock of a backup folder: one run at a time, on this computer and on every other that reaches it.

On one computer the operating system's lock on the file `lock` decides; it ends with its process. Between
computers such a lock may not hold (network drives), so `owner.json` says who, and its heartbeat that the
owner lives. The lock file stays, empty: removing it would let two runs lock two files of the same name.

A disk with no room for `owner.json` can be locked all the same, for what frees space needs none. Another
computer that notes itself meanwhile takes the lock from us, as one does that found us silent.
"""

from __future__ import annotations

import errno
import os
import platform
import secrets
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias

from facot_backups import atomic
from facot_backups.archive.layout import LOCK_FILE, OWNER_FILE
from facot_backups.archive.owner import Owner, host_id, parse_owner, process_start
from facot_backups.atomic import Patience
from facot_backups.clock import Clock
from facot_backups.errors import FacotBackupsError, Interrupted, LockHeld
from facot_backups.events import Emit, Warned
from facot_backups.state import SeenOwner, State
from facot_backups.text import one_line

HEARTBEAT_SECONDS = 30.0
# Without a heartbeat for so long, seen by two tries, the owner on another computer is given up for dead.
SILENCE = timedelta(minutes=10)
_MAX_OWNER_BYTES = 2**16
# Seconds between the looks at an `owner.json` that is not there, or cannot be read.
_PAUSES = (0.2, 1.0, 3.0)

_Standing: TypeAlias = Literal["ours", "lost", "unsure"]


class FolderLock:
    """The lock of the backup folder `root`, whose `.facot` is `folder`; a context manager.

    A second one is refused even in the same process. Entering raises LockHeld at once if somebody else
    holds it, BackupDirUnusable if the folder cannot be used. A daemon thread writes the heartbeat and ends
    with the lock. What goes wrong when it is let go is a Warned for `emit`: the work is done by then.
    """

    def __init__(
        self,
        root: Path,
        folder: Path,
        state: State,
        clock: Clock,
        emit: Emit,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._root = root
        self._folder = folder
        self._state = state
        self._clock = clock
        self._emit = emit
        self._patience = Patience(clock)
        self._seconds = heartbeat_seconds
        from filelock import FileLock  # what only reads takes no lock

        self._system = FileLock(
            folder / LOCK_FILE, timeout=0, mode=atomic.PRIVATE_MODE, is_singleton=False, thread_local=False
        )
        self._owner: Owner | None = None
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._noted = False
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
                self._let_go()
        except FacotBackupsError as fault:
            if error is None:
                self._emit(
                    Warned(
                        f"Al terminar no se pudo quitar {self._folder / OWNER_FILE}; lo hecho no cambia, y "
                        f"la próxima ejecución lo quitará. {one_line(fault)}"
                    )
                )
            else:
                error.add_note(str(fault))

    def _let_go(self) -> None:
        try:
            present = self._read_owner()
            if present is not None and self._owner is not None and present.token == self._owner.token:
                atomic.remove_file(self._folder / OWNER_FILE, self._patience)
        finally:
            self._owner = None
            self._system.release()

    def still_ours(self, *, needs_room: bool = False) -> None:
        """Check, before anything that cannot be undone, that nobody took the lock from us.

        That happens to a computer that slept for over ten minutes. A note or a heartbeat that could not be
        written is written now; a disk without room for it is an error with `needs_room` alone. Raises
        LockHeld, NoSpace, BackupDirUnusable.
        """
        with atomic.explained(self._root):
            if self._is_lost_for_good():
                self._folder.stat()  # gone with its disk, it is held by nobody
                raise self._held()
            if self._noted and not self._beat_failed:
                return
            try:
                self._beat()
            except OSError as error:
                if needs_room or not atomic.is_full(error):
                    raise

    def _is_lost_for_good(self) -> bool:
        """Whether the lock is not ours. A file that one look does not find, or not whole, may be there.

        Raises OSError for a fault that lasts.
        """
        for pause in _PAUSES:
            with suppress(OSError):
                standing = self._look()
                if standing != "unsure":
                    return standing == "lost"
            self._clock.sleep(pause)
        return self._look() != "ours"

    def _look(self) -> _Standing:
        """Whose the lock is by what `owner.json` says now."""
        with self._writing:  # no look while our own heartbeat replaces it
            present = self._read_owner()
        if self._owner is None:
            return "lost"
        if present is None:
            return "unsure" if self._noted else "ours"
        if present.token == self._owner.token:
            return "ours"
        return "lost" if present.host else "unsure"

    def _take_system_lock(self) -> None:
        path = self._folder / LOCK_FILE
        if atomic.is_link(path):
            raise OSError(errno.ELOOP, "es un enlace", str(path))
        from filelock import Timeout

        try:
            self._system.acquire()
        except Timeout:
            raise self._held() from None

    def _take_over(self) -> None:
        present = self._read_owner()
        if present is not None and not self._is_over(present):
            raise present.held(self._clock.zone())
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
        try:
            self._write_owner()
        except OSError as error:
            if not atomic.is_full(error):
                raise
            if present is not None:  # it holds nothing, and its room may do for ours
                atomic.remove_file(self._folder / OWNER_FILE, self._patience)

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

    def _held(self) -> LockHeld:
        present = self._read_owner()
        return LockHeld() if present is None else present.held(self._clock.zone())

    def _read_owner(self) -> Owner | None:
        """Who stands in `owner.json`, or None if nobody."""
        try:
            return atomic.patiently(lambda: _owner_in(self._folder), self._patience)
        except FileNotFoundError:
            return None

    def _write_owner(self) -> None:
        assert self._owner is not None
        path, data = self._folder / OWNER_FILE, self._owner.to_bytes()
        atomic.write_file(path, data, atomic.PRIVATE_MODE, self._patience)
        self._noted = True

    def _keep_beating(self) -> None:
        """The heartbeat's thread. A fault is tried again, and told by `still_ours` if it lasts until then."""
        while not self._stop.wait(self._seconds):
            try:
                standing = self._look()
                if standing == "lost":
                    return
                if standing == "ours":
                    self._beat()
            except (OSError, Interrupted):
                self._beat_failed = True

    def _beat(self) -> None:
        with self._writing:
            assert self._owner is not None
            self._owner = replace(self._owner, heartbeat=self._clock.now(), beats=self._owner.beats + 1)
            self._write_owner()
            self._beat_failed = False


def is_held(root: Path, folder: Path, state: State, clock: Clock) -> bool:
    """Whether somebody seems to be at work in the backup folder `root`, whose `.facot` is `folder`.

    A look without the lock, for what is only shown: an owner elsewhere counts for as long as it beats, by
    the local clock.
    """
    try:
        present = _owner_in(folder)
    except OSError:
        return False
    if present.is_here(state.taken_lock(root)):
        return present.is_alive()
    return abs(clock.now() - present.heartbeat) < SILENCE


def _owner_in(folder: Path) -> Owner:
    """The owner that stands there; what is far too large for one is nobody that we know. Raises OSError."""
    try:
        return parse_owner(atomic.read_file(folder / OWNER_FILE, _MAX_OWNER_BYTES))
    except atomic.TooLarge as error:
        return parse_owner(str(error).encode())
