"""Firestore's wire words: plain protobuf classes, database names, relative paths.

The plain classes under google-cloud-firestore's proto-plus wrappers are used throughout, because wrappers
cost more per document than all other work. They are made at run time, hence `Any`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from google.cloud.firestore_v1 import types
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import NULL_VALUE

Message: TypeAlias = Any
SERVICE = "google.firestore.v1.Firestore"


def plain(wrapper: Any) -> Any:
    """The plain protobuf class under a proto-plus class."""
    return wrapper.pb(wrapper()).__class__


Empty = empty_pb2.Empty
Document = plain(types.Document)
Value = plain(types.Value)
ArrayValue = plain(types.ArrayValue)
MapValue = plain(types.MapValue)
Write = plain(types.Write)
WriteResult = plain(types.WriteResult)
StructuredQuery = plain(types.StructuredQuery)
BatchWriteRequest = plain(types.BatchWriteRequest)
BatchWriteResponse = plain(types.BatchWriteResponse)
CommitRequest = plain(types.CommitRequest)
CommitResponse = plain(types.CommitResponse)
GetDocumentRequest = plain(types.GetDocumentRequest)
CreateDocumentRequest = plain(types.CreateDocumentRequest)
UpdateDocumentRequest = plain(types.UpdateDocumentRequest)
DeleteDocumentRequest = plain(types.DeleteDocumentRequest)
ListDocumentsRequest = plain(types.ListDocumentsRequest)
ListDocumentsResponse = plain(types.ListDocumentsResponse)
ListCollectionIdsRequest = plain(types.ListCollectionIdsRequest)
ListCollectionIdsResponse = plain(types.ListCollectionIdsResponse)
BatchGetDocumentsRequest = plain(types.BatchGetDocumentsRequest)
BatchGetDocumentsResponse = plain(types.BatchGetDocumentsResponse)
RunQueryRequest = plain(types.RunQueryRequest)
RunQueryResponse = plain(types.RunQueryResponse)
RunAggregationQueryRequest = plain(types.RunAggregationQueryRequest)
RunAggregationQueryResponse = plain(types.RunAggregationQueryResponse)
BeginTransactionRequest = plain(types.BeginTransactionRequest)
BeginTransactionResponse = plain(types.BeginTransactionResponse)
RollbackRequest = plain(types.RollbackRequest)


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
