"""Whatever a server does to a scan, the right documents come out, or their collection is unreadable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.errors import FirestoreUnavailable, SnapshotExpired
from facot_backups.events import CollectionFailed, Event, Retried
from facot_backups.firestore.check import count, spot_check
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.requests import Requests
from facot_backups.firestore.retry import GIVE_UP_AFTER, MAX_CUTS, Patience, insist
from facot_backups.firestore.scan import Scan
from facot_backups.model import EVERYTHING, DocumentPath, Scope, Source, path_key
from facot_backups.protocol import Message, Value
from tests.firestore.conftest import connect_to
from tests.firestore.faulty import WHOLE, Act, Code, Faulty, ManualClock, ScriptedError
from tests.support import values
from tests.support.servers import FirestoreServer

NAMES = ("a/1", "a/1/s/1", "a/2", "b/1", "b/2", "c/nadie/s/1", "d/1", "d/2", "d/3")
PATHS = sorted((tuple(name.split("/")) for name in NAMES), key=path_key)
GONE = ScriptedError(Code.UNAVAILABLE, "connection reset")
BROKEN = ScriptedError(Code.DATA_LOSS, "corrupt")
EXPIRED = ScriptedError(Code.FAILED_PRECONDITION, "The requested snapshot version is too old.")
QUOTA = ScriptedError(Code.RESOURCE_EXHAUSTED, "Quota exceeded.")
SILENCE = Act(after=0)


@pytest.fixture
def filled(firestore_server: FirestoreServer) -> Iterator[Connection]:
    """A connection to a database with `NAMES`."""
    fill(firestore_server)
    with connect_to(firestore_server) as connection:
        yield connection


def fill(server: FirestoreServer) -> None:
    """Put a small document at each of `NAMES`."""
    server.write([(name, {"n": values.value("integer_value", 1)}) for name in NAMES])


class Outcome:
    """What a scan over a faulty connection gave."""

    def __init__(self, calls: Faulty, clock: ManualClock, scope: Scope = EVERYTHING, **options: Any) -> None:
        self.events: list[Event] = []
        self.scan = Scan(calls, scope, clock=clock, emit=self.events.append, **options)
        self.paths = [document.path for document in self.scan]

    @property
    def good(self) -> list[DocumentPath]:
        """The documents of the collections that are whole."""
        return [path for path in self.paths if path[0] not in self.scan.unreadable]


def whole_but(*collections: str) -> list[DocumentPath]:
    """The documents of all collections but these."""
    return [path for path in PATHS if path[0] not in collections]


def reading(collection: str) -> Callable[[Message], bool]:
    """Accepts requests for the range of this one collection."""

    def asks(request: Message) -> bool:
        filters = request.structured_query.where.composite_filter.filters
        start = filters[0].field_filter.value.reference_value if filters else ""
        return f"/documents/{collection}/" in start

    return asks


TRANSIENT = {
    "cut before the first": [SILENCE],
    "cut twice before the first": [SILENCE, SILENCE],
    "cut in the middle": [Act(after=4)],
    "cut after each document": [Act(after=1)] * len(PATHS),
    "no done at all": [Act(keep_done=False)] * 3,
    "silence between documents": [Act(after=2), SILENCE, SILENCE, Act(after=2), SILENCE, SILENCE],
    "error before the first": [Act(after=0, error=GONE)],
    "error in the middle": [Act(after=4, error=GONE)],
    "error after the last document": [Act(error=GONE)],
    "errors of every transient kind": [
        Act(after=1, error=ScriptedError(code))
        for code in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.ABORTED, Code.RESOURCE_EXHAUSTED)
    ],
    "one internal error per progress": [Act(after=1, error=ScriptedError(Code.INTERNAL))] * 4,
    "slow and cut, with progress": [Act(after=1, error=GONE, takes=50)] * 6,
    "a sign of life, and silence": [Act(after=2, sign_of_life=True), Act(after=3, sign_of_life=True)],
    "half a minute of nothing": [Act(after=0, error=GONE, takes=10)] * 3,
}


@pytest.mark.parametrize("page_size", [1, 3, 20_000])
@pytest.mark.parametrize("acts", TRANSIENT.values(), ids=TRANSIENT)
def test_what_passes_leaves_no_trace(
    filled: Connection, clock: ManualClock, acts: list[Act], page_size: int
) -> None:
    calls = Faulty(filled, clock, list(acts))
    outcome = Outcome(calls, clock, page_size=page_size)
    assert outcome.paths == PATHS
    assert (outcome.scan.unreadable, outcome.scan.stopped) == ({}, None)
    pinned = {
        request.read_time.ToNanoseconds() for request in calls.requests if request.HasField("read_time")
    }
    assert len(pinned) <= 1
    assert calls.cancelled == len(calls.requests)


random_acts = st.lists(
    st.one_of(
        st.just(WHOLE),
        st.builds(Act, after=st.integers(1, 5)),
        st.builds(Act, after=st.integers(1, 5), error=st.just(GONE)),
        st.builds(Act, keep_done=st.booleans()),
        st.just(SILENCE),
    ),
    max_size=12,
).filter(lambda acts: acts.count(SILENCE) < MAX_CUTS)


@settings(max_examples=40)
@given(acts=random_acts, page_size=st.integers(1, 12))
def test_random_cuts(firestore_server: FirestoreServer, acts: list[Act], page_size: int) -> None:
    fill(firestore_server)
    clock = ManualClock()
    with connect_to(firestore_server) as connection:
        outcome = Outcome(Faulty(connection, clock, list(acts)), clock, page_size=page_size)
    assert outcome.paths == PATHS
    assert not outcome.scan.unreadable


@pytest.mark.parametrize(("dice", "part"), [(1.0, 1.0), (0.0, 0.5)])
def test_waits_are_those_of_the_table(clock: ManualClock, dice: float, part: float) -> None:
    patience = Patience(clock, lambda _: None, Source("p"), dice=lambda: dice)
    with pytest.raises(FirestoreUnavailable):
        for _ in range(100):
            patience.failed(GONE)
    waits = [min(15.0, 1.5**number) * part for number in range(len(clock.slept))]
    assert clock.slept == pytest.approx(waits)
    assert sum(waits) <= GIVE_UP_AFTER < sum(waits) + 15 * part


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (ScriptedError(Code.INTERNAL), 1),
        (ScriptedError(Code.UNKNOWN), 1),
        (ScriptedError(Code.DATA_LOSS), 0),
        (ScriptedError(Code.PERMISSION_DENIED), 0),
        (ScriptedError(Code.UNAVAILABLE, "getting metadata: invalid_grant: Bad Request"), 0),
        (QUOTA, 0),
    ],
)
def test_what_does_not_pass_is_not_insisted_on(clock: ManualClock, error: ScriptedError, times: int) -> None:
    patience = Patience(clock, lambda _: None, Source("p"))
    for _ in range(2):  # what was answered meanwhile begins a new count
        with pytest.raises(FirestoreUnavailable):
            for _ in range(times + 1):
                patience.failed(error)
        assert insist(lambda: 7, patience) == 7
    assert len(clock.slept) == 2 * times


def test_waits_grow_and_end(filled: Connection, clock: ManualClock) -> None:
    with pytest.raises(FirestoreUnavailable, match="no hay conexión"):
        Outcome(Faulty(filled, clock, always=Act(after=0, error=GONE)), clock)
    assert all(0.5 <= wait <= 15 for wait in clock.slept)
    assert clock.slept[-1] > clock.slept[0]
    assert GIVE_UP_AFTER / 2 < sum(clock.slept) <= GIVE_UP_AFTER


@pytest.mark.parametrize(
    "error", [BROKEN, ScriptedError(Code.PERMISSION_DENIED), ScriptedError(Code.INTERNAL)]
)
def test_one_broken_collection_costs_only_itself(
    filled: Connection, clock: ManualClock, error: Exception
) -> None:
    """The kindless scan breaks in `b`; the rest is read by ranges, and only that of `b` breaks again."""
    broken = [Act(after=4, error=error), *[Act(after=0, error=error)] * 3]
    seen: list[Message] = []

    def only(request: Message) -> bool:
        seen.append(request)
        return len(seen) <= 2 or reading("b")(request)

    outcome = Outcome(Faulty(filled, clock, broken, only=only), clock)
    assert list(outcome.scan.unreadable) == ["b"]
    assert outcome.good == whole_but("b")
    assert outcome.scan.stopped is None
    assert [event.collection for event in outcome.events if isinstance(event, CollectionFailed)] == ["b"]


@pytest.mark.parametrize(("error", "after"), [(BROKEN, 4), (ScriptedError(Code.INVALID_ARGUMENT), 2)])
def test_a_fallback_resumes_where_the_scan_broke(
    filled: Connection, clock: ManualClock, error: Exception, after: int
) -> None:
    outcome = Outcome(Faulty(filled, clock, [Act(after=after, error=error)]), clock)
    assert outcome.paths == PATHS
    assert not outcome.scan.unreadable


def test_a_fallback_before_the_first_answer(filled: Connection, clock: ManualClock) -> None:
    calls = Faulty(filled, clock, [Act(after=0, error=BROKEN), Act(after=0, error=BROKEN)])
    outcome = Outcome(calls, clock)
    assert outcome.good == whole_but("a")
    assert all(request.HasField("read_time") for request in calls.requests[1:])


def test_three_cuts_in_a_row_fail_there(filled: Connection, clock: ManualClock) -> None:
    calls = Faulty(filled, clock, [Act(after=4), SILENCE, SILENCE, SILENCE, SILENCE, SILENCE, SILENCE])
    outcome = Outcome(calls, clock)
    assert list(outcome.scan.unreadable) == ["b"]
    assert "cortó la lectura 3 veces" in outcome.scan.unreadable["b"]
    assert outcome.good == whole_but("b")
    assert clock.slept == []


def test_a_scope_of_collections_goes_on_behind_a_broken_one(filled: Connection, clock: ManualClock) -> None:
    calls = Faulty(filled, clock, only=reading("b"), always=Act(after=1, error=BROKEN))
    outcome = Outcome(calls, clock, Scope(("a", "b", "d")))
    assert list(outcome.scan.unreadable) == ["b"]
    assert outcome.good == whole_but("b", "c")
    with pytest.raises(FirestoreUnavailable, match="DATA_LOSS: corrupt"):
        Outcome(calls, clock, Scope(("b",)))


def test_a_collection_that_was_read_ends_the_failures_in_a_row(
    filled: Connection, clock: ManualClock
) -> None:
    calls = Faulty(
        filled, clock, only=lambda request: reading("b")(request) or reading("d")(request),
        always=Act(after=0, error=GONE),
    )  # fmt: skip
    outcome = Outcome(calls, clock, Scope(("a", "b", "c", "d")))
    assert (set(outcome.scan.unreadable), outcome.scan.stopped) == ({"b", "d"}, None)
    assert outcome.good == whole_but("b", "d")


class Forgetful(Faulty):
    """Knows the names of collections of the present alone."""

    def list_collection_ids(self, request: Message, timeout: float) -> Message:
        """The server's, at no instant."""
        if request.HasField("read_time"):
            raise EXPIRED
        return self.calls.list_collection_ids(request, timeout)


