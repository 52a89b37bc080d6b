"""`audit` as a user meets it: text, JSON, a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from facot_backups.emulator.sample import Business, documents
from facot_backups.operations.audit.csv_table import CsvTable, cell, list_separator
from facot_backups.operations.audit.findings import KINDS, Finding
from tests.end_to_end.world import World

HOSTILE = '=HYPERLINK("http://example.do";"Pulse")'


@pytest.fixture
def shop(world: World) -> World:
    """A backup with a number used twice, a counter that is behind, and a hostile invoice."""
    world.delete("invoices/1", "invoices/2", "invoices/1/items/0")
    world.write("companies/1", id=1)
    emitted = {"company_id": 1, "invoice_type": "emitida", "rnc": "131246796", "invoice_date": "2024-11-27"}
    for name in ("101", "102"):
        world.write(f"invoices/{name}", **emitted, invoice_number="B0100000163")
    world.write("invoices/103", **emitted, invoice_number=HOSTILE)
    world.write("invoices/104", **{**emitted, "invoice_type": "gasto", "rnc": "131246797"})
    world.write("sequences/1ncfB01", current=150)
    assert world.run("run", "--create", "--quiet").code == 0
    return world


def test_the_text_groups_what_it_finds(shop: World) -> None:
    ran = shop.run("audit")
    assert (ran.code, "Traceback" in ran.err) == (22, False)
    places = [ran.out.index(word) for word in ("ERRORES", "AVISOS", "En total: 3 errores, 1 aviso y 0 notas")]
    assert places == sorted(places)
    assert (
        "El NCF B0100000163 de la empresa 1 está en 2 facturas\n      invoices/101, invoices/102" in ran.out
    )
    assert "va por 150, y ya hay una factura con el B0100000163" in ran.out
    assert KINDS["tax_id"] in ran.out and "El RNC 131246797 tiene mal el dígito verificador" in ran.out


def test_documents_but_no_invoice_are_not_said_to_be_right(world: World) -> None:
    world.delete("invoices/1", "invoices/2")  # a line is left, of an invoice that is gone
    world.write("categories/1", name="Cemento")
    world.run("run", "--quiet")
    ran = world.run("audit")
    assert ran.code == 0
    assert "no guarda ninguna factura" in ran.out
    assert "todo cuadra" not in ran.out


def test_documents_that_are_not_named_are_counted(shop: World) -> None:
    shop.write(*(f"third_parties/{n}" for n in range(6)), rnc="131246797")
    shop.run("run", "--quiet")
    out = shop.run("audit").out
    assert "El RNC 131246797 tiene mal el dígito verificador (en 7 documentos)\n" in out
    assert "      invoices/104, third_parties/0, third_parties/1 y 4 más\n" in out


def test_the_json_has_every_finding(shop: World) -> None:
    report = shop.run("audit", "latest", "--json").report
    assert (report["success"], report["exit_code"], report["errors"]) == (False, 22, 3)
    assert len(report["findings"]) == report["errors"] + report["warnings"] + report["notes"]
    duplicate = next(one for one in report["findings"] if one["kind"] == "duplicate_ncf")
    assert (duplicate["ncf"], duplicate["company"]) == ("B0100000163", "1")
    assert duplicate["documents"] == ["invoices/101", "invoices/102"]


def test_the_table_opens_in_a_spreadsheet(shop: World, tmp_path: Path) -> None:
    file = tmp_path / "auditoría.csv"
    ran = shop.run("audit", "--csv", str(file))
    assert ran.code == 22 and str(file) in ran.out
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["Gravedad"] for row in rows].count("Error") == 3
    assert [row["Tipo"] for row in rows if row["Gravedad"] == "Error"] == [
        KINDS[kind] for kind in ("duplicate_ncf", "counter_behind", "malformed_ncf")
    ]
    assert rows[-1]["Gravedad"] == "Aviso"
    assert {row["NCF"] for row in rows} == {"B0100000163", "B01", f"'{HOSTILE}", ""}
    assert "dígito" in data.decode("utf-8-sig")


def test_a_sound_backup_ends_with_zero(world: World) -> None:
    world.delete("invoices/1", "invoices/2", "invoices/1/items/0")
    world.write("companies/1", id=1)
    invoice = {"company_id": 1, "invoice_type": "gasto", "invoice_number": "B0100000163", "rnc": "131246796"}
    world.write("invoices/1", **invoice, invoice_date="2024-11-27")
    assert world.run("run", "--create", "--quiet").code == 0
    ran = world.run("audit")
    assert (ran.code, "Sin hallazgos: todo cuadra." in ran.out) == (0, True)
    assert world.run("audit", "--json").report["findings"] == []


def test_what_cannot_be(shop: World, tmp_path: Path) -> None:
    shop.run("audit", "1999-01-01").failed(12, "1999-01-01")
    ran = shop.run("audit", "--csv", str(tmp_path / "no" / "a.csv"), "--json")
    ran.failed(2, "a.csv")
    assert ran.report["exit_code"] == 2
    assert not list(tmp_path.rglob("*.csv")) and not list(tmp_path.rglob(".tmp-*"))


def test_the_planted_duplicate_is_found(world: World) -> None:
    """The demonstration's business: its planted numbers, and its own mess told apart."""
    made = documents(Business(invoices=60, duplicate_ncf=True, project=world.server.project))
    world.server.write(list(made), world.source.database)
    assert world.run("run", "--create", "--quiet").code == 0
    report = world.run("audit", "--json").report
    kinds = {one["kind"] for one in report["findings"] if one["severity"] == "error"}
    assert "duplicate_ncf" in kinds
    assert kinds <= {"duplicate_ncf", "malformed_ncf", "unknown_company"}  # the world's own lone invoices


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "  =1", "\t=1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text).startswith(("'", "\\u"))


