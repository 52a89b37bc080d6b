"""The restore drill: a backup is given back by our own restore, and read again through Google's client.

The target is a Firestore in the memory of this process, empty, on loopback and behind a token that only the
drill knows, so that the fiscal guard has nothing to watch. What a restore keeps (journal, `.pre-restore`,
plan) goes into a temporary folder and ends with the drill. Nothing is read from or
written to any other Firestore.

Memory: what `serving.memory_needed` says. Disk: for the plan about the size of the backup, in the system's
temporary folder, without a name. Time, measured on 2 cores: 92,000 documents in 55 s (1,700 a second), of
which half is reading them twice from a server in the same process; memory grew by 100 MB, for documents of
36 MB as protobuf.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.reader import forget_cached
from facot_backups.archive.store import LATEST, Store
from facot_backups.clock import Clock
from facot_backups.emulator.door import new_token
from facot_backups.emulator.server import LocalFirestore
from facot_backups.errors import (
    BackupNotFound,
    BackupUnreadable,
    DamagedBackup,
    DrillNotMade,
    FirestoreUnavailable,
    Interrupted,
    RestoreInterrupted,
    UsageError,
)
from facot_backups.events import Emit, PhaseStarted, Progressed, ignore
from facot_backups.firestore.connection import Connection, ConnectionOptions, connect, make_client
from facot_backups.firestore.encode import encode_document
from facot_backups.firestore.equality import content
from facot_backups.firestore.names import documents_root, path_of
from facot_backups.model import EVERYTHING, DocumentPath, Scope, Source
from facot_backups.operations.comparison.changes import precedes
from facot_backups.operations.comparison.sources import side_of
from facot_backups.operations.drill.faults import not_made
from facot_backups.operations.restore.approval import Yes
from facot_backups.operations.restore.questions import NoGuard
from facot_backups.operations.restore.report import RestoreReport
from facot_backups.operations.restore.request import RestoreRequest
from facot_backups.operations.restore.run import restore
from facot_backups.operations.serving import UNKNOWN_PROJECT, warn_of_memory
from facot_backups.operations.verification.verify import VerifyReport, verify
from facot_backups.protocol import Message, RunQueryRequest
from facot_backups.state import State

# Differences that are named; all are counted.
_SHOWN = 20
_STEP = 1000
# Far longer than any drill, which reads at the instant of its plan to the end.
_HORIZON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Difference:
    """A document that did not come back as it is in the backup. `problem` is in Spanish."""

    path: DocumentPath
    problem: str


@dataclass(frozen=True, slots=True)
class DrillReport:
    """What a drill found.

    `proof` is the verification that came first: a damaged backup is not restored, and all else is 0 then.
    `documents` were compared, `bytes` is their size as protobuf, `seconds` the time of the whole drill. The
    first 20 of `difference_count` are in `differences`. `problems` is what the restore itself could not do,
    `notes` what it remarked, both in Spanish.
    """

    backup: str
    proof: VerifyReport
    seconds: float
    documents: int = 0
    bytes: int = 0
    differences: tuple[Difference, ...] = ()
    difference_count: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the backup is whole, was restored, and every document came back equal."""
        return self.proof.sound and not self.problems and not self.difference_count

    @property
    def errors(self) -> list[str]:
        """What went wrong, in Spanish, the damage first."""
        differences = [f"{'/'.join(d.path)}: {d.problem}" for d in self.differences]
        return [*(problem.message for problem in self.proof.problems), *self.problems, *differences]


