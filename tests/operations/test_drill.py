"""The restore drill: it passes what comes back equal, and tells what does not."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Self

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.emulator.encode import reference
from facot_backups.emulator.faults import Fault
from facot_backups.emulator.sample import Business
from facot_backups.emulator.sample import write as write_sample
from facot_backups.emulator.server import LocalFirestore
from facot_backups.errors import (
    BackupDirUnusable,
    DamagedBackup,
    DrillNotMade,
    FormatError,
    Interrupted,
    LockHeld,
    UsageError,
)
from facot_backups.events import Event, PhaseStarted, Warned
from facot_backups.firestore.names import documents_root
from facot_backups.model import EVERYTHING, DocumentPath, Source
from facot_backups.operations.drill import run as drills
from facot_backups.operations.drill.record import is_due, last_by_backup, not_made_since, past_drills
from facot_backups.operations.drill.recorded import PeriodicDrill, drill_and_record
from facot_backups.operations.drill.run import drill
from facot_backups.operations.health.facts import read_health_facts
from facot_backups.operations.health.judgement import judge
from facot_backups.operations.retention.plan import Policy
from facot_backups.operations.schedule.scheduled_run import Job, run_if_due
from facot_backups.protocol import Message
from facot_backups.state import Try
from tests.end_to_end.world import NOON, World
from tests.operations.restores import another, give_back, put, remove, world_in
from tests.support.flaky_disk import FlakyDisk
from tests.support.servers import FirestoreServer
from tests.support.values import databases

WEEK = timedelta(days=7)
# Some generated references are within this database.
_ROOT = documents_root(Source("prueba"))


@pytest.fixture
def world(memory_server: FirestoreServer, tmp_path: Path) -> World:
    made = world_in(memory_server, tmp_path)
    write_sample(memory_server.host, Business(invoices=20, project=memory_server.project))
    return made


def damage(world: World, name: str) -> None:
    file = world.folder / name / "invoices.json"
    file.chmod(0o600)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_a_good_backup_passes_and_the_ledger_says_so(world: World) -> None:
    backup = world.back_up()
    report = drill_and_record(world.store(), "latest", EVERYTHING)
    assert report.passed, report.errors
    metadata = backup.proven()
    assert report.documents == metadata.total_documents + metadata.nested_documents > 40
    assert report.bytes > 0
    entry = world.ledger()[-1]
    assert (entry["kind"], entry["outcome"], entry["drill"]) == ("proof", "COMPLETE", True)
    assert (entry["backup"], entry["documents"]) == (str(backup.name), report.documents)
    assert last_by_backup(world.store().ledger.entries())[str(backup.name)].passed
    # Nothing of the restore stays in the folder: no journal, no `.pre-restore`, nothing half-made.
    assert world.published() == [str(backup.name)]
    assert world.leftovers() == []
    assert not list((world.folder / ".facot").glob("restores/*"))


def test_the_live_database_is_neither_read_nor_written(world: World) -> None:
    world.back_up()
    world.write("invoices/after", n=2)
    before = world.stored()
    world.server.local.stop()
    assert drill_and_record(world.store(), "latest", EVERYTHING).passed
    world.server.local.start()
    assert world.stored() == before


@pytest.mark.slow
@settings(max_examples=60)
@given(st.data())
def test_whatever_firestore_can_hold_comes_back(
    memory_server: FirestoreServer, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    world = another(memory_server, tmp_path_factory.mktemp("drill"))
    database: dict[DocumentPath, Message] = data.draw(databases(_ROOT))
    put(world, database)
    world.write("other/1", elsewhere=reference("projects/otro/databases/(default)/documents/a/b"))
    backup = world.back_up()
    report = drill(backup, world.clock)
    assert report.passed, report.errors
    assert report.documents == len({*database, ("other", "1")})


def test_a_damaged_backup_is_not_restored(world: World) -> None:
    backup = world.back_up()
    damage(world, str(backup.name))
    report = drill_and_record(world.store(), str(backup.name), EVERYTHING)
    assert not report.passed
    assert not report.proof.sound
    assert report.documents == 0
    entry = world.ledger()[-1]
    assert (entry["outcome"], entry["drill"], entry["files"]) == ("DAMAGED", True, ["invoices.json"])
    with world.store().locked() as locked, pytest.raises(DamagedBackup, match="simulacro"):
        PeriodicDrill(WEEK)(locked, backup, world.emit)


def test_every_kind_of_difference_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that loses, alters and invents documents after the restore: nothing else can show a fault."""
    world.write("aaa/lost")
    world.write("aaa/other", n=1)
    backup = world.back_up()
    read_again = drills._read_again

    class Open(LocalFirestore):
        def __init__(self, **more: Any) -> None:
            super().__init__(**more | {"token": None})

    monkeypatch.setattr(drills, "LocalFirestore", Open)

    def mangled(backup: Any, source: Source, client: Any, emit: Any) -> Any:
        server = FirestoreServer(client._emulator_host, "memory", source.project)
        target = World(server, world.folder, world.state, None)
        remove(target, ("aaa", "lost"))
        target.write("aaa/other", n=1.0)
        target.write("aaa/invented", "zzz/invented")
        return read_again(backup, source, client, emit)

    monkeypatch.setattr(drills, "_read_again", mangled)
    report = drill(backup, world.clock)
    assert not report.passed
    assert {"/".join(d.path): d.problem for d in report.differences} == {
        "aaa/invented": "no está en el backup",
        "aaa/lost": "no volvió",
        "aaa/other": "no volvió igual",
        "zzz/invented": "no está en el backup",
    }
    assert report.difference_count == 4


