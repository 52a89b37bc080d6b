"""What the panel shows first: how the backups stand, and which there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from pathlib import Path
from typing import Literal, TypeAlias

from facot_backups import figures
from facot_backups.app import wiring
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.ledger import COMPLETE, LedgerEntry
from facot_backups.archive.reader import Backup, size_on_disk
from facot_backups.archive.store import Store
from facot_backups.clock import in_zone
from facot_backups.errors import FacotBackupsError
from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.drill.record import PastDrill, last_by_backup
from facot_backups.operations.health.basis import size_of
from facot_backups.operations.health.judgement import Health, judge
from facot_backups.operations.schedule.due import Facts, counting
from facot_backups.operations.verification.record import PastProof, last_proofs
from facot_backups.settings.model import Theme
from facot_backups.state import State, Try
from facot_backups.ui.desktop.earlier_folders import Earlier, earlier_backups
from facot_backups.ui.desktop.habits import Habits
from facot_backups.ui.desktop.session import Session

Kind: TypeAlias = Literal["complete", "incomplete", "pre-restore", "damaged", "newer", "unreadable", "facot2"]


@dataclass(frozen=True, slots=True)
class BackupRow:
    """A backup in a list. Times are local; what is not known of a damaged or old one is None.

    `moment` is the instant of its data. `documents` counts nested ones too, of which there are `nested`.
    `size_bytes` is what it takes where nothing is shared. `verified` and `drilled`: what the last check and
    the last restore drill of it found, None if there was none. `part`: of how much a complete one is, in
    Spanish; "" of everything.
    """

    name: str
    path: Path
    kind: Kind
    date: date
    moment: datetime | None
    trigger: str | None
    documents: int | None
    size_bytes: int | None
    verified: bool | None
    drilled: bool | None
    problem: str | None = None
    part: str = ""
    nested: int = 0

    @property
    def outer(self) -> int | None:
        """Its documents without those that are within others."""
        return None if self.documents is None else self.documents - self.nested


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything stands. `rows`: newest first. `now` and `next_due` are local, aware.

    `source` names the database whose backups these are, None before the first. `hour`: when the backup of a
    day is due. `whole`: the names of the backups that count, which are complete and of all that is to be
    backed up. `made`: the local dates on which a complete backup was made, whether it is still there or not;
    `failed`: why the last failed try of a date did, Spanish or "". `theme` is the look that the settings ask
    for; `hints_folded` whether a person folded the card's hints away;
    `retention_days` after how many days a backup is no longer kept for its age. `connected`: whether it is
    known whose Firestore is read, and with which key.
    `earlier`: the folders of before in which backups stayed.
    """

    health: Health
    rows: tuple[BackupRow, ...]
    folder: Path
    now: datetime
    next_due: datetime
    source: str | None
    hour: time
    whole: frozenset[str]
    made: frozenset[date]
    failed: Mapping[date, str]
    theme: Theme = "sistema"
    hints_folded: bool = False
    retention_days: int = 30
    connected: bool = True
    earlier: tuple[Earlier, ...] = ()


def overview(session: Session, emit: Emit, stop: Stop) -> Overview:
    """How everything stands now; works without a network. Raises SettingError.

    A backup folder that is gone or cannot be read is no error here: it is a finding of `health`.
    """
    settings = session.settings()
    store = session.store(emit, stop)
    found = wiring.health_facts(settings, store)
    facts, health = found.schedule, judge(found)
    return Overview(
        health=health,
        rows=rows_of(_listed(store), found.entries, facts.zone),
        folder=settings.backup_dir,
        now=in_zone(facts.now, facts.zone),
        next_due=in_zone(health.schedule.next_due, facts.zone),
        source=str(facts.source) if facts.source is not None else None,
        hour=settings.backup_hour,
        whole=frozenset(str(backup.name) for backup in counting(facts)),
        made=frozenset(day for day, attempt in _tries(facts) if attempt.outcome == COMPLETE),
        failed={day: attempt.error or "" for day, attempt in _tries(facts) if attempt.outcome != COMPLETE},
        theme=settings.theme,
        hints_folded=Habits(State().folder).hints_folded,
        retention_days=settings.retention_days,
        connected=session.lent or bool(settings.credentials or settings.emulator_host),
        earlier=earlier_backups(store),
    )


def fold_hints(folded: bool) -> None:
    """Remember whether the card's hints are folded away."""
    Habits(State().folder).remember_hints_folded(folded)


def _tries(facts: Facts) -> list[tuple[date, Try]]:
    """The tries to make a backup so far, each with its local date, oldest first."""
    return [(in_zone(attempt.started_at, facts.zone).date(), attempt) for attempt in facts.past_tries]


def _listed(store: Store) -> Sequence[AnyBackup]:
    try:
        return store.all_backups()
    except FacotBackupsError:  # why is a finding
        return ()


def rows_of(
    listed: Sequence[AnyBackup], entries: Sequence[LedgerEntry], zone: tzinfo
) -> tuple[BackupRow, ...]:
    """A row for each backup, with what the ledger knows of it."""
    proofs, drills = last_proofs(entries), last_by_backup(entries)
    return tuple(_row(backup, proofs, drills, zone) for backup in listed)


def _row(
    backup: AnyBackup, proofs: Mapping[str, PastProof], drills: Mapping[str, PastDrill], zone: tzinfo
) -> BackupRow:
    name = str(backup.name)
    proof, drill = proofs.get(name), drills.get(name)
    verified = proof.sound if proof is not None else None
    drilled = drill.passed if drill is not None else None
    if isinstance(backup, OldBackup):
        documents = backup.stated.total_documents if backup.stated is not None else None
        size = size_on_disk([backup])
        return BackupRow(
            name, backup.path, "facot2", backup.date, None, None, documents, size, verified, drilled
        )
    return _own_row(backup, verified, drilled, zone)


def _own_row(backup: Backup, verified: bool | None, drilled: bool | None, zone: tzinfo) -> BackupRow:
    metadata = backup.metadata
    return BackupRow(
        name=str(backup.name),
        path=backup.path,
        kind=backup.kind,
        date=backup.date,
        moment=in_zone(metadata.read_time, zone) if metadata else None,
        trigger=metadata.trigger if metadata else None,
        documents=metadata.total_documents + metadata.nested_documents if metadata else None,
        size_bytes=size_of(backup) if metadata else None,
        verified=verified,
        drilled=drilled,
        problem=str(backup.problem) if backup.problem else None,
        part=figures.part(metadata.scope) if metadata and backup.complete else "",
        nested=metadata.nested_documents if metadata else 0,
    )
