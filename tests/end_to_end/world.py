"""A Firestore, a backup folder and a state folder of a test's own, and all ways to run the product there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from facot_backups import protocol
from facot_backups.archive.reader import Backup
from facot_backups.archive.store import Store
from facot_backups.clock import Clock
from facot_backups.emulator import encode, wire
from facot_backups.emulator.load import delete_documents, metadata
from facot_backups.events import Emit, Event, Warned
from facot_backups.firestore.connection import Connection, ConnectionOptions, connect
from facot_backups.firestore.encode import encode_document
from facot_backups.firestore.names import documents_root
from facot_backups.model import DocumentPath, Source
from facot_backups.operations.backup.run import BackupRequest, back_up
from facot_backups.operations.verification.verify import verify
from facot_backups.state import State
from facot_backups.ui.cli import main
from tests.support.servers import FirestoreServer
from tests.support.values import canonical_bytes

NOON = datetime(2024, 11, 27, 12, 0, 5, 123456, tzinfo=UTC)
# A folder, a state and a server are all that a process is told; nothing of the developer's reaches it.
_PROJECT = Path(__file__).parent.parent.parent
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV", "NO_GCE_CHECK")


@dataclass
class PatientClock:
    """A clock whose `sleep` takes no time and moves it."""

    moment: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - NOON).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)

    def zone(self) -> tzinfo:
        return UTC


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The one JSON object on stdout; anything else there fails."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    def failed(self, code: int, *words: str) -> None:
        """It ended with `code` and says why: in Spanish, in two lines at least, without a trace."""
        assert (self.code, "Traceback" in self.err + self.out) == (code, False), self
        message = self.err[self.err.index("Error: ") :]
        assert len(message.strip().splitlines()) >= 2, f"no remedy: {message}"
        missing = [word for word in words if word not in message]
        assert not missing, f"{missing} not in {message}"


@dataclass
class World:
    """See the module. `folder` is the backup folder, `state` the state folder, both not there at first."""

    server: FirestoreServer
    folder: Path
    state: Path
    capsys: Any
    clock: PatientClock = field(default_factory=PatientClock)
    events: list[Event] = field(default_factory=list)
    database: str | None = None

    # --- the server ------------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        return Source(self.server.project, self.database or "(default)", emulator=True)

    @property
    def root(self) -> str:
        return documents_root(self.source)

    def write(self, *paths: str, **values: Any) -> None:
        """Put a document with the fields `values` (Python's) at each path."""
        fields = encode.fields(values or {"n": 1})
        self.server.write([(path, fields) for path in paths], self.source.database)

    def delete(self, *paths: str) -> None:
        delete_documents(self.server.host, paths, self.server.project, self.source.database)

    def stored(self) -> dict[DocumentPath, bytes]:
        """All documents as the server gives them, by a query of the test's own: fields as canonical bytes."""
        database = self.root.removesuffix("/documents")
        query = protocol.RunQueryRequest(parent=self.root)
        query.structured_query.from_.add().all_descendants = True
        with self.server.channel() as channel:
            call = channel.unary_stream(
                f"/{wire.SERVICE}/RunQuery",
                request_serializer=protocol.RunQueryRequest.SerializeToString,
                response_deserializer=protocol.RunQueryResponse.FromString,
            )
            answers = [a.document for a in call(query, metadata=metadata(database), timeout=60)]
        prefix = len(self.root) + 1
        return {tuple(d.name[prefix:].split("/")): canonical_bytes(d) for d in answers if d.name}

    # --- the product -----------------------------------------------------------------------------

    def connect(self) -> Connection:
        return connect(
            ConnectionOptions(
                project=self.server.project,
                database=self.database,
                emulator_host=self.server.host,
                use_firebase_app=False,
                connect_timeout=5,
            )
        )

    def store(self, clock: Clock | None = None) -> Store:
        return Store(self.folder, State(self.state), clock or self.clock, self.emit)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Warned)]

    def back_up(self, emit: Emit | None = None, **request: Any) -> Backup:
        """One run by the operation; time passes at once."""
        told = emit or self.emit
        return back_up(self.connect, self.store(), BackupRequest(**request), told)

    def run(self, *words: str) -> Ran:
        """A command with this folder, in this process."""
        code = main([*words, "--backup-dir", str(self.folder)])
        out, err = self.capsys.readouterr()
        return Ran(code, out, err)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {**kept, **self.settings, "HOME": str(self.state.parent), **more}

    @property
    def settings(self) -> dict[str, str]:
        settings = {
            "FACOT_BACKUPS_STATE_DIR": str(self.state),
            "FIRESTORE_EMULATOR_HOST": self.server.host,
            "GOOGLE_CLOUD_PROJECT": self.server.project,
        }
        return settings | ({"BACKUP_DATABASE": self.database} if self.database else {})

    def command(self, *words: str) -> list[str]:
        """The real command line with this folder, for a process of its own."""
        program = "import sys; from facot_backups.ui.cli import main; sys.exit(main())"
        return [sys.executable, "-B", "-c", program, *words, "--backup-dir", str(self.folder)]

    def hooked(self, act: str, when: str, step: int, *prefix: str) -> Ran:
        """`run` in a process where something happens at a step (see `tests.end_to_end.hooked`)."""
        words = ["-m", "tests.end_to_end.hooked", act, when, str(step), str(self.folder)]
        return self._execute([*prefix, sys.executable, "-B", *words], {"PYTHONPATH": str(_PROJECT)})

    def process(
        self, *words: str, environment: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
    ) -> Ran:
        """A command with this folder, in a process of its own; `prefix` is what starts it."""
        return self._execute([*prefix, *self.command(*words)], environment or {})

    def _execute(self, command: list[str], environment: Mapping[str, str]) -> Ran:
        done = subprocess.run(
            command,
            env=self.environment(**environment),
            cwd=self.state.parent,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    # --- the disk --------------------------------------------------------------------------------

    def published(self) -> list[str]:
        """What lies in the backup folder beside our housekeeping."""
        if not self.folder.exists():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.name != ".facot")

    def leftovers(self) -> list[Path]:
        """What is in staging and trash, and half-written files anywhere."""
        own = self.folder / ".facot"
        inside = [*(own / "staging").glob("*"), *(own / "trash").glob("*")]
        return [*inside, *self.folder.rglob(".tmp-*"), *self.folder.rglob("*.part")]

    def ledger(self) -> list[dict[str, Any]]:
        """The lines of the ledger."""
        path = self.folder / ".facot/ledger.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def outcomes(self) -> list[str]:
        return [entry["outcome"] for entry in self.ledger()]

    def backups(self) -> list[Backup]:
        return self.store().backups()

    def whole(self, backup: Backup) -> dict[DocumentPath, bytes]:
        """What a backup holds, after `verify` found nothing: fields as canonical bytes."""
        report = verify(backup)
        assert report.sound, report.problems
        assert not report.notes
        return dict(contents(backup, self.root))

    def nothing_happened(self, outcome: str, before: list[str] | None = None) -> None:
        """Nothing on disk but a ledger line, and what was there before."""
        assert self.published() == (before or [])
        assert self.leftovers() == []
        assert self.outcomes()[-1] == outcome

    def with_server(self, server: FirestoreServer) -> World:
        return replace(self, server=server)


def contents(backup: Backup, root: str) -> Iterator[tuple[DocumentPath, bytes]]:
    """Existing documents of a backup, read back by the archive's reader and encoded for Firestore."""
    for collection in backup.proven().files:
        for document in backup.documents(collection):
            if document.mark is None:
                yield document.path, canonical_bytes(encode_document(document, root))


def make_world(server: FirestoreServer, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> World:
    """A world in the folder `place`; the process's own environment is set to it."""
    world = World(server, place / "backups", place / "state", capsys)
    for name, value in world.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.chdir(place)
    # The folder lies on the system's own disk in most tests, which is not what they are about.
    State(world.state).warn_once(world.folder, "system-disk")
    return world
