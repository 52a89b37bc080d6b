"""A Firestore that only sends, as fast as it can: where the client and not the server is the limit.

A plain socket and the `h2` package, because gRPC's own Python server is slower than our reader. Every
answer is made before the first call. It knows whole-database queries in pages, the count, BatchGetDocuments
and ListCollectionIds, all at one fixed instant: enough for a whole run. No filters, no writes, no history.

    python -m bench.sender DOCUMENTS COPIES ONE_PARENT CHANGED

prints its address ("127.0.0.1:port") and how many documents it holds, then serves until it is ended.
"""

from __future__ import annotations

import select
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from bench.data import PROJECT, many_documents
from facot_backups import protocol
from facot_backups.emulator import wire

ROOT = wire.database_name(PROJECT) + "/documents"
_DONE = b"\x30\x01"  # RunQueryResponse.done
_CHUNK = 1 << 17
_HEADERS = [(":status", "200"), ("content-type", "application/grpc")]
_TRAILERS = [("grpc-status", "0")]


class Store:
    """All documents as the bytes of RunQuery's answers, in name order, and what else is asked for."""

    def __init__(self, documents: Iterator[tuple[str, bytes]]) -> None:
        """`documents`: relative path and serialized fields, in name order."""
        stamp = protocol.RunQueryResponse()
        stamp.read_time.FromDatetime(datetime.now(UTC))
        self._stamp = stamp.SerializeToString()
        self.read_time = stamp.read_time
        self.place: dict[str, int] = {}
        self.answers: list[bytes] = []
        for path, body in documents:
            name = f"{ROOT}/{path}"
            self.place[name] = len(self.answers)
            document = protocol.Document(name=name)
            document.create_time.CopyFrom(self.read_time)
            document.update_time.CopyFrom(self.read_time)
            self.answers.append(wire.embedded(b"\x0a", document.SerializeToString() + body) + self._stamp)
        self.collections = list(dict.fromkeys(name[len(ROOT) + 1 :].split("/")[0] for name in self.place))

    def run_query(self, data: bytes) -> Iterator[bytes]:
        """A page: what comes after the cursor, up to the limit; the last answer says that it is done."""
        structured = protocol.RunQueryRequest.FromString(data).structured_query
        first = 0
        if structured.HasField("start_at"):
            first = self.place[structured.start_at.values[0].reference_value] + 1
        limit = structured.limit.value or len(self.answers)
        stop = min(first + limit, len(self.answers))
        if first >= stop:
            yield _framed(self._stamp + _DONE)
            return
        for number in range(first, stop - 1):
            yield _framed(self.answers[number])
        yield _framed(self.answers[stop - 1] + _DONE)

    def run_aggregation_query(self, data: bytes) -> Iterator[bytes]:
        """The count of everything."""
        request = protocol.RunAggregationQueryRequest.FromString(data)
        alias = request.structured_aggregation_query.aggregations[0].alias
        answer = protocol.RunAggregationQueryResponse(read_time=self.read_time)
        answer.result.aggregate_fields[alias].integer_value = len(self.answers)
        yield _framed(answer.SerializeToString())

    def batch_get_documents(self, data: bytes) -> Iterator[bytes]:
        """The documents of those names, or that there are none."""
        for name in protocol.BatchGetDocumentsRequest.FromString(data).documents:
            if name not in self.place:
                absent = protocol.BatchGetDocumentsResponse(missing=name, read_time=self.read_time)
                yield _framed(absent.SerializeToString())
                continue
            found = protocol.RunQueryResponse.FromString(self.answers[self.place[name]]).document
            answer = protocol.BatchGetDocumentsResponse(found=found, read_time=self.read_time)
            yield _framed(answer.SerializeToString())

    def list_collection_ids(self, _data: bytes) -> Iterator[bytes]:
        """All root collections."""
        answer = protocol.ListCollectionIdsResponse(collection_ids=self.collections)
        yield _framed(answer.SerializeToString())


def _framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


@dataclass(slots=True)
class _Stream:
    """A call: its request so far, its answers, and what of them waits to be sent."""

    method: str
    request: bytearray = field(default_factory=bytearray)
    answers: Iterator[bytes] | None = None
    waiting: bytearray = field(default_factory=bytearray)

    def fill(self) -> None:
        """Have up to a chunk of answers at hand; no `answers` any more at their end."""
        while self.answers is not None and len(self.waiting) < _CHUNK:
            answer = next(self.answers, None)
            if answer is None:
                self.answers = None
            else:
                self.waiting += answer


class _Client:
    """One connection: reads requests, and sends as much of each answer as the client takes."""

    def __init__(self, link: socket.socket, store: Store) -> None:
        self._link = link
        self._calls = {
            "RunQuery": store.run_query,
            "RunAggregationQuery": store.run_aggregation_query,
            "BatchGetDocuments": store.batch_get_documents,
            "ListCollectionIds": store.list_collection_ids,
        }
        self._connection = H2Connection(H2Configuration(client_side=False))
        self._streams: dict[int, _Stream] = {}

    def serve(self) -> None:
        """Until the client hangs up."""
        with self._link, suppress(OSError):
            self._connection.initiate_connection()
            busy = False
            while True:
                self._flush()
                if not busy or select.select([self._link], [], [], 0)[0]:
                    data = self._link.recv(1 << 16)
                    if not data:
                        return
                    for event in self._connection.receive_data(data):
                        self._take(event)
                busy = self._send_all()

    def _flush(self) -> None:
        if data := self._connection.data_to_send():
            self._link.sendall(data)

    def _take(self, event: Event) -> None:
        match event:
            case RequestReceived():
                path = next(value.decode() for name, value in event.headers or [] if name == b":path")
                self._streams[_number(event)] = _Stream(path.rpartition("/")[2])
            case DataReceived():
                if stream := self._streams.get(_number(event)):
                    stream.request += event.data or b""
                self._connection.acknowledge_received_data(event.flow_controlled_length or 0, _number(event))
            case StreamEnded():
                number = _number(event)
                stream = self._streams[number]
                stream.answers = self._calls[stream.method](bytes(stream.request[5:]))
                self._connection.send_headers(number, _HEADERS)
            case StreamReset():
                self._streams.pop(_number(event), None)

    def _send_all(self) -> bool:
        more = False
        for number in list(self._streams):  # a call that ends is taken out on the way
            more |= self._send(number)
        return more

    def _send(self, number: int) -> bool:
        """Send what the client takes now. True if there is more that it would take."""
        stream = self._streams[number]
        stream.fill()
        with suppress(ProtocolError):
            room = min(self._connection.local_flow_control_window(number), len(stream.waiting))
            frame = self._connection.max_outbound_frame_size
            for start in range(0, room, frame):
                self._connection.send_data(number, bytes(stream.waiting[start : min(start + frame, room)]))
            del stream.waiting[:room]
            if stream.waiting or stream.answers is not None:
                return room > 0
            if stream.request:
                self._connection.send_headers(number, _TRAILERS, end_stream=True)
                del self._streams[number]
        return False


def _number(event: Any) -> int:
    return int(event.stream_id)


def main() -> None:
    """Make the documents, say where they are served, and serve."""
    documents, copies, one_parent, changed = map(int, sys.argv[1:])
    store = Store(many_documents(documents, copies, one_parent, changed))
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(f"127.0.0.1:{server.getsockname()[1]} {len(store.answers)}", flush=True)
        threads: deque[threading.Thread] = deque(maxlen=100)
        while True:
            link, _ = server.accept()
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threads.append(threading.Thread(target=_Client(link, store).serve, daemon=True))
            threads[-1].start()


if __name__ == "__main__":
    main()
