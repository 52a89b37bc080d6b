"""Streams of documents to bytes and back: equal, canonical, and plain JSON to everyone else."""

from __future__ import annotations

import itertools
import json
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive.collection_file import decode, parse_document_line, split_lines
from facot_backups.archive.lines import LineEncoder, subcollection_key
from facot_backups.errors import UnorderedDocuments
from facot_backups.model import EVERYTHING, Document, DocumentPath, Scope, path_key
from tests.support.documents import collections, streams, with_parents


def encode(collection: str, documents: list[Document], scope: Scope = EVERYTHING) -> bytes:
    encoder = LineEncoder(collection, scope)
    return b"".join([*map(encoder.add, documents), encoder.finish()])


def read(data: bytes, collection: str, scope: Scope | None = None) -> tuple[list[Document], list[int]]:
    """The documents of a file, and the numbers of its lines that are not canonical."""
    odd: list[int] = []
    lines = split_lines([data], "prueba.json")
    return list(decode(lines, collection, "prueba.json", scope=scope, note=odd.append)), odd


@st.composite
def scopes(draw: st.DrawFn, collection: str, documents: list[Document]) -> Scope:
    """All, the collection, or some of the documents with what is below them."""
    roots = sorted({document.path[:2] for document in documents})
    if not roots or draw(st.booleans()):
        return draw(st.sampled_from((EVERYTHING, Scope(collections=(collection,)))))
    chosen = draw(st.lists(st.sampled_from(roots), unique=True))
    return Scope(collections=(), documents=tuple(chosen))


def nested(documents: list[Document], scope: Scope) -> list[Any]:
    """The JSON value of a whole file, built by nesting: another way than the product's."""
    tops: list[Any] = []
    by_path: dict[DocumentPath, dict[str, Any]] = {}
    for path, fields, types, mark, _ in with_parents(documents, scope):
        own = {name: value for name, value in fields.items() if name.startswith("_")}
        entry = {"_id": path[-1]} | {name: value for name, value in fields.items() if name not in own}
        entry |= {"_fields": own} if own else {}
        entry |= {"_types": types} if types else {}
        entry |= {f"_{mark}": True} if mark else {}
        by_path[path] = entry
        siblings = by_path[path[:-2]].setdefault(subcollection_key(path[-2]), []) if path[2:] else tops
        siblings.append(entry)
        if path[0] in ("invoices", "quotations") and len(path) == 2 and not mark and scope.includes(path):
            entry["_items"] = []
    return tops


@given(st.data())
@settings(max_examples=40)
def test_a_stream_comes_back_equal_canonical_and_is_plain_json(data: st.DataObject) -> None:
    _comes_back(data)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=150)
def test_many_streams_come_back(data: st.DataObject) -> None:
    _comes_back(data)


def _comes_back(data: st.DataObject) -> None:
    collection = data.draw(collections)
    documents = data.draw(streams(collection))
    scope = data.draw(scopes(collection, documents))
    text = encode(collection, documents, scope)
    back, odd = read(text, collection, scope)
    assert back == with_parents(documents, scope)
    assert repr(back) == repr(with_parents(documents, scope))  # 1 is not 1.0, -0.0 is not 0.0, order counts
    assert odd == []
    assert encode(collection, back, scope) == text
    assert json.loads(text) == nested(documents, scope)


@given(st.data())
@settings(max_examples=15)
def test_what_is_returned_ends_with_the_documents_own_line(data: st.DataObject) -> None:
    collection = data.draw(collections)
    documents = data.draw(streams(collection))
    encoder = LineEncoder(collection, EVERYTHING)
    text = bytearray()
    places = []
    for document in documents:
        chunk = encoder.add(document)
        places.append(len(text) + chunk.rfind(b"\n") + 1)
        text += chunk
    text += encoder.finish()
    for document, place in zip(documents, places, strict=True):
        line = bytes(text[place : text.index(b"\n", place) + 1])
        assert parse_document_line(line, document.path, "aquí") == document._replace(update_time=0)
    assert encoder.documents + encoder.nested_documents == len(documents)
    assert encoder.documents == sum(len(document.path) == 2 for document in documents)
    assert encoder.last_update_time == max((document.update_time for document in documents), default=0)


@given(st.data())
@settings(max_examples=15)
def test_any_cut_into_blocks_gives_the_same_lines(data: st.DataObject) -> None:
    text = encode("items", data.draw(streams("items")))
    size = data.draw(st.integers(1, 50))
    blocks = [text[at : at + size] for at in range(0, len(text), size)]
    assert list(split_lines(blocks, "")) == text.split(b"\n")[:-1]


@given(st.data())
@settings(max_examples=15)
def test_documents_out_of_order_are_refused(data: st.DataObject) -> None:
    documents = [document for document in data.draw(streams("invoices")) if not document.mark]
    shuffled = documents + data.draw(
        st.lists(st.sampled_from(documents), max_size=2) if documents else st.just([])
    )
    random.Random(data.draw(st.integers())).shuffle(shuffled)
    keys = [path_key(document.path) for document in shuffled]
    if all(before < after for before, after in itertools.pairwise(keys)):
        encode("invoices", shuffled)
    else:
        with pytest.raises(UnorderedDocuments):
            encode("invoices", shuffled)


@pytest.mark.parametrize(
    "path",
    [
        ("a",),
        ("b", "1"),
        ("a", "1", "b"),
        ("a", "."),
        ("a", "1", "__x__", "2"),
        ("a", "1", "__id7__", "2"),
        ("a", "b/c"),
    ],
)
def test_a_path_that_is_none_of_the_collections_is_refused(path: DocumentPath) -> None:
    with pytest.raises(UnorderedDocuments):
        LineEncoder("a", EVERYTHING).add(Document(path, {}))


@pytest.mark.parametrize(
    "paths",
    [
        ("a/1", "a/1"),
        ("a/1/b/1", "a/1/b/1"),
        ("a/A", "a/__id7__"),  # numbers come before all texts
        ("a/__id100__", "a/__id7__"),
        ("a/1/c/1", "a/1/b/1"),
        ("a/1/b/1", "a/1"),
    ],
)
def test_a_document_that_does_not_come_after_the_last_is_refused(paths: tuple[str, str]) -> None:
    encoder = LineEncoder("a", EVERYTHING)
    encoder.add(Document(tuple(paths[0].split("/")), {}))
    with pytest.raises(UnorderedDocuments):
        encoder.add(Document(tuple(paths[1].split("/")), {}))


def test_a_marked_document_needs_something_below_it_and_has_no_fields() -> None:
    encoder = LineEncoder("a", EVERYTHING)
    encoder.add(Document(("a", "1"), {}, None, "missing"))
    with pytest.raises(UnorderedDocuments):
        encoder.add(Document(("a", "2"), {}))
    with pytest.raises(ValueError, match="no fields"):
        LineEncoder("a", EVERYTHING).add(Document(("a", "1"), {"n": 1}, None, "unread"))


def test_memory_holds_the_open_path_alone() -> None:
    """Many documents below one: neither the encoder nor the decoder keeps any of them."""

    def blocks() -> Iterator[bytes]:
        fresh = LineEncoder("a", EVERYTHING)
        yield fresh.add(Document(("a", "1"), {}))
        for number in range(20_000):
            yield fresh.add(Document(("a", "1", "b", f"{number:06}"), {"n": number}))
        yield fresh.finish()

    tracemalloc.start()
    count = sum(1 for _ in decode(split_lines(blocks(), ""), "a", ""))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_001
    assert peak < 200_000
