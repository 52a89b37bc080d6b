"""The codec loses nothing, and refuses what Firestore or the format does not know."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import orjson
import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.errors import FormatError
from facot_backups.firestore.codec import UnknownValue, decode, decode_document
from facot_backups.firestore.encode import MAX_TEXT_BYTES, encode, encode_document
from facot_backups.firestore.names import documents_root, name_of
from facot_backups.model import Document, Source
from facot_backups.protocol import Document as DocumentMessage
from facot_backups.protocol import Message, Value
from tests.support import values
from tests.support.values import canonical_bytes

ROOT = documents_root(Source("prueba"))
GOLDEN = Path(__file__).parent.parent / "golden"


def through_json(message: Message) -> Message:
    """The message again after decoding, writing and reading JSON, and encoding."""
    fields, types = decode(message.fields, ROOT)
    return encode(orjson.loads(orjson.dumps(fields)), types, ROOT)


def check_round_trip(message: Message) -> None:
    received = DocumentMessage.FromString(message.SerializeToString())
    assert canonical_bytes(through_json(received)) == canonical_bytes(message)


@settings(max_examples=100)
@given(values.documents(ROOT))
def test_every_value_comes_back_the_same(message: Message) -> None:
    check_round_trip(message)


@pytest.mark.slow
@settings(max_examples=1000)
@given(values.documents(ROOT))
def test_thousands_of_documents_come_back_the_same(message: Message) -> None:
    check_round_trip(message)


@pytest.mark.parametrize("arrays", [False, True])
@given(leaf=st.one_of(values.scalars(ROOT), values.vectors))
@settings(max_examples=50)
def test_values_at_the_greatest_depth(leaf: Message, arrays: bool) -> None:
    message = values.document({"a": values.deepest(leaf, arrays=arrays)})
    assert canonical_bytes(through_json(message)) == canonical_bytes(message)


def is_sorted(value: Any) -> bool:
    if isinstance(value, dict):
        return list(value) == sorted(value) and all(map(is_sorted, value.values()))
    return not isinstance(value, list) or all(map(is_sorted, value))


@settings(max_examples=50)
@given(values.fields(ROOT), st.randoms(use_true_random=False))
def test_the_form_is_canonical_whatever_the_order_of_the_map(fields: dict[str, Message], random: Any) -> None:
    shuffled = list(fields.items())
    random.shuffle(shuffled)
    first = decode(values.document(fields).fields, ROOT)
    again = decode(values.document(dict(shuffled)).fields, ROOT)
    assert orjson.dumps(first) == orjson.dumps(again)
    assert is_sorted([v for v in first[0].values() if not isinstance(v, dict) or "latitude" not in v])


def test_a_document_keeps_path_and_update_time() -> None:
    path = ("invoices", "a%2Fb", "items", "__id7__")
    message = DocumentMessage(name=name_of(path, ROOT))
    message.update_time.FromJsonString("2024-11-27T02:00:05.123456Z")
    decoded = decode_document(message, ROOT)
    assert decoded == Document(path, {}, None, None, 1_732_672_805_123_456_000)
    assert encode_document(decoded, ROOT).name == message.name


@pytest.mark.parametrize("case", sorted(GOLDEN.glob("codec*.textproto")), ids=lambda case: case.stem)
def test_golden_files(case: Path) -> None:
    """What format 1 makes of these documents never changes."""
    message = text_format.Parse(case.read_text(encoding="utf-8"), DocumentMessage())
    fields, types = decode(message.fields, ROOT)
    written = orjson.dumps({"fields": fields, "types": types}, option=orjson.OPT_INDENT_2) + b"\n"
    assert written.decode() == case.with_suffix(".json").read_text(encoding="utf-8")
    assert canonical_bytes(encode(fields, types, ROOT)) == canonical_bytes(message)


def nested_lists(depth: int) -> Any:
    inner: Any = 1
    for _ in range(depth):
        inner = {"a": inner}
    return inner


REFUSED: list[tuple[Any, Any, str]] = [
    (2**63, None, "64 bits"),
    (-(2**63) - 1, None, "64 bits"),
    (math.nan, None, "NaN"),
    (math.inf, None, "infinito"),
    ([[1]], None, "lista dentro de otra"),
    ([[1.0]], {"0": "vector"}, "lista dentro de otra"),
    (nested_lists(21), None, "niveles"),
    ("x" * (MAX_TEXT_BYTES + 1), None, "bytes"),
    ("ñ" * (MAX_TEXT_BYTES // 2 + 1), None, "bytes"),
    (["x" * 600_000, "x" * 600_000], None, "1048576"),
    ("\ud800", None, "Unicode"),
    (object(), None, "no es JSON"),
    ("x", "raro", "tipo desconocido"),
    ("x", {"0": "bytes"}, "mapa o una lista"),
    ({"b": 1}, {"c": "bytes"}, "que no existe"),
    ([1], {"1": "bytes"}, "que no existe"),
    (["AA=="], {"00": "bytes"}, "que no existe"),
    (["AA=="], {"-1": "bytes"}, "que no existe"),
    ({"__x__": 1}, None, "reservado"),
    ({"": 1}, None, "vacío"),
    ({"n" * 1501: 1}, None, "1500"),
    ({"n" * 1495: 1}, None, "ruta de campo"),
    ([{"ñ" * 700: {"n" * 94: 1}}], None, "ruta de campo"),
    ({"__type__": "__vector__", "value": [1.0]}, None, "reservado"),
    ("1.0", "double", "NaN"),
    (1.0, "double", "NaN"),
    ("nan", "double", "NaN"),
    ("2024-11-27", "timestamp", "AAAA"),
    ("2024-11-27T02:00:05Z", "timestamp", "AAAA"),
    ("2024-11-27T02:00:05.123Z", "timestamp", "AAAA"),
    ("2024-11-27T02:00:05.123456+00:00", "timestamp", "AAAA"),
    ("2024-02-30T02:00:05.123456Z", "timestamp", "AAAA"),
    ("0000-11-27T02:00:05.123456Z", "timestamp", "AAAA"),
    (" 2024-11-27T02:00:05.123456Z", "timestamp", "AAAA"),
    ("٢٠٢٤-11-27T02:00:05.123456Z", "timestamp", "AAAA"),
    (7, "timestamp", "AAAA"),
    ("AAA", "bytes", "base64"),
    ("AB==", "bytes", "base64"),
    ("A A=", "bytes", "base64"),
    ("ñ", "bytes", "base64"),
    (7, "bytes", "base64"),
    ("invoices", "reference", "referencia"),
    ("", "reference", "referencia"),
    ("a/b/c", "reference", "referencia"),
    ("a//b/c", "reference", "referencia"),
    ("a/..", "reference", "referencia"),
    ("a/__b__", "reference", "referencia"),
    ("a/" + "b" * 1501, "reference", "referencia"),
    ("/".join(["a"] * 202), "reference", "referencia"),
    ("projects/p/databases/d/documents", "reference", "referencia"),
    ("projects/p/databases//documents/a/b", "reference", "referencia"),
    ("proyectos/p/databases/d/documents/a/b", "reference", "referencia"),
    (7, "reference", "ruta"),
    ({"latitude": 1.0}, "geopoint", "latitude"),
    ({"latitude": 1, "longitude": 1.0}, "geopoint", "rango"),
    ({"latitude": 90.1, "longitude": 1.0}, "geopoint", "rango"),
    ({"latitude": 1.0, "longitude": math.nan}, "geopoint", "rango"),
    ({"latitude": 1.0, "longitude": 1.0, "x": 1}, "geopoint", "latitude"),
    ([], "vector", "vector"),
    ([1.0] * 2049, "vector", "vector"),
    ([1], "vector", "coma flotante"),
    (["NaN"], "vector", "coma flotante"),
    ([math.inf], "vector", "coma flotante"),
    ({}, "vector", "vector"),
]


@pytest.mark.parametrize(("value", "types", "word"), REFUSED)
def test_encode_refuses(value: Any, types: Any, word: str) -> None:
    with pytest.raises(FormatError) as caught:
        encode({"campo": value}, None if types is None else {"campo": types}, ROOT, "invoices/1")
    assert word in caught.value.problem
    assert caught.value.place.startswith("invoices/1")


def test_what_just_fits_is_not_refused() -> None:
    many: dict[str, Any] = {f"{number:03}{'n' * 97}": number for number in range(100)}
    fits = many | {"n" * 1500: 1, "m" * 749: {"n" * 750: 1}, "____": 2**63 - 1, "i": -(2**63)}
    message = encode_document(Document(("____", "____", "a", "__id7__"), dict(sorted(fits.items()))), ROOT)
    assert decode_document(message, ROOT).fields == fits


def test_the_place_of_a_refusal_names_the_field() -> None:
    with pytest.raises(FormatError, match=r"^invoices/1, campo a\.b\[1\]\.c: ") as caught:
        encode({"a": {"b": [1, {"c": 2**63}]}}, None, ROOT, "invoices/1")
    assert caught.value.exit_code == 20


def test_a_document_that_does_not_exist_has_nothing_to_write() -> None:
    with pytest.raises(FormatError, match="no existe"):
        encode_document(Document(("a", "b"), {}, None, "missing"), ROOT)
    with pytest.raises(FormatError, match="no lleva a un documento"):
        encode_document(Document(("a",), {}), ROOT)


def _reserved_map(key: str) -> Message:
    return values.mapping({key: values.value("integer_value", 1)})


_VECTOR, _ONE = values.value("string_value", "__vector__"), values.value("integer_value", 1)
UNKNOWN: list[tuple[Message, str]] = [
    (Value(), "desconocido (ninguno)"),
    (Value(field_reference_value="a"), "desconocido (field_reference_value)"),
    (values.array([Value()]), "[0]"),
    (values.mapping({"b": values.array([Value()])}), "a.b[0]"),
    (_reserved_map("__int__"), "reservado"),
    (_reserved_map("__type__"), "__type__"),
    (values.mapping({"__type__": values.value("string_value", "__matrix__")}), "__type__"),
    (values.mapping({"__type__": _VECTOR}), "__type__"),
    (values.mapping({"__type__": _VECTOR, "value": _ONE, "x": _ONE}), "__type__"),
    (values.mapping({"__type__": _VECTOR, "value": values.array([_ONE])}), "coma flotante"),
    (values.geopoint(91, 0), "rango"),
    (values.value("reference_value", ROOT), "referencia"),
    (values.value("reference_value", ROOT + "/a"), "referencia"),
    (values.value("reference_value", "otra/cosa"), "referencia"),
]


@pytest.mark.parametrize(("value", "words"), UNKNOWN)
def test_decode_never_drops_what_it_does_not_know(value: Message, words: str) -> None:
    message = values.document({"a": value})
    message.name = name_of(("c", "d"), ROOT)
    with pytest.raises(UnknownValue) as caught:
        decode_document(message, ROOT)
    assert words in str(caught.value)
    assert caught.value.place.startswith("c/d, campo a")
    assert caught.value.path == ("c", "d")


def test_decode_refuses_what_it_would_cut() -> None:
    finer = values.timestamp(0)
    finer.timestamp_value.nanos = 1
    later = values.timestamp(values.MICROSECONDS[1])
    later.timestamp_value.seconds += 1
    for value in (finer, later):
        with pytest.raises(UnknownValue):
            decode(values.document({"t": value}).fields, ROOT)
