"""Firestore's wire words: database names, relative paths, batches of messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import NULL_VALUE

from facot_backups.protocol import Message, Value

SERVICE = "google.firestore.v1.Firestore"
Empty = empty_pb2.Empty


def null() -> Message:
    """A Firestore null."""
    return Value(null_value=NULL_VALUE)


def database_name(project: str, database: str = "(default)") -> str:
    """`projects/P/databases/D`."""
    return f"projects/{project}/databases/{database}"


def document_name(root: str, path: str) -> str:
    """The full name of the document at the relative `path` (`a/b`) in the database named `root`."""
    return f"{root}/documents/{path}"


def batches(messages: Iterable[Message], size: int, limit: int) -> Iterator[list[Message]]:
    """Cut `messages` into lists of at most `limit` messages and about `size` bytes, in order."""
    batch: list[Message] = []
    weight = 0
    for message in messages:
        length = message.ByteSize() + 8
        if batch and (weight + length > size or len(batch) >= limit):
            yield batch
            batch, weight = [], 0
        batch.append(message)
        weight += length
    if batch:
        yield batch


def embedded(tag: bytes, message: bytes) -> bytes:
    """A serialized message as a field of another: its tag byte, its length, itself."""
    length, size = bytearray(tag), len(message)
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes(length) + message
