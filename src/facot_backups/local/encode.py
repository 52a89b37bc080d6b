"""Plain protobuf values from Python's own, for sample data and tests. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from facot_backups.local import wire

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fields(values: Mapping[str, Any]) -> dict[str, wire.Message]:
    """Each field's plain protobuf Value. Raises TypeError for what Firestore has no type for."""
    return {name: to_value(value) for name, value in values.items()}


def to_value(value: Any) -> wire.Message:
    """The plain protobuf Value of None, a bool, int, float, str, bytes, list, dict or aware datetime.

    A Value is returned as it is. Raises TypeError for any other type, ValueError for a naive datetime.
    """
    if isinstance(value, wire.Value):
        return value
    exact = _MAKERS.get(type(value))
    if exact is not None:
        return exact(value)
    for kind, make in _MAKERS.items():
        if isinstance(value, kind):
            return make(value)
    raise TypeError(f"Firestore has no type for {type(value).__name__}")


def reference(name: str) -> wire.Message:
    """A reference to the document with the full name `name`."""
    return wire.Value(reference_value=name)


def geopoint(latitude: float, longitude: float) -> wire.Message:
    """A point on the globe, in degrees."""
    value = wire.Value()
    value.geo_point_value.latitude = latitude
    value.geo_point_value.longitude = longitude
    value.geo_point_value.SetInParent()
    return value


def vector(*numbers: float) -> wire.Message:
    """A vector, as Firestore keeps it: a map with `__type__`."""
    return to_value({"__type__": "__vector__", "value": [float(number) for number in numbers]})


def timestamp(moment: datetime) -> wire.Message:
    """A timestamp value of the aware `moment`, to the microsecond."""
    value = wire.Value()
    set_time(value.timestamp_value, to_micros(moment))
    return value


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch. Raises ValueError for a naive `moment`."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    elapsed = moment - _EPOCH
    return (elapsed.days * 86400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds


def set_time(target: wire.Message, micros: int) -> None:
    """Write microseconds since the epoch into a protobuf Timestamp, marking it as present."""
    target.seconds, rest = divmod(micros, 1_000_000)
    target.nanos = rest * 1000
    target.SetInParent()


def get_time(source: wire.Message) -> int:
    """The microseconds since the epoch of a protobuf Timestamp; what is finer is cut."""
    return int(source.seconds) * 1_000_000 + int(source.nanos) // 1000


def _array(items: list[Any]) -> wire.Message:
    return wire.Value(array_value=wire.ArrayValue(values=[to_value(item) for item in items]))


def _map(entries: Mapping[str, Any]) -> wire.Message:
    return wire.Value(map_value=wire.MapValue(fields=fields(entries)))


# In this order: a bool is an int to Python.
_MAKERS: dict[type, Callable[[Any], wire.Message]] = {
    type(None): lambda _: wire.null(),
    bool: lambda value: wire.Value(boolean_value=value),
    int: lambda value: wire.Value(integer_value=value),
    float: lambda value: wire.Value(double_value=value),
    str: lambda value: wire.Value(string_value=value),
    bytes: lambda value: wire.Value(bytes_value=value),
    list: _array,
    dict: _map,
    datetime: timestamp,
}
