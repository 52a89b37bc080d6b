"""The tries of a folder: what the state folder and the ledger remember of them, joined.

Pure, but for `reads_today`.

The state folder knows of tries while the backup disk is unplugged or full; the ledger travels with the
backups and knows them on another computer. Each may lack what the other has.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo

from facot_backups.archive.ledger import COMPLETE, INTERRUPTED, LedgerEntry
from facot_backups.archive.metadata import Trigger
from facot_backups.archive.store import Store
from facot_backups.clock import from_iso_utc, in_zone
from facot_backups.model import Json
from facot_backups.state import Try

# Those of a try to make a backup; others (a preview, a live comparison) are noted for their reads alone.
BACKUP_TRIGGERS = frozenset({"scheduled", "manual", "api"})
SCHEDULED: Trigger = "scheduled"
_STAMP = "%Y%m%dT%H%M%SZ"


def new_id(begun: datetime) -> str:
    """An id for what begins at `begun` (UTC), which nothing else has."""
    return f"{begun:{_STAMP}}-{secrets.token_hex(4)}"


def join(remembered: Iterable[Try], entries: Iterable[LedgerEntry]) -> list[Try]:
    """All tries to make a backup, oldest first.

    `remembered` is the state folder's, `entries` the ledger's. What both know is one try, by its run id.
    A run of which only the remains were found is INTERRUPTED and has no `ended_at`.
    """
    tries = (attempt for attempt in _joined(remembered, entries) if attempt.trigger in BACKUP_TRIGGERS)
    return sorted(tries, key=lambda attempt: (attempt.started_at, attempt.run_id))


def reads_today(store: Store) -> int:
    """The reads of all that began on the present local date, failed tries and what is no backup too.

    What the state folder remembers and what the ledger says: each may have forgotten. Raises
    BackupDirUnusable.
    """
    zone = store.clock.zone()
    today = in_zone(store.clock.now(), zone).date()
    tries = _joined(store.state.tries(store.root), store.ledger.entries())
    return sum(attempt.reads for attempt in on(tries, today, zone))


def _joined(remembered: Iterable[Try], entries: Iterable[LedgerEntry]) -> Iterable[Try]:
    """What the state folder and the ledger know, one try for each run."""
    found = {attempt.run_id: attempt for attempt in remembered}
    for entry in entries:
        attempt = _of(entry)
        if attempt is not None:
            present = found.get(attempt.run_id)
            found[attempt.run_id] = attempt if present is None else _both(present, attempt)
    return found.values()


def _both(remembered: Try, recorded: Try) -> Try:
    """One try as both know it: what only one of them says, and the higher cost. They agree on how it went."""
    return replace(
        remembered,
        reads=max(remembered.reads, recorded.reads),
        outcome=remembered.outcome or recorded.outcome,
        ended_at=remembered.ended_at or recorded.ended_at,
        error=remembered.error or recorded.error,
    )


def _of(entry: LedgerEntry) -> Try | None:
    """The try that a line of the ledger tells of, None for any other line."""
    details = entry.details
    run_id = details.get("run_id")
    if entry.kind != "run" or not isinstance(run_id, str):
        return None
    started = _instant(details.get("started_at"))
    if started is None:
        return _killed(run_id, entry)
    reads, errors = details.get("reads"), details.get("errors")
    reads = max(0, reads) if isinstance(reads, int) else 0
    return Try(
        run_id=run_id,
        trigger=str(details.get("trigger")),
        started_at=started,
        reads=reads,
        outcome=entry.outcome,
        ended_at=entry.time,
        read_data=bool(details.get("read_data", reads)),
        error=str(errors[0]) if isinstance(errors, list) and errors else None,
    )


def _killed(run_id: str, entry: LedgerEntry) -> Try:
    """A run of which a later one found the remains: when it began is in its id, what it read is not known."""
    try:
        started = datetime.strptime(run_id.partition("-")[0], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        started = entry.time
    return Try(run_id, SCHEDULED, started, outcome=INTERRUPTED, read_data=True)


def _instant(text: Json) -> datetime | None:
    try:
        return from_iso_utc(text) if isinstance(text, str) else None
    except ValueError:
        return None


def on(tries: Iterable[Try], day: date, zone: tzinfo) -> list[Try]:
    """Those of `tries` that began on the local date `day` in `zone`."""
    return [attempt for attempt in tries if in_zone(attempt.started_at, zone).date() == day]


def failures_in_a_row(tries: Sequence[Try]) -> list[Try]:
    """The tries after the last one that made a complete backup, oldest first; `tries` are too.

    One that was killed, or still runs, is among them: its `outcome` is None or INTERRUPTED.
    """
    failed: list[Try] = []
    for attempt in reversed(tries):
        if attempt.outcome == COMPLETE:
            break
        failed.append(attempt)
    return failed[::-1]