@pytest.mark.parametrize("after", [1, 4, len(PATHS)])
def test_an_expired_instant_is_never_pinned_again(filled: Connection, clock: ManualClock, after: int) -> None:
    calls = Forgetful(filled, clock, [Act(after=after, error=EXPIRED)], always=Act(after=0, error=EXPIRED))
    if after == 1:
        with pytest.raises(SnapshotExpired, match="PITR"):
            Outcome(calls, clock)
        return
    outcome = Outcome(calls, clock)
    assert outcome.scan.expired
    assert outcome.scan.stopped is not None and "PITR" in outcome.scan.stopped
    rest = {path[0] for path in PATHS if path_key(path) >= path_key(PATHS[after - 1])}
    assert set(outcome.scan.unreadable) == rest
    assert outcome.good == whole_but(*rest)
    assert len({request.read_time.ToNanoseconds() for request in calls.requests[1:]}) <= 1


def test_an_expired_instant_given_from_outside(filled: Connection, clock: ManualClock) -> None:
    with pytest.raises(SnapshotExpired):
        Outcome(Faulty(filled, clock, [Act(after=0, error=EXPIRED)]), clock)


def test_a_used_up_quota_stops_at_once(filled: Connection, clock: ManualClock) -> None:
    calls = Faulty(filled, clock, [Act(after=4, error=QUOTA)], always=Act(after=0, error=QUOTA))
    outcome = Outcome(calls, clock)
    assert set(outcome.scan.unreadable) == {"b", "c", "d"}
    assert "cuota" in (outcome.scan.stopped or "")
    assert (len(calls.requests), clock.slept) == (1, [])
    nameless = Faulty(filled, clock, [Act(after=4, error=QUOTA)], refuse={"list_collection_ids": QUOTA})
    outcome = Outcome(nameless, clock)
    assert outcome.good == whole_but("b", "c", "d") and outcome.scan.stopped is not None