def drill(backup: AnyBackup, clock: Clock, emit: Emit = ignore, project: str | None = None) -> DrillReport:
    """Verify `backup`, restore it into memory, and compare what Google's client reads there.

    An incomplete backup is drilled with what it has. `project` names the target of one of FACOT 2.0's own
    folders. Writes only into the system's temporary folder. Raises UsageError for a `.pre-restore`,
    DamagedBackup for what cannot be written as it is, Interrupted; DrillNotMade for whatever kept the drill
    from an answer (the backup could not be read, say), which says nothing of the backup. What did not come
    back is in the report. What fails is done twice: a verdict is what both times say.
    """
    refuse_no_backup(backup)
    begun = clock.monotonic()
    proof = verify(backup, emit)
    if proof.unread and not proof.damaged:
        raise not_made(str(backup.name), BackupUnreadable("part_unread", problem=proof.unread[0].message))
    if not proof.sound:
        return DrillReport(str(backup.name), proof, clock.monotonic() - begun)
    if not proof.documents:
        raise DrillNotMade(str(backup.name), "nothing_to_prove")
    warn_of_memory(backup, emit)
    notes: tuple[str, ...] = ()
    with suppress(DamagedBackup):
        first = _once(backup, proof, project, clock, emit)
        if first.passed:
            return replace(first, seconds=clock.monotonic() - begun)
    for file in backup.path.iterdir():
        forget_cached(file)
    second = _once(backup, proof, project, clock, emit)
    if second.passed:
        notes = ("falló una vez y a la segunda salió bien: vigile el disco y la memoria",)
    return replace(second, seconds=clock.monotonic() - begun, notes=second.notes + notes)


def _once(
    backup: AnyBackup, proof: VerifyReport, project: str | None, clock: Clock, emit: Emit
) -> DrillReport:
    """One restore and comparison, whose time nobody has taken yet. Raises as `drill`."""
    try:
        report, found = _give_back(backup, _target(backup, project), clock, emit)
    except (DamagedBackup, UsageError, Interrupted):
        raise
    except Exception as error:
        raise not_made(str(backup.name), error) from error
    return DrillReport(
        backup=str(backup.name),
        proof=proof,
        seconds=0,
        documents=found.documents,
        bytes=found.bytes,
        differences=tuple(found.differences),
        difference_count=found.count,
        problems=tuple(_problems(report)),
        notes=report.notes,
    )


def refuse_no_backup(backup: AnyBackup) -> None:
    """Raises UsageError for what is no backup: a `.pre-restore`."""
    if backup.kind == "pre-restore":
        raise UsageError("kept_by_restore_drilled", backup=backup.name)


def _give_back(backup: AnyBackup, source: Source, clock: Clock, emit: Emit) -> tuple[RestoreReport, _Found]:
    """Restore into a server of our own, and compare. Raises what kept that from its end.

    Nobody else reads or writes there: only the drill knows the token.
    """
    token = new_token()
    with LocalFirestore(horizon=_HORIZON, token=token) as server:
        options = ConnectionOptions(
            project=source.project,
            database=source.database,
            emulator_host=server.host,
            emulator_token=token,
            use_firebase_app=False,
        )
        # Before the long part: where Google's client is missing, nothing else is needed.
        with closing(make_client(options)) as client:
            report = _restore(backup, source, options, clock, emit)
            cut = report.failure or report.read_back_failure
            if cut is not None:
                raise cut
            return report, _read_again(backup, source, client, emit)


def _target(backup: AnyBackup, project: str | None) -> Source:
    """The backup's own database, as an emulator serves it."""
    if isinstance(backup, OldBackup):
        return Source(project or UNKNOWN_PROJECT, emulator=True)
    own = backup.proven().source
    return Source(own.project, own.database, emulator=True)


class _Bench(Store):
    """A store in a folder of the drill's own, for what a restore keeps; the backup lies elsewhere."""

    def __init__(self, place: Path, backup: AnyBackup, clock: Clock, emit: Emit) -> None:
        super().__init__(place / "backups", State(place / "state"), clock, emit)
        self._backup = backup

    def find(self, name: str, scope: Scope = EVERYTHING) -> AnyBackup:
        """The backup of the drill, the only one there is."""
        if name == LATEST or name != str(self._backup.name):
            raise BackupNotFound(name, self.root)
        return self._backup


