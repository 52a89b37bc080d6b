"""Reading without kindless queries, for a server that refuses them: a request or two per document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from facot_backups.firestore.calls import Calls
from facot_backups.firestore.codec import decode_document
from facot_backups.firestore.pages import BudgetSpent
from facot_backups.firestore.requests import Requests
from facot_backups.model import Document
from facot_backups.protocol import ListDocumentsRequest

# Documents per request.
_PAGE = 300


class Walk:
    """Walks collections and documents at one instant, missing documents too, which only lead further down."""

    def __init__(self, calls: Calls, requests: Requests, read_time: datetime, max_reads: int | None) -> None:
        self._root = calls.root
        self._requests = requests
        self._read_time = read_time
        self._max_reads = max_reads

    def read(self, collection: str, parent: str | None = None) -> Iterator[Document]:
        """The existing documents of a collection and all below them, in Firestore's name order.

        `parent` is the resource name above the collection, None for the root. Raises CallFailed,
        BudgetSpent, and UnknownValue for a document that cannot be kept without loss.
        """
        token = ""
        while True:
            request = ListDocumentsRequest(
                parent=parent or self._root,
                collection_id=collection,
                page_size=self._left(),
                page_token=token,
            )
            page = self._requests.documents(request, self._read_time)
            for message in page.documents:
                if message.HasField("create_time"):
                    yield decode_document(message, self._root)
                self._left()
                for below in self._requests.collection_ids(self._read_time, message.name):
                    yield from self.read(below, message.name)
            token = page.next_page_token
            if not token:
                return

    def _left(self) -> int:
        """How many reads one request may cost. Raises BudgetSpent."""
        if self._max_reads is None:
            return _PAGE
        left = self._max_reads - self._requests.reads
        if left <= 0:
            raise BudgetSpent
        return min(left, _PAGE)
