"""What is not the format is refused with a place and a reason, whatever it is; another spelling is noted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive import collection_file
from facot_backups.archive.collection_file import decode, parse_document_line, split_lines
from facot_backups.errors import FormatError
from facot_backups.model import EVERYTHING, Document, Json, Scope, TypeTree
from tests.archive.test_lines import encode, read
from tests.support.documents import streams

_DEEP = "[" * 10_000 + "]" * 10_000
_MAPS = '{"a":' * 10_000 + "1" + "}" * 10_000


def _file(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in ("[", *lines, "]")).encode()


_REFUSED: dict[str, tuple[bytes, int]] = {
    # whole files
    "empty": (b"", 1),
    "a blank line": (b"\n", 1),
    "an object": (b"{}\n", 1),
    "an empty list over two lines": (b"[\n]\n", 2),
    "no final newline": (b"[]", 1),
    "cut after a line": (b'[\n{"_id":"1"}\n', 2),
    "cut in a line": (b'[\n{"_id":"1"}\n]', 3),
    "more after the end": (b"[]\n[]\n", 2),
    "a document after the end": (b'[]\n{"_id":"1"}\n', 2),
    "a blank line after the end": (b'[\n{"_id":"1"}\n]\n\n', 4),
    "Windows newlines": (b'[\r\n{"_id":"1"}\r\n]\r\n', 1),
    "byte order mark": (b"\xef\xbb\xbf[]\n", 1),
    "everything on one line": (b'[{"_id":"1"}]\n', 1),
    # structure
    "no comma": (_file('{"_id":"1"}', '{"_id":"2"}'), 3),
    "a comma too many": (_file('{"_id":"1"},'), 3),
    "blank before a document": (_file(' {"_id":"1"}'), 2),
    "text after a document": (_file('{"_id":"1"}x'), 2),
    "two documents on a line": (_file('{"_id":"1"},{"_id":"2"}'), 2),
    "a document on its parent's line": (_file('{"_id":"1","_s":[{"_id":"2"}]}'), 2),
    "an empty subcollection": (_file('{"_id":"1","_s":[]}'), 2),
    "an empty subcollection over two lines": (_file('{"_id":"1","_s":[', "]}"), 3),
    "an empty items of no invoice": (_file('{"_id":"1","_items":[]}'), 2),
    "a subcollection that is a number": (_file('{"_id":"1","___id7__":[', '{"_id":"2"}', "]}"), 2),
    "a subcollection before fields": (_file('{"_id":"1","_items":[],"a":1}'), 2),
    "a subcollection twice": (_file('{"_id":"1","_s":[', '{"_id":"2"}', '],"_s":[', '{"_id":"3"}', "]}"), 4),
    "subcollections out of order": (
        _file('{"_id":"1","_s":[', '{"_id":"2"}', '],"_r":[', '{"_id":"3"}', "]}"),
        4,
    ),
    "a field after a subcollection": (_file('{"_id":"1","_s":[', '{"_id":"2"}', '],"a":1}'), 4),
    "a field that opens": (_file('{"_id":"1","s":[', '{"_id":"2"}', "]}"), 2),
    "a key of ours that opens": (_file('{"_id":"1","_types":[', '{"_id":"2"}', "]}"), 2),
    "an id that opens": (_file('{"_id":[', '{"_id":"2"}', "]}"), 2),
    "a plain name behind _/": (_file('{"_id":"1","_/s":[', '{"_id":"2"}', "]}"), 2),
    "a close that is none": (_file('{"_id":"1","_s":[', '{"_id":"2"}', "]x"), 4),
    "a close without its document": (_file('{"_id":"1","_s":[', '{"_id":"2"}'), 4),
    "a close too many": (_file('{"_id":"1"}', "]}"), 3),
    # names and order
    "an id twice": (_file('{"_id":"1"},', '{"_id":"1"}'), 3),
    "ids out of order": (_file('{"_id":"2"},', '{"_id":"10"}'), 3),
    "numeric ids out of order": (_file('{"_id":"__id10__"},', '{"_id":"__id9__"}'), 3),
    "a numeric id after a string": (_file('{"_id":"a"},', '{"_id":"__id9__"}'), 3),
    "an id that is no string": (_file('{"_id":1}'), 2),
    "an empty id": (_file('{"_id":""}'), 2),
    "an id with a slash": (_file('{"_id":"a/b"}'), 2),
    "an id of dots": (_file('{"_id":".."}'), 2),
    "a reserved id": (_file('{"_id":"__x__"}'), 2),
    "an id too long": (_file(f'{{"_id":"{"ñ" * 751}"}}'), 2),
    "no id": (_file('{"a":1}'), 2),
    "the id not first": (_file('{"a":1,"_id":"1"}'), 2),
    "an empty field name": (_file('{"_id":"1","":1}'), 2),
    "an empty name in a map": (_file('{"_id":"1","a":[{"":1}]}'), 2),
    "a reserved field name": (_file('{"_id":"1","_fields":{"__x__":1}}'), 2),
    "a reserved name in a map": (_file('{"_id":"1","a":{"__x__":1}}'), 2),
    "a field name too long": (_file(f'{{"_id":"1","{"n" * 1501}":1}}'), 2),
    "a reserved subcollection": (_file('{"_id":"1","___x__":[', '{"_id":"2"}', "]}"), 2),
    # keys of ours
    "a duplicate field": (_file('{"_id":"1","a":1,"a":1}'), 2),
    "a duplicate id": (_file('{"_id":"1","_id":"1"}'), 2),
    "a duplicate in a map": (_file('{"_id":"1","a":{"b":1,"b":2}}'), 2),
    "a duplicate by escape": (_file('{"_id":"1","a":1,"\\u0061":2}'), 2),
    "a duplicate subcollection": (_file('{"_id":"1","_s":1,"_s":[', '{"_id":"2"}', "]}"), 2),
    "a field in _ outside _fields": (_file('{"_id":"1","_a":1}'), 2),
    "a plain field in _fields": (_file('{"_id":"1","_fields":{"a":1}}'), 2),
    "an empty _fields": (_file('{"_id":"1","_fields":{}}'), 2),
    "a _fields that is no map": (_file('{"_id":"1","_fields":null}'), 2),
    "an empty _types": (_file('{"_id":"1","_types":{}}'), 2),
    "an empty branch of _types": (_file('{"_id":"1","a":{"b":1},"_types":{"a":{}}}'), 2),
    "a leaf of _types that is no name": (_file('{"_id":"1","a":1,"_types":{"a":1}}'), 2),
    "a null _types": (_file('{"_id":"1","_types":null}'), 2),
    "a _missing without anything below": (_file('{"_id":"1","_missing":true}'), 2),
    "a _missing that is false": (_file('{"_id":"1","_missing":false,"_s":[', '{"_id":"2"}', "]}"), 2),
    "a _missing that is 1": (_file('{"_id":"1","_missing":1,"_s":[', '{"_id":"2"}', "]}"), 2),
    "a _missing with fields": (_file('{"_id":"1","a":1,"_missing":true,"_s":[', '{"_id":"2"}', "]}"), 2),
    "both marks": (_file('{"_id":"1","_missing":true,"_unread":true,"_s":[', '{"_id":"2"}', "]}"), 2),
    # JSON
    "NaN": (_file('{"_id":"1","a":NaN}'), 2),
    "an integer over 64 bits": (_file('{"_id":"1","a":99999999999999999999}'), 2),
    "an integer of 5,000 digits": (_file(f'{{"_id":"1","a":{"9" * 5000}}}'), 2),
    "a number over a double": (_file('{"_id":"1","a":1e400}'), 2),
    "half a surrogate": (_file('{"_id":"1","a":"\\ud800"}'), 2),
    "not UTF-8": (b'[\n{"_id":"1","a":"\xff"}\n]\n', 2),
    "a NUL": (b'[\n{"_id":"1","a":"\0"}\n]\n', 2),
    "10,000 lists": (_file(f'{{"_id":"1","a":{_DEEP}}}'), 2),
    "10,000 maps": (_file(f'{{"_id":"1","a":{_MAPS}}}'), 2),
    "10,000 maps in _types": (_file(f'{{"_id":"1","_types":{_MAPS}}}'), 2),
    "10,000 maps in _fields": (_file(f'{{"_id":"1","_fields":{_MAPS}}}'), 2),
    "500 maps": (_file('{"_id":"1","a":' + '{"a":' * 500 + "1" + "}" * 501), 2),
    "500 maps in _types": (_file('{"_id":"1","_types":' + '{"a":' * 500 + '"bytes"' + "}" * 501), 2),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_what_is_not_the_format_is_refused_where_it_stands(name: str) -> None:
    data, line = _REFUSED[name]
    with pytest.raises(FormatError) as caught:
        read(data, "c")
    assert caught.value.place == f"prueba.json, línea {line}"


@pytest.mark.parametrize(
    "lines",
    [
        ('{"_id":"1","_missing":true,"_items":[]}',),
        ('{"_id":"1","_items":[],"_items":[', '{"_id":"2"}', "]}"),
        ('{"_id":"1","_items":[', '{"_id":"2"}', '],"_items":[]}'),
        ('{"_id":"1","_notas":[', '{"_id":"2"}', '],"_items":[]}'),
        ('{"_id":"1","_missing":true,"_a":[', '{"_id":"2"}', '],"_items":[]}'),
        ('{"_id":"1","_items":[', '{"_id":"2","_items":[]}', "]}"),
        ('{"_id":"1","_items":[],"_items":[]}',),
    ],
)
def test_an_empty_items_stands_only_once_and_in_its_place(lines: tuple[str, ...]) -> None:
    with pytest.raises(FormatError):
        read(_file(*lines), "invoices")


_ODD: dict[str, tuple[str, dict[str, Json], TypeTree | None]] = {
    "blanks": ('{"_id": "1", "a": 1}', {"a": 1}, None),
    "an escape": ('{"_id":"1","a":"\\u00f1\\/"}', {"a": "ñ/"}, None),
    "fields out of order": ('{"_id":"1","b":1,"a":{"d":1,"c":2}}', {"a": {"c": 2, "d": 1}, "b": 1}, None),
    "a double in more digits": ('{"_id":"1","a":1.50}', {"a": 1.5}, None),
    "a double with an exponent": ('{"_id":"1","a":1e2}', {"a": 100.0}, None),
    "minus zero": ('{"_id":"1","a":-0}', {"a": 0}, None),
    "types first": ('{"_id":"1","_types":{"a":"bytes"},"a":""}', {"a": ""}, {"a": "bytes"}),
    "types out of order": (
        '{"_id":"1","a":"","b":"","_types":{"b":"bytes","a":"bytes"}}',
        {"a": "", "b": ""},
        {"a": "bytes", "b": "bytes"},
    ),
}


@pytest.mark.parametrize("name", _ODD)
def test_another_spelling_of_the_same_is_noted_and_put_into_order(name: str) -> None:
    line, fields, types = _ODD[name]
    (document,), odd = read(_file(line), "c")
    assert repr(document) == repr(Document(("c", "1"), fields, types))
    assert odd == [2]


def test_indexes_of_arrays_go_by_number() -> None:
    types: Any = {"a": {str(index): "bytes" for index in range(12)}}
    documents = [Document(("c", "1"), {"a": [""] * 12}, types)]
    assert read(encode("c", documents), "c") == (documents, [])


def test_an_items_that_is_not_shown_by_the_rule_is_noted() -> None:
    bare, shown = _file('{"_id":"1"}'), _file('{"_id":"1","_items":[]}')
    other = Scope(collections=("invoices",), restore="r1")
    assert [read(bare, "invoices", scope)[1] for scope in (None, EVERYTHING, other)] == [[], [2], []]
    assert [read(shown, "invoices", scope)[1] for scope in (None, EVERYTHING, other)] == [[], [], [2]]
    later = _file('{"_id":"1","_notas":[', '{"_id":"2"}', "]}")
    assert read(later, "invoices", EVERYTHING)[1] == [4]


def test_a_line_is_bounded_before_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert collection_file.MAX_LINE_BYTES == 16 * 2**20
    monkeypatch.setattr(collection_file, "MAX_LINE_BYTES", 1000)
    taken = 0

    def endless() -> Any:
        nonlocal taken
        yield b"[\n"
        while True:
            taken += 100
            yield b"x" * 100

    with pytest.raises(FormatError, match="línea 2"):
        list(split_lines(endless(), "f"))
    assert taken == 1100
    assert list(split_lines([b"x" * 1000 + b"\n"], "f")) == [b"x" * 1000]


def test_a_line_read_by_itself_must_be_the_document_that_was_asked_for() -> None:
    with pytest.raises(FormatError, match="se esperaba «2»"):
        parse_document_line(b'{"_id":"1"},\n', ("c", "2"), "aquí")
    with pytest.raises(FormatError, match="aquí"):
        parse_document_line(b']},\n{"_id":"2"}\n', ("c", "2"), "aquí")


@given(st.data())
@settings(max_examples=50)
def test_a_mutation_gives_documents_or_a_format_error(data: st.DataObject) -> None:
    _mutate(data, bytearray(encode("invoices", data.draw(streams("invoices", 4)))))


@pytest.mark.slow
@given(st.data())
@settings(max_examples=100)
def test_many_mutations(data: st.DataObject) -> None:
    """Ten of each stream, which takes far longer to make than to change."""
    text = encode("invoices", data.draw(streams("invoices", 4)))
    for _ in range(10):
        _mutate(data, bytearray(text))


def _mutate(data: st.DataObject, text: bytearray) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        change = data.draw(st.sampled_from(("flip", "cut", "double", "insert")))
        if change == "flip":
            text[at] ^= 1 << data.draw(st.integers(0, 7))
        elif change == "insert":
            text[at:at] = data.draw(
                st.sampled_from((b"{", b"}", b"[", b"]", b",", b'"', b"\n", b"\0", b"1", b"_"))
            )
        else:
            piece = text[at : at + 20]
            text[at : at + (20 if change == "cut" else 0)] = b"" if change == "cut" else piece
        if not text:
            break
    try:
        documents = list(decode(split_lines([bytes(text)], "f"), "invoices", "f"))
    except FormatError:
        return
    encode("invoices", documents)  # what is taken is whole: in order, and with something below each mark
