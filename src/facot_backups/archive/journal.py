"""The journal of a restore: its whole plan before the first write, then what became of each document.

One line of JSON each (docs/disk-format.md, "A restore's journal"): a header; a line for every
document that is to be written, in name order; a line that closes the plan and proves its bytes; then
results, in the order in which they came, and an end. A torn last line is what a kill leaves: it is
ignored, and cut off before the next one is written. A result that cannot be read is no result: whoever
needs it judges by what is in Firestore. A plan that is not as it was written is damage.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from facot_backups import atomic
from facot_backups.archive.journal_lines import (
    ID,
    VERSION,
    Closing,
    Header,
    Note,
    checked,
    content_digest,
    header_json,
    number_of,
    parse_after_plan,
    parse_closing,
    parse_header,
    parse_plan,
    plan_json,
    result_json,
    to_checked_line,
    to_line,
)
from facot_backups.archive.layout import RESTORES_DIR, STATE_DIR
from facot_backups.errors import FormatError, JournalNotFound
from facot_backups.model import Json, Outcome, Write

__all__ = [
    "VERSION",
    "Header",
    "Journal",
    "JournalWriter",
    "content_digest",
    "cut",
    "folder_of",
    "ids",
    "is_cut",
    "path_of",
    "remove",
]

_SUFFIX = ".jsonl"
# Bytes of a line: of the plan (a document that an undo puts back, with its path), and after it.
_MAX_LINE = 17 * 2**20
_MAX_RESULT = 1 << 16
_BLOCK = 1 << 20
_TAIL = 1 << 12
# Numbers of a plan that no document may bear, because the guard took its write out.
_SPARE_NUMBERS = 1 << 20
_CLOSED = b'{"planned":'
_RESULT = b'{"n":'


def folder_of(root: Path) -> Path:
    """Where the journals of the backup folder `root` lie."""
    return root / STATE_DIR / RESTORES_DIR


def path_of(root: Path, restore: str) -> Path:
    """The journal's file. Raises JournalNotFound for an id that no restore has."""
    if ID.fullmatch(restore) is None:
        raise JournalNotFound(restore, root)
    return folder_of(root) / (restore + _SUFFIX)


def ids(root: Path) -> list[str]:
    """The restores that have a journal here, oldest first (their ids begin with the time). Raises OSError."""
    folder = folder_of(root)
    if not atomic.is_real_folder(folder):
        return []
    names = [path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}")]
    return sorted(name for name in names if ID.fullmatch(name))


def is_cut(root: Path, restore: str) -> bool:
    """Whether the restore has not come to its end, nor was taken back. Reads the last line alone.

    Raises OSError.
    """
    descriptor = atomic.open_regular(path_of(root, restore))
    try:
        size = os.fstat(descriptor).st_size
        tail = min(size, _TAIL)
        last = atomic.read_exactly(descriptor, size - tail, tail).rpartition(b"\n")[0].rpartition(b"\n")[2]
    finally:
        os.close(descriptor)
    text = checked(last, sums=False)
    return text is None or not text.startswith((b'{"end":', b'{"undone":'))


