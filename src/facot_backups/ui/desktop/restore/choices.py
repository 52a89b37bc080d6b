"""What can be restored: the backups with their collections, documents found by a word, restores cut short."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from operator import itemgetter

from facot_backups.archive import journal
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.lookup import find_document
from facot_backups.archive.store import Store
from facot_backups.archive.strict import is_document_path
from facot_backups.clock import in_zone
from facot_backups.errors import BackupNotFound, FacotBackupsError
from facot_backups.events import Emit, PhaseStarted, Progressed
from facot_backups.model import Document, DocumentPath, Scope, path_key
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.comparison.sources import FolderSide, side_of
from facot_backups.operations.search.key import query_words, search_key
from facot_backups.operations.search.nouns import nouns
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.snapshot import Kind
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.toolkit import words

# Found documents that are shown; who finds more must say more.
MOST_FOUND = 200
_STEP = 2000
_COUNTERS = frozenset({"ncf_sequence_configs", "sequences"})


@dataclass(frozen=True, slots=True)
class CollectionChoice:
    """A root collection of a backup. `documents`: its own, None where nothing tells; `nested`: in them."""

    name: str
    documents: int | None
    nested: int = 0


@dataclass(frozen=True, slots=True)
class BackupChoice:
    """A backup that can be restored. `documents`: in its root collections; `errors`: what it lacks."""

    name: str
    kind: Kind
    title: str
    collections: tuple[CollectionChoice, ...]
    documents: int | None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CutRestore:
    """A restore that did not come to its end. `backup` is how the backup is called (`words.backup_said`).

    `started` is local; `pre_restore` is what undoes it.
    """

    restore: str
    backup: str
    started: datetime
    pre_restore: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """`backups`, newest first, without those that cannot be restored; `latest` is the one to begin with.

    `cut`: restores that were cut, the newest first. `lent`: the program around the panel gives the
    connection, so that no other database can be reached.
    """

    backups: tuple[BackupChoice, ...]
    latest: str | None
    cut: tuple[CutRestore, ...]
    lent: bool = False


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document of a backup. `title` is what people call it, or its id; `kind`: `factura`."""

    path: DocumentPath
    kind: str
    title: str
    date: str
    amount: str
    tax_id: str


@dataclass(frozen=True, slots=True)
class FoundDocuments:
    """What was found, the newest documents first; `more`: whether there are others beyond it."""

    documents: tuple[FoundDocument, ...]
    more: bool


def choices(session: Session, emit: Emit, stop: Stop) -> Choices:
    """What can be restored. Works without a network. Raises SettingError, BackupDirUnusable."""
    store = session.store(emit, stop)
    zone = store.clock.zone()
    listed = store.all_backups()
    usable = tuple(
        _choice(backup, zone) for backup in listed if backup.kind in ("complete", "incomplete", "facot2")
    )
    complete = (choice.name for choice in usable if choice.kind == "complete")
    latest = next(complete, usable[0].name if usable else None)
    return Choices(usable, latest, cut_restores(store, zone), session.lent)


def _choice(backup: AnyBackup, zone: tzinfo) -> BackupChoice:
    name, day = str(backup.name), words.full_day(backup.date)
    if isinstance(backup, OldBackup):
        kept = tuple(CollectionChoice(one, None) for one in backup.collections if one not in backup.empty)
        stated = backup.stated.total_documents if backup.stated is not None else None
        return BackupChoice(name, "facot2", f"{day}, de formato antiguo", kept, stated)
    metadata = backup.proven()
    kept = tuple(
        CollectionChoice(one, entry.documents, entry.nested_documents)
        for one, entry in sorted(metadata.files.items())
    )
    hour = words.clock(in_zone(metadata.read_time, zone))
    lacks = "" if backup.complete else ", incompleto"
    return BackupChoice(
        name,
        backup.kind,
        f"{day}, {hour}{lacks}",
        kept,
        sum(entry.documents for entry in metadata.files.values()),
        metadata.errors,
    )


