"""A connection that fails by script, and a clock that only moves when somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import grpc

from facot_backups.firestore.calls import Calls, Stream
from facot_backups.model import Source
from facot_backups.protocol import Message

Code = grpc.StatusCode


class ManualClock:
    """A clock whose `sleep` takes no time and moves it; `slept` has every wait in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The instant that `sleep` moved the clock to."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """The seconds slept so far."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept.append(seconds)
        self.seconds += seconds

    def zone(self) -> tzinfo:
        """UTC."""
        return UTC


class ScriptedError(grpc.RpcError):
    """An error as a call raises it."""

    def __init__(self, code: Code, details: str = "") -> None:
        super().__init__(f"{code}: {details}")
        self._code = code
        self._details = details

    def code(self) -> Code:
        """gRPC's code."""
        return self._code

    def details(self) -> str:
        """The server's text."""
        return self._details


@dataclass(frozen=True)
class Act:
    """What happens to one query: after `after` documents it ends, in silence or with `error`.

    `sign_of_life`: the last thing that it sends is an answer without a document.

    With `after` None the stream runs to its end; with `error` that is then raised there. `keep_done` False
    takes the server's `done` away. `takes` are seconds that pass before the fault.
    """

    after: int | None = None
    error: Exception | None = None
    keep_done: bool = True
    sign_of_life: bool = False
    takes: float = 0.0


WHOLE = Act()


@dataclass
class Faulty:
    """`Calls` that plays `acts`, one per query, then `always` (if any) for all later ones.

    `only` restricts the faults to queries whose request it accepts. `refuse` maps the name of a call to
    the error that it raises. `alter` may change each answer, knowing the request and the answer's number.
    """

    calls: Calls
    clock: ManualClock
    acts: list[Act] = field(default_factory=list)
    always: Act = WHOLE
    only: Any = None
    refuse: dict[str, Exception] = field(default_factory=dict)
    alter: Callable[[Message, int, Message], None] | None = None
    requests: list[Message] = field(default_factory=list)
    cancelled: int = 0

    @property
    def source(self) -> Source:
        """The database behind."""
        return self.calls.source

    @property
    def root(self) -> str:
        """The database's documents."""
        return self.calls.root

    def run_query(self, request: Message, timeout: float) -> Stream:
        """The server's stream, as the next act lets it through."""
        self.requests.append(request)
        act = WHOLE
        if self.only is None or self.only(request):
            act = self.acts.pop(0) if self.acts else self.always
        return _Acted(self, request, self.calls.run_query(request, timeout), act)

    def run_aggregation_query(self, request: Message, timeout: float) -> Stream:
        """The server's, unless refused."""
        self._check("run_aggregation_query")
        return self.calls.run_aggregation_query(request, timeout)

    def batch_get_documents(self, request: Message, timeout: float) -> Stream:
        """The server's, unless refused."""
        self._check("batch_get_documents")
        return self.calls.batch_get_documents(request, timeout)

    def list_collection_ids(self, request: Message, timeout: float) -> Message:
        """The server's, unless refused."""
        self._check("list_collection_ids")
        return self.calls.list_collection_ids(request, timeout)

    def list_documents(self, request: Message, timeout: float) -> Message:
        """The server's, unless refused."""
        self._check("list_documents")
        return self.calls.list_documents(request, timeout)

    def batch_write(self, request: Message, timeout: float) -> Message:
        """The server's, unless refused."""
        self._check("batch_write")
        return self.calls.batch_write(request, timeout)

    def _check(self, call: str) -> None:
        if error := self.refuse.get(call):
            raise error


class _Acted:
    def __init__(self, faulty: Faulty, request: Message, stream: Stream, act: Act) -> None:
        self._faulty = faulty
        self._request = request
        self._stream = stream
        self._act = act

    def __iter__(self) -> Iterator[Message]:
        seen = 0
        if self._act.after == 0:
            yield from self._end()
            return
        for number, message in enumerate(self._stream):
            if self._faulty.alter is not None:
                self._faulty.alter(self._request, number, message)
            if not self._act.keep_done:
                message.ClearField("done")
            seen += message.HasField("document")
            if self._act.after is not None and seen == self._act.after:
                message.ClearField("done")
                yield message
                if self._act.sign_of_life:
                    yield type(message)(read_time=message.read_time)
                yield from self._end()
                return
            yield message
        yield from self._end()

    def _end(self) -> Iterator[Message]:
        self._faulty.clock.seconds += self._act.takes
        if self._act.error is not None:
            raise self._act.error
        yield from ()

    def cancel(self) -> object:
        """Stop the server's stream."""
        self._faulty.cancelled += 1
        return self._stream.cancel()