def refusing(_patch: pytest.MonkeyPatch) -> type[LocalFirestore]:
    """A server that takes the restore's probe, and then nothing more."""

    class Refusing(LocalFirestore):
        def start(self, port: int | None = None) -> Self:
            code = grpc.StatusCode.PERMISSION_DENIED
            self.add_fault(Fault("BatchWrite", "error", calls=tuple(range(2, 100)), code=code))
            return super().start(port)

    return Refusing


def cut_while_read(_patch: pytest.MonkeyPatch) -> type[LocalFirestore]:
    """A server that Google's client cannot read from, after the restore and its read-back."""

    class Cut(LocalFirestore):
        def start(self, port: int | None = None) -> Self:
            code = grpc.StatusCode.UNAVAILABLE
            self.add_fault(Fault("RunQuery", "error", calls=tuple(range(3, 100)), code=code))
            return super().start(port)

    return Cut


def no_memory(_patch: pytest.MonkeyPatch) -> type[LocalFirestore]:
    class Greedy(LocalFirestore):
        def start(self, port: int | None = None) -> Self:
            raise MemoryError

    return Greedy


def no_port(_patch: pytest.MonkeyPatch) -> type[LocalFirestore]:
    class Deaf(LocalFirestore):
        def start(self, port: int | None = None) -> Self:
            raise RuntimeError("Failed to bind to address 127.0.0.1:0")

    return Deaf


def no_client(patch: pytest.MonkeyPatch) -> type[LocalFirestore]:
    patch.setitem(sys.modules, "google.cloud.firestore", None)
    patch.delattr("google.cloud.firestore", raising=False)
    return LocalFirestore


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (refusing, "dejó de responder"),
        (cut_while_read, "dejó de responder"),
        (no_memory, "no hay memoria suficiente"),
        (no_port, "no arrancó"),
        (no_client, "falta el cliente de Firestore de Google"),
    ],
)
def test_a_drill_that_cannot_be_made_says_nothing_of_the_backup(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Any, said: str
) -> None:
    """By hand it is an error of its own; in a scheduled run a warning; what was proven before still is."""
    backup = world.back_up()
    assert drill_and_record(world.store(), "latest", EVERYTHING).passed
    world.clock.moment += WEEK
    with monkeypatch.context() as patch:
        patch.setattr(drills, "LocalFirestore", fault(patch))
        with pytest.raises(DrillNotMade, match=f"(?s){said}.*nada malo") as raised:
            drill_and_record(world.store(), "latest", EVERYTHING)
        assert raised.value.exit_code == 23
        with world.store().locked() as locked:
            PeriodicDrill(WEEK)(locked, backup, world.emit)
    assert said in world.warnings[-1]
    ends = [line["outcome"] for line in world.ledger() if line["kind"] == "proof"]
    assert ends[-3:] == ["COMPLETE", "FAILED", "FAILED"]
    entries = world.store().ledger.entries()
    assert [said in str(drill.error) for drill in not_made_since(entries)] == [True, True]
    assert last_by_backup(entries)[str(backup.name)].passed
    assert drill_and_record(world.store(), "latest", EVERYTHING).passed
    assert not not_made_since(world.store().ledger.entries())


