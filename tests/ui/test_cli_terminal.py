"""The commands on a real terminal of 80 columns: nothing is cut, no line breaks where it should not."""

from __future__ import annotations

import sys

import pytest

from tests.end_to_end.world import World
from tests.support.terminal import Shown, on_terminal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows no tiene pseudoterminales de este tipo"),
]

WIDTH = 80
COMMANDS = (
    "list", "status", "stats", "verify", "audit", "history invoices/1732654800021", "find nuñez",
    "show latest invoices/1732654800030", "show latest invoices/9",
    "diff latest live", "diff latest live --stat", "run --dry-run", "cleanup --dry-run", "run",
)  # fmt: skip


@pytest.fixture
def office(world: World) -> World:
    """A backup with an invoice that is gone now, one with a wrong RNC; a drill; a restore's own backup."""
    invoice = {
        "company_id": 1, "invoice_type": "emitida", "invoice_date": "2024-11-27", "currency": "RD$",
        "invoice_number": "B0100000021", "third_party_name": "Ferretería y Materiales Núñez SRL",
        "rnc": "131246797", "total_amount": 1180.0, "attachment_path": "",
    }  # fmt: skip
    world.write("invoices/1732654800021", **invoice)
    world.write(*(f"invoices/17326548000{n}" for n in range(30, 39)), **invoice)
    world.run("run", "--quiet")
    world.write("invoices/1732654800021", **{**invoice, "total_amount": 118.0})
    world.run("restore", "latest", "--document", "invoices/1732654800021", "--yes")
    world.run("verify", "latest", "--drill")
    world.delete("invoices/1732654800021")
    return world


def shown(world: World, words: str) -> Shown:
    return on_terminal(world.command(*words.split()), world.environment(), world.state.parent, WIDTH)


def test_every_command_fits(office: World) -> None:
    for words in COMMANDS:
        found = shown(office, words)
        assert found.code in (0, 12, 22, 30), (words, found)
        lines = [line.rpartition("\r")[2] for line in found.text.split("\n")]
        # Paths of a test's folder are longer than any line.
        long = [line for line in lines if len(line) > WIDTH and str(office.state.parent) not in line]
        assert long == [], words
        assert "Conectando" not in found.text or words.startswith(("run", "diff")), words


def test_list_tells_everything_in_whole_words(office: World) -> None:
    lines = shown(office, "list").text.splitlines()
    assert lines[0].split() == ["BACKUP", "ESTADO", "LEÍDO", "EL", "DOCS.", "TAMAÑO"]
    assert ".pre-restore  para deshacer  " in lines[2]
    assert "  completo  " in lines[3]
    assert lines[4].startswith(f"✓ {office.published()[0]}  simulacro del ")
    assert lines[4].endswith(": volvió igual")


def test_diff_tells_number_client_and_total(office: World) -> None:
    text = shown(office, "diff latest live").text
    assert (
        "− invoices/1732654800021\n"
        "    B0100000021 · Ferretería y Materiales Núñez SRL · 27/11/2024 · RD$ 1,180.00\n" in text
    )
    assert "invoice_number" not in text
