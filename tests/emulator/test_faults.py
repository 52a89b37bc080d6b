"""Scripted faults and switches of the in-memory server: each does what it says, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from facot_backups import protocol
from facot_backups.emulator import load, wire
from facot_backups.emulator.encode import fields
from facot_backups.emulator.faults import Fault
from facot_backups.emulator.server import LocalFirestore
from tests.emulator.rpc import EVERYTHING, Raw, raw
from tests.support.servers import FirestoreServer

PATHS = ["a/1", "a/2", "b/1", "b/2", "c/1"]


@pytest.fixture
def local(memory_server: FirestoreServer) -> LocalFirestore:
    """The server that the faults are set on."""
    server: LocalFirestore = memory_server.local
    return server


@pytest.fixture
def server(memory_server: FirestoreServer) -> Iterator[Raw]:
    """Calls on a database that holds PATHS."""
    memory_server.write([(path, fields({"n": 1})) for path in PATHS])
    with raw(memory_server) as calls:
        yield calls


def stream(server: Raw, host: str) -> tuple[list[str], str, bool]:
    """The paths that a scan of everything gives, how it ended, whether `done` came."""
    seen, done = [], False
    with grpc.insecure_channel(host) as channel:
        call = channel.unary_stream(
            f"/{wire.SERVICE}/RunQuery",
            request_serializer=protocol.RunQueryRequest.SerializeToString,
            response_deserializer=protocol.RunQueryResponse.FromString,
        )
        request = protocol.RunQueryRequest(parent=server.top, structured_query=EVERYTHING)
        try:
            for response in call(request, metadata=load.metadata(server.root), timeout=30):
                done = done or response.done
                seen += [server.path(response.document.name)] if response.HasField("document") else []
        except grpc.RpcError as error:
            return seen, error.code().name, done
    return seen, "OK", done


def test_errors_come_on_the_calls_they_are_set_for(server: Raw, local: LocalFirestore) -> None:
    local.add_fault(Fault("RunQuery", "error", calls=(2,)))
    answers = [server.paths(**EVERYTHING) for _ in range(3)]
    assert answers == [PATHS, "UNAVAILABLE", PATHS]
    assert local.script.calls("RunQuery") == 3


def test_a_stream_breaks_after_some_documents(server: Raw, local: LocalFirestore) -> None:
    local.add_fault(Fault("RunQuery", "error", after=3, code=grpc.StatusCode.INTERNAL))
    assert stream(server, local.host) == (PATHS[:3], "INTERNAL", False)


@pytest.mark.parametrize("after", [0, 3, 5])
def test_a_stream_ends_silently(server: Raw, local: LocalFirestore, after: int) -> None:
    local.add_fault(Fault("RunQuery", "silent_end", after=after))
    assert stream(server, local.host) == (PATHS[:after], "OK", False)
    local.clear_faults()
    assert stream(server, local.host) == (PATHS, "OK", True)


def test_a_write_takes_effect_and_fails(server: Raw, local: LocalFirestore) -> None:
    local.add_fault(Fault("BatchWrite", "error_after", calls=(1,)))
    assert server.batch(server.write("d/1")) == "UNAVAILABLE"
    assert server.fields("d/1") == {}
    local.add_fault(Fault("*", "error", when=lambda request: b"d/2" in request.SerializeToString()))
    assert server.batch(server.write("d/2")) == "UNAVAILABLE"
    local.clear_faults()
    assert server.fields("d/2") == "NOT_FOUND"


def test_one_collection_is_not_permitted(server: Raw, local: LocalFirestore) -> None:
    denied: dict[str, Any] = {"collection": "b", "code": grpc.StatusCode.PERMISSION_DENIED}
    local.add_fault(Fault("*", "error", **denied))
    assert stream(server, local.host) == (PATHS[:2], "PERMISSION_DENIED", False)
    assert server.paths(from_=[{"collection_id": "c"}]) == ["c/1"]
    assert server.paths(from_=[{"collection_id": "b"}]) == "PERMISSION_DENIED"
    assert server.count(from_=[{"collection_id": "a"}]) == 2
    assert server.count(**EVERYTHING) == server.count(from_=[{"collection_id": "b"}]) == "PERMISSION_DENIED"
    assert server.fields("b/1") == "PERMISSION_DENIED"
    assert list(server.call("ListCollectionIds", parent=server.top).collection_ids) == ["a", "b", "c"]
    assert server.batch(server.write("b/3")) == "PERMISSION_DENIED"


def test_a_count_and_a_document_that_lie(server: Raw, local: LocalFirestore) -> None:
    local.add_fault(Fault("RunAggregationQuery", "wrong_count", delta=-2))
    local.add_fault(Fault("BatchGetDocuments", "altered"))
    assert server.count(**EVERYTHING) == 3
    answer = server.call("BatchGetDocuments", database=server.root, documents=[server.name("a/1")])
    assert answer[0].found.fields != fields({"n": 1})
    assert server.fields("a/1") == fields({"n": 1})


def test_a_slow_stream_gives_what_it_is_permitted(server: Raw, local: LocalFirestore) -> None:
    gate = threading.Semaphore(0)
    local.add_fault(Fault("RunQuery", "drip", after=2, gate=gate))
    answers: list[Any] = []
    reader = threading.Thread(target=lambda: answers.append(stream(server, local.host)))
    reader.start()
    reader.join(timeout=0.2)
    assert reader.is_alive()
    gate.release(3)
    reader.join(timeout=30)
    assert answers == [(PATHS, "OK", True)]


def test_switches(server: Raw, local: LocalFirestore) -> None:
    local.switches.refuse_kindless = grpc.StatusCode.INVALID_ARGUMENT
    local.switches.refuse_count = grpc.StatusCode.UNIMPLEMENTED
    assert server.paths(**EVERYTHING) == "INVALID_ARGUMENT"
    assert server.paths(from_=[{"collection_id": "a"}]) == ["a/1", "a/2"]
    assert server.count(from_=[{"collection_id": "a"}]) == "UNIMPLEMENTED"


def test_only_loopback() -> None:
    for address in ("0.0.0.0", "192.168.1.4", "::"):
        with pytest.raises(ValueError, match="loopback"):
            LocalFirestore(address)


def test_documents_outlive_a_stop(memory_server: FirestoreServer) -> None:
    memory_server.write([("a/1", {})])
    local: LocalFirestore = memory_server.local
    host = local.host
    local.stop()
    with pytest.raises(RuntimeError):
        _ = local.host
    local.start()
    assert local.host == host
    with raw(memory_server) as server:
        assert server.paths(**EVERYTHING) == ["a/1"]
