"""The live database as a side of a comparison: one scan, at one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from secrets import token_hex

from facot_backups.archive.store import Store
from facot_backups.clock import Clock
from facot_backups.errors import LeftUndone, ReadBudgetExceeded, Reader
from facot_backups.events import Counted, Emit, ignore
from facot_backups.firestore.check import count
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.scan import Scan
from facot_backups.model import EVERYTHING, Document, DocumentPath, Scope, Source
from facot_backups.operations.backup.run import PROBE_READS
from facot_backups.operations.comparison.changes import precedes
from facot_backups.operations.runs import reads_today
from facot_backups.state import Try

# How a user names the live database where a backup's name may stand.
LIVE = "live"


class LiveSide:
    """What Firestore holds now. `documents` begins a scan; once it ended, `failures` and `stopped` tell
    what it missed, as `Scan` does. A collection that could not be read is not known from there on.

    `read_time`: the instant, pinned beforehand or the server's; None before its first answer. `reads`:
    what Firestore bills, so far.
    """

    def __init__(
        self, connection: Connection, clock: Clock, emit: Emit = ignore, read_time: datetime | None = None
    ) -> None:
        self.extent = EVERYTHING
        self.label = LIVE
        self.source: Source | None = connection.source
        self._connection = connection
        self._clock = clock
        self._emit = emit
        self._pinned = read_time
        self._scan: Scan | None = None
        self._last: DocumentPath = ()

    def documents(self, scope: Scope) -> Iterator[Document]:
        """As `Side.documents`: reads all of `scope` at one instant.

        Raises FirestoreUnavailable or SnapshotExpired if no collection at all could be read.
        """
        self._last = ()
        self._scan = Scan(self._connection, scope, clock=self._clock, emit=self._emit, read_time=self._pinned)
        for document in self._scan:
            self._last = document.path
            yield document

    def knows(self, path: DocumentPath) -> bool:
        """As `Side.knows`: not in a collection that failed, nor beyond the point where the scan ended."""
        if self._scan is None or path[0] in self._scan.unreadable:
            return False
        return self._scan.stopped is None or precedes(path, self._last)

    @property
    def failures(self) -> Mapping[str, str]:
        """Root collections that could not be read whole, with the reason in Spanish."""
        return self._scan.unreadable if self._scan is not None else {}

    @property
    def stopped(self) -> str | None:
        """Why the scan ended before the end of its scope, or None."""
        return self._scan.stopped if self._scan is not None else None

    @property
    def read_time(self) -> datetime | None:
        """The instant (aware, UTC) of all that is read."""
        return self._scan.read_time if self._scan is not None else self._pinned

    @property
    def reads(self) -> int:
        """Reads that Firestore bills, so far."""
        return self._scan.reads if self._scan is not None else 0


class ReadsNote:
    """Notes reads in the state folder, where they count against the day's `max_reads`: before they are
    made, and at their end. `purpose` is the try's trigger.
    """

    def __init__(self, store: Store, connection: Connection, purpose: str) -> None:
        self._store = store
        self._connection = connection
        self._try = Try(token_hex(8), purpose, store.clock.now(), PROBE_READS)
        self.record()

    def record(self, reads: int = 0, outcome: str | None = None) -> None:
        """Remember that so many more reads were made so far."""
        attempt = replace(self._try, reads=self._try.reads + reads, outcome=outcome)
        emulator = self._connection.source.emulator
        self._store.state.record_try(self._store.root, attempt, emulator=emulator)

    def afford(
        self, scope: Scope, max_reads: int | None, reader: Reader, emit: Emit = ignore, *, times: int = 1
    ) -> None:
        """Count `scope`, and refuse what would pass the bound on all reads of the local day.

        Without a bound nothing is asked. `what` is the reader in the error, in Spanish ("La comparación"),
        and reads the scope so many `times`. Raises ReadBudgetExceeded, FirestoreUnavailable.
        """
        if max_reads is None:
            return
        counted = count(self._connection, scope, clock=self._store.clock, emit=emit)
        self._try = replace(self._try, reads=self._try.reads + counted.reads)
        self.record()
        if counted.total is not None:
            emit(Counted(counted.total))
            self.check(counted.total * times, max_reads, reader)

    def check(
        self, needed: int, max_reads: int | None, reader: Reader, left: LeftUndone = "nothing-read"
    ) -> None:
        """Refuse reads beyond those noted so far that would pass the bound. Raises ReadBudgetExceeded.

        `left`: what was not done, in Spanish; None: no document was read.
        """
        if max_reads is None:
            return
        used = reads_today(self._store)
        if needed + used > max_reads:
            raise ReadBudgetExceeded(needed, used, max_reads, reader, left)


@contextmanager
def live_side(
    connect: Callable[[], Connection],
    store: Store,
    scope: Scope = EVERYTHING,
    max_reads: int | None = None,
    emit: Emit = ignore,
) -> Iterator[LiveSide]:
    """The live database, to be compared in `scope`, while the connection is open.

    The reads are noted in the state folder, where they count against `max_reads` of the local day. Raises
    FirestoreUnavailable, SettingError, ReadBudgetExceeded.
    """
    with connect() as connection:
        moment = connection.probe()
        note = ReadsNote(store, connection, "diff")
        note.afford(scope, max_reads, "comparison", emit)
        side = LiveSide(connection, store.clock, emit, moment)
        try:
            yield side
        finally:
            note.record(side.reads, "DIFF")
