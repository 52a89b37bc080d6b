"""After the writes: is everything there as it was to be, and what did others change meanwhile?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TypeVar

from facot_backups.archive.journal_lines import content_digest
from facot_backups.clock import Clock
from facot_backups.errors import FirestoreUnavailable, SnapshotExpired
from facot_backups.events import Emit, PhaseStarted, Progressed
from facot_backups.firestore.codec import UnknownValue, decode_document
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.names import name_of, path_of
from facot_backups.firestore.requests import Requests
from facot_backups.model import Document, DocumentPath, Write
from facot_backups.operations.comparison.changes import precedes
from facot_backups.operations.comparison.live import LiveSide
from facot_backups.operations.restore.plan import Plan
from facot_backups.operations.restore.progress import Progress
from facot_backups.operations.restore.spool import Outcomes

_T = TypeVar("_T")

CHANGED_AFTER = "alguien lo cambió después de escribirlo"
_DIFFERENT = "lo que se lee no es lo que se escribió"
_STEP = 1000
# Documents of up to a MiB each are held together.
GET_TOGETHER = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReadBack:
    """Compares the target with the plan, once it is written. What differs goes into `progress`."""

    def __init__(
        self,
        connection: Connection,
        plan: Plan,
        outcomes: Outcomes,
        progress: Progress,
        clock: Clock,
        emit: Emit,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._outcomes = outcomes
        self._progress = progress
        self._clock = clock
        self._emit = emit

    def scope(self) -> None:
        """By one more scan of the plan's scope; what is outside it, one by one.

        A failure to read is in `progress.read_back_failure`.
        """
        self._emit(PhaseStarted("reading-back"))
        live = LiveSide(self._connection, self._clock, self._emit)
        outside: list[Write] = []
        try:
            self._walk(live, outside)
            problem = live.stopped or next(iter(live.failures.values()), None)
            if problem is not None:
                raise FirestoreUnavailable("read_back_failed", problem=problem)
        except (FirestoreUnavailable, SnapshotExpired) as failure:
            self._progress.read_back_failure = failure
        finally:
            self._progress.reads += live.reads
        self.documents(outside)

    def documents(self, writes: Iterable[Write]) -> None:
        """The documents of the plan alone, fetched by name."""
        requests = Requests(self._connection, self._clock, self._emit)
        try:
            for write, document in fetched(requests, self._connection.root, writes):
                self._judge(write, document)
        except (FirestoreUnavailable, SnapshotExpired) as failure:
            self._progress.read_back_failure = failure
        finally:
            self._progress.reads += requests.reads

    def _walk(self, live: LiveSide, outside: list[Write]) -> None:
        """What is there now beside the plan's writes, and beside the documents that it left."""
        since = nanoseconds(self._plan.facts.read_time)
        writes, left = self._plan.in_name_order(heads=True), self._plan.left()
        write, name = next(writes, None), next(left, None)
        for done, document in enumerate(live.documents(self._plan.facts.scope), 1):
            path = document.path
            while write is not None and write.path != path and precedes(write.path, path):
                self._passed(write, live, outside)
                write = next(writes, None)
            while name is not None and name != path and precedes(name, path):
                self._gone(name, live)
                name = next(left, None)
            if name == path:
                name = next(left, None)
            if write is not None and write.path == path:
                self._judge(write, document)
                write = next(writes, None)
            elif document.update_time > since:
                self._progress.edit(path)
            if done % _STEP == 0:
                self._emit(Progressed(path[0], done))
        for rest in _all(write, writes):
            self._passed(rest, live, outside)
        for path in _all(name, left):
            self._gone(path, live)

    def _passed(self, write: Write, live: LiveSide, outside: list[Write]) -> None:
        """A document of the plan that the scan did not meet: it is not there, or not in the scope."""
        if not self._plan.facts.scope.includes(write.path):
            outside.append(write)
        elif live.knows(write.path):
            self._judge(write, None)

    def _gone(self, path: DocumentPath, live: LiveSide) -> None:
        """A document that the plan left alone, and that the scan did not meet."""
        if live.knows(path):
            self._progress.edit(path)

    def _judge(self, write: Write, live: Document | None) -> None:
        """A document of the plan; only of what was confirmed is anything to be said."""
        outcome = self._outcomes.get(write.number)
        if outcome is None or outcome.result != "done":
            return
        if write.digest is None or live is None:
            if write.digest is not None or live is not None:
                self._progress.conflict(write.path, CHANGED_AFTER)
        elif content_digest(live) != write.digest:
            if live.update_time == outcome.update_time:
                self._progress.trouble(write.path, "mismatch", _DIFFERENT)
            else:
                self._progress.conflict(write.path, CHANGED_AFTER)


def _all(first: _T | None, rest: Iterator[_T]) -> Iterator[_T]:
    return iter(()) if first is None else chain((first,), rest)


def fetched(
    requests: Requests, root: str, writes: Iterable[Write], read_time: datetime | None = None
) -> Iterator[tuple[Write, Document | None]]:
    """Each write with the document that is there now, or None; a hundred are held at a time.

    Raises FirestoreUnavailable, SnapshotExpired.
    """
    iterator = iter(writes)
    while part := list(islice(iterator, GET_TOGETHER)):
        found = documents_at(requests, root, [write.path for write in part], read_time)
        for write in part:
            yield write, found.get(write.path)


def documents_at(
    requests: Requests, root: str, paths: list[DocumentPath], read_time: datetime | None
) -> dict[DocumentPath, Document]:
    """The documents that exist, by path. Raises FirestoreUnavailable, SnapshotExpired."""
    answers = requests.batch_get([name_of(path, root) for path in paths], read_time)
    try:
        return {
            path_of(answer.found.name, root): decode_document(answer.found, root)
            for answer in answers
            if answer.HasField("found")
        }
    except UnknownValue as unknown:  # of the live database: no damage of a backup
        raise FirestoreUnavailable("unknown_value", problem=str(unknown)) from None


def nanoseconds(moment: datetime) -> int:
    """An aware `moment` as `Document.update_time` counts."""
    delta = moment - _EPOCH
    return ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1000
