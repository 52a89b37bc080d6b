"""A few fields of every document of one root collection, without what lies below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from facot_backups.clock import Clock
from facot_backups.events import Emit
from facot_backups.firestore.calls import Calls, Stream
from facot_backups.firestore.check import count
from facot_backups.firestore.codec import UnknownValue
from facot_backups.firestore.faults import CallFailed
from facot_backups.firestore.pages import Limits, Pages
from facot_backups.firestore.scan import PAGE_SIZE, PAGE_TIMEOUT
from facot_backups.firestore.spans import Span
from facot_backups.model import EVERYTHING, Document, Source
from facot_backups.protocol import Message


class Columns:
    """The documents of a root collection with `fields` alone, at `read_time`. Iterate it once.

    `reads`: what Firestore bills, so far. Iterating raises FirestoreUnavailable or SnapshotExpired.
    """

    def __init__(
        self,
        calls: Calls,
        collection: str,
        fields: Sequence[str],
        read_time: datetime | None,
        clock: Clock,
        emit: Emit,
    ) -> None:
        limits = Limits(PAGE_SIZE, PAGE_TIMEOUT, None)
        self._asking: Calls = _Asking(calls, collection, fields)
        self._clock = clock
        self._emit = emit
        self._counting = 0
        self._pages = Pages(self._asking, clock, emit, limits, read_time)

    @property
    def reads(self) -> int:
        """Reads that Firestore bills, so far."""
        return self._pages.reads + self._counting

    def count(self) -> int | None:
        """How many documents iterating would read; None where the server cannot count.

        Raises FirestoreUnavailable.
        """
        counted = count(
            self._asking, EVERYTHING, read_time=self._pages.read_time, clock=self._clock, emit=self._emit
        )
        self._counting += counted.reads
        return counted.total

    def __iter__(self) -> Iterator[Document]:
        try:
            yield from self._pages.read(Span())
        except UnknownValue as unknown:
            raise CallFailed(None, "unknown_value", problem=str(unknown)) from None


class _Asking:
    """Calls whose queries ask for one collection and some fields, whatever they were."""

    def __init__(self, calls: Calls, collection: str, fields: Sequence[str]) -> None:
        self._calls = calls
        self._collection = collection
        self._fields = fields

    @property
    def source(self) -> Source:
        return self._calls.source

    @property
    def root(self) -> str:
        return self._calls.root

    def run_query(self, request: Message, timeout: float) -> Stream:
        query = self._narrowed(request.structured_query)
        for name in self._fields:
            query.select.fields.add(field_path=name)
        return self._calls.run_query(request, timeout)

    def _narrowed(self, query: Message) -> Message:
        query.from_[0].all_descendants = False
        query.from_[0].collection_id = self._collection
        return query

    def run_aggregation_query(self, request: Message, timeout: float) -> Stream:
        self._narrowed(request.structured_aggregation_query.structured_query)
        return self._calls.run_aggregation_query(request, timeout)

    def batch_get_documents(self, request: Message, timeout: float) -> Stream:
        return self._calls.batch_get_documents(request, timeout)

    def list_collection_ids(self, request: Message, timeout: float) -> Message:
        return self._calls.list_collection_ids(request, timeout)

    def list_documents(self, request: Message, timeout: float) -> Message:
        return self._calls.list_documents(request, timeout)

    def batch_write(self, request: Message, timeout: float) -> Message:
        return self._calls.batch_write(request, timeout)
