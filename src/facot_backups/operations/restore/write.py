"""The writes of a plan: each confirmed by its own status, and noted in the journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive.journal import JournalWriter
from facot_backups.archive.journal_lines import RESULTS
from facot_backups.archive.ledger import COMPLETE, INCOMPLETE
from facot_backups.archive.store import LockedStore
from facot_backups.errors import Interrupted
from facot_backups.events import Emit, PhaseStarted, Progressed
from facot_backups.firestore.commit import Committer, Sending
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.writes import batches
from facot_backups.model import Outcome, Write
from facot_backups.operations.restore.plan import Plan
from facot_backups.operations.restore.progress import Progress
from facot_backups.operations.restore.spool import Outcomes

# Batches under way at the same time: while the server works on one, the next is made ready.
IN_FLIGHT = 2


@contextmanager
def letting_go(connection: Connection) -> Iterator[None]:
    """Whoever closes the connection under the block wants it to stop: what fails for that is Interrupted."""
    try:
        yield
    except Interrupted:
        raise
    except Exception as error:
        if connection.closed:
            raise Interrupted from error
        raise


@contextmanager
def begun(connection: Connection, root: Path, progress: Progress) -> Iterator[None]:
    """From the first write on: what ends it is put into the report at once, and raised.

    `root`: the backup folder.
    """
    progress.begun = True
    try:
        with letting_go(connection), atomic.explained(root):
            yield
    except (Exception, KeyboardInterrupt) as error:
        if not progress.ended:
            progress.cut_short(error)
        raise


def note_end(journal: JournalWriter, progress: Progress) -> None:
    """Write into the journal how the restore ended."""
    journal.note(end=COMPLETE if progress.report().exit_code == 0 else INCOMPLETE)
    progress.ended = True


class Writing:
    """Writes a plan. Every outcome goes to the journal, to `outcomes` and, but for what was done, by name
    into `progress`. Use once: `run`.
    """

    def __init__(
        self,
        connection: Connection,
        locked: LockedStore,
        plan: Plan,
        journal: JournalWriter,
        outcomes: Outcomes,
        progress: Progress,
        emit: Emit,
    ) -> None:
        self._locked = locked
        self._plan = plan
        self._journal = journal
        self._outcomes = outcomes
        self._progress = progress
        self._emit = emit
        self._committer = Committer(connection, locked.clock, emit)
        self._unknown: set[int] = set()
        self._done = 0

    def run(self) -> None:
        """Write the plan, or until the server takes no more: then `progress.failure` says why.

        Raises LockHeld, NoSpace, BackupDirUnusable if the journal cannot be kept: then nothing more is
        written, and what was under way has been waited for.
        """
        try:
            self._send_all()
        finally:
            self._progress.reads += self._committer.reads
        if self._committer.failure is not None:
            self._progress.failure = self._committer.failure
            self._name_the_rest()

    def _send_all(self) -> None:
        """Counters are settled before any other document is sent."""
        self._emit(PhaseStarted("writing"))
        self._send(self._plan.counters(), 1)
        self._send(self._plan.others(), IN_FLIGHT)

    def _send(self, writes: Iterator[Write], in_flight: int) -> None:
        """Make `writes`, so many batches at a time; what is under way is settled also at the end."""
        flying: deque[Sending] = deque()
        parts = batches(writes)
        try:
            while self._committer.failure is None and (batch := next(parts, None)) is not None:
                self._locked.still_ours()
                flying.append(self._committer.begin(batch))
                if len(flying) == in_flight:
                    self._settle(flying.popleft())
            while flying:
                self._settle(flying.popleft())
        except Exception:
            self._wait_for(flying)
            raise

    def _wait_for(self, flying: Iterable[Sending]) -> None:
        """Count what is under way when something else ends the work: an undo must not be overtaken by it."""
        self._committer.give_up()
        for sending in flying:
            with suppress(Exception):
                self._tell(sending.batch, sending.finish())

    def _settle(self, sending: Sending) -> None:
        batch = sending.batch
        self._note(batch, sending.finish())
        if self._committer.failure is None:
            self._done += len(batch)
            self._emit(Progressed(batch[0].path[0], self._done))

    def _note(self, batch: list[Write], outcomes: list[Outcome]) -> None:
        """Keep what became of a batch. Of what is pending or unknown the journal says nothing."""
        self._tell(batch, outcomes)
        self._unknown.update(outcome.number for outcome in outcomes if outcome.result == "unknown")
        known = [outcome for outcome in outcomes if outcome.result in RESULTS]
        for outcome in known:
            self._outcomes.put(outcome)
        self._journal.results(known)

    def _tell(self, batch: list[Write], outcomes: list[Outcome]) -> None:
        writes = {write.number: write for write in batch}
        for outcome in outcomes:
            self._tell_one(writes[outcome.number], outcome)

    def _tell_one(self, write: Write, outcome: Outcome) -> None:
        progress = self._progress
        progress.left -= outcome.result in RESULTS
        progress.tell(write, outcome)

    def _name_the_rest(self) -> None:
        """After the end: every document that was not settled is not as planned."""
        for write in self._plan.in_name_order(heads=True):
            if self._outcomes.get(write.number) is None:
                self._progress.trouble(write.path, "unknown" if write.number in self._unknown else "pending")
