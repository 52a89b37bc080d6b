"""Settings that name what does not exist, or leave out what was backed up, are told by every command."""

from __future__ import annotations

from contextlib import suppress

import grpc
import pytest

from facot_backups.emulator.faults import Fault
from facot_backups.errors import FirestoreUnavailable, ReadBudgetExceeded
from facot_backups.model import Scope
from facot_backups.operations.runs import reads_today
from tests.end_to_end.world import Ran, World

LIKELY = "La colección «invoice», que se quiere guardar, no existe. ¿Quería decir «invoices»?"
EMPTY = "no guarda ningún documento"


@pytest.fixture
def shop(any_world: World) -> World:
    """A database with three collections, on each kind of server."""
    any_world.write("clients/1", "invoices/1", "invoices/1/items/0", "items/1")
    return any_world


def _codes(ran: Ran) -> set[str]:
    """The findings of a `status --json` that are no notes."""
    return {found["code"] for found in ran.report["findings"] if found["severity"] != "note"}


def test_a_misspelt_collection_is_told_at_once(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_COLLECTIONS", "invoice,clients")
    asked = shop.run("config")
    assert asked.code == 0 and LIKELY in asked.out
    assert "Un backup guardaría 1 documento en 1 colección" in asked.out
    assert "Fuera, por los ajustes: invoices, items" in asked.out
    assert LIKELY in shop.run("run", "--dry-run").out

    ran = shop.run("run", "--quiet")
    assert ran.code == 0 and LIKELY in ran.err
    assert any(LIKELY in warning for warning in shop.run("run", "--json").report["warnings"])
    # Offline from here on: the ledger remembers what there was.
    stood = shop.run("status")
    assert stood.code == 30 and "BIEN" not in stood.out
    assert LIKELY in stood.out and "clients, invoices, items" in stood.out

    monkeypatch.setenv("BACKUP_COLLECTIONS", "invoices,clients")
    assert LIKELY not in shop.run("config").out + shop.run("run").err
    assert shop.run("run", "--json").report["warnings"] == []
    assert shop.run("status").code == 0


@pytest.mark.parametrize("before", [False, True])
def test_a_misspelt_exclusion_is_told(shop: World, before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the setting changed after the last backup, which says what there is."""
    if before:
        shop.run("run")
    monkeypatch.setenv("BACKUP_EXCLUDE", "Item,registros")
    told = "La colección «Item», que se quiere dejar fuera, no existe. ¿Quería decir «items»?"
    assert told in shop.run("config").out
    assert before or told in shop.run("run").err
    stood = shop.run("status", "--json")
    assert stood.code == 30 and _codes(stood) == {"unknown_collection"}
    findings = {found["subject"]: found["severity"] for found in stood.report["findings"] if found["subject"]}
    # To leave out what is not there, and resembles nothing, does no harm.
    assert findings == {"Item": "warning", "registros": "note"}


def test_a_backup_without_documents_is_never_good(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop.run("run").code == 0
    monkeypatch.setenv("BACKUP_COLLECTIONS", "invoice,client")
    ran = shop.run("run")
    assert ran.code == 0 and "completo y comprobado" not in ran.out
    assert "Backup VACÍO" in ran.out and "0 en 2 colecciones" in ran.out and EMPTY in ran.err
    assert shop.run("run", "--if-due").code == 0
    listed = shop.run("list").out.splitlines()
    assert "VACÍO" in listed[2] and "VACÍO" not in listed[3]
    stood = shop.run("status", "--json")
    # Beside a backup that holds something it is no new database.
    assert stood.code == 31
    assert _codes(stood) == {"empty_backup", "unknown_collection", "left_out"}
    shop.run("verify", "latest", "--drill").failed(23, EMPTY, "no probaría nada")
    audited = shop.run("audit")
    assert "todo cuadra" not in audited.out and "no hay nada que revisar" in audited.out


def test_another_database_that_is_empty_is_told(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    any_world.write("invoices/1")
    monkeypatch.setenv("BACKUP_DATABASE", "factura")
    monkeypatch.setenv("BACKUP_HOUR", "00:00")
    asked = any_world.run("config")
    assert asked.code == 0 and "No hay ningún documento que guardar" in asked.out and "factura" in asked.out
    made = any_world.run("run", "--if-due")
    assert EMPTY in made.out + made.err and "VACÍO" in made.out
    stood = any_world.run("status")
    assert stood.code == 30 and EMPTY in stood.out and "factura" in stood.out
    monkeypatch.delenv("BACKUP_DATABASE")
    assert "son de otra base de datos" in any_world.run("config").out


def test_a_scope_that_shrank_is_told_until_somebody_means_it(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run("run")
    monkeypatch.setenv("BACKUP_COLLECTIONS", "invoices")
    told = "«clients» (1 documento en el backup"
    assert shop.run("status").code == 30  # before any backup of less, too
    part = shop.run("run")
    assert part.code == 0 and told in part.err and "en 1 colección (" in part.out
    assert "completo, solo 1 colección" in shop.run("list").out
    entry = shop.run("list", "--json").report["backups"][0]
    assert (entry["kind"], entry["scope"]) == ("complete", {"collections": ["invoices"], "exclude": []})
    for _ in range(2):
        stood = shop.run("status")
        assert stood.code == 30 and told in stood.out and "«items»" in stood.out

    assert told in shop.run("cleanup", "--accept-anomaly").out
    assert shop.run("status").code == 0
    assert shop.run("cleanup", "--accept-anomaly", "--json").report["accepted"] == []
    # Backed up again, and lost from the settings again: that is another story.
    monkeypatch.setenv("BACKUP_COLLECTIONS", "invoices,clients")
    shop.run("run")
    monkeypatch.setenv("BACKUP_COLLECTIONS", "invoices")
    stood = shop.run("status")
    assert stood.code == 30 and told in stood.out and "«items»" not in stood.out


def test_a_backup_of_one_collection_that_a_person_made_shrinks_nothing(shop: World) -> None:
    shop.run("run")
    once = shop.run("run", "--collection", "invoice")
    assert once.code == 0 and LIKELY in once.err
    assert shop.run("status").code == 0


def test_names_are_asked_for_only_where_one_was_not_seen(world: World) -> None:
    """A server that refuses them spoils nothing: then it is only known that nothing was there."""
    world.write("invoices/1", "clients/1")
    asked: list[object] = []

    def note(request: object) -> bool:
        asked.append(request)
        return True

    refused = grpc.StatusCode.PERMISSION_DENIED
    world.server.local.add_fault(Fault("ListCollectionIds", "error", code=refused, when=note))
    assert world.back_up(scope=Scope(collections=("invoices",))).complete and not asked
    assert world.back_up(scope=Scope(collections=("invoices", "client"))).complete
    assert asked and not world.warnings


def test_asking_for_names_keeps_to_the_budget(world: World) -> None:
    world.write("invoices/1")
    for budget in range(4, 20):
        spent = reads_today(world.store())
        with suppress(ReadBudgetExceeded, FirestoreUnavailable):
            made = world.back_up(scope=Scope(collections=("invoices", "invoice")), max_reads=spent + budget)
            assert made.complete and made.proven().reads <= budget
    assert any("¿Quería decir «invoices»?" in told for told in world.warnings)
