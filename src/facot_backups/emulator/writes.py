"""Apply writes to a database: preconditions, masks, transforms, deletes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from facot_backups import protocol
from facot_backups.emulator import encode, limits, names, order, wire
from facot_backups.emulator.database import Database, Version
from facot_backups.emulator.order import FieldPath
from facot_backups.emulator.refusals import Refusal, already_exists, invalid, not_found, precondition

_REQUEST_TIME = 1


def commit(database: Database, writes: Sequence[protocol.Message]) -> tuple[list[protocol.Message], int]:
    """Apply all writes at one instant or none. Returns their WriteResults and the commit time."""
    for write in writes:
        check(database, write)
    return _commit_checked(database, writes)


def _commit_checked(
    database: Database, writes: Sequence[protocol.Message]
) -> tuple[list[protocol.Message], int]:
    with database.lock:
        now = database.tick()
        pending: dict[str, Version] = {}
        results = [_apply(database, write, now, pending) for write in writes]
        for path, version in pending.items():
            database.put(path, version)
    return results, now


def check(database: Database, write: protocol.Message) -> None:
    """Refuse a write that is wrong in itself, whatever the database holds."""
    kind = write.WhichOneof("operation")
    if kind is None:
        raise invalid("A write has no operation.")
    name = names.parse_document(_name(write))
    if name.root != database.name:
        raise invalid(f'Document "{_name(write)}" is not in the database "{database.name}".')
    if kind == "update":
        limits.check_document(write.update)
        for path in write.update_mask.field_paths:
            order.parse_field_path(path)


def _checked_path(write: protocol.Message) -> str:
    """The relative path of the document that a checked write is about."""
    return _name(write).partition("/documents/")[2]


def _name(write: protocol.Message) -> str:
    kind = write.WhichOneof("operation")
    return str(
        write.delete
        if kind == "delete"
        else getattr(write, kind).name
        if kind == "update"
        else write.transform.document
    )


def _apply(
    database: Database, write: protocol.Message, now: int, pending: dict[str, Version]
) -> protocol.Message:
    path = _checked_path(write)
    before = pending.get(path) or database.latest(path)
    before = before if before and before.data is not None else None
    _require(write, path, before)
    result = protocol.WriteResult()
    if write.WhichOneof("operation") == "delete":
        if before:
            pending[path] = Version(now, now, None)
        return result
    document = _updated(write, before)
    for transform in _transforms(write):
        result.transform_results.append(_transform(document, transform, now))
    limits.check_size(document)
    after = _stored(database, path, document, now, before)
    if after is not before:
        pending[path] = after
    encode.set_time(result.update_time, after.update_time)
    return result


def _require(write: protocol.Message, path: str, before: Version | None) -> None:
    condition = write.current_document
    kind = condition.WhichOneof("condition_type")
    if kind == "exists" and condition.exists and before is None:
        raise not_found(f"No document to update: {path}")
    if kind == "exists" and not condition.exists and before is not None:
        raise already_exists(f"Document already exists: {path}")
    if kind == "update_time":
        stored = before.update_time if before else 0
        if encode.get_time(condition.update_time) != stored:
            raise precondition("the stored version does not match the required base version")


def _updated(write: protocol.Message, before: Version | None) -> protocol.Message:
    """The document as the write leaves it, before its transforms."""
    old = protocol.Document.FromString(before.data) if before else protocol.Document()
    if write.WhichOneof("operation") == "transform":
        return old
    if not write.HasField("update_mask"):
        document = protocol.Document()
        document.CopyFrom(write.update)
        return document
    for text in write.update_mask.field_paths:
        path = order.parse_field_path(text)
        value = order.lookup(write.update.fields, path)
        if value is None:
            _remove(old.fields, path)
        else:
            _place(old.fields, path).CopyFrom(value)
    return old


def _stored(
    database: Database, path: str, document: protocol.Message, now: int, before: Version | None
) -> Version:
    """The version to keep; `before` itself where nothing changes."""
    document.name = wire.document_name(database.name, path)
    created = before.create_time if before else now
    if before and before.data is not None:
        old = protocol.Document.FromString(before.data)
        document.create_time.CopyFrom(old.create_time)
        document.update_time.CopyFrom(old.update_time)
        if document.SerializeToString(deterministic=True) == old.SerializeToString(deterministic=True):
            return before
    return Version(now, created, serialize(document, created, now))


def serialize(document: protocol.Message, created: int, updated: int) -> bytes:
    """The document's bytes with its two times, in microseconds, set."""
    encode.set_time(document.create_time, created)
    encode.set_time(document.update_time, updated)
    data: bytes = document.SerializeToString()
    return data


