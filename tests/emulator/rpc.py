"""Raw calls on any Firestore server, with answers as plain values that two servers can be compared by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from facot_backups import protocol
from facot_backups.emulator import load, wire
from facot_backups.emulator.encode import fields, reference
from tests.support.servers import FirestoreServer

_STREAMS = {"RunQuery", "RunAggregationQuery", "BatchGetDocuments"}
_ANSWERS = {
    "GetDocument": protocol.Document,
    "CreateDocument": protocol.Document,
    "UpdateDocument": protocol.Document,
    "DeleteDocument": wire.Empty,
    "Rollback": wire.Empty,
}
EVERYTHING: dict[str, Any] = {"from_": [{"all_descendants": True}]}
BY_NAME: dict[str, Any] = {"order_by": [{"field": {"field_path": "__name__"}, "direction": 1}]}


class Raw:
    """One database of a server. A call gives its message (a list of them for a stream) or, when the server
    refuses, the name of the status code."""

    def __init__(self, server: FirestoreServer, channel: grpc.Channel) -> None:
        self.root = wire.database_name(server.project)
        self.top = f"{self.root}/documents"
        self._channel = channel

    def name(self, path: str) -> str:
        """The full name of a document."""
        return wire.document_name(self.root, path)

    def ref(self, path: str) -> protocol.Message:
        """A reference to a document of this database."""
        return reference(self.name(path))

    def call(self, method: str, **request: Any) -> Any:
        """Call `method` with the fields of its request."""
        make = self._channel.unary_stream if method in _STREAMS else self._channel.unary_unary
        answer = _ANSWERS.get(method) or protocol.message_class(f"{method}Response")
        rpc: Any = make(
            f"/{wire.SERVICE}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        message = protocol.message_class(f"{method}Request")(**request)
        try:
            result = rpc(message, metadata=load.metadata(self.root), timeout=60)
            return list(result) if method in _STREAMS else result
        except grpc.RpcError as error:
            return error.code().name

    def write(self, path: str, values: Any = None, **options: Any) -> protocol.Message:
        """A Write that sets the document at `path`."""
        document = protocol.Document(name=self.name(path), fields=fields(values or {}))
        return protocol.Write(update=document, **options)

    def delete(self, path: str, **options: Any) -> protocol.Message:
        """A Write that deletes the document at `path`."""
        return protocol.Write(delete=self.name(path), **options)

    def commit(self, *writes: protocol.Message, **options: Any) -> Any:
        """Commit the writes."""
        return self.call("Commit", database=self.root, writes=writes, **options)

    def batch(self, *writes: protocol.Message) -> Any:
        """BatchWrite: the status code of each write, or of the call."""
        answer = self.call("BatchWrite", database=self.root, writes=writes)
        return answer if isinstance(answer, str) else [status.code for status in answer.status]

    def query(self, parent: str | None = None, **request: Any) -> Any:
        """RunQuery of the structured query in `request`; `read_time` goes beside it."""
        outer = {key: request.pop(key) for key in ("read_time", "transaction") if key in request}
        return self.call("RunQuery", parent=parent or self.top, structured_query=request, **outer)

    def paths(self, parent: str | None = None, **request: Any) -> Any:
        """The relative paths that a query gives, or the status code."""
        answer = self.query(parent, **request)
        if isinstance(answer, str):
            return answer
        return [self.path(r.document.name) for r in answer if r.HasField("document")]

    def count(self, parent: str | None = None, **request: Any) -> Any:
        """The count of a query, or the status code."""
        outer = {key: request.pop(key) for key in ("read_time",) if key in request}
        asked = {"structured_query": request, "aggregations": [{"count": {}, "alias": "n"}]}
        answer = self.call(
            "RunAggregationQuery", parent=parent or self.top, structured_aggregation_query=asked, **outer
        )
        return answer if isinstance(answer, str) else answer[0].result.aggregate_fields["n"].integer_value

    def fields(self, path: str) -> Any:
        """The fields of a document as a dict of plain values, or the status code."""
        answer = self.call("GetDocument", name=self.name(path))
        return answer if isinstance(answer, str) else dict(answer.fields)

    def update_time(self, path: str) -> Any:
        """The update time of a document that exists."""
        return self.call("GetDocument", name=self.name(path)).update_time

    def path(self, name: str) -> str:
        """The relative path of a full name."""
        return name.removeprefix(self.top + "/")


@contextmanager
def raw(server: FirestoreServer) -> Iterator[Raw]:
    """Raw calls on the server's database."""
    with server.channel() as channel:
        yield Raw(server, channel)


def name_filter(operator: int, value: protocol.Message) -> dict[str, Any]:
    """A filter on `__name__`."""
    return field_filter("__name__", operator, value)


def field_filter(path: str, operator: int, value: protocol.Message) -> dict[str, Any]:
    """A filter on one field."""
    return {"field_filter": {"field": {"field_path": path}, "op": operator, "value": value}}


def both(*filters: dict[str, Any]) -> dict[str, Any]:
    """All of the filters."""
    return {"composite_filter": {"op": 1, "filters": filters}}
