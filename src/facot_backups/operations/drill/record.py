"""What the ledger says of restore drills. A drill is a proof (kind `proof`) that bears `drill`.

Its outcome: COMPLETE, it passed; DAMAGED, it did not; any other, it could not be made. Before that there is a
line of kind `drill` (STARTED): a drill of which no proof follows was killed, or is under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from facot_backups.archive.ledger import COMPLETE, DAMAGED, STARTED, LedgerEntry
from facot_backups.model import Json
from facot_backups.operations.verification.record import PROOF

# The ledger's word for a drill that begins.
DRILL = "drill"
# How often a scheduled run drills, unless the settings say otherwise.
EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PastDrill:
    """A drill, or an attempt at one. `time` is aware, in UTC; `outcome` is one of the ledger's.

    `documents` is how many were restored and compared; `error` says in Spanish what went wrong, or is None.
    """

    backup: str
    time: datetime
    outcome: str
    documents: int
    error: str | None

    @property
    def passed(self) -> bool:
        """Whether every document came back equal."""
        return self.outcome == COMPLETE

    @property
    def made(self) -> bool:
        """Whether it came to an end, good or bad. One that did not says nothing of the backup."""
        return self.outcome in (COMPLETE, DAMAGED)


def past_drills(entries: Iterable[LedgerEntry]) -> list[PastDrill]:
    """The drills that were made, in the ledger's order (oldest first). Lines not ours are left out."""
    return [drill for drill in _attempts(entries) if drill.made]


def not_made_since(entries: Iterable[LedgerEntry]) -> list[PastDrill]:
    """The attempts that came to no end since the last drill that was made, oldest first."""
    found: list[PastDrill] = []
    for drill in _attempts(entries):
        if drill.made:
            found.clear()
        else:
            found.append(drill)
    return found


def last_by_backup(entries: Iterable[LedgerEntry]) -> dict[str, PastDrill]:
    """The last drill that was made of each backup, by the name of its folder."""
    return {drill.backup: drill for drill in past_drills(entries)}


def is_due(entries: Iterable[LedgerEntry], now: datetime, every: timedelta = EVERY) -> bool:
    """Whether the last drill that passed, of whatever backup, is `every` or more before `now` (or none).

    One dated in the future does not count: the clock was wrong then, or is now. One that was killed (by a
    system without memory, say) took the rest of its run with it, so it is put off for 2, 4… days, `every` at
    most.
    """
    past = [drill for drill in _attempts(entries) if drill.time <= now]
    passed = [drill.time for drill in past if drill.passed]
    killed = list(takewhile(lambda drill: drill.outcome == STARTED, reversed(past)))
    put_off = min(every, timedelta(days=2 ** min(len(killed), 10)))
    if killed and now - killed[0].time < put_off:
        return False
    return not passed or now - max(passed) >= every


def is_open(entries: Iterable[LedgerEntry]) -> bool:
    """Whether the last drill has begun and has no end: it is under way, or was killed."""
    attempts = _attempts(entries)
    return bool(attempts) and attempts[-1].outcome == STARTED


def _attempts(entries: Iterable[LedgerEntry]) -> list[PastDrill]:
    """Each drill once, by its last line; the lock lets but one be made at a time."""
    found: list[PastDrill] = []
    for entry in entries:
        is_end = entry.kind == PROOF and entry.details.get("drill") is True
        drill = _drill(entry) if is_end or entry.kind == DRILL else None
        if drill is None:
            continue
        if drill.outcome != STARTED and found and found[-1].outcome == STARTED:
            found.pop()
        found.append(drill)
    return found


def _drill(entry: LedgerEntry) -> PastDrill | None:
    backup, documents = entry.details.get("backup"), entry.details.get("documents")
    if not isinstance(backup, str):
        return None
    counted = documents if type(documents) is int else 0
    return PastDrill(backup, entry.time, entry.outcome, counted, _first(entry.details.get("errors")))


def _first(errors: Json) -> str | None:
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], str) else None
