"""What goes wrong at the server, from end to end: what the user gets, what is on disk, what is recorded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
import pytest

from facot_backups.archive.reader import Backup
from facot_backups.emulator.faults import Fault
from facot_backups.errors import FirestoreUnavailable, SnapshotExpired
from facot_backups.events import CollectionDone, CollectionFailed, Event, Retried
from facot_backups.firestore.check import SpotCheck, spot_check
from facot_backups.firestore.scan import Scan
from facot_backups.model import Document, Scope
from facot_backups.operations.backup import reading
from tests.end_to_end.world import World

Code = grpc.StatusCode
DATA = {
    **{f"clients/{n}": 0 for n in range(4)},
    **{f"invoices/{n}": 1 for n in range(6)},
    "invoices/1/items/0": 1,
    "zonas/1": 2,
}
EXPIRED = "The requested 'read_time' is too old."
# The first question of a run is whether the server answers.
AFTER_THE_PROBE = tuple(range(2, 1000))
DENIED = "Missing or insufficient permissions."


@pytest.fixture
def full(world: World) -> World:
    world.write(*DATA)
    return world


def pages_of(monkeypatch: pytest.MonkeyPatch, size: int, timeout: float = 60) -> None:
    monkeypatch.setattr(reading, "Scan", partial(Scan, page_size=size, page_timeout=timeout))


def add(world: World, method: str, kind: Any, **more: Any) -> None:
    world.server.local.add_fault(Fault(method, kind, **more))


def check_incomplete(world: World, backup: Backup, missing: set[str]) -> None:
    """All but `missing` is there, and nothing pretends; the next run, on a healthy server, is complete."""
    assert backup.path.name.endswith(".incomplete")
    assert world.published() == [backup.path.name]
    metadata = backup.proven()
    assert metadata.errors
    assert all("\n" not in error for error in metadata.errors)
    assert {error.split(":")[0] for error in metadata.errors} >= missing
    assert missing.isdisjoint(metadata.collections)
    assert not [name for name in missing if (backup.path / f"{name}.json").exists()]
    world.server.local.clear_faults()
    held = {path: data for path, data in world.stored().items() if path[0] not in missing}
    assert world.whole(backup) == held
    assert world.outcomes()[-1] == "INCOMPLETE"
    assert world.leftovers() == []
    assert world.store().latest(world.source, metadata.scope) is None
    again = world.back_up()
    assert again.complete
    assert world.whole(again) == world.stored()


# --- one collection, or all, refused ------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 3])
def test_a_collection_that_is_refused(full: World, after: int) -> None:
    add(full, "RunQuery", "error", collection="invoices", code=Code.PERMISSION_DENIED, after=after)
    backup = full.back_up()
    assert [e for e in full.events if isinstance(e, CollectionFailed)] == [
        CollectionFailed("invoices", backup.proven().errors[0].removeprefix("invoices: "))
    ]
    assert [e.collection for e in full.events if isinstance(e, CollectionDone)] == ["clients", "zonas"]
    assert "roles/datastore.viewer" in backup.proven().errors[0]
    check_incomplete(full, backup, {"invoices"})


def test_a_collection_that_is_refused_at_the_command_line(full: World) -> None:
    add(full, "RunQuery", "error", collection="invoices", code=Code.PERMISSION_DENIED, message=DENIED)
    ran = full.run("run", "--json")
    assert (ran.code, ran.report["success"], ran.report["exit_code"]) == (3, False, 3)
    assert "invoices" not in ran.report["collections"]
    assert ran.report["backup_path"].endswith(".incomplete")
    assert "No se pudo leer invoices" in ran.err
    text = full.run("run")
    assert text.code == 3
    assert "INCOMPLETO" in text.out
    assert "roles/datastore.viewer" in text.out
    assert {entry["kind"] for entry in full.run("list", "--json").report["backups"]} == {"incomplete"}
    assert full.run("verify").code == 0
    full.run("verify", "latest").failed(12, "latest")


@pytest.mark.parametrize("methods", [("*",), ("RunQuery",), ("RunQuery", "ListCollectionIds")])
def test_everything_is_refused(full: World, methods: tuple[str, ...]) -> None:
    for method in methods:
        add(full, method, "error", code=Code.PERMISSION_DENIED, message=DENIED)
    full.run("run").failed(10, "Firestore no disponible", "permiso", "roles/datastore.viewer")
    full.nothing_happened("FAILED")
    ran = full.run("run", "--json")
    assert (ran.report["success"], ran.report["exit_code"]) == (False, 10)
    assert "Firestore no disponible" in ran.report["error"]


def test_an_exhausted_quota_is_not_insisted_on(full: World) -> None:
    add(full, "RunQuery", "error", code=Code.RESOURCE_EXHAUSTED, message="Quota exceeded.", after=2)
    full.run("run").failed(10, "cuota")
    assert full.server.local.script.calls("RunQuery") == 1
    full.nothing_happened("FAILED")


def test_an_exhausted_quota_in_the_middle_leaves_what_was_whole(full: World) -> None:
    add(full, "RunQuery", "error", code=Code.RESOURCE_EXHAUSTED, message="Quota exceeded.", after=8)
    backup = full.back_up()
    assert full.clock.slept == []
    assert not (backup.path / "companies.json").exists()
    check_incomplete(full, backup, {"invoices", "zonas"})


# --- cuts that are mended ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["error", "silent_end"])
@pytest.mark.parametrize("after", [0, 1, 2, 3])
@pytest.mark.parametrize("calls", [(1,), (2,), (1, 2, 4)])
def test_a_stream_that_is_cut_is_resumed(
    full: World, monkeypatch: pytest.MonkeyPatch, kind: str, after: int, calls: tuple[int, ...]
) -> None:
    """Before the first, in the middle and after the last document of a page of three."""
    pages_of(monkeypatch, 3)
    add(full, "RunQuery", kind, calls=calls, after=after)
    backup = full.back_up()
    assert backup.complete
    assert full.whole(backup) == full.stored()
    assert backup.proven().server_count == len(DATA)
    # All that is left of the faults is their number: a stream cut after its last document was whole.
    cuts = len([event for event in full.events if isinstance(event, Retried)])
    assert full.ledger()[-1]["retries"] == cuts
    assert cuts or after == 3


@pytest.mark.parametrize("refuse_count", [None, Code.UNIMPLEMENTED, Code.DEADLINE_EXCEEDED])
@pytest.mark.parametrize("after", range(0, len(DATA) + 1, 2))
def test_a_silent_end_is_never_the_end(full: World, refuse_count: Any, after: int) -> None:
    full.server.local.switches.refuse_count = refuse_count
    add(full, "RunQuery", "silent_end", calls=(1,), after=after)
    backup = full.back_up()
    assert backup.complete
    assert full.whole(backup) == full.stored()
    counted = backup.proven().server_count
    assert counted == (None if refuse_count else len(DATA))
    if refuse_count:
        assert backup.proven().server_count_reason


def test_a_server_that_always_ends_in_silence_is_not_believed(full: World) -> None:
    full.server.local.switches.refuse_count = Code.UNIMPLEMENTED
    add(full, "RunQuery", "silent_end", after=0)
    with pytest.raises(FirestoreUnavailable):
        full.back_up()
    full.nothing_happened("FAILED")


def test_a_server_that_drips_is_cut_and_resumed(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pages_of(monkeypatch, 20_000, timeout=0.2)
    gate = threading.Semaphore(5)
    add(full, "RunQuery", "drip", calls=(1,), after=1, gate=gate)
    backup = full.back_up()
    assert backup.complete
    assert full.server.local.script.calls("RunQuery") == 2
    assert full.whole(backup) == full.stored()


def test_a_server_that_stops_answering_is_given_up(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pages_of(monkeypatch, 20_000, timeout=0.05)
    add(full, "RunQuery", "drip", after=0, gate=threading.Semaphore(0))
    with pytest.raises(FirestoreUnavailable):
        full.back_up()
    assert sum(full.clock.slept) > 30
    full.nothing_happened("FAILED")


def test_a_connection_that_is_lost_for_good_names_nothing_empty(full: World) -> None:
    """What comes after the cut is unknown: it has no file, and no `[]` of FACOT's collections either."""
    add(full, "RunQuery", "error", after=8)
    add(full, "RunQuery", "error", calls=(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), after=0)
    add(full, "ListCollectionIds", "error")
    backup = full.back_up()
    assert set(backup.proven().files) == {"clients"}
    full.server.local.clear_faults()
    assert set(full.whole(backup)) == {path for path in full.stored() if path[0] == "clients"}
    assert backup.path.name.endswith(".incomplete")


