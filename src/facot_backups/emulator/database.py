"""One database: documents in name order with their history, so that any recent instant can be read."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from facot_backups.clock import Clock
from facot_backups.emulator import encode, keys
from facot_backups.emulator.refusals import invalid, precondition

# How many keys a reader takes at a time, at first and at most: who wants one document gets it cheaply, and
# writers need not wait for a long reading.
_FIRST_CHUNK, _LAST_CHUNK = 4, 1024
# Up to here new keys are put in their place one by one, above it all are sorted together.
_FEW = 64


class Version(NamedTuple):
    """A document from `update_time` on (microseconds since the epoch); `data` is None where it was deleted.

    `data` is the serialized plain protobuf Document, with its name and both times.
    """

    update_time: int
    create_time: int
    data: bytes | None


@dataclass(slots=True)
class Record:
    """A document's relative path and its versions, oldest first."""

    path: str
    versions: list[Version]

    def at(self, instant: int) -> Version | None:
        """The version that was valid at `instant`, None if it did not exist then."""
        for version in reversed(self.versions):
            if version.update_time <= instant:
                return version if version.data is not None else None
        return None


class Database:
    """Documents by key. All methods may be called from any thread.

    `horizon`: how long an instant stays readable. Versions that nobody can read any more go when their
    document is written again.
    """

    def __init__(self, name: str, clock: Clock, horizon: timedelta) -> None:
        self.name = name
        self.horizon = horizon
        self.lock = threading.RLock()
        self._clock = clock
        self._last = 0
        self._records: dict[bytes, Record] = {}
        self._keys: list[bytes] = []
        self._new: list[bytes] = []

    # -- time

    def now(self) -> int:
        """The present instant in microseconds: everything written until now is in it, nothing later."""
        with self.lock:
            self._last = max(self._last, encode.to_micros(self._clock.now()))
            return self._last

    def tick(self) -> int:
        """An instant for a commit, later than every instant handed out before."""
        with self.lock:
            self._last = max(self._last + 1, encode.to_micros(self._clock.now()))
            return self._last

    def instant(self, read_time: int | None) -> int:
        """The instant to read at. Refuses one in the future or past the horizon."""
        now = self.now()
        if read_time is None:
            return now
        if read_time > now:
            raise invalid("The requested 'read_time' cannot be in the future.")
        if read_time < self._oldest(now):
            raise precondition("The requested 'read_time' is too old")
        return read_time

    def _check_kept(self, instant: int) -> None:
        """End a reading that took so long that versions of its instant may be gone."""
        if instant < self._oldest(self.now()):
            raise precondition("The requested snapshot version is too old.")

    def _oldest(self, now: int) -> int:
        return now - self.horizon // timedelta(microseconds=1)

    def changed_since(self, path: str, instant: int) -> bool:
        """Whether the document at `path` was written or deleted after `instant`."""
        record = self._records.get(keys.key(path))
        return record is not None and record.versions[-1].update_time > instant

    # -- reading

    def get(self, path: str, instant: int) -> Version | None:
        """The document at `path` as of `instant`, None if it did not exist."""
        record = self._records.get(keys.key(path))
        return record.at(instant) if record else None

    def scan(self, low: bytes, high: bytes, instant: int) -> Iterator[tuple[bytes, Record, Version]]:
        """Existing documents with `low <= key < high`, in name order."""
        size = _FIRST_CHUNK
        while chunk := self._chunk(low, high, size):
            self._check_kept(instant)
            for key, record in chunk:
                if version := record.at(instant):
                    yield key, record, version
            low = chunk[-1][0] + b"\x00"
            size = min(size * 4, _LAST_CHUNK)

    def scan_backwards(
        self, low: bytes, high: bytes, instant: int
    ) -> Iterator[tuple[bytes, Record, Version]]:
        """The same in descending order."""
        size = _FIRST_CHUNK
        while chunk := self._chunk(low, high, -size):
            self._check_kept(instant)
            for key, record in reversed(chunk):
                if version := record.at(instant):
                    yield key, record, version
            high = chunk[0][0]
            size = min(size * 4, _LAST_CHUNK)

    def _chunk(self, low: bytes, high: bytes, size: int) -> list[tuple[bytes, Record]]:
        """The first `size` records of the range; the last ones where `size` is negative."""
        with self.lock:
            ordered = self._ordered()
            start, end = bisect_left(ordered, low), bisect_left(ordered, high)
            start, end = (max(start, end + size), end) if size < 0 else (start, min(end, start + size))
            return [(key, self._records[key]) for key in ordered[start:end]]

    def _ordered(self) -> list[bytes]:
        if len(self._new) <= _FEW:
            for key in self._new:
                insort(self._keys, key)
        else:
            self._keys += self._new
            self._keys.sort()
        self._new = []
        return self._keys

    # -- writing

    def put(self, path: str, version: Version) -> None:
        """Add a version. Call with `lock` held and an `update_time` from `tick`."""
        key = keys.key(path)
        record = self._records.get(key)
        if record is None:
            self._records[key] = Record(path, [version])
            self._new.append(key)
            return
        oldest = self._oldest(version.update_time)
        kept = record.versions
        while len(kept) > 1 and kept[1].update_time <= oldest:
            kept = kept[1:]
        record.versions = [*kept, version]

    def latest(self, path: str) -> Version | None:
        """The document as it is now, None if it does not exist."""
        return self.get(path, self._last)
