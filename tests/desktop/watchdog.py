"""The worst time for which the GUI thread did not come back to its event loop."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qtpy.QtCore import QObject, Qt, QTimer

_TICK_MS = 5
# What a person begins to feel.
LIMIT_MS = 100

# By what was done meanwhile, in milliseconds; the summary of the run shows them.
gaps: dict[str, float] = {}


class Watchdog(QObject):
    """Measures from one tick of a timer to the next. What the system let others run meanwhile is left out."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._last = (0.0, 0.0)
        self.worst = 0.0
        self.ticks = 0

    @contextmanager
    def watching(self, what: str) -> Iterator[None]:
        """Measure while the block runs; it must let the event loop run (`qtbot.waitUntil`)."""
        self.worst, self.ticks, self._last = 0.0, 0, _now()
        self._timer.start()
        try:
            yield
            assert self.ticks, "the event loop never ran"
        finally:
            self._timer.stop()
            gaps[what] = max(gaps.get(what, 0.0), self.worst * 1000)

    def within_limit(
        self, what: str, act: Callable[[], None], tries: int = 3, before: Callable[[], object] = list
    ) -> None:
        """Measure while `act` runs; AssertionError if the GUI thread waited longer than `LIMIT_MS`.

        `before` makes ready for each try, unmeasured.
        What a busy machine does to Python's own lock is not the panel's: so the best of a few tries counts.
        Nor is what the tests have in memory: a collection of all of it, on any thread, takes up to 100 ms.
        """
        found = []
        for _ in range(tries):
            before()
            with _frozen(), self.watching(what):
                act()
            found.append(self.worst * 1000)
            if found[-1] <= LIMIT_MS:
                break
        gaps[what] = min(found)
        assert gaps[what] <= LIMIT_MS, f"{what}: {', '.join(f'{gap:.0f}' for gap in found)} ms"

    def _tick(self) -> None:
        now = _now()
        passed, waited = now[0] - self._last[0], now[1] - self._last[1]
        self.worst = max(self.worst, passed - waited - _TICK_MS / 1000)
        self._last = now
        self.ticks += 1


@contextmanager
def _frozen() -> Iterator[None]:
    """Keep what there is now from the garbage collector while the block runs."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _now() -> tuple[float, float]:
    """The time, and how long this thread was ready in all while the system ran others (Linux)."""
    try:
        line = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text()
        waited = int(line.split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        waited = 0.0
    return time.perf_counter(), waited
