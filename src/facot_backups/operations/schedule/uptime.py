"""Since when the computer has been awake, as far as what makes the daily backup can tell.

Its ticks leave a note in the state folder. A long silence between two of them means that the computer slept
or was off: health then waits for the first try before it calls the last backup old.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from facot_backups.archive.store import Store
from facot_backups.clock import from_iso_utc, iso_utc

# The thread ticks every minute, the system's timer every 15; a longer silence is a sleep.
SILENCE = timedelta(minutes=40)
# A note is not written again before.
_STEP = timedelta(minutes=5)
_TICKS, _FIRST_LOOK = "ticks", "first-look"


def tick(store: Store) -> None:
    """Note that the program that makes the daily backup of `store` is alive.

    Nothing is noted of a folder from which nothing was published yet.
    """
    if store.state.known(store.root) is None:
        return
    now = store.clock.now()
    found = _pair(store, _TICKS)
    if found is None or not timedelta() <= now - found[1] < SILENCE:
        _note(store, _TICKS, now, now)
    elif now - found[1] >= _STEP:
        _note(store, _TICKS, found[0], now)


def since(store: Store) -> datetime | None:
    """Since when the computer is awake (UTC); None where nothing here makes the daily backup.

    Who looks after a sleep may come before the first tick: the first such look is noted as the awakening.
    """
    ticks = _pair(store, _TICKS)
    if ticks is None:
        return None
    now = store.clock.now()
    if timedelta() <= now - ticks[1] < SILENCE:
        return ticks[0]
    look = _pair(store, _FIRST_LOOK)
    if look is None or look[0] != ticks[1] or look[1] > now:
        _note(store, _FIRST_LOOK, ticks[1], now)
        return now
    return look[1]


def _pair(store: Store, subject: str) -> tuple[datetime, datetime] | None:
    try:
        first, second = json.loads(store.state.alert(store.root, subject) or "")
        return from_iso_utc(first), from_iso_utc(second)
    except (ValueError, TypeError):
        return None


def _note(store: Store, subject: str, first: datetime, second: datetime) -> None:
    store.state.set_alert(store.root, subject, json.dumps([iso_utc(first), iso_utc(second)]))
