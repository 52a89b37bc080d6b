"""Firestore's wire words: plain protobuf classes, database names, relative paths.

The plain classes under google-cloud-firestore's proto-plus wrappers are used throughout, because wrappers
cost more per document than all other work. They are made at run time, hence `Any`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from google.cloud.firestore_v1 import types
from google.protobuf.struct_pb2 import NULL_VALUE

Message: TypeAlias = Any
SERVICE = "google.firestore.v1.Firestore"


def plain(wrapper: Any) -> Any:
    """The plain protobuf class under a proto-plus class."""
    return wrapper.pb(wrapper()).__class__


Document = plain(types.Document)
Value = plain(types.Value)
ArrayValue = plain(types.ArrayValue)
MapValue = plain(types.MapValue)
Write = plain(types.Write)
BatchWriteRequest = plain(types.BatchWriteRequest)
BatchWriteResponse = plain(types.BatchWriteResponse)


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
