"""The journal of a restore: its whole plan before the first write, then what became of each document.

One line of JSON each (docs/formato.md, "El diario de una restauración"): a header; a line for every
document that is to be written, in name order; a line that closes the plan and proves its bytes; then
results, in the order in which they came, and an end. A torn last line is what a kill leaves: it is
ignored, and cut off before the next one is written.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson

from facot_backups import atomic
from facot_backups.archive.fields import Fields
from facot_backups.archive.layout import RESTORES_DIR, STATE_DIR
from facot_backups.archive.metadata import (
    scope_from_json,
    scope_to_json,
    source_from_json,
    source_to_json,
)
from facot_backups.archive.strict import is_document_path, strict_loads
from facot_backups.clock import iso_utc
from facot_backups.errors import FormatError, JournalNotFound
from facot_backups.model import Document, DocumentPath, Json, Scope, Source

VERSION = 1
Action: TypeAlias = Literal["create", "change", "delete"]
Result: TypeAlias = Literal["done", "conflict", "failed"]
ACTIONS: tuple[Action, ...] = ("create", "change", "delete")
RESULTS: tuple[Result, ...] = ("done", "conflict", "failed")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SUFFIX = ".jsonl"
_MAX_LINE = 64 * 2**20
_BLOCK = 1 << 20
_TAIL = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a restore is. `backup` and `run_id` name the folder that it takes from, `target` where it writes.

    `undoes`: the restore that it takes back, then `backup` is that one's `.pre-restore`. `read_time` is
    the instant of the plan. `run_id` is None for a folder of FACOT 2.0's.
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


class PlanLine(NamedTuple):
    """A document of the plan. `number` is its name in the results.

    `expected`: the update time (nanoseconds) that it must have to be written; None: it must not exist.
    `digest`: of what it is to become (`content_digest`); None for a delete. `held`: that content itself,
    where it is not the backup's own.
    """

    number: int
    action: Action
    path: DocumentPath
    expected: int | None
    digest: bytes | None
    held: Document | None = None


class ResultLine(NamedTuple):
    """What became of a document; `update_time` (nanoseconds) is what it has now, 0 for none."""

    number: int
    result: Result
    update_time: int = 0
    reason: str = ""


def content_digest(document: Document) -> bytes:
    """SHA-256 of a document's content in its canonical spelling, types and all."""
    text = orjson.dumps(document.fields)
    if document.types is not None:
        text += b"\n" + orjson.dumps(document.types)
    return hashlib.sha256(text).digest()


def folder_of(root: Path) -> Path:
    """Where the journals of the backup folder `root` lie."""
    return root / STATE_DIR / RESTORES_DIR


def path_of(root: Path, restore: str) -> Path:
    """The journal's file. Raises JournalNotFound for an id that no restore has."""
    if _ID.fullmatch(restore) is None:
        raise JournalNotFound(restore, root)
    return folder_of(root) / (restore + _SUFFIX)


def ids(root: Path) -> list[str]:
    """The restores that have a journal here, oldest first (their ids begin with the time). Raises OSError."""
    folder = folder_of(root)
    if not atomic.is_real_folder(folder):
        return []
    names = [path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}")]
    return sorted(name for name in names if _ID.fullmatch(name))


def is_cut(root: Path, restore: str) -> bool:
    """Whether the restore has not come to its end, nor was taken back. Reads the last line alone.

    Raises OSError.
    """
    descriptor = atomic.open_regular(path_of(root, restore))
    try:
        size = os.fstat(descriptor).st_size
        os.lseek(descriptor, max(0, size - _TAIL), os.SEEK_SET)
        last = os.read(descriptor, _TAIL).rpartition(b"\n")[0].rpartition(b"\n")[2]
    finally:
        os.close(descriptor)
    return not last.startswith((b'{"end":', b'{"undone":'))


def remove(root: Path, restore: str) -> None:
    """Remove a journal if it is there. Under the lock. Raises BackupDirUnusable."""
    with atomic.explained(root):
        path = path_of(root, restore)
        if os.path.lexists(path):
            atomic.remove_file(path)
            atomic.sync_folder(path.parent)