def test_a_lost_connection_is_not_waited_for_once_per_collection(
    filled: Connection, clock: ManualClock
) -> None:
    calls = Faulty(filled, clock, [Act(after=4, error=GONE)], always=Act(after=0, error=GONE))
    outcome = Outcome(calls, clock)
    assert set(outcome.scan.unreadable) == {"b", "c", "d"}
    assert "no hay conexión" in (outcome.scan.stopped or "")
    assert sum(clock.slept) <= 2 * GIVE_UP_AFTER


def test_names_that_cannot_be_asked_for(filled: Connection, clock: ManualClock) -> None:
    calls = Faulty(
        filled, clock, [Act(after=4, error=BROKEN)], always=Act(after=0, error=GONE),
        refuse={"list_collection_ids": GONE},
    )  # fmt: skip
    outcome = Outcome(calls, clock)
    assert list(outcome.scan.unreadable) == ["b"]
    assert outcome.scan.stopped is not None
    assert outcome.good == whole_but("b", "c", "d")


@pytest.mark.parametrize("max_reads", range(1, len(PATHS) + 3))
def test_a_budget_is_kept(filled: Connection, clock: ManualClock, max_reads: int) -> None:
    outcome = Outcome(Faulty(filled, clock), clock, max_reads=max_reads)
    assert outcome.scan.reads <= max_reads
    if max_reads > len(PATHS) + 1:
        assert outcome.paths == PATHS and not outcome.scan.unreadable
    else:
        assert "max_reads" in (outcome.scan.stopped or "")
        rest = {path[0] for path in PATHS[max(0, max_reads - 2) :]}
        assert set(outcome.scan.unreadable) == rest
        assert outcome.good == whole_but(*rest)


