"""One document that a restore left alone: what the backup has of it, and what is there now."""

from __future__ import annotations

from dataclasses import dataclass

from facot_backups.archive.lookup import find_document
from facot_backups.events import Emit
from facot_backups.faces.desktop.session import Session
from facot_backups.faces.desktop.tasks import restore_texts
from facot_backups.faces.desktop.tasks.restore_texts import FieldShown
from facot_backups.model import Document, DocumentPath
from facot_backups.operations.compare import field_changes
from facot_backups.operations.stopping import Stop


@dataclass(frozen=True, slots=True)
class TwoVersions:
    """A document now and in the backup. `fields`: what differs, `old` being now, `new` the backup's.

    `title` is what people call it, or "". `now`, `kept`: whether it is there at all.
    """

    path: DocumentPath
    title: str
    now: bool
    kept: bool
    fields: tuple[FieldShown, ...]


def two_versions(session: Session, emit: Emit, stop: Stop, backup: str, path: DocumentPath) -> TwoVersions:
    """Both versions of the document at `path`; one read of Firestore. Raises FacotBackupsError."""
    from facot_backups.firestore.requests import Requests
    from facot_backups.operations.restore.read_back import documents_at

    store = session.store(emit, stop)
    found = find_document(store.find(backup), path)
    kept = found.document if found is not None and found.document.mark is None else None
    connection = session.connector(session.settings())()
    with connection, stop.closing(connection.close):
        requests = Requests(connection, store.clock, stop.emit(emit))
        live = documents_at(requests, connection.root, [path], None).get(path)
    nothing = Document(path, {})
    named = live or kept
    return TwoVersions(
        path,
        restore_texts.title(named) if named is not None else "",
        live is not None,
        kept is not None,
        restore_texts.fields_shown(field_changes(live or nothing, kept or nothing)),
    )
