"""The first half of a backup: a scope read at one instant into files, and judged against the server.

The count runs beside the scan, from its beginning on: a server takes long to the first document (measured:
then the count costs next to nothing). Only a read budget needs it first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import grpc

from facot_backups.archive.metadata import FileEntry
from facot_backups.archive.writer import SPOT_CHECKS, BackupWriter
from facot_backups.clock import Clock
from facot_backups.errors import DocumentTooLarge, FirestoreUnavailable, ReadBudgetExceeded, SnapshotExpired
from facot_backups.events import CollectionDone, CollectionFailed, Counted, Emit, PhaseStarted, Warned
from facot_backups.firestore.check import Count, count, count_collection, list_collections, spot_check
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.faults import CallFailed
from facot_backups.firestore.scan import Scan
from facot_backups.model import FACOT_COLLECTIONS, Scope
from facot_backups.text import one_line

# Above it a scan can outlast the hour for which Firestore keeps any instant; whole minutes stay readable for
# 7 days with point-in-time recovery (docs/architecture.md, "One instant").
MANY_DOCUMENTS = 5_000_000
MANY_WARNING = (
    "La base de datos es muy grande: se lee como estaba en el último minuto entero, que Firestore conserva "
    "7 días si tiene activada la recuperación a un momento dado (PITR)."
)
# Refusals that say nothing about the next collection.
_OF_ONE_COLLECTION = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
# Documents between two looks at what the counting thread has found.
_STEP = 4096


@dataclass(frozen=True, slots=True)
class Budget:
    """What `max_reads` leaves: `allowed` reads on this local day, of which `used` are gone."""

    allowed: int
    used: int

    @property
    def left(self) -> int:
        """Reads that may still be made today."""
        return max(0, self.allowed - self.used)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read and proven: the facts of the metadata. `errors` is empty if nothing is missing."""

    read_time: datetime
    files: dict[str, FileEntry]
    errors: tuple[str, ...]
    server_count: int | None
    server_count_reason: str | None
    spot_check: int


class _StartAgain(Exception):
    """The database is too large for an instant that lives an hour."""


