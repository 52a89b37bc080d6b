"""The scripts that restore by hand: FACOT's own, to the letter, and the one of docs/restaurar.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import firebase_admin
import firebase_admin.credentials
import pytest
from google.cloud.firestore import Client

from facot_backups import BackupRunner
from facot_backups.emulator import encode
from facot_backups.emulator.load import delete_documents
from tests.docs import pages
from tests.docs.place import Place

# The lines that FACOT's guide prints.
FACOT = """
import json
from firebase_admin import firestore

db = firestore.client()

# Restaurar una colección
with open('backups/2024-11-27/companies.json', 'r') as f:
    companies = json.load(f)

for company in companies:
    doc_id = company.pop('_id')
    db.collection('companies').document(doc_id).set(company)
"""
[OURS] = [
    block.text for block in pages.blocks(pages.PROJECT / "docs/restaurar.md") if block.language == "python"
]
PLAIN: dict[str, dict[str, Any]] = {
    "1": {"name": "Compañía Peña & Núñez, S.R.L. ✓", "rnc": "101010101", "show_logo": True, "font_size": 12},
    "145236": {"header_lines": ["Línea «uno»", ""], "margins": {"top": 1.5, "bottom": 0.0}, "logo": None},
}


@pytest.fixture
def backed_up(place: Place) -> Iterator[Place]:
    """A backup of plain companies; then one of them is deleted and one is changed. FACOT's app is there."""
    client = place.server.client()
    gone = [snapshot.reference.path for snapshot in client.collection("companies").stream()]
    delete_documents(place.server.host, gone, place.server.project)
    place.server.write((f"companies/{name}", encode.fields(fields)) for name, fields in PLAIN.items())
    assert BackupRunner().run_backup("2024-11-27")["success"]
    client.collection("companies").document("1").delete()
    client.collection("companies").document("145236").set({"roto": True})
    certificate = firebase_admin.credentials.Certificate("firebase-credentials.json")
    firebase_admin.initialize_app(certificate)
    try:
        yield place
    finally:
        for left in list(firebase_admin._apps.values()):  # a script may have made another
            firebase_admin.delete_app(left)


def companies(client: Client) -> dict[str, Any]:
    return {snapshot.id: snapshot.to_dict() for snapshot in client.collection("companies").stream()}


def execute(script: str) -> None:
    exec(compile(script, "script", "exec"), {"__name__": "__main__"})


def test_facots_script_restores_plain_documents(backed_up: Place) -> None:
    execute(FACOT)
    assert companies(backed_up.server.client()) == PLAIN


def test_our_script_restores_plain_documents(
    backed_up: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    firebase_admin.delete_app(firebase_admin.get_app())  # it makes its own
    execute(OURS)
    assert companies(backed_up.server.client()) == PLAIN
    assert capsys.readouterr().out == ""


def test_our_script_says_what_it_leaves(backed_up: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of ours becomes a field, and nothing that did not exist is created."""
    file = backed_up.folder / "backups/2024-11-27/companies.json"
    rows = [
        {"_id": "a", "n": 1, "when": "2024-11-27T02:00:05.000000Z", "_types": {"when": "timestamp"}},
        {"_id": "b", "_missing": True, "_items": [{"_id": "0"}]},
        {"_id": "c", "_unread": True, "_items": [{"_id": "0"}]},
        {"_id": "d", "n": 2, "_fields": {"_x": 1}, "_items": []},
    ]
    file.chmod(0o600)
    file.write_text(json.dumps(rows), encoding="utf-8")
    firebase_admin.delete_app(firebase_admin.get_app())
    execute(OURS)
    found = companies(backed_up.server.client())
    assert {name: found[name] for name in found if name not in PLAIN} == {
        "a": {"n": 1, "when": "2024-11-27T02:00:05.000000Z"},
        "d": {"n": 2},
    }
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(";")[0] for line in lines] == [
        "a: no se restauró del todo (_types)",
        "d: no se restauró del todo (_fields)",
    ]
