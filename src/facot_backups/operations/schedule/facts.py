"""The facts of a decision whether the scheduled backup is due, from the folder and the state. Offline."""

from __future__ import annotations

from datetime import time

from facot_backups.archive.store import Store
from facot_backups.errors import BackupDirUnusable
from facot_backups.model import Scope
from facot_backups.operations.runs import join
from facot_backups.operations.schedule.due import Facts

# The runs of the ledger that can matter to a decision: days of one every hour.
RECENT_RUNS = 200


def facts_of(store: Store, hour: time, scope: Scope) -> Facts:
    """What a decision is made from, as it is now. Takes no lock, needs no network.

    Raises nothing for a backup folder that is gone or cannot be read: then only what the state folder
    remembers is in it.
    """
    remembered = store.state.tries(store.root)
    try:
        repository = store.repository()
        backups = store.backups()
        entries = [entry for entry in store.ledger.entries() if entry.kind == "run"][-RECENT_RUNS:]
    except BackupDirUnusable:
        repository, backups, entries = None, None, []
    return Facts(
        backups=backups,
        tries=join(remembered, entries),
        now=store.clock.now(),
        zone=store.clock.zone(),
        hour=hour,
        source=repository.source if repository is not None else None,
        scope=scope,
    )
