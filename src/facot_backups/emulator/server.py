"""An in-memory Firestore on a loopback port, for the demo, the restore drill and tests.

It speaks the gRPC protocol that Google's client speaks to Google's emulator. What it does not do: keep
anything on disk; security rules, indexes, quotas, time limits; Listen, Write (streams), PartitionQuery,
ExecutePipeline, vector search, sums and averages, ordered lists of documents; REST.

It differs from Google's emulator where production does: names of another database are refused, and names
may be ordered descending within a collection. No lock is waited for: a transaction that met a change fails
at its commit.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.message import DecodeError

from facot_backups import protocol
from facot_backups.clock import Clock, SystemClock
from facot_backups.emulator import faults, wire, writes
from facot_backups.emulator.database import Version
from facot_backups.emulator.door import Door
from facot_backups.emulator.faults import Fault, Script
from facot_backups.emulator.load import Fields
from facot_backups.emulator.refusals import Refusal, invalid
from facot_backups.emulator.service import Method, Service, Switches, methods

# The emulator's own limit is 4 MiB for a request; answers may be larger.
_REQUEST_BYTES = 4 * 2**20
_THREADS = 16
# Whoever may connect at all must not use up the file descriptors or the memory of this process: connections
# at once, how long (ms) one may stay silent before it speaks HTTP/2, and calls at once on each.
_LIMITS = [
    ("grpc.max_allowed_incoming_connections", 100),
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_concurrent_streams", 100),
]
# Of up to a MiB each; they are held twice for a moment.
_LOAD_TOGETHER = 100


class LocalFirestore:
    """A Firestore server in this process. Use as a context manager, or `start` and `stop` it.

    With a `token` every call must carry it (`Door`); without one every program of this computer reads and
    writes. `address` must be a loopback address; ValueError for any other, because nothing is encrypted here.
    `port` 0 takes a free one. `horizon` is how long an instant stays readable. `switches` may be changed at
    any time, as may the faults. Databases are made when they are first named.
    """

    def __init__(
        self,
        address: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        horizon: timedelta = timedelta(hours=1),
        token: str | None = None,
    ) -> None:
        if not ipaddress.ip_address(address).is_loopback:
            raise ValueError(f"{address} is not a loopback address")
        self._address = f"[{address}]" if ":" in address else address
        self._port = port
        self._token = token
        self._door: Door | None = None
        self._server: grpc.Server | None = None
        self.switches = Switches()
        self.script = Script()
        self.service = Service(clock or SystemClock(), horizon, self.switches)

    @property
    def host(self) -> str:
        """Where the server listens, "127.0.0.1:port". Raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("the server has not been started")
        return f"{self._address}:{self._port}"

    def start(self, port: int | None = None) -> Self:
        """Listen, at `port` if it is given. Raises RuntimeError when the port is taken; try another then."""
        wanted = self._port if port is None else port
        threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="local-firestore")
        door = Door(self._token) if self._token is not None else None
        server = grpc.server(
            threads,
            interceptors=[door] if door else None,
            options=[
                ("grpc.max_receive_message_length", _REQUEST_BYTES),
                ("grpc.so_reuseport", 0),
                *_LIMITS,
            ],
        )
        handlers = {method.name: _handler(method, self.script) for method in methods(self.service)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(wire.SERVICE, handlers),))
        self._port = server.add_insecure_port(f"{self._address}:{wanted}")
        server.start()
        self._server, self._threads, self._door = server, threads, door
        return self

    def stop(self) -> None:
        """Cut all calls and stop listening. The documents stay: `start` serves them again."""
        if self._server is not None:
            self._server.stop(grace=None).wait()
            self._server = None
            self._threads.shutdown()
            if self._door is not None:
                self._door.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def load(self, documents: Iterable[tuple[str, Fields]], project: str, database: str = "(default)") -> int:
        """Put (relative path, plain protobuf fields) into a database without checks, for large data.

        Returns how many. Takes them as a stream, a hundred at a time, which get one update time.
        """
        target = self.service.database(wire.database_name(project, database))
        count = 0
        for chunk in _chunks(documents, _LOAD_TOGETHER):
            with target.lock:
                now = target.tick()
                for path, fields in chunk:
                    document = protocol.Document(name=wire.document_name(target.name, path), fields=fields)
                    target.put(path, Version(now, now, writes.serialize(document, now, now)))
                    count += 1
        return count

    def add_fault(self, fault: Fault) -> None:
        """Script one more fault."""
        self.script.add(fault)

    def clear_faults(self) -> None:
        """Be a healthy server again."""
        self.script.clear()


def _chunks(documents: Iterable[tuple[str, Fields]], size: int) -> Iterator[list[tuple[str, Fields]]]:
    chunk: list[tuple[str, Fields]] = []
    for document in documents:
        chunk.append(document)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _handler(method: Method, script: Script) -> Any:
    make: Callable[..., Any] = (
        grpc.unary_stream_rpc_method_handler if method.stream else grpc.unary_unary_rpc_method_handler
    )
    behaviour = _streamed(method, script) if method.stream else _answered(method, script)
    return make(behaviour, response_serializer=_bytes)


def _parsed(method: Method, data: bytes) -> protocol.Message:
    """The request that `data` is. Raises Refusal.

    Not left to gRPC: there a call whose request cannot be parsed counts as open for ever (grpcio 1.85).
    """
    try:
        return method.request.FromString(data)
    except DecodeError:
        raise invalid(f"Not a request of {method.name}.") from None


def _bytes(message: Any) -> bytes:
    """Queries give their messages as bytes already, which is what makes them fast."""
    return message if isinstance(message, bytes) else bytes(message.SerializeToString())


def _answered(method: Method, script: Script) -> Callable[[Any, grpc.ServicerContext], Any]:
    def behaviour(data: bytes, context: grpc.ServicerContext) -> Any:
        try:
            request = _parsed(method, data)
            matched = script.match(method.name, request)
            faults.before_call(matched)
            answer = method.answer(request)
            faults.after_call(matched)
        except Refusal as refusal:
            context.abort(refusal.code, refusal.message)
        return answer

    return behaviour


def _streamed(method: Method, script: Script) -> Callable[[Any, grpc.ServicerContext], Iterator[Any]]:
    def behaviour(data: bytes, context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            request = _parsed(method, data)
            matched = script.match(method.name, request)
            messages = method.answer(request)
            yield from faults.disturbed(messages, matched, context.is_active) if matched else messages
        except Refusal as refusal:
            context.abort(refusal.code, refusal.message)

    return behaviour
