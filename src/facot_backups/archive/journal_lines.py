"""The lines of a restore's journal: what each says, and how it is written (docs/disk-format.md)."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from facot_backups.archive.fields import Fields
from facot_backups.archive.metadata import scope_from_json, scope_to_json, source_from_json, source_to_json
from facot_backups.archive.strict import Malformed, check_signs, is_document_path, strict_loads
from facot_backups.clock import iso_utc
from facot_backups.errors import FormatError
from facot_backups.model import Action, Document, Json, Outcome, Result, Scope, Source, Write

VERSION = 1
_ACTIONS: tuple[Action, ...] = ("create", "change", "delete")
RESULTS: tuple[Result, ...] = ("done", "conflict", "failed")

# The id of a restore.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Characters of a reason that are kept.
_LONGEST_REASON = 2000
_SUM = b',"crc32":"'
_NUMBERED = re.compile(rb'\{"n":([0-9]{1,18}),')
_CLOSED = re.compile(rb'\{"planned":([0-9]{1,18}),"sha256":"([0-9a-f]{64})"\}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a restore is. `backup` and `run_id` name the folder that it takes from, `target` where it writes.

    `undoes`: the restore that it takes back, then `backup` is that one's `.pre-restore`. `read_time` is
    the instant of the plan. `run_id` is None for a folder of FACOT 2.0's. `sums`: each line after the plan
    bears its CRC-32; earlier versions wrote none.
    """

    restore: str
    backup: str
    run_id: str | None
    target: Source
    mode: str
    scope: Scope
    undoes: str | None
    started_at: datetime
    read_time: datetime
    tool: str
    sums: bool = True


class Note(NamedTuple):
    """How the restore ended, or which restore took it back."""

    end: str | None = None
    undone: str | None = None


class Closing(NamedTuple):
    """The line that closes the plan: how many documents it has, the SHA-256 of all before, its own length."""

    planned: int
    digest: str
    length: int


def content_digest(document: Document) -> bytes:
    """SHA-256 of a document's content in its canonical spelling, types and all."""
    text = orjson.dumps(document.fields)
    if document.types is not None:
        text += b"\n" + orjson.dumps(document.types)
    return hashlib.sha256(text).digest()


def to_line(value: dict[str, Json]) -> bytes:
    """A line of the header or the plan, which the closing line proves."""
    return orjson.dumps(value) + b"\n"


def to_checked_line(value: dict[str, Json]) -> bytes:
    """A line after the plan, which proves itself."""
    text = orjson.dumps(value)[:-1]
    return b'%b%b%08x"}\n' % (text, _SUM, zlib.crc32(text))


def checked(line: bytes, *, sums: bool) -> bytes | None:
    """A line after the plan without its sum; None if the sum is wrong, or is missing and `sums`."""
    text, mark, rest = line.rpartition(_SUM)
    if not mark:
        return None if sums else line
    return text + b"}" if rest == b'%08x"}' % zlib.crc32(text) else None


def header_json(header: Header) -> dict[str, Json]:
    """The journal's first line."""
    return {
        "journal": VERSION,
        "restore": header.restore,
        "backup": header.backup,
        "run_id": header.run_id,
        "target": source_to_json(header.target),
        "mode": header.mode,
        "scope": scope_to_json(header.scope),
        "undoes": header.undoes,
        "started_at": iso_utc(header.started_at),
        "read_time": iso_utc(header.read_time),
        "tool": header.tool,
        "sums": header.sums,
    }


def parse_header(line: bytes, place: str) -> Header:
    """The header. Raises FormatError."""
    fields = Fields(strict_loads(line, place), place)
    if fields.integer("journal") != VERSION:
        raise FormatError(place, "es de una versión del diario que este programa no conoce")
    return Header(
        restore=fields.text("restore"),
        backup=fields.text("backup"),
        run_id=fields.optional("run_id", fields.text),
        target=source_from_json(fields.value("target"), place),
        mode=fields.text("mode"),
        scope=scope_from_json(fields.value("scope"), place),
        undoes=fields.optional("undoes", fields.text),
        started_at=fields.instant("started_at"),
        read_time=fields.instant("read_time"),
        tool=fields.text("tool"),
        sums="sums" in fields.names() and fields.boolean("sums"),
    )


def plan_json(line: Write) -> dict[str, Json]:
    """A line of the plan."""
    value: dict[str, Json] = {
        "n": line.number,
        "do": line.action,
        "path": "/".join(line.path),
        "at": line.expected,
    }
    if line.digest is not None:
        value["sha256"] = line.digest.hex()
    if line.held is not None:
        value["fields"], value["types"] = line.held.fields, line.held.types
    return value


def parse_plan(line: bytes, place: str) -> Write:
    """A document of the plan. Raises FormatError."""
    try:
        check_signs(line)
    except Malformed as error:
        raise FormatError(place, str(error)) from None
    raw = orjson.loads(line)  # its hash proves that we wrote it
    fields = Fields(raw, place)
    path = tuple(fields.text("path").split("/"))
    if not is_document_path(path):
        raise FormatError(place, f"«{'/'.join(path)}» no es la ruta de un documento")
    held = Document(path, raw["fields"], raw.get("types")) if "fields" in raw else None
    digest = bytes.fromhex(fields.sha256("sha256")) if "sha256" in raw else None
    expected = fields.optional("at", fields.integer)
    write = Write(fields.integer("n"), path, expected, digest, held=held)
    if fields.one_of("do", _ACTIONS) != write.action:
        raise FormatError(place, f"lo que hace con «{'/'.join(path)}» no es lo que dice su condición")
    return write


def number_of(line: bytes, place: str) -> int:
    """The number of a document of the plan. Raises FormatError."""
    found = _NUMBERED.match(line)
    if found is None:
        raise FormatError(place, "una línea de su plan no empieza por su número")
    return int(found[1])


def parse_closing(line: bytes) -> Closing | None:
    """The line that closes the plan, also where what follows it was run into it; None for another line."""
    found = _CLOSED.match(line)
    return Closing(int(found[1]), found[2].decode(), found.end()) if found is not None else None


def result_json(line: Outcome) -> dict[str, Json]:
    """A result."""
    value: dict[str, Json] = {"n": line.number, "is": line.result}
    if line.update_time:
        value["at"] = line.update_time
    if line.reason:
        value["why"] = line.reason[:_LONGEST_REASON]
    return value


def parse_after_plan(text: bytes, place: str) -> Outcome | Note:
    """A result or a note, without its sum. Raises FormatError."""
    try:
        raw: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise FormatError(place, "una línea no es JSON válido") from None
    fields = Fields(raw, place)
    if "n" in raw:
        return _result(fields)
    note = Note(*(fields.text(name) if name in raw else None for name in Note._fields))
    if note == Note() or (note.undone is not None and ID.fullmatch(note.undone) is None):
        raise FormatError(place, "una línea no dice nada conocido")
    return note


def _result(fields: Fields) -> Outcome:
    names = fields.names()
    at = fields.integer("at") if "at" in names else 0
    why = fields.text("why") if "why" in names else ""
    if at >= 2**63:
        raise FormatError(fields.place, "un instante fuera de 64 bits")
    return Outcome(fields.integer("n"), fields.one_of("is", RESULTS), at, why)
