"""Writes confirmed one by one: their conditions, the faults of single ones, what was not answered."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.emulator import encode
from facot_backups.emulator.faults import Fault
from facot_backups.emulator.load import delete_documents
from facot_backups.errors import FirestoreUnavailable
from facot_backups.firestore import writes
from facot_backups.firestore.calls import Calls
from facot_backups.firestore.commit import Committer
from facot_backups.firestore.connection import Connection, ConnectionOptions, connect
from facot_backups.firestore.names import documents_root, name_of
from facot_backups.firestore.permission import may_write
from facot_backups.firestore.ramp import Ramp
from facot_backups.firestore.requests import Requests
from facot_backups.firestore.retry import Patience
from facot_backups.firestore.writes import batches
from facot_backups.model import Outcome, Source, Write
from facot_backups.protocol import Document, Message
from tests.firestore.faulty import Code, ManualClock
from tests.support.servers import FirestoreServer


@pytest.fixture
def connection(firestore_server: FirestoreServer) -> Iterator[Connection]:
    options = ConnectionOptions(project=firestore_server.project, emulator_host=firestore_server.host)
    with connect(options) as connection:
        yield connection


def content(connection: Calls, path: str, number: int) -> bytes:
    name = f"{connection.root}/{path}"
    return bytes(Document(name=name, fields=encode.fields({"n": number})).SerializeToString())


def write(connection: Calls, number: int, path: str, value: int | None, expected: int | None) -> Write:
    document = content(connection, path, value) if value is not None else None
    digest = bytes(32) if document is not None else None
    return Write(number, tuple(path.split("/")), expected, digest, document)


def there(connection: Calls, path: str) -> Message | None:
    (answer,) = Requests(connection, ManualClock(), lambda _: None).batch_get(
        [f"{connection.root}/{path}"], None
    )
    return answer.found if answer.HasField("found") else None


def time_of(connection: Calls, path: str) -> int:
    found = there(connection, path)
    assert found is not None
    return int(found.update_time.seconds) * 10**9 + int(found.update_time.nanos)


def value_of(connection: Calls, path: str) -> int | None:
    found = there(connection, path)
    return None if found is None else int(found.fields["n"].integer_value)


def send(calls: Calls, *writes: Write, clock: ManualClock | None = None) -> list[Outcome]:
    committer = Committer(calls, clock or ManualClock())
    return sorted(committer.send(writes))


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [outcome.result for outcome in outcomes]


def test_each_write_meets_its_own_condition(
    connection: Connection, firestore_server: FirestoreServer
) -> None:
    firestore_server.write([(f"a/{n}", encode.fields({"n": n})) for n in range(6)])
    times = [time_of(connection, f"a/{n}") for n in range(6)]
    outcomes = send(
        connection,
        write(connection, 0, "a/0", 10, times[0]),
        write(connection, 1, "a/1", 11, times[1] - 1000),
        write(connection, 2, "a/2", None, times[2]),
        write(connection, 3, "a/3", None, times[3] - 1000),
        write(connection, 4, "a/4", 14, None),
        write(connection, 5, "a/9", 19, None),
        write(connection, 6, "a/8", 18, times[5]),
        write(connection, 7, "a/7", None, times[5]),
    )
    assert kinds(outcomes) == [
        "done",
        "conflict",
        "done",
        "conflict",
        "conflict",
        "done",
        "conflict",
        "conflict",
    ]
    values = {n: value_of(connection, f"a/{n}") for n in range(10)}
    assert values == {0: 10, 1: 1, 2: None, 3: 3, 4: 4, 5: 5, 6: None, 7: None, 8: None, 9: 19}
    assert outcomes[0].update_time == time_of(connection, "a/0") > times[0]
    assert (outcomes[2].update_time, outcomes[5].update_time) == (0, time_of(connection, "a/9"))


@dataclass
class Statuses:
    """A connection whose single writes fail by script.

    `acts` by call, then by write: None lets it pass, (code, applied) answers with that code and applies it
    or not. `between` runs before each call.
    """

    calls: Connection
    acts: list[dict[int, tuple[Code, bool]]] = field(default_factory=list)
    between: Callable[[int], None] = lambda _: None
    sent: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.calls, name)

    def batch_write(self, request: Message, timeout: float) -> Message:
        """The server's answer, changed as the next act says."""
        self.between(self.sent)
        act = self.acts[self.sent] if self.sent < len(self.acts) else {}
        self.sent += 1
        passed = [n for n in range(len(request.writes)) if n not in act or act[n][1]]
        kept = type(request)(database=request.database, writes=[request.writes[n] for n in passed])
        real = self.calls.batch_write(kept, timeout)
        answer = type(real)()
        for n in range(len(request.writes)):
            code, result = answer.status.add(), answer.write_results.add()
            if n in passed:
                code.CopyFrom(real.status[passed.index(n)])
                result.CopyFrom(real.write_results[passed.index(n)])
            if n in act:
                code.code = act[n][0].value[0]
                code.message = "scripted"
        return answer


