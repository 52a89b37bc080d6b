"""Writing into Firestore: batches, each write on its own condition, and confirmed by its own status.

What was sent and not answered may have taken effect: its repetition then meets the condition broken by
ourselves. So such a write is judged by reading what is there now (docs/arquitectura.md, "Escribir").
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

import grpc

from facot_backups.clock import Clock
from facot_backups.errors import FirestoreUnavailable, SnapshotExpired
from facot_backups.events import Emit, ignore
from facot_backups.firestore.calls import Calls
from facot_backups.firestore.faults import CallFailed, Decision, code_of, decide, failure
from facot_backups.firestore.requests import Requests
from facot_backups.firestore.retry import Patience
from facot_backups.protocol import BatchWriteRequest, Message
from facot_backups.protocol import Document as DocumentMessage

Kind: TypeAlias = Literal["done", "conflict", "failed", "pending", "unknown"]

# Documented: one call takes 500 writes, and 10 MiB; the emulator's calls take 4 MiB.
BATCH_WRITES = 500
BATCH_BYTES = 3_900_000
# What a write adds to its document: tags, lengths, its condition.
_OVERHEAD = 64
# Seconds for one call.
_TIMEOUT = 60.0
_PROBE_TIMEOUT = 20.0
_PERMISSION_DENIED = grpc.StatusCode.PERMISSION_DENIED.value[0]
_OK = 0
# What says that a document is not as its condition wants it: absent, there, another version.
_BROKEN = frozenset(
    code.value[0]
    for code in (
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
    )
)
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Write(NamedTuple):
    """One write: `document`, a serialized protobuf Document with its name, or None to delete.

    `number` is the caller's own. `expected`: the update time (nanoseconds) that the document must have;
    None: it must not exist.
    """

    number: int
    name: str
    document: bytes | None
    expected: int | None


class Outcome(NamedTuple):
    """What became of a write.

    `done`: it took effect; `update_time` (nanoseconds) is what the document has now, 0 for a deleted one.
    `conflict`: the document was not as expected, and was left alone. `failed`: the server refuses it;
    `reason`, in Spanish, says why. `pending`: it did not take effect. `unknown`: the server cannot be asked.
    """

    number: int
    kind: Kind
    update_time: int = 0
    reason: str = ""


def may_write(connection: Calls, patience: Patience | None = None) -> bool:
    """Whether we may write there at all. Changes nothing.

    Asks to delete a document that cannot exist, on the condition that it exists: the refusal tells the
    right to write from its absence (measured: docs/arquitectura.md, "Escribir"). What passes by itself is
    tried again as `patience` allows, without it not at all. Raises FirestoreUnavailable for anything else.
    """
    while True:
        try:
            return _probe(connection)
        except grpc.RpcError as error:
            if patience is None:
                raise failure(error, connection.source) from None
            patience.failed(error)


def _probe(connection: Calls) -> bool:
    request = _request(connection)
    write = request.writes.add(delete=f"{connection.root}/facot_backups_probe/{secrets.token_hex(16)}")
    write.current_document.exists = True
    try:
        status = connection.batch_write(request, _PROBE_TIMEOUT).status[0]
    except grpc.RpcError as error:
        code = code_of(error)
        if code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND):
            return code is grpc.StatusCode.NOT_FOUND
        raise
    if (fault := _transient(status)) is not None:
        raise fault
    return bool(status.code != _PERMISSION_DENIED)


def batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """The writes cut into batches of at most BATCH_WRITES and BATCH_BYTES; a larger one goes alone."""
    batch: list[Write] = []
    filled = 0
    for write in writes:
        length = _OVERHEAD + len(write.document if write.document is not None else write.name.encode())
        if batch and (len(batch) >= BATCH_WRITES or filled + length > BATCH_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(write)
        filled += length
    if batch:
        yield batch


class Ramp:
    """How fast production may be written to: 500 writes a second, half as many more every 5 minutes.

    Google documents it as the "500/50/5" rule. Seconds are those of `clock`.
    """

    FIRST_RATE = 500.0
    GROWTH = 1.5
    STEP_SECONDS = 300.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._next = clock.monotonic()

    def wait(self, writes: int) -> None:
        """Sleep until so many writes more may be sent."""
        now = self._clock.monotonic()
        if now < self._next:
            self._clock.sleep(self._next - now)
        start = max(now, self._next)
        rate = self.FIRST_RATE * self.GROWTH ** int((start - self._began) // self.STEP_SECONDS)
        self._next = start + writes / rate


class _Status(grpc.RpcError):
    """The status of one write, as an error of the whole call would be."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(f"{code.name}: {details}")
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


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
        """Send one batch (see `batches`) until each write is settled, or `failure` is set.

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
            if isinstance(end, CallFailed) and end.code is grpc.StatusCode.INVALID_ARGUMENT:
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
            raise CallFailed(
                None, f"{self._calls.source} no dio un resultado por escritura", "Avise con este texto."
            )
        return self._sort(pending, answer)

    def _sort(self, pending: list[Write], answer: Message) -> list[Write]:
        """Settle what the answer settles; returns the rest, after a wait."""
        again: list[Write] = []
        broken: list[Write] = []
        error: _Status | None = None
        settled = len(self._outcomes)
        for index, (write, status) in enumerate(zip(pending, answer.status, strict=True)):
            if status.code == _OK:
                time = (
                    _nanoseconds(answer.write_results[index].update_time) if write.document is not None else 0
                )
                self._outcomes.append(Outcome(write.number, "done", time))
            elif status.code in _BROKEN:
                if write.number in self._doubtful:
                    broken.append(write)
                else:
                    self._outcomes.append(Outcome(write.number, "conflict"))
            elif (fault := _transient(status)) is not None:
                error = fault
                self._doubtful.add(write.number)
                again.append(write)
            else:
                self._outcomes.append(self._refused(write, status))
        again += self._judge(broken)
        if len(self._outcomes) > settled:
            self._patience.progressed()
        if error is not None and self._owner.failure is None:
            self._patience.failed(error)
        return again

    def _refused(self, write: Write, status: Message) -> Outcome:
        fault = _Status(_CODES.get(status.code, grpc.StatusCode.UNKNOWN), status.message)
        return Outcome(write.number, "failed", 0, failure(fault, self._calls.source).reason)

    def _judge(self, writes: list[Write]) -> list[Write]:
        """Settle writes by what is there now; returns those that did not take effect and still can."""
        again: list[Write] = []
        for write, outcome in judge(self._requests, writes):
            if outcome.kind == "pending":
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
            self._outcomes.extend(outcome for _, outcome in judge(self._requests, doubtful))
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
    return calls.batch_write(_batch(calls, batch), _TIMEOUT)


def judge(requests: Requests, writes: Sequence[Write]) -> list[tuple[Write, Outcome]]:
    """What became of writes, by what is there now; at most a batch of them.

    Equal to the target is done, still as expected is pending, anything else a conflict. Raises CallFailed.
    """
    judged: list[tuple[Write, Outcome]] = []
    for start in range(0, len(writes), _GET_TOGETHER):
        part = writes[start : start + _GET_TOGETHER]
        answers = requests.batch_get([write.name for write in part], None)
        found = {answer.found.name: answer.found for answer in answers if answer.HasField("found")}
        judged += [(write, _judged(write, found.get(write.name))) for write in part]
    return judged


# Documents of up to a MiB each are held together.
_GET_TOGETHER = 100


def _judged(write: Write, live: Message | None) -> Outcome:
    if live is None:
        if write.document is None:
            return Outcome(write.number, "done")
        return Outcome(write.number, "pending" if write.expected is None else "conflict")
    time = _nanoseconds(live.update_time)
    if write.document is not None and same_message(write.document, live):
        return Outcome(write.number, "done", time)
    return Outcome(write.number, "pending" if time == write.expected else "conflict")


def same_message(document: bytes, live: Message) -> bool:
    """Whether a serialized protobuf Document has the very fields of `live`, to the bit."""
    ours = DocumentMessage(fields=DocumentMessage.FromString(document).fields)
    theirs = DocumentMessage(fields=live.fields)
    return bool(ours.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True))


def _transient(status: Message) -> _Status | None:
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    if status.code == _OK:
        return None
    return None if decide(code, status.message) is Decision.NEVER else _Status(code, status.message)


def _request(calls: Calls) -> Message:
    return BatchWriteRequest(database=calls.root.removesuffix("/documents"))


def _batch(calls: Calls, writes: Sequence[Write]) -> Message:
    request = _request(calls)
    for write in writes:
        message = request.writes.add()
        if write.document is None:
            message.delete = write.name
        else:
            message.update.ParseFromString(write.document)
        if write.expected is None:
            message.current_document.exists = False
        else:
            stamp = message.current_document.update_time
            stamp.seconds, stamp.nanos = divmod(write.expected, 1_000_000_000)
    return request


def _nanoseconds(stamp: Message) -> int:
    return int(stamp.seconds) * 1_000_000_000 + int(stamp.nanos)
