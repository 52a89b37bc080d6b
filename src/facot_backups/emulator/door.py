"""The door of an in-memory Firestore: who carries its token comes in, everybody else is refused unread."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc

_HEADER = "authorization"


def new_token() -> str:
    """A random token of 256 bits, safe in a header, a URL and a shell."""
    return secrets.token_urlsafe(32)


class Door(grpc.ServerInterceptor):
    """Refuses with UNAUTHENTICATED every call, of whatever method, without `authorization: Bearer TOKEN`.

    One such value among several is enough: Google's client for an emulator always sends one of its own.
    Nothing of a refused call's request is read or parsed. Refusals have a thread of their own, so that many
    of them do not hold up the calls that are let in; `close` ends it.
    """

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="local-firestore-door")
        behaviour: Any = partial(_refuse)
        behaviour.experimental_thread_pool = self._thread  # where gRPC runs it
        # A stream of requests: the only kind of call that begins before a request has arrived.
        self._refusal: Any = grpc.stream_stream_rpc_method_handler(behaviour)

    def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Any], handler_call_details: Any
    ) -> Any:
        """The handler of a call that carries the token, else one that refuses it."""
        # All are compared, each in a time that does not depend on what it says.
        carried = [
            hmac.compare_digest(_bytes(value), self._expected)
            for name, value in handler_call_details.invocation_metadata
            if name == _HEADER
        ]
        return continuation(handler_call_details) if any(carried) else self._refusal

    def close(self) -> None:
        """End the thread of the refusals."""
        self._thread.shutdown()


def _refuse(_requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    context.abort(grpc.StatusCode.UNAUTHENTICATED, "This server wants its token: authorization: Bearer TOKEN")


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
