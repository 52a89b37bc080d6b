"""The raw calls to one database, which a connection makes, and whatever stands between it and their user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from facot_backups.model import Source

if TYPE_CHECKING:
    from facot_backups.protocol import Message


class Stream(Protocol):
    """A server's stream of plain protobuf messages. Iterating raises grpc.RpcError."""

    def __iter__(self) -> Iterator[Message]: ...

    def cancel(self) -> object:
        """Stop it; harmless when it has ended."""


class Calls(Protocol):
    """The raw calls of one database: what `scan`, `check` and `walk` need of a connection.

    Requests and responses are the plain protobuf classes of `protocol`. `timeout` is in seconds for the
    whole call. All raise grpc.RpcError, the streams while they are iterated.
    """

    @property
    def source(self) -> Source: ...

    @property
    def root(self) -> str:
        """`projects/P/databases/D/documents`."""

    def run_query(self, request: Message, timeout: float) -> Stream: ...

    def run_aggregation_query(self, request: Message, timeout: float) -> Stream: ...

    def batch_get_documents(self, request: Message, timeout: float) -> Stream: ...

    def list_collection_ids(self, request: Message, timeout: float) -> Message: ...

    def list_documents(self, request: Message, timeout: float) -> Message: ...

    def batch_write(self, request: Message, timeout: float) -> Message: ...
