"""The documents of a backup: an index of all of them, and one of them with all that is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, tzinfo

from facot_backups.archive.collection_file import decode, split_lines
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.reader import Backup, file_blocks
from facot_backups.clock import in_zone
from facot_backups.errors import FormatError
from facot_backups.events import Counted, Emit, PhaseStarted, Progressed
from facot_backups.model import Document, DocumentPath
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.comparison.sources import BackupSide, hashed
from facot_backups.text import one_line
from facot_backups.ui.desktop.documents.index import Builder, DocumentIndex
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.document import Node, Summary
from facot_backups.ui.desktop.toolkit import words

_STEP = 1000
# So many documents within one are shown; of more, it is said how to see them.
SHOWN_BELOW = 2000


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document with all that is in it. `nodes`: its fields, then its subcollections.

    `missing`: it does not exist itself. `more`: documents in it that are not in `nodes`. `moment`: the
    instant of its data, local; None for an old folder.
    """

    backup: str
    path: DocumentPath
    shown: Summary
    nodes: tuple[Node, ...]
    missing: bool
    more: int
    moment: datetime | None


def index_documents(session: Session, emit: Emit, stop: Stop, name: str) -> DocumentIndex:
    """Go through all documents of the backup `name`, and prove their files.

    Raises BackupNotFound, Interrupted, and DamagedBackup for a file that is not what was published.
    """
    tell = stop.emit(emit)
    store = session.store(tell, stop)
    backup = store.find(name)
    tell(PhaseStarted("indexing"))
    if isinstance(backup, Backup):
        metadata = backup.proven()
        tell(Counted(metadata.total_documents + metadata.nested_documents))
    with closing(Builder(store.clock.zone())) as builder:
        done = 0
        for collection in _collections(backup):
            for document, place in _placed(backup, collection):
                builder.add(document, place)
                done += 1
                if not done % _STEP:
                    tell(Progressed(collection, done))
        return builder.finish()


def _collections(backup: AnyBackup) -> list[str]:
    if isinstance(backup, OldBackup):
        return list(backup.collections)
    return BackupSide(backup, backup.proven().scope).collections()


def _placed(backup: AnyBackup, collection: str) -> Iterator[tuple[Document, int]]:
    """The documents of a collection, and where the line of each begins; the file proven at its end."""
    if isinstance(backup, OldBackup):
        for document in backup.documents(collection):
            yield document, 0
        return
    entry = backup.entry(collection)
    file = f"{backup.name}/{entry.file}"
    digest = hashlib.sha256()
    lines = _Lines(split_lines(hashed(backup.blocks(collection), digest), file))
    for document in decode(lines, collection, file):
        yield document, lines.start
    if digest.hexdigest() != entry.sha256:
        raise FormatError(file, "su contenido no es el que se publicó (SHA-256). Use otro backup")


class _Lines:
    """Lines, and where in their file the latest began."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._end = self.start = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = next(self._lines)
        self.start, self._end = self._end, self._end + len(line) + 1
        return line


def open_document(
    session: Session, emit: Emit, stop: Stop, name: str, path: DocumentPath, place: int | None = None
) -> DocumentView | None:
    """The document at `path` of the backup `name` with all that is in it; None if the backup has none.

    `place`: where the line of its root document begins in the file of its collection (`DocumentIndex`);
    without it the file is read from its beginning. Raises BackupNotFound, DamagedBackup, Interrupted.
    """
    store = session.store(emit, stop)
    backup, zone = store.find(name), store.clock.zone()
    found: list[Document] = []
    more = 0
    with closing(_from(backup, path[0], place)) as documents:
        for count, document in enumerate(documents):
            if not count % _STEP:
                stop.check()
            if document.path[: len(path)] == path:
                if len(found) <= SHOWN_BELOW:
                    found.append(document)
                else:
                    more += 1
            elif found:
                break
    if not found:
        return None
    return _view(backup, path, found, more, zone)


def _from(backup: AnyBackup, collection: str, place: int | None) -> Generator[Document, None, None]:
    """The documents of a collection, from a root document's line on."""
    if isinstance(backup, OldBackup):
        if collection in backup.collections:
            yield from backup.documents(collection)
        return
    if collection not in backup.proven().files:
        return
    if place is None:
        yield from backup.documents(collection)
        return
    entry = backup.entry(collection)
    blocks = file_blocks(backup.path / entry.file, 2**16, place)
    file = f"{backup.name}/{entry.file}"
    yield from decode(_opened(split_lines(blocks, file)), collection, file)


def _opened(lines: Iterator[bytes]) -> Iterator[bytes]:
    yield b"["
    yield from lines


def _view(
    backup: AnyBackup, path: DocumentPath, found: list[Document], more: int, zone: tzinfo
) -> DocumentView:
    top = found[0]
    metadata = None if isinstance(backup, OldBackup) else backup.proven()
    return DocumentView(
        backup=str(backup.name),
        path=path,
        shown=document_words.summary(top, zone),
        nodes=tree(found, zone),
        missing=top.mark is not None,
        more=more,
        moment=in_zone(metadata.read_time, zone) if metadata is not None else None,
    )


def tree(found: list[Document], zone: tzinfo, currency: str = "") -> tuple[Node, ...]:
    """The fields of the first document and, as subcollections, those that follow, all of them in it."""
    top, below = found[0], found[1:]
    own = document_words.currency_of(top.fields, inherited=currency)
    fields = document_words.field_nodes(top, zone, currency)
    return (*fields, *_subcollections(top.path, below, zone, own))


def _subcollections(path: DocumentPath, below: list[Document], zone: tzinfo, currency: str) -> Iterator[Node]:
    depth = len(path)
    groups: dict[str, dict[str, list[Document]]] = {}
    for document in below:
        groups.setdefault(document.path[depth], {}).setdefault(document.path[depth + 1], []).append(document)
    for name, documents in groups.items():
        nodes = tuple(
            _document_node(each, number, zone, currency) for number, each in enumerate(_ordered(documents))
        )
        yield Node(
            document_words.field_word(name),
            words.counted(len(nodes), "documento"),
            "subcolección",
            nodes,
            name=name,
        )


def _ordered(documents: dict[str, list[Document]]) -> list[list[Document]]:
    """In the order of their names; where all are numbers, in that of the numbers (FACOT counts lines)."""
    numbers = all(name.isascii() and name.isdecimal() and len(name) < 10 for name in documents)
    names = sorted(documents, key=int) if numbers else documents
    return [documents[name] for name in names]


def _document_node(found: list[Document], number: int, zone: tzinfo, currency: str) -> Node:
    """The document at the beginning of `found` with what is in it, the one with that number of its group."""
    top = found[0]
    shown = document_words.summary(top, zone)
    value = "no existe; hay documentos dentro" if top.mark is not None else document_words.line(shown)
    name = one_line(top.path[-1])
    label = document_words.line_word(top.path[-2], number) if top.path[-2] == document_words.LINES else name
    return Node(label, value, "documento", tree(found, zone, currency), name=name, path=top.path)
