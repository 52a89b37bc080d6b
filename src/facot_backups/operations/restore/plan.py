"""What a restore is going to do, before it does any of it: every write with its condition, on disk.

Whatever is to be written is encoded for Firestore here, so that a plan that stands has no value that would be
refused.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from facot_backups.archive.journal_lines import content_digest
from facot_backups.errors import FormatError
from facot_backups.firestore.codec import decode_document
from facot_backups.firestore.encode import encode_document
from facot_backups.model import Action, Document, DocumentPath, Scope, Source, Write, path_key
from facot_backups.operations.comparison.changes import FieldChange, field_changes, precedes
from facot_backups.operations.restore.questions import Question, Verdict
from facot_backups.operations.restore.spool import Names, Spool
from facot_backups.protocol import Document as DocumentMessage

Mode: TypeAlias = Literal["overwrite", "missing", "mirror"]
MODES: tuple[Mode, ...] = ("overwrite", "missing", "mirror")

# Collections whose documents are written first: cut in the middle, a restore must not leave invoices there
# while the counter that their numbers need is still to be raised.
_FIRST = ("ncf_sequence_configs", "sequences")
_SHOWN_CONFLICTS = 10_000


@dataclass(slots=True)
class Counts:
    """Documents of one root collection, nested ones too, by what the plan does with them.

    `skip`: they differ, or are not in the backup, and the mode leaves them as they are.
    """

    create: int = 0
    change: int = 0
    equal: int = 0
    delete: int = 0
    skip: int = 0

    @property
    def writes(self) -> int:
        """Documents that are to be written."""
        return self.create + self.change + self.delete

    @staticmethod
    def sum(counts: Iterable[Counts]) -> Counts:
        """All of them together."""
        found = list(counts)
        return Counts(
            sum(c.create for c in found),
            sum(c.change for c in found),
            sum(c.equal for c in found),
            sum(c.delete for c in found),
            sum(c.skip for c in found),
        )


class Conflict(NamedTuple):
    """A document that is not as it must be to be written: it is left alone. `reason` is in Spanish."""

    path: DocumentPath
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a plan is about. `mode` is `undo` for one that takes the restore `undoes` back.

    `backup` and `run_id` name the folder, `scope` is what is judged, `read_time` the plan's instant.
    """

    backup: str
    run_id: str | None
    target: Source
    root: str
    mode: Mode | Literal["undo"]
    scope: Scope
    read_time: datetime
    undoes: str | None = None


