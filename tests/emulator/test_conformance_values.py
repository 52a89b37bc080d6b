"""Values on both servers: what a document may hold, what is refused, what is rounded."""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups import protocol
from facot_backups.emulator.encode import geopoint, reference, to_value, vector
from tests.emulator.rpc import raw
from tests.emulator.strategies import field_names, values
from tests.support.servers import FirestoreServer

_DATABASE = "projects/p/databases/d/documents"
_VECTOR = "__vector__"


def nested(pattern: str) -> Any:
    """A value inside maps (m) and arrays (a), the outermost first."""
    value: Any = 1
    for kind in reversed(pattern):
        value = {"x": value} if kind == "m" else [value]
    return value


def moment(seconds: int, nanos: int = 0) -> protocol.Message:
    return protocol.Value(timestamp_value={"seconds": seconds, "nanos": nanos})


ACCEPTED: dict[str, Any] = {
    "array in a map in an array": [{"a": [1]}],
    "vector": vector(1, 2),
    "vector of infinities": vector(math.inf, -math.inf, -0.0),
    "longest vector": vector(*[1.0] * 2048),
    "vector in 20 maps": reduce(lambda inner, _: {"x": inner}, range(20), vector(1)),
    "first instant": moment(-62_135_596_800),
    "last instant": moment(253_402_300_799, 999_999_999),
    "before 1970": moment(-5, 123_456_789),
    "reference": reference(f"{_DATABASE}/c/d"),
    "reference to a name like a database's": reference(f"{_DATABASE}/projects/p/databases/d/documents/x"),
    "poles": geopoint(90, -180),
    "negative zero": geopoint(-0.0, 0.0),
    "longest string": "a" * 1_048_487,
    "longest bytes": b"a" * 1_048_487,
    "20 maps": nested("m" * 20),
    "20 maps and arrays": nested("ma" * 10),
    "array outside 19 maps": nested("a" + "m" * 19),
    "empty map": {},
    "empty array": [],
    "smallest integer": -(2**63),
    "40,000 zeros": [0] * 40_000,
}
REFUSED: dict[str, Any] = {
    "array in an array": [[1]],
    "empty vector": {"__type__": _VECTOR, "value": []},
    "vector with NaN": vector(math.nan),
    "vector of integers": {"__type__": _VECTOR, "value": [1]},
    "vector with another key": {"__type__": _VECTOR, "value": [1.0], "z": 1},
    "vector without value": {"__type__": _VECTOR},
    "vector in an array": [vector(1)],
    "vector too long": vector(*[1.0] * 2049),
    "other __type__": {"__type__": "other"},
    "number as __type__": {"__type__": 1},
    "instant too early": moment(-62_135_596_801),
    "instant too late": moment(253_402_300_800),
    "nanoseconds too many": moment(1, 1_000_000_000),
    "nanoseconds negative": moment(1, -1),
    "reference to a database": reference(_DATABASE),
    "reference to a collection": reference(f"{_DATABASE}/c"),
    "reference to nothing": reference(""),
    "reference to a reserved id": reference(f"{_DATABASE}/c/__x__"),
    "latitude": geopoint(90.1, 0),
    "longitude": geopoint(0, -180.1),
    "latitude NaN": geopoint(math.nan, 0),
    "no type": protocol.Value(),
    "string too long": "a" * 1_048_488,
    "string of too many bytes": "ñ" * 524_244,
    "bytes too long": b"a" * 1_048_488,
    "21 maps": nested("m" * 21),
    "21 maps and arrays": nested("ma" * 10 + "m"),
    "array in 20 maps": nested("m" * 20 + "a"),
}
NAMES_ACCEPTED = ["__", "___", "____", "a.b", "a\0b", "é", "_id", " ", ".", "`", "a" * 1500]
NAMES_REFUSED = ["", "__x__", "__id7__", "__name__", "a" * 1501]


@pytest.mark.parametrize("case", ACCEPTED)
def test_values_that_are_accepted(firestore_server: FirestoreServer, case: str) -> None:
    with raw(firestore_server) as server:
        assert server.batch(server.write("v/1", {"f": ACCEPTED[case]})) == [0]
        found = server.fields("v/1")["f"]
        assert found.WhichOneof("value_type") == to_value(ACCEPTED[case]).WhichOneof("value_type")


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_are_refused(firestore_server: FirestoreServer, case: str) -> None:
    with raw(firestore_server) as server:
        write = server.write("v/1", {"f": REFUSED[case]})
        assert server.batch(server.write("v/0"), write) == "INVALID_ARGUMENT"
        assert server.commit(write) == "INVALID_ARGUMENT"
        assert server.fields("v/0") == "NOT_FOUND"


def test_field_names(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        accepted = [server.write(f"v/{n}", {name: 1}) for n, name in enumerate(NAMES_ACCEPTED)]
        assert server.batch(*accepted) == [0] * len(accepted)
        for name in NAMES_REFUSED:
            assert server.batch(server.write("v/1", {name: 1})) == "INVALID_ARGUMENT"
            assert server.batch(server.write("v/1", {"m": {name: 1}})) == "INVALID_ARGUMENT"
        # Names within names count together, with a point between.
        assert server.batch(server.write("v/1", {"m": {"a" * 1498: 1}})) == [0]
        assert server.batch(server.write("v/1", {"m": {"a" * 1499: 1}})) == "INVALID_ARGUMENT"


def test_a_document_over_a_mebibyte_is_refused_alone(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        big = {f"f{number}": "a" * 400_000 for number in range(3)}
        assert server.batch(server.write("v/1"), server.write("v/big", big)) == [0, 3]
        assert server.commit(server.write("v/2"), server.write("v/big", big)) == "INVALID_ARGUMENT"
        assert (server.fields("v/1"), server.fields("v/2")) == ({}, "NOT_FOUND")


def test_instants_are_cut_to_microseconds(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        server.batch(server.write("v/1", {"a": moment(-5, 123_456_789), "b": [moment(1, 999)]}))
        found = server.fields("v/1")
        assert found["a"].timestamp_value.nanos == 123_456_000
        assert found["b"].array_value.values[0].timestamp_value.nanos == 0


@pytest.mark.slow
@settings(max_examples=60)
@given(fields=st.dictionaries(field_names, values, max_size=5))
def test_what_is_written_is_read(firestore_server: FirestoreServer, fields: dict[str, Any]) -> None:
    """Equal at the protobuf level, but for the nanoseconds that both servers cut."""
    with raw(firestore_server) as server:
        assert server.batch(server.write("v/1", fields)) == [0]
        found = protocol.Document(fields=server.fields("v/1"))
        wanted = protocol.Document(fields={name: _cut(value) for name, value in fields.items()})
        assert found.SerializeToString(deterministic=True) == wanted.SerializeToString(deterministic=True)


def _cut(value: protocol.Message) -> protocol.Message:
    copy = protocol.Value()
    copy.CopyFrom(value)
    if copy.HasField("timestamp_value"):
        copy.timestamp_value.nanos -= copy.timestamp_value.nanos % 1000
    for item in copy.array_value.values if copy.HasField("array_value") else ():
        item.CopyFrom(_cut(item))
    for name in list(copy.map_value.fields) if copy.HasField("map_value") else ():
        copy.map_value.fields[name].CopyFrom(_cut(copy.map_value.fields[name]))
    return copy
