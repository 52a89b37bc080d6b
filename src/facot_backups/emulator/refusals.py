"""What a Firestore server answers when it refuses: gRPC status codes with a text in English, as Google's."""

from __future__ import annotations

import grpc


class Refusal(Exception):
    """A call, or one write of a batch, that the server refuses. `code` is the gRPC status."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def number(self) -> int:
        """The status as `google.rpc.Status` carries it."""
        number: int = self.code.value[0]
        return number


def invalid(message: str) -> Refusal:
    """The request itself is wrong, whatever the database holds."""
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, message)


def not_found(message: str) -> Refusal:
    """A document that should exist does not."""
    return Refusal(grpc.StatusCode.NOT_FOUND, message)


def already_exists(message: str) -> Refusal:
    """A document that should not exist does."""
    return Refusal(grpc.StatusCode.ALREADY_EXISTS, message)


def precondition(message: str) -> Refusal:
    """The database is not in the state that the request needs."""
    return Refusal(grpc.StatusCode.FAILED_PRECONDITION, message)


def unimplemented(message: str) -> Refusal:
    """This server does not do that."""
    return Refusal(grpc.StatusCode.UNIMPLEMENTED, message)
