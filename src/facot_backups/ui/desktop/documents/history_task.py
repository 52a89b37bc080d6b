"""One document through all backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal, TypeAlias

from facot_backups.clock import in_zone
from facot_backups.events import Emit, Progressed
from facot_backups.model import DocumentPath
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.comparison.history import Chapter as Told
from facot_backups.operations.comparison.history import Sighting
from facot_backups.operations.comparison.history import history as tell_history
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.texts import change as change_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.change import ChangeLine
from facot_backups.ui.desktop.texts.document import Summary

Event: TypeAlias = Literal["absent", "first", "created", "changed", "deleted"]


@dataclass(frozen=True, slots=True)
class Place:
    """A backup: its name, its local date, the local instant of its data (None: not known)."""

    backup: str
    date: date
    moment: datetime | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A time in which the document stayed as it was (`operations.history.Chapter`).

    `first` and `last`: the backups that say so, `backups` how many they are; `before`: the last that says
    otherwise. `changes`: the fields that differ from then. `old_format`: one of both kept no types.
    """

    event: Event
    first: Place
    last: Place
    before: Place | None
    backups: int
    changes: tuple[ChangeLine, ...]
    old_format: bool


@dataclass(frozen=True, slots=True)
class DocumentHistory:
    """`chapters`, newest first. `unknown`: the backups that cannot tell, each with the reason, in Spanish.

    `shown`: the document as it was last seen, None if no backup has it. `now` is local.
    """

    path: DocumentPath
    now: datetime
    backups: int
    shown: Summary | None
    chapters: tuple[Chapter, ...]
    unknown: tuple[tuple[Place, str], ...]


def document_history(session: Session, emit: Emit, stop: Stop, path: DocumentPath) -> DocumentHistory:
    """The history of the document at `path`. Raises BackupDirUnusable, RepositoryGone, Interrupted."""
    tell = stop.emit(emit)
    store = session.store(tell, stop)
    zone = store.clock.zone()
    # It counts backups, not documents, so how far it is would read wrong.
    found = tell_history(
        store, path, lambda event: stop.check() if isinstance(event, Progressed) else tell(event)
    )
    seen = next(
        (document for chapter in reversed(found.chapters) if (document := chapter.first.document)), None
    )
    return DocumentHistory(
        path=path,
        now=in_zone(store.clock.now(), zone),
        backups=found.backups,
        shown=document_words.summary(seen, zone) if seen is not None else None,
        chapters=tuple(_chapter(chapter, zone) for chapter in reversed(found.chapters)),
        unknown=tuple((_place(each, zone), each.reason or "") for each in found.unknown),
    )


def _chapter(told: Told, zone: tzinfo) -> Chapter:
    of = told.first.document
    return Chapter(
        event=told.event,
        first=_place(told.first, zone),
        last=_place(told.last, zone),
        before=_place(told.before, zone) if told.before is not None else None,
        backups=told.backups,
        changes=change_words.lines(told.changes, of, zone) if of is not None else (),
        old_format=told.format_changed,
    )


def _place(seen: Sighting, zone: tzinfo) -> Place:
    moment = in_zone(seen.read_time, zone) if seen.read_time is not None else None
    return Place(seen.backup, seen.date, moment)
