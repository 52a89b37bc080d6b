"""The reading calls: queries, counts, single documents, lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facot_backups import protocol
from facot_backups.emulator import encode, keys, names, order, query, wire
from facot_backups.emulator.database import Database, Version
from facot_backups.emulator.names import Name
from facot_backups.emulator.order import FieldPath
from facot_backups.emulator.query import Query
from facot_backups.emulator.refusals import invalid, not_found, unimplemented

# Field tags of RunQueryResponse: document 1, read_time 3, done 6.
_DOCUMENT, _READ_TIME, _DONE = b"\x0a", b"\x1a", b"\x30\x01"
# A page of documents where none is asked for, and at most; measured in the emulator.
_DOCUMENTS, _MOST_DOCUMENTS = 30, 150
_COLLECTIONS = 1000


def run_query(database: Database, asked: Query, instant: int) -> Iterator[bytes]:
    """The serialized RunQueryResponses of `asked`; the last one says `done`."""
    moment = wire.embedded(_READ_TIME, _timestamp(instant))
    found = asked.run(database, instant)
    ready: bytes | None = None
    skipped = _skipped(asked.offset)
    for _, version in found:
        if ready is not None:
            yield ready
        ready = wire.embedded(_DOCUMENT, _masked(version, asked.mask)) + moment + skipped
        skipped = b""
    yield (moment if ready is None else ready) + _DONE


def aggregate(
    database: Database, asked: Query, counts: dict[str, int | None], instant: int
) -> protocol.Message:
    """The response of RunAggregationQuery: for each alias the count, up to its bound."""
    response = protocol.RunAggregationQueryResponse()
    encode.set_time(response.read_time, instant)
    total = sum(1 for _ in asked.run(database, instant))
    for alias, bound in counts.items():
        count = total if bound is None else min(total, bound)
        response.result.aggregate_fields[alias].integer_value = count
    return response


def counts(aggregations: Sequence[protocol.Message]) -> dict[str, int | None]:
    """The counts that are asked for: alias and upper bound. Refuses sums and averages."""
    asked: dict[str, int | None] = {}
    unnamed = 0
    for aggregation in aggregations:
        kind = aggregation.WhichOneof("operator")
        if kind is None:
            raise invalid("Operator field in Aggregation is not set.")
        if kind != "count":
            raise unimplemented("This server counts; it does not add or average.")
        unnamed += not aggregation.alias
        alias = aggregation.alias or f"field_{unnamed}"
        if alias in asked:
            raise invalid(f"Aggregation aliases contain duplicate alias: {alias}.")
        up_to = aggregation.count.up_to.value if aggregation.count.HasField("up_to") else None
        asked[alias] = up_to
    if not asked:
        raise invalid("Aggregations can not be empty.")
    return asked


def batch_get(database: Database, request: protocol.Message, instant: int) -> Iterator[protocol.Message]:
    """One BatchGetDocumentsResponse for each different name, in the order of the request."""
    mask = mask_of(request)
    asked = [names.parse_document(name) for name in dict.fromkeys(request.documents)]
    for name in asked:
        if name.root != database.name:
            raise invalid(f'"{name.path}" is not in the database "{database.name}".')
    for name in asked:
        response = protocol.BatchGetDocumentsResponse()
        encode.set_time(response.read_time, instant)
        version = database.get(name.path, instant)
        if version is None:
            response.missing = wire.document_name(name.root, name.path)
        else:
            response.found.MergeFromString(_masked(version, mask))
        yield response


def get_document(
    database: Database, name: str, mask: tuple[FieldPath, ...] | None, instant: int
) -> protocol.Message:
    """The document, with the fields of `mask` alone. Refuses when it does not exist."""
    version = database.get(names.parse_document(name).path, instant)
    if version is None:
        raise not_found(f"Document ({name}) not found.")
    return protocol.Document.FromString(_masked(version, mask))


def list_collection_ids(database: Database, request: protocol.Message, instant: int) -> protocol.Message:
    """The collections below the parent that hold documents at any depth, in order, a page of them."""
    parent = names.parse_parent(request.parent)
    response = protocol.ListCollectionIdsResponse()
    prefix = keys.key(parent.path)
    low, high = keys.below(prefix)
    if request.page_token:
        low = keys.after_subtree(prefix + keys.segment_bytes(_token(request.page_token)))
    size = _page_size(request, _COLLECTIONS, _COLLECTIONS)
    while first := next(database.scan(low, high, instant), None):
        collection = first[1].path.split("/")[parent.depth]
        response.collection_ids.append(collection)
        if len(response.collection_ids) == size:
            response.next_page_token = collection
            break
        low = keys.after_subtree(prefix + keys.segment_bytes(collection))
    return response


def list_documents(database: Database, request: protocol.Message, instant: int) -> protocol.Message:
    """A page of the documents of one collection; with `show_missing` also parents that do not exist."""
    parent = names.parse_parent(request.parent)
    response = protocol.ListDocumentsResponse()
    if request.order_by:
        raise unimplemented("This server lists documents in the order of their names.")
    size = _page_size(request, _DOCUMENTS, _MOST_DOCUMENTS)
    mask = mask_of(request)
    for path, version in _children(database, parent, request, instant):
        added = response.documents.add()
        if version is None:
            added.name = wire.document_name(parent.root, path)
        else:
            added.MergeFromString(_masked(version, mask))
        if len(response.documents) == size:
            response.next_page_token = path
            break
    return response


def _children(
    database: Database, parent: Name, request: protocol.Message, instant: int
) -> Iterator[tuple[str, Version | None]]:
    prefix = keys.key(parent.path)
    if request.collection_id:
        names.check_collection_id(request.collection_id)
        prefix += keys.segment_bytes(request.collection_id)
    low, high = keys.below(prefix)
    if request.page_token:
        low = max(low, keys.after_subtree(keys.key(request.page_token)))
    depth = parent.depth + 2
    while first := next(database.scan(low, high, instant), None):
        _, record, version = first
        child = "/".join(record.path.split("/")[:depth])
        if child == record.path:
            yield child, version
        elif request.show_missing:
            yield child, None
        low = keys.after_subtree(keys.key(child))


def mask_of(request: protocol.Message) -> tuple[FieldPath, ...] | None:
    """The field paths of the request's DocumentMask; None for all fields, as an empty mask means too."""
    parsed = [order.parse_field_path(text) for text in request.mask.field_paths]
    return tuple(path for path in parsed if path != order.NAME) if parsed else None


def _masked(version: Version, mask: tuple[FieldPath, ...] | None) -> bytes:
    data = version.data or b""
    if mask is None:
        return data
    masked: bytes = query.project(data, mask).SerializeToString()
    return masked


def _page_size(request: protocol.Message, default: int, most: int) -> int:
    if request.page_size < 0:
        raise invalid("page_size must be greater than or equal to zero.")
    return min(request.page_size or default, most)


def _token(token: str) -> str:
    if "/" in token:
        raise invalid("The page token is not one of ours.")
    return token


def _skipped(offset: int) -> bytes:
    data: bytes = protocol.RunQueryResponse(skipped_results=offset).SerializeToString()
    return data


def _timestamp(micros: int) -> bytes:
    holder = protocol.RunQueryResponse()
    encode.set_time(holder.read_time, micros)
    data: bytes = holder.read_time.SerializeToString()
    return data
