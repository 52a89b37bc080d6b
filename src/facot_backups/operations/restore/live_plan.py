"""The plan of a restore is made: the backup against what is there now.

Both are read as streams in the order of names, so memory holds a document of each.
"""

from __future__ import annotations

from facot_backups.clock import Clock
from facot_backups.errors import FirestoreUnavailable, UsageError
from facot_backups.events import Emit, Progressed
from facot_backups.firestore.connection import Connection
from facot_backups.model import Document, DocumentPath, Scope
from facot_backups.operations.comparison.changes import Change, compare, intersection, touches
from facot_backups.operations.comparison.live import LiveSide
from facot_backups.operations.comparison.sources import FolderSide, OldSide
from facot_backups.operations.restore.lossy_values import LostValues
from facot_backups.operations.restore.plan import Plan, encoded
from facot_backups.operations.restore.questions import Guard

# Documents between two signs of life.
_STEP = 1000


class Planning:
    """Makes the plan of a restore from a backup. Use once: `run`."""

    def __init__(
        self, connection: Connection, side: FolderSide, guard: Guard, clock: Clock, emit: Emit
    ) -> None:
        self._connection = connection
        self._side = side
        self._guard = guard
        self._clock = clock
        self._emit = emit
        self._done = 0
        self._found: set[DocumentPath] = set()
        self._lost = LostValues()

    def run(self, plan: Plan) -> None:
        """Fill `plan`, for its facts.

        Raises DamagedBackup for what Firestore would refuse, FirestoreUnavailable or SnapshotExpired if the
        live scope cannot be read whole, UsageError for a scope of which there is nothing.
        """
        facts = plan.facts
        self._guard.begin(facts.read_time)
        live = LiveSide(self._connection, self._clock, self._emit, facts.read_time)
        try:
            for change in compare(live, self._side, facts.scope):
                self._take(plan, change)
                self._done += 1
                if self._done % _STEP == 0:
                    self._emit(Progressed(change.path[0], self._done))
        finally:
            plan.reads += live.reads
        _check_whole(live)
        self._check_found(facts.scope)
        plan.judge(self._guard.decide())
        total = plan.total
        plan.read_back = live.reads + total.create - total.delete + plan.raised
        plan.notes.extend(self._lost.notes())

    def _take(self, plan: Plan, change: Change) -> None:
        """Decide on one document."""
        live, ours = change.left, change.right
        mode, path = plan.facts.mode, change.path
        self._find(plan.facts.scope, path, change)
        if ours is not None and ours.mark is None and isinstance(self._side, OldSide):
            self._lost.see(ours, live)
        if change.kind == "equal":
            plan.leave(path, "equal")
        elif change.kind == "added":
            self._write(plan, None, ours)
        elif change.kind == "changed" and mode != "missing":
            self._write(plan, live, ours)
        elif change.kind == "removed" and mode == "mirror":
            self._write(plan, live, None)
        else:
            if change.kind == "changed":
                assert ours is not None
                encoded(ours, plan.facts)  # the whole scope must be sound
            plan.leave(path, "skip")

    def _write(self, plan: Plan, live: Document | None, ours: Document | None) -> None:
        plan.add(live, ours)
        self._guard.see(live, ours)

    def _find(self, scope: Scope, path: DocumentPath, change: Change) -> None:
        """Note which of the things asked for by name are there."""
        if scope.documents:
            self._found.update(root for root in scope.documents if path[: len(root)] == root)
        if scope.collections is not None and (change.right is not None or change.kind == "removed"):
            self._found.add(path[:1])

    def _check_found(self, scope: Scope) -> None:
        for root in scope.documents:
            if root not in self._found:
                raise UsageError("document_nowhere", backup=self._side.label, document="/".join(root))
        for collection in scope.collections or ():
            if (collection,) not in self._found and collection not in self._side.collections():
                raise UsageError("collection_nowhere", backup=self._side.label, collection=collection)


def _check_whole(live: LiveSide) -> None:
    """Nothing is planned on what could not be read."""
    problem = live.stopped or next(iter(live.failures.values()), None)
    if problem is not None:
        raise FirestoreUnavailable("live_unread", problem=problem)


def judged_scope(side: FolderSide, asked: Scope) -> Scope:
    """What of `asked` the backup can restore. Raises UsageError where it has nothing of what was named."""
    for collection in asked.collections or ():
        if not touches(side.extent, collection):
            raise UsageError(
                "unknown_collection",
                backup=side.label,
                collection=collection,
                why=side.why_unknown(collection),
            )
    for root in asked.documents:
        if not side.extent.includes(root):
            raise UsageError(
                "unknown_document", backup=side.label, document="/".join(root), why=side.why_unknown(root[0])
            )
    return intersection(asked, side.extent)
