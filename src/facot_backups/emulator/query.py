"""A StructuredQuery: understand it once, then run it over a database at one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from facot_backups import protocol
from facot_backups.emulator import filters, keys, names, order, wire
from facot_backups.emulator.database import Database, Version
from facot_backups.emulator.filters import Predicate
from facot_backups.emulator.names import Name
from facot_backups.emulator.order import NAME, FieldPath, SortKey
from facot_backups.emulator.refusals import invalid

_DESCENDING = 2
_LESS, _LESS_EQUAL, _GREATER, _GREATER_EQUAL, _EQUAL = 1, 2, 3, 4, 5


class Found(NamedTuple):
    """A document that a query gives."""

    path: str
    version: Version


class Order(NamedTuple):
    """One field to order by."""

    field: FieldPath
    descending: bool


class Cursor(NamedTuple):
    """Where a query starts or ends; `before` means just before the documents that equal `values`."""

    values: tuple[SortKey, ...]
    before: bool


Membership: TypeAlias = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood.

    `low` and `high` bound the names; `member` says whether a path belongs to the collections asked for.
    `mask` are the fields to return, None for all.
    """

    root: str
    low: bytes
    high: bytes
    member: Membership
    predicate: Predicate | None
    orders: tuple[Order, ...]
    start: Cursor | None
    end: Cursor | None
    offset: int
    limit: int | None
    mask: tuple[FieldPath, ...] | None
    kindless: bool

    @property
    def by_name(self) -> bool:
        """Whether the order is that of names alone, which needs no sorting."""
        return len(self.orders) == 1

    def run(self, database: Database, instant: int) -> Iterator[Found]:
        """The documents of the answer, in order, as of `instant`."""
        found = self._by_name(database, instant) if self.by_name else self._sorted(database, instant)
        stop = None if self.limit is None else self.offset + self.limit
        return islice(found, self.offset, stop)

    def _by_name(self, database: Database, instant: int) -> Iterator[Found]:
        descending = self.orders[0].descending
        scan = database.scan_backwards if descending else database.scan
        member, accepts = self.member, self._accepts
        for _, record, version in scan(*self._bounds(), instant):
            if member(record.path) and accepts(record.path, version):
                yield Found(record.path, version)

    def _bounds(self) -> tuple[bytes, bytes]:
        """The range of names, narrowed by the cursors. One without values equals every document."""
        low, high = self.low, self.high
        if self.start is not None and not self.start.values and not self.start.before:
            return low, low
        if self.end is not None and not self.end.values and self.end.before:
            return low, low
        first, last = (self.end, self.start) if self.orders[0].descending else (self.start, self.end)
        if first is not None and first.values:
            low = max(low, _edge(first, self.orders[0].descending))
        if last is not None and last.values:
            high = min(high, _edge(last, self.orders[0].descending))
        return low, high

    def _accepts(self, path: str, version: Version) -> bool:
        if self.predicate is None:
            return True
        document = protocol.Document.FromString(version.data)
        return self.predicate(document.fields, _own_reference(self.root, path))

    def _sorted(self, database: Database, instant: int) -> Iterator[Found]:
        rows: list[tuple[tuple[SortKey, ...], Found]] = []
        for _, record, version in database.scan(self.low, self.high, instant):
            if self.member(record.path):
                document = protocol.Document.FromString(version.data)
                name = _own_reference(self.root, record.path)
                position = self._position(document.fields, name)
                if position and (self.predicate is None or self.predicate(document.fields, name)):
                    rows.append((position, Found(record.path, version)))
        for index in reversed(range(len(self.orders))):
            rows.sort(key=lambda row: row[0][index], reverse=self.orders[index].descending)
        return (found for position, found in rows if self._between(position))

    def _position(self, fields: Any, name: protocol.Message) -> tuple[SortKey, ...] | None:
        position = []
        for field, _ in self.orders:
            value = name if field == NAME else order.lookup(fields, field)
            if value is None:
                return None
            position.append(order.sort_key(value))
        return tuple(position)

    def _between(self, position: tuple[SortKey, ...]) -> bool:
        if self.start is not None:
            side = self._compare(position, self.start.values)
            if side < 0 or (side == 0 and not self.start.before):
                return False
        if self.end is not None:
            side = self._compare(position, self.end.values)
            return side < 0 or (side == 0 and not self.end.before)
        return True

    def _compare(self, position: tuple[SortKey, ...], values: tuple[SortKey, ...]) -> int:
        for mine, theirs, wanted in zip(position, values, self.orders, strict=False):
            if mine != theirs:
                return -1 if (mine < theirs) != wanted.descending else 1
        return 0


def understand(parent: Name, query: protocol.Message) -> Query:
    """Check a StructuredQuery below `parent` and make it ready to run. Refuses what Firestore refuses."""
    selector = _selector(query)
    kindless = not selector.collection_id
    low, high = _range(parent, selector)
    filters.check_operators(query.where)
    conjuncts = filters.conjuncts(query.where)
    orders = _orders(query, kindless)
    if kindless:
        _check_kindless(query.where)
    low, high, rest = _narrow(parent.root, low, high, conjuncts)
    return Query(
        root=parent.root,
        low=low,
        high=high,
        member=_membership(parent, selector),
        predicate=_all_of(rest),
        orders=orders,
        start=_cursor(parent.root, query, "start_at", orders),
        end=_cursor(parent.root, query, "end_at", orders),
        offset=_not_negative(query.offset, "offset"),
        limit=_not_negative(query.limit.value, "limit") if query.HasField("limit") else None,
        mask=_mask(query) if query.HasField("select") else None,
        kindless=kindless,
    )