def _restore(
    backup: AnyBackup, source: Source, options: ConnectionOptions, clock: Clock, emit: Emit
) -> RestoreReport:
    """Our own restore, as a user's, but for the guard."""
    request = RestoreRequest(
        backup=str(backup.name),
        into_project=source.project,
        into_database=source.database,
        allow_incomplete=True,
    )

    def open_connection() -> Connection:
        return connect(options)

    with tempfile.TemporaryDirectory(prefix="facot-backups-", ignore_cleanup_errors=True) as place:
        bench = _Bench(Path(place), backup, clock, emit)
        report = restore(open_connection, bench, request, Yes(), emit, lambda *_: NoGuard())
        if isinstance(report.failure, RestoreInterrupted):  # nothing is left to continue
            raise Interrupted
        return report


def _problems(report: RestoreReport) -> Iterator[str]:
    """Whatever was not as planned: nobody else can write there, so each is a fault."""
    for path, _, reason in report.troubles[:_SHOWN]:
        yield f"{'/'.join(path)}: no se escribió como debía{f' ({reason})' if reason else ''}"
    for conflict in report.conflicts[:_SHOWN]:
        yield f"{'/'.join(conflict.path)}: {conflict.reason}"


@dataclass(slots=True)
class _Found:
    """What the comparison saw."""

    documents: int = 0
    bytes: int = 0
    count: int = 0
    differences: list[Difference] = field(default_factory=list)

    def differs(self, path: DocumentPath, problem: str) -> None:
        self.count += 1
        if len(self.differences) < _SHOWN:
            self.differences.append(Difference(path, problem))


def _read_again(backup: AnyBackup, source: Source, client: Any, emit: Emit) -> _Found:
    """Compare the backup with everything that Google's client finds, as two streams in name order."""
    emit(PhaseStarted("comparing"))
    found = _Found()
    root = documents_root(source)
    live = _everything(client, root)
    restored = next(live, None)
    for path, message in _expected(backup, root):
        while restored is not None and precedes(path_of(restored.name, root), path):
            found.differs(path_of(restored.name, root), "no está en el backup")
            restored = next(live, None)
        if restored is None or path_of(restored.name, root) != path:
            found.differs(path, "no volvió")
        else:
            _judge(path, message, restored, found)
            restored = next(live, None)
        if found.documents % _STEP == 0:
            emit(Progressed(path[0], found.documents))
    while restored is not None:
        found.differs(path_of(restored.name, root), "no está en el backup")
        restored = next(live, None)
    return found


def _judge(path: DocumentPath, message: Message, restored: Message, found: _Found) -> None:
    found.documents += 1
    found.bytes += restored.ByteSize()
    if content(message) != content(restored):
        found.differs(path, "no volvió igual")


def _expected(backup: AnyBackup, root: str) -> Iterator[tuple[DocumentPath, Message]]:
    """The existing documents of the backup as Firestore's, in name order."""
    for document in side_of(backup).documents(EVERYTHING):
        if document.mark is None:
            yield document.path, encode_document(document, root)


def _everything(client: Any, root: str) -> Iterator[Message]:
    """Every document that google-cloud-firestore's client reads, at all depths, in name order.

    By the client's own call, not by `stream()` of its collections: their snapshots refuse references to
    another database, which are legal (google-cloud-firestore 2.34, `reference_value_to_document`). Raises
    FirestoreUnavailable.
    """
    from google.api_core.exceptions import GoogleAPICallError

    request = RunQueryRequest(parent=root)
    request.structured_query.from_.add().all_descendants = True
    done = False
    try:
        answers = client._firestore_api.run_query(
            request=_wrapped(request), metadata=client._rpc_metadata, retry=None, timeout=None
        )
        for answer in answers:
            message = type(answer).pb(answer)
            done = done or message.done
            if message.HasField("document"):
                yield message.document
    except GoogleAPICallError as error:
        raise FirestoreUnavailable("client_failed", error=error) from error
    if not done:  # what was not read is unknown, and not absent
        raise FirestoreUnavailable("read_ended_early")


def _wrapped(request: Message) -> Any:
    from google.cloud.firestore_v1 import types

    return types.RunQueryRequest.deserialize(request.SerializeToString())
