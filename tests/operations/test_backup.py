"""A run from end to end, on every server that this machine has: what is read is what is published."""

from __future__ import annotations

import json
from pathlib import Path

from facot_backups.archive.store import Store
from facot_backups.clock import SystemClock
from facot_backups.emulator.sample import Business, documents
from facot_backups.firestore.connection import ConnectionOptions, connect
from facot_backups.operations.backup.run import BackupRequest, back_up
from facot_backups.operations.verification.verify import verify
from facot_backups.state import State
from tests.support.servers import FirestoreServer


def test_the_sample_business_is_published_whole(firestore_server: FirestoreServer, tmp_path: Path) -> None:
    server = firestore_server
    written = server.write(documents(Business(invoices=40, project=server.project)))
    store = Store(tmp_path / "backups", State(), SystemClock())
    options = ConnectionOptions(project=server.project, emulator_host=server.host)

    backup = back_up(lambda: connect(options), store, BackupRequest())

    metadata = backup.proven()
    assert backup.complete
    assert metadata.total_documents + metadata.nested_documents == metadata.server_count == written
    assert metadata.spot_check == 20
    assert metadata.reads == written + 1 + 1 + 20
    assert verify(backup).sound
    assert store.backups() == [backup]
    invoices = json.loads((backup.path / "invoices.json").read_text(encoding="utf-8"))
    assert all("_items" in invoice for invoice in invoices if not invoice.get("_missing"))
    assert (backup.path / "clients.json").read_text() == "[]\n"
