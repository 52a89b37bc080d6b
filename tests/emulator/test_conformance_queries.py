"""Queries on both servers: pages, cursors, instants, counts, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from facot_backups.emulator.encode import fields, get_time, reference, set_time, to_value
from facot_backups.emulator.load import delete_documents
from facot_backups.emulator.refusals import Refusal
from tests.emulator.rpc import BY_NAME, EVERYTHING, Raw, both, field_filter, name_filter, raw
from tests.support.servers import FirestoreServer

DATA = ["q/0", "q/1", "q/2", "q/2/sub/a/deep/b", "q/3", "q/4", "q/gone/sub/x", "r/1", "z/miss/only/1"]
COLLECTION: dict[str, Any] = {"from_": [{"collection_id": "q"}]}
GROUP: dict[str, Any] = {"from_": [{"collection_id": "sub", "all_descendants": True}]}


@pytest.fixture
def server(firestore_server: FirestoreServer) -> Iterator[Raw]:
    """A server that holds DATA."""
    firestore_server.write([(path, fields({"n": number, "s": path})) for number, path in enumerate(DATA)])
    with raw(firestore_server) as calls:
        yield calls


def test_the_last_response_of_a_page_says_done(server: Raw) -> None:
    def shape(**request: Any) -> list[tuple[bool, bool, int]]:
        """Of each response: has a document, is done, how many were skipped."""
        answer = server.query(**request)
        assert all(response.HasField("read_time") for response in answer)
        return [(r.HasField("document"), r.done, r.skipped_results) for r in answer]

    assert shape(**EVERYTHING) == [(True, False, 0)] * 8 + [(True, True, 0)]
    assert shape(**EVERYTHING, limit={"value": 2}) == [(True, False, 0), (True, True, 0)]
    assert shape(**EVERYTHING, limit={"value": 0}) == [(False, True, 0)]
    assert shape(**EVERYTHING, offset=3, limit={"value": 2}) == [(True, False, 3), (True, True, 0)]
    assert shape(**EVERYTHING, offset=300) == [(False, True, 0)]
    assert shape(from_=[{"collection_id": "none"}]) == [(False, True, 0)]


def test_what_a_selector_covers(server: Raw) -> None:
    assert server.paths(**EVERYTHING) == DATA
    assert server.paths(**COLLECTION) == ["q/0", "q/1", "q/2", "q/3", "q/4"]
    assert server.paths(**GROUP) == ["q/gone/sub/x"]
    assert server.paths(from_=[{"collection_id": "deep", "all_descendants": True}]) == ["q/2/sub/a/deep/b"]
    assert server.paths() == server.paths(from_=[{}]) == ["q/0", "q/1", "q/2", "q/3", "q/4", "r/1"]
    assert server.paths(server.name("q/2"), **EVERYTHING) == ["q/2/sub/a/deep/b"]
    assert server.paths(server.name("q/gone"), **EVERYTHING) == ["q/gone/sub/x"]
    assert server.paths(server.name("q/2"), from_=[{}]) == []


def test_cursors(server: Raw) -> None:
    def start(value: Any, before: bool = True, **request: Any) -> Any:
        cursor = {"values": [value], "before": before}
        return server.paths(**(request or EVERYTHING), **BY_NAME, start_at=cursor)

    assert start(server.ref("q/2"), before=False) == DATA[3:]
    assert start(server.ref("q/2")) == DATA[2:]
    assert start(server.ref("q/gone"), before=False) == DATA[6:]
    assert start(server.ref("q/2/sub/a"), **COLLECTION) == ["q/3", "q/4"]
    assert start(server.ref("q\0/__id-9223372036854775808__")) == DATA[7:]
    for bad in (
        to_value("q/2"),
        reference(server.name("q")),
        reference("projects/x/databases/(default)/documents/q/1"),
        server.ref("q/__x__"),
    ):
        assert start(bad) == "INVALID_ARGUMENT"
    end = {"values": [server.ref("q/2")]}
    assert server.paths(**EVERYTHING, **BY_NAME, end_at=end | {"before": True}) == DATA[:2]
    assert server.paths(**EVERYTHING, **BY_NAME, end_at=end | {"before": False}) == DATA[:3]
    # Without an order of its own a query has no place for a cursor.
    assert server.paths(**EVERYTHING, start_at=end) == "INVALID_ARGUMENT"
    assert server.paths(**EVERYTHING, start_at={"before": True}) == DATA
    assert server.paths(**EVERYTHING, start_at={"before": False}) == []
    assert server.paths(**EVERYTHING, end_at={"before": True}) == []
    assert server.paths(**EVERYTHING, end_at={"before": False}) == DATA


def test_cursors_on_fields(server: Raw) -> None:
    by_n: dict[str, Any] = {"order_by": [{"field": {"field_path": "n"}, "direction": 2}]}
    assert server.paths(**COLLECTION, **by_n) == ["q/4", "q/3", "q/2", "q/1", "q/0"]
    start = {"values": [to_value(4)], "before": False}
    assert server.paths(**COLLECTION, **by_n, start_at=start) == ["q/2", "q/1", "q/0"]
    end = {"values": [to_value(1.0)], "before": False}
    assert server.paths(**COLLECTION, **by_n, end_at=end) == ["q/4", "q/3", "q/2", "q/1"]


def test_filters_on_names(server: Raw) -> None:
    low, high = server.ref("q/__id-9223372036854775808__"), server.ref("q\0/__id-9223372036854775808__")
    assert server.paths(**EVERYTHING, where=both(name_filter(4, low), name_filter(1, high))) == DATA[:7]
    assert server.paths(**EVERYTHING, where=name_filter(5, server.ref("q/2"))) == ["q/2"]
    assert server.paths(**EVERYTHING, where=name_filter(2, server.ref("q/1"))) == DATA[:2]
    assert server.paths(**EVERYTHING, where=name_filter(3, server.ref("q/4"))) == DATA[6:]
    assert server.paths(**EVERYTHING, where=name_filter(6, server.ref("q/0"))) == DATA[1:]
    assert server.paths(**COLLECTION, where=name_filter(3, server.ref("q/2/sub/a"))) == ["q/3", "q/4"]
    either = {"array_value": {"values": [server.ref("q/1"), server.ref("q/3")]}}
    assert server.paths(**EVERYTHING, where=name_filter(8, either)) == ["q/1", "q/3"]


def test_what_is_refused(server: Raw) -> None:
    by_name_down = {"order_by": [{"field": {"field_path": "__name__"}, "direction": 2}]}
    refused: list[dict[str, Any]] = [
        EVERYTHING | {"limit": {"value": -1}},
        EVERYTHING | {"offset": -1},
        EVERYTHING | by_name_down,
        EVERYTHING | {"order_by": [{"field": {"field_path": "n"}}]},
        EVERYTHING | {"where": field_filter("n", 5, to_value(1))},
        EVERYTHING | {"where": name_filter(5, to_value("q/1"))},
        EVERYTHING | {"select": {"fields": [{"field_path": "a..b"}]}},
        {"from_": [{"collection_id": "q"}, {"collection_id": "r"}]},
        {"from_": [{"collection_id": "__x__"}]},
        {"from_": [{"collection_id": "a/b"}]},
    ]
    for request in refused:
        assert server.query(**request) == "INVALID_ARGUMENT", request
    for parent in (server.name("q"), server.root, "x", server.top + "/"):
        assert server.query(parent, **EVERYTHING) == "INVALID_ARGUMENT", parent


def test_projections(server: Raw) -> None:
    def names(*selected: str) -> list[str]:
        select = {"fields": [{"field_path": path} for path in selected]}
        document = server.query(**COLLECTION, select=select)[0].document
        assert document.HasField("update_time")
        return sorted(document.fields)

    assert names() == names("__name__") == []
    assert names("n") == names("n", "none") == ["n"]
    masked = server.call("GetDocument", name=server.name("q/1"), mask={"field_paths": ["none"]})
    assert not masked.fields
    batch = {"database": server.root, "documents": [server.name("q/1")], "mask": {"field_paths": ["s"]}}
    assert list(server.call("BatchGetDocuments", **batch)[0].found.fields) == ["s"]


def test_counts(server: Raw) -> None:
    assert server.count(**EVERYTHING) == 9
    assert server.count(**EVERYTHING, limit={"value": 3}, offset=1) == 3
    assert server.count(**EVERYTHING, limit={"value": 30}, offset=7) == 2

    def counts(*aggregations: dict[str, Any]) -> Any:
        asked = {"structured_query": EVERYTHING, "aggregations": aggregations}
        answer = server.call("RunAggregationQuery", parent=server.top, structured_aggregation_query=asked)
        if isinstance(answer, str):
            return answer
        assert answer[0].HasField("read_time")
        return {alias: value.integer_value for alias, value in answer[0].result.aggregate_fields.items()}

    assert counts({"count": {}, "alias": "x"}, {"count": {"up_to": {"value": 2}}}) == {"x": 9, "field_1": 2}
    assert counts({"count": {"up_to": {"value": 0}}}) == {"field_1": 0}
    assert counts() == counts({}) == "INVALID_ARGUMENT"
    assert counts({"count": {}, "alias": "x"}, {"count": {}, "alias": "x"}) == "INVALID_ARGUMENT"


def test_batch_get(server: Raw) -> None:
    asked = [server.name(path) for path in ("q/3", "q/1", "q/nope", "q/1", "q/gone")]
    answer = server.call("BatchGetDocuments", database=server.root, documents=asked)
    assert all(response.HasField("read_time") for response in answer)
    given = [(server.path(r.found.name or r.missing), r.HasField("found")) for r in answer]
    # The emulator gives them in whatever order; each once.
    assert sorted(given) == [("q/1", True), ("q/3", True), ("q/gone", False), ("q/nope", False)]
    assert server.call("BatchGetDocuments", database=server.root, documents=["x"]) == "INVALID_ARGUMENT"


def test_one_instant(server: Raw, firestore_server: FirestoreServer) -> None:
    """Every kind of reading at a past instant sees that instant, whatever came after."""
    then = {"read_time": server.query(**EVERYTHING)[0].read_time}
    firestore_server.write([("q/1", fields({"n": 100})), ("new/1", {})])
    delete_documents(firestore_server.host, ["q/2", "r/1"], firestore_server.project)
    assert server.paths(**EVERYTHING) == ["new/1", *[path for path in DATA if path not in ("q/2", "r/1")]]
    assert server.paths(**EVERYTHING, **then) == DATA
    assert server.count(**EVERYTHING, **then) == 9
    assert list(server.call("ListCollectionIds", parent=server.top, **then).collection_ids) == ["q", "r", "z"]
    old = server.call("GetDocument", name=server.name("q/1"), **then)
    assert old.fields["n"].integer_value == 1
    batch = {"database": server.root, "documents": [server.name("q/2"), server.name("new/1")]}
    found = {r.found.name for r in server.call("BatchGetDocuments", **batch, **then)}
    assert found == {server.name("q/2"), ""}
    listed = server.call("ListDocuments", parent=server.top, collection_id="r", **then)
    assert [document.name for document in listed.documents] == [server.name("r/1")]
    assert server.query(**EVERYTHING, **then)[0].read_time == then["read_time"]


def test_instants_that_are_refused(server: Raw) -> None:
    now = server.query(**EVERYTHING)[0].read_time

    def at(seconds: int, nanos: int = 0) -> Any:
        moment = {"seconds": now.seconds + seconds, "nanos": now.nanos + nanos}
        answers = {str(server.paths(**EVERYTHING, read_time=moment)), str(server.count(read_time=moment))}
        assert len(answers) == 1
        return answers.pop()

    assert at(3600) == at(0, 1) == at(-now.seconds, -now.nanos) == "INVALID_ARGUMENT"


def test_an_instant_past_the_horizon(memory_server: FirestoreServer) -> None:
    """The emulator's own horizon is hours away, so only ours is asked; the code is Google's."""
    memory_server.write([("a/1", {})])
    memory_server.local.service.database(
        f"projects/{memory_server.project}/databases/(default)"
    ).horizon = timedelta(seconds=10)
    with raw(memory_server) as server:
        now = server.query(**EVERYTHING)[0].read_time
        set_time(now, get_time(now) - 9_000_000)
        assert server.paths(**EVERYTHING, read_time=now) == []
        set_time(now, get_time(now) - 2_000_000)
        assert server.paths(**EVERYTHING, read_time=now) == "FAILED_PRECONDITION"


def test_databases_are_apart(firestore_server: FirestoreServer) -> None:
    firestore_server.write([("a/1", {})])
    firestore_server.write([("b/1", {})], database="otra")
    assert [c.id for c in firestore_server.client().collections()] == ["a"]
    assert [c.id for c in firestore_server.client("otra").collections()] == ["b"]


def test_a_reading_that_outlives_its_instant_fails(memory_server: FirestoreServer) -> None:
    """Ours alone: production says so in the middle of a stream, and so must we, not give half the truth."""
    memory_server.write([(f"a/{number:04}", {}) for number in range(3000)])
    database = memory_server.local.service.database(f"projects/{memory_server.project}/databases/(default)")
    found = database.scan(b"", b"\xff", database.now())
    next(found)
    database.horizon = timedelta(0)
    with pytest.raises(Refusal, match="too old"):
        list(found)
