"""One backup: what is in it, what changed since the one before, and the checks that a person can ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.metadata import FileEntry, Metadata
from facot_backups.archive.reader import Backup, file_blocks
from facot_backups.archive.store import Store
from facot_backups.clock import in_zone
from facot_backups.errors import FacotBackupsError
from facot_backups.events import Counted, Emit
from facot_backups.model import segment_key
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.drill.record import last_by_backup
from facot_backups.operations.verification.record import last_proofs
from facot_backups.ui.desktop.comparison.task import Candidates
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.snapshot import BackupRow, rows_of

# `unread`: it could not be read, or is outside the scope. `gone`: the one before had it. `alone`: nothing
# to compare with. `same`: the same bytes.
Since: TypeAlias = Literal["same", "changed", "new", "gone", "unread", "alone"]


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A root collection. `nested` are the documents below its own; what is not known is None.

    `since`: how it differs from the backup before; `change`: how many documents more or less, nested ones
    too, None where that is not known. `reason`: why it could not be read.
    """

    name: str
    documents: int | None
    nested: int | None
    size_bytes: int | None
    since: Since
    change: int | None = None
    reason: str | None = None

    @property
    def held(self) -> bool:
        """Whether the backup has a file of it."""
        return self.since not in ("gone", "unread")


@dataclass(frozen=True, slots=True)
class Check:
    """The last check, or restore drill, of a backup: when (local), and what it found."""

    moment: datetime
    good: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is known of a backup without reading its documents. Times are local.

    `previous`: the complete backup before it, None without one. `others`: the backups that it can be
    compared with, newest first. `server_count`: what the server itself counted, or None with a reason.
    `spot_check`: how many documents were fetched once more and compared. `now`: when this was true.
    """

    row: BackupRow
    now: datetime
    collections: tuple[CollectionRow, ...]
    previous: BackupRow | None = None
    others: tuple[BackupRow, ...] = ()
    source: str | None = None
    tool: str | None = None
    seconds: float | None = None
    reads: int | None = None
    server_count: int | None = None
    server_count_reason: str | None = None
    spot_check: int | None = None
    errors: tuple[str, ...] = ()
    verified: Check | None = None
    drilled: Check | None = None

    @property
    def candidates(self) -> Candidates:
        """The backups to compare this one with."""
        return Candidates(self.row, self.now, self.previous, self.others, self.comparable)

    @property
    def readable(self) -> bool:
        """Whether its documents can be looked at."""
        return self.row.kind not in ("damaged", "newer", "unreadable")

    @property
    def comparable(self) -> bool:
        """Whether it can be compared and drilled: what a restore kept is no backup."""
        return self.readable and self.row.kind != "pre-restore"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a backup found.

    `problems` (the damage), `unread` (what could not be read, which is none) and `notes` are Spanish; without
    the first two all is good. `documents` were read (of a drill: restored and compared), `nested` of them
    within others; `size_bytes` is what was read. `proven` is False for an old folder, which has nothing that
    proves it.
    """

    drill: bool
    documents: int
    size_bytes: int
    seconds: float
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    proven: bool = True
    unread: tuple[str, ...] = ()
    nested: int = 0

    @property
    def good(self) -> bool:
        """Whether all was read and nothing is wrong."""
        return not self.problems and not self.unread


def detail(session: Session, emit: Emit, stop: Stop, name: str) -> Detail:
    """What there is to know of the backup `name`. Raises BackupNotFound, BackupDirUnusable, SettingError."""
    store = session.store(emit, stop)
    backup = store.find(name)
    listed = store.all_backups()
    entries, zone = store.ledger.entries(), store.clock.zone()
    rows = rows_of(listed, entries, zone)
    row = next((row for row in rows if row.name == name), None) or rows_of([backup], entries, zone)[0]
    before = _before(backup, listed)
    by_name = {each.name: each for each in rows}
    proof, drill = last_proofs(entries).get(name), last_by_backup(entries).get(name)
    found = Detail(
        row=row,
        now=in_zone(store.clock.now(), zone),
        collections=tuple(_collections(backup, before)),
        previous=by_name[str(before.name)] if before is not None else None,
        others=tuple(_others(rows, name)),
        verified=Check(in_zone(proof.time, zone), proof.sound, proof.error) if proof else None,
        drilled=Check(in_zone(drill.time, zone), drill.passed, drill.error) if drill else None,
    )
    return _with_metadata(found, backup)


def _with_metadata(found: Detail, backup: AnyBackup) -> Detail:
    if isinstance(backup, OldBackup):
        return replace(found, errors=backup.stated.errors if backup.stated is not None else ())
    metadata = backup.metadata
    if metadata is None:
        return found
    return replace(
        found,
        source=str(metadata.source),
        tool=metadata.tool,
        seconds=(metadata.finished_at - metadata.started_at).total_seconds(),
        reads=metadata.reads,
        server_count=metadata.server_count,
        server_count_reason=metadata.server_count_reason,
        spot_check=metadata.spot_check,
        errors=metadata.errors,
    )