@pytest.mark.parametrize("counted", [True, False])
def test_a_connection_that_is_lost_for_good_is_given_up_in_minutes(
    full: World, monkeypatch: pytest.MonkeyPatch, counted: bool
) -> None:
    """However many collections there are: what nobody answers is not asked once for each of them."""
    full.write(*(f"otra{n:02}/1" for n in range(30)))
    pages_of(monkeypatch, 20)
    lost = threading.Event()
    if not counted:
        full.server.local.switches.refuse_count = Code.UNIMPLEMENTED

    def lose(event: Event) -> None:
        full.emit(event)
        if isinstance(event, CollectionDone) and event.collection == "otra05":
            lost.set()

    add(full, "*", "error", when=lambda _: lost.is_set())
    backup = full.back_up(lose)
    assert sum(full.clock.slept) < 5 * 60
    assert [e for e in full.events if isinstance(e, Retried)]
    assert backup.path.name.endswith(".incomplete")
    assert "no hay conexión" in backup.proven().errors[0]


def test_a_connection_that_is_lost_between_two_ranges_is_no_end(full: World) -> None:
    """Nothing was begun, nothing can be named: there is more all the same."""
    add(full, "RunQuery", "error", calls=tuple(range(2, 1000)))
    add(full, "ListCollectionIds", "error")
    backup = full.back_up(scope=Scope(exclude=("invoices",)))
    assert backup.path.name.endswith(".incomplete")
    assert backup.proven().collections == ("clients",)
    assert "no hay conexión" in backup.proven().errors[0]