@pytest.mark.parametrize("error", [Code.INVALID_ARGUMENT, Code.UNIMPLEMENTED, Code.FAILED_PRECONDITION])
def test_a_server_without_kindless_queries_is_walked(
    filled: Connection, clock: ManualClock, error: Code
) -> None:
    refusal = ScriptedError(error, "kindless queries are not supported")
    calls = Faulty(filled, clock, always=Act(after=0, error=refusal))
    assert Outcome(calls, clock).paths == PATHS
    some = Outcome(calls, clock, Scope(("d", "b")))
    assert some.paths == whole_but("a", "c")
    one = Outcome(calls, clock, Scope((), (("a", "1"),)))
    assert one.paths == PATHS[:2]
    for max_reads in range(3, 32) if error is Code.UNIMPLEMENTED else (6, 40):
        cheap = Outcome(calls, clock, max_reads=max_reads)
        assert cheap.scan.reads <= max_reads
        assert set(cheap.good) == set(whole_but(*cheap.scan.unreadable))
        assert (cheap.scan.stopped is None) == (cheap.good == PATHS)
    assert Outcome(calls, clock, max_reads=40).good == PATHS
    moment = one.scan.read_time
    assert Outcome(calls, clock, read_time=moment).scan.read_time == moment
    calls.refuse["list_documents"] = refusal
    with pytest.raises(FirestoreUnavailable, match=error.name):
        Outcome(calls, clock)


class Denying(Faulty):
    """Lists no documents of `b`."""

    def list_documents(self, request: Message, timeout: float) -> Message:
        """The server's, but for one collection."""
        if request.collection_id == "b":
            raise BROKEN
        return self.calls.list_documents(request, timeout)


def test_a_collection_that_cannot_be_walked_costs_only_itself(filled: Connection, clock: ManualClock) -> None:
    refusal = ScriptedError(Code.UNIMPLEMENTED, "kindless queries are not supported")
    outcome = Outcome(Denying(filled, clock, always=Act(after=0, error=refusal)), clock)
    assert list(outcome.scan.unreadable) == ["b"] and outcome.good == whole_but("b")


@pytest.mark.parametrize("name", ["a/1", "b/2", "d/3"])
def test_a_value_that_cannot_be_kept_makes_its_collection_unreadable(
    filled: Connection, clock: ManualClock, name: str
) -> None:

    def alter(_request: Message, _number: int, response: Message) -> None:
        """Put a value of an unknown kind into the document `name`."""
        if response.document.name.endswith("/documents/" + name):
            response.document.fields["raro"].CopyFrom(Value())

    calls = Faulty(filled, clock, alter=alter)
    outcome = Outcome(calls, clock, page_size=2)
    assert list(outcome.scan.unreadable) == [name[0]]
    assert f"{name}, campo raro" in outcome.scan.unreadable[name[0]]
    assert outcome.good == whole_but(name[0])


