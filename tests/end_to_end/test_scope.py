"""A list of collections is honoured exactly, and what it leaves out is unknown, never empty; both servers."""

from __future__ import annotations

import pytest

from facot_backups.model import FACOT_COLLECTIONS, Scope
from tests.end_to_end.world import World

PATHS = (
    "clients/1",
    "invoices/1",
    "invoices/1/items/0",
    "invoices!/1",
    "invoices2/1",
    "zonas/1/b/2",
    "zonas/3",
)


@pytest.fixture
def full(any_world: World) -> World:
    any_world.write(*PATHS)
    return any_world


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        (Scope(collections=("invoices",)), {"invoices"}),
        (Scope(collections=("zonas", "clients")), {"zonas", "clients"}),
        (Scope(exclude=("invoices",)), {"clients", "invoices!", "invoices2", "zonas"}),
        (Scope(exclude=("clients", "invoices", "zonas")), {"invoices!", "invoices2"}),
        (Scope(collections=(), documents=(("invoices", "1"),)), {"invoices"}),
        (Scope(collections=(), documents=(("zonas", "1", "b", "2"),)), {"zonas"}),
    ],
)
def test_a_scope_is_honoured_exactly(full: World, scope: Scope, held: set[str]) -> None:
    backup = full.back_up(scope=scope)
    metadata = backup.proven()
    expected = {path: data for path, data in full.stored().items() if scope.includes(path)}
    assert backup.complete
    assert full.whole(backup) == expected
    assert metadata.server_count == len(expected)
    assert {
        name for name, entry in metadata.files.items() if entry.documents + entry.nested_documents
    } == held
    assert set(metadata.files).isdisjoint(scope.exclude)
    assert set(metadata.files) <= held | ({*FACOT_COLLECTIONS} if scope.collections is None else set())


def test_a_restricted_backup_is_not_the_latest_of_all(full: World) -> None:
    whole = full.back_up()
    part = full.back_up(scope=Scope(collections=("zonas",)))
    store = full.store()
    everything = store.latest(full.source, Scope())
    assert everything is not None
    assert (everything.path, part.complete) == (whole.path, True)
    assert (part.path / "zonas.json").samefile(whole.path / "zonas.json")
    again = full.back_up()
    assert (again.path / "invoices.json").samefile(whole.path / "invoices.json")


def test_settings_and_options_narrow_it(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_EXCLUDE", "invoices,zonas")
    report = full.run("run", "--json").report
    assert {name for name, counts in report["collections"].items() if counts["documents"]} == {
        "clients",
        "invoices!",
        "invoices2",
    }
    assert "invoices" not in report["collections"]
    monkeypatch.delenv("BACKUP_EXCLUDE")
    report = full.run("run", "--json", "--collection", "invoices!", "--collection", "nada").report
    assert set(report["collections"]) == {"invoices!", "nada"}
    full.run("verify", "latest").failed(12)
    assert full.run("verify").code == 0