def test_an_empty_collection_that_was_asked_for_is_something(full: World) -> None:
    add(full, "RunQuery", "error", collection="invoices", code=Code.PERMISSION_DENIED)
    backup = full.back_up(scope=Scope(collections=("vacía", "invoices")))
    assert backup.path.name.endswith(".incomplete") and backup.proven().collections == ("vacía",)


def test_counts_that_are_lost_are_not_asked_for_one_by_one(full: World) -> None:
    full.write(*(f"otra{n:02}/1" for n in range(30)))
    add(full, "RunAggregationQuery", "wrong_count", calls=(1,))
    add(full, "RunAggregationQuery", "error", calls=tuple(range(2, 1000)))
    with pytest.raises(FirestoreUnavailable):
        full.back_up()
    assert sum(full.clock.slept) < 5 * 60


# --- counts and the spot check -------------------------------------------------------------------------


def test_a_wrong_count_of_one_collection(full: World) -> None:
    add(full, "RunAggregationQuery", "wrong_count", collection="invoices")
    backup = full.back_up()
    assert "el servidor cuenta 8" in backup.proven().errors[0]
    check_incomplete(full, backup, {"invoices"})


def test_a_wrong_count_of_every_collection(full: World) -> None:
    add(full, "RunAggregationQuery", "wrong_count", delta=-1)
    full.run("run").failed(10, "Firestore no disponible", "el servidor cuenta", "Repita")
    full.nothing_happened("FAILED")


def test_a_total_that_no_collection_explains_is_no_complete_backup(full: World) -> None:
    add(full, "RunAggregationQuery", "wrong_count", calls=(1,))
    backup = full.back_up()
    check_incomplete(full, backup, set())


def test_a_total_that_differs_and_no_counts_to_find_the_culprit(full: World) -> None:
    add(full, "RunAggregationQuery", "wrong_count", calls=(1,))
    add(full, "RunAggregationQuery", "error", calls=(2,), code=Code.PERMISSION_DENIED)
    backup = full.back_up()
    check_incomplete(full, backup, {"clients"})


