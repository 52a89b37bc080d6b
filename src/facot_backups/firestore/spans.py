"""A scope as ranges of document names, and a range as a kindless query. Pure.

A kindless query streams every document below a parent in name order, nested ones too (docs/firestore.md,
"Leerlo todo"). Without a collection id only filters and orders on `__name__` are allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from facot_backups.firestore.names import MAX_NAME_BYTES, id_problem, name_of
from facot_backups.model import DocumentPath, Scope, path_key, segment_key
from facot_backups.protocol import Message, RunQueryRequest, StructuredQuery

# The first id in Firestore's order.
LOWEST_ID = "__id-9223372036854775808__"
_GREATEST_NUMBER = 2**63 - 1
_LAST_CHARACTER = 0x10FFFF

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """The documents with `start <= name < stop`, in name order; None is no bound.

    `collection` is the root collection that holds all of it, or None where several may.
    """

    start: DocumentPath | None = None
    stop: DocumentPath | None = None
    collection: str | None = None

    def contains(self, path: DocumentPath) -> bool:
        """Whether a document of that name lies in the span."""
        place = path_key(path)
        return (self.start is None or path_key(self.start) <= place) and (
            self.stop is None or place < path_key(self.stop)
        )


def spans_of(scope: Scope) -> list[Span]:
    """Disjoint spans, in name order, whose documents are exactly those that `scope` includes.

    Raises ValueError for the scope of a `.pre-restore`, which no range describes.
    """
    if scope.restore is not None:
        raise ValueError("the scope of a restore is a list of documents, not a range")
    if scope.collections is None:
        return _gaps(sorted(set(scope.exclude), key=segment_key))
    spans = [collection_span(c) for c in set(scope.collections) - set(scope.exclude)]
    roots = [path for path in set(scope.documents) if not _covered(path, scope)]
    spans.extend(Span(path, _after(path), path[0]) for path in roots)
    return sorted(spans, key=lambda span: path_key(span.start or ()))


def _covered(path: DocumentPath, scope: Scope) -> bool:
    whole = path[0] in scope.exclude or path[0] in (scope.collections or ())
    return whole or any(path[: len(root)] == root for root in scope.documents if root != path)


def collection_span(collection: str) -> Span:
    """All documents of a root collection, with all below them."""
    return Span((collection, LOWEST_ID), after_collection(collection), collection)


def after_collection(collection: str) -> DocumentPath | None:
    """The bound below which lies everything up to the end of a root collection; None: nothing can follow."""
    following = successor(collection)
    return None if following is None else (following, LOWEST_ID)


def _gaps(excluded: list[str]) -> list[Span]:
    spans: list[Span] = []
    start: DocumentPath | None = None
    for collection in excluded:
        spans.append(Span(start, (collection, LOWEST_ID)))
        start = after_collection(collection)
        if start is None:
            return spans
    return [*spans, Span(start, None)]


def _after(path: DocumentPath) -> DocumentPath | None:
    """The bound after a document and all below it."""
    following = successor(path[-1])
    if following is not None:
        return (*path[:-1], following)
    return after_collection(path[0]) if len(path) == 2 else _after(path[:-2])


def successor(segment: str) -> str | None:
    """The next id that may exist after `segment`; None where there is none.

    A NUL at the end makes it, unless it grows over the 1,500 bytes that an id may have: then the last
    character that can grow does.
    """
    kind, number, _ = segment_key(segment)
    if kind == 0:
        if number == _GREATEST_NUMBER:
            return "\0"
        return f"__id{number + 1 or 1}__"  # 0 is no id
    longer = segment + "\0"
    if len(longer.encode()) <= MAX_NAME_BYTES and id_problem(longer) is None:
        return longer
    return _incremented(segment)


def _incremented(segment: str) -> str | None:
    """The lowest text of at most 1,500 bytes above all texts that begin with `segment`."""
    for length in range(len(segment), 0, -1):
        head, code = segment[: length - 1], ord(segment[length - 1])
        while code < _LAST_CHARACTER:
            code = 0xE000 if code == 0xD7FF else code + 1
            text = head + chr(code)
            if len(text.encode()) > MAX_NAME_BYTES:
                break
            if id_problem(text) is None:
                return text
    return None


def query(span: Span, root: str) -> Message:
    """A plain protobuf `StructuredQuery` for all documents of `span`, in name order."""
    structured = StructuredQuery()
    structured.from_.add().all_descendants = True
    _filter(structured, span, root)
    order = structured.order_by.add()
    order.field.field_path = "__name__"
    order.direction = StructuredQuery.Direction.ASCENDING
    return structured


def _filter(structured: Message, span: Span, root: str) -> None:
    operators = StructuredQuery.FieldFilter.Operator
    bounds = [
        (operators.GREATER_THAN_OR_EQUAL, span.start),
        (operators.LESS_THAN, span.stop),
    ]
    present = [(operator, path) for operator, path in bounds if path is not None]
    if not present:
        return
    composite = structured.where.composite_filter
    composite.op = StructuredQuery.CompositeFilter.Operator.AND
    for operator, path in present:
        condition = composite.filters.add().field_filter
        condition.field.field_path = "__name__"
        condition.op = operator
        condition.value.reference_value = name_of(path, root)


def page_request(
    span: Span, root: str, *, limit: int, after: str | None, read_time: datetime | None
) -> Message:
    """A `RunQueryRequest` for at most `limit` documents of `span`, those after the name `after` if given."""
    structured = query(span, root)
    structured.limit.value = limit
    if after is not None:
        structured.start_at.values.add().reference_value = after
        structured.start_at.before = False
    request = RunQueryRequest(parent=root, structured_query=structured)
    set_time(request.read_time, read_time)
    return request


def set_time(stamp: Message, moment: datetime | None) -> None:
    """Put an aware `moment` into a protobuf timestamp, to the microsecond; nothing for None."""
    if moment is not None:
        delta = moment - _EPOCH
        stamp.seconds = delta.days * 86_400 + delta.seconds
        stamp.nanos = delta.microseconds * 1000


def get_time(stamp: Message) -> datetime:
    """The aware UTC datetime of a protobuf timestamp; what is finer than a microsecond is cut off."""
    whole = datetime.fromtimestamp(stamp.seconds, UTC)
    return whole.replace(microsecond=stamp.nanos // 1000)
