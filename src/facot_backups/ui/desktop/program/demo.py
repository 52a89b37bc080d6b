"""A panel's world to try everything in: a business in a Firestore in memory, and months of its backups."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as day_time
from pathlib import Path

from facot_backups import atomic
from facot_backups.archive.ledger import COMPLETE
from facot_backups.archive.metadata import Metadata, Trigger, local_text
from facot_backups.archive.staging import Staging
from facot_backups.archive.store import LockedStore, Store
from facot_backups.clock import Clock, SystemClock
from facot_backups.emulator import wire
from facot_backups.emulator.sample import Business, documents
from facot_backups.emulator.server import LocalFirestore
from facot_backups.emulator.story import Afternoon, spoil
from facot_backups.events import Counted, Emit, PhaseStarted, Progressed, ignore
from facot_backups.firestore.codec import decode
from facot_backups.model import EVERYTHING, Document, DocumentPath, Source, path_key
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.drill.recorded import drill_and_record
from facot_backups.operations.verification.recheck import record_proof
from facot_backups.operations.verification.verify import verify
from facot_backups.state import STATE_DIR_VARIABLE, State
from facot_backups.ui.desktop.session import Session
from facot_backups.version import __version__

PROJECT = "demo-facot"
# The backup of each day was made at this local hour, and took so long.
_HOUR, _TOOK = day_time(2, 0), timedelta(seconds=4)
# Every so many days the computer was off, the network was bad, or somebody made one more by hand.
_OFF, _BAD, _MORE = 17, 29, 11
# The backup of so many days ago was restored for a trial.
_DRILLED = 2
# The first backup without the deleted invoice is of so many days ago.
_DELETED = 5


class StillClock:
    """A clock that stands at `moment` (aware), which only waiting and who holds it move, in `zone`."""

    def __init__(self, moment: datetime, zone: tzinfo) -> None:
        self.moment = moment
        self._zone = zone

    def now(self) -> datetime:
        """The moment."""
        return self.moment

    def monotonic(self) -> float:
        """Real seconds, so that patience ends."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.moment += timedelta(seconds=seconds)

    def zone(self) -> tzinfo:
        """The zone."""
        return self._zone


@dataclass(frozen=True)
class Demo:
    """The world: `session` for the panel, `server` with the live data, `folder` for everything on disk."""

    session: Session
    server: LocalFirestore
    folder: Path
    business: Business
    clock: Clock

    def make_history(self, days: int, emit: Emit = ignore, stop: Stop | None = None) -> int:
        """Make the backups of the last `days` days, the last one of today; how many. Raises Interrupted.

        They are published by the real store, from what the business had by then; the days when nothing
        worked are left out, or incomplete. `emit` hears how far it is.
        """
        with atomic.unsynced():
            return _History(self, emit, stop or Stop()).make(days)

    def prepare(self, days: int, emit: Emit, stop: Stop) -> Afternoon:
        """Make the backups of the last `days` days, and leave something to bring back; what it is.

        An invoice is deleted, and missing from the backups of the last days, too; another one was altered
        since the last backup. Raises Interrupted.
        """
        afternoon = spoil(self.server.host, self.business)
        with atomic.unsynced():
            _History(self, emit, stop, tuple(afternoon.deleted.split("/"))).make(days)
        return afternoon


@contextmanager
def demo(folder: Path | None = None, *, invoices: int = 300, clock: Clock | None = None) -> Iterator[Demo]:
    """A world of its own, gone at the end unless it is in a `folder` that was given.

    Sets the process's state folder while the block runs, so that nothing of it stays anywhere else.
    """
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="facot-demo-")))
        place.mkdir(parents=True, exist_ok=True)
        stack.enter_context(_state_folder(place / "estado"))
        server = stack.enter_context(LocalFirestore())
        chosen = clock or SystemClock()
        business = Business(invoices=invoices, today=chosen.now(), project=PROJECT)
        server.load(documents(business), PROJECT)
        arguments = {"backup_dir": place / "backups", "project": PROJECT, "emulator_host": server.host}
        # Neither the variables nor the facot_config.json of who tries it are the demonstration's.
        environ = {"HOME": str(place), "APPDATA": str(place)}
        session = Session(arguments, clock=chosen, environ=environ, cwd=place)
        # A demonstration has no better place than this one.
        State().warn_once(place / "backups", "system-disk")
        yield Demo(session, server, place, business, chosen)


