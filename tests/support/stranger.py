"""A program of somebody else's: `python -m tests.support.stranger HOST TIMES` asks a Firestore that often.

It reads, writes, lists and asks for what is not Firestore's at all, and prints how often it got each answer,
as JSON; `OK` is an answer.
"""

from __future__ import annotations

import json
import socket
import sys
from collections import Counter
from itertools import islice, product

import grpc

from facot_backups import protocol
from facot_backups.emulator import wire
from facot_backups.emulator.encode import fields

_HEADERS: list[tuple[tuple[str, str], ...]] = [
    (),
    (("authorization", "Bearer owner"),),
    (("authorization", "Bearer " + "x" * 43),),
]


def requests(project: str) -> list[tuple[str, protocol.Message]]:
    """Method and request of every kind of call that would show or change something."""
    root = wire.database_name(project)
    top = f"{root}/documents"
    document = protocol.Document(name=f"{top}/aaa/stranger", fields=fields({"n": 1}))
    write = protocol.Write(update=document)
    query = protocol.RunQueryRequest(parent=top)
    query.structured_query.from_.add().all_descendants = True
    return [
        ("RunQuery", query),
        ("ListCollectionIds", protocol.ListCollectionIdsRequest(parent=top)),
        ("ListDocuments", protocol.ListDocumentsRequest(parent=top, collection_id="invoices")),
        ("BatchGetDocuments", protocol.BatchGetDocumentsRequest(database=root, documents=[document.name])),
        ("Commit", protocol.CommitRequest(database=root, writes=[write])),
        ("BatchWrite", protocol.BatchWriteRequest(database=root, writes=[write])),
        ("BeginTransaction", protocol.BeginTransactionRequest(database=root)),
        ("/grpc.health.v1.Health/Check", wire.Empty()),
    ]


def ask(host: str, times: int, project: str) -> Counter[str]:
    """The answers to `times` calls."""
    said: Counter[str] = Counter()
    calls = product(range(times), requests(project), _HEADERS)
    with grpc.insecure_channel(host) as channel:
        for _, (method, request), headers in islice(calls, times):
            path = method if method.startswith("/") else f"/{wire.SERVICE}/{method}"
            try:
                list(channel.unary_stream(path)(request.SerializeToString(), metadata=headers, timeout=60))
                said["OK"] += 1
            except grpc.RpcError as error:
                said[error.code().name] += 1
    return said


def crowd(host: str, connections: int) -> list[socket.socket]:
    """Connections that say nothing, rubbish, or half of what HTTP/2 begins with, and stay."""
    name, _, port = host.rpartition(":")
    made = []
    for number in range(connections):
        one = socket.create_connection((name, int(port)), timeout=60)
        one.sendall([b"", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n", b"\xff" * 9000][number % 4])
        made.append(one)
    return made


def main(host: str, times: str, project: str) -> None:
    """Crowd the door, ask, and print the answers."""
    crowding = crowd(host, 8)
    print(json.dumps(ask(host, int(times), project)))
    for one in crowding:
        one.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
