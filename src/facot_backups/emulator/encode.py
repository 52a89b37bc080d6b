"""Plain protobuf values from Python's own, for sample data and tests. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from facot_backups import protocol
from facot_backups.emulator import wire

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fields(values: Mapping[str, Any]) -> dict[str, protocol.Message]:
    """Each field's plain protobuf Value. Raises TypeError for what Firestore has no type for."""
    return {name: to_value(value) for name, value in values.items()}


def to_value(value: Any) -> protocol.Message:
    """The plain protobuf Value of None, a bool, int, float, str, bytes, list, dict or aware datetime.

    A Value is returned as it is. Raises TypeError for any other type, ValueError for a naive datetime.
    """
    if isinstance(value, protocol.Value):
        return value
    exact = _MAKERS.get(type(value))
    if exact is not None:
        return exact(value)
    for kind, make in _MAKERS.items():
        if isinstance(value, kind):
            return make(value)
    raise TypeError(f"Firestore has no type for {type(value).__name__}")


def reference(name: str) -> protocol.Message:
    """A reference to the document with the full name `name`."""
    return protocol.Value(reference_value=name)


def geopoint(latitude: float, longitude: float) -> protocol.Message:
    """A point on the globe, in degrees."""
    value = protocol.Value()
    value.geo_point_value.latitude = latitude
    value.geo_point_value.longitude = longitude
    value.geo_point_value.SetInParent()
    return value


def vector(*numbers: float) -> protocol.Message:
    """A vector, as Firestore keeps it: a map with `__type__`."""
    return to_value({"__type__": "__vector__", "value": [float(number) for number in numbers]})


def timestamp(moment: datetime) -> protocol.Message:
    """A timestamp value of the aware `moment`, to the microsecond."""
    value = protocol.Value()
    set_time(value.timestamp_value, to_micros(moment))
    return value


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch. Raises ValueError for a naive `moment`."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    elapsed = moment - _EPOCH
    return (elapsed.days * 86400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds


def set_time(target: protocol.Message, micros: int) -> None:
    """Write microseconds since the epoch into a protobuf Timestamp, marking it as present."""
    target.seconds, rest = divmod(micros, 1_000_000)
    target.nanos = rest * 1000
    target.SetInParent()


def get_time(source: protocol.Message) -> int:
    """The microseconds since the epoch of a protobuf Timestamp; what is finer is cut."""
    return int(source.seconds) * 1_000_000 + int(source.nanos) // 1000


def _array(items: list[Any]) -> protocol.Message:
    return protocol.Value(array_value=protocol.ArrayValue(values=[to_value(item) for item in items]))


def _map(entries: Mapping[str, Any]) -> protocol.Message:
    return protocol.Value(map_value=protocol.MapValue(fields=fields(entries)))


# In this order: a bool is an int to Python.
_MAKERS: dict[type, Callable[[Any], protocol.Message]] = {
    type(None): lambda _: wire.null(),
    bool: lambda value: protocol.Value(boolean_value=value),
    int: lambda value: protocol.Value(integer_value=value),
    float: lambda value: protocol.Value(double_value=value),
    str: lambda value: protocol.Value(string_value=value),
    bytes: lambda value: protocol.Value(bytes_value=value),
    list: _array,
    dict: _map,
    datetime: timestamp,
}
