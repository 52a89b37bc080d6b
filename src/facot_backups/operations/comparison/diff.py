"""What differs between two backups, or between a backup and the live database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from facot_backups.events import Emit, PhaseStarted, Progressed, ignore
from facot_backups.model import EVERYTHING, Scope, Source, segment_key
from facot_backups.operations.comparison.changes import Change, Side, compare, intersection, touches
from facot_backups.operations.comparison.sources import BackupSide, FolderSide

# Documents between two signs of life.
_STEP = 1000
# Two scopes that name documents of one collection, none of them the same.
_APART = "cada lado abarca otros documentos de ella"


@dataclass(slots=True)
class Counts:
    """Documents of one root collection, nested ones too, by how they differ (`compare.Kind`)."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    equal: int = 0
    unknown: int = 0

    @property
    def differ(self) -> bool:
        """Whether anything is known to differ."""
        return bool(self.added or self.removed or self.changed)


class NamedSide(Side, Protocol):
    """A side that a person can be told of."""

    @property
    def label(self) -> str:
        """The backup's name, or `live`."""

    @property
    def source(self) -> Source | None:
        """The database; None where it is not known."""

    @property
    def read_time(self) -> datetime | None:
        """The instant (aware, UTC) of its data; None where it is not known, or not yet."""


class Diff:
    """The differences of `left` (before) and `right` (after) in `scope`. Iterate it once.

    It yields the changes that are added, removed or changed, in name order, as a stream. `counts`, by root
    collection in name order, and `unknown` are final when the iteration ended. `unknown` maps a root
    collection that one side holds and that is not compared, or not to its end, to the reason, in Spanish.

    A collection whose file has the same hash in two backups is equal, unread. Iterating emits
    PhaseStarted `comparing` and Progressed; it raises DamagedBackup for a file that is not what it should
    be, and for the live database FirestoreUnavailable or SnapshotExpired.
    """

    def __init__(
        self, left: NamedSide, right: NamedSide, scope: Scope = EVERYTHING, emit: Emit = ignore
    ) -> None:
        self.left = left
        self.right = right
        self.scope = intersection(scope, intersection(left.extent, right.extent))
        self.counts: dict[str, Counts] = {}
        self.unknown: dict[str, str] = {}
        self._asked = scope
        self._emit = emit

    def __iter__(self) -> Iterator[Change]:
        self._emit(PhaseStarted("comparing"))
        same = self._same()
        rest = replace(self.scope, exclude=(*self.scope.exclude, *same))
        for done, change in enumerate(compare(self.left, self.right, rest), 1):
            counts = self._counts_of(change.path[0])
            setattr(counts, change.kind, getattr(counts, change.kind) + 1)
            if not done % _STEP:
                self._emit(Progressed(change.path[0], done))
            if change.kind not in ("equal", "unknown"):
                yield change
        self._close(same)

    @property
    def partial(self) -> bool:
        """Whether a side could not be read to its end, though it should."""
        return bool(self.left.failures or self.right.failures)

    @property
    def total(self) -> Counts:
        """The sum over all collections."""
        counts = list(self.counts.values())
        return Counts(
            sum(c.added for c in counts),
            sum(c.removed for c in counts),
            sum(c.changed for c in counts),
            sum(c.equal for c in counts),
            sum(c.unknown for c in counts),
        )

    def _counts_of(self, collection: str) -> Counts:
        found = self.counts.get(collection)
        if found is None:
            found = self.counts[collection] = Counts()
        return found

    def _same(self) -> list[str]:
        """Collections that need no reading: both backups hold the same bytes."""
        left, right = self.left, self.right
        if not isinstance(left, BackupSide) or not isinstance(right, BackupSide):
            return []
        files = right.backup.proven().files
        same = []
        for collection in left.collections():
            entry, other = left.backup.entry(collection), files.get(collection)
            if other is None or entry.sha256 != other.sha256 or not self.scope.includes((collection,)):
                continue
            same.append(collection)
            self.counts[collection] = Counts(equal=entry.documents + entry.nested_documents)
        return same

    def _close(self, same: list[str]) -> None:
        """Name what was compared and had no document, and what was not compared."""
        sides = [side for side in (self.left, self.right) if isinstance(side, FolderSide)]
        held = {collection for side in sides for collection in side.collections()}
        self.unknown = {**self.left.failures, **self.right.failures}
        for collection in held:
            if not touches(self._asked, collection):
                continue
            if touches(self.scope, collection):
                self._counts_of(collection)
                continue
            self.unknown[collection] = next(
                (side.why_unknown(collection) for side in sides if not touches(side.extent, collection)),
                _APART,
            )
        self.counts = {name: self.counts[name] for name in sorted(self.counts, key=segment_key)}
        self.unknown = {name: self.unknown[name] for name in sorted(self.unknown, key=segment_key)}
