"""The fiscal guard at work in a restore: it reads what the rules need and applies them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from facot_backups.clock import Clock
from facot_backups.errors import FirestoreUnavailable
from facot_backups.events import Emit, ignore
from facot_backups.firestore.columns import Columns
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.scan import Scan
from facot_backups.model import Document, Scope
from facot_backups.operations.fiscal.counters import COUNTER_COLLECTIONS
from facot_backups.operations.restore import fiscal_rules
from facot_backups.operations.restore.questions import Verdict

_INVOICES = "invoices"


class FiscalGuard:
    """A `guard.Guard` for FACOT's counters in the database of `connection`.

    `from_backup`: the user wants the counters as the backup has them. `afford` is told how many reads the
    guard makes in all, before it reads the invoices; what it raises ends the plan. None: as many as it
    takes.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        emit: Emit = ignore,
        *,
        from_backup: bool = False,
        afford: Callable[[int], None] | None = None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._emit = emit
        self._guard = fiscal_rules.Guard(from_backup)
        self._afford = afford
        self._read_time: datetime | None = None
        self._reads = 0

    def begin(self, read_time: datetime) -> None:
        """As `Guard.begin`: both counter collections, whatever the scope."""
        self._read_time = read_time
        scope = Scope(collections=COUNTER_COLLECTIONS)
        scan = Scan(self._connection, scope, clock=self._clock, emit=self._emit, read_time=read_time)
        for document in scan:
            self._guard.live_counter(document)
        self._reads += scan.reads
        problem = scan.stopped or next(iter(scan.unreadable.values()), None)
        if problem is not None:
            raise FirestoreUnavailable("counters_unread", problem=problem)

    def see(self, before: Document | None, target: Document | None) -> None:
        """As `Guard.see`."""
        self._guard.planned(before, target)

    def decide(self) -> Verdict:
        """As `Guard.decide`: the invoices are asked for only where the plan touches a counter."""
        if self._guard.needs_invoices:
            invoices = Columns(
                self._connection,
                _INVOICES,
                fiscal_rules.INVOICE_FIELDS,
                self._read_time,
                self._clock,
                self._emit,
            )
            if self._afford is not None and (needed := invoices.count()) is not None:
                self._afford(self._reads + invoices.reads + needed)
            for invoice in invoices:
                self._guard.live_invoice(invoice)
            self._reads += invoices.reads
        return self._translated(self._guard.verdict())

    def _translated(self, found: fiscal_rules.Verdict) -> Verdict:
        decisions = found.decisions.items()
        return Verdict(
            adjusted={path: d.document for path, d in decisions if not d.added},
            raised=tuple((d.before, d.document) for _, d in decisions if d.added and d.action == "write"),
            notes=(*found.notes, *found.lowered),
            questions=found.questions,
            reads=self._reads,
        )
