"""The small requests beside the scan: names of collections, an instant, a count. Each is tried as often as
the retry table allows."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from facot_backups.clock import Clock
from facot_backups.events import Emit
from facot_backups.firestore.calls import Calls
from facot_backups.firestore.faults import CallFailed
from facot_backups.firestore.retry import MAX_CUTS, Patience, insist
from facot_backups.firestore.spans import get_time, set_time
from facot_backups.model import segment_key
from facot_backups.protocol import BatchGetDocumentsRequest, ListCollectionIdsRequest, Message

# Seconds that a small request may take before it is tried again.
TIMEOUT = 60.0
_PAGE = 300


class Requests:
    """Small requests at one instant. `reads` counts what Firestore bills for them.

    All raise CallFailed, in Spanish, when the server fails for good, and SnapshotExpired.
    """

    def __init__(self, calls: Calls, clock: Clock, emit: Emit) -> None:
        self._calls = calls
        self._patience = Patience(clock, emit, calls.source)
        self.reads = 0

    def collection_ids(self, read_time: datetime | None, parent: str | None = None) -> list[str]:
        """Ids of the collections below `parent` (a resource name; None for the root) in Firestore's order."""
        ids: list[str] = []
        token = ""
        while True:
            request = ListCollectionIdsRequest(
                parent=parent or self._calls.root, page_size=_PAGE, page_token=token
            )
            set_time(request.read_time, read_time)
            answer = self._once(self._calls.list_collection_ids, request, read_time)
            self.reads += 1
            ids.extend(answer.collection_ids)
            token = answer.next_page_token
            if not token:
                return sorted(set(ids), key=segment_key)

    def documents(self, request: Message, read_time: datetime) -> Message:
        """A page of the documents of one collection, missing ones too, in name order.

        `request` is a plain protobuf `ListDocumentsRequest`, but for its instant.
        """
        request.show_missing = True
        set_time(request.read_time, read_time)
        answer = self._once(self._calls.list_documents, request, read_time)
        self.reads += max(1, len(answer.documents))
        return answer

    def instant(self) -> datetime:
        """The server's present instant (one read of a document that does not exist)."""
        (answer,) = self.batch_get(list(absent_document(self._calls.root).documents), None)
        return get_time(answer.read_time)

    def batch_get(self, names: list[str], read_time: datetime | None) -> list[Message]:
        """The answers of BatchGetDocuments for resource names, at most a few hundred, in any order."""
        request = _batch_get(self._calls.root, names)
        set_time(request.read_time, read_time)

        def get() -> list[Message]:
            answers = self._calls.batch_get_documents(request, TIMEOUT)
            return [answer for answer in answers if answer.found.name or answer.missing]

        for _ in range(MAX_CUTS):
            answers = insist(get, self._patience, read_time)
            self.reads += len(answers)
            if len(answers) == len(names):
                return answers
        raise CallFailed(None, "documents_missing", source=self._calls.source)

    def _once(self, call: Any, request: Message, read_time: datetime | None) -> Message:
        return insist(lambda: call(request, TIMEOUT), self._patience, read_time)


def absent_document(root: str) -> Message:
    """A request for a document that no database has: the cheapest question, which tells the instant."""
    return _batch_get(root, [f"{root}/facot-backups/{uuid.uuid4().hex}"])


def _batch_get(root: str, names: list[str]) -> Message:
    return BatchGetDocumentsRequest(database=root.removesuffix("/documents"), documents=names)
