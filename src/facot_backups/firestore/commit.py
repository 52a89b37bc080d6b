"""Writing into Firestore: batches, each write on its own condition, and confirmed by its own status.

What was sent and not answered may have taken effect: its repetition then meets the condition broken by
ourselves. So such a write is judged by reading what is there now (docs/architecture.md, "Writing").
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

import grpc

from facot_backups.clock import Clock
from facot_backups.errors import FirestoreUnavailable, SnapshotExpired
from facot_backups.events import Emit, ignore
from facot_backups.firestore.calls import Calls
from facot_backups.firestore.doubtful_write import judge
from facot_backups.firestore.faults import CallFailed
from facot_backups.firestore.ramp import Ramp
from facot_backups.firestore.requests import Requests
from facot_backups.firestore.retry import Patience
from facot_backups.firestore.statuses import BROKEN, OK, StatusError, refusal, transient
from facot_backups.firestore.writes import batch_request, nanoseconds
from facot_backups.model import Outcome, Write
from facot_backups.protocol import Message

# Seconds for one call.
_TIMEOUT = 60.0


class Committer:
    """Sends batches and says of every single write what became of it.

    `failure`: why the server cannot be written to any more, once that is so; then send nothing else.
    `reads`: what Firestore bills for judging writes by reading.
    """

    def __init__(self, calls: Calls, clock: Clock, emit: Emit = ignore, *, ramp: bool | None = None) -> None:
        """`ramp`: keep to the documented rate; None: against production alone."""
        self._calls = calls
        self._patience = Patience(clock, emit, calls.source)
        self._requests = Requests(calls, clock, emit)
        slow = not calls.source.emulator if ramp is None else ramp
        self._ramp = Ramp(clock) if slow else None
        self.failure: FirestoreUnavailable | None = None

    @property
    def reads(self) -> int:
        """Reads that Firestore bills, so far."""
        return self._requests.reads

    def send(self, batch: Sequence[Write]) -> list[Outcome]:
        """Send one batch (see `writes.batches`) until each write is settled, or `failure` is set.

        Lets through what `emit` raises, and KeyboardInterrupt: then nothing is known of the batch.
        """
        return self._sending(batch).finish()

    def begin(self, batch: Sequence[Write]) -> Sending:
        """As `send`, without waiting for the answer: `Sending.finish` does, and settles the batch.

        Others, of other documents, may be under way too. Waits for the ramp's turn.
        """
        sending = self._sending(batch)
        sending.begin()
        return sending

    def give_up(self) -> None:
        """Send nothing again: what is under way comes to what its answer says, or the documents tell."""
        if self.failure is None:
            self.failure = FirestoreUnavailable("given_up")

    def _sending(self, batch: Sequence[Write]) -> Sending:
        return Sending(self._calls, self._patience, self._requests, self._ramp, self, list(batch))


class Sending:
    """One batch on its way. `doubtful`: numbers of writes that may have taken effect unanswered."""

    def __init__(
        self,
        calls: Calls,
        patience: Patience,
        requests: Requests,
        ramp: Ramp | None,
        owner: Committer,
        batch: list[Write],
    ) -> None:
        self._calls = calls
        self._patience = patience
        self._requests = requests
        self._ramp = ramp
        self._owner = owner
        self._doubtful: set[int] = set()
        self._outcomes: list[Outcome] = []
        self._first: _Answer | None = None
        self.batch = batch

    def begin(self) -> None:
        """Make the first call, in a thread of its own."""
        if self._ramp is not None:
            self._ramp.wait(len(self.batch))
        self._first = _Answer(self._calls, self.batch)

    def finish(self) -> list[Outcome]:
        """The outcome of every write of the batch: settled, or the owner's `failure` is set.

        Lets through what `emit` raises, and KeyboardInterrupt: then nothing is known of the batch.
        """
        self._settle(self.batch)
        return self._outcomes

    def _settle(self, batch: list[Write]) -> None:
        pending = batch
        try:
            while pending:
                pending = self._once(pending)
        except FirestoreUnavailable as end:
            if isinstance(end, CallFailed) and end.status is grpc.StatusCode.INVALID_ARGUMENT:
                self._isolate(pending, end)
                return
            self._owner.failure = self._owner.failure or end
            self._judge_rest(pending)

    def _isolate(self, pending: list[Write], refusal: CallFailed) -> None:
        """The server refuses the call for one of its writes: find which, the others are to be written."""
        if len(pending) == 1:
            self._outcomes.append(Outcome(pending[0].number, "failed", 0, refusal.reason))
            return
        for half in (pending[: len(pending) // 2], pending[len(pending) // 2 :]):
            if self._owner.failure is None:
                self._settle(half)
            else:
                self._outcomes.extend(Outcome(write.number, "pending") for write in half)

    def _once(self, pending: list[Write]) -> list[Write]:
        """One call; returns the writes that are to be sent again. Raises FirestoreUnavailable at the end."""
        first, self._first = self._first, None
        if first is None:
            if self._owner.failure is not None:
                raise self._owner.failure  # of another batch: the server takes no more
            if self._ramp is not None:
                self._ramp.wait(len(pending))
        # Only an answer tells; whatever else ends the call, the writes may have taken effect.
        try:
            answer = first.get() if first is not None else _call(self._calls, pending)
        except grpc.RpcError as error:
            self._doubtful.update(write.number for write in pending)
            if self._owner.failure is None:
                self._patience.failed(error)
            return pending
        if len(answer.status) != len(pending):
            self._doubtful.update(write.number for write in pending)
            raise CallFailed(None, "results_missing", source=self._calls.source)
        return self._sort(pending, answer)

    def _sort(self, pending: list[Write], answer: Message) -> list[Write]:
        """Settle what the answer settles; returns the rest, after a wait."""
        again: list[Write] = []
        broken: list[Write] = []
        error: StatusError | None = None
        settled = len(self._outcomes)
        for index, (write, status) in enumerate(zip(pending, answer.status, strict=True)):
            if status.code == OK:
                time = nanoseconds(answer.write_results[index].update_time) if write.action != "delete" else 0
                self._outcomes.append(Outcome(write.number, "done", time))
            elif status.code in BROKEN:
                if write.number in self._doubtful:
                    broken.append(write)
                else:
                    self._outcomes.append(Outcome(write.number, "conflict"))
            elif (fault := transient(status)) is not None:
                error = fault
                self._doubtful.add(write.number)
                again.append(write)
            else:
                reason = refusal(status, self._calls.source)
                self._outcomes.append(Outcome(write.number, "failed", 0, reason))
        again += self._judge(broken)
        if len(self._outcomes) > settled:
            self._patience.progressed()
        if error is not None and self._owner.failure is None:
            self._patience.failed(error)
        return again

    def _judge(self, writes: list[Write]) -> list[Write]:
        """Settle writes by what is there now; returns those that did not take effect and still can."""
        again: list[Write] = []
        for write, outcome in judge(self._requests, self._calls.root, writes):
            if outcome.result == "pending":
                again.append(write)
            else:
                self._outcomes.append(outcome)
        return again

    def _judge_rest(self, pending: list[Write]) -> None:
        """After the end: the server that takes no writes may still say what took effect."""
        settled = {outcome.number for outcome in self._outcomes}
        rest = [write for write in pending if write.number not in settled]
        doubtful = [write for write in rest if write.number in self._doubtful]
        self._outcomes.extend(Outcome(w.number, "pending") for w in rest if w.number not in self._doubtful)
        try:
            self._outcomes.extend(outcome for _, outcome in judge(self._requests, self._calls.root, doubtful))
        except (FirestoreUnavailable, SnapshotExpired):
            settled = {outcome.number for outcome in self._outcomes}
            self._outcomes.extend(Outcome(w.number, "unknown") for w in doubtful if w.number not in settled)


class _Answer:
    """The answer to one call, made and waited for by a thread of its own, which ends with it.

    Nobody waits for that thread at the end of the process.
    """

    def __init__(self, calls: Calls, batch: Sequence[Write]) -> None:
        self._calls = calls
        self._batch = batch
        self._outcome: Callable[[], Message] = _not_answered
        self._thread = threading.Thread(target=self._run, name="facot-backups-write", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            answer = _call(self._calls, self._batch)
        except BaseException as error:  # noqa: BLE001 - raised again in `get`
            self._outcome = partial(_raise, error)
        else:
            self._outcome = lambda: answer

    def get(self) -> Message:
        """The answer, once it is there. Raises what the call does."""
        self._thread.join()
        return self._outcome()


def _not_answered() -> Message:
    raise AssertionError("the thread has not ended")


def _raise(error: BaseException) -> Message:
    raise error


def _call(calls: Calls, batch: Sequence[Write]) -> Message:
    return calls.batch_write(batch_request(calls.root, batch), _TIMEOUT)