def _others(rows: Sequence[BackupRow], name: str) -> list[BackupRow]:
    """Those that can be compared: all that can be read and are backups."""
    return [row for row in rows if row.name != name and row.kind in ("complete", "incomplete", "facot2")]


def _before(backup: AnyBackup, listed: Sequence[AnyBackup]) -> Backup | None:
    """The newest complete backup of the same database that was read earlier."""
    if isinstance(backup, OldBackup) or backup.metadata is None:
        return None
    own = backup.metadata
    for other in listed:
        if isinstance(other, OldBackup) or not other.complete or other.metadata is None:
            continue
        if other.metadata.source == own.source and other.metadata.read_time < own.read_time:
            return other
    return None


# --- collections ---------------------------------------------------------------------------------------


def _collections(backup: AnyBackup, before: Backup | None) -> list[CollectionRow]:
    if isinstance(backup, OldBackup):
        return [CollectionRow(name, None, None, _size(backup, name), "alone") for name in backup.collections]
    if backup.metadata is None:
        return []
    own, other = backup.metadata, before.metadata if before is not None else None
    names = {*own.files, *own.unread()}
    if other is not None and backup.kind != "pre-restore":
        names |= {name for name in other.files if own.scope.includes((name,))}
    return [_collection(name, own, other, backup.kind) for name in sorted(names, key=segment_key)]


def _collection(name: str, own: Metadata, other: Metadata | None, kind: str) -> CollectionRow:
    entry, reason = own.files.get(name), own.unread().get(name)
    before = other.files.get(name) if other is not None else None
    if entry is None:
        if reason is not None or own.errors:
            return CollectionRow(name, None, None, None, "unread", reason=reason)
        return CollectionRow(name, 0, 0, None, "gone", change=-_all(before) if before else None)
    if other is None or kind == "pre-restore" or not other.scope.includes((name,)):
        return CollectionRow(name, entry.documents, entry.nested_documents, entry.bytes, "alone")
    since: Since = "new" if before is None else "same" if before.sha256 == entry.sha256 else "changed"
    change = _all(entry) - (_all(before) if before is not None else 0)
    if before is None and not _all(entry):
        since = "same"
    return CollectionRow(name, entry.documents, entry.nested_documents, entry.bytes, since, change)


def _all(entry: FileEntry) -> int:
    return entry.documents + entry.nested_documents


def _size(backup: OldBackup, collection: str) -> int | None:
    try:
        return sum(len(block) for block in file_blocks(backup.path / backup.file(collection)))
    except FacotBackupsError:
        return None


# --- checks --------------------------------------------------------------------------------------------


def verify_backup(session: Session, emit: Emit, stop: Stop, name: str) -> Checked:
    """Read every byte of the backup `name` and note what was found. Raises BackupNotFound, Interrupted.

    Damage, and what cannot be read, is no error: it is in the result.
    """
    from facot_backups.operations.verification.recheck import verify_and_record

    tell = stop.emit(emit)
    store = session.store(tell, stop)
    backup = store.find(name)
    _count(backup, tell)
    begun = store.clock.monotonic()
    (report,) = verify_and_record(store, [backup], tell)
    return Checked(
        drill=False,
        documents=report.documents,
        size_bytes=report.bytes_read,
        seconds=store.clock.monotonic() - begun,
        problems=tuple(problem.message for problem in report.problems),
        notes=report.notes,
        proven=report.proven,
        unread=tuple(unread.message for unread in report.unread),
        nested=_nested(backup),
    )


def drill_backup(session: Session, emit: Emit, stop: Stop, name: str) -> Checked:
    """Restore the backup `name` into memory, compare all of it, and note what was found.

    Touches no real data. Raises BackupNotFound, LockHeld, NoSpace, Interrupted.
    """
    from facot_backups.model import EVERYTHING
    from facot_backups.operations.drill.recorded import drill_and_record

    tell = stop.emit(emit)
    store: Store = session.store(tell, stop)
    backup = store.find(name)
    _count(backup, tell)
    report = drill_and_record(store, name, EVERYTHING, tell)
    more = report.difference_count - len(report.differences)
    problems = [*report.errors, *([f"y {more:,} documentos distintos más"] if more > 0 else [])]
    return Checked(
        drill=True,
        documents=report.documents,
        size_bytes=report.bytes,
        seconds=report.seconds,
        problems=tuple(problems),
        notes=report.notes,
        proven=report.proof.proven,
        nested=_nested(backup),
    )


def _nested(backup: AnyBackup) -> int:
    """How many of its documents are within others."""
    if isinstance(backup, Backup) and backup.metadata is not None:
        return backup.metadata.nested_documents
    return 0


def _count(backup: AnyBackup, emit: Emit) -> None:
    """How many documents there are to go through, where that is known."""
    if isinstance(backup, Backup) and backup.metadata is not None:
        emit(Counted(backup.metadata.total_documents + backup.metadata.nested_documents))
