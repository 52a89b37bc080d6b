"""FACOT 2.0's files, read: what its code wrote comes back whole, whatever the order, and damage is named."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive import facot2_reading
from facot_backups.archive.facot2_reading import documents_of, parse_element, read_elements
from facot_backups.errors import FormatError
from facot_backups.model import Document, Json
from tests.support.documents import ids, names

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
_fields = st.dictionaries(names.filter(lambda name: name not in ("_id", "_items")), _values, max_size=4)
_documents = st.dictionaries(ids, _fields, max_size=5)
_files = st.dictionaries(ids, st.tuples(_fields, _documents), max_size=5)


def element(name: str, fields: dict[str, Json], items: dict[str, Any] | None = None) -> dict[str, Json]:
    """A document as FACOT 2.0 wrote it: its `_id` after the fields, then its items."""
    nested = {"_items": [element(*item) for item in items.items()]} if items is not None else {}
    return {**fields, "_id": name, **nested}


def read(data: bytes, collection: str = "invoices", block: int = 2**20) -> list[Document]:
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    found = read_elements(blocks, "f")
    return [document for one in found for document in documents_of(one, collection, "f")]


def unspelled(value: Json, types: Any) -> Json:
    """The value as Python's `json` gives it, from ours and its `_types`."""
    if types == "double":
        return float(value)
    children = types or {}
    if isinstance(value, dict):
        return {name: unspelled(child, children.get(name)) for name, child in value.items()}
    if isinstance(value, list):
        return [unspelled(child, children.get(str(at))) for at, child in enumerate(value)]
    return value