def project(data: bytes, mask: tuple[FieldPath, ...]) -> protocol.Message:
    """The document serialized in `data` with the fields of `mask` alone."""
    document = protocol.Document.FromString(data)
    kept = protocol.Document(
        name=document.name, create_time=document.create_time, update_time=document.update_time
    )
    for path in mask:
        value = order.lookup(document.fields, path)
        if value is not None:
            target = kept.fields
            for name in path[:-1]:
                target = target[name].map_value.fields
            target[path[-1]].CopyFrom(value)
    return kept


def _selector(query: protocol.Message) -> protocol.Message:
    if len(query.from_) > 1:
        raise invalid("StructuredQuery.from cannot have more than one collection selector.")
    selector = query.from_[0] if query.from_ else protocol.StructuredQuery.CollectionSelector()
    if selector.collection_id:
        names.check_collection_id(selector.collection_id)
    return selector


def _range(parent: Name, selector: protocol.Message) -> tuple[bytes, bytes]:
    prefix = keys.key(parent.path)
    if selector.collection_id and not selector.all_descendants:
        prefix += keys.segment_bytes(selector.collection_id)
    return keys.below(prefix)


def _membership(parent: Name, selector: protocol.Message) -> Membership:
    collection, depth = selector.collection_id, parent.depth + 1
    if not selector.all_descendants:
        return lambda path: path.count("/") == depth
    if not collection:
        return lambda path: True
    return lambda path: names.collection_of(path) == collection


def _orders(query: protocol.Message, kindless: bool) -> tuple[Order, ...]:
    orders = [
        Order(order.parse_field_path(item.field.field_path), item.direction == _DESCENDING)
        for item in query.order_by
    ]
    if kindless and any(item != Order(NAME, False) for item in orders):
        raise invalid("kind is required for all orders except __key__ ascending")
    ordered = {item.field for item in orders}
    if len(ordered) < len(orders):
        raise invalid("A field cannot be ordered by twice.")
    last = orders[-1].descending if orders else False
    for field in filters.inequality_fields(query.where):
        if field not in ordered and field != NAME:
            orders.append(Order(field, last))
    if NAME not in ordered:
        orders.append(Order(NAME, last))
    else:  # names are unique, so nothing after them orders anything
        orders = orders[: [item.field for item in orders].index(NAME) + 1]
    return tuple(orders)


def _check_kindless(where: protocol.Message) -> None:
    for field in filters.fields(where):
        if field != NAME:
            raise invalid(f"kind is required for filter: {'.'.join(field)}")


def _narrow(
    root: str, low: bytes, high: bytes, conjuncts: list[protocol.Message]
) -> tuple[bytes, bytes, list[protocol.Message]]:
    """Turn the filters on `__name__` into bounds; the rest of the filters is returned."""
    rest = []
    for part in conjuncts:
        leaf = part.field_filter
        if leaf.field.field_path != "__name__" or leaf.op > _EQUAL:
            rest.append(part)
            continue
        edge = keys.key(_referenced(root, leaf.value))
        if leaf.op in (_GREATER, _GREATER_EQUAL, _EQUAL):
            low = max(low, edge + b"\x00" if leaf.op == _GREATER else edge)
        if leaf.op in (_LESS, _LESS_EQUAL, _EQUAL):
            high = min(high, edge if leaf.op == _LESS else edge + b"\x00")
    return low, high, rest


def _referenced(root: str, value: protocol.Message) -> str:
    if value.WhichOneof("value_type") != "reference_value":
        raise invalid("__key__ filter value must be a Key")
    referenced = names.parse_document(value.reference_value)
    if referenced.root != root:
        raise invalid("The key is in a different database than the query.")
    return referenced.path


def _all_of(conjuncts: list[protocol.Message]) -> Predicate | None:
    predicates = [filters.compile_filter(part) for part in conjuncts]
    if not predicates:
        return None
    return lambda fields, name: all(predicate(fields, name) for predicate in predicates)


def _cursor(root: str, query: protocol.Message, side: str, orders: tuple[Order, ...]) -> Cursor | None:
    """The cursor `start_at` or `end_at`; it may have a value for each order that the query itself names."""
    if not query.HasField(side):
        return None
    cursor = getattr(query, side)
    if len(cursor.values) > len(query.order_by):
        raise invalid("Cursor has too many values.")
    for value, wanted in zip(cursor.values, orders, strict=False):
        if wanted.field == NAME:
            _referenced(root, value)
    return Cursor(tuple(order.sort_key(value) for value in cursor.values), cursor.before)


def _edge(cursor: Cursor, descending: bool) -> bytes:
    """The bound that a cursor on names sets: at the name's key, or just past it."""
    key = bytes(cursor.values[0][2])
    return key if cursor.before != descending else key + b"\x00"


def _mask(query: protocol.Message) -> tuple[FieldPath, ...]:
    paths = [order.parse_field_path(field.field_path) for field in query.select.fields]
    return tuple(path for path in paths if path != NAME)


def _not_negative(number: int, what: str) -> int:
    if number < 0:
        raise invalid(f"{what} is negative")
    return number


def _own_reference(root: str, path: str) -> protocol.Message:
    return protocol.Value(reference_value=wire.document_name(root, path))
