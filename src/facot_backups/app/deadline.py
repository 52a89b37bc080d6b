"""Work that may hang, bounded in time: a server that drips outlives every timeout of a read."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_lock = threading.Lock()
# What was given up and still hangs, by what it was for: at most one thread each.
_hanging: dict[str, threading.Thread] = {}


# One that was given up, and whose connection was closed, ends in an instant.
_INSTANT = 0.5


class Undelivered(Exception):
    """Something did not arrive. `str` says why, in Spanish, without a secret.

    `status` is the HTTP status that refused it, where there is one.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class TooLate(Exception):
    """The work was given up: its thread ends as soon as it does anything but wait."""


def within(seconds: float, subject: str, work: Callable[[], Result]) -> Result:
    """What `work` returns or raises, if it ends in that time.

    It runs on a thread of its own. Raises TooLate if it does not end, and at once while the last work of
    the same `subject` still hangs.
    """
    ended: list[Result] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            ended.append(work())
        except _GivenUp:
            pass
        except Exception as error:  # noqa: BLE001 - raised again below, on the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, name="facot-backups-notify", daemon=True)
    with _lock:
        before = _hanging.get(subject)
        if before is not None:
            before.join(_INSTANT)
            if before.is_alive():
                raise TooLate
        _hanging[subject] = thread
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        _end(thread)
        raise TooLate
    if failed:
        raise failed[0]
    return ended[0]


class _GivenUp(SystemExit):
    """Nobody waits for this thread any more."""


def _end(thread: threading.Thread) -> None:
    """Raise _GivenUp in the thread: an answer without an end would fill the memory of the program.

    It is seen between two steps of Python; a call that waits for the system must return first.
    """
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(_GivenUp))
