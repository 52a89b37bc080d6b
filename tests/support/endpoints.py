"""HTTP servers on 127.0.0.1 that are told things: healthchecks-style, Apprise's json://, and bad ones."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.waiting import PATIENCE


@dataclass(frozen=True)
class Told:
    """A request: its path with the query, its headers in lower case, its body."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def message(self) -> dict[str, Any]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


@dataclass
class Endpoint:
    """A server. `status` is what it answers; `location` where to; `slow` an event that it waits for first.

    `drips`: it sends its answer's headers one byte at a time, for as long as the client listens. `endless`:
    its answer's body has no end.
    """

    port: int = 0
    told: list[Told] = field(default_factory=list)
    status: int = 200
    statuses: dict[str, int] = field(default_factory=dict)
    location: str | None = None
    drips: bool = False
    endless: bool = False
    slow: threading.Event | None = None
    # Set when a client of a dripping server went away.
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        return [told.path for told in self.told]

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def json_url(self, path: str = "/") -> str:
        """An address for Apprise, which waits for an answer as long as a busy computer may take to give it.

        By its own four seconds it would give up a request that is noted here later, in the middle of what a
        test does next.
        """
        return f"json://127.0.0.1:{self.port}{path}?cto={PATIENCE}&rto={PATIENCE}"


@contextmanager
def endpoint(certificate: Path | None = None) -> Iterator[Endpoint]:
    """A server until the block ends; by TLS with a `certificate` and its key in one file."""
    found = Endpoint()
    with _Server(("127.0.0.1", 0), _handler(found)) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            if found.slow is not None:
                found.slow.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is what the tests are about."""


def _handler(found: Endpoint) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8")
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.told.append(Told(self.path, headers, body))
            if found.slow is not None:
                found.slow.wait(30)
            if found.drips:
                self._drip()
                return
            self.send_response(found.statuses.get(self.path, found.status))
            if found.location is not None:
                self.send_header("Location", found.location)
            if not found.endless:
                self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"OK")
            while found.endless:
                self.wfile.write(bytes(65536))

        do_GET = do_POST  # noqa: N815 - the name that http.server asks for

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            self.connection.settimeout(0.02)
            try:
                while True:
                    self.connection.send(b"x")
                    try:
                        if not self.connection.recv(1):
                            break
                    except socket.timeout:  # noqa: UP041 - of this socket
                        continue
            except OSError:
                pass
            found.left.set()

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    return Handler


def closed_port() -> int:
    """A port on which nobody listens; nor will anybody, as long as this process lives."""
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    _taken.append(found)
    port: int = found.getsockname()[1]
    return port


_taken: list[socket.socket] = []