def text_of(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


@given(_files, st.sampled_from((None, 0, 2, "\t")), st.booleans(), st.integers(1, 40))
@settings(max_examples=80)
def test_what_facot_wrote_comes_back(files: Any, indent: Any, ascii_only: bool, block: int) -> None:
    array = [element(name, fields, items) for name, (fields, items) in files.items()]
    data = json.dumps(array, ensure_ascii=ascii_only, indent=indent).encode()
    found = read(data, block=block)
    back = {document.path: unspelled(document.fields, document.types) for document in found}
    wanted: dict[Any, Any] = {("invoices", name): fields for name, (fields, _) in files.items()}
    for name, (_, items) in files.items():
        wanted |= {("invoices", name, "items", item): fields for item, fields in items.items()}
    assert len(found) == len(wanted)
    assert {path: text_of(fields) for path, fields in back.items()} == {
        path: text_of(fields) for path, fields in wanted.items()
    }
    for document in found:
        assert list(document.fields) == sorted(document.fields)
        json.dumps(document.fields, allow_nan=False)


@given(_files, st.integers(1, 40))
@settings(max_examples=50)
def test_an_element_stands_where_it_is_said_to(files: Any, block: int) -> None:
    array = [element(name, fields, items) for name, (fields, items) in files.items()]
    data = json.dumps(array, ensure_ascii=False, indent=2).encode()
    for one in read_elements((data[at : at + block] for at in range(0, len(data), block)), "f"):
        again = parse_element(data[one.offset : one.offset + one.size], "f")
        assert (again.name, text_of(again.value)) == (one.name, text_of(one.value))


def test_only_two_names_are_special() -> None:
    data = b'[{"_id":"1","_types":{"a":"timestamp"},"_fields":1,"_missing":true,"_items":[1],"z":1,"a":"x"}]'
    assert read(data, "clients") == [
        Document(
            ("clients", "1"),
            {"_fields": 1, "_items": [1], "_missing": True, "_types": {"a": "timestamp"}, "a": "x", "z": 1},
        )
    ]
    nested = b'[{"_id":"1","_items":[{"_id":"10","_items":[]},{"_id":"0"}]}]'
    assert read(nested) == [
        Document(("invoices", "1"), {}),
        Document(("invoices", "1", "items", "0"), {}),
        Document(("invoices", "1", "items", "10"), {"_items": []}),
    ]


def test_what_json_has_not_is_kept_as_our_format_keeps_it() -> None:
    assert read(b'[{"a":NaN,"b":[1.5,-Infinity],"c":{"d":Infinity},"_id":"1"}]') == [
        Document(
            ("invoices", "1"),
            {"a": "NaN", "b": [1.5, "-Infinity"], "c": {"d": "Infinity"}},
            {"a": "double", "b": {"1": "double"}, "c": {"d": "double"}},
        )
    ]


@pytest.mark.parametrize("block", [1, 3, 7, 2**20])
def test_a_number_that_a_block_cuts_in_two_is_one_number(block: int) -> None:
    long = "123456789012345678901234.5e-10"
    data = f'[{{"a":{long},"b":-12,"c":1e3,"_id":"1"}}\n ,\t{{"_id":"2","d":9223372036854775807}}]'.encode()
    numbers = [document.fields for document in read(data, block=block)]
    assert numbers == [{"a": float(long), "b": -12, "c": 1000.0}, {"d": 2**63 - 1}]


_REFUSED = {
    "empty": b"",
    "blank": b" \n",
    "an object": b"{}",
    "a byte order mark": b"\xef\xbb\xbf[]",
    "cut at once": b"[",
    "cut in a document": b'[{"_id":"1","a":"x',
    "cut in a number": b'[{"_id":"1","a":1',
    "cut after a document": b'[{"_id":"1"}',
    "cut after a comma": b'[{"_id":"1"},',
    "cut in a character": b'[{"_id":"1","a":"\xc3',
    "a comma too many": b'[{"_id":"1"},]',
    "no comma": b'[{"_id":"1"}{"_id":"2"}]',
    "text after the end": b"[] x",
    "two arrays": b"[][]",
    "a cut character after the end": b"[]\xc3",
    "not UTF-8": b'[{"_id":"1","a":"\xff"}]',
    "a NUL": b'[{"_id":"1","a":"\x00"}]',
    "half a character": b'[{"_id":"1","a":"\\ud800"}]',
    "half a character in a name": b'[{"_id":"1","\\udfff":1}]',
    "half a character in an id": b'[{"_id":"\\ud800"}]',
    "a key twice": b'[{"_id":"1","a":1,"a":2}]',
    "a key twice in a map": b'[{"_id":"1","m":{"a":1,"a":1}}]',
    "an id twice": b'[{"_id":"1","_id":"1"}]',
    "a number beyond a double": b'[{"_id":"1","a":1e400}]',
    "a number below all doubles": b'[{"_id":"1","a":-1e400}]',
    "an integer beyond 64 bits": b'[{"_id":"1","a":9223372036854775808}]',
    "a huge integer": b'[{"_id":"1","a":1' + b"0" * 5000 + b"}]",
    "no id": b'[{"a":1}]',
    "an id that is a number": b'[{"_id":1}]',
    "an id that is a path": b'[{"_id":"../x"}]',
    "an empty id": b'[{"_id":""}]',
    "a reserved id": b'[{"_id":"__x__"}]',
    "a reserved name": b'[{"_id":"1","__x__":1}]',
    "an empty name": b'[{"_id":"1","m":{"":1}}]',
    "a document that is none": b"[1]",
    "a document that is a list": b'[["_id","1"]]',
    "not JSON": b'[{"_id":"1",a:1}' + b" " * 100 + b"]",
    "deep lists": b'[{"_id":"1","a":' + b"[" * 200 + b"]" * 200 + b"}]",
    "very deep lists": b'[{"_id":"1","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    "very deep maps": b'[{"_id":"1","a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}]",
    "items that are no list": b'[{"_id":"1","_items":{}}]',
    "an item that is none": b'[{"_id":"1","_items":[1]}]',
    "an item without id": b'[{"_id":"1","_items":[{"a":1}]}]',
    "an item twice": b'[{"_id":"1","_items":[{"_id":"a"},{"_id":"b"},{"_id":"a"}]}]',
}


@pytest.mark.parametrize("name", _REFUSED)
@pytest.mark.parametrize("block", [1, 2**20])
def test_what_is_not_the_format_is_refused(name: str, block: int) -> None:
    if block == 1 and len(_REFUSED[name]) > 10_000:
        block = 997
    with pytest.raises(FormatError, match=r"^f, documento "):
        read(_REFUSED[name], block=block)


def test_the_place_of_damage_is_told() -> None:
    with pytest.raises(FormatError, match="f, documento 3: "):
        read(b'[{"_id":"1"},{"_id":"2"},{"_id":3}]')
    with pytest.raises(FormatError, match="f, documento «2»: el ítem «a» está repetido"):
        read(b'[{"_id":"1"},{"_id":"2","_items":[{"_id":"a"},{"_id":"a"}]}]')


@given(st.data())
@settings(max_examples=100)
def test_a_mutation_gives_documents_or_a_format_error(data: st.DataObject) -> None:
    files = data.draw(_files)
    array = [element(name, fields, items) for name, (fields, items) in files.items()]
    content = bytearray(json.dumps(array, ensure_ascii=False, indent=2).encode())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        documents = read(bytes(content), block=data.draw(st.integers(1, 50)))
    except FormatError:
        return
    assert all(isinstance(document, Document) for document in documents)


@pytest.mark.parametrize(
    ("begin", "tail"),
    [(b'"a":"', b"x" * 50), (b'"a":[', b"1, " * 17), (b'"a":', b"1" * 50), (b"", b" " * 50)],
)
def test_memory_is_bounded_before_a_document_is_whole(
    monkeypatch: pytest.MonkeyPatch, begin: bytes, tail: bytes
) -> None:
    monkeypatch.setattr(facot2_reading, "MAX_ELEMENT_CHARS", 1000)
    given_out = 0

    def endless() -> Iterator[bytes]:
        nonlocal given_out
        yield b'[{"_id":"1"},{"_id":"2",' + begin
        for block in itertools.repeat(tail):
            given_out += len(block)
            yield block

    with pytest.raises(FormatError, match="documento 2: el documento pasa de 16 MiB"):
        list(read_elements(endless(), "f"))
    assert given_out < 5000


def test_memory_holds_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facot2_reading, "MAX_ELEMENT_CHARS", 1000)
    one = b'{"_id":"%b","a":"' + b"x" * 300 + b'"},\n'
    blocks = itertools.chain(
        [b"["], (one.replace(b"%b", b"%d" % at) for at in range(1000)), [b'{"_id":"z"}', b"]\n"]
    )
    assert sum(1 for _ in read_elements(blocks, "f")) == 1001
