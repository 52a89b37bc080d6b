"""Nothing is left out, whatever it is called and wherever it lies; both servers."""

from __future__ import annotations

import json

import pytest

from facot_backups.model import FACOT_COLLECTIONS, Scope
from tests.end_to_end.world import World

RESERVED = ("id", "types", "fields", "missing", "unread", "items")
ODD = (
    *(chr(code) for code in range(0x80) if chr(code) not in "/."),
    "ñandú", "\u2028", "\ufeff", "\U0001f9fe", "\U0010ffff", "..a", "a..", "...", "con", "aux.json", "%2F",
    "__id7__", "__id-9223372036854775808__", "x" * 1500, "ñ" * 750, "\U0001f9fe" * 375, "a%3Ab", "a:b",
    "]}", '"}', "_id",
)  # fmt: skip


def check(world: World) -> dict[str, str]:
    """Back up and compare; returns file name by collection."""
    backup = world.back_up()
    assert backup.complete
    assert world.whole(backup) == world.stored()
    return {collection: entry.file for collection, entry in backup.proven().files.items()}


def test_missing_parents_and_four_levels(any_world: World) -> None:
    any_world.write("a/1/b/2/c/3/d/4", "a/1/b/2/x/9", "solo/nadie/x/1", "a/2", "ordenes/7/lineas/1/lotes/2")
    assert set(check(any_world)) == {"a", "solo", "ordenes"}


def test_collections_that_facot_does_not_know_and_those_it_lists(any_world: World) -> None:
    any_world.write("invoices/1", "rarezas/1", "sequences/1")
    assert set(check(any_world)) == {"rarezas", "sequences", *FACOT_COLLECTIONS}
    folder = any_world.backups()[0].path
    empty = [name for name in FACOT_COLLECTIONS if (folder / f"{name}.json").read_text() == "[]\n"]
    assert set(empty) == set(FACOT_COLLECTIONS) - {"invoices"}


def test_reserved_names_at_every_place(any_world: World) -> None:
    paths = [f"{root}/{name}" for root in (*RESERVED, "invoices") for name in ("x", "_id")]
    nested = [f"{path}/{name}/{name}" for path in paths for name in RESERVED]
    deeper = [f"{path}/{name}/{name}" for path in nested[:8] for name in RESERVED]
    values = dict.fromkeys(("_id", "_items", "_types", "_fields", "_missing", "_unread", "_", "id"), True)
    any_world.write(*paths, *nested, *deeper, **values)
    check(any_world)


def test_ids_of_every_character_and_of_1500_bytes(any_world: World) -> None:
    any_world.write(*(f"invoices/{odd}" for odd in ODD), *(f"invoices/1/items/{odd}" for odd in ODD))
    collections = [odd for odd in ODD if not odd.startswith("__id")]
    any_world.write(*(f"{odd}/1" for odd in collections), *(f"a/1/{odd}/1" for odd in collections))
    files = check(any_world)
    assert len({file.casefold() for file in files.values()}) == len(files)
    assert all(len(file.encode()) <= 100 for file in files.values())


def test_collections_that_differ_by_case_or_unicode_form_alone(any_world: World) -> None:
    any_world.write(
        "Invoices/1", "INVOICES/1", "invoices/1", "ca\u00f1a/1", "can\u0303a/1", "Otra/1", "otra/1"
    )
    files = check(any_world)
    assert files["invoices"] == "invoices.json"
    assert len({file.casefold() for file in files.values()}) == len(files) == 6 + len(FACOT_COLLECTIONS)


def test_an_empty_database(any_world: World) -> None:
    assert check(any_world) == {}
    backup = any_world.backups()[0]
    assert (backup.proven().server_count, backup.proven().collections) == (0, ())


def test_an_empty_database_after_everything_was_deleted(any_world: World) -> None:
    any_world.write("invoices/1", "invoices/1/items/0")
    check(any_world)
    any_world.delete("invoices/1", "invoices/1/items/0")
    assert check(any_world) == {}


def test_a_collection_that_was_asked_for_and_is_empty(any_world: World) -> None:
    any_world.write("otra/1", "otra/1/items/1")
    backup = any_world.back_up(scope=_scope("vacia", "otra"))
    assert backup.complete
    assert (backup.path / "vacia.json").read_text() == "[]\n"
    assert set(backup.proven().collections) == {"otra", "vacia"}
    assert len(any_world.whole(backup)) == 2


def _scope(*collections: str) -> Scope:
    return Scope(collections=collections)


@pytest.mark.parametrize("text", ["x", "\x01", "é"])
def test_a_document_of_one_mebibyte(any_world: World, text: str) -> None:
    size = len(text.encode())
    any_world.write("grandes/1", t=text * ((2**20 - 200) // size))
    any_world.write("grandes/2", b=b"\xff" * (2**20 - 200))
    check(any_world)


@pytest.mark.slow
def test_a_document_of_as_many_values_as_fit(any_world: World) -> None:
    any_world.write("grandes/1", t=[b""] * 100_000)
    any_world.write("grandes/2", **{f"c{n}": {"v": None} for n in range(10_000)})
    check(any_world)


def test_a_named_database(any_world: World) -> None:
    any_world.write("invoices/1")
    any_world.database = "segunda"
    any_world.write("otra/1", "otra/2")
    assert set(check(any_world)) == {"otra"}
    assert any_world.backups()[0].proven().source == any_world.source


def test_any_json_reader_reads_it(any_world: World) -> None:
    any_world.write("invoices/1", "invoices/1/items/0", "invoices/2", _id="campo", total=1180.0)
    folder = any_world.back_up().path
    invoices = json.loads((folder / "invoices.json").read_text(encoding="utf-8"))
    assert [(i["_id"], i["total"], i["_fields"], len(i["_items"])) for i in invoices] == [
        ("1", 1180.0, {"_id": "campo"}, 1),
        ("2", 1180.0, {"_id": "campo"}, 0),
    ]
