"""What small files said when they were last parsed, so that an unchanged one is parsed once in a process."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

# Of the files that are kept; some 5,000 metadata files.
MAX_BYTES = 16 * 2**20
# A file written so lately may change once more and bear the same times: FAT counts in 2 s.
_SETTLED_NS = 3 * 10**9


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """What a file said. `settled`: its stamp tells every later change of it."""

    stamp: tuple[int, ...]
    settled: bool
    digest: bytes
    size: int
    value: T


class ParseCache(Generic[T]):
    """Values parsed from files, the longest unused of which go first. Thread-safe.

    A file is the same while its path, size, inode and times are; one that was written a moment ago is read
    again and compared. Only what was parsed without an error is kept: a fault of the disk passes. A value is
    given to many, so it must be immutable. Who proves what is on the disk reads the file itself.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Path, _Kept[T]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __contains__(self, path: Path) -> bool:
        """Whether the file at `path` was parsed before, changed since or not."""
        with self._lock:
            return path in self._kept

    def value(self, path: Path, read: Callable[[], bytes], parse: Callable[[bytes], T]) -> T:
        """What `parse` makes of the file at `path`, whose bytes `read` gives; what they raise passes."""
        stamp = _stamp(path)
        kept = self._find(path)
        if kept is not None and kept.stamp != stamp:
            kept = None
        if kept is not None and kept.settled:
            return kept.value
        data = read()
        digest = hashlib.sha256(data).digest()
        value = kept.value if kept is not None and kept.digest == digest else parse(data)
        self._keep(path, _Kept(stamp, _is_settled(stamp), digest, len(data), value))
        return value

    def _find(self, path: Path) -> _Kept[T] | None:
        with self._lock:
            kept = self._kept.get(path)
            if kept is not None:
                self._kept.move_to_end(path)
            return kept

    def _keep(self, path: Path, new: _Kept[T]) -> None:
        with self._lock:
            old = self._kept.pop(path, None)
            self._bytes -= old.size if old is not None else 0
            if new.size > self._max_bytes // 4:
                return
            self._kept[path] = new
            self._bytes += new.size
            while self._bytes > self._max_bytes:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= gone.size


def _stamp(path: Path) -> tuple[int, ...]:
    """What tells a changed file from an unchanged one; () if the system does not say."""
    try:
        found = path.lstat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev, found.st_mode


def _is_settled(stamp: tuple[int, ...]) -> bool:
    return bool(stamp) and time.time_ns() - stamp[0] > _SETTLED_NS
