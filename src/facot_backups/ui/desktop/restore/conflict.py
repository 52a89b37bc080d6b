"""One document that a restore left alone: what the backup has of it, and what is there now."""

from __future__ import annotations

from dataclasses import dataclass

from facot_backups.archive.lookup import find_document
from facot_backups.events import Emit
from facot_backups.model import Document, DocumentPath, Source
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.comparison.changes import field_changes
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.texts import change as change_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.change import ChangeLine


@dataclass(frozen=True, slots=True)
class TwoVersions:
    """A document now and in the backup. `fields`: what differs, `old` being now, `new` the backup's.

    `title` is what people call it, or "". `now`, `kept`: whether it is there at all.
    """

    path: DocumentPath
    title: str
    now: bool
    kept: bool
    fields: tuple[ChangeLine, ...]


def two_versions(
    session: Session, emit: Emit, stop: Stop, backup: str, target: Source, path: DocumentPath
) -> TwoVersions:
    """The document at `path` in `target` and in `backup`; one read of Firestore. Raises FacotBackupsError."""
    from facot_backups.firestore.requests import Requests
    from facot_backups.operations.restore.read_back import documents_at

    store = session.store(emit, stop)
    found = find_document(store.find(backup), path)
    kept = found.document if found is not None and found.document.mark is None else None
    settings = session.settings({"project": target.project, "database": target.database})
    connection = session.connector(settings)()
    with connection, stop.closing(connection.close):
        requests = Requests(connection, store.clock, stop.emit(emit))
        live = documents_at(requests, connection.root, [path], None).get(path)
    nothing, zone = Document(path, {}), store.clock.zone()
    named = live or kept
    return TwoVersions(
        path,
        document_words.called(named, zone) if named is not None else "",
        live is not None,
        kept is not None,
        change_words.lines(
            field_changes(live or nothing, kept or nothing),
            named or nothing,
            zone,
            whole=live is None or kept is None,
        ),
    )
