"""Collections that shrank too much to be an ordinary day's work. Pure: no I/O.

While an anomaly stands, retention deletes nothing: the backups that still hold the lost documents may be
the only ones. It stands until the count recovers or a person accepts it; there is no time window, because
the alarm itself keeps the backups that prove it (docs/architecture.md, "Anomaly").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.metadata import FileEntry, Metadata
from facot_backups.archive.reader import Backup
from facot_backups.clock import from_iso_utc, iso_utc
from facot_backups.model import Json

AnomalyKind: TypeAlias = Literal["root", "nested"]

# A smaller loss is an ordinary day's work, unless nothing is left.
MIN_LOST = 20

_KINDS: tuple[AnomalyKind, ...] = ("root", "nested")
_WORDS = {"root": "documentos", "nested": "documentos anidados"}


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A root collection that lost too many documents.

    `kind`: its root documents, or those nested below them. `count` is what the newest backup holds,
    `largest` what the backup named `largest_in` held. `str(anomaly)` explains it to the user.
    """

    collection: str
    kind: AnomalyKind
    count: int
    largest: int
    largest_in: str

    @property
    def lost(self) -> int:
        """How many documents are gone."""
        return self.largest - self.count

    def __str__(self) -> str:
        words = _WORDS[self.kind]
        before = f"«{self.collection}» tenía {self.largest} {words} en el backup {self.largest_in}"
        if self.count == 0:
            return f"{before} y ahora ninguno"
        return f"{before} y ahora {self.count}: faltan {self.lost} ({self.lost * 100 // self.largest} %)"


def find_anomalies(
    backups: Iterable[Backup], *, accepted: datetime | None, drop_percent: int
) -> tuple[Anomaly, ...]:
    """What the newest backup lost against the largest count of each collection, by collection.

    `backups` are those that count: complete, of the present source, of a scope that covers the configured
    one; in any order. `accepted` is the `read_time` of the backup that a person accepted last as it is:
    older ones are no measure any more, it and newer ones are; None if nobody ever did. `drop_percent` is
    the setting `anomaly_drop`. Raises the `problem` of a backup without metadata.
    """
    proven = sorted((backup for backup in backups), key=_order)
    if not proven:
        return ()
    newest = proven[-1]
    measures = [b for b in proven if accepted is None or b.proven().read_time >= accepted]
    return tuple(_compared(newest.proven(), measures, drop_percent))


def last_acceptance(entries: Sequence[LedgerEntry]) -> datetime | None:
    """The `accepted` of `find_anomalies`, from the ledger's entries, oldest first.

    An entry that does not say which instant was accepted accepts nothing.
    """
    for entry in reversed(entries):
        if entry.kind == "acceptance":
            with suppress(KeyError, TypeError, ValueError):
                return from_iso_utc(entry.details["read_time"])
    return None


def acceptance_details(newest: Backup, anomalies: Iterable[Anomaly]) -> dict[str, Json]:
    """What the ledger's entry of kind `acceptance` says, for `newest`, the newest backup that counts.

    The instant is the server's, never the local clock's: an acceptance made under a clock that runs ahead
    must not silence what happens afterwards.
    """
    return {
        "read_time": iso_utc(newest.proven().read_time),
        "backup": str(newest.name),
        "anomalies": [str(anomaly) for anomaly in anomalies],
    }


def _order(backup: Backup) -> tuple[datetime, str]:
    return backup.proven().read_time, str(backup.name)


def _compared(newest: Metadata, measures: Sequence[Backup], drop_percent: int) -> Iterator[Anomaly]:
    largest_of = _largest(measures)
    for collection in sorted({collection for collection, _ in largest_of}):
        # Outside the newest's scope a collection is unknown, not lost; inside, one without a file is empty.
        if not newest.scope.includes((collection,)):
            continue
        for kind in _KINDS:
            largest, held_by = largest_of[collection, kind]
            count = _count(newest.files.get(collection), kind)
            if _is_anomaly(count, largest, drop_percent):
                yield Anomaly(collection, kind, count, largest, held_by)


def _largest(measures: Iterable[Backup]) -> dict[tuple[str, AnomalyKind], tuple[int, str]]:
    """Each collection's largest counts, and the newest backup that has it; `measures` are oldest first."""
    found: dict[tuple[str, AnomalyKind], tuple[int, str]] = {}
    for backup in measures:
        metadata, name = backup.proven(), str(backup.name)
        for collection, entry in metadata.files.items():
            if not metadata.scope.includes((collection,)):
                continue
            for kind in _KINDS:
                count = _count(entry, kind)
                if count >= found.get((collection, kind), (0, ""))[0]:
                    found[collection, kind] = count, name
    return found


def _count(entry: FileEntry | None, kind: AnomalyKind) -> int:
    if entry is None:
        return 0
    return entry.documents if kind == "root" else entry.nested_documents


def _is_anomaly(count: int, largest: int, drop_percent: int) -> bool:
    """All lost, however few; or at least MIN_LOST and more than the percentage."""
    lost = largest - count
    if count == 0:
        return lost > 0
    return lost >= MIN_LOST and lost * 100 > drop_percent * largest