_CODES = st.sampled_from([Code.UNAVAILABLE, Code.ABORTED, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED])
_acts = st.lists(st.dictionaries(st.integers(0, 3), st.tuples(_CODES, st.booleans()), max_size=3), max_size=4)


@given(_acts)
def test_transient_faults_of_single_writes_lose_and_double_nothing(
    memory_server: FirestoreServer, acts: list[dict[int, tuple[Code, bool]]]
) -> None:
    server = memory_server.fresh()
    server.write([("a/0", encode.fields({"n": 0})), ("a/1", encode.fields({"n": 1}))])
    options = ConnectionOptions(project=server.project, emulator_host=server.host)
    with connect(options) as connection:
        calls: Any = Statuses(connection, acts)
        outcomes = send(
            calls,
            write(connection, 0, "a/0", 10, time_of(connection, "a/0")),
            write(connection, 1, "a/1", None, time_of(connection, "a/1")),
            write(connection, 2, "a/2", 12, None),
            write(connection, 3, "a/3", 13, None),
        )
        assert kinds(outcomes) == ["done"] * 4
        assert [value_of(connection, f"a/{n}") for n in range(4)] == [10, None, 12, 13]
        assert [o.update_time for o in outcomes if o.number != 1] == [
            time_of(connection, f"a/{n}") for n in (0, 2, 3)
        ]


def test_an_edit_after_an_unanswered_write_is_a_conflict(memory_server: FirestoreServer) -> None:
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    with connect(options) as connection:

        def edit(call: int) -> None:
            if call == 1:
                memory_server.write([("a/0", encode.fields({"n": 99}))])
                delete_documents(memory_server.host, ["a/1"], memory_server.project)

        lost = (Code.UNAVAILABLE, True)
        calls: Any = Statuses(connection, [{0: lost, 1: lost, 2: lost}], edit)
        outcomes = send(calls, *(write(connection, n, f"a/{n}", n, None) for n in range(3)))
        # What was written and then deleted by somebody is as it was expected: it is written again.
        assert kinds(outcomes) == ["conflict", "done", "done"]
        assert value_of(connection, "a/0") == 99


def test_a_refused_write_does_not_stop_the_others(memory_server: FirestoreServer) -> None:
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    with connect(options) as connection:
        calls: Any = Statuses(connection, [{1: (Code.INVALID_ARGUMENT, False)}])
        outcomes = send(calls, *(write(connection, n, f"a/{n}", n, None) for n in range(3)))
        assert kinds(outcomes) == ["done", "failed", "done"]
        assert "INVALID_ARGUMENT" in outcomes[1].reason


@pytest.mark.parametrize("code", [Code.NOT_FOUND, Code.ALREADY_EXISTS, Code.FAILED_PRECONDITION])
def test_a_broken_condition_is_a_conflict_by_any_name(memory_server: FirestoreServer, code: Code) -> None:
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    with connect(options) as connection:
        calls: Any = Statuses(connection, [{0: (code, False)}])
        assert kinds(send(calls, write(connection, 0, "a/0", 0, 5_000))) == ["conflict"]


@dataclass
class Short:
    """A connection whose answers to writes lack the last status."""

    calls: Connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self.calls, name)

    def batch_write(self, request: Message, timeout: float) -> Message:
        """The server's answer, cut."""
        answer = self.calls.batch_write(request, timeout)
        del answer.status[-1]
        return answer


