"""What a gRPC error of Firestore means: whether to try again, and which error of ours it is.

The decisions are the table of docs/firestore.md ("Reintentos"), from Google's documentation.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import grpc

from facot_backups.errors import FirestoreUnavailable
from facot_backups.model import Source

Code = grpc.StatusCode


class Decision(Enum):
    """What to do about an error."""

    BACK_OFF = "wait longer and longer, resume, give up after a time without progress"
    ONCE = "try once more"
    NEVER = "the next try would fail alike"


_DECISIONS = {
    Code.UNAVAILABLE: Decision.BACK_OFF,
    Code.DEADLINE_EXCEEDED: Decision.BACK_OFF,
    Code.ABORTED: Decision.BACK_OFF,
    Code.RESOURCE_EXHAUSTED: Decision.BACK_OFF,
    Code.INTERNAL: Decision.ONCE,
    Code.UNKNOWN: Decision.ONCE,
}

# The texts in which google-auth reports, through gRPC, that Google refused the credentials.
_AUTH_REFUSED = ("invalid_grant", "invalid_client", "unauthorized_client", "RefreshError")
_EXPIRED = ("read_time' is too old", "snapshot version is too old", "read time is too old")


class CallFailed(FirestoreUnavailable):
    """A call to Firestore failed for good.

    `status` is gRPC's code, None for streams that were cut in silence; `details` the server's own text.
    """

    def __init__(self, status: Code | None, code: str, /, *, details: str = "", **fields: object) -> None:
        super().__init__(code, **fields)
        self.status = status
        self.details = details

    @property
    def reason(self) -> str:
        """One line for a collection that this failure left unread."""
        return f"{self.words.problem}. {self.words.remedy}"


def failure(error: grpc.RpcError, source: Source) -> CallFailed:
    """The error for the user that a gRPC error is."""
    status, details = code_of(error), details_of(error)
    code = explain(status, details, source)
    if code != _ANSWERED:
        return CallFailed(status, code, details=details, source=source)
    if not details:
        return CallFailed(status, "answered", source=source, status=status.name)
    return CallFailed(
        status, "answered_with", details=details, source=source, status=status.name, said=details[:200]
    )


def code_of(error: grpc.RpcError) -> Code:
    """The gRPC code of an error that a call raised."""
    call: Any = error  # what calls raise is a grpc.Call too, which the types do not say
    code = call.code() if hasattr(call, "code") else None
    return code if isinstance(code, Code) else Code.UNKNOWN


def details_of(error: grpc.RpcError) -> str:
    """The server's own text, or an empty one."""
    call: Any = error
    return str(call.details() or "") if hasattr(call, "details") else ""


def decide(code: Code, details: str) -> Decision:
    """Whether an error with this code and server's text may pass by itself."""
    if is_quota(code, details) or _auth_refused(details):
        return Decision.NEVER
    return _DECISIONS.get(code, Decision.NEVER)


def is_quota(code: Code, details: str) -> bool:
    """Whether the project's own quota is used up, which does not pass in a minute."""
    return code is Code.RESOURCE_EXHAUSTED and "quota" in details.lower()


def is_expired(code: Code | None, details: str) -> bool:
    """Whether the server no longer keeps the instant that was asked for."""
    return code is Code.FAILED_PRECONDITION and any(text in details for text in _EXPIRED)


def _auth_refused(details: str) -> bool:
    return any(text in details for text in _AUTH_REFUSED)


def explain(status: Code, details: str, source: Source) -> str:
    """The code of `errors` for an error with this status and server's text."""
    unused = "disabled" in details or "has not been used" in details
    special = {
        "credentials_refused": _auth_refused(details),
        "instant_expired": is_expired(status, details),
        "quota_used_up": is_quota(status, details),
        "datastore_mode": status is Code.FAILED_PRECONDITION and "Datastore Mode" in details,
        "api_disabled": status is Code.PERMISSION_DENIED and unused,
        "token_unknown": status is Code.UNAUTHENTICATED and source.emulator,
    }
    return next((code for code, holds in special.items() if holds), _CODES.get(status, _ANSWERED))


_ANSWERED = "answered"
_CODES = {
    Code.UNAVAILABLE: "no_connection",
    Code.DEADLINE_EXCEEDED: "no_answer_in_time",
    Code.RESOURCE_EXHAUSTED: "overloaded",
    Code.UNAUTHENTICATED: "credentials_unknown",
    Code.PERMISSION_DENIED: "permission_denied",
    Code.NOT_FOUND: "no_database",
}