@contextmanager
def _state_folder(folder: Path) -> Iterator[None]:
    before = os.environ.get(STATE_DIR_VARIABLE)
    os.environ[STATE_DIR_VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(STATE_DIR_VARIABLE)
        if before is not None:
            os.environ[STATE_DIR_VARIABLE] = before


class _History:
    """`deleted`: the path of a document that somebody deleted some days ago, with all below it."""

    def __init__(self, world: Demo, emit: Emit, stop: Stop, deleted: DocumentPath = ()) -> None:
        self._clock = StillClock(world.clock.now(), world.clock.zone())
        self._now = world.clock.now()
        self._today = self._local(self._now).date()
        settings = world.session.settings()
        self._store = Store(settings.backup_dir, State(), self._clock)
        self._source = Source(PROJECT, emulator=True)
        self._emit, self._stop = emit, stop
        self._all = _flat(world.business)
        self._invoices = sorted({d.path[1] for d in self._all if d.path[0] == "invoices"})
        self._deleted = deleted
        self._written = 0

    def make(self, days: int) -> int:
        self._emit(PhaseStarted("preparing"))
        self._emit(Counted(sum(len(self._on(ago, days)) for ago in range(days) if not ago or ago % _OFF)))
        with self._store.locked() as locked:
            made = [self._a_day(locked, ago, days) for ago in reversed(range(days)) if not ago or ago % _OFF]
            self._read_again(locked)
        self._drill(_DRILLED)
        return sum(made)

    def _a_day(self, locked: LockedStore, ago: int, days: int) -> int:
        """The backups of the day that was `ago` days ago; how many."""
        self._stop.check()
        present = self._on(ago, days)
        self._written += len(present)
        self._emit(Progressed("", self._written))
        day = self._today - timedelta(days=ago)
        moments: list[tuple[day_time, Trigger]] = [(_HOUR, "scheduled")]
        if ago and ago % _MORE == 0:
            moments.append((day_time(15, 30, 12), "manual"))
        for hour, trigger in moments:
            self._go_to(day, hour)
            if self._clock.moment > self._now:
                return 0
            self._publish(locked, present, trigger, day, incomplete=ago > 0 and ago % _BAD == 0)
        return len(moments)

    def _read_again(self, locked: LockedStore) -> None:
        """Every byte of every backup, as of last night."""
        self._go_to(self._today, _HOUR)
        self._clock.moment = min(self._clock.moment, self._now) + timedelta(minutes=1)
        for backup in locked.backups():
            self._stop.check()
            if backup.complete:
                record_proof(locked, verify(backup))

    def _drill(self, ago: int) -> None:
        """A real restore drill, as of then."""
        day = self._today - timedelta(days=ago)
        name = day.isoformat()
        if any(str(backup.name) == name and backup.complete for backup in self._store.backups()):
            self._go_to(day, day_time(2, 5))
            drill_and_record(self._store, name, EVERYTHING)

    def _go_to(self, day: date, hour: day_time) -> None:
        self._clock.moment = datetime.combine(day, hour, self._clock.zone()).astimezone(UTC)

    def _publish(
        self,
        locked: LockedStore,
        present: Sequence[Document],
        trigger: Trigger,
        day: date,
        *,
        incomplete: bool,
    ) -> None:
        moment = self._clock.now()
        run_id = f"{moment:%Y%m%dT%H%M%SZ}-demo"
        locked.check_source(self._source)
        with locked.begin(run_id) as staging:
            kept = [one for one in present if not (incomplete and one.path[0] == "quotations")]
            errors = ("quotations: Firestore no respondió a tiempo",) if incomplete else ()
            scheduled_for = day if trigger == "scheduled" else None
            metadata = self._metadata(staging, kept, errors, trigger, scheduled_for)
            locked.link_unchanged(staging, dict(metadata.files), self._source, EVERYTHING)
            backup = locked.publish(staging, metadata)
        self._clock.moment = metadata.finished_at
        outcome = "INCOMPLETE" if incomplete else COMPLETE
        started = f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
        locked.record(
            "run",
            outcome,
            run_id=run_id,
            trigger=trigger,
            backup=str(backup.name),
            scheduled_for=scheduled_for.isoformat() if scheduled_for else None,
            started_at=started,
            reads=metadata.reads,
            read_data=True,
            errors=list(errors),
        )

    def _metadata(
        self,
        staging: Staging,
        present: Sequence[Document],
        errors: tuple[str, ...],
        trigger: Trigger,
        scheduled_for: date | None,
    ) -> Metadata:
        writer = staging.writer(EVERYTHING)
        for document in present:
            writer.add(document)
        files, moment = writer.finish(), self._clock.now()
        documents = sum(entry.documents for entry in files.values())
        nested = sum(entry.nested_documents for entry in files.values())
        return Metadata(
            backup_date=self._local(moment).date(),
            backup_time=local_text(moment, self._clock.zone()),
            collections=tuple(files),
            total_documents=documents,
            errors=errors,
            tool=f"facot-backups {__version__}",
            run_id=staging.run_id,
            trigger=trigger,
            scheduled_for=scheduled_for,
            label=False,
            scope=EVERYTHING,
            read_time=moment,
            started_at=moment,
            finished_at=moment + _TOOK,
            timezone=str(self._clock.zone()),
            source=self._source,
            nested_documents=nested,
            server_count=None if errors else documents + nested,
            server_count_reason="el servidor no respondió a tiempo" if errors else None,
            reads=documents + nested + 21,
            spot_check=0 if errors else 20,
            files=files,
        )

    def _on(self, ago: int, days: int) -> list[Document]:
        """What the business had on the day that was `ago` days ago, of `days`."""
        found = self._by_then(1 - ago / (days * 1.6))
        if not self._deleted or ago > _DELETED:
            return found
        return [one for one in found if one.path[: len(self._deleted)] != self._deleted]

    def _by_then(self, share: float) -> list[Document]:
        """What the business had when it had issued that share of its invoices."""
        known = {*self._invoices[: max(1, round(len(self._invoices) * share))], *self._deleted[1:]}
        return [one for one in self._all if one.path[0] != "invoices" or one.path[1] in known]

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._clock.zone())


def _flat(business: Business) -> list[Document]:
    """All documents of the business in the order of their names, as an archive takes them."""
    root = f"{wire.database_name(business.project, business.database)}/documents"
    found = []
    for path, fields in documents(business):
        values, types = decode(fields, root)
        updated = int(business.today.timestamp()) * 1_000_000_000
        found.append(Document(tuple(path.split("/")), values, types, None, updated))
    return sorted(found, key=lambda one: path_key(one.path))
