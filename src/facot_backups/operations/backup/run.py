"""One run: read a scope of Firestore at one instant, prove it, and publish it as a backup."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from facot_backups.archive.ledger import COMPLETE, FAILED, INCOMPLETE, INTERRUPTED
from facot_backups.archive.metadata import Metadata, Trigger, local_text
from facot_backups.archive.reader import Backup
from facot_backups.archive.staging import Staging
from facot_backups.archive.store import LockedStore, Store
from facot_backups.clock import iso_utc
from facot_backups.errors import (
    BackupDirUnusable,
    FacotBackupsError,
    FirestoreUnavailable,
    Interrupted,
    ReadBudgetExceeded,
    SnapshotExpired,
)
from facot_backups.events import Emit, Event, PhaseStarted, Progressed, Retried, Warned, ignore
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.requests import Requests
from facot_backups.model import EVERYTHING, Scope, Source
from facot_backups.operations.backup.collection_names import find_unknown, named
from facot_backups.operations.backup.coverage import EXISTING
from facot_backups.operations.backup.preparation import Begin, opened, remember_failure, silent
from facot_backups.operations.backup.reading import Budget, Read, Reading
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.runs import new_id, reads_today
from facot_backups.state import Try
from facot_backups.text import one_line
from facot_backups.version import __version__

# Asking whether the server answers is billed as one read.
PROBE_READS = 1
# Reads between two notes in the state folder while a run reads.
REMEMBER_EVERY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRequest:
    """What a run is to do.

    `label`: a local date that the backup bears instead of today's. `scheduled_for`: the local date that a
    scheduled run serves. `max_reads` bounds all reads of the local day, None: no bound. `adopt_source`:
    another source than the folder's is meant. `create`: begin anew where a known folder is gone.
    """

    scope: Scope = EVERYTHING
    trigger: Trigger = "manual"
    label: date | None = None
    scheduled_for: date | None = None
    max_reads: int | None = None
    adopt_source: bool = False
    create: bool = False


def back_up(
    connect: Callable[[], Connection],
    store: Store,
    request: BackupRequest,
    emit: Emit = ignore,
    *,
    begin: Begin = silent,
    stop: Stop | None = None,
) -> Backup:
    """Make a backup under the lock of the store's folder, and return it, published: complete or incomplete.

    `connect` opens the connection, which is closed at the end. Every outcome is a line of the ledger, or,
    where the folder cannot be used, a try that the state folder remembers. `begin` is told when the try
    begins (`opening`); `stop` ends it from another thread.
    Raises LockHeld, RepositoryGone, SourceMismatch, ReadBudgetExceeded, FirestoreUnavailable,
    SnapshotExpired, NoSpace, BackupDirUnusable, Interrupted (Ctrl-C): then nothing is left on disk.
    """
    started_at, begun = store.clock.now(), False
    try:
        with opened(store, begin, create=request.create) as locked:
            begun = True
            begin()
            return back_up_locked(connect, store, locked, request, emit, stop)
    except BackupDirUnusable as error:
        if not begun:
            remember_failure(store, request.trigger, started_at, error)
        raise


def back_up_locked(
    connect: Callable[[], Connection],
    store: Store,
    locked: LockedStore,
    request: BackupRequest,
    emit: Emit = ignore,
    stop: Stop | None = None,
) -> Backup:
    """`back_up` for a caller that holds the lock of `store` already; `stop` ends it from another thread."""
    tell_of_recovery(locked, emit)
    return _Run(connect, store, locked, request, emit, stop or Stop()).run()


def tell_of_recovery(locked: LockedStore, emit: Emit) -> None:
    """That a run was killed must reach a person, though nothing is left to do about it."""
    for backup in locked.recovered:
        emit(
            Warned(
                "Una ejecución anterior se cortó de golpe con su backup ya terminado: se ha publicado como "
                f"{backup.name}."
            )
        )
    if locked.interrupted:
        emit(
            Warned(
                "Una ejecución anterior se cortó de golpe (¿apagón, cierre forzado?) y no dejó backup: sus "
                "restos se han quitado."
            )
        )


class _Run:
    def __init__(
        self,
        connect: Callable[[], Connection],
        store: Store,
        locked: LockedStore,
        request: BackupRequest,
        emit: Emit,
        stop: Stop,
    ) -> None:
        self._connect = connect
        self._locked = locked
        self._store = store
        self._request = request
        self._stop = stop
        self._emit = stop.emit(emit)
        self._tell_always = emit
        self._clock = store.clock
        started_at = self._clock.now()
        self._run_id = new_id(started_at)
        self._try = Try(self._run_id, request.trigger, started_at)
        self._emulator = False
        self._reading: Reading | None = None
        self._own_reads = 0
        # The root collections of the database, where the scope gave a reason to ask for them.
        self._existing: list[str] | None = None
        self._remembered_reads = 0
        self._retries = 0

    def run(self) -> Backup:
        """The whole run; its outcome is remembered whatever it is."""
        try:
            backup = self._read_and_publish()
        except KeyboardInterrupt:
            self._close(INTERRUPTED, [])
            raise Interrupted from None
        except Interrupted:
            self._close(INTERRUPTED, [])
            raise
        except FacotBackupsError as error:
            self._close(FAILED, [one_line(error)])
            raise
        except BaseException as error:
            self._close(FAILED, [f"{type(error).__name__}: {error}"])
            raise
        metadata = backup.proven()
        self._close(COMPLETE if backup.complete else INCOMPLETE, list(metadata.errors), str(backup.name))
        return backup

    def _read_and_publish(self) -> Backup:
        self._emit(PhaseStarted("connecting"))
        with self._connect() as connection, self._stop.closing(connection.close):
            self._emulator = connection.source.emulator
            self._locked.check_source(connection.source, adopt=self._request.adopt_source)
            budget = self._budget()
            self._remember()
            # Before anything is asked of the server: a run that is killed from here on leaves a trace.
            with self._locked.begin(self._run_id) as staging:
                self._own_reads = PROBE_READS
                instant = connection.probe()
                # From here on a run that is killed may have read anything up to REMEMBER_EVERY documents.
                self._remember(read_data=True)
                writer = staging.writer(self._request.scope)
                self._reading = Reading(
                    connection, writer, self._request.scope, instant, self._clock, self._tell, budget
                )
                read = self._reading.run()
                self._look_what_exists(connection, read, budget)
                self._tell_what_is_missing(connection.source, read)
                return self._publish(staging, read, connection)

    def _look_what_exists(self, connection: Connection, read: Read, budget: Budget | None) -> None:
        """Ask which collections there are, if one that the scope names was not seen: it may be misspelt.

        Not past the budget; without an answer nothing is said of it.
        """
        unseen = any(excluded or not _holds(read, name) for name, excluded in named(self._request.scope))
        if not unseen or read.errors or (budget is not None and self._reads >= budget.left):
            return
        requests = Requests(connection, self._clock, self._emit)
        with suppress(FirestoreUnavailable, SnapshotExpired):
            self._existing = requests.collection_ids(read.read_time)
        self._own_reads += requests.reads

    def _tell_what_is_missing(self, source: Source, read: Read) -> None:
        """A backup that is whole and holds less than was meant must not pass for a good one."""
        if self._existing is not None:
            for unknown in find_unknown(self._request.scope, self._existing):
                self._emit(Warned(str(unknown)))
        if not read.errors and not any(_holds(read, name) for name in read.files):
            self._emit(
                Warned(
                    f"El backup no guarda ningún documento: en {source} no hay nada de lo que se pide.\n"
                    "Compruebe el proyecto, la base de datos y las colecciones: facot-backups config"
                )
            )

    def _tell(self, event: Event) -> None:
        """Tell the face, and remember what was read so far: a killed run counts for the day's budget too."""
        self._emit(event)
        if isinstance(event, Retried):
            self._retries += 1
        if isinstance(event, Progressed):
            # A page that is under way counts as read only when it ends.
            reads = max(self._reads, event.documents)
            if reads >= self._remembered_reads + REMEMBER_EVERY:
                self._remember(reads=reads, read_data=True)

    def _publish(self, staging: Staging, read: Read, connection: Connection) -> Backup:
        self._emit(PhaseStarted("publishing"))
        self._locked.link_unchanged(staging, read.files, connection.source, self._request.scope)
        metadata = self._metadata(read, connection)
        self._stop.check()
        return self._locked.publish(staging, metadata)

    def _metadata(self, read: Read, connection: Connection) -> Metadata:
        request, started_at, zone = self._request, self._try.started_at, self._clock.zone()
        day = self._local_date(started_at)
        entries = read.files.values()
        return Metadata(
            backup_date=request.label or request.scheduled_for or day,
            backup_time=local_text(started_at, zone),
            collections=tuple(read.files),
            total_documents=sum(entry.documents for entry in entries),
            errors=read.errors,
            tool=f"facot-backups {__version__}",
            run_id=self._run_id,
            trigger=request.trigger,
            scheduled_for=request.scheduled_for,
            label=request.label is not None and request.label != day,
            scope=request.scope,
            read_time=read.read_time,
            started_at=started_at,
            finished_at=self._clock.now(),
            timezone=str(zone),
            source=connection.source,
            nested_documents=sum(entry.nested_documents for entry in entries),
            server_count=read.server_count,
            server_count_reason=read.server_count_reason,
            reads=self._reads,
            spot_check=read.spot_check,
            files=read.files,
        )

    @property
    def _reads(self) -> int:
        return self._own_reads + (self._reading.reads if self._reading is not None else 0)

    def _budget(self) -> Budget | None:
        """What `max_reads` leaves today, after all tries that this computer or the ledger remembers.

        Raises ReadBudgetExceeded if that is nothing.
        """
        allowed = self._request.max_reads
        if allowed is None:
            return None
        used = reads_today(self._store)
        budget = Budget(allowed, used + PROBE_READS)
        if not budget.left:
            raise ReadBudgetExceeded(PROBE_READS + 1, used, allowed)
        return budget

    def _local_date(self, moment: datetime) -> date:
        return moment.astimezone(self._clock.zone()).date()

    def _remember(self, *, reads: int | None = None, read_data: bool = False) -> None:
        """Note the try in the state folder, before it reads and while it does."""
        self._remembered_reads = self._reads if reads is None else reads
        self._try = replace(self._try, reads=self._remembered_reads, read_data=read_data)
        self._store.state.record_try(self._store.root, self._try, emulator=self._emulator)

    def _close(self, outcome: str, errors: list[str], name: str | None = None) -> None:
        """Remember the end of the run. Nothing that fails here hides how the run itself ended."""
        read_data = self._reading is not None and self._reading.read_data
        self._try = replace(
            self._try, outcome=outcome, ended_at=self._clock.now(), error=errors[0] if errors else None
        )
        self._remember(read_data=read_data)
        scheduled_for = self._request.scheduled_for
        read_time = self._reading.read_time if self._reading else None
        try:
            self._locked.record(
                "run",
                outcome,
                run_id=self._run_id,
                trigger=self._request.trigger,
                scheduled_for=scheduled_for.isoformat() if scheduled_for else None,
                backup=name,
                started_at=iso_utc(self._try.started_at),
                read_time=iso_utc(read_time) if read_time else None,
                reads=self._reads,
                retries=self._retries,
                read_data=read_data,
                errors=errors,
                **({} if self._existing is None else {EXISTING: self._existing}),
            )
        except FacotBackupsError as fault:
            self._tell_always(Warned(f"No se pudo anotar el resultado en el registro: {one_line(fault)}"))


def _holds(read: Read, collection: str) -> bool:
    """Whether documents of a root collection were read, be they nested ones."""
    entry = read.files.get(collection)
    return entry is not None and entry.documents + entry.nested_documents > 0
