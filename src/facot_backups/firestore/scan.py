"""Everything that a scope holds, at one instant, in Firestore's name order, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import grpc

from facot_backups.clock import Clock
from facot_backups.errors import FacotBackupsError, FirestoreUnavailable, SnapshotExpired
from facot_backups.events import CollectionFailed, Emit, ignore
from facot_backups.firestore.calls import Calls
from facot_backups.firestore.codec import UnknownValue
from facot_backups.firestore.faults import CallFailed, is_quota
from facot_backups.firestore.names import path_of
from facot_backups.firestore.pages import BudgetSpent, Limits, Pages
from facot_backups.firestore.requests import Requests
from facot_backups.firestore.spans import Span, after_collection, collection_span, spans_of
from facot_backups.firestore.walk import Walk
from facot_backups.model import EVERYTHING, Document, DocumentPath, Scope, path_key, segment_key

# Each query has a fixed cost before its first document (measured in the emulator: more than reading 10,000),
# and a cut is resumed in mid-page anyway; so a page is what a server sends in the minute that it allows.
PAGE_SIZE = 100_000
# Seconds for one page: a server ends a stream by itself after 60; a dripping one is cut and resumed.
PAGE_TIMEOUT = 120.0
# What a server that knows no kindless query may answer to one.
_REFUSALS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.FAILED_PRECONDITION,
)
# Failures that say nothing about the collection at hand; a second one in a row ends the scan.
_GENERAL = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


class Scan:
    """One consistent reading. Iterate it once; the attributes are final when the iteration ended.

    `unreadable` maps a root collection to the Spanish reason why it is not whole: what was yielded of it
    must be thrown away. `stopped` is the reason why the scan ended before the end of its scope (an expired
    instant, a spent budget, a lost connection), else None; then collections whose names could not be asked
    for may be missing from `unreadable` too. `expired` says that it was the instant.

    Iterating raises FirestoreUnavailable or SnapshotExpired if no collection at all could be read whole,
    and lets through what `emit` raises. Memory does not grow with the database.
    """

    def __init__(  # noqa: PLR0913 - all but three have defaults, and are named
        self,
        connection: Calls,
        scope: Scope = EVERYTHING,
        *,
        clock: Clock,
        emit: Emit = ignore,
        read_time: datetime | None = None,
        page_size: int = PAGE_SIZE,
        max_reads: int | None = None,
        page_timeout: float = PAGE_TIMEOUT,
    ) -> None:
        self._calls = connection
        self._scope = scope
        self._emit = emit
        # One read is kept to ask for the names of what the budget left unread.
        self._max_reads = None if max_reads is None else max_reads - 1
        self._pages = Pages(
            connection,
            clock,
            emit,
            Limits(page_size, page_timeout, self._max_reads),
            read_time,
        )
        self._requests = Requests(connection, clock, emit)
        self._failure: FacotBackupsError | None = None
        self._any_whole = False
        self._walked = False
        self._general_failures = 0
        self.unreadable: dict[str, str] = {}
        self.stopped: str | None = None
        self.expired = False

    @property
    def read_time(self) -> datetime | None:
        """The instant (aware, UTC) of all that is read: from the server's first answer on, never changed.

        None before it, and where a budget allowed no question.
        """
        return self._pages.read_time

    @property
    def reads(self) -> int:
        """Reads that Firestore bills, so far."""
        return self._pages.reads + self._requests.reads

    def __iter__(self) -> Iterator[Document]:
        for span in spans_of(self._scope):
            if self.stopped is not None:
                self._give_up(span, None, self.stopped)
            elif not self._walked:
                yield from self._span(span)
        if self._failure is not None and not self._any_whole:
            raise self._failure
        if self._pages.read_time is None and self.stopped is None:
            # A scope that excludes all it names asks nothing; its instant is still the server's.
            self._pages.read_time = self._requests.instant()

    def _span(self, span: Span | None, after: str | None = None) -> Iterator[Document]:
        """All of a span; what fails goes to `unreadable` and `stopped`."""
        while span is not None:
            begun: str | None = None
            documents = self._pages.read(span, after)
            try:
                if (first := next(documents, None)) is not None:
                    begun = first.path[0]
                    yield first
                    yield from documents
                self._any_whole = True
                self._general_failures = 0
                return
            except UnknownValue as unknown:
                self._note_passed(begun, unknown.path)
                self._unread(unknown.path[0], str(unknown), self._not_read(str(unknown)))
                span, after = _rest(span, unknown.path[0]), None
            except (BudgetSpent, SnapshotExpired) as end:
                self._note_passed(begun, self._last_path())
                self._stop(span, end)
                return
            except CallFailed as failure:
                self._note_passed(begun, self._last_path())
                yield from self._after_failure(span, failure)
                return

    def _last_path(self) -> DocumentPath:
        last = self._pages.last
        return () if last is None else path_of(last, self._calls.root)

    def _note_passed(self, begun: str | None, path: DocumentPath) -> None:
        """Remember that a collection is whole when the reading got from it into another."""
        if begun is not None and path and path[0] != begun:
            self._any_whole = True

    def _not_read(self, problem: str) -> FirestoreUnavailable:
        return FirestoreUnavailable("unknown_value", problem=problem)

    def _unread(self, collection: str, reason: str, failure: FacotBackupsError | None) -> None:
        self._failure = self._failure or failure
        if collection not in self.unreadable:
            self.unreadable[collection] = reason
            self._emit(CollectionFailed(collection, reason))

    def _stop(self, span: Span, end: BudgetSpent | SnapshotExpired) -> None:
        if isinstance(end, SnapshotExpired):
            self._failure = end
            self.expired = True
            self.stopped = str(end)
        else:
            self.stopped = "Se alcanzó el máximo de lecturas (max_reads) antes de terminar."
        self._give_up(span, self._last_collection(span), self.stopped)

    def _last_collection(self, span: Span) -> str | None:
        """The collection in which the reading of `span` stands, None before its first document."""
        path = self._last_path()
        return path[0] if path and span.contains(path) else None

    def _give_up(self, span: Span, current: str | None, reason: str) -> None:
        """Name everything from `current` on as unreadable, as far as names can be had."""
        if span.collection is not None:
            self._unread(span.collection, reason, None)
            return
        if current is not None:
            self._unread(current, reason, None)
        with suppress(FirestoreUnavailable, SnapshotExpired):
            # An expired instant has no names any more; those of now tell what is not in the backup.
            moment = None if self.expired else self.read_time
            for collection in self._names(span, current, moment):
                self._unread(collection, reason, None)

    def _names(self, span: Span, current: str | None, moment: datetime | None) -> list[str]:
        """Root collections of `span` from `current` on, in order."""
        floor = segment_key(current) if current is not None else ()
        ids = self._requests.collection_ids(moment)
        return [c for c in ids if segment_key(c) >= floor and _within(collection_span(c), span)]

    def _after_failure(self, span: Span, failure: CallFailed) -> Iterator[Document]:
        """Go on behind an error that is neither transient nor an expired instant: by single collections."""
        if self._is_refusal(failure):
            yield from self._walk(failure)
            return
        if failure.status in _GENERAL and not self._pages.documents:
            raise failure  # not one document came: there is nothing to go on with
        self._failure = self._failure or failure
        self._general_failures += failure.status in _GENERAL
        current = self._last_collection(span)
        quota = failure.status is not None and is_quota(failure.status, failure.details)
        if quota or self._general_failures > 1:
            self.stopped = failure.reason
            self._give_up(span, current, failure.reason)
        elif span.collection is not None:
            self._unread(span.collection, failure.reason, failure)
        else:
            yield from self._by_collection(span, current, failure)

    def _by_collection(self, span: Span, current: str | None, failure: CallFailed) -> Iterator[Document]:
        after = self._pages.last if current is not None else None
        try:
            if self._pages.read_time is None:
                self._pages.read_time = self._requests.instant()
            names = self._names(span, current, self.read_time)
        except (FirestoreUnavailable, SnapshotExpired):
            self.stopped = failure.reason
            if current is not None:
                self._unread(current, failure.reason, failure)
            return
        for collection in names:
            part = collection_span(collection)
            if self.stopped is None:
                yield from self._span(part, after if collection == current else None)
            else:
                self._give_up(part, None, self.stopped)

    def _is_refusal(self, failure: CallFailed) -> bool:
        return (
            failure.status in _REFUSALS
            and self._pages.documents == 0
            and not self._any_whole
            and "Datastore" not in failure.details
        )

    def _walk(self, failure: CallFailed) -> Iterator[Document]:
        """The whole scope document by document; `failure` is raised if that does not work either."""
        self._walked = True
        try:
            moment = self._pages.read_time = self._pages.read_time or self._requests.instant()
            walk = Walk(self._calls, self._requests, moment, self._max_reads)
            names = self._requests.collection_ids(moment)
        except FirestoreUnavailable:
            raise failure from None
        wanted = [c for c in names if any(_touches(span, c) for span in spans_of(self._scope))]
        for collection in wanted:
            if self.stopped is not None:
                self._unread(collection, self.stopped, None)
                continue
            try:
                yield from (d for d in walk.read(collection) if self._scope.includes(d.path))
                self._any_whole = True
            except BudgetSpent:
                self.stopped = "Se alcanzó el máximo de lecturas (max_reads) antes de terminar."
                self._unread(collection, self.stopped, None)
            except UnknownValue as unknown:
                self._unread(collection, str(unknown), self._not_read(str(unknown)))
            except SnapshotExpired as end:
                self._failure = self._failure or end
                self.expired = True
                self.stopped = str(end)
                self._unread(collection, self.stopped, None)
            except CallFailed as broken:
                self._unread(collection, broken.reason, broken)


def _rest(span: Span, collection: str) -> Span | None:
    """What of `span` comes after a root collection; None if nothing does."""
    start = after_collection(collection)
    if span.collection is not None or start is None:
        return None
    rest = Span(start, span.stop)
    return None if span.stop is not None and path_key(span.stop) <= path_key(start) else rest


def _within(part: Span, span: Span) -> bool:
    return part.start is not None and span.contains(part.start)


def _touches(span: Span, collection: str) -> bool:
    return span.collection == collection or (
        span.collection is None and _within(collection_span(collection), span)
    )
