"""Firestore's plain protobuf classes, the ones below google-cloud-firestore's proto-plus wrappers.

A wrapper costs several microseconds per document, the plain class none. Importing this module imports
Google's library (0.4 s), so it is imported where a database is really used.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from google.cloud.firestore_v1.types import common, document, firestore, query

# A plain protobuf message. Their classes are made at run time from descriptors: there is nothing to name.
Message: TypeAlias = Any
MessageClass: TypeAlias = Any


def _plain(wrapper: Any) -> MessageClass:
    return wrapper.pb(wrapper()).__class__


Document = _plain(document.Document)
Value = _plain(document.Value)
DocumentMask = _plain(common.DocumentMask)
StructuredQuery = _plain(query.StructuredQuery)
RunQueryRequest = _plain(firestore.RunQueryRequest)
RunQueryResponse = _plain(firestore.RunQueryResponse)
RunAggregationQueryRequest = _plain(firestore.RunAggregationQueryRequest)
RunAggregationQueryResponse = _plain(firestore.RunAggregationQueryResponse)
BatchGetDocumentsRequest = _plain(firestore.BatchGetDocumentsRequest)
BatchGetDocumentsResponse = _plain(firestore.BatchGetDocumentsResponse)
ListCollectionIdsRequest = _plain(firestore.ListCollectionIdsRequest)
ListCollectionIdsResponse = _plain(firestore.ListCollectionIdsResponse)
ListDocumentsRequest = _plain(firestore.ListDocumentsRequest)
ListDocumentsResponse = _plain(firestore.ListDocumentsResponse)
BatchWriteRequest = _plain(firestore.BatchWriteRequest)
BatchWriteResponse = _plain(firestore.BatchWriteResponse)
