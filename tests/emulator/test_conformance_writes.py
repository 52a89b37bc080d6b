"""Writes on both servers: atomicity, preconditions, masks, transforms, transactions."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.api_core.exceptions import Aborted
from google.cloud import firestore

from facot_backups import protocol
from facot_backups.emulator import wire
from facot_backups.emulator.encode import fields, to_value
from tests.emulator.rpc import Raw, raw
from tests.support.servers import FirestoreServer

OK, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION = 0, 5, 6, 9


def test_commit_is_atomic_and_in_order(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        answer = server.commit(
            server.write("a/1", {"n": 1}), server.write("a/1", {"n": 2}), server.delete("a/9")
        )
        times = [result.update_time for result in answer.write_results]
        assert times == [answer.commit_time, answer.commit_time, times[2]]
        assert not answer.write_results[2].HasField("update_time")
        assert server.fields("a/1") == fields({"n": 2})
        exists = {"current_document": {"exists": True}}
        assert server.commit(server.write("a/2"), server.write("a/3", **exists)) == "NOT_FOUND"
        assert server.fields("a/2") == "NOT_FOUND"
        assert server.commit(server.write("a/2"), server.write("a/2", {"n": 1}, **exists)) != "NOT_FOUND"


def test_batch_write_is_not_atomic(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        absent = {"current_document": {"exists": False}}
        server.batch(server.write("a/1"))
        writes = [
            server.write("a/0"),
            server.write("a/1", **absent),
            server.delete("a/7"),
            server.write("a/2"),
        ]
        assert server.batch(*writes) == [OK, ALREADY_EXISTS, OK, OK]
        assert server.batch(server.write("a/5"), server.delete("a/5")) == "INVALID_ARGUMENT"
        assert server.batch() == []
        assert server.batch(protocol.Write()) == "INVALID_ARGUMENT"
        assert server.batch(*[server.write(f"b/{number}") for number in range(600)]) == [OK] * 600


def test_preconditions(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        server.batch(server.write("a/1"))
        right = {"update_time": server.update_time("a/1")}
        wrong = {"update_time": {"seconds": 1_700_000_000}}

        def codes(path: str, condition: dict[str, Any]) -> tuple[int, int]:
            """Of an empty update of a field, which changes nothing, and of a delete beside it."""
            mask: dict[str, Any] = {"update_mask": {"field_paths": []}}
            update = server.write(path, current_document=condition, **mask)
            delete = server.delete("a/never", current_document=condition)
            return tuple(server.batch(update, delete))

        assert codes("a/1", {"exists": True}) == (OK, NOT_FOUND)
        assert codes("a/1", {"exists": False}) == (ALREADY_EXISTS, OK)
        assert codes("a/1", right) == (OK, FAILED_PRECONDITION)
        assert codes("a/1", wrong) == (FAILED_PRECONDITION, FAILED_PRECONDITION)
        assert codes("a/none", {"exists": True}) == (NOT_FOUND, NOT_FOUND)
        assert codes("a/none", right) == (FAILED_PRECONDITION, FAILED_PRECONDITION)
        server.batch(server.write("a/1", {"n": 1}))
        assert codes("a/1", right) == (FAILED_PRECONDITION, FAILED_PRECONDITION)


def test_a_retried_write_looks_like_a_conflict(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        server.batch(server.write("a/1", {"n": 1}))
        condition = {"update_time": server.update_time("a/1")}
        update = server.write("a/1", {"n": 2}, current_document=condition)
        assert [server.batch(update), server.batch(update)] == [[OK], [FAILED_PRECONDITION]]
        create = server.write("a/2", current_document={"exists": False})
        assert [server.batch(create), server.batch(create)] == [[OK], [ALREADY_EXISTS]]


def test_a_write_that_changes_nothing_keeps_the_update_time(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        server.batch(server.write("a/1", {"n": 1, "m": {"a": 1, "b": math.nan}}))
        before = server.update_time("a/1")
        answer = server.commit(server.write("a/1", {"m": {"b": math.nan, "a": 1}, "n": 1}))
        assert answer.write_results[0].update_time == before == server.update_time("a/1")
        server.batch(server.delete("a/1"))
        server.batch(server.write("a/1"))
        again = server.call("GetDocument", name=server.name("a/1"))
        assert again.create_time == again.update_time != before


MASKS: list[tuple[dict[str, Any], list[str], dict[str, Any]]] = [
    ({"x": {"y": 5}}, ["x.y"], {"x": {"y": 5, "z": 2}, "k": 0}),
    ({}, ["x.z"], {"x": {"y": 1}, "k": 0}),
    ({}, ["x"], {"k": 0}),
    ({"k": 1}, [], {"x": {"y": 1, "z": 2}, "k": 0}),
    ({"q": {"r": 1}}, ["q.r", "q.s"], {"x": {"y": 1, "z": 2}, "k": 0, "q": {"r": 1}}),
    ({"x": {"y": 1}}, ["x"], {"x": {"y": 1}, "k": 0}),
    ({"x": 1}, ["y"], {"x": {"y": 1, "z": 2}, "k": 0}),
    ({"a.b": 1}, ["`a.b`"], {"x": {"y": 1, "z": 2}, "k": 0, "a.b": 1}),
    ({"ñ`\\": 1}, ["`ñ\\`\\\\`"], {"x": {"y": 1, "z": 2}, "k": 0, "ñ`\\": 1}),
    ({"k": {"z": 1}}, ["k.z"], {"x": {"y": 1, "z": 2}, "k": {"z": 1}}),
]


@pytest.mark.parametrize(("given", "mask", "wanted"), MASKS)
def test_masks(
    firestore_server: FirestoreServer, given: dict[str, Any], mask: list[str], wanted: dict[str, Any]
) -> None:
    with raw(firestore_server) as server:
        server.batch(server.write("a/1", {"x": {"y": 1, "z": 2}, "k": 0}))
        masked = {"update_mask": {"field_paths": mask}}
        assert server.batch(server.write("a/1", given, **masked)) == [OK]
        assert server.fields("a/1") == fields(wanted)


def test_masks_that_are_refused(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        for path in ("a..b", "", "a.", "1a", "a b", "`a"):
            write = server.write("a/1", {"x": 1}, update_mask={"field_paths": [path]})
            assert server.batch(write) == "INVALID_ARGUMENT", path


def array(*items: Any) -> Any:
    return {"values": [to_value(item) for item in items]}


# A transform, the result that is reported, the field afterwards.
TRANSFORMS: list[tuple[dict[str, Any], Any, Any]] = [
    ({"field_path": "n", "increment": to_value(2)}, 3, 3),
    ({"field_path": "n", "increment": to_value(0.5)}, 1.5, 1.5),
    ({"field_path": "text", "increment": to_value(2)}, 2, 2),
    ({"field_path": "big", "increment": to_value(2)}, 2**63 - 1, 2**63 - 1),
    ({"field_path": "n", "maximum": to_value(2)}, 2, 2),
    ({"field_path": "n", "maximum": to_value(1.0)}, 1, 1),
    ({"field_path": "n", "minimum": to_value(0.5)}, 0.5, 0.5),
    ({"field_path": "none", "minimum": to_value(7)}, 7, 7),
    ({"field_path": "a", "append_missing_elements": array(2, 3, 3, "y")}, None, [1, 2.0, "x", 3, "y"]),
    ({"field_path": "a", "remove_all_from_array": array(1.0, "x")}, None, [2.0]),
    ({"field_path": "none", "append_missing_elements": array(1)}, None, [1]),
    ({"field_path": "none", "remove_all_from_array": array(1)}, None, []),
]


@pytest.mark.parametrize("number", range(len(TRANSFORMS)))
def test_transforms(firestore_server: FirestoreServer, number: int) -> None:
    transform, result, after = TRANSFORMS[number]
    start = {"n": 1, "a": [1, 2.0, "x"], "text": "x", "big": 2**63 - 1}
    with raw(firestore_server) as server:
        server.batch(server.write("a/1", start))
        write = server.write("a/1", update_mask={"field_paths": []}, update_transforms=[transform])
        answer = server.commit(write)
        assert list(answer.write_results[0].transform_results) == [to_value(result)]
        assert server.fields("a/1") == fields(start | {transform["field_path"]: after})


def test_server_time(firestore_server: FirestoreServer) -> None:
    """Kept to the millisecond, and never later than the commit."""
    with raw(firestore_server) as server:
        transform = {"field_path": "m.t", "set_to_server_value": 1}
        answer = server.commit(server.write("a/1", {"n": 1}, update_transforms=[transform]))
        result = answer.write_results[0].transform_results[0].timestamp_value
        assert result.nanos % 1_000_000 == 0
        assert result.ToNanoseconds() <= answer.commit_time.ToNanoseconds()
        assert server.fields("a/1")["m"].map_value.fields["t"].timestamp_value == result


@pytest.mark.parametrize(
    "transform",
    [{"increment": to_value("x")}, {"set_to_server_value": 0}, {}, {"maximum": to_value(None)}],
)
def test_transforms_that_are_refused(firestore_server: FirestoreServer, transform: dict[str, Any]) -> None:
    with raw(firestore_server) as server:
        write = server.write("a/1", update_transforms=[{"field_path": "n", **transform}])
        assert server.commit(write) == "INVALID_ARGUMENT"


def test_single_document_calls(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        here = {"parent": server.top, "collection_id": "c"}
        document = protocol.Document(fields=fields({"n": 1}))
        made = server.call("CreateDocument", **here, document_id="a", document=document)
        assert made.fields == document.fields
        assert server.call("CreateDocument", **here, document_id="a") == "ALREADY_EXISTS"
        assert len(server.path(server.call("CreateDocument", **here).name)) == len("c/") + 20
        named = protocol.Document(name=server.name("c/z"))
        assert server.call("CreateDocument", **here, document_id="b", document=named) == "INVALID_ARGUMENT"
        exists = {"exists": True}
        assert server.call("UpdateDocument", document=named, current_document=exists) == "NOT_FOUND"
        assert server.call("UpdateDocument", document=named).name == named.name
        assert server.call("DeleteDocument", name=server.name("c/z")) == wire.Empty()
        gone = server.call("DeleteDocument", name=server.name("c/z"), current_document=exists)
        assert gone == "NOT_FOUND"


def test_transactions(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        token = _begin(server)
        server.call(
            "BatchGetDocuments", database=server.root, documents=[server.name("a/1")], transaction=token
        )
        assert server.commit(server.write("a/1"), transaction=token).write_results[0].HasField("update_time")
        assert server.commit(server.write("a/1"), transaction=token) == "INVALID_ARGUMENT"
        assert (
            server.commit(server.write("a/1"), transaction=_begin(server, read_only={})) == "INVALID_ARGUMENT"
        )
        token = _begin(server)
        assert server.call("Rollback", database=server.root, transaction=token) == wire.Empty()
        assert server.commit(transaction=token) == "INVALID_ARGUMENT"
        assert server.call("Rollback", database=server.root, transaction=b"no") == "INVALID_ARGUMENT"


def _begin(server: Raw, **options: Any) -> bytes:
    token: bytes = server.call("BeginTransaction", database=server.root, options=options).transaction
    return token


def test_google_client_writes_and_transacts(firestore_server: FirestoreServer) -> None:
    client = firestore_server.client()
    counter = client.document("sequences/1ncfB01")
    counter.set({"current": 5, "tags": ["a"]})

    @firestore.transactional
    def advance(transaction: Any) -> int:
        current: int = counter.get(transaction=transaction).get("current")
        transaction.update(counter, {"current": current + 1})
        return current

    assert advance(client.transaction()) == 5
    counter.update({"current": firestore.Increment(2), "tags": firestore.ArrayUnion(["b"])})
    counter.set({"at": firestore.SERVER_TIMESTAMP, "old": firestore.DELETE_FIELD}, merge=True)
    found = counter.get().to_dict() or {}
    assert {name: found[name] for name in ("current", "tags")} == {"current": 8, "tags": ["a", "b"]}
    assert found["at"].tzinfo is not None


def test_a_transaction_that_met_a_change_fails(memory_server: FirestoreServer) -> None:
    """Ours alone: the emulator makes the second writer wait for the first one's lock instead."""
    with raw(memory_server) as server:
        server.batch(server.write("a/1", {"n": 1}))
        token = _begin(server)
        server.call(
            "BatchGetDocuments", database=server.root, documents=[server.name("a/1")], transaction=token
        )
        server.batch(server.write("a/1", {"n": 2}))
        assert (
            server.commit(server.write("a/1", {"n": 3}), transaction=token) == Aborted.grpc_status_code.name
        )
        assert server.fields("a/1") == fields({"n": 2})