class _Counting:
    """A count in a daemon thread: it ends with its connection, and never keeps a process alive."""

    def __init__(self, work: Callable[[], Count]) -> None:
        self._work = work
        self._result: Count | None = None
        self._thread = threading.Thread(target=self._run, name="facot-backups-count", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._work()
        except (FirestoreUnavailable, SnapshotExpired) as error:
            self._result = Count(None, one_line(error), 1)
        except Exception as error:  # noqa: BLE001
            # A channel closed while the run is given up ends here; if not, the reason is in the metadata.
            self._result = Count(None, f"{type(error).__name__}: {error}", 1)

    def poll(self) -> Count | None:
        """The count, or None while it is under way."""
        return self._result

    def wait(self) -> Count:
        """The count; waits for it (the call has its own deadline)."""
        self._thread.join()
        return self._result or Count(None, "el recuento no terminó", 1)


class Reading:
    """Reads `scope` at `instant` (aware, UTC) through `connection` into `writer`. Use once: `run`.

    `reads` counts what Firestore bills, as it goes on. `budget` bounds the reads.
    """

    def __init__(
        self,
        connection: Connection,
        writer: BackupWriter,
        scope: Scope,
        instant: datetime,
        clock: Clock,
        emit: Emit,
        budget: Budget | None = None,
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._scope = scope
        self._instant = instant
        self._clock = clock
        self._emit = emit
        self._budget = budget
        self._counting: _Counting | None = None
        self._counted: Count | None = None
        self._scan: Scan | None = None
        self._other_reads = 0
        self._read_data = False
        self._unreadable: dict[str, str] = {}
        self._too_large: dict[str, str] = {}
        # What keeps the backup from being complete and is no single collection's fault.
        self._remarks: list[str] = []
        self._lost_count: Count | None = None
        self._at_whole_minute = False

    @property
    def reads(self) -> int:
        """Reads that Firestore has billed so far."""
        return self._other_reads + (self._scan.reads if self._scan else 0)

    @property
    def read_data(self) -> bool:
        """Whether a document was received: probes and counts are reads too, but not worth saving."""
        return self._read_data

    @property
    def read_time(self) -> datetime:
        """The instant (aware, UTC) of what is read."""
        return self._instant

    def run(self) -> Read:
        """Read, judge, prove. The files are whole, named and flushed when it returns.

        Raises ReadBudgetExceeded before anything is read; FirestoreUnavailable or SnapshotExpired if no
        collection could be read; what the writer and `emit` raise.
        """
        if self._budget is not None:
            self._count_first()
        self._emit(PhaseStarted("reading"))
        scan = self._read_once() or self._read_again()
        self._judge(scan)
        files = self._writer.finish(self._empty_collections(scan))
        self._emit(PhaseStarted("checking"))
        checked = self._prove()
        files = {name: entry for name, entry in files.items() if name not in self._unreadable}
        errors = [f"{collection}: {reason}" for collection, reason in sorted(self._unreadable.items())]
        if scan.stopped is not None and not errors:
            errors.append(one_line(scan.stopped))
        if self._unreadable and not self._holds_anything(files):
            raise FirestoreUnavailable("nothing_read", problem=errors[0])
        counted = self._counted or Count(None, "no se contó", 0)
        return Read(self._instant, files, (*errors, *self._remarks), counted.total, counted.reason, checked)

    def _holds_anything(self, files: dict[str, FileEntry]) -> bool:
        """Whether something was read: documents, or that a collection asked for by name is empty."""
        return bool(files) and (
            self._scope.collections is not None
            or any(entry.documents or entry.nested_documents for entry in files.values())
        )

    # --- counting ----------------------------------------------------------------------------------

    def _count_first(self) -> None:
        """Count before anything is read, and refuse what the budget does not allow."""
        assert self._budget is not None
        counted = self._count_now()
        if counted.total is not None and counted.total > MANY_DOCUMENTS:
            self._move_to_whole_minute()
            counted = self._count_now()
        self._counted = counted
        if counted.total is not None:
            self._emit(Counted(counted.total))
        # Without a count at least a document must be within the budget.
        needed = (1 if counted.total is None else counted.total) + self._kept_reads()
        if self._other_reads + needed > self._budget.left:
            raise ReadBudgetExceeded(self._other_reads + needed, self._budget.used, self._budget.allowed)

    def _count_now(self) -> Count:
        counted = count(self._connection, self._scope, self._instant, clock=self._clock, emit=self._emit)
        self._other_reads += counted.reads
        return counted

    def _kept_reads(self) -> int:
        """Reads beside those of the documents: to find the end, to name what is left, to check."""
        total = self._counted.total if self._counted else None
        return 2 + (SPOT_CHECKS if total is None else min(SPOT_CHECKS, total))

    def _count_beside(self) -> None:
        if self._counted is None:
            instant = self._instant
            self._counting = _Counting(
                lambda: count(self._connection, self._scope, instant, clock=self._clock)
            )

    def _look_at_count(self, *, wait: bool = False) -> None:
        """Take the count over once it is there, and tell it."""
        if self._counted is not None or self._counting is None:
            return
        self._counted = self._counting.wait() if wait else self._counting.poll()
        if self._counted is not None:
            self._other_reads += self._counted.reads
            if self._counted.total is not None:
                self._emit(Counted(self._counted.total))

    # --- reading -----------------------------------------------------------------------------------

    def _read_once(self) -> Scan | None:
        """`_read`; None if the count says that it must be done again at another instant."""
        with suppress(_StartAgain):
            return self._read()
        return None

    def _read(self) -> Scan:
        """The whole scope into the writer. Raises _StartAgain if the count says that it is too much."""
        self._count_beside()
        scan = self._scan = Scan(
            self._connection,
            self._scope,
            clock=self._clock,
            emit=self._emit,
            read_time=self._instant,
            max_reads=self._max_scan_reads(),
        )
        collection = ""
        add = self._writer.add
        for number, document in enumerate(scan):
            if document.path[0] != collection:
                self._read_data = True
                self._finished(collection, scan)
                collection = document.path[0]
            if not number % _STEP:
                self._look_at_count()
                if self._too_many():
                    raise _StartAgain
            try:
                add(document)
            except DocumentTooLarge as error:
                self._too_large.setdefault(collection, str(error))
        self._finished(collection, scan)
        return scan

    def _finished(self, collection: str, scan: Scan) -> None:
        self._writer.end_collection()
        if collection and collection not in scan.unreadable and collection not in self._too_large:
            documents, nested = self._writer.count(collection)
            self._emit(CollectionDone(collection, documents, nested))

    def _too_many(self) -> bool:
        total = self._counted.total if self._counted else None
        return not self._at_whole_minute and total is not None and total > MANY_DOCUMENTS

    def _move_to_whole_minute(self) -> None:
        """To the server's last whole minute, which point-in-time recovery keeps for 7 days."""
        self._instant = self._instant.replace(second=0, microsecond=0)
        self._at_whole_minute = True
        self._emit(Warned(MANY_WARNING))

    def _read_again(self) -> Scan:
        """Begin again, at an instant that lives longer."""
        self._other_reads = self.reads
        for collection in list(self._writer.counts):
            self._writer.discard(collection)
        self._counted = self._counting = None
        self._move_to_whole_minute()
        return self._read()

    def _max_scan_reads(self) -> int | None:
        if self._budget is None:
            return None
        # The scan itself keeps the two for the end and the names.
        return self._budget.left - self._other_reads - self._kept_reads() + 2

    # --- judging -----------------------------------------------------------------------------------

    def _judge(self, scan: Scan) -> None:
        """Drop what was not read whole, and what the server counts otherwise."""
        for collection, reason in scan.unreadable.items():
            self._drop(collection, reason, tell=False)
        for collection in self._too_large.keys() - scan.unreadable.keys():
            self._drop(collection, self._too_large[collection])
        self._look_at_count(wait=True)
        total = self._counted.total if self._counted else None
        read = sum(documents + nested for documents, nested in self._writer.counts.values())
        if total is None or scan.stopped is not None or (total == read and not self._unreadable):
            return  # what stopped the scan (a lost connection, a spent budget) would stop these counts too
        culprits = self._culprits()
        for collection, reason in culprits.items():
            self._drop(collection, reason)
        if not self._unreadable:
            self._remarks.append(
                f"Se leyeron {read} documentos y el servidor cuenta {total}, y ninguna colección explica la "
                "diferencia. Repita el backup."
            )

    def _culprits(self) -> dict[str, str]:
        """The collections that the server counts otherwise; if none, all those that it would not count."""
        counts = {name: sum(both) for name, both in self._writer.counts.items()}
        differing: dict[str, str] = {}
        unsure: dict[str, str] = {}
        for collection in sorted(set(counts) | set(self._named_by_server())):
            if collection in self._unreadable or not self._scope.includes((collection,)):
                continue
            # A connection that is lost is not waited for once more for every collection.
            theirs = self._lost_count or self._count_one(collection)
            ours = counts.get(collection, 0)
            if theirs.total is None:
                unsure[collection] = f"el recuento no coincide y no se pudo comprobar: {theirs.reason}"
            elif theirs.total != ours:
                differing[collection] = (
                    f"se leyeron {ours} documentos y el servidor cuenta {theirs.total}. Repita el backup."
                )
        # What failed already explains a total that differs.
        return differing or ({} if self._unreadable else unsure)

    def _named_by_server(self) -> list[str]:
        try:
            return list_collections(self._connection, self._instant, clock=self._clock, emit=self._emit)
        except (FirestoreUnavailable, SnapshotExpired):
            return []  # the collections that were read are judged all the same

    def _count_one(self, collection: str) -> Count:
        try:
            counted = count_collection(
                self._connection, collection, self._instant, clock=self._clock, emit=self._emit
            )
        except (FirestoreUnavailable, SnapshotExpired) as error:
            counted = Count(None, one_line(error), 1)
            if not (isinstance(error, CallFailed) and error.status in _OF_ONE_COLLECTION):
                self._lost_count = counted
        self._other_reads += counted.reads
        return counted

    def _drop(self, collection: str, reason: str, *, tell: bool = True) -> None:
        self._writer.discard(collection)
        self._unreadable[collection] = one_line(reason)
        if tell:
            self._emit(CollectionFailed(collection, one_line(reason)))

    def _prove(self) -> int:
        """Fetch some documents again and compare; returns how many. That it cannot be done is a remark."""
        try:
            found = spot_check(
                self._connection, self._writer.sampled(), self._instant, clock=self._clock, emit=self._emit
            )
        except (FirestoreUnavailable, SnapshotExpired) as error:
            self._remarks.append(f"No se pudo comprobar el backup con el servidor: {one_line(error)}")
            return 0
        self._other_reads += found.reads
        for path in found.differing:
            if path[0] not in self._unreadable:
                self._drop(path[0], f"«{'/'.join(path)}» no es igual al releerlo. Repita el backup.")
        return found.compared

    def _empty_collections(self, scan: Scan) -> list[str]:
        """Those that get a `[]` file: asked for by name, or FACOT's seven where FACOT's data is.

        None after a scan that did not get to its end: what it did not see is unknown, not empty.
        """
        if scan.stopped is not None:
            return []
        there = set(self._writer.counts)
        wanted = list(self._scope.collections or ())
        if not there.isdisjoint(FACOT_COLLECTIONS):
            wanted += FACOT_COLLECTIONS
        return [
            collection
            for collection in dict.fromkeys(wanted)
            if collection not in there
            and collection not in self._unreadable
            and self._scope.includes((collection,))
        ]
