"""Proof at the source: what the server counts, and documents fetched once more, at the same instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import grpc

from facot_backups.clock import Clock
from facot_backups.errors import FormatError, SnapshotExpired
from facot_backups.events import Emit, ignore
from facot_backups.firestore.calls import Calls
from facot_backups.firestore.encode import encode
from facot_backups.firestore.equality import content
from facot_backups.firestore.faults import CallFailed, code_of, failure
from facot_backups.firestore.names import name_of
from facot_backups.firestore.requests import Requests
from facot_backups.firestore.retry import Patience, insist
from facot_backups.firestore.spans import Span, collection_span, get_time, query, set_time, spans_of
from facot_backups.model import Document, DocumentPath, Scope
from facot_backups.protocol import Message, RunAggregationQueryRequest

# The server gives up a count after 60 s by itself.
COUNT_TIMEOUT = 75.0
_ENTRIES_PER_READ = 1000
_UNCOUNTABLE = (
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


@dataclass(frozen=True, slots=True)
class Count:
    """What the server counts in a scope, nested documents too.

    `total` is None where it cannot count; then `reason` says why, in Spanish. `read_time` (aware, UTC) is
    the instant of the count, None if there was no answer.
    """

    total: int | None
    reason: str | None
    reads: int
    read_time: datetime | None = None


def count(
    connection: Calls,
    scope: Scope,
    read_time: datetime | None = None,
    *,
    clock: Clock,
    emit: Emit = ignore,
) -> Count:
    """Let the server count a scope at `read_time`, or now for None. Costs a read per 1,000 documents.

    A count that the server cannot make is not an error. Raises FirestoreUnavailable for anything else.
    """
    return _count(_Counter(connection, clock, emit), spans_of(scope), read_time)


def count_collection(
    connection: Calls,
    collection: str,
    read_time: datetime | None,
    *,
    clock: Clock,
    emit: Emit = ignore,
) -> Count:
    """`count` for one root collection with all below it."""
    return _count(_Counter(connection, clock, emit), [collection_span(collection)], read_time)


@dataclass(slots=True)
class _Counter:
    calls: Calls
    clock: Clock
    emit: Emit

    def once(self, span: Span, read_time: datetime | None) -> tuple[int, datetime]:
        """(documents of `span`, the instant of the count). Raises CallFailed."""
        request = RunAggregationQueryRequest(parent=self.calls.root)
        aggregation = request.structured_aggregation_query
        aggregation.structured_query.CopyFrom(query(span, self.calls.root))
        counting = aggregation.aggregations.add(alias="n")
        counting.count.SetInParent()
        set_time(request.read_time, read_time)
        patience = Patience(self.clock, self.emit, self.calls.source)
        answer = insist(lambda: self._result(request), patience, read_time)
        return answer.result.aggregate_fields["n"].integer_value, get_time(answer.read_time)

    def _result(self, request: Message) -> Message:
        try:
            for answer in self.calls.run_aggregation_query(request, COUNT_TIMEOUT):
                if answer.HasField("result"):
                    return answer
        except grpc.RpcError as error:
            # A count that took too long would take as long again.
            if code_of(error) is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise failure(error, self.calls.source) from None
            raise
        raise CallFailed(None, "no_count", source=self.calls.source)


def _count(counter: _Counter, spans: list[Span], read_time: datetime | None) -> Count:
    total, reads = 0, 0
    for span in spans:
        try:
            number, read_time = counter.once(span, read_time)
        except CallFailed as failure:
            if failure.status is None or failure.status in _UNCOUNTABLE:
                return Count(None, failure.problem, reads + 1, read_time)
            raise
        except SnapshotExpired as expired:
            return Count(None, str(expired), reads + 1, read_time)
        total += number
        reads += max(1, -(-number // _ENTRIES_PER_READ))
    return Count(total, None, reads, read_time)


def list_collections(
    connection: Calls, read_time: datetime | None = None, *, clock: Clock, emit: Emit = ignore
) -> list[str]:
    """Ids of all root collections at `read_time`, also those with missing documents alone, in name order.

    Costs one read per 300. Raises FirestoreUnavailable.
    """
    return Requests(connection, clock, emit).collection_ids(read_time)


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """Documents fetched again: how many were compared, which differ, and the reads that it cost."""

    compared: int
    differing: tuple[DocumentPath, ...]
    reads: int


def spot_check(
    connection: Calls,
    documents: Iterable[Document],
    read_time: datetime,
    *,
    clock: Clock,
    emit: Emit = ignore,
) -> SpotCheck:
    """Fetch a few existing `documents` again at `read_time` and compare them at the protobuf level.

    A document that the server does not have, or that does not encode, differs. Raises
    FirestoreUnavailable, or SnapshotExpired when the server no longer keeps that instant.
    """
    expected = {name_of(document.path, connection.root): document for document in documents}
    if not expected:
        return SpotCheck(0, (), 0)
    requests = Requests(connection, clock, emit)
    answers = requests.batch_get(list(expected), read_time)
    found = {answer.found.name: answer.found for answer in answers if answer.HasField("found")}
    differing = [
        document.path
        for name, document in expected.items()
        if name not in found or not same_fields(document, found[name], connection.root)
    ]
    return SpotCheck(len(expected), tuple(differing), requests.reads)


def same_fields(document: Document, message: Message, root: str) -> bool:
    """Whether `document` encodes to exactly the fields of a plain protobuf `Document`."""
    try:
        return content(encode(document.fields, document.types, root)) == content(message)
    except FormatError:
        return False
