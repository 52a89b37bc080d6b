"""Faults that a test or the demo scripts: what goes wrong, in which call, after how many documents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import grpc

from facot_backups import protocol
from facot_backups.emulator import keys, names, query
from facot_backups.emulator.refusals import Refusal

Kind = Literal["error", "error_after", "silent_end", "drip", "wrong_count", "altered"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    `method`: the RPC ("RunQuery"), or "*" for every one. `calls`: which of the calls that it meets, counted
    from 1 since the fault was set, or None for all. `when`: a test on the request, None for every one.
    `collection`: it strikes only what touches that root collection: a count over it, a BatchGet or list in
    it, and a query when it reaches a document of it.

    `kind`:
    `error` fails with `code`, before the call does anything, or in a stream after `after` documents;
    `error_after` lets the call take effect, then fails with `code` instead of answering;
    `silent_end` ends the stream without `done` and without error after `after` documents;
    `drip` waits for a permit of `gate` before each message after the first `after`;
    `wrong_count` adds `delta` to a count; `altered` changes the documents that BatchGet gives.
    """

    method: str
    kind: Kind
    calls: tuple[int, ...] | None = None
    when: Callable[[protocol.Message], bool] | None = None
    collection: str | None = None
    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    message: str = "scripted fault"
    after: int = 0
    delta: int = 1
    gate: threading.Semaphore | None = None

    def refusal(self) -> Refusal:
        """The error that the client gets."""
        return Refusal(self.code, self.message)


@dataclass(slots=True)
class Script:
    """The faults that are set, and how often each method was called. Any thread may use it."""

    _faults: list[tuple[Fault, list[int]]] = field(default_factory=list)
    _calls: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Set one more fault; it counts calls from now on."""
        with self._lock:
            self._faults.append((fault, [0]))

    def clear(self) -> None:
        """Remove all faults; the numbers of calls stay."""
        with self._lock:
            self._faults.clear()

    def calls(self, method: str) -> int:
        """How often `method` was called since the server was made."""
        with self._lock:
            return self._calls.get(method, 0)

    def match(self, method: str, request: protocol.Message) -> list[Fault]:
        """Count a call and return the faults that meet it."""
        with self._lock:
            self._calls[method] = self._calls.get(method, 0) + 1
            known = list(self._faults)
        # A test on the request may wait for something, and must not hold up other calls.
        touched = [pair for pair in known if _is_about(pair[0], method, request)]
        with self._lock:
            return [fault for fault, seen in touched if _is_due(fault, seen)]


def before_call(faults: list[Fault]) -> None:
    """Raise what a fault wants instead of the call."""
    for fault in faults:
        if fault.kind == "error":
            raise fault.refusal()


def after_call(faults: list[Fault]) -> None:
    """Raise what a fault wants instead of the answer of a call that took effect."""
    for fault in faults:
        if fault.kind == "error_after":
            raise fault.refusal()


def disturbed(
    messages: Iterable[protocol.Message], faults: list[Fault], active: Callable[[], bool]
) -> Iterator[protocol.Message]:
    """The messages of a stream as the faults let them through.

    `active` is False once the client is gone. Each message counts as a document, the answer to an empty
    query too. A stream that is shorter than an error's `after` fails at its end.
    """
    reached = {fault for fault in faults if fault.collection is None}
    for sent, message in enumerate(messages):
        reached |= {fault for fault in faults if fault.collection and _is_in(message, fault.collection)}
        for fault in faults:
            if fault not in reached or sent < fault.after:
                continue
            if fault.kind == "silent_end":
                return
            if fault.kind == "error":
                raise fault.refusal()
            if fault.kind == "drip":
                _wait(fault, active)
        yield _changed(message, faults)
    before_call([fault for fault in faults if fault in reached])
    after_call([fault for fault in faults if fault in reached])


def _is_due(fault: Fault, seen: list[int]) -> bool:
    seen[0] += 1
    return fault.calls is None or seen[0] in fault.calls


def _is_about(fault: Fault, method: str, request: protocol.Message) -> bool:
    if fault.method not in (method, "*"):
        return False
    if fault.when is not None and not fault.when(request):
        return False
    return fault.collection is None or _touches(method, request, fault.collection)


def _touches(method: str, request: protocol.Message, collection: str) -> bool:
    """Whether a call may give, count or change documents of the root collection."""
    if method == "RunQuery":
        return _reaches(request.parent, request.structured_query, collection)
    if method == "RunAggregationQuery":
        return _reaches(request.parent, request.structured_aggregation_query.structured_query, collection)
    if method == "ListDocuments":
        parent = names.parse_parent(request.parent)
        return (parent.path or request.collection_id).split("/")[0] == collection
    return f"/documents/{collection}/".encode() in request.SerializeToString()


def _reaches(parent: str, structured: protocol.Message, collection: str) -> bool:
    asked = query.understand(names.parse_parent(parent), structured)
    first, last = keys.below(keys.segment_bytes(collection))
    return asked.low < last and first < asked.high


def _is_in(message: protocol.Message, collection: str) -> bool:
    if isinstance(message, bytes):
        message = protocol.RunQueryResponse.FromString(message)
        return f"/documents/{collection}/" in message.document.name
    return True


def _wait(fault: Fault, active: Callable[[], bool]) -> None:
    while fault.gate is not None and active() and not fault.gate.acquire(timeout=0.05):
        continue


def _changed(message: protocol.Message, faults: list[Fault]) -> protocol.Message:
    for fault in faults:
        if fault.kind == "silent_end" and isinstance(message, bytes):
            message = protocol.RunQueryResponse.FromString(message)
            message.ClearField("done")
        if fault.kind == "wrong_count" and isinstance(message, protocol.RunAggregationQueryResponse):
            for alias in message.result.aggregate_fields:
                message.result.aggregate_fields[alias].integer_value += fault.delta
        is_batch = isinstance(message, protocol.BatchGetDocumentsResponse)
        if fault.kind == "altered" and is_batch and message.HasField("found"):
            message.found.fields["_alterado"].boolean_value = True
    return message
