"""What the panel shows first: how the backups stand, and which there are."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Literal, TypeAlias

from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup, size_on_disk
from facot_backups.archive.store import Store
from facot_backups.errors import FacotBackupsError
from facot_backups.events import Emit
from facot_backups.faces.desktop.session import Session
from facot_backups.operations.drill_record import EVERY, PastDrill, last_by_backup
from facot_backups.operations.health import Health, judge
from facot_backups.operations.health_basis import Disk, HealthFacts
from facot_backups.operations.proof_record import PastProof, last_proofs
from facot_backups.operations.scheduled import facts_of
from facot_backups.operations.stopping import Stop

Kind: TypeAlias = Literal["complete", "incomplete", "pre-restore", "damaged", "newer", "facot2"]


@dataclass(frozen=True, slots=True)
class BackupRow:
    """A backup in a list. Times are local; what is not known of a damaged or old one is None.

    `moment` is the instant of its data. `documents` counts nested ones too. `size_bytes` is what it takes
    where nothing is shared. `verified` and `drilled`: what the last check and the last restore drill of it
    found, None if there was none.
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


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything stands. `rows`: newest first. `now` and `next_due` are local, aware.

    `free_bytes` and `used_bytes` are None where the folder cannot be read.
    """

    health: Health
    rows: tuple[BackupRow, ...]
    folder: Path
    now: datetime
    next_due: datetime
    free_bytes: int | None
    used_bytes: int | None
    source: str | None


def overview(session: Session, emit: Emit, stop: Stop) -> Overview:
    """How everything stands now; works without a network. Raises SettingError.

    A backup folder that is gone or cannot be read is no error here: it is a finding of `health`.
    """
    settings = session.settings()
    store = session.store(emit, stop)
    facts = facts_of(store, settings.backup_hour, settings.scope)
    listed, entries, disk = _look(store)
    health = judge(
        HealthFacts(
            schedule=facts,
            entries=entries,
            disk=disk,
            drop_percent=settings.anomaly_drop,
            drill_every=EVERY,
        )
    )
    return Overview(
        health=health,
        rows=rows_of(listed, entries, facts.zone),
        folder=settings.backup_dir,
        now=facts.now.astimezone(facts.zone),
        next_due=health.schedule.next_due.astimezone(facts.zone),
        free_bytes=disk.free_bytes,
        used_bytes=disk.used_bytes,
        source=str(facts.source) if facts.source is not None else None,
    )


def _look(store: Store) -> tuple[Sequence[AnyBackup], Sequence[LedgerEntry], Disk]:
    try:
        listed = store.all_backups()
        entries = store.ledger.entries()
        used = size_on_disk(listed)
    except FacotBackupsError as error:
        return [], [], Disk(problem=str(error))
    return listed, entries, Disk(free_bytes=_free(store.root), used_bytes=used)


def _free(folder: Path) -> int | None:
    """Free bytes of the disk on which `folder` is, or will be."""
    place = next((p for p in (folder, *folder.parents) if p.exists()), None)
    try:
        return shutil.disk_usage(place).free if place is not None else None
    except OSError:
        return None


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
        moment=metadata.read_time.astimezone(zone) if metadata else None,
        trigger=metadata.trigger if metadata else None,
        documents=metadata.total_documents + metadata.nested_documents if metadata else None,
        size_bytes=sum(entry.bytes for entry in metadata.files.values()) if metadata else None,
        verified=verified,
        drilled=drilled,
        problem=str(backup.problem) if backup.problem else None,
    )
