"""How much there is in a database, and what a run would read and cost: `config`, `run --dry-run`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from facot_backups.archive.metadata import Metadata
from facot_backups.archive.space import free_bytes
from facot_backups.archive.store import Store
from facot_backups.archive.writer import SPOT_CHECKS
from facot_backups.events import Emit, PhaseStarted, ignore
from facot_backups.firestore.check import Count, count, count_collection, list_collections
from facot_backups.firestore.connection import Connection
from facot_backups.model import Scope, Source
from facot_backups.operations.backup.collection_names import UnknownCollection, find_unknown
from facot_backups.operations.backup.run import PROBE_READS
from facot_backups.operations.runs import reads_today
from facot_backups.state import Try

# Google's published price (docs/architecture.md, "Cost").
USD_PER_READ = 0.06 / 100_000
# Bytes of a document's line where no backup tells better: the mean of FACOT's sample data.
BYTES_PER_DOCUMENT = 300


@dataclass(frozen=True, slots=True)
class Survey:
    """How much there is in a scope of a database.

    `collections`: documents of each root collection in the scope, nested ones too, None where the server
    would not count; `outside`: those that exist and are not in it. `unknown`: those that the scope names and
    that do not exist. `whole`: the count of the whole scope. `reads`: what it cost to ask.
    """

    collections: dict[str, int | None]
    outside: tuple[str, ...]
    unknown: tuple[UnknownCollection, ...]
    whole: Count
    reads: int

    @property
    def documents(self) -> int | None:
        """All documents of the scope, None where the server would not count."""
        return self.whole.total


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do now.

    `collections`: documents of each root collection, nested ones too, None where the server would not
    count; `unknown`: those that are asked for and do not exist. `documents`: their sum, None if any is
    unknown. `reads`: what the run would report, None with `documents`. `reads_today` were made already,
    `max_reads` is the bound on the day's.
    `seconds`: how long at the last run's rate, None without one. Sizes in bytes; `needed_bytes` is an
    estimate. `own_reads`: what the preview itself cost.
    """

    source: Source
    collections: dict[str, int | None]
    unknown: tuple[UnknownCollection, ...]
    documents: int | None
    reads: int | None
    reads_today: int
    max_reads: int | None
    seconds: float | None
    needed_bytes: int | None
    free_bytes: int
    own_reads: int

    @property
    def cost_usd(self) -> float | None:
        """What Google would bill for the reads beyond any free quota, in US dollars."""
        return None if self.reads is None else self.reads * USD_PER_READ

    @property
    def over_budget(self) -> bool:
        """Whether `run` would refuse."""
        return (
            self.max_reads is not None
            and self.reads is not None
            and self.reads + self.reads_today > self.max_reads
        )


def preview(
    connect: Callable[[], Connection],
    store: Store,
    scope: Scope,
    max_reads: int | None,
    emit: Emit = ignore,
) -> Preview:
    """Ask the server how much there is, and reckon. Reads no document, and writes no backup.

    The counts cost a few reads, which are noted in the state folder. Raises FirestoreUnavailable,
    SettingError, RepositoryGone, BackupDirUnusable.
    """
    emit(PhaseStarted("connecting"))
    with connect() as connection:
        source = connection.source
        found = survey(connection, store, scope, emit)
    last = store.latest(source, scope)
    metadata = last.proven() if last else None
    documents, whole = found.documents, found.whole
    return Preview(
        source=source,
        collections=found.collections,
        unknown=found.unknown,
        documents=documents,
        reads=None
        if documents is None
        else PROBE_READS + whole.reads + documents + min(SPOT_CHECKS, documents),
        reads_today=reads_today(store),
        max_reads=max_reads,
        seconds=_seconds(documents, metadata),
        needed_bytes=_needed(documents, metadata),
        free_bytes=free_bytes(store.root),
        own_reads=found.reads,
    )


def survey(connection: Connection, store: Store, scope: Scope, emit: Emit = ignore) -> Survey:
    """Let the server count each root collection of `scope`, at one instant.

    Costs a read, one per 300 collections, and twice one per 1,000 documents, noted in the state folder.
    Raises FirestoreUnavailable.
    """
    clock, emulator = store.clock, connection.source.emulator
    attempt = Try(secrets.token_hex(8), "preview", clock.now())
    instant = connection.probe()
    store.state.record_try(store.root, replace(attempt, reads=PROBE_READS), emulator=emulator)
    emit(PhaseStarted("counting"))
    whole = count(connection, scope, instant, clock=clock, emit=emit)
    names = list_collections(connection, instant, clock=clock, emit=emit)
    counts = {
        name: count_collection(connection, name, instant, clock=clock, emit=emit)
        for name in names
        if scope.includes((name,))
    }
    reads = PROBE_READS + whole.reads + 1 + sum(counted.reads for counted in counts.values())
    store.state.record_try(store.root, replace(attempt, reads=reads, outcome="PREVIEW"), emulator=emulator)
    return Survey(
        collections={name: counted.total for name, counted in counts.items()},
        outside=tuple(name for name in names if name not in counts),
        unknown=find_unknown(scope, names),
        whole=whole,
        reads=reads,
    )


def _documents(metadata: Metadata) -> int:
    return metadata.total_documents + metadata.nested_documents


def _seconds(documents: int | None, metadata: Metadata | None) -> float | None:
    """How long `documents` take at the rate of the last run."""
    if documents is None or metadata is None or not _documents(metadata):
        return None
    return documents * (metadata.finished_at - metadata.started_at).total_seconds() / _documents(metadata)


def _needed(documents: int | None, metadata: Metadata | None) -> int | None:
    if documents is None:
        return None
    if metadata is None or not _documents(metadata):
        return documents * BYTES_PER_DOCUMENT
    size = sum(entry.bytes for entry in metadata.files.values())
    return documents * size // _documents(metadata)