def test_answers_of_a_later_instant_are_read_again(filled: Connection, clock: ManualClock) -> None:
    def move(request: Message, number: int, response: Message) -> None:
        """Be of a later instant from the third answer on, if none was asked for, with other content."""
        if not request.HasField("read_time") and number >= 2:
            response.read_time.seconds += 1
            response.document.fields["n"].integer_value = 2

    scan = Scan(Faulty(filled, clock, alter=move), clock=clock)
    documents = list(scan)
    assert [document.path for document in documents] == PATHS
    assert all(document.fields == {"n": 1} for document in documents)


def finer(response: Message) -> None:
    response.read_time.nanos += 500


def without_instant(response: Message) -> None:
    response.ClearField("read_time")


@pytest.mark.parametrize("spoil", [finer, without_instant])
def test_what_came_at_an_instant_that_cannot_be_asked_for_is_read_again(
    filled: Connection, clock: ManualClock, spoil: Callable[[Message], None]
) -> None:
    def alter(_request: Message, _number: int, response: Message) -> None:
        if len(calls.requests) == 1:
            spoil(response)
            response.document.fields["n"].integer_value = 2

    calls = Faulty(filled, clock, alter=alter)
    documents = list(Scan(calls, clock=clock))
    assert [document.path for document in documents] == PATHS
    assert all(document.fields == {"n": 1} for document in documents)


class Short(Faulty):
    """Gives one answer less than it was asked for, `cuts` times; and names in an order of its own."""

    cuts = 0

    def batch_get_documents(self, request: Message, timeout: float) -> Any:
        """The server's, but for the last while there are cuts left."""
        answers = list(self.calls.batch_get_documents(request, timeout))
        self.cuts -= 1
        return answers[:-1] if self.cuts >= 0 else answers

    def list_collection_ids(self, request: Message, timeout: float) -> Message:
        """The server's, backwards."""
        answer = self.calls.list_collection_ids(request, timeout)
        answer.collection_ids[:] = reversed(answer.collection_ids)
        return answer


def test_an_answer_that_is_cut_is_no_absence(filled: Connection, clock: ManualClock) -> None:
    calls = Short(filled, clock)
    names = [f"{filled.root}/{name}" for name in NAMES]
    for cuts in (0, MAX_CUTS - 1):
        requests, calls.cuts = Requests(calls, clock, lambda _: None), cuts
        found = {answer.found.name for answer in requests.batch_get(names, None)}
        assert found == set(names)
        assert requests.reads == len(NAMES) * (cuts + 1) - cuts
    calls.cuts = MAX_CUTS
    with pytest.raises(FirestoreUnavailable, match="no devolvió todos"):
        Requests(calls, clock, lambda _: None).batch_get(names, None)
    assert Requests(calls, clock, lambda _: None).collection_ids(None) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "error", [ScriptedError(Code.DEADLINE_EXCEEDED), ScriptedError(Code.UNIMPLEMENTED), QUOTA]
)
def test_a_count_that_the_server_cannot_make_is_null(
    filled: Connection, clock: ManualClock, error: Exception
) -> None:
    counted = count(Faulty(filled, clock, refuse={"run_aggregation_query": error}), EVERYTHING, clock=clock)
    assert counted.total is None and counted.reason
    assert clock.slept == []  # it would be as long, and as much, the next time


def test_checks_at_an_expired_instant(filled: Connection, clock: ManualClock) -> None:
    scan = Scan(filled, clock=clock)
    documents = list(scan)
    assert scan.read_time is not None
    calls = Faulty(filled, clock, refuse={"batch_get_documents": EXPIRED, "run_aggregation_query": EXPIRED})
    with pytest.raises(SnapshotExpired, match="PITR"):
        spot_check(calls, documents, scan.read_time, clock=clock)
    counted = count(calls, EVERYTHING, scan.read_time, clock=clock)
    assert counted.total is None and "PITR" in (counted.reason or "")


def test_names_of_another_project_are_refused(filled: Connection, clock: ManualClock) -> None:
    def rename(_request: Message, _number: int, response: Message) -> None:
        """Answer under the project's number."""
        response.document.name = response.document.name.replace("projects/", "projects/1234", 1)

    with pytest.raises(FirestoreUnavailable, match="identificador"):
        list(Scan(Faulty(filled, clock, alter=rename), clock=clock))


def test_retries_are_told(filled: Connection, clock: ManualClock) -> None:
    outcome = Outcome(Faulty(filled, clock, [Act(after=2, error=GONE), Act(after=1)]), clock)
    retried = [event for event in outcome.events if isinstance(event, Retried)]
    assert "UNAVAILABLE" in retried[0].reason
    assert retried[0].wait_seconds == clock.slept[0]