def _transforms(write: protocol.Message) -> Sequence[protocol.Message]:
    if write.WhichOneof("operation") == "transform":
        return list(write.transform.field_transforms)
    return list(write.update_transforms)


def _place(fields: Any, path: FieldPath) -> protocol.Message:
    """The value at `path`, made with the maps above it where it is not there."""
    for name in path[:-1]:
        if fields[name].WhichOneof("value_type") != "map_value":
            fields[name].map_value.SetInParent()
        fields = fields[name].map_value.fields
    return fields[path[-1]]


def _remove(fields: Any, path: FieldPath) -> None:
    for name in path[:-1]:
        if name not in fields or fields[name].WhichOneof("value_type") != "map_value":
            return
        fields = fields[name].map_value.fields
    if path[-1] in fields:
        del fields[path[-1]]


def _transform(document: protocol.Message, transform: protocol.Message, now: int) -> protocol.Message:
    """Change one field in place; returns the result that the server reports."""
    kind = transform.WhichOneof("transform_type")
    target = _place(document.fields, order.parse_field_path(transform.field_path))
    if kind == "set_to_server_value":
        if transform.set_to_server_value != _REQUEST_TIME:
            raise invalid("A transform names an unknown server value.")
        # The server's own time is kept to the millisecond.
        encode.set_time(target.timestamp_value, now - now % 1000)
    elif kind in _NUMBERS:
        target.CopyFrom(_NUMBERS[kind](target, getattr(transform, kind)))
    elif kind in _ARRAYS:
        _ARRAYS[kind](target, getattr(transform, kind).values)
        return wire.null()
    else:
        raise invalid("A transform has no operation.")
    result = protocol.Value()
    result.CopyFrom(target)
    return result


def _is_number(value: protocol.Message) -> bool:
    return value.WhichOneof("value_type") in ("integer_value", "double_value")


def _plain_number(value: protocol.Message) -> int | float:
    number: int | float = getattr(value, value.WhichOneof("value_type"))
    return number


def _increment(target: protocol.Message, by: protocol.Message) -> protocol.Message:
    if not _is_number(by):
        raise invalid("An increment must be a number.")
    if not _is_number(target):
        return by
    total = _plain_number(target) + _plain_number(by)
    if isinstance(total, float):
        return protocol.Value(double_value=total)
    return protocol.Value(integer_value=max(-(2**63), min(2**63 - 1, total)))


def _extreme(larger: bool) -> Callable[[protocol.Message, protocol.Message], protocol.Message]:
    def choose(target: protocol.Message, bound: protocol.Message) -> protocol.Message:
        if not _is_number(bound):
            raise invalid("A maximum or minimum must be a number.")
        if not _is_number(target):
            return bound
        ahead = order.sort_key(bound) > order.sort_key(target)
        unequal = order.sort_key(bound) != order.sort_key(target)
        return bound if unequal and ahead == larger else target

    return choose


def _append(target: protocol.Message, items: Sequence[protocol.Message]) -> None:
    if target.WhichOneof("value_type") != "array_value":
        target.array_value.SetInParent()
    present = [order.sort_key(item) for item in target.array_value.values]
    for item in items:
        if (key := order.sort_key(item)) not in present:
            present.append(key)
            target.array_value.values.append(item)


def _remove_all(target: protocol.Message, items: Sequence[protocol.Message]) -> None:
    unwanted = [order.sort_key(item) for item in items]
    kept = []
    if target.WhichOneof("value_type") == "array_value":
        kept = [item for item in target.array_value.values if order.sort_key(item) not in unwanted]
    target.CopyFrom(protocol.Value(array_value=protocol.ArrayValue(values=kept)))


_NUMBERS: dict[str, Callable[[protocol.Message, protocol.Message], protocol.Message]] = {
    "increment": _increment,
    "maximum": _extreme(larger=True),
    "minimum": _extreme(larger=False),
}
_ARRAYS: dict[str, Callable[[protocol.Message, Sequence[protocol.Message]], None]] = {
    "append_missing_elements": _append,
    "remove_all_from_array": _remove_all,
}


def batch(
    database: Database, writes: Sequence[protocol.Message]
) -> list[tuple[protocol.Message, Refusal | None]]:
    """Apply each write on its own. Returns a WriteResult and what was refused for each, in order."""
    outcome: list[tuple[protocol.Message, Refusal | None]] = []
    for write in writes:
        check(database, write)
    if len({_checked_path(write) for write in writes}) < len(writes):
        raise invalid("the same document cannot be written more than once in a single request")
    for write in writes:
        try:
            outcome.append((_commit_checked(database, [write])[0][0], None))
        except Refusal as refusal:
            outcome.append((protocol.WriteResult(), refusal))
    return outcome
