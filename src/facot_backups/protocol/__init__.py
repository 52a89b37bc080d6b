"""Firestore's messages as plain protobuf classes, the ones below google-cloud-firestore's wrappers.

A wrapper costs several microseconds per document, the plain class none. The classes are made here from
the same descriptors, in a pool of their own, because the import of Google's client costs a third of the
start of a run. On the wire they are the same; in a process they are other classes than the client's.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from facot_backups.protocol.descriptors import FILES

# A plain protobuf message. Their classes are made at run time from descriptors: there is nothing to name.
Message: TypeAlias = Any
MessageClass: TypeAlias = Any


_FILES = FileDescriptorSet.FromString(zlib.decompress(base64.b64decode(FILES))).file


def _pool() -> DescriptorPool:
    pool = DescriptorPool()
    for file in _FILES:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _classes(descriptors: Iterable[Any]) -> Iterator[MessageClass]:
    for descriptor in descriptors:
        yield GetMessageClass(descriptor)
        yield from _classes(descriptor.nested_types)


_POOL = _pool()
# A class that nothing holds is thrown away with its last message and made anew for the next one. Where one
# thread does that while another reads such a message, the process crashes (protobuf 7.36, measured).
_HELD = [
    found
    for file in _FILES
    for found in _classes(_POOL.FindFileByName(file.name).message_types_by_name.values())
]


def message_class(name: str) -> MessageClass:
    """The class of the message of google.firestore.v1 with that name. Raises KeyError for another."""
    return GetMessageClass(_POOL.FindMessageTypeByName(f"google.firestore.v1.{name}"))


ArrayValue = message_class("ArrayValue")
BatchGetDocumentsRequest = message_class("BatchGetDocumentsRequest")
BatchGetDocumentsResponse = message_class("BatchGetDocumentsResponse")
BatchWriteRequest = message_class("BatchWriteRequest")
BatchWriteResponse = message_class("BatchWriteResponse")
BeginTransactionRequest = message_class("BeginTransactionRequest")
BeginTransactionResponse = message_class("BeginTransactionResponse")
CommitRequest = message_class("CommitRequest")
CommitResponse = message_class("CommitResponse")
CreateDocumentRequest = message_class("CreateDocumentRequest")
DeleteDocumentRequest = message_class("DeleteDocumentRequest")
Document = message_class("Document")
DocumentMask = message_class("DocumentMask")
GetDocumentRequest = message_class("GetDocumentRequest")
ListCollectionIdsRequest = message_class("ListCollectionIdsRequest")
ListCollectionIdsResponse = message_class("ListCollectionIdsResponse")
ListDocumentsRequest = message_class("ListDocumentsRequest")
ListDocumentsResponse = message_class("ListDocumentsResponse")
MapValue = message_class("MapValue")
RollbackRequest = message_class("RollbackRequest")
RunAggregationQueryRequest = message_class("RunAggregationQueryRequest")
RunAggregationQueryResponse = message_class("RunAggregationQueryResponse")
RunQueryRequest = message_class("RunQueryRequest")
RunQueryResponse = message_class("RunQueryResponse")
StructuredQuery = message_class("StructuredQuery")
UpdateDocumentRequest = message_class("UpdateDocumentRequest")
Value = message_class("Value")
Write = message_class("Write")
WriteResult = message_class("WriteResult")