def test_a_collection_that_the_scan_did_not_see(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server counts documents in a collection of which no stream gave any."""
    monkeypatch.setattr(reading, "Scan", Blind)
    backup = full.back_up()
    monkeypatch.undo()
    check_incomplete(full, backup, {"zonas"})


class Blind(Scan):
    """A scan that does not see one collection."""

    def __iter__(self) -> Iterator[Document]:
        return (document for document in super().__iter__() if document.path[0] != "zonas")


def test_what_failed_explains_a_total_that_differs(full: World) -> None:
    add(full, "RunQuery", "error", collection="invoices", code=Code.PERMISSION_DENIED)
    add(full, "RunAggregationQuery", "error", calls=(2, 3, 4), code=Code.PERMISSION_DENIED)
    check_incomplete(full, full.back_up(), {"invoices"})


def test_what_is_written_after_the_instant_is_no_difference(full: World) -> None:
    add(full, "RunAggregationQuery", "wrong_count", calls=(1,))

    def write(event: Event) -> None:
        full.emit(event)
        if event == CollectionDone("zonas", 1, 0):
            full.write("clients/9", "zonas/9")

    backup = full.back_up(write)
    assert backup.proven().errors[0].startswith("Se leyeron 12 documentos y el servidor cuenta 13")


@pytest.mark.parametrize("code", [Code.UNIMPLEMENTED, Code.PERMISSION_DENIED, Code.INTERNAL])
def test_no_count_is_said_and_is_no_failure(full: World, code: Code) -> None:
    add(full, "RunAggregationQuery", "error", code=code)
    ran = full.run("run")
    assert ran.code == 0
    assert "sin recuento del servidor" in ran.out
    backup = full.backups()[0]
    assert (backup.complete, backup.proven().server_count) == (True, None)
    assert full.whole(backup) == full.stored()


def test_a_document_that_differs_when_read_again(full: World) -> None:
    add(full, "BatchGetDocuments", "altered", collection="invoices")
    # The one call gets all documents, of all collections: every one differs.
    full.run("run").failed(10, "no es igual al releerlo", "Repita")
    full.nothing_happened("FAILED")


def test_one_collection_that_differs_when_read_again(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = spot_check

    def one_differs(*arguments: Any, **named: Any) -> SpotCheck:
        return replace(real(*arguments, **named), differing=(("invoices", "1", "items", "0"),))

    monkeypatch.setattr(reading, "spot_check", one_differs)
    backup = full.back_up()
    monkeypatch.undo()
    assert "«invoices/1/items/0»" in backup.proven().errors[0]
    check_incomplete(full, backup, {"invoices"})


def test_a_spot_check_that_cannot_be_made(full: World) -> None:
    add(full, "BatchGetDocuments", "error", calls=AFTER_THE_PROBE, code=Code.PERMISSION_DENIED)
    backup = full.back_up()
    assert "No se pudo comprobar" in backup.proven().errors[0]
    assert backup.proven().spot_check == 0
    check_incomplete(full, backup, set())


# --- the instant expires -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", [2, 5])
def test_an_instant_that_expires_is_never_pinned_anew(
    full: World, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    pages_of(monkeypatch, 2)
    pinned: list[bytes] = []

    def later(request: Any) -> bool:
        pinned.append(request.read_time.SerializeToString())
        return len(pinned) >= page

    add(full, "RunQuery", "error", when=later, code=Code.FAILED_PRECONDITION, message=EXPIRED)
    add(full, "RunAggregationQuery", "error", code=Code.FAILED_PRECONDITION, message=EXPIRED)
    add(
        full,
        "BatchGetDocuments",
        "error",
        calls=AFTER_THE_PROBE,
        code=Code.FAILED_PRECONDITION,
        message=EXPIRED,
    )
    if page == 2:
        with pytest.raises(SnapshotExpired, match="PITR"):
            full.back_up()
        full.nothing_happened("FAILED")
        return
    backup = full.back_up()
    assert len(set(pinned)) == 1
    assert all("PITR" in error for error in backup.proven().errors)
    check_incomplete(full, backup, {"invoices", "zonas"})


def test_an_expired_instant_at_the_command_line(full: World) -> None:
    add(full, "RunQuery", "error", after=2, code=Code.FAILED_PRECONDITION, message=EXPIRED)
    full.run("run").failed(10, "PITR")
    full.nothing_happened("FAILED")
    full.server.local.clear_faults()
    add(full, "RunQuery", "error", after=9, code=Code.FAILED_PRECONDITION, message=EXPIRED)
    ran = full.run("run")
    assert ran.code == 3
    assert "PITR" in ran.out


# --- kindless queries are refused --------------------------------------------------------------------


def test_a_server_without_kindless_queries_is_walked(full: World) -> None:
    full.server.local.switches.refuse_kindless = Code.INVALID_ARGUMENT
    full.server.local.switches.refuse_count = Code.INVALID_ARGUMENT
    full.write("nadie/x/items/1")
    backup = full.back_up()
    assert backup.complete
    full.server.local.switches.refuse_kindless = None
    assert full.whole(backup) == full.stored()