def cut(root: Path) -> list[str]:
    """The restores that have not come to their end, nor were taken back, oldest first.

    A journal that cannot be read says nothing, and is left out: `journal_check` names it. Raises
    BackupDirUnusable.
    """
    found = []
    with atomic.explained(root):
        names = ids(root)
    for restore in names:
        with suppress(OSError):
            found += [restore] if is_cut(root, restore) else []
    return found


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
                self._buffer += to_line(header_json(header))

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plan(self, line: Write) -> None:
        """Add a document to the plan; in name order."""
        self.planned += 1
        self._buffer += to_line(plan_json(line))
        if len(self._buffer) >= _BLOCK:
            self._flush()

    def close_plan(self) -> None:
        """The plan is whole: it is on the disk when this returns."""
        self._flush()
        self._buffer += to_line({"planned": self.planned, "sha256": self._digest.hexdigest()})
        self._flush()
        with atomic.explained(self._root):
            atomic.sync_file(self._descriptor)
            atomic.sync_folder(self._path.parent)

    def results(self, lines: Iterable[Outcome]) -> None:
        """Add results, and wait until they are on the disk."""
        for line in lines:
            self._buffer += to_checked_line(result_json(line))
        self._save()

    def note(self, **words: Json) -> None:
        """Add a line that says something else, and wait until it is on the disk: `end`, `undone`."""
        self._buffer += to_checked_line(words)
        self._save()

    def close(self) -> None:
        """Let go of the file; again is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _save(self) -> None:
        if self._buffer:
            self._flush()
            with atomic.explained(self._root):
                atomic.sync_file(self._descriptor)

    def _flush(self) -> None:
        self._digest.update(self._buffer)
        with atomic.explained(self._root):
            atomic.write_all(self._descriptor, self._buffer)
        self._buffer.clear()


class Journal:
    """A journal to read. Raises JournalNotFound without one, FormatError for what is none.

    `whole`: its plan was closed; if not, nothing was ever written. `end`: how it ended, None if it was cut.
    `undone`: the restore that took it back. `unreadable`: lines after the plan that are not as they were
    written.
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
            self.header = parse_header(first, self.place)
        if self.header.restore != restore:
            raise FormatError(self.place, "es el diario de otra restauración")
        self.whole = False
        self.planned = 0
        self.end: str | None = None
        self.undone: str | None = None
        self.unreadable = 0
        self._numbers = 0  # all numbers of the plan are below it
        self._results_at = 0
        self._check()

    def plan(self) -> Iterator[Write]:
        """The documents of the plan, in name order. Raises FormatError."""
        with closing(self._lines()) as lines:
            next(lines)
            for _, line in zip(range(self.planned), lines, strict=False):
                yield parse_plan(line, self.place)

    def results(self) -> Iterator[Outcome]:
        """The results that can be read, in the order in which they came; all of numbers of the plan."""
        with closing(self._after_plan()) as lines:
            for text in lines:
                found = self._read(text)
                if isinstance(found, Outcome):
                    yield found

    def unknown(self) -> int:
        """How many documents of the plan have no result that can be read."""
        known = bytearray(self._numbers)
        for result in self.results():
            known[result.number] = 1
        return max(0, self.planned - sum(known))

    def _check(self) -> None:
        """One pass: whether the plan is whole and as it was written, and what came after it."""
        digest, offset, count = hashlib.sha256(), 0, -1
        with closing(self._lines()) as lines:
            for line in lines:
                if line.startswith(_CLOSED):
                    closed = parse_closing(line)
                    if closed is None or closed[:2] != (count, digest.hexdigest()):
                        raise FormatError(self.place, "su plan no es el que se guardó")
                    self._close(closed, offset, len(line))
                    break
                digest.update(line + b"\n")
                offset += len(line) + 1
                count += 1
                if count:
                    self._numbers = max(self._numbers, number_of(line, self.place) + 1)
        if self._numbers > count + _SPARE_NUMBERS:
            raise FormatError(self.place, "su plan numera documentos que no tiene")
        for text in self._after_plan():
            # A result whose sum is right needs no second look.
            if text is not None and self.header.sums and text.startswith(_RESULT):
                continue
            found = self._read(text)
            self.unreadable += found is None
            if isinstance(found, Note):
                self.end, self.undone = found.end or self.end, found.undone or self.undone

    def _close(self, closed: Closing, offset: int, length: int) -> None:
        """The plan is proven; what was run into the line that closes it is the first of the results."""
        self.planned = closed.planned
        self.whole = True
        self._results_at = offset + closed.length + (length == closed.length)

    def _read(self, text: bytes | None) -> Outcome | Note | None:
        """A line after the plan; None for one that cannot be read."""
        if text is None:
            return None
        try:
            found = parse_after_plan(text, self.place)
        except FormatError:
            return None
        return None if isinstance(found, Outcome) and found.number >= self._numbers else found

    def _after_plan(self) -> Generator[bytes | None, None, None]:
        """The lines after the plan, without their sums; None for each whose sum is wrong."""
        if not self.whole:
            return
        with self._open() as file:
            file.seek(self._results_at)
            while line := file.readline(_MAX_RESULT):
                if line.endswith(b"\n"):
                    yield checked(line[:-1], sums=self.header.sums)
                elif len(line) == _MAX_RESULT:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(_MAX_RESULT)
                    yield None

    def _lines(self) -> Generator[bytes, None, None]:
        """The whole lines from the first on; a torn last one is left out."""
        with self._open() as file:
            while (line := file.readline(_MAX_LINE)).endswith(b"\n"):
                yield line[:-1]
            if len(line) == _MAX_LINE:
                raise FormatError(self.place, "una línea pasa de 17 MiB")

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        with atomic.explained(self._root), open(atomic.open_regular(self._path), "rb") as file:  # noqa: PTH123
            yield file


def _cut_torn_line(descriptor: int) -> None:
    kept = atomic.end_of_last_line(descriptor)
    os.ftruncate(descriptor, kept)
    os.lseek(descriptor, kept, os.SEEK_SET)
