"""Queries through `serve`: a backup that is served answers as Google's emulator does with the same data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from facot_backups.emulator.encode import to_value
from tests.emulator import recorded
from tests.emulator.rpc import Raw, field_filter, raw
from tests.emulator.serving import served_again
from tests.support.servers import FirestoreServer

_ASCENDING, _DESCENDING = 1, 2
_AND, _OR = 1, 2
_RANGES, _EQUAL, _NOT_EQUAL, _CONTAINS, _LISTS = (1, 2, 3, 4), 5, 6, 7, (8, 9, 10)
_VALUES = [value for value in recorded._VALUES if not isinstance(value, list)]
_values = st.integers(0, len(_VALUES) - 1).map(lambda index: to_value(_VALUES[index]))
_fields = st.sampled_from(["v", "v", "kind", "m.k", "tags"])


def test_recorded_answers(memory_server: FirestoreServer, tmp_path: Path) -> None:
    memory_server.write(recorded.documents())
    with served_again(memory_server, tmp_path) as served, raw(served) as calls:
        assert recorded.answers(calls) == json.loads(recorded.RECORD.read_text())


def _array(items: list[Any]) -> Any:
    value = to_value([])
    value.array_value.values.extend(items)
    return value


_unary = st.builds(
    lambda path, operator: {"unary_filter": {"op": operator, "field": {"field_path": path}}},
    _fields,
    st.integers(2, 5),
)
# Short ones: together they stay within what a query may be, which has a test of its own.
_lists = st.lists(_values, min_size=1, max_size=2).map(_array)
_single = st.one_of(
    st.builds(field_filter, _fields, st.sampled_from([*_RANGES, _EQUAL, _NOT_EQUAL, _CONTAINS]), _values),
    st.builds(field_filter, _fields, st.sampled_from(_LISTS), _lists),
    _unary,
)


def _composite(parts: SearchStrategy[dict[str, Any]]) -> SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda filters, operator: {"composite_filter": {"op": operator, "filters": filters}},
        st.lists(parts, min_size=1, max_size=3),
        st.sampled_from([_AND, _AND, _AND, _OR]),
    )


_filters = st.recursive(_single, _composite, max_leaves=4)


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    """Anything that a client can ask of the recorded data, the nonsense too."""
    query: dict[str, Any] = {
        "from_": [{"collection_id": draw(st.sampled_from("qqp")), "all_descendants": draw(st.booleans())}]
    }
    if draw(st.booleans()):
        query["where"] = draw(_filters)
    orders = draw(st.lists(st.tuples(_fields, st.sampled_from([_ASCENDING, _DESCENDING])), max_size=2))
    if orders:
        query["order_by"] = [{"field": {"field_path": p}, "direction": d} for p, d in orders]
        for side in ("start_at", "end_at"):
            if draw(st.booleans()):
                values = [draw(_values) for _ in range(draw(st.integers(1, len(orders))))]
                query[side] = {"values": values, "before": draw(st.booleans())}
    if draw(st.booleans()):
        query["limit"] = {"value": draw(st.integers(0, 12))}
    if draw(st.booleans()):
        query["offset"] = draw(st.integers(0, 5))
    return query


@pytest.mark.slow
def test_how_many_alternatives_a_query_may_have(firestore_server: FirestoreServer) -> None:
    def either(first: int, second: int, *more: Any) -> Any:
        lists = [_array([to_value(n) for n in range(size)]) for size in (first, second)]
        parts = [field_filter("kind", 8, lists[0]), field_filter("v", 8, lists[1]), *more]
        return calls.paths(
            from_=[{"collection_id": "q"}], where={"composite_filter": {"op": _AND, "filters": parts}}
        )

    firestore_server.write(recorded.documents())
    with raw(firestore_server) as calls:
        assert either(3, 10) == ["q/06", "q/07", "q/09", "q/10"]
        assert either(3, 11) == either(6, 6) == "INVALID_ARGUMENT"
        tags = [field_filter("tags", _CONTAINS, to_value(tag)) for tag in "ab"]
        assert isinstance(either(1, 2, tags[0]), list)
        assert either(1, 2, tags[0]) == either(1, 2, tags[0], tags[0])
        assert either(1, 2, *tags) == "INVALID_ARGUMENT"
        twice = [{"field": {"field_path": "v"}, "direction": 1}] * 2
        assert calls.paths(from_=[{"collection_id": "q"}], order_by=twice) == "INVALID_ARGUMENT"


@pytest.mark.slow
def test_generated_queries(emulator: FirestoreServer, tmp_path: Path) -> None:
    emulator.write(recorded.documents())
    with (
        served_again(emulator, tmp_path) as served,
        raw(served) as ours,
        raw(emulator) as theirs,
    ):
        _compare(ours, theirs)


def _compare(ours: Raw, theirs: Raw) -> None:
    @settings(max_examples=400)
    @given(queries())
    def compared(query: dict[str, Any]) -> None:
        expected = theirs.paths(**query)
        assert ours.paths(**query) == expected
        if not isinstance(expected, str):
            assert ours.count(**query) == theirs.count(**query)

    compared()
