"""diff, history and show as a user meets them: texts, JSON, exit codes, reads."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from facot_backups.emulator.faults import Fault
from tests.end_to_end.world import World

MISSING = ["invoices/9", "zonas/1"]


@pytest.fixture
def changed(world: World) -> str:
    """A backup, and a database that went on: one added, one removed, one changed, two equal."""
    world.write("clients/1", n=1, total=5)
    world.run("run")
    world.write("clients/1", n=1, total=5.0, note="ñ\x1b[31m")
    world.delete("invoices/1/items/0")
    world.write("clients/2")
    return world.published()[0]


def test_differences_with_the_live_database(world: World, changed: str) -> None:
    ran = world.run("diff", "latest", "live")
    assert ran.code == 0
    assert changed in ran.out
    for line in (
        "~ clients/1",
        '    note                     (no estaba) → "ñ\\u001b[31m"',
        "    total                    5 (entero) → 5.0 (decimal)",
        '+ clients/2  {"n": 1}',
        '− invoices/1/items/0  {"n": 1}',
        "Dentro de otros documentos, como las líneas de una factura: 1 de 3.",
        "Además, 2 documentos iguales.",
    ):
        assert line in ran.out.splitlines(), ran.out
    backwards = world.run("diff", "live", changed)
    assert '+ invoices/1/items/0  {"n": 1}' in backwards.out


def test_documents_are_told_as_people_call_them(world: World) -> None:
    """Not as JSON in the order of the alphabet, cut before the number, the client and the total."""
    invoice = {
        "attachment_path": "", "company_id": 1, "invoice_date": "2024-11-27", "currency": "RD$",
        "invoice_number": "B0100000021", "third_party_name": "Ferretería Núñez", "total_amount": 1180.0,
    }  # fmt: skip
    world.write("invoices/21", **invoice)
    world.write("invoices/22", **{**invoice, "invoice_number": "B0100000022"})
    world.run("run")
    world.delete("invoices/21")
    world.write("invoices/22", **{**invoice, "invoice_number": "B0100000022", "total_amount": 118.0})
    out = world.run("diff", "latest", "live").out
    lines = out.splitlines()
    assert "− invoices/21  B0100000021 · Ferretería Núñez · 27/11/2024 · RD$ 1,180.00" in lines
    assert "{" not in out  # nothing more of it: no JSON that is cut somewhere
    at = lines.index("~ invoices/22  B0100000022 · Ferretería Núñez · 27/11/2024")
    assert lines[at + 1] == "    total_amount             1180.0 → 118.0"


def test_what_has_only_a_day_and_an_amount_is_told_by_its_content(world: World) -> None:
    world.run("run")
    world.write("gastos/1", date="2024-11-27", amount=5.0, note="ñ")
    lines = world.run("diff", "latest", "live").out.splitlines()
    at = lines.index("+ gastos/1  27/11/2024 · 5.00")
    assert lines[at + 1] == '    {"amount": 5.0, "date": "2024-11-27", "note": "ñ"}'


def test_the_json_of_a_diff(world: World, changed: str) -> None:
    report = world.run("diff", changed, "live", "--json").report
    assert (report["success"], report["exit_code"], report["unknown"]) == (True, 0, {})
    assert (report["left"]["name"], report["right"]["name"]) == (changed, "live")
    assert report["right"]["read_time"] > report["left"]["read_time"]
    assert report["collections"]["clients"] == {
        "added": 1, "removed": 0, "changed": 1, "equal": 0, "unknown": 0,
    }  # fmt: skip
    assert report["total"] == {"added": 1, "removed": 1, "changed": 1, "equal": 2, "unknown": 0}
    assert report["changes"][0] == {
        "kind": "changed",
        "path": "clients/1",
        "fields": [
            {"field": "note", "path": ["note"], "old": None,
             "new": {"value": "ñ\x1b[31m", "type": "string"}},
            {"field": "total", "path": ["total"], "old": {"value": 5, "type": "integer"},
             "new": {"value": 5.0, "type": "double"}},
        ],
    }  # fmt: skip
    assert "changes" not in world.run("diff", changed, "live", "--json", "--stat").report
    same = world.run("diff", changed, "latest", "--json").report
    assert (same["changes"], same["total"]["equal"]) == ([], 4)


def test_only_the_counts(world: World, changed: str) -> None:
    out = world.run("diff", changed, "live", "--stat", "--collection", "clients", "--collection", "no").out
    assert "clients/1" not in out
    assert ["clients", "1", "0", "1", "0"] in [line.split() for line in out.splitlines()]
    assert "invoices" not in out
    assert "Dentro de otros" not in out
    assert "Ninguno de los dos tiene la colección no." in out


def test_no_difference_is_said(world: World) -> None:
    world.run("run")
    assert "Sin diferencias en 3 documentos." in world.run("diff", "latest", "live").out


def test_a_partial_backup_deletes_nothing(world: World, changed: str) -> None:
    world.run("run", "--collection", "clients")
    partial = world.published()[1]
    out = world.run("diff", changed, partial).out
    assert "invoices/" not in out
    assert "Sin comparar: companies, invoices, " in out
    assert f"(fuera de lo que abarca {partial})." in out
    # Only what the backup covers is read: two documents and the probe.
    before = reads(world)
    world.run("diff", partial, "live")
    assert reads(world) - before == 3


def reads(world: World) -> int:
    return sum(attempt.reads for attempt in world.store().state.tries(world.folder))


def test_a_budget_refuses_before_it_reads(
    world: World, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = reads(world)
    monkeypatch.setenv("BACKUP_MAX_READS", str(before + 4))
    world.run("diff", changed, "live").failed(2, "La comparación necesita", "max_reads")
    assert reads(world) - before == 2  # the probe and the count
    monkeypatch.setenv("BACKUP_MAX_READS", str(before + 9))
    assert world.run("diff", changed, "live").code == 0


def test_a_collection_that_firestore_refuses_is_unknown(world: World, changed: str) -> None:
    world.server.local.add_fault(
        Fault("RunQuery", "error", collection="invoices", code=grpc.StatusCode.PERMISSION_DENIED)
    )
    ran = world.run("diff", changed, "live", "--json")
    assert (ran.code, ran.report["exit_code"], ran.report["success"]) == (3, 3, False)
    assert list(ran.report["unknown"]) == ["invoices"]
    assert [change["path"] for change in ran.report["changes"]] == ["clients/1", "clients/2"]
    assert ran.report["collections"]["invoices"]["removed"] == 0


def test_a_server_that_is_gone_is_known_at_once(world: World, changed: str) -> None:
    scans = world.server.local.script.calls("RunQuery")
    world.server.local.add_fault(Fault("*", "error", code=grpc.StatusCode.UNAVAILABLE))
    world.run("diff", changed, "live").failed(10, "Firestore no disponible")
    # A scan would be tried again for a minute.
    assert world.server.local.script.calls("RunQuery") == scans


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("diff", "live", "live"), 2, "misma base de datos"),
        (("diff", "2020-01-01", "live"), 12, "No hay ningún backup"),
        (("history", "invoices"), 2, "no es la ruta de un documento"),
        (("show", "latest", "invoices/__x__"), 2, "no es la ruta de un documento"),
        (("show", "2020-01-01", "invoices/1"), 12, "No hay ningún backup"),
    ],
)
def test_what_cannot_be(world: World, words: tuple[str, ...], code: int, said: str) -> None:
    world.run("run")
    world.run(*words).failed(code, said)


def test_damage_is_told_in_one_object(world: World, changed: str) -> None:
    world.run("run")
    file = world.folder / changed / "clients.json"
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b'"total":5}', b'"total":6}'))
    newer = world.published()[1]
    for words in (("diff", changed, newer), ("show", changed, "clients/1")):
        ran = world.run(*words, "--json")
        assert (ran.code, ran.report["exit_code"]) == (20, 20)
        assert f"{changed}/clients.json" in ran.report["error"]


def test_a_document_with_its_types(world: World) -> None:
    world.write("clients/1", data=b"\0a", total=1.0, _x=1)
    world.run("run")
    out = world.run("show", "latest", "clients/1").out
    head, body = out.split("\n", 1)
    assert head.startswith("clients/1  (")
    assert json.loads(body) == {"_x": 1, "data": {"bytes": "AGE="}, "total": 1.0}
    assert "Dentro: items (1 documento)" in world.run("show", "latest", "invoices/1").out
    report = world.run("show", "latest", "clients/1", "--json").report
    assert report["document"] == {
        "_id": "1", "data": "AGE=", "total": 1.0, "_fields": {"_x": 1}, "_types": {"data": "bytes"},
    }  # fmt: skip
    assert world.run("show", "latest", "invoices/2", "--json").report["subcollections"] == {"items": 0}


def test_what_is_not_there_is_absent_or_unknown(world: World, changed: str) -> None:
    world.run("run", "--collection", "clients")
    partial = world.published()[1]
    expected: list[tuple[str, str, str]] = [
        (changed, "invoices/9", "absent"),
        (partial, "invoices/1", "unknown"),
        (changed, "invoices/1/items/9", "absent"),
    ]
    for backup, path, state in expected:
        ran = world.run("show", backup, path, "--json")
        assert (ran.code, ran.report["state"], ran.report["document"]) == (12, state, None)
    assert "no existía en el backup" in world.run("show", changed, "invoices/9").err
    assert "No se sabe si «invoices/1»" in world.run("show", partial, "invoices/1").err


def test_a_missing_parent_tells_what_is_below_it(world: World) -> None:
    world.delete("invoices/1")
    world.run("run")
    ran = world.run("show", "latest", "invoices/1")
    assert (ran.code, ran.out) == (12, "")
    assert "pero hay documentos debajo: items (1 documento)" in ran.err


def test_a_story(world: World, changed: str) -> None:
    world.run("run")
    world.delete("clients/1")
    world.run("run", "--collection", "invoices")
    world.run("run")
    first, second, partial, last = world.published()
    ran = world.run("history", "clients/1")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "clients/1  en 4 backups"
    assert lines[1] == f"  {first}  ya existía"
    assert lines[2] == f"  {second}  cambiado (entre {first} y {second})"
    assert "      total                    5 (entero) → 5.0 (decimal)" in lines
    assert f"  {last}  borrado (entre {second} y {last})" in lines
    assert lines[-1] == f"  {partial}: está fuera de lo que abarca el backup"
    report = world.run("history", "clients/1", "--json").report
    assert [chapter["event"] for chapter in report["chapters"]] == ["first", "changed", "deleted"]
    assert report["chapters"][1]["before"]["name"] == first
    assert report["chapters"][1]["fields"][1]["field"] == "total"
    assert report["chapters"][2]["document"] is None
    assert [seen["name"] for seen in report["unknown"]] == [partial]


@pytest.mark.parametrize("path", MISSING)
def test_what_no_backup_holds(world: World, path: str) -> None:
    assert world.run("history", path).code == 12
    world.run("run")
    ran = world.run("history", path)
    assert ran.code == 12
    assert "Ningún backup lo tiene." in ran.out
    report: dict[str, Any] = world.run("history", path, "--json").report
    assert (report["exit_code"], report["chapters"][0]["event"]) == (12, "absent")


def test_an_invoice_by_its_number(world: World) -> None:
    emitted = {"company_id": 1, "invoice_type": "emitida"}
    world.write("invoices/21", **emitted, invoice_number="b01-00000021")
    world.write("invoices/22", **emitted, invoice_number="", ncf="E310000000022")
    world.write("invoices/23", **{**emitted, "company_id": 2}, invoice_number="E310000000022")
    assert world.run("run", "--quiet").code == 0
    first = world.published()[-1]
    world.delete("invoices/21")
    assert world.run("run", "--quiet").code == 0
    assert world.run("show", first, "B0100000021", "--json").report["path"] == "invoices/21"
    story = world.run("history", "B01 00000021", "--json").report
    assert (story["path"], [one["event"] for one in story["chapters"]]) == (
        "invoices/21", ["first", "deleted"],
    )  # fmt: skip
    world.run("show", "latest", "B0100000021").failed(12, "Ninguna factura lleva el NCF B0100000021")
    restored = world.run("restore", first, "--document", "b0100000021", "--yes", "--json").report
    assert (restored["success"], restored["created"]) == (True, 1)
    assert "invoices/21" not in world.run("diff", first, "live").out
    world.run("history", "E310000000099").failed(12, "E310000000099")
    world.run("show", "latest", "E310000000022").failed(
        2, "invoices/22 (emitida, empresa 1), invoices/23 (emitida, empresa 2)"
    )
