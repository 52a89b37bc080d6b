"""Metadata: every key comes back, every flipped bit is seen, nothing else than the format is taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.archive.metadata import (
    FileEntry,
    Metadata,
    from_nanoseconds,
    local_text,
    parse,
    scope_from_json,
    scope_to_json,
    serialize,
)
from facot_backups.errors import FormatError, NewerFormat
from facot_backups.model import Scope, Source

_MOMENT = datetime(2024, 11, 27, 6, 0, 5, 123456, UTC)
SAMPLE = Metadata(
    backup_date=date(2024, 11, 27),
    backup_time=local_text(_MOMENT, ZoneInfo("America/Santo_Domingo")),
    collections=("invoices", "ñandú"),
    total_documents=2,
    errors=(),
    tool="facot-backups 1.0.0",
    run_id="r1",
    trigger="scheduled",
    scheduled_for=date(2024, 11, 27),
    label=False,
    scope=Scope(),
    read_time=_MOMENT,
    started_at=_MOMENT,
    finished_at=_MOMENT,
    timezone="America/Santo_Domingo",
    source=Source("facot-app"),
    nested_documents=1,
    server_count=3,
    server_count_reason=None,
    reads=23,
    spot_check=3,
    files={
        "invoices": FileEntry("invoices.json", 1, 1, 100, "0" * 64, _MOMENT),
        "ñandú": FileEntry("and~43dbd6bf7148e6e6.json", 1, 0, 3, "f" * 64, None),
    },
)


def test_facots_keys_come_first_with_facots_meaning() -> None:
    raw = json.loads(serialize(SAMPLE))
    assert list(raw)[:5] == ["backup_date", "backup_time", "collections", "total_documents", "errors"]
    assert raw["backup_date"] == "2024-11-27"
    assert raw["backup_time"] == "2024-11-27T02:00:05.123456"
    assert list(raw)[-1] == "metadata_sha256"
    assert raw["read_time"] == "2024-11-27T06:00:05.123456Z"


def test_every_key_comes_back() -> None:
    odd = replace(
        SAMPLE, trigger="pre-restore", scheduled_for=None, label=True, errors=("invoices: «roto»\n",),
        scope=Scope(collections=(), restore="x"), source=Source("p", "otra", True), server_count=None,
        server_count_reason="tardó más de 60 s", collections=(), files={},
    )  # fmt: skip
    for metadata in (SAMPLE, odd):
        assert parse(serialize(metadata), "m") == metadata


def test_half_a_surrogate_in_a_message_does_not_stop_a_backup() -> None:
    assert parse(serialize(replace(SAMPLE, errors=("a\udcff",))), "m").errors == ("a?",)


def test_every_flipped_bit_is_seen() -> None:
    data = serialize(SAMPLE)
    for at in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            with pytest.raises((FormatError, NewerFormat)):
                parse(bytes(flipped), "m")


def test_every_cut_is_seen() -> None:
    data = serialize(SAMPLE)
    for size in range(len(data)):
        with pytest.raises(FormatError):
            parse(data[:size], "m")


def test_order_and_blanks_are_free_but_for_the_last_line() -> None:
    raw = json.loads(serialize(SAMPLE))
    del raw["metadata_sha256"]
    shuffled = json.dumps(dict(sorted(raw.items())))
    assert parse(_signed(shuffled), "m") == SAMPLE


def _signed(text: str) -> bytes:
    """A JSON object as text, with the checksum line that makes it pass."""
    proven = text.rstrip().removesuffix("}").rstrip().encode() + b",\n"
    return proven + b'  "metadata_sha256": "%b"}\n' % hashlib.sha256(proven).hexdigest().encode()


def _without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda raw: raw.pop(key)


def _with(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda raw: raw.update({key: value})


def _entry(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda raw: raw["files"]["invoices"].update({key: value})


_KEYS = [key for key in json.loads(serialize(SAMPLE)) if key != "metadata_sha256"]
_ENTRY_KEYS = ("file", "documents", "nested_documents", "bytes", "sha256", "last_update_time")


@pytest.mark.parametrize(
    "spoil",
    [
        *(_without(key) for key in _KEYS),
        *(_with(key, {"a": 1}) for key in _KEYS),
        *(_entry(key, {}) for key in _ENTRY_KEYS),
        _with("format_version", 0), _with("format_version", True), _with("format_version", 1.0),
        _with("backup_date", "20241127"), _with("backup_date", "2024-02-30"), _with("backup_time", "x"),
        _with("collections", ["a", "a"]), _with("collections", ["a/b"]), _with("collections", [1]),
        _with("total_documents", -1), _with("total_documents", 1.0), _with("total_documents", False),
        _with("trigger", "cron"), _with("label", 1), _with("errors", [None]), _with("scope", "todo"),
        _with("scope", {"restore": "a", "exclude": []}), _with("scope", {"documents": ["a"]}),
        _with("read_time", "2024-11-27T06:00:05Z"), _with("read_time", "2024-11-27T06:00:05.123456+00:00"),
        _with("reads", 10**30), _with("files", {"a/b": {}}), _with("backup_time", "2024-11-27"),
        _entry("file", "../invoices.json"), _entry("file", "x/y.json"), _entry("bytes", 2**70),
        _entry("file", "and~43dbd6bf7148e6e6.json"), _entry("sha256", "F" * 64),
        _entry("file", "_metadata.json"), _entry("file", "con.json"), _entry("file", "LPT1.x.json"),
        lambda raw: raw["files"].update({".." : raw["files"]["invoices"] | {"file": "x.json"}}),
        lambda raw: raw["files"].update({"b": raw["files"]["invoices"] | {"file": "INVOICES.json"}}),
    ],
)  # fmt: skip
def test_what_is_not_the_format_is_refused_though_its_checksum_is_right(
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    raw = json.loads(serialize(SAMPLE))
    del raw["metadata_sha256"]
    spoil(raw)
    with pytest.raises(FormatError):
        parse(_signed(json.dumps(raw)), "m")


@pytest.mark.parametrize(
    "text", ["[]", "1", '{"a":1,"a":2}', '{"a":' * 5000 + "1" + "}" * 5000, "{", '"\\ud800"']
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse(text.encode(), "m")


def test_a_newer_format_is_its_own_error() -> None:
    text = serialize(SAMPLE).replace(b'"format_version": 1', b'"format_version": 2')
    with pytest.raises(NewerFormat, match="versión más nueva"):
        parse(text, "m")


_NAMES = st.lists(st.sampled_from(("invoices", "items", "ñandú", "a b")), unique=True).map(tuple)


@given(
    st.none() | _NAMES, _NAMES, st.lists(st.sampled_from((("a", "1"), ("a", "1", "b", "__id7__")))).map(tuple)
)
def test_a_scope_comes_back(chosen: Any, exclude: Any, documents: Any) -> None:
    scope = Scope(chosen if not documents else chosen or (), documents, exclude)
    assert scope_from_json(json.loads(json.dumps(scope_to_json(scope))), "s") == scope
    assert scope_to_json(Scope()) == "all"


def test_update_times_become_instants() -> None:
    assert from_nanoseconds(1_732_687_205_123_456_000) == _MOMENT
    assert from_nanoseconds(0) is None