def test_an_answer_that_lacks_a_status_is_believed_in_nothing(memory_server: FirestoreServer) -> None:
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    with connect(options) as connection:
        short: Any = Short(connection)
        committer = Committer(short, ManualClock())
        outcomes = committer.send([write(connection, n, f"a/{n}", n, None) for n in range(2)])
        assert committer.failure is not None and kinds(outcomes) == ["done", "done"]


def test_what_is_still_as_expected_after_the_end_is_pending(memory_server: FirestoreServer) -> None:
    memory_server.write([("a/0", encode.fields({"n": 7}))])
    memory_server.local.add_fault(Fault("BatchWrite", "error"))
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    with connect(options) as connection:
        there_now = time_of(connection, "a/0")
        outcomes = send(
            connection,
            write(connection, 0, "a/0", 8, there_now),
            write(connection, 1, "a/1", None, there_now),
            write(connection, 2, "a/2", 8, there_now),
        )
        # A deletion of what is gone is as good as done; a change of what is gone is not.
        assert kinds(outcomes) == ["pending", "done", "conflict"]


@pytest.mark.parametrize("kind", ["error", "error_after"])
@pytest.mark.parametrize("readable", [False, True])
def test_a_server_that_takes_no_more_is_asked_what_it_took(
    memory_server: FirestoreServer, kind: Any, readable: bool
) -> None:
    memory_server.local.add_fault(Fault("BatchWrite", kind))
    if not readable:
        memory_server.local.add_fault(Fault("BatchGetDocuments", "error"))
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    clock = ManualClock()
    with connect(options) as connection:
        committer = Committer(connection, clock)
        outcomes = committer.send([write(connection, 0, "a/0", 0, None)])
    assert committer.failure is not None
    # Having taken effect at the first try, later ones break their own condition, which is an answer.
    expected = ("done" if kind == "error_after" else "pending") if readable else "unknown"
    assert kinds(outcomes) == [expected]
    assert sum(clock.slept) < 130


@pytest.mark.parametrize("kind", [None, "error", "error_after"])
def test_what_is_under_way_when_the_server_ends_is_told_too(
    memory_server: FirestoreServer, kind: Any
) -> None:
    """It is not insisted on, and not sent again; what it did is asked for."""
    denied = Fault(
        "BatchWrite",
        "error",
        when=lambda request: request.writes[0].update.name.endswith("/a/0"),
        code=Code.PERMISSION_DENIED,
    )
    memory_server.local.add_fault(denied)
    if kind is not None:
        memory_server.local.add_fault(
            Fault("BatchWrite", kind, when=lambda request: request.writes[0].update.name.endswith("/a/1"))
        )
    clock = ManualClock()
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    with connect(options) as connection:
        committer = Committer(connection, clock)
        first, second = (committer.begin([write(connection, n, f"a/{n}", n, None)]) for n in range(2))
        outcomes = [*first.finish(), *second.finish()]
        assert committer.failure is not None
        assert kinds(outcomes) == ["pending", "pending" if kind == "error" else "done"]
        assert [value_of(connection, f"a/{n}") for n in range(2)] == [None, None if kind == "error" else 1]
    assert clock.slept == []


def test_batches_are_bounded_by_count_and_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "BATCH_WRITES", 4)
    monkeypatch.setattr(writes, "BATCH_BYTES", 1000)
    sizes = [10] * 9 + [900, 10, 2000, 10]
    all_of_them = (Write(n, ("x", "1"), None, bytes(32), bytes(size)) for n, size in enumerate(sizes))
    found = [[write.number for write in batch] for batch in batches(all_of_them)]
    assert found == [[0, 1, 2, 3], [4, 5, 6, 7], [8], [9], [10], [11], [12]]


def test_the_largest_batch_passes(connection: Connection) -> None:
    document = Document(name=f"{connection.root}/a/0", fields=encode.fields({"t": "x" * 900_000}))
    writes = [
        Write(n, ("a", str(n)), None, bytes(32), _named(document, connection.root, n)) for n in range(9)
    ]
    sent = list(batches(writes))
    committer = Committer(connection, ManualClock())
    assert {outcome.result for batch in sent for outcome in committer.send(batch)} == {"done"}
    assert [len(batch) for batch in sent] == [4, 4, 1]


