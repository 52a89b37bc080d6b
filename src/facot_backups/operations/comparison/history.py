"""One document through all backups: when it came, changed and went. What was not read is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.lookup import Found, find_document
from facot_backups.archive.store import Store
from facot_backups.errors import DamagedBackup, FacotBackupsError
from facot_backups.events import Emit, PhaseStarted, Progressed, ignore
from facot_backups.model import Document, DocumentPath, Source
from facot_backups.operations.comparison.changes import FieldChange, field_changes, same_content
from facot_backups.operations.comparison.sources import BackupSide

State: TypeAlias = Literal["present", "absent", "unknown"]
Event: TypeAlias = Literal["absent", "first", "created", "changed", "deleted"]

_OUTSIDE = "está fuera de lo que abarca el backup"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one backup says of a document. `found` where it is `present`, `reason` (Spanish) where `unknown`.

    `date` is the backup's local date; `read_time` is None for a folder of FACOT 2.0 and a damaged one.
    """

    backup: str
    date: date
    read_time: datetime | None
    old_format: bool
    state: State
    found: Found | None = None
    reason: str | None = None

    @property
    def document(self) -> Document | None:
        """The document, where it exists."""
        return self.found.document if self.found is not None and self.state == "present" else None


@dataclass(slots=True)
class Chapter:
    """Backups in a row, unknown ones aside, in which the document is the same, or is not there.

    `event`: how it began. `absent`: it was not there from the first backup on; `first`: it was there from
    the first one on; else it was `created`, `changed` or `deleted` after `before`, the last backup that
    says otherwise. `backups` counts those that say so. `changes` are the fields of a `changed` one. Where
    one of both is FACOT 2.0's, `format_changed`: it kept no types, so that what differs can be that alone.
    """

    event: Event
    first: Sighting
    last: Sighting
    before: Sighting | None = None
    backups: int = 1
    changes: tuple[FieldChange, ...] = ()
    format_changed: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """`chapters` from the oldest on; `unknown`: the backups that do not know, oldest first."""

    path: DocumentPath
    backups: int
    chapters: tuple[Chapter, ...]
    unknown: tuple[Sighting, ...]

    @property
    def seen(self) -> bool:
        """Whether it is in any backup."""
        return any(chapter.first.state == "present" for chapter in self.chapters)


def sighting(backup: AnyBackup, path: DocumentPath, source: Source | None = None) -> Sighting:
    """What `backup` says of the document at `path`; one of another database than `source` says nothing.

    Raises DamagedBackup, or NewerFormat, for one that cannot be read.
    """
    return _Looker(path, source).sighting(backup)


def history(store: Store, path: DocumentPath, emit: Emit = ignore) -> History:
    """The document at `path` through all backups of the store's present source, `.pre-restore` aside.

    Reads the file of its collection once for each different content. Emits PhaseStarted `searching` and
    Progressed. Raises BackupDirUnusable.
    """
    emit(PhaseStarted("searching"))
    repository = store.repository()
    looker = _Looker(path, repository.source if repository is not None else None)
    backups = [backup for backup in reversed(store.all_backups()) if backup.kind != "pre-restore"]
    chapters: list[Chapter] = []
    unknown: list[Sighting] = []
    for done, backup in enumerate(backups, 1):
        seen = _readable_or_unknown(looker, backup)
        emit(Progressed(str(backup.name), done))
        if seen.state == "unknown":
            unknown.append(seen)
        elif chapters and _same(chapters[-1].last, seen):
            chapters[-1].last = seen
            chapters[-1].backups += 1
        else:
            chapters.append(_chapter(chapters[-1].last if chapters else None, seen))
    return History(path, len(backups), tuple(chapters), tuple(unknown))


def _readable_or_unknown(looker: _Looker, backup: AnyBackup) -> Sighting:
    """As `looker.sighting`; of a backup that cannot be read, the document is unknown."""
    try:
        return looker.sighting(backup)
    except FacotBackupsError as problem:
        kind = "está dañado" if isinstance(problem, DamagedBackup) else "no se puede leer"
        return _sighting(backup, "unknown", None, f"{kind}: {' '.join(str(problem).split())}")


def _sighting(backup: AnyBackup, state: State, found: Found | None, reason: str | None) -> Sighting:
    old = isinstance(backup, OldBackup)
    metadata = None if isinstance(backup, OldBackup) else backup.metadata
    read_time = metadata.read_time if metadata is not None else None
    return Sighting(str(backup.name), backup.date, read_time, old, state, found, reason)


def _same(one: Sighting, other: Sighting) -> bool:
    if one.document is None or other.document is None:
        return one.state == other.state
    return same_content(one.document, other.document)


def _chapter(before: Sighting | None, seen: Sighting) -> Chapter:
    if before is None:
        return Chapter("first" if seen.state == "present" else "absent", seen, seen)
    if seen.document is None:
        return Chapter("deleted", seen, seen, before)
    if before.document is None:
        return Chapter("created", seen, seen, before)
    changes = tuple(field_changes(before.document, seen.document))
    mixed = before.old_format != seen.old_format
    return Chapter("changed", seen, seen, before, changes=changes, format_changed=mixed)


class _Looker:
    """Looks for one document in backups, and into files of the same content once."""

    def __init__(self, path: DocumentPath, source: Source | None) -> None:
        self._path = path
        self._source = source
        self._known: dict[str, Found | None] = {}

    def sighting(self, backup: AnyBackup) -> Sighting:
        """What one backup says. Raises DamagedBackup, NewerFormat."""
        reason = self._ignorance(backup)
        if reason is not None:
            return _sighting(backup, "unknown", None, reason)
        found = self._find(backup)
        mark = found.document.mark if found is not None else None
        if found is not None and mark is None:
            return _sighting(backup, "present", found, None)
        if mark == "unread" or not self._would_hold(backup):
            return _sighting(backup, "unknown", found, "ese documento no se leyó")
        return _sighting(backup, "absent", found, None)

    def _ignorance(self, backup: AnyBackup) -> str | None:
        """Why the backup can say nothing of the document, without looking into it; None if it may."""
        collection = self._path[0]
        if isinstance(backup, OldBackup):
            if collection in backup.empty:
                return "la lista vacía de un formato antiguo no dice si había documentos"
            return None if backup.covers(self._path) else _OUTSIDE
        metadata = backup.proven()
        if self._source is not None and metadata.source != self._source:
            return f"es de otra base de datos ({metadata.source})"
        if metadata.scope.restore is not None or BackupSide(backup).extent.includes(self._path):
            return None
        if metadata.scope.includes(self._path):
            return f"no se pudo leer la colección «{collection}»"
        return _OUTSIDE

    def _find(self, backup: AnyBackup) -> Found | None:
        if isinstance(backup, OldBackup):
            return find_document(backup, self._path)
        entry = backup.proven().files.get(self._path[0])
        if entry is None:
            return None
        if entry.sha256 not in self._known:
            self._known[entry.sha256] = find_document(backup, self._path)
        return self._known[entry.sha256]

    def _would_hold(self, backup: AnyBackup) -> bool:
        """Whether a document that the backup does not hold did not exist."""
        if isinstance(backup, OldBackup):
            # That code asked for the items of documents that it had, of no others.
            return len(self._path) == 2 or find_document(backup, self._path[:2]) is not None
        return backup.proven().scope.restore is None
