"""A search for documents in all backups at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from facot_backups.clock import in_zone
from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.search import find as finding
from facot_backups.ui.desktop.session import Session

# A document found, and all that were; plain values.
Hit: TypeAlias = finding.Hit
Findings: TypeAlias = finding.Findings


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found for `text`, on the local day `today`."""

    text: str
    today: date
    found: Findings


def search(session: Session, emit: Emit, stop: Stop, text: str) -> Searched:
    """Search all backups for `text` (`operations.find`); works without a network.

    Raises BackupDirUnusable, Interrupted.
    """
    tell = stop.emit(emit)
    store = session.store(tell, stop)
    zone = store.clock.zone()
    return Searched(text, in_zone(store.clock.now(), zone).date(), finding.find(store, text, zone, tell))
