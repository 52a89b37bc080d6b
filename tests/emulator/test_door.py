"""The door of the in-memory Firestore: with a token, nobody else gets an answer of any kind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import Unauthenticated
from google.cloud import firestore
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups import protocol
from facot_backups.emulator import wire
from facot_backups.emulator.door import new_token
from facot_backups.emulator.encode import fields
from facot_backups.emulator.server import LocalFirestore
from facot_backups.emulator.service import methods
from facot_backups.errors import FirestoreUnavailable
from facot_backups.firestore.connection import ConnectionOptions, connect, make_client

PROJECT = "prueba"
TOKEN = new_token()
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
_KEY = "authorization"
# With what a stranger may try: (name, value) of each header.
STRANGERS: list[list[tuple[str, str | bytes]]] = [
    [],
    [(_KEY, "Bearer owner")],
    [(_KEY, TOKEN)],
    [(_KEY, f"Bearer {TOKEN[:-1]}")],
    [(_KEY, f"Bearer {TOKEN}x")],
    [(_KEY, f"Bearer {TOKEN.swapcase()}")],
    [(_KEY, f"bearer {TOKEN}")],
    [(_KEY, "Bearer "), (_KEY, "")],
    [(f"x-{_KEY}", f"Bearer {TOKEN}")],
    [(f"{_KEY}-bin", f"Bearer {TOKEN}".encode())],
    [("token", TOKEN), ("cookie", TOKEN)],
]


@pytest.fixture(scope="module")
def guarded() -> Iterator[LocalFirestore]:
    with LocalFirestore(token=TOKEN) as server:
        server.load([("a/1", fields({"n": 1}))], PROJECT)
        yield server


@pytest.fixture
def channel(guarded: LocalFirestore) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(guarded.host) as opened:
        yield opened


def paths() -> list[str]:
    known = [method.name for method in methods(LocalFirestore().service)]
    return [
        *(f"/{wire.SERVICE}/{name}" for name in [*known, "Listen", "Write", "PartitionQuery", "", "Nothing"]),
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/grpc.channelz.v1.Channelz/GetServers",
        "/google.firestore.admin.v1.FirestoreAdmin/ListDatabases",
        "/",
        "/x",
    ]


def answer(channel: grpc.Channel, path: str, headers: Any, request: bytes = b"") -> grpc.StatusCode | None:
    """The code of the refusal, None for an answer."""
    ask: Any = channel.unary_stream(path)
    try:
        list(ask(request, metadata=headers, timeout=30))
    except grpc.RpcError as error:
        return error.code()
    return None


@pytest.mark.parametrize("path", paths())
def test_no_call_of_a_stranger_is_answered(guarded: LocalFirestore, channel: grpc.Channel, path: str) -> None:
    """Whatever the method, and whether the request is one or not: nothing of it is parsed."""
    root = wire.database_name(PROJECT)
    read = protocol.RunQueryRequest(parent=f"{root}/documents").SerializeToString()
    name = path.rpartition("/")[2]
    before = guarded.script.calls(name)
    for headers in STRANGERS:
        for request in (b"", read, b"\xff" * 100):
            assert answer(channel, path, headers, request) is UNAUTHENTICATED, headers
    assert guarded.script.calls(name) == before
    assert answer(channel, path, [(_KEY, f"Bearer {TOKEN}")], b"\xff") is not UNAUTHENTICATED


@settings(max_examples=200)
@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60), max_size=3))
def test_no_other_word_opens_the_door(guarded: LocalFirestore, words: list[str]) -> None:
    with grpc.insecure_channel(guarded.host) as channel:
        headers = [(_KEY, word) for word in [*words, *(f"Bearer {word}" for word in words)]]
        assert answer(channel, f"/{wire.SERVICE}/GetDocument", headers) is UNAUTHENTICATED


def test_the_refusal_does_not_wait_for_the_request(channel: grpc.Channel) -> None:
    """A caller that announces a request and never sends one holds nothing up."""
    answered = threading.Event()

    def silent() -> Iterator[bytes]:
        answered.wait()
        yield from ()

    ask: Any = channel.stream_unary(f"/{wire.SERVICE}/Commit")
    with pytest.raises(grpc.RpcError) as raised:
        try:
            ask(silent(), timeout=30)
        finally:
            answered.set()
    assert raised.value.code() is UNAUTHENTICATED


def test_our_connection_and_googles_client_show_the_token(guarded: LocalFirestore) -> None:
    def options(token: str | None) -> ConnectionOptions:
        return ConnectionOptions(
            project=PROJECT, emulator_host=guarded.host, emulator_token=token, use_firebase_app=False
        )

    assert TOKEN not in repr(options(TOKEN))
    with connect(options(TOKEN)) as connection:
        assert connection.probe()
    client = make_client(options(TOKEN))
    assert everything_of(client) == {"1": {"n": 1}}
    # A connection of its own that is made from such a client shows it too.
    with connect(ConnectionOptions(client=client)) as connection:
        assert connection.probe()
    for token in (None, new_token()):
        with connect(options(token)) as connection, pytest.raises(FirestoreUnavailable):
            connection.probe()
        with pytest.raises(Unauthenticated):
            make_client(options(token)).document("a/1").get(retry=None)


def everything_of(client: Any) -> dict[str, Any]:
    """By every call that the client makes: reads, lists, counts, writes, a transaction."""
    document = client.document("b/1")
    document.set({"n": 1})
    client.bulk_writer().create(client.document("b/2"), {})

    @firestore.transactional
    def change(transaction: firestore.Transaction) -> None:
        transaction.update(document, {"n": document.get(transaction=transaction).get("n") + 1})

    change(client.transaction())
    assert document.get().to_dict() == {"n": 2}
    document.delete()
    assert client.collection("a").count().get()[0][0].value == 1
    assert "a" in {collection.id for collection in client.collections()}
    assert [found.id for found in client.collection("a").list_documents()] == ["1"]
    return {snapshot.id: snapshot.to_dict() for snapshot in client.collection("a").stream()}


def test_requests_that_are_none_use_nothing_up() -> None:
    """More of them than calls may be open at once, on one connection: each is refused, the next is served."""
    with LocalFirestore() as server, grpc.insecure_channel(server.host) as channel:
        path = f"/{wire.SERVICE}/Commit"
        assert {answer(channel, path, [], b"\xff") for _ in range(150)} == {grpc.StatusCode.INVALID_ARGUMENT}
        good = protocol.CommitRequest(database=wire.database_name(PROJECT)).SerializeToString()
        assert answer(channel, path, [], good) is None
