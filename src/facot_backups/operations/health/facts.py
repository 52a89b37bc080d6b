"""The facts of a judgement of health, from the folder, the state and the disk. Offline, without a lock."""

from __future__ import annotations

from contextlib import suppress
from datetime import time, timedelta

from facot_backups.archive.layout import STATE_DIR
from facot_backups.archive.lock import is_held
from facot_backups.archive.reader import size_on_disk
from facot_backups.archive.repository import location_warnings
from facot_backups.archive.space import free_bytes
from facot_backups.archive.store import Store
from facot_backups.errors import BackupDirUnusable, BackupUnreadable, FacotBackupsError
from facot_backups.model import Scope
from facot_backups.operations.drill.record import is_open
from facot_backups.operations.health.basis import Disk, HealthFacts
from facot_backups.operations.schedule import uptime
from facot_backups.operations.schedule.due import Facts
from facot_backups.operations.schedule.facts import facts_of


def read_health_facts(
    store: Store, hour: time, scope: Scope, *, drop_percent: int, drill_every: timedelta
) -> HealthFacts:
    """The facts as they are now. `hour`, `scope`, `drop_percent`, `drill_every`: the settings' values.

    A folder that is gone or cannot be read is one of the facts. Writes nothing but, after a sleep, a note in
    the state folder (`awake`).
    """
    facts = facts_of(store, hour, scope)
    entries = []
    cut: list[str] = []
    problem: FacotBackupsError | None = None
    drilling = False
    try:
        store.repository()
        entries = store.ledger.entries()
        cut = store.cut_restores()
        if is_open(entries):
            drilling = is_held(store.root, store.root / STATE_DIR, store.state, store.clock)
            if not drilling:  # it may have ended just now
                entries = store.ledger.entries()
    except BackupDirUnusable as error:
        problem = error
    if facts.backups is None and problem is None:
        problem = BackupUnreadable("backups_unread", folder=store.root)
    return HealthFacts(
        schedule=facts,
        entries=entries,
        disk=Disk(problem=problem) if problem is not None else _disk(store, facts),
        drop_percent=drop_percent,
        drill_every=drill_every,
        awake_since=uptime.since(store),
        cut_restores=cut,
        drilling=drilling,
        spoilt_journals=store.spoilt_journals(facts.backups or ()) if problem is None else (),
    )


def _disk(store: Store, facts: Facts) -> Disk:
    free = used = None
    warnings: dict[str, str] = {}
    with suppress(OSError):
        free = free_bytes(store.root)
    with suppress(OSError):
        used = size_on_disk(facts.backups or ())
    with suppress(OSError):
        warnings = location_warnings(store.root)
    return Disk(
        free_bytes=free,
        used_bytes=used,
        same_disk="system-disk" in warnings,
        synchronised="synchronised" in warnings,
    )
