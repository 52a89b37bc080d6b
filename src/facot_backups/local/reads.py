"""The reading calls: queries, counts, single documents, lists."""

from __future__ import annotations

from collections.abc import Iterator

from facot_backups.local import encode, keys, names, order, query, wire
from facot_backups.local.database import Database, Version
from facot_backups.local.names import Name
from facot_backups.local.order import FieldPath
from facot_backups.local.query import Query
from facot_backups.local.refusals import invalid, not_found

# Field tags of RunQueryResponse: document 1, read_time 3, done 6.
_DOCUMENT, _READ_TIME, _DONE = b"\x0a", b"\x1a", b"\x30\x01"
_PAGE = 100


def run_query(database: Database, asked: Query, instant: int) -> Iterator[bytes]:
    """The serialized RunQueryResponses of `asked`; the last one says `done`."""
    moment = wire.embedded(_READ_TIME, _timestamp(instant))
    found = asked.run(database, instant)
    ready: bytes | None = None
    for _, version in found:
        if ready is not None:
            yield ready
        ready = wire.embedded(_DOCUMENT, _masked(version, asked.mask)) + moment
    yield (moment if ready is None else ready) + _DONE


def aggregate(
    database: Database, asked: Query, aggregations: list[wire.Message], instant: int
) -> wire.Message:
    """The response of RunAggregationQuery; only counts are done here."""
    response = wire.RunAggregationQueryResponse()
    encode.set_time(response.read_time, instant)
    total = sum(1 for _ in asked.run(database, instant))
    for index, aggregation in enumerate(aggregations, 1):
        if aggregation.WhichOneof("operator") != "count":
            raise invalid("This server counts; it does not add or average.")
        count = total
        if aggregation.count.HasField("up_to"):
            count = min(count, aggregation.count.up_to.value)
        alias = aggregation.alias or f"field_{index}"
        response.result.aggregate_fields[alias].integer_value = count
    return response


def batch_get(database: Database, request: wire.Message, instant: int) -> Iterator[wire.Message]:
    """One BatchGetDocumentsResponse for each name, in the order of the request."""
    mask = paths(request.mask) if request.HasField("mask") else None
    asked = [names.parse_document(name) for name in request.documents]
    for name, full in zip(asked, request.documents, strict=True):
        response = wire.BatchGetDocumentsResponse()
        encode.set_time(response.read_time, instant)
        version = database.get(name.path, instant)
        if version is None:
            response.missing = full
        else:
            response.found.MergeFromString(_masked(version, mask))
        yield response


def get_document(
    database: Database, name: str, mask: tuple[FieldPath, ...] | None, instant: int
) -> wire.Message:
    """The document, with the fields of `mask` alone. Refuses when it does not exist."""
    version = database.get(names.parse_document(name).path, instant)
    if version is None:
        raise not_found(f'Document "{name}" not found.')
    return wire.Document.FromString(_masked(version, mask))


def list_collection_ids(database: Database, request: wire.Message, instant: int) -> wire.Message:
    """The collections below the parent that hold documents at any depth, in order, a page of them."""
    parent = names.parse_parent(request.parent)
    response = wire.ListCollectionIdsResponse()
    prefix = keys.key(parent.path)
    low, high = keys.below(prefix)
    if request.page_token:
        low = keys.after_subtree(prefix + keys.segment_bytes(_token(request.page_token)))
    size = request.page_size if request.page_size > 0 else None
    while first := next(database.scan(low, high, instant), None):
        if size is not None and len(response.collection_ids) == size:
            response.next_page_token = response.collection_ids[-1]
            break
        collection = first[1].path.split("/")[parent.depth]
        response.collection_ids.append(collection)
        low = keys.after_subtree(prefix + keys.segment_bytes(collection))
    return response


def list_documents(database: Database, request: wire.Message, instant: int) -> wire.Message:
    """A page of the documents of one collection; with `show_missing` also parents that do not exist."""
    parent = names.parse_parent(request.parent)
    response = wire.ListDocumentsResponse()
    size = request.page_size if request.page_size > 0 else _PAGE
    mask = paths(request.mask) if request.HasField("mask") else None
    for path, version in _children(database, parent, request, instant):
        if len(response.documents) == size:
            response.next_page_token = response.documents[-1].name.rpartition("/")[2]
            break
        added = response.documents.add()
        if version is None:
            added.name = wire.document_name(parent.root, path)
        else:
            added.MergeFromString(_masked(version, mask))
    return response


def _children(
    database: Database, parent: Name, request: wire.Message, instant: int
) -> Iterator[tuple[str, Version | None]]:
    names.check_collection_id(request.collection_id)
    prefix = keys.key(parent.path) + keys.segment_bytes(request.collection_id)
    low, high = keys.below(prefix)
    if request.page_token:
        low = keys.after_subtree(prefix + keys.segment_bytes(_token(request.page_token)))
    depth = parent.depth + 2
    while first := next(database.scan(low, high, instant), None):
        _, record, version = first
        child = "/".join(record.path.split("/")[:depth])
        if child == record.path:
            yield child, version
        elif request.show_missing:
            yield child, None
        low = keys.after_subtree(keys.key(child))


def paths(mask: wire.Message) -> tuple[FieldPath, ...]:
    """The field paths of a DocumentMask."""
    parsed = [order.parse_field_path(text) for text in mask.field_paths]
    return tuple(path for path in parsed if path != order.NAME)


def _masked(version: Version, mask: tuple[FieldPath, ...] | None) -> bytes:
    data = version.data or b""
    if mask is None:
        return data
    masked: bytes = query.project(data, mask).SerializeToString()
    return masked


def _token(token: str) -> str:
    if "/" in token:
        raise invalid("The page token is not one of ours.")
    return token


def _timestamp(micros: int) -> bytes:
    holder = wire.RunQueryResponse()
    encode.set_time(holder.read_time, micros)
    data: bytes = holder.read_time.SerializeToString()
    return data
