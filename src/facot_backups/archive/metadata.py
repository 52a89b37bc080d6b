"""`_metadata.json`: what a backup says of itself, and the proof that its own text is whole. Pure: no I/O.

docs/disk-format.md, section "_metadata.json", gives the meaning of every key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Literal, TypeAlias

import orjson

from facot_backups.archive.fields import Fields, is_file_name
from facot_backups.archive.strict import MAX_SIGNS, is_collection_id, is_document_path, signs_in, strict_loads
from facot_backups.clock import iso_utc
from facot_backups.errors import FormatError, NewerFormat, UsageError
from facot_backups.model import DocumentPath, Json, Scope, Source

FORMAT_VERSION = 1
# Some 45,000 root collections, as databases name theirs.
MAX_METADATA_BYTES = 16 * 2**20

Trigger: TypeAlias = Literal["scheduled", "manual", "api", "pre-restore"]
TRIGGERS: tuple[Trigger, ...] = ("scheduled", "manual", "api", "pre-restore")

_LAST_LINE = re.compile(rb'  "metadata_sha256": "([0-9a-f]{64})"\}\n')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One collection's file: its name, what it holds, and the proof of its bytes.

    `documents` are root documents, `nested_documents` those below them, both existing ones only.
    `last_update_time` is the newest update time of its documents, aware, in UTC; None without documents.
    """

    file: str
    documents: int
    nested_documents: int
    bytes: int
    sha256: str
    last_update_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """All keys of `_metadata.json` but its checksum.

    Instants are aware and in UTC. `backup_date` and `scheduled_for` are local dates. `backup_time` is
    `started_at` in local time (`local_text`), `timezone` the name of that zone. `documents` of FACOT's key
    `total_documents` are root documents; `server_count` counts all, nested ones too, and is None where the
    server did not count: then `server_count_reason` says why, in Spanish.
    """

    backup_date: date
    backup_time: str
    collections: tuple[str, ...]
    total_documents: int
    errors: tuple[str, ...]
    tool: str
    run_id: str
    trigger: Trigger
    scheduled_for: date | None
    label: bool
    scope: Scope
    read_time: datetime
    started_at: datetime
    finished_at: datetime
    timezone: str
    source: Source
    nested_documents: int
    server_count: int | None
    server_count_reason: str | None
    reads: int
    spot_check: int
    files: Mapping[str, FileEntry]

    def unread(self) -> dict[str, str]:
        """The root collections without a file that could not be read, and why: `collection: reason` each.

        Other remarks among the `errors` begin with no collection, or are of a document.
        """
        parted = (error.partition(": ") for error in self.errors)
        return {name: why for name, colon, why in parted if colon and "/" not in name and " " not in name}


def local_text(moment: datetime, zone: tzinfo) -> str:
    """An aware `moment` as FACOT writes `backup_time`: `2024-11-27T02:00:05.123456`, local, no offset."""
    return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="microseconds")


