"""The documents of a backup as the panel shows them: found, opened, in words; changes in words. No Qt."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from facot_backups.archive.reader import Backup
from facot_backups.errors import DamagedBackup, Interrupted
from facot_backups.events import ignore
from facot_backups.model import Document, path_key
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.comparison.changes import field_changes
from facot_backups.operations.search.key import fold
from facot_backups.ui.desktop.documents import browse_task
from facot_backups.ui.desktop.documents.browse_task import index_documents, open_document
from facot_backups.ui.desktop.documents.index import DocumentIndex
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.texts import change as change_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.document import Node
from tests.support.archives import HandClock, run

ZONE = timezone(timedelta(hours=-4))
_NAMES = ("Ana Núñez", "ANA NUNEZ", "Peña & Hijos", "1-30-15455-4", "809 555-7737", "línea\nrota", "", "ﬁn")


def _session(folder: Path) -> Session:
    return Session({"backup_dir": folder}, clock=HandClock(local=ZONE), environ={"HOME": str(folder)})


def _publish(session: Session, documents: list[Document]) -> Backup:
    with session.store().locked() as locked:
        return run(locked, sorted(documents, key=lambda one: path_key(one.path)))


def _some(count: int) -> Iterator[Document]:
    """Documents of several shapes: nested ones, missing ones, odd ids."""
    chance = random.Random(7)
    for number in range(count):
        identity = chance.choice((f"{number}", f"__id{number + 1}__", f"Ñ {number}", f"10-{number}"))
        path = (chance.choice(("facturas", "items", "o tros")), identity)
        fields = {"name": chance.choice(_NAMES), "n": chance.choice((5, 123456, True, 2.5, None))}
        below = chance.randrange(3)
        missing = below > 0 and not number % 5
        yield Document(
            path, {} if missing else dict(sorted(fields.items())), None, "missing" if missing else None
        )
        for line in range(below):
            yield Document((*path, "lines", str(line)), {"description": f"Cosa {chance.randrange(9)}"})


def _all(session: Session, backup: Backup) -> tuple[DocumentIndex, list[Document]]:
    index = index_documents(session, ignore, Stop(), str(backup.name))
    kept = [one for collection in backup.proven().files for one in backup.documents(collection)]
    return index, sorted(kept, key=lambda one: path_key(one.path))


def test_the_index_finds_what_a_slow_look_at_all_finds(tmp_path: Path, state_dir: Path) -> None:
    session = _session(tmp_path)
    backup = _publish(session, list(_some(300)))
    index, documents = _all(session, backup)
    assert [index.row(number).path for number in range(len(index))] == [one.path for one in documents]
    assert [index.row(number).missing for number in range(len(index))] == [
        bool(one.mark) for one in documents
    ]
    texts = [
        fold(" ".join(("/".join(one.path[-2:]), *(str(v) for v in one.fields.values())))) for one in documents
    ]
    for word in ("ana", "nunez", "PEÑA", "123456", "10-1", "facturas/1", "cosa 3", "rota", "fin", "nadie"):
        wanted = [
            number for number, text in enumerate(texts) if all(part in text for part in fold(word).split())
        ]
        found = list(index.search(word, Stop(), nested=True))
        if word != "10-1":  # without its dash it is also in other numbers
            assert found == wanted, word
        assert set(wanted) <= set(found)
        assert list(index.search(word, Stop())) == [n for n in found if len(documents[n].path) == 2]
        only = list(index.search(word, Stop(), collection="items", nested=True))
        assert only == [number for number in found if documents[number].path[0] == "items"]
    assert len(index.search("1-30-15455-4", Stop(), nested=True)) == len(
        index.search("130154554", Stop(), nested=True)
    )
    stopped = Stop()
    stopped.request()
    with pytest.raises(Interrupted):
        index.search("", stopped)


def test_a_document_is_opened_where_it_lies_with_all_that_is_in_it(
    tmp_path: Path, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = _session(tmp_path)
    backup = _publish(session, list(_some(200)))
    index, documents = _all(session, backup)
    for number, document in enumerate(documents):
        at_once = open_document(session, ignore, Stop(), str(backup.name), document.path, index.place(number))
        assert at_once is not None and at_once.missing == (document.mark is not None)
        below = [one for one in documents if one.path[:2] == document.path and one.path != document.path]
        nodes = [node for node in at_once.nodes if node.kind == "subcolección"]
        assert [child.path for node in nodes for child in node.children] == [one.path for one in below]
        if not number % 20:
            assert open_document(session, ignore, Stop(), str(backup.name), document.path) == at_once
    assert open_document(session, ignore, Stop(), str(backup.name), ("items", "nada")) is None
    assert open_document(session, ignore, Stop(), str(backup.name), ("otra", "nada")) is None
    monkeypatch.setattr(browse_task, "SHOWN_BELOW", 1)
    two = next(one.path[:2] for one in documents if one.path[-1] == "1" and len(one.path) == 4)
    assert (
        view := open_document(session, ignore, Stop(), str(backup.name), two)
    ) is not None and view.more == 1


def test_an_old_folder_is_browsed_and_damage_refused(tmp_path: Path, state_dir: Path) -> None:
    session = _session(tmp_path)
    old = tmp_path / "2024-01-02"
    old.mkdir()
    rows = [
        {"name": "Béla", "_items": [{"description": "uno", "_id": "0"}], "_id": "9"},
        {"name": "Ada", "_id": "1"},
    ]
    (old / "invoices.json").write_text(json.dumps(rows))
    (old / "clients.json").write_text("[]")
    index = index_documents(session, ignore, Stop(), old.name)
    assert [index.row(n).path[1] for n in index.search("", Stop())] == ["1", "9"]
    (bela,) = index.search("bela", Stop())
    view = open_document(session, ignore, Stop(), old.name, index.row(bela).path, index.place(bela))
    assert (
        view is not None
        and view.moment is None
        and view.nodes[-1].children[0].path == ("invoices", "9", "items", "0")
    )
    backup = _publish(session, [Document(("items", "a"), {"name": "bien"})])
    file = backup.path / backup.proven().files["items"].file
    file.parent.chmod(0o700)
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b"bien", b"mal!"))
    with pytest.raises(DamagedBackup, match="SHA-256"):
        index_documents(session, ignore, Stop(), str(backup.name))


_VALUES: list[tuple[str, Any, Any, str, str]] = [
    ("total_amount", 1180.0, None, "RD$ 1,180.00", "decimal"),
    ("total_amount", -5, None, "−RD$ 5.00", "entero"),
    ("quantity", 2.5, None, "2.5", "decimal"),
    ("company_id", 145236, None, "145236", "entero"),
    ("x", True, None, "Sí", "sí/no"),
    ("x", None, None, "(vacío)", "nulo"),
    ("x", "NaN", "double", "NaN (no es un número)", "decimal"),
    ("x", "-Infinity", "double", "−∞", "decimal"),
    ("x", "2026-03-01T03:30:05.123456Z", "timestamp", "28/02/2026 23:30:05", "fecha y hora"),
    ("x", "0001-01-01T00:00:00.000000Z", "timestamp", "0001-01-01T00:00:00.000000Z", "fecha y hora"),
    ("x", "YWJj", "bytes", "3 bytes", "bytes"),
    ("x", {"latitude": 18.4, "longitude": -69.9}, "geopoint", "18.4, -69.9", "coordenadas"),
    ("x", "companies/1", "reference", "companies / 1", "referencia"),
    ("x", [1.0, 2.0], "vector", "2 números", "vector"),
    ("x", ["a"], None, "1 elemento", "lista"),
    ("x", {}, None, "0 campos", "datos"),
    ("x", "una\nlínea\u202e", None, "una ⏎ línea\\u202e", "texto"),
]


@pytest.mark.parametrize(("name", "value", "types", "shown", "kind"), _VALUES)
def test_a_value_in_words(name: str, value: Any, types: Any, shown: str, kind: str) -> None:
    document = Document(("a", "1"), {"currency": "RD$", name: value}, {name: types} if types else None)
    node = next(node for node in document_words.field_nodes(document, ZONE) if node.name == name)
    assert (node.value, node.kind) == (shown, kind)
    assert node.path == (("companies", "1") if types == "reference" else None)


def test_a_list_shows_the_day_in_any_of_its_spellings() -> None:
    for text in (
        "2026-02-28",
        "28/02/2026",
        "2026/02/28",
        "28-02-2026",
        "2026-02-28T23:30:00.5",
        "2026-2-28 07:00:00",
    ):
        assert (
            document_words.summary(Document(("a", "1"), {"invoice_date": text}), ZONE).date == "28/02/2026"
        ), text
    shown = document_words.summary(Document(("a", "1"), {"ncf": " ", "code": "A1", "rnc": None}), ZONE)
    assert dataclasses.astuple(shown) == ("A1", "", "", "", "")


def test_changes_name_their_place_and_both_values() -> None:
    old = Document(("a", "1"), {"currency": "RD$", "items": [{"unit_price": 1.0}], "rnc": "5", "z": 1})
    new = Document(("a", "1"), {"currency": "RD$", "items": [{"unit_price": 2.5}], "name": "x", "rnc": 5})
    lines = change_words.lines(field_changes(old, new), new, ZONE)
    assert [(line.label, line.old, line.new, line.tip) for line in lines] == [
        ("Nombre", "(no estaba)", "x", "name"),
        ("RNC", "5 (texto)", "5 (entero)", "rnc"),
        ("Líneas, 1.º: Precio unitario", "RD$ 1.00", "RD$ 2.50", "items[0].unit_price"),
        ("z", "1", "(ya no está)", "z"),
    ]
    many = Document(("a", "1"), {f"f{number}": number for number in range(300)})
    lines = change_words.lines(field_changes(Document(("a", "1"), {}), many), many, ZONE, whole=True)
    assert len(lines) == change_words.SHOWN_FIELDS + 1 and "100 campos más" in lines[-1].label
    assert lines[0].old == ""


def test_a_tree_as_text() -> None:
    nodes = [
        Node("Total", "RD$ 1.00", "decimal", tip="1.0", name="total"),
        Node("L", "1", "lista", (Node("[0]", "a", "texto"),)),
    ]
    assert document_words.as_text(nodes) == "total: 1.0\nL: 1\n    [0]: a"