@dataclass(slots=True)
class Plan:
    """The writes of a restore. `folder` is where its files are (None: the system's own); `close` it.

    `counts` by root collection, `places` by the names of the collections on the way to a document
    (`("invoices", "items")`). `conflicts` were found while planning; only the first 10,000 are kept,
    `conflict_count` counts all. `notes` and `questions` are for people, in Spanish. `reads`: what Firestore
    billed for the plan; `read_back`: what the comparison afterwards will cost at most.
    """

    facts: Facts
    folder: Path | None
    counts: dict[str, Counts] = field(default_factory=dict)
    places: dict[tuple[str, ...], Counts] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    conflict_count: int = 0
    notes: list[str] = field(default_factory=list)
    questions: tuple[Question, ...] = ()
    reads: int = 0
    read_back: int = 0
    _adjusted: dict[int, Write | None] = field(default_factory=dict)
    _raised: list[Write] = field(default_factory=list)
    _numbers: int = 0
    # Counters and all others; and, in the order of names, how many in a row are in which.
    _spools: tuple[Spool, Spool] = field(init=False)
    _rows: list[tuple[int, int]] = field(default_factory=list)
    _left: Names = field(init=False)

    def __post_init__(self) -> None:
        self._spools = (Spool(self.folder), Spool(self.folder))
        self._left = Names(self.folder)

    def __enter__(self) -> Plan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        for file in (*self._spools, self._left):
            file.close()

    @property
    def total(self) -> Counts:
        """The sum over all collections."""
        return Counts.sum(self.counts.values())

    @property
    def writes(self) -> int:
        """Documents that are to be written."""
        return sum(counts.writes for counts in self.counts.values())

    @property
    def raised(self) -> int:
        """Counters that the guard raises beside what the plan had; they may lie outside its scope."""
        return len(self._raised)

    def add(self, before: Document | None, target: Document | None, *, number: int | None = None) -> None:
        """Add a write, in name order: what is there, and what is to be; None for nothing.

        `number`: its number in a journal that is continued. Raises FormatError for what Firestore would
        refuse.
        """
        number = self._numbers if number is None else number
        self._numbers = max(self._numbers, number) + 1
        write = self._write(number, before, target)
        which = 0 if write.path[0] in _FIRST else 1
        self._spools[which].add(write)
        last, row = self._rows.pop() if self._rows and self._rows[-1][0] == which else (which, 0)
        self._rows.append((last, row + 1))
        self._count(write.path, write.action)

    def leave(self, path: DocumentPath, kind: Literal["equal", "skip"]) -> None:
        """Count a live document that is not to be written; in name order."""
        self._left.add(path)
        self._count(path, kind)

    def conflict(self, path: DocumentPath, reason: str) -> None:
        """Note a document that cannot be written as it is."""
        self.conflict_count += 1
        if len(self.conflicts) < _SHOWN_CONFLICTS:
            self.conflicts.append(Conflict(path, reason))

    def judge(self, verdict: Verdict) -> None:
        """Make of the plan what the guard says. Raises FormatError."""
        self.notes.extend(verdict.notes)
        self.questions = verdict.questions
        self.reads += verdict.reads
        writes = {write.path: write for write in self._spools[0] if write.path in verdict.adjusted}
        for path, target in verdict.adjusted.items():
            self._adjust(writes[path], target)
        for before, target in verdict.raised:
            write = self._write(self._numbers, before, target, held=True)
            self._numbers += 1
            self._raised.append(write)
            self._count(write.path, write.action)
        self._raised.sort(key=lambda write: path_key(write.path))

    def left(self) -> Iterator[DocumentPath]:
        """The live documents that the plan does not write, in name order. Raises OSError."""
        return iter(self._left)

    def in_name_order(self, *, heads: bool = False) -> Iterator[Write]:
        """All writes in name order. Raises OSError.

        `heads`: without `document` and `before`.
        """
        parts = [spool.read(heads=heads) for spool in self._spools]
        rows = chain.from_iterable(islice(parts[which], length) for which, length in self._rows)
        return self._final(_merged(rows, iter(self._raised)) if self._raised else rows)

    def counters(self) -> Iterator[Write]:
        """The writes that come before all others, in any order; without `before`."""
        return self._final(chain(self._raised, self._spools[0].shuffled(random.Random())))

    def others(self) -> Iterator[Write]:
        """All other writes, spread over the range of names; without `before`."""
        return self._final(self._spools[1].shuffled(random.Random()))

    def _final(self, writes: Iterable[Write]) -> Iterator[Write]:
        """As the guard left them."""
        if not self._adjusted:
            return iter(writes)
        found = (self._adjusted.get(write.number, write) for write in writes)
        return (write for write in found if write is not None)

    def target_of(self, write: Write) -> Document | None:
        """What a write makes of its document; None for a delete."""
        if write.document is None:
            return None
        return decode_document(DocumentMessage.FromString(write.document), self.facts.root)

    def field_changes(self, write: Write) -> Iterator[FieldChange]:
        """The fields in which a write's target differs from what is there."""
        nothing = Document(write.path, {})
        return field_changes(write.before or nothing, self.target_of(write) or nothing)

    def _count(self, path: DocumentPath, kind: Action | Literal["equal", "skip"], by: int = 1) -> None:
        place = path[::2]
        if place not in self.places:
            self.counts.setdefault(path[0], Counts())
            self.places[place] = Counts()
        for counts in (self.counts[path[0]], self.places[place]):
            setattr(counts, kind, getattr(counts, kind) + by)

    def _adjust(self, write: Write, target: Document | None) -> None:
        self._count(write.path, write.action, -1)
        if target is None:
            self._adjusted[write.number] = None
            self._count(write.path, "skip")
            return
        adjusted = self._write(write.number, write.before, target, held=True)
        self._adjusted[write.number] = adjusted
        self._count(write.path, adjusted.action)

    def _write(
        self, number: int, before: Document | None, target: Document | None, *, held: bool = False
    ) -> Write:
        """A write as it is kept. Raises FormatError for what Firestore would refuse."""
        document = target or before
        assert document is not None
        return Write(
            number,
            document.path,
            before.update_time if before is not None else None,
            content_digest(target) if target is not None else None,
            encoded(target, self.facts) if target is not None else None,
            before,
            target if held else None,
        )


def encoded(document: Document, facts: Facts) -> bytes:
    """A document, serialized for the target. Raises FormatError for what Firestore would refuse."""
    try:
        return bytes(encode_document(document, facts.root).SerializeToString())
    except FormatError as error:
        raise FormatError(f"{facts.backup}: {error.place}", error.problem) from None


def _merged(one: Iterator[Write], other: Iterator[Write]) -> Iterator[Write]:
    """Two streams of writes in name order as one."""
    a, b = next(one, None), next(other, None)
    while a is not None and b is not None:
        if precedes(a.path, b.path):
            yield a
            a = next(one, None)
        else:
            yield b
            b = next(other, None)
    if a is not None:
        yield a
        yield from one
    if b is not None:
        yield b
        yield from other
