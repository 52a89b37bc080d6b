"""Documents of a span, read in large pages at one instant, whatever is cut on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import grpc

from facot_backups.clock import Clock
from facot_backups.events import Emit, Progressed
from facot_backups.firestore.calls import Calls
from facot_backups.firestore.codec import decode_document
from facot_backups.firestore.retry import Patience, check_expired
from facot_backups.firestore.spans import Span, get_time, page_request
from facot_backups.model import Document
from facot_backups.protocol import Message

# Documents between two `Progressed` events, less one; a power of two less one.
_PROGRESS_MASK = 1023


class BudgetSpent(Exception):
    """The reads that were allowed are used up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Documents per page, seconds per page, and reads in all (None: as many as there are)."""

    page_size: int
    page_timeout: float
    reads: int | None


class Pages:
    """Reads spans one after the other, all at the `read_time` of the first answer.

    `reads` counts what Firestore bills: one per document, at least one per query. `last` is the resource
    name of the last document yielded. `documents` counts them.
    """

    def __init__(
        self,
        calls: Calls,
        clock: Clock,
        emit: Emit,
        limits: Limits,
        read_time: datetime | None,
    ) -> None:
        self._calls = calls
        self._emit = emit
        self._limits = limits
        self._patience = Patience(clock, emit, calls.source)
        self.read_time = read_time
        self.reads = 0
        self.documents = 0
        self.last: str | None = None

    def read(self, span: Span, after: str | None = None) -> Iterator[Document]:
        """The documents of `span` in name order, those after the resource name `after` if given.

        Raises CallFailed when the server fails for good, SnapshotExpired when it no longer keeps the
        instant, BudgetSpent, and UnknownValue for a document that cannot be kept without loss.
        """
        self.last = after
        self._patience.progressed()
        over = False
        while not over:
            limit = self._limit()
            before = self.documents
            page = _Page(limit)
            try:
                yield from self._page(span, page)
            except grpc.RpcError as error:
                self._failed(error, progressed=self.documents > before)
                continue
            finally:
                self.reads += max(1, self.documents - before)
            over = page.scan_over
            if not (over or page.over):
                self._patience.cut(progressed=self.documents > before)

    def _limit(self) -> int:
        if self._limits.reads is None:
            return self._limits.page_size
        left = self._limits.reads - self.reads
        if left <= 0:
            raise BudgetSpent
        return min(left, self._limits.page_size)

    def _page(self, span: Span, page: _Page) -> Iterator[Document]:
        root = self._calls.root
        request = page_request(span, root, limit=page.limit, after=self.last, read_time=self.read_time)
        stream = self._calls.run_query(request, self._limits.page_timeout)
        unpinned = self.read_time is None
        try:
            for response in stream:
                if unpinned and not self._pin(response, page):
                    return
                if response.HasField("document"):
                    message = response.document
                    document = decode_document(message, root)
                    self.last = message.name
                    page.documents += 1
                    self.documents += 1
                    yield document
                    if not self.documents & _PROGRESS_MASK:
                        self._emit(Progressed(document.path[0], self.documents))
                    if page.documents == page.limit:
                        return
                elif response.HasField("read_time"):
                    page.empty_answer = True
                if response.done:
                    page.done = True
        finally:
            stream.cancel()

    def _pin(self, response: Message, page: _Page) -> bool:
        """Fix the instant by the first answer. False if this answer is of another: the page is cut there.

        While no instant is asked for, the server may move on within a stream; what it sends then is read
        again at the instant that is already fixed. So is everything if that has more than microseconds.
        """
        if page.stamp is None:
            if not response.HasField("read_time"):
                return not response.HasField("document")
            page.stamp = response.read_time
            self.read_time = get_time(response.read_time)
            return bool(response.read_time.nanos % 1000 == 0)
        return not response.HasField("read_time") or bool(response.read_time == page.stamp)

    def _failed(self, error: grpc.RpcError, *, progressed: bool) -> None:
        check_expired(error, self.read_time)
        if progressed:
            self._patience.progressed()
        self._patience.failed(error)


class _Page:
    """How one page went."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.documents = 0
        self.done = False
        self.empty_answer = False
        self.stamp: Message | None = None

    @property
    def over(self) -> bool:
        """The page ended as it should, not by a cut."""
        return self.done or self.documents >= self.limit

    @property
    def scan_over(self) -> bool:
        """Nothing follows: the server said so short of the limit, or answered without a document."""
        return self.documents < self.limit and (self.done or (self.empty_answer and not self.documents))
