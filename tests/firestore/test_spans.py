"""Ranges of names hold exactly what a scope includes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facot_backups.archive.strict import is_id
from facot_backups.firestore.names import MAX_NAME_BYTES, id_problem
from facot_backups.firestore.spans import LOWEST_ID, Span, get_time, set_time, spans_of, successor
from facot_backups.model import EVERYTHING, DocumentPath, Scope, numeric_id, path_key, segment_key
from facot_backups.protocol import RunQueryRequest
from tests.support import values

_few = st.sampled_from(["a", "a\0", "a!", "b", "A", "z" * 1500, "\U0010ffff" * 375])
_few_ids = st.sampled_from(
    ["1", "1\0", "2", "__id1__", "__id2__", "z" * 1500, "__id9223372036854775807__", "\0"]
)


def paths(levels: int) -> st.SearchStrategy[DocumentPath]:
    """Paths that often collide."""
    return st.lists(st.tuples(_few, _few_ids), min_size=1, max_size=levels).map(
        lambda pairs: tuple(segment for pair in pairs for segment in pair)
    )


_collections = st.lists(_few, max_size=4).map(tuple)
scopes = st.one_of(
    st.builds(Scope, collections=_collections, exclude=_collections),
    st.builds(Scope, exclude=_collections),
    st.builds(
        Scope,
        collections=st.just(()),
        documents=st.lists(paths(2), min_size=1, max_size=5).map(tuple),
        exclude=_collections,
    ),
)


@settings(max_examples=250)
@given(scope=scopes, seen=st.lists(paths(3), max_size=20))
def test_each_document_is_in_one_span_if_the_scope_includes_it(
    scope: Scope, seen: list[DocumentPath]
) -> None:
    spans = spans_of(scope)
    for path in seen:
        assert sum(span.contains(path) for span in spans) == scope.includes(path)
    starts = [path_key(span.start or ()) for span in spans]
    assert starts == sorted(starts)


@settings(max_examples=250)
@given(values.ids, values.ids)
@example("z" * 1500, "z" * 1499 + "{")
@example("\ud7ff" * 500, "\ue000")
@example("_" * 2 + "a" * 1496 + "^_", "_" * 2 + "a" * 1496 + "_`")
@example("__id9223372036854775807__", "\0")
def test_nothing_lies_between_an_id_and_its_successor(first: str, second: str) -> None:
    following = successor(first)
    if following is None:
        assert segment_key(second) <= segment_key(first)
        return
    assert id_problem(following) is None and len(following.encode()) <= MAX_NAME_BYTES
    assert segment_key(first) < segment_key(following)
    if segment_key(first) < segment_key(second):
        assert segment_key(following) <= segment_key(second)


def test_the_plain_scopes() -> None:
    assert spans_of(EVERYTHING) == [Span()]
    assert spans_of(Scope(("b", "a"))) == [
        Span(("a", LOWEST_ID), ("a\0", LOWEST_ID), "a"),
        Span(("b", LOWEST_ID), ("b\0", LOWEST_ID), "b"),
    ]
    assert spans_of(Scope(exclude=("b",))) == [Span(None, ("b", LOWEST_ID)), Span(("b\0", LOWEST_ID), None)]
    (last,) = spans_of(Scope((), (("a", "1", "b", "\U0010ffff" * 375),)))
    assert last.stop == ("a", "1\0")
    with pytest.raises(ValueError, match="restore"):
        spans_of(Scope(restore="x"))


def test_an_instant_keeps_its_microseconds() -> None:
    moment, request = datetime(1969, 12, 31, 23, 59, 59, 123_457, tzinfo=UTC), RunQueryRequest()
    set_time(request.read_time, moment)
    assert request.read_time.nanos == 123_457_000 and get_time(request.read_time) == moment


@pytest.mark.parametrize(
    ("segment", "following"),
    [("__id-1__", "__id1__"), ("__id7__", "__id8__"), ("__id9223372036854775807__", "\0"), ("a", "a\0")],
)
def test_the_next_id_may_exist(segment: str, following: str) -> None:
    assert successor(segment) == following


@pytest.mark.parametrize("segment", ["__id0__", "__id-0__", "__id07__", "__id9223372036854775808__"])
def test_what_is_no_number_is_a_reserved_name(segment: str) -> None:
    assert numeric_id(segment) is None
    assert id_problem(segment) is not None
    assert not is_id(segment)
