"""What is measured of a restore, inside a process of its own.

    python -m bench.restores WAY HOST BACKUPS PROJECT

takes the newest backup of the folder BACKUPS and writes it into PROJECT at HOST. Prints documents and
seconds (the process's start, imports, and what `raw` makes ready beforehand, left out) as JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import grpc

from facot_backups.archive.store import Store
from facot_backups.clock import SystemClock
from facot_backups.events import Event, PhaseStarted
from facot_backups.firestore.connection import ConnectionOptions, connect
from facot_backups.firestore.encode import encode_document
from facot_backups.local import wire
from facot_backups.local.load import metadata
from facot_backups.model import EVERYTHING
from facot_backups.operations.restore import restore as give_back
from facot_backups.operations.restore_approval import Yes
from facot_backups.operations.restore_request import RestoreRequest
from facot_backups.operations.sides import side_of
from facot_backups.protocol import BatchWriteRequest, BatchWriteResponse, Write
from facot_backups.state import State

_BATCH_WRITES = 500
_BATCH_BYTES = 3_900_000
_CHANGED = 100  # one document in so many

Result = dict[str, Any]


def raw(host: str, backups: Path, project: str) -> Result:
    """The least that any program can do: BatchWrite of requests that are ready, in shuffled order."""
    root = wire.database_name(project)
    side = side_of(_store(backups).find("latest", EVERYTHING))
    writes = [
        Write(update=encode_document(document, f"{root}/documents"))
        for document in side.documents(EVERYTHING)
        if document.mark is None
    ]
    random.Random(1).shuffle(writes)
    requests = [
        BatchWriteRequest(database=root, writes=batch).SerializeToString()
        for batch in wire.batches(writes, _BATCH_BYTES, _BATCH_WRITES)
    ]
    with grpc.insecure_channel(host) as channel:
        call: Any = channel.unary_unary(f"/{wire.SERVICE}/BatchWrite")
        start = time.perf_counter()
        written = 0
        for request in requests:
            answer = BatchWriteResponse.FromString(call(request, metadata=metadata(root), timeout=60))
            written += sum(status.code == 0 for status in answer.status)
        return {"documents": written, "seconds": time.perf_counter() - start}


def restore(host: str, backups: Path, project: str) -> Result:
    """A whole restore: the backup's proof, plan, journal, `.pre-restore`, writes, reading back."""
    phases: list[tuple[str, float]] = [("", time.perf_counter())]

    def emit(event: Event) -> None:
        if isinstance(event, PhaseStarted):
            phases.append((event.phase, time.perf_counter()))

    request = RestoreRequest(backup="latest", into_project=project)
    report = give_back(lambda: connect(_options(host, project)), _store(backups), request, Yes(), emit)
    phases.append(("", time.perf_counter()))
    return {
        "documents": report.written,
        "seconds": phases[-1][1] - phases[0][1],
        "phases": {name: end - start for (name, start), (_, end) in pairwise(phases)},
        "reads": report.reads,
        "exit_code": report.exit_code,
    }


def delta(host: str, backups: Path, project: str) -> Result:
    """As `restore`, after one document in a hundred of what is there already was changed."""
    root = wire.database_name(project)
    side = side_of(_store(backups).find("latest", EVERYTHING))
    with connect(_options(host, project)) as connection:
        names = [
            wire.document_name(root, "/".join(document.path))
            for document in side.documents(EVERYTHING)
            if document.mark is None
        ][::_CHANGED]
        for at in range(0, len(names), _BATCH_WRITES):
            request = BatchWriteRequest(database=root)
            for name in names[at : at + _BATCH_WRITES]:
                request.writes.add().update.name = name
            answer = connection.batch_write(request, 60)
            assert not any(status.code for status in answer.status)
    return restore(host, backups, project) | {"changed": len(names)}


def _options(host: str, project: str) -> ConnectionOptions:
    return ConnectionOptions(project=project, emulator_host=host)


def _store(backups: Path) -> Store:
    return Store(backups, State(), SystemClock())


WAYS: dict[str, Callable[[str, Path, str], Result]] = {way.__name__: way for way in (raw, restore, delta)}


def main() -> None:
    """Write once. What every way needs is imported before the clock starts."""
    import google.cloud.firestore  # noqa: F401

    name, host, backups, project = sys.argv[1:]
    print(json.dumps(WAYS[name](host, Path(backups), project)))


if __name__ == "__main__":
    main()
