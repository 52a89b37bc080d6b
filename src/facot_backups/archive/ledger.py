"""The ledger: one line of JSON for each thing that happened to the backups, failures too.

Success is what published metadata says; the ledger adds what has no folder. So a torn last line, which a
kill or a full disk leaves, is no loss: it is ignored, and cut off before the next line is written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from facot_backups import atomic
from facot_backups.clock import from_iso_utc, iso_utc
from facot_backups.errors import NoSpace
from facot_backups.model import Json

# What an entry's `kind` is, by convention: run, recovery, proof, drill, restore, retention, acceptance.
# What became of it.
COMPLETE = "COMPLETE"
INCOMPLETE = "INCOMPLETE"
FAILED = "FAILED"
INTERRUPTED = "INTERRUPTED"
DAMAGED = "DAMAGED"
# Not all could be read: that says nothing of it.
UNREAD = "UNREAD"
# It begins now; a later line says how it ended.
STARTED = "STARTED"

# Years of days; what a line holds can take thirty times its size.
MAX_BYTES_READ = 4 * 2**20
_TIME_BYTES = len('{"time":"2024-11-27T02:00:05.123456Z')


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What happened: `time` is aware, in UTC. `details` are JSON values, by the kind of entry."""

    time: datetime
    kind: str
    outcome: str
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger at `path`; `shown` is the backup folder, for errors."""

    path: Path
    shown: Path

    def append(self, entry: LedgerEntry) -> None:
        """Write one line and wait until it is on the disk. Only under the lock of the backup folder.

        An error leaves the ledger as it was. Raises NoSpace or BackupDirUnusable.
        """
        line = _line(entry)
        with atomic.explained(self.shown):
            descriptor = atomic.open_for_append(self.path)
            try:
                end = atomic.end_of_last_line(descriptor)
                os.ftruncate(descriptor, end)
                try:
                    os.lseek(descriptor, end, os.SEEK_SET)
                    atomic.write_all(descriptor, line)
                    atomic.sync_file(descriptor)
                except BaseException:
                    os.ftruncate(descriptor, end)
                    raise
            finally:
                os.close(descriptor)

    def entries(self) -> list[LedgerEntry]:
        """The entries, oldest first; none if there is no ledger. Lines that are not ours are left out.

        All of them, but for a ledger of more than MAX_BYTES_READ: of it the newest.
        Raises BackupDirUnusable.
        """
        with atomic.explained(self.shown):
            try:
                data = _tail(self.path)
            except FileNotFoundError:
                return []
        whole, _, _torn = data.rpartition(b"\n")
        parsed = [_parse(line) for line in whole.split(b"\n") if line]
        return [entry for entry in parsed if entry is not None]

    def absorb(self, other: Ledger) -> None:
        """Add the lines of another ledger of the same backups that are not in this one, in order of time.

        Under the lock of the backup folder. Raises NoSpace, BackupDirUnusable.
        """
        with atomic.explained(other.shown):
            theirs = _lines(other.path)
        with atomic.explained(self.shown):
            ours = _lines(self.path)
            if theirs.keys() <= ours.keys():
                return
            # Each begins with its time, in one form.
            merged = sorted({**ours, **theirs}, key=lambda line: line[:_TIME_BYTES])
            atomic.write_file(self.path, b"".join(line + b"\n" for line in merged))


@dataclass(frozen=True, slots=True)
class WaitingLedger(Ledger):
    """The same ledger for what frees space: a line that finds no room waits in memory for `catch_up`."""

    waiting: list[LedgerEntry] = field(default_factory=list)

    def append(self, entry: LedgerEntry) -> None:
        """Write the line, or keep it while the disk is full. Raises BackupDirUnusable."""
        try:
            Ledger.append(self, entry)  # `super()` does not work in a dataclass with slots
        except NoSpace:
            self.waiting.append(entry)

    def catch_up(self) -> None:
        """Write what waits, in order. Raises NoSpace, BackupDirUnusable."""
        while self.waiting:
            Ledger.append(self, self.waiting[0])
            del self.waiting[0]


def _lines(path: Path) -> dict[bytes, None]:
    """The whole lines of a ledger that are ours, in their order. Raises OSError."""
    try:
        with open(atomic.open_regular(path), "rb") as file:  # noqa: PTH123 (a descriptor)
            whole = file.read().rpartition(b"\n")[0]
    except FileNotFoundError:
        return {}
    return dict.fromkeys(line for line in whole.split(b"\n") if _parse(line) is not None)


def _tail(path: Path) -> bytes:
    """The last MAX_BYTES_READ of a file, from the beginning of a line on. Raises OSError."""
    with open(atomic.open_regular(path), "rb") as file:  # noqa: PTH123 (a descriptor)
        skipped = max(0, os.fstat(file.fileno()).st_size - MAX_BYTES_READ)
        file.seek(skipped)
        data = file.read(MAX_BYTES_READ)
    return data.partition(b"\n")[2] if skipped else data


def _line(entry: LedgerEntry) -> bytes:
    head = {"time": iso_utc(entry.time), "kind": entry.kind, "outcome": entry.outcome}
    return orjson.dumps({**head, **_printable(dict(entry.details))}) + b"\n"


def _printable(value: Any) -> Any:
    """The same with lone surrogates (file names of the system) as `?`: the ledger is UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in value.items()}
    return [_printable(item) for item in value] if isinstance(value, list | tuple) else value


def _parse(line: bytes) -> LedgerEntry | None:
    """The entry of a line; None for a damaged line, which must not hide all others."""
    try:
        raw = orjson.loads(line)
        time, kind, outcome = from_iso_utc(raw.pop("time")), raw.pop("kind"), raw.pop("outcome")
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    if not isinstance(kind, str) or not isinstance(outcome, str):
        return None
    return LedgerEntry(time, kind, outcome, raw)
