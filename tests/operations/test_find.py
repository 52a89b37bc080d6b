"""A search over all backups: generated series against a naive reader, words as people write them."""

from __future__ import annotations

import tempfile
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive import document as lines
from facot_backups.archive.store import Store
from facot_backups.clock import SystemClock
from facot_backups.model import Document, DocumentPath, path_key
from facot_backups.operations.search.find import Findings, find
from facot_backups.operations.search.key import query_words, search_key
from facot_backups.state import State
from tests.operations.pairs import Cover, Database, covers, databases, with_field
from tests.operations.test_history import add
from tests.support.archives import document
from tests.support.documents import Typed


def search(root: Path, text: str) -> Findings:
    return find(Store(root, State(root.parent / "state"), SystemClock()), text, UTC)


def matches(one: Document, text: str) -> bool:
    key = search_key(one, UTC)
    return all(word.encode() in key for word in query_words(text))


def expected(
    series: list[tuple[str, Cover, Database]], text: str
) -> dict[DocumentPath, tuple[str, str | None]]:
    """Where each document that ever matched was last seen, and the next backup that would hold it."""
    result: dict[DocumentPath, tuple[str, str | None]] = {}
    for path in {path for _, _, database in series for path in database}:
        held = [(name, cover.content(database).get(path[0], [])) for name, cover, database in series]
        versions = [(name, one) for name, all_of_them in held for one in all_of_them if one.path == path]
        if not any(matches(one, text) for _, one in versions):
            continue
        last = versions[-1][0]
        later = series[[name for name, *_ in series].index(last) + 1 :]
        gone = next((name for name, cover, database in later if cover.knows(path, database)), None)
        result[path] = (last, gone)
    return result


@pytest.mark.slow
@settings(max_examples=60)
@given(databases(5), st.data())
def test_generated_series(series: list[Database], data: st.DataObject) -> None:
    paths = sorted({path for database in series for path in database}, key=path_key)
    named = [
        {path: with_field(one, "name", Typed(f"Peña {'/'.join(path)} {day % 2}")) for path, one in db.items()}
        for day, db in enumerate(series)
    ]
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "backups"
        backups = []
        for day, database in enumerate(named):
            cover = data.draw(covers(paths))
            suffix = "incomplete" if cover.failed else ""
            name = add(root, day, cover.content(database), suffix, **cover.metadata())
            backups.append((name, cover, database))
        for text in ("pena", "PEÑA 1", "ñandú peña", "nada"):
            found = search(root, text)
            told = {
                hit.path: (hit.last_seen.backup, hit.gone_in.backup if hit.gone_in else None)
                for hit in found.hits
            }
            assert told == expected(backups, text)
            assert not found.more and not found.unreadable and found.backups == len(series)


def test_words_as_people_write_them(tmp_path: Path) -> None:
    root = tmp_path / "backups"
    invoice = document(
        "invoices/1731900000000",
        ncf="B0100000163",
        third_party_name="Ferretería Núñez",
        rnc="1-30-15455-4",
        invoice_date="2024-11-18",
        total_amount=1179.9999999999998,
        currency="RD$",
    )
    add(root, 0, {"invoices": [invoice, document("invoices/2", ncf="B0100000999")]})
    for text in (
        "b0100000163",
        "nunez",
        "FERRETERIA núñez",
        "130154554",
        "1,180.00",
        "18/11/2024",
        "1731900000000",
    ):
        (hit,) = search(root, text).hits
        assert hit.path == invoice.path and hit.state == "present"
        assert (hit.shown.number, hit.shown.amount) == ("B0100000163", "RD$ 1,180.00")
    assert not search(root, "núñez 999").hits
    assert not search(root, "   ").hits


def test_what_is_gone_comes_before_the_rest_and_an_exact_number_before_all(tmp_path: Path) -> None:
    root = tmp_path / "backups"
    kept, gone = document("clients/a", name="Marte"), document("clients/b", name="Marta")
    exact = document("clients/c", name="Otra", rnc="mart")
    add(root, 0, {"clients": [kept, gone, exact]})
    add(root, 1, {"clients": [kept, exact]})
    found = search(root, "mart")
    assert [(hit.path[-1], hit.state) for hit in found.hits] == [
        ("c", "present"),
        ("b", "gone"),
        ("a", "present"),
    ]


def test_each_different_line_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "backups"
    many = [document(f"invoices/{number:04}", name=f"Cliente {number}") for number in range(500)]
    for day in range(10):
        many[day] = document(f"invoices/{day:04}", name=f"Cambiado {day}")
        add(root, day, {"invoices": many})
    parsed = 0
    parse_line = lines.parse_line

    def counted(body: bytes, opening: bool) -> lines.ParsedLine:
        nonlocal parsed
        parsed += 1
        return parse_line(body, opening)

    monkeypatch.setattr("facot_backups.archive.raw_lines.parse_line", counted)
    assert len(search(root, "cliente").hits) == 200
    assert parsed <= 500 + 9


def test_a_damaged_backup_is_named_and_the_others_are_searched(tmp_path: Path) -> None:
    root = tmp_path / "backups"
    one = document("clients/a", name="Marta")
    first = add(root, 0, {"clients": [one]})
    second = add(root, 1, {"clients": [one, document("clients/b", name="Otra")]})
    file = root / second / "clients.json"
    file.chmod(0o600)
    file.write_bytes(b'[\n{"_id":"a"')
    found = search(root, "marta")
    assert [hit.last_seen.backup for hit in found.hits] == [first] and found.hits[0].gone_in is None
    assert found.unreadable == (second,)


def test_a_file_that_cannot_be_read_hides_no_equal_one(tmp_path: Path) -> None:
    root = tmp_path / "backups"
    held = {"clients": [document("clients/a", name="Marta")]}
    first, second = add(root, 0, held), add(root, 1, held)
    file = root / second / "clients.json"
    file.unlink()
    file.write_bytes(b'[\n{"_id":"a"')
    found = search(root, "marta")
    assert [hit.last_seen.backup for hit in found.hits] == [first]
    assert found.unreadable == (second,)