def from_nanoseconds(nanoseconds: int) -> datetime | None:
    """The instant of `Document.update_time`, in UTC, to the microsecond; None for 0 (not known)."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000) if nanoseconds else None


def serialize(metadata: Metadata) -> bytes:
    """The bytes of the file: readable, FACOT's five keys first, the checksum on the last line.

    Lone surrogates in messages (file names of the system) become `?`. Raises ValueError for a naive time,
    UsageError for more than a reader takes.
    """
    text = orjson.dumps(_to_json(metadata), option=orjson.OPT_INDENT_2)
    proven = text.removesuffix(b"\n}") + b",\n"
    data = proven + b'  "metadata_sha256": "%b"}\n' % hashlib.sha256(proven).hexdigest().encode()
    if len(data) > MAX_METADATA_BYTES or signs_in(data) > MAX_SIGNS:
        raise UsageError("too_many_collections", count=len(metadata.files))
    return data


def checksum_problem(data: bytes) -> str | None:
    """What is wrong, in Spanish, with the last line of a metadata file; None if it proves the rest."""
    start = data.rfind(b"\n", 0, -1) + 1
    match = _LAST_LINE.fullmatch(data, start)
    if match is None:
        return "no termina en la línea de metadata_sha256"
    if hashlib.sha256(data[:start]).hexdigest().encode() != match[1]:
        return "su contenido no coincide con metadata_sha256"
    return None


def parse(data: bytes, place: str, *, check_sum: bool = True) -> Metadata:
    """The metadata that `data` holds; `place` names the file in errors.

    With `check_sum=False` a wrong checksum is let pass, so that `verify` can go on and report all damage.
    Keys that format 1 does not name are ignored. Raises NewerFormat for a later version, FormatError for
    all else: not JSON, a key missing or of another type, a wrong checksum.
    """
    raw = strict_loads(data, place)
    fields = Fields(raw, place)
    version = fields.integer("format_version")
    if version > FORMAT_VERSION:
        raise NewerFormat(place, version)
    if version != FORMAT_VERSION:
        raise FormatError(place, f"format_version {version} no existe")
    if check_sum and (problem := checksum_problem(data)) is not None:
        raise FormatError(place, problem)
    return _from_fields(fields)


def _to_json(metadata: Metadata) -> dict[str, Json]:
    return {
        "backup_date": metadata.backup_date.isoformat(),
        "backup_time": metadata.backup_time,
        "collections": list(metadata.collections),
        "total_documents": metadata.total_documents,
        "errors": [_printable(error) for error in metadata.errors],
        "format_version": FORMAT_VERSION,
        "tool": metadata.tool,
        "run_id": metadata.run_id,
        "trigger": metadata.trigger,
        "scheduled_for": metadata.scheduled_for.isoformat() if metadata.scheduled_for else None,
        "label": metadata.label,
        "scope": scope_to_json(metadata.scope),
        "read_time": iso_utc(metadata.read_time),
        "started_at": iso_utc(metadata.started_at),
        "finished_at": iso_utc(metadata.finished_at),
        "timezone": metadata.timezone,
        "source": source_to_json(metadata.source),
        "nested_documents": metadata.nested_documents,
        "server_count": metadata.server_count,
        "server_count_reason": metadata.server_count_reason and _printable(metadata.server_count_reason),
        "reads": metadata.reads,
        "spot_check": metadata.spot_check,
        "files": {collection: _entry_to_json(entry) for collection, entry in metadata.files.items()},
    }


def _entry_to_json(entry: FileEntry) -> dict[str, Json]:
    return {
        "file": entry.file,
        "documents": entry.documents,
        "nested_documents": entry.nested_documents,
        "bytes": entry.bytes,
        "sha256": entry.sha256,
        "last_update_time": iso_utc(entry.last_update_time) if entry.last_update_time else None,
    }


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _from_fields(fields: Fields) -> Metadata:
    return Metadata(
        backup_date=fields.day("backup_date"),
        backup_time=fields.local_time("backup_time"),
        collections=fields.ids("collections"),
        total_documents=fields.integer("total_documents"),
        errors=fields.texts("errors"),
        tool=fields.text("tool"),
        run_id=fields.text("run_id"),
        trigger=fields.one_of("trigger", TRIGGERS),
        scheduled_for=fields.optional("scheduled_for", fields.day),
        label=fields.boolean("label"),
        scope=scope_from_json(fields.value("scope"), fields.place_of("scope")),
        read_time=fields.instant("read_time"),
        started_at=fields.instant("started_at"),
        finished_at=fields.instant("finished_at"),
        timezone=fields.text("timezone"),
        source=source_from_json(fields.value("source"), fields.place_of("source")),
        nested_documents=fields.integer("nested_documents"),
        server_count=fields.optional("server_count", fields.integer),
        server_count_reason=fields.optional("server_count_reason", fields.text),
        reads=fields.integer("reads"),
        spot_check=fields.integer("spot_check"),
        files=_files(fields.value("files"), fields.place_of("files")),
    )


def _files(value: Json, place: str) -> dict[str, FileEntry]:
    entries: dict[str, FileEntry] = {}
    names: set[str] = set()
    for collection, raw in Fields(value, place).items():
        entry = _entry(Fields(raw, f"{place}.{collection}"), collection)
        if entry.file.casefold() in names:
            raise FormatError(place, f"dos colecciones en el mismo archivo «{entry.file}»")
        names.add(entry.file.casefold())
        entries[collection] = entry
    return entries


def _entry(fields: Fields, collection: str) -> FileEntry:
    if not is_collection_id(collection):
        raise FormatError(fields.place, "Firestore no admite ese nombre de colección")
    file = fields.text("file")
    if not is_file_name(file):
        raise FormatError(fields.place_of("file"), f"«{file}» no es un nombre de archivo de un backup")
    return FileEntry(
        file=file,
        documents=fields.integer("documents"),
        nested_documents=fields.integer("nested_documents"),
        bytes=fields.integer("bytes"),
        sha256=fields.sha256("sha256"),
        last_update_time=fields.optional("last_update_time", fields.instant),
    )


def source_to_json(source: Source) -> dict[str, Json]:
    """A source as it stands on disk, in the metadata and in `repository.json`."""
    return {"project": source.project, "database": source.database, "emulator": source.emulator}


def source_from_json(value: Json, place: str) -> Source:
    """The inverse of `source_to_json`. Raises FormatError with `place` for any other form."""
    fields = Fields(value, place)
    return Source(fields.text("project"), fields.text("database"), fields.boolean("emulator"))


def scope_to_json(scope: Scope) -> Json:
    """A scope as it stands on disk.

    `"all"`; or an object with `collections` (absent: all of them), `documents` (paths), `exclude`; or
    `{"restore": id}`.
    """
    if scope.restore is not None:
        return {"restore": scope.restore}
    result: dict[str, Json] = {}
    if scope.collections is not None:
        result["collections"] = list(scope.collections)
    if scope.documents:
        result["documents"] = ["/".join(path) for path in scope.documents]
    if scope.exclude:
        result["exclude"] = list(scope.exclude)
    return result or "all"


def scope_from_json(value: Json, place: str) -> Scope:
    """The inverse of `scope_to_json`. Raises FormatError with `place` for any other form."""
    if value == "all":
        return Scope()
    fields = Fields(value, place)
    if not fields.names() <= {"collections", "documents", "exclude", "restore"} or not fields.names():
        raise FormatError(place, "alcance desconocido")
    if "restore" in fields.names():
        if len(fields.names()) > 1:
            raise FormatError(place, "un alcance de restauración no lleva más claves")
        return Scope(collections=(), restore=fields.text("restore"))
    given: dict[str, Any] = {
        name: fields.ids(name) for name in ("collections", "exclude") if name in fields.names()
    }
    paths = fields.texts("documents") if "documents" in fields.names() else ()
    return Scope(**given, documents=tuple(_document_path(path, f"{place}.documents") for path in paths))


def _document_path(text: str, place: str) -> DocumentPath:
    path = tuple(text.split("/"))
    if not is_document_path(path):
        raise FormatError(place, f"«{text}» no es la ruta de un documento")
    return path
