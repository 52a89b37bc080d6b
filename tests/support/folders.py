"""A backup's folder built straight from lines and metadata, for tests that then read or damage it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from facot_backups.archive.layout import METADATA_FILE, file_names
from facot_backups.archive.lines import LineEncoder
from facot_backups.archive.metadata import FileEntry, Metadata, serialize
from facot_backups.model import Document, Scope, Source

_MOMENT = datetime(2024, 11, 27, 6, 0, tzinfo=UTC)


def metadata_of(files: Mapping[str, FileEntry], **changes: Any) -> Metadata:
    """Metadata of the 27th of November 2024 that agrees with `files`, with the keys of `changes` changed."""
    roots = sum(entry.documents for entry in files.values())
    nested = sum(entry.nested_documents for entry in files.values())
    metadata = Metadata(
        backup_date=date(2024, 11, 27), backup_time="2024-11-27T02:00:00.000000", collections=tuple(files),
        total_documents=roots, errors=(), tool="prueba", run_id="r1", trigger="manual", scheduled_for=None,
        label=False, scope=Scope(), read_time=_MOMENT, started_at=_MOMENT, finished_at=_MOMENT,
        timezone="America/Santo_Domingo", source=Source("prueba"), nested_documents=nested,
        server_count=roots + nested, server_count_reason=None, reads=roots + nested, spot_check=0,
        files=files,
    )  # fmt: skip
    return replace(metadata, **changes)


def write_backup(folder: Path, content: Mapping[str, list[Document]], **changes: Any) -> Metadata:
    """Write a sound backup of these collections' documents into `folder` (made); returns its metadata."""
    folder.mkdir(parents=True)
    scope = changes.get("scope", Scope())
    files: dict[str, FileEntry] = {}
    for collection, file in file_names(content).items():
        encoder = LineEncoder(collection, scope)
        data = b"".join([*map(encoder.add, content[collection]), encoder.finish()])
        (folder / file).write_bytes(data)
        files[collection] = FileEntry(
            file,
            encoder.documents,
            encoder.nested_documents,
            len(data),
            hashlib.sha256(data).hexdigest(),
            None,
        )
    metadata = metadata_of(files, **changes)
    (folder / METADATA_FILE).write_bytes(serialize(metadata))
    return metadata