class JournalWriter:
    """Writes a journal, under the lock of the backup folder `root`: a new one, or results into one.

    `plan` calls come first, then `close_plan`, which returns when all of it is on the disk. Raises NoSpace
    and BackupDirUnusable. `close` it, or use it as a context manager.
    """

    def __init__(self, root: Path, restore: str, header: Header | None = None) -> None:
        """With a `header` a new journal; without one, more results for one whose plan is closed."""
        self._root = root
        self._path = path_of(root, restore)
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self.planned = 0
        with atomic.explained(root):
            if header is None:
                self._descriptor = atomic.open_for_append(self._path)
                _cut_torn_line(self._descriptor)
            else:
                atomic.make_real_folder(self._path.parent)
                self._descriptor = atomic.create_file(self._path)
                self._add(_header_json(header))

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plan(self, line: PlanLine) -> None:
        """Add a document to the plan; in name order."""
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
        self.planned += 1
        self._add(value)
        if len(self._buffer) >= _BLOCK:
            self._flush()

    def close_plan(self) -> None:
        """The plan is whole: it is on the disk when this returns."""
        self._flush()
        self._add({"planned": self.planned, "sha256": self._digest.hexdigest()})
        self._flush()
        with atomic.explained(self._root):
            atomic.sync_file(self._descriptor)
            atomic.sync_folder(self._path.parent)

    def results(self, lines: Iterable[ResultLine]) -> None:
        """Add results; a kill of this process does not lose them."""
        for line in lines:
            value: dict[str, Json] = {"n": line.number, "is": line.result}
            if line.update_time:
                value["at"] = line.update_time
            if line.reason:
                value["why"] = line.reason
            self._add(value)
        self._flush()

    def note(self, **words: Json) -> None:
        """Add a line that says something else, and wait until all is on the disk: `end`, `undone`."""
        self._add(words)
        self._flush()
        with atomic.explained(self._root):
            atomic.sync_file(self._descriptor)

    def close(self) -> None:
        """Let go of the file; again is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _add(self, value: dict[str, Json]) -> None:
        self._buffer += orjson.dumps(value) + b"\n"

    def _flush(self) -> None:
        self._digest.update(self._buffer)
        with atomic.explained(self._root):
            atomic.write_all(self._descriptor, self._buffer)
        self._buffer.clear()


class Journal:
    """A journal to read. Raises JournalNotFound without one, FormatError for what is none.

    `whole`: its plan was closed; if not, nothing was ever written. `end`: how it ended, None if it was cut.
    `undone`: the restore that took it back.
    """

    def __init__(self, root: Path, restore: str) -> None:
        self._path = path_of(root, restore)
        self.place = f"{RESTORES_DIR}/{self._path.name}"
        self._root = root
        if not os.path.lexists(self._path):
            raise JournalNotFound(restore, root)
        with closing(self._lines()) as lines:
            first = next(lines, None)
            if first is None:
                raise FormatError(self.place, "está vacío")
            self.header = _header(first, self.place)
        if self.header.restore != restore:
            raise FormatError(self.place, "es el diario de otra restauración")
        self.whole = False
        self.planned = 0
        self.end: str | None = None
        self.undone: str | None = None
        self._results_at = 0
        self._check()

    def plan(self) -> Iterator[PlanLine]:
        """The documents of the plan, in name order. Raises FormatError."""
        with closing(self._lines()) as lines:
            next(lines)
            for _, line in zip(range(self.planned), lines, strict=False):
                yield _plan_line(line, self.place)

    def results(self) -> Iterator[ResultLine]:
        """The results, in the order in which they came. Raises FormatError."""
        for raw in self._after_plan() if self.whole else ():
            if "n" in raw:
                yield _result_line(raw, self.place)

    def _check(self) -> None:
        """One pass: whether the plan is whole and as it was written, and what came after it."""
        digest, offset, count = hashlib.sha256(), 0, -1
        with closing(self._lines()) as lines:
            for line in lines:
                offset += len(line) + 1
                if line.startswith(b'{"planned":'):
                    self._prove(line, count, digest.hexdigest())
                    self._results_at = offset
                    break
                digest.update(line + b"\n")
                count += 1
        if self.whole:
            for raw in self._after_plan():
                self.end = raw.get("end", self.end)
                self.undone = raw.get("undone", self.undone)

    def _prove(self, line: bytes, count: int, digest: str) -> None:
        stated = Fields(strict_loads(line, self.place), self.place)
        if stated.integer("planned") != count or stated.sha256("sha256") != digest:
            raise FormatError(self.place, "su plan no es el que se guardó")
        self.planned = count
        self.whole = True

    def _after_plan(self) -> Iterator[dict[str, Any]]:
        with closing(self._lines(self._results_at)) as lines:
            for line in lines:
                raw = strict_loads(line, self.place)
                if not isinstance(raw, dict):
                    raise FormatError(self.place, "una línea no es un objeto JSON")
                yield raw

    def _lines(self, offset: int = 0) -> Generator[bytes, None, None]:
        """The whole lines from `offset` on; a torn last one is left out."""
        with atomic.explained(self._root), open(atomic.open_regular(self._path), "rb") as file:  # noqa: PTH123
            file.seek(offset)
            while (line := file.readline(_MAX_LINE)).endswith(b"\n"):
                yield line[:-1]
            if len(line) == _MAX_LINE:
                raise FormatError(self.place, "una línea pasa de 64 MiB")


def _cut_torn_line(descriptor: int) -> None:
    end = os.lseek(descriptor, 0, os.SEEK_END)
    kept = 0
    while end > 0:
        start = max(0, end - _BLOCK)
        os.lseek(descriptor, start, os.SEEK_SET)
        found = os.read(descriptor, end - start).rfind(b"\n")
        if found >= 0:
            kept = start + found + 1
            break
        end = start
    os.ftruncate(descriptor, kept)
    os.lseek(descriptor, kept, os.SEEK_SET)


def _header_json(header: Header) -> dict[str, Json]:
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
    }


def _header(line: bytes, place: str) -> Header:
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
    )


def _plan_line(line: bytes, place: str) -> PlanLine:
    raw = orjson.loads(line)  # its hash proves that we wrote it
    fields = Fields(raw, place)
    path = tuple(fields.text("path").split("/"))
    if not is_document_path(path):
        raise FormatError(place, f"«{'/'.join(path)}» no es la ruta de un documento")
    held = Document(path, raw["fields"], raw.get("types")) if "fields" in raw else None
    digest = bytes.fromhex(fields.sha256("sha256")) if "sha256" in raw else None
    expected = fields.optional("at", fields.integer)
    return PlanLine(fields.integer("n"), fields.one_of("do", ACTIONS), path, expected, digest, held)


def _result_line(raw: dict[str, Any], place: str) -> ResultLine:
    fields = Fields(raw, place)
    at = fields.integer("at") if "at" in raw else 0
    why = fields.text("why") if "why" in raw else ""
    return ResultLine(fields.integer("n"), fields.one_of("is", RESULTS), at, why)
