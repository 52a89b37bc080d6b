"""How fast production is written to."""

from __future__ import annotations

from facot_backups.clock import Clock


class Ramp:
    """How fast production may be written to: 500 writes a second, half as many more every 5 minutes.

    Google documents it as the "500/50/5" rule. Seconds are those of `clock`.
    """

    FIRST_RATE = 500.0
    GROWTH = 1.5
    STEP_SECONDS = 300.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._next = clock.monotonic()

    def wait(self, writes: int) -> None:
        """Sleep until so many writes more may be sent."""
        now = self._clock.monotonic()
        if now < self._next:
            self._clock.sleep(self._next - now)
        start = max(now, self._next)
        rate = self.FIRST_RATE * self.GROWTH ** int((start - self._began) // self.STEP_SECONDS)
        self._next = start + writes / rate