def test_what_firestore_would_refuse_is_no_good_backup(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document whose bytes are as they were made and that cannot be given back: nothing else tells."""
    backup = world.back_up()

    def refused(*_: Any) -> Any:
        raise FormatError("invoices/1", "documento de más de 1048576 bytes")

    monkeypatch.setattr(drills, "encode_document", refused)
    with pytest.raises(FormatError):
        drill_and_record(world.store(), "latest", EVERYTHING)
    assert not last_by_backup(world.store().ledger.entries())[str(backup.name)].passed


def test_what_cannot_be_drilled(world: World) -> None:
    world.back_up()
    world.write("invoices/new")
    world.back_up()
    remove(world, ("invoices", "new"))
    undo = give_back(world).pre_restore
    assert undo is not None
    with pytest.raises(UsageError):
        drill_and_record(world.store(), undo, EVERYTHING)
    assert not past_drills(world.store().ledger.entries())
    with world.store().locked(), pytest.raises(LockHeld):
        drill_and_record(world.store(), "latest", EVERYTHING)


def test_a_folder_of_facots_own(world: World) -> None:
    world.back_up()
    folder = world.folder / "2020-01-01"
    folder.mkdir()
    (folder / "invoices.json").write_text('[{"n": 1, "_id": "7", "_items": [{"q": 2, "_id": "0"}]}]')
    report = drill_and_record(world.store(), "2020-01-01", EVERYTHING)
    assert report.passed
    assert report.documents == 2


def test_the_drill_of_a_scheduled_run_comes_once_a_week(world: World) -> None:
    backup = world.back_up()

    def made() -> int:
        with world.store().locked() as locked:
            PeriodicDrill(WEEK)(locked, backup, world.emit)
        return len(past_drills(world.store().ledger.entries()))

    assert [made(), made()] == [1, 1]
    world.clock.moment += timedelta(days=7)
    assert made() == 2


def test_a_scheduled_run_does_not_fill_the_memory(world: World) -> None:
    backup = world.back_up()
    with world.store().locked() as locked:
        PeriodicDrill(WEEK, memory=1000)(locked, backup, world.emit)
    assert "no se hace solo" in world.warnings[-1]
    (attempt,) = not_made_since(world.store().ledger.entries())
    assert "memoria" in str(attempt.error)
    assert not past_drills(world.store().ledger.entries())


@pytest.mark.parametrize("phase", ["verifying", "planning", "writing", "reading-back", "comparing"])
def test_somebody_stops_it(world: World, phase: str) -> None:
    """At whatever point: nothing is left, nothing to continue, and no verdict."""
    world.back_up()

    def stop(event: Event) -> None:
        if event == PhaseStarted(phase):
            raise Interrupted

    with pytest.raises(Interrupted):
        drill_and_record(world.store(), "latest", EVERYTHING, stop)
    assert not past_drills(world.store().ledger.entries())
    assert [d.outcome for d in not_made_since(world.store().ledger.entries())] == ["INTERRUPTED"]
    assert (len(world.published()), world.leftovers()) == (1, [])
    assert drill_and_record(world.store(), "latest", EVERYTHING).passed


@pytest.mark.parametrize("phase", ["verifying", "writing", "comparing"])
def test_one_that_is_killed_outright_leaves_a_trace(world: World, phase: str) -> None:
    """Health says that it was cut, until another comes to its end; while one runs, nothing."""
    backup = world.back_up()
    store = world.store()

    def problem() -> str | None:
        return judge(
            read_health_facts(store, time(2), EVERYTHING, drop_percent=30, drill_every=WEEK)
        ).drill_problem

    def look(_event: Event) -> None:
        assert problem() is None

    assert drill_and_record(store, "latest", EVERYTHING, look).passed
    kill = f"""
import os, signal
from pathlib import Path
from facot_backups.archive.store import Store
from facot_backups.clock import SystemClock
from facot_backups.events import PhaseStarted
from facot_backups.model import EVERYTHING
from facot_backups.operations.drill.recorded import drill_and_record
from facot_backups.state import State

def emit(event):
    if event == PhaseStarted({phase!r}):
        os.kill(os.getpid(), signal.SIGKILL)

store = Store(Path({str(world.folder)!r}), State(Path({str(world.state)!r})), SystemClock())
drill_and_record(store, "latest", EVERYTHING, emit)
"""
    command = [sys.executable, "-B", "-c", kill]
    environment = world.environment(PYTHONPATH=os.pathsep.join(sys.path))
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    last = world.ledger()[-1]
    assert (last["kind"], last["outcome"], last["backup"]) == ("drill", "STARTED", str(backup.name))
    assert problem() == "se cortó de golpe"
    assert last_by_backup(store.ledger.entries())[str(backup.name)].passed
    assert drill_and_record(store, "latest", EVERYTHING).passed
    assert problem() is None


def test_a_scheduled_run_drills(world: World) -> None:
    policy = Policy(retention_days=30, keep_last=2, anomaly_drop=30)
    job = Job(
        store=world.store(),
        connect=world.connect,
        hour=time(2),
        scope=EVERYTHING,
        policy=policy,
        drill=PeriodicDrill(WEEK),
    )
    run = run_if_due(job)
    assert run.fault is None
    assert run.backup is not None
    assert [drill.passed for drill in past_drills(world.store().ledger.entries())] == [True]


@pytest.mark.parametrize("number", [0, errno.EIO])
def test_what_follows_is_made_up_for_though_the_lock_was_not_to_be_had(world: World, number: int) -> None:
    """A restore held it, or the disk failed for a moment: nothing was begun, so it is tried again."""
    world.clock.moment = NOON.replace(hour=3)
    backup = world.back_up(trigger="scheduled", scheduled_for=NOON.date())
    job = Job(store=world.store(), connect=world.connect, hour=time(2), scope=EVERYTHING, policy=Policy())
    if number:
        with FlakyDisk("owner.json", number).fails(), pytest.raises(BackupDirUnusable):
            run_if_due(job)
    else:
        with world.store().locked():
            assert run_if_due(job).report is None
    report = run_if_due(job).report
    assert report is not None and report.backup == str(backup.name) and report.sound
    assert run_if_due(job).report is None


def test_a_scheduled_backup_that_is_damaged_at_once_is_told(world: World) -> None:
    world.write("clients/1")
    warnings: list[str] = []

    def spoil(event: Event) -> None:
        if isinstance(event, Warned):
            warnings.append(event.message)
        if event == PhaseStarted("verifying"):
            file = world.backups()[0].path / "clients.json"
            file.chmod(0o600)
            file.write_bytes(file.read_bytes().replace(b"1", b"2", 1))

    store = world.store()
    # One that a clock which went ahead has noted: it holds nothing up, and is told.
    store.state.record_try(store.root, Try("r", "scheduled", world.clock.now() + timedelta(hours=3)))
    job = Job(store=store, connect=world.connect, hour=time(0), scope=EVERYTHING, policy=Policy(), emit=spoil)
    run = run_if_due(job)
    assert isinstance(run.fault, DamagedBackup) and "recién hecho" in str(run.fault)
    assert run.report is not None and not run.report.sound and run.retention is None
    assert any("va por detrás" in warning for warning in warnings)


def test_a_drill_that_is_killed_lets_retention_run_on_other_days() -> None:
    """A system without memory kills the whole run, before it deletes anything."""
    entries: list[LedgerEntry] = []
    days = []
    for day in range(30):
        now = NOON + timedelta(days=day)
        if is_due(entries, now, WEEK):
            entries.append(LedgerEntry(now, "drill", "STARTED", {"backup": "x"}))
            days.append(day)
    assert days == [0, 2, 6, 13, 20, 27]
    entries.append(LedgerEntry(NOON + timedelta(days=30), "proof", "FAILED", {"backup": "x", "drill": True}))
    assert is_due(entries, NOON + timedelta(days=31), WEEK)


@pytest.mark.parametrize("spoilt", [2, 3, 4])
def test_one_false_read_is_no_damage(world: World, monkeypatch: pytest.MonkeyPatch, spoilt: int) -> None:
    """A bit that is wrong once, after the verification that came first."""
    world.back_up()
    readings = 0
    real = Backup.blocks

    def blocks(backup: Backup, collection: str) -> Iterator[bytes]:
        nonlocal readings
        readings += collection == "invoices"
        wrong = collection == "invoices" and readings == spoilt
        return (block.replace(b'"', b"!", 1) if wrong else block for block in real(backup, collection))

    monkeypatch.setattr(Backup, "blocks", blocks)
    report = drill_and_record(world.store(), "latest", EVERYTHING)
    assert readings > spoilt and report.passed
    assert [drill.outcome for drill in past_drills(world.store().ledger.entries())] == ["COMPLETE"]


def test_when_a_drill_is_due() -> None:
    def entry(days: float, outcome: str = "COMPLETE", **details: Any) -> LedgerEntry:
        return LedgerEntry(NOON - timedelta(days=days), "proof", outcome, {"backup": "x", **details})

    assert is_due([], NOON)
    assert is_due([entry(1)], NOON), "a verification is no drill"
    assert not is_due([entry(1, drill=True)], NOON)
    assert is_due([entry(7, drill=True)], NOON)
    assert is_due([entry(1, "DAMAGED", drill=True), entry(1, "FAILED", drill=True)], NOON)
    assert is_due([entry(-1, drill=True)], NOON), "the clock was wrong"
    assert not past_drills([LedgerEntry(NOON, "proof", "COMPLETE", {"drill": True, "backup": 3})])