def cut_restores(store: Store, zone: tzinfo) -> tuple[CutRestore, ...]:
    """The restores that were cut after their plan was on disk, newest first."""
    found: list[CutRestore] = []
    kept = {
        backup.metadata.scope.restore: str(backup.name)
        for backup in store.backups()
        if backup.metadata is not None and backup.kind == "pre-restore"
    }
    for restore in reversed(journal.cut(store.root)):
        if restore not in kept:
            continue
        try:
            header = journal.Journal(store.root, restore).header
        except FacotBackupsError:  # it cannot be continued; `verify` names it
            continue
        started = in_zone(header.started_at, zone)
        found.append(CutRestore(restore, called(store, header.backup), started, kept[restore]))
    return tuple(found)


def called(store: Store, name: str) -> str:
    """How the backup `name` is called (`words.backup_said`); its name where it is gone."""
    try:
        backup = store.find(name)
    except BackupNotFound:
        return f"backup {name}"
    zone = store.clock.zone()
    metadata = None if isinstance(backup, OldBackup) else backup.metadata
    moment = in_zone(metadata.read_time, zone) if metadata is not None else None
    return words.backup_said(backup.date, moment, in_zone(store.clock.now(), zone))


def find_documents(
    session: Session,
    emit: Emit,
    stop: Stop,
    backup: str,
    wanted: str,
    given: tuple[DocumentPath, ...] = (),
) -> FoundDocuments:
    """The root documents of `backup` that hold all words of `wanted`, as the search of documents has it.

    `wanted` may also be the path of a document, at any depth; with `given` those at these paths are found
    instead. Reads the backup's files; memory holds what is shown. Raises BackupNotFound, DamagedBackup,
    Interrupted.
    """
    emit(PhaseStarted("searching"))
    store = session.store(emit, stop)
    source, zone = store.find(backup), store.clock.zone()
    path = tuple(part.strip() for part in wanted.strip("/ ").split("/"))
    looked = (find_document(source, one) for one in given or ((path,) if is_document_path(path) else ()))
    at_paths = tuple(_found(one.document, zone) for one in looked if one is not None)
    if given or at_paths:
        return FoundDocuments(at_paths, more=False)
    matching = _matching(side_of(source), wanted, zone, emit, stop)
    found = heapq.nlargest(MOST_FOUND + 1, ((_age(one), one) for one in matching), key=itemgetter(0))
    return FoundDocuments(tuple(one for _, one in found[:MOST_FOUND]), more=len(found) > MOST_FOUND)


def _matching(side: FolderSide, wanted: str, zone: tzinfo, emit: Emit, stop: Stop) -> Iterator[FoundDocument]:
    """The root documents that hold all words of `wanted`, in the order of names."""
    sought, seen = [word.encode() for word in query_words(wanted)], 0
    for collection in side.collections():
        for document in side.documents(Scope(collections=(collection,))):
            seen += 1
            if seen % _STEP == 0:
                stop.check()
                emit(Progressed(collection, seen))
            if len(document.path) != 2 or document.mark is not None:
                continue
            line = search_key(document, zone)
            if all(word in line for word in sought):
                yield _found(document, zone)


def _found(document: Document, zone: tzinfo) -> FoundDocument:
    shown, path = document_words.summary(document, zone), document.path
    kind, title = nouns(path[::2])[0], document_words.title(path, shown)
    return FoundDocument(path, f"{kind[:1].upper()}{kind[1:]}", title, shown.date, shown.amount, shown.rnc)


def _age(found: FoundDocument) -> tuple[bool, str, tuple[tuple[int, int, str], ...]]:
    """Greater for a newer document: by its day, `24/11/2026`, and among those of a day by its name.

    Counters, which bear the day of the last number, come after all others.
    """
    day = "".join(reversed(found.date.split("/")))
    return found.path[0] not in _COUNTERS, day, path_key(found.path)
