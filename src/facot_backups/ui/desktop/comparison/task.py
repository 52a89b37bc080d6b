"""A backup compared with another day, or with what Firestore holds now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal, TypeAlias

from facot_backups.archive.facot2 import AnyBackup
from facot_backups.archive.store import Store
from facot_backups.clock import in_zone
from facot_backups.events import Emit
from facot_backups.model import EVERYTHING, Document, DocumentPath
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.comparison.changes import Change
from facot_backups.operations.comparison.diff import Diff, NamedSide
from facot_backups.operations.comparison.sources import FolderSide, side_of
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.snapshot import BackupRow
from facot_backups.ui.desktop.texts import change as change_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.change import ChangeLine
from facot_backups.ui.desktop.texts.document import Summary

Kind: TypeAlias = Literal["added", "removed", "changed"]
# So many documents that differ are kept to be shown; all are counted.
SHOWN_CHANGES = 5000


@dataclass(frozen=True, slots=True)
class Candidates:
    """The backup `row`, and those to compare it with, newest first; `previous`: the complete one before it.

    `now`: local time of this list. `comparable`: whether `row` itself can be compared.
    """

    row: BackupRow
    now: datetime
    previous: BackupRow | None
    others: tuple[BackupRow, ...]
    comparable: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One side: a backup's name, None for Firestore as it is now; its local date and instant, if known."""

    name: str | None
    date: date
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """A document that differs. `old` and `new`: as it was and is; None where it is not there."""

    kind: Kind
    path: DocumentPath
    shown: Summary
    fields: int
    old: Document | None
    new: Document | None
    zone: tzinfo

    def lines(self) -> tuple[ChangeLine, ...]:
        """Its fields that differ, with the old and the new value; of a document that came or went, all."""
        of = self.new or self.old
        assert of is not None
        change = Change(self.kind, self.path, self.old, self.new)
        return change_words.lines(change.fields(), of, self.zone, whole=self.kind != "changed")


@dataclass(frozen=True, slots=True)
class CollectionCounts:
    """How the documents of a root collection differ, nested ones too."""

    name: str
    added: int
    removed: int
    changed: int
    equal: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between `before` and `after`.

    `changes`: the documents, in name order; `more`: how many more there are than these. `unknown`: root
    collections that could not be compared, with the reason, in Spanish. `sources`: the two databases, where
    they are not the same. `reads`: what Firestore bills for it. `now` is local.
    """

    before: Side
    after: Side
    now: datetime
    changes: tuple[ChangedDocument, ...]
    more: int
    counts: tuple[CollectionCounts, ...]
    unknown: tuple[tuple[str, str], ...]
    partial: bool
    sources: tuple[str, str] | None
    reads: int

    @property
    def total(self) -> CollectionCounts:
        """The sum over all collections."""
        each = self.counts
        return CollectionCounts(
            "",
            sum(c.added for c in each),
            sum(c.removed for c in each),
            sum(c.changed for c in each),
            sum(c.equal for c in each),
            sum(c.unknown for c in each),
        )


def compare_backups(session: Session, emit: Emit, stop: Stop, name: str, other: str | None) -> Comparison:
    """Compare the backup `name` with the backup `other`, the older one as what was before.

    `other` None: with Firestore as it is now, which costs a read for each document. Raises BackupNotFound,
    DamagedBackup, FirestoreUnavailable, ReadBudgetExceeded, SettingError, Interrupted.
    """
    tell = stop.emit(emit)
    store = session.store(tell, stop)
    own = side_of(store.find(name))
    with ExitStack() as stack:
        if other is None:
            sides: tuple[NamedSide, NamedSide] = (
                own,
                stack.enter_context(_live(session, store, own, tell, stop)),
            )
        else:
            sides = _in_order(own, side_of(store.find(other)))
        diff = Diff(*sides, EVERYTHING, tell)
        changes, more = _gather(diff, store.clock.zone())
        return _comparison(diff, changes, more, store)


@contextmanager
def _live(session: Session, store: Store, own: FolderSide, emit: Emit, stop: Stop) -> Iterator[NamedSide]:
    """Firestore as it is now; whatever waits for it ends when `stop` is asked for."""
    from facot_backups.firestore.connection import Connection
    from facot_backups.operations.comparison.live import live_side

    settings = session.settings()
    with ExitStack() as stack:

        def connect() -> Connection:
            connection = session.connector(settings)()
            stack.enter_context(stop.closing(connection.close))
            return connection

        yield stack.enter_context(live_side(connect, store, own.extent, settings.max_reads, emit))


def _in_order(one: FolderSide, other: FolderSide) -> tuple[FolderSide, FolderSide]:
    return (one, other) if _age(one.backup, one) <= _age(other.backup, other) else (other, one)


def _age(backup: AnyBackup, side: FolderSide) -> tuple[date, float]:
    return backup.date, side.read_time.timestamp() if side.read_time is not None else 0.0


def _gather(diff: Diff, zone: tzinfo) -> tuple[list[ChangedDocument], int]:
    changes: list[ChangedDocument] = []
    more = 0
    for change in diff:
        if len(changes) < SHOWN_CHANGES:
            changes.append(_changed(change, zone))
        else:
            more += 1
    return changes, more


def _changed(change: Change, zone: tzinfo) -> ChangedDocument:
    # A marked one does not exist there.
    old = change.left if change.left is not None and change.left.mark is None else None
    new = change.right if change.right is not None and change.right.mark is None else None
    of = new or old
    assert of is not None
    kind: Kind = "added" if change.kind == "added" else "removed" if change.kind == "removed" else "changed"
    fields = sum(1 for _ in change.fields()) if kind == "changed" else len(of.fields)
    return ChangedDocument(kind, change.path, document_words.summary(of, zone), fields, old, new, zone)


def _comparison(diff: Diff, changes: list[ChangedDocument], more: int, store: Store) -> Comparison:
    zone = store.clock.zone()
    now = in_zone(store.clock.now(), zone)
    sources = (diff.left.source, diff.right.source)
    apart = None not in sources and sources[0] != sources[1]
    return Comparison(
        before=_side(diff.left, now, zone),
        after=_side(diff.right, now, zone),
        now=now,
        changes=tuple(changes),
        more=more,
        counts=tuple(
            CollectionCounts(name, c.added, c.removed, c.changed, c.equal, c.unknown)
            for name, c in diff.counts.items()
        ),
        unknown=tuple(diff.unknown.items()),
        partial=diff.partial,
        sources=(str(sources[0]), str(sources[1])) if apart else None,
        reads=getattr(diff.right, "reads", 0),
    )


def _side(side: NamedSide, now: datetime, zone: tzinfo) -> Side:
    moment = in_zone(side.read_time, zone) if side.read_time is not None else None
    if isinstance(side, FolderSide):
        return Side(side.label, side.backup.date, moment)
    return Side(None, now.date(), moment)