_HOSTILE = st.lists(st.sampled_from([*",;|\t\r\n\"= +-@＝'ax1"]), max_size=12).map("".join)


@pytest.mark.parametrize("written", [",", ";", "|", "\t"])
@given(texts=st.lists(_HOSTILE, min_size=4, max_size=4))
@example(texts=["x;=1+1", "x,=1+1", "x|-1", 'x;"=1+1'])
def test_no_cell_is_a_formula_wherever_a_spreadsheet_cuts(written: str, texts: list[str]) -> None:
    message, ncf, company, document = texts
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.csv"
        with CsvTable(file, written) as table:
            table.add(Finding("note", "gap", message, (document,), company, ncf))
        text = file.read_text("utf-8-sig")
    for read in ",;|\t":
        cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=read) for cell in row]
        cells += [cell for line in text.splitlines() for cell in line.split(read)]  # quotes mean nothing
        assert not [cell for cell in cells if cell.strip(' "').startswith((*"=+-@＝",))]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows no tiene permisos de este tipo")
def test_only_its_owner_can_read_the_table(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("antes")
    file.chmod(0o644)
    with CsvTable(file):
        pass
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_cell_is_one_line() -> None:
    assert cell("a\r\n=1\x1b[2J\u202e") == "a\\u000d\\u000a=1\\u001b[2J\\u202e"


def test_the_separator_of_the_region(tmp_path: Path) -> None:
    assert list_separator() in (",", ";", "|", "\t")
    file = tmp_path / "a.csv"
    with CsvTable(file, ";") as table:
        table.add(Finding("note", "gap", 'uno; "dos"', ("invoices/1",), "1", "B01"))
    assert file.read_text("utf-8-sig").splitlines()[1] == (
        'Nota;Números saltados;1;B01;"uno; ""dos""";invoices/1;1'
    )


def test_a_failed_audit_leaves_the_old_table(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("antes")
    with pytest.raises(KeyError), CsvTable(file):
        raise KeyError
    assert file.read_text() == "antes"
