"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

# Far longer than anything takes, also on a busy computer (seconds).
PATIENCE = 60


def wait_until(true: Callable[[], object]) -> None:
    """Return once it is true. Fails after `PATIENCE`."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
