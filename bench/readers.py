"""What is measured inside a process of its own: other ways to read, and ours without the command around it.

    python -m bench.readers WAY HOST [FOLDER]

prints documents and seconds (the process's start and imports left out) as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.data import PROJECT

# Invoices that FACOT 2.0's way reads: the whole would take many minutes.
INVOICES = 150


def official(host: str, _folder: Path) -> int:
    """Google's client: a stream per collection id, each document as a dict."""
    client = _client(host)
    return sum(
        1
        for collection in _collection_ids(client)
        for snapshot in client.collection_group(collection).stream()
        if snapshot.to_dict() is not None
    )


def _client(host: str) -> Any:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import firestore

    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    return firestore.Client(PROJECT, AnonymousCredentials())  # type: ignore[no-untyped-call]


def _collection_ids(client: Any) -> list[str]:
    """All ids of the sample's collections, nested ones too: given, so that only the reading is timed."""
    roots = [collection.id for collection in client.collections()]
    return sorted({*roots, "items", "paradas", "fotos"})


def facot2(host: str, _folder: Path) -> int:
    """FACOT 2.0: the invoices, and for each of them a query for its items; a part of them."""
    documents = 0
    for invoice in _client(host).collection("invoices").limit(INVOICES).stream():
        data = invoice.to_dict()
        data["_items"] = [item.to_dict() for item in invoice.reference.collection("items").stream()]
        documents += 1 + len(data["_items"])
    return documents


def parsed(host: str, _folder: Path) -> int:
    """The floor, with each message parsed and thrown away."""
    from facot_backups.firestore.connection import ConnectionOptions, connect
    from facot_backups.firestore.spans import Span, page_request

    with connect(ConnectionOptions(project=PROJECT, emulator_host=host)) as connection:
        request = page_request(Span(), connection.root, limit=10**9, after=None, read_time=None)
        return sum(answer.HasField("document") for answer in connection.run_query(request, 600))


def pipeline(host: str, folder: Path) -> int:
    """scan, codec, lines and writer: no count, no spot check, no publishing."""
    from facot_backups.archive.writer import BackupWriter
    from facot_backups.clock import SystemClock
    from facot_backups.firestore.connection import ConnectionOptions, connect
    from facot_backups.firestore.scan import Scan
    from facot_backups.model import EVERYTHING

    folder.mkdir(parents=True)
    writer = BackupWriter(folder, EVERYTHING)
    with connect(ConnectionOptions(project=PROJECT, emulator_host=host)) as connection:
        for document in Scan(connection, clock=SystemClock()):
            writer.add(document)
    return sum(entry.documents + entry.nested_documents for entry in writer.finish().values())


def export(host: str, folder: Path) -> int:
    """A whole backup: count, hashes, spot check, publishing."""
    from facot_backups.archive.store import Store
    from facot_backups.clock import SystemClock
    from facot_backups.firestore.connection import ConnectionOptions, connect
    from facot_backups.operations.backup.run import BackupRequest, back_up
    from facot_backups.state import State

    options = ConnectionOptions(project=PROJECT, emulator_host=host)
    store = Store(folder, State(), SystemClock())
    metadata = back_up(lambda: connect(options), store, BackupRequest()).proven()
    return metadata.total_documents + metadata.nested_documents


WAYS: dict[str, Callable[[str, Path], int]] = {
    way.__name__: way for way in (official, facot2, parsed, pipeline, export)
}


def main() -> None:
    """Read once. The imports that a way needs are made before the clock starts."""
    name, host = sys.argv[1:3]
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path()
    _import_all(name)
    start = time.perf_counter()
    documents = WAYS[name](host, folder)
    print(json.dumps({"documents": documents, "seconds": time.perf_counter() - start}))


def _import_all(name: str) -> None:
    import google.cloud.firestore  # noqa: F401

    if name not in ("official", "facot2"):
        import facot_backups.firestore.scan
        import facot_backups.operations.backup.run  # noqa: F401


if __name__ == "__main__":
    main()
