"""A program that ends while a daemon thread of its own still tells people: its end waits, bounded in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# From the end of the main thread: enough for the deadlines of a heartbeat and of a message.
SECONDS = 30.0
_POLL_SECONDS = 0.2


@contextmanager
def linger() -> Iterator[None]:
    """Until the block ends, the interpreter does not end, or at most `SECONDS` after the main thread did.

    A thread that is no daemon is waited for anyway: then nothing is added.
    """
    if not threading.current_thread().daemon:
        yield
        return
    # Apprise imports it, which nobody can for the first time once the main thread has ended.
    import concurrent.futures.thread  # noqa: F401

    done = threading.Event()
    # The interpreter waits for this one, and lets others begin while it lives.
    threading.Thread(target=_wait, args=(done,), name="facot-backups-linger", daemon=False).start()
    try:
        yield
    finally:
        done.set()


def _wait(done: threading.Event) -> None:
    while not done.wait(_POLL_SECONDS):
        if not threading.main_thread().is_alive():
            done.wait(SECONDS)
            return
