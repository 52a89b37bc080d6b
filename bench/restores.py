"""What is measured of a restore, inside a process of its own.

    python -m bench.restores WAY HOST BACKUPS PROJECT

takes the newest backup of the folder BACKUPS and writes it into PROJECT at HOST. Prints documents and
seconds (the process's start, imports, and what `raw` makes ready beforehand, left out) as JSON.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import grpc

from facot_backups.archive.store import Store
from facot_backups.clock import SystemClock
from facot_backups.emulator import wire
from facot_backups.emulator.load import metadata
from facot_backups.events import Event, PhaseStarted
from facot_backups.firestore.connection import ConnectionOptions, connect
from facot_backups.firestore.encode import encode_document
from facot_backups.model import EVERYTHING
from facot_backups.operations.comparison.sources import side_of
from facot_backups.operations.restore.approval import Yes
from facot_backups.operations.restore.request import RestoreRequest
from facot_backups.operations.restore.run import restore as give_back
from facot_backups.protocol import BatchWriteRequest, BatchWriteResponse, Message, Write
from facot_backups.state import State

_BATCH_WRITES = 500
_BATCH_BYTES = 3_900_000
_CHANGED = 100  # one document in so many
_GUIDE = 1000  # documents of the guide's way: the whole would take a minute

Result = dict[str, Any]


def raw(host: str, backups: Path, project: str) -> Result:
    """The least that any program can do: BatchWrite of requests that are ready, in shuffled order."""
    root = wire.database_name(project)
    writes = list(_writes(backups, root))
    random.Random(1).shuffle(writes)
    requests = list(_requests(writes, root))
    start = time.perf_counter()
    return {"documents": _send(host, root, requests), "seconds": time.perf_counter() - start}


def straight(host: str, backups: Path, project: str) -> Result:
    """The least that a program does which has only the backup: read it, BatchWrite. Nothing is looked at."""
    root = wire.database_name(project)
    start = time.perf_counter()
    written = _send(host, root, _requests(_writes(backups, root), root))
    return {"documents": written, "seconds": time.perf_counter() - start}


def guide(host: str, backups: Path, project: str) -> Result:
    """The script of FACOT 2.0's guide: a file's list, `set` for each of its documents; a part of them."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import firestore

    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    client = firestore.Client(project, AnonymousCredentials())  # type: ignore[no-untyped-call]
    start = time.perf_counter()
    folder = _store(backups).find("latest", EVERYTHING).path
    invoices = json.loads((folder / "invoices.json").read_bytes())[:_GUIDE]
    for invoice in invoices:
        client.collection("invoices").document(invoice.pop("_id")).set(invoice)
    return {"documents": len(invoices), "seconds": time.perf_counter() - start}


def _writes(backups: Path, root: str) -> Iterator[Message]:
    """Every document of the newest backup as a write."""
    for document in side_of(_store(backups).find("latest", EVERYTHING)).documents(EVERYTHING):
        if document.mark is None:
            yield Write(update=encode_document(document, f"{root}/documents"))


def _requests(writes: Iterable[Message], root: str) -> Iterator[bytes]:
    for batch in wire.batches(writes, _BATCH_BYTES, _BATCH_WRITES):
        yield BatchWriteRequest(database=root, writes=batch).SerializeToString()


def _send(host: str, root: str, requests: Iterable[bytes]) -> int:
    """Send one request after the other; how many documents the server says it wrote."""
    with grpc.insecure_channel(host) as channel:
        call: Any = channel.unary_unary(f"/{wire.SERVICE}/BatchWrite")
        answers = (
            BatchWriteResponse.FromString(call(request, metadata=metadata(root), timeout=60))
            for request in requests
        )
        return sum(status.code == 0 for answer in answers for status in answer.status)


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


WAYS: dict[str, Callable[[str, Path, str], Result]] = {
    way.__name__: way for way in (raw, straight, guide, restore, delta)
}


def main() -> None:
    """Write once. What every way needs is imported before the clock starts."""
    import google.cloud.firestore  # noqa: F401

    name, host, backups, project = sys.argv[1:]
    print(json.dumps(WAYS[name](host, Path(backups), project)))


if __name__ == "__main__":
    main()
