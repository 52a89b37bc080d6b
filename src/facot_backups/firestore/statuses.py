"""The status of one write of a batch: what it means, as an error of a whole call does."""

from __future__ import annotations

import grpc

from facot_backups.firestore.faults import Decision, decide, failure
from facot_backups.model import Source
from facot_backups.protocol import Message

OK = 0
PERMISSION_DENIED = grpc.StatusCode.PERMISSION_DENIED.value[0]
# What says that a document is not as its condition wants it: absent, there, another version.
BROKEN = frozenset(
    code.value[0]
    for code in (
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
    )
)
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class StatusError(grpc.RpcError):
    """The status of one write, as an error of the whole call would be."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(f"{code.name}: {details}")
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


def transient(status: Message) -> StatusError | None:
    """The error of a status that may pass by itself; None for any other, and for a success."""
    if status.code == OK:
        return None
    error = _error(status)
    return None if decide(error.code(), error.details()) is Decision.NEVER else error


def refusal(status: Message, source: Source) -> str:
    """Why the server refuses a write, in Spanish."""
    return failure(_error(status), source).reason


def _error(status: Message) -> StatusError:
    return StatusError(_CODES.get(status.code, grpc.StatusCode.UNKNOWN), status.message)