def _named(document: Message, root: str, number: int) -> bytes:
    document.name = name_of(("a", str(number)), root)
    return bytes(document.SerializeToString())


def test_production_is_written_to_by_the_documented_ramp() -> None:
    clock = ManualClock()
    ramp = Ramp(clock)
    rates = []
    for _ in range(4):
        began, sent = clock.monotonic(), 0
        while clock.monotonic() - began < 300:
            ramp.wait(500)
            sent += 500
        rates.append(sent / 300)
    assert rates[0] == pytest.approx(500, rel=0.01)
    for slower, faster in itertools.pairwise(rates):
        assert faster / slower == pytest.approx(1.5, rel=0.02)


def test_only_production_is_written_to_slowly(connection: Connection) -> None:
    clock = ManualClock()
    committer = Committer(connection, clock)
    for start in range(0, 3000, 500):
        committer.send([write(connection, n, f"a/{n}", n, None) for n in range(start, start + 500)])
    assert clock.slept == []
    real = Source("p", emulator=False)
    calls: Any = _AsProduction(connection, replace(real, project=connection.source.project))
    slow = Committer(calls, clock)
    for start in range(0, 2000, 500):
        batch = [write(connection, n, f"b/{n}", n, None) for n in range(start, start + 500)]
        outcomes = slow.begin(batch).finish() if start else slow.send(batch)
        assert {outcome.result for outcome in outcomes} == {"done"}
    assert sum(clock.slept) == pytest.approx(3)


@dataclass
class _AsProduction:
    """The same server, which does not say that it is an emulator."""

    calls: Connection
    source: Source

    def __getattr__(self, name: str) -> Any:
        return getattr(self.calls, name)


def test_who_may_not_write_is_told_so_and_what_passes_is_tried_again(memory_server: FirestoreServer) -> None:
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    clock = ManualClock()
    with connect(options) as connection:
        patience = Patience(clock, lambda _: None, connection.source)
        for code, allowed in ((Code.PERMISSION_DENIED, False), (Code.NOT_FOUND, True)):
            single: Any = Statuses(connection, [{0: (code, False)}])
            assert may_write(single, patience) == allowed
            memory_server.local.add_fault(Fault("BatchWrite", "error", calls=(1,), code=code))
            assert may_write(connection, patience) == allowed
            memory_server.local.clear_faults()
        assert clock.slept == []
        busy: Any = Statuses(connection, [{0: (Code.ABORTED, False)}, {0: (Code.PERMISSION_DENIED, False)}])
        assert not may_write(busy, patience) and len(clock.slept) == 1
        with pytest.raises(FirestoreUnavailable):
            may_write(Statuses(connection, [{0: (Code.ABORTED, False)}]))


def test_a_large_batch_without_an_answer_is_judged_to_its_end(memory_server: FirestoreServer) -> None:
    memory_server.local.add_fault(Fault("BatchWrite", "error_after", code=Code.PERMISSION_DENIED))
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    with connect(options) as connection:
        outcomes = send(connection, *(write(connection, n, f"a/{n}", n, None) for n in range(250)))
        assert kinds(outcomes) == ["done"] * 250


def test_a_call_that_is_refused_for_one_write_is_made_for_the_others(memory_server: FirestoreServer) -> None:
    def has_the_bad_one(request: Message) -> bool:
        return any(one.update.name.endswith("/a/5") for one in request.writes)

    memory_server.local.add_fault(
        Fault("BatchWrite", "error", when=has_the_bad_one, code=Code.INVALID_ARGUMENT)
    )
    options = ConnectionOptions(project=memory_server.project, emulator_host=memory_server.host)
    with connect(options) as connection:
        committer = Committer(connection, ManualClock())
        outcomes = sorted(committer.send([write(connection, n, f"a/{n}", n, None) for n in range(9)]))
        assert kinds(outcomes) == ["done"] * 5 + ["failed"] + ["done"] * 3
        assert committer.failure is None and value_of(connection, "a/8") == 8


def test_whether_we_may_write_changes_nothing(
    connection: Connection, firestore_server: FirestoreServer
) -> None:
    assert may_write(connection)
    root = documents_root(connection.source)
    assert root == connection.root
    assert Requests(connection, ManualClock(), lambda _: None).collection_ids(None) == []
