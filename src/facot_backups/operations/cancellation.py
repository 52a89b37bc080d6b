"""Stopping a run from another thread, within seconds, so that it leaves nothing half done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo

from facot_backups.clock import Clock
from facot_backups.errors import Interrupted
from facot_backups.events import Emit, Event


class Stop:
    """A wish to stop, which any thread may utter. It lasts.

    Work asks `requested` or calls `check` where it can end; what waits on the network is woken by closing
    the connection under it (`closing`).
    """

    def __init__(self) -> None:
        self._wish = threading.Event()
        self._lock = threading.Lock()
        self._closers: list[Callable[[], None]] = []

    @property
    def requested(self) -> bool:
        """Whether somebody wants the work to stop."""
        return self._wish.is_set()

    def request(self) -> None:
        """Ask the work to stop; again is harmless."""
        self._wish.set()
        with self._lock:
            closers = list(self._closers)
        for close in closers:
            close()

    def check(self) -> None:
        """Raises Interrupted if the work is to stop."""
        if self._wish.is_set():
            raise Interrupted

    def wait(self, seconds: float) -> bool:
        """Wait that long, or until the work is to stop; whether it is."""
        return self._wish.wait(seconds)

    @contextmanager
    def closing(self, close: Callable[[], None]) -> Iterator[None]:
        """While the block runs, `request` calls `close`, which wakes what waits inside.

        An error that follows from that is raised as Interrupted.
        """
        with self._lock:
            self._closers.append(close)
        try:
            self.check()
            yield
        except Interrupted:
            raise
        except Exception as error:
            if self.requested:
                raise Interrupted from error
            raise
        finally:
            with self._lock:
                self._closers.remove(close)

    def emit(self, emit: Emit) -> Emit:
        """`emit`, but it raises Interrupted once the work is to stop."""

        def tell(event: Event) -> None:
            self.check()
            emit(event)

        return tell


class StoppableClock:
    """Another clock whose `sleep` ends, with Interrupted, when the work is to stop."""

    def __init__(self, clock: Clock, stop: Stop) -> None:
        self._clock = clock
        self._stop = stop

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds that never go back, for durations."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that long. Raises Interrupted."""
        if self._stop.wait(seconds):
            raise Interrupted

    def zone(self) -> tzinfo:
        """The zone in which the user's days begin and end."""
        return self._clock.zone()
