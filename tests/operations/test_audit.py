"""The audit: what each rule finds and what it lets pass, and numbers against a naive count."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from facot_backups.archive.facot2 import open_old
from facot_backups.archive.reader import open_backup
from facot_backups.errors import DamagedBackup
from facot_backups.model import FACOT_COLLECTIONS, Document, DocumentPath, Mark, Scope, TypeTree, path_key
from facot_backups.operations.audit.content import Amounts
from facot_backups.operations.audit.findings import KINDS, SEVERITIES, Finding
from facot_backups.operations.audit.run import Audit, verdict
from facot_backups.operations.comparison.sources import side_of
from tests.support.archives import document
from tests.support.folders import write_backup

RNC = "131246796"


class Memory:
    """Documents as a side that knows everything but the collections in `unknown`."""

    label = "2024-11-27"

    def __init__(self, documents: list[Document], unknown: tuple[str, ...] = ()) -> None:
        self._documents = sorted(documents, key=lambda one: path_key(one.path))
        self._unknown = unknown
        self.passes: Tally[str] = Tally()

    def collections(self) -> list[str]:
        return sorted({one.path[0] for one in self._documents})

    def documents(self, scope: Scope) -> Iterator[Document]:
        self.passes.update(scope.collections or ())
        return (one for one in self._documents if scope.includes(one.path))

    def knows(self, path: DocumentPath) -> bool:
        return path[0] not in self._unknown


def at(path: str, types: TypeTree | None = None, mark: Mark | None = None, **fields: Any) -> Document:
    return Document(tuple(path.split("/")), dict(sorted(fields.items())), types, mark)


def bill(name: str, number: Any, company: Any = 1, kind: str = "emitida", **fields: Any) -> Document:
    given = {"company_id": company, "invoice_number": number, "ncf": number, "invoice_type": kind,
             "rnc": RNC, "invoice_date": "2024-11-27"}  # fmt: skip
    return at(f"invoices/{name}", **{**given, **fields})


def config(prefix: str, last: Any, following: Any, company: Any = 1, name: str = "") -> Document:
    path = f"ncf_sequence_configs/{name or f'{company}_{prefix}'}"
    return at(path, company_id=company, prefix=prefix, last_assigned=last, next_sequence=following)


def findings(*documents: Document, unknown: tuple[str, ...] = ()) -> list[Finding]:
    company = at("companies/1", id=1, rnc=RNC)
    return list(Audit(Memory([company, *documents], unknown)))


def kinds(*documents: Document) -> list[str]:
    """What is found, without what a case has of itself: an invoice without a counter, or no invoice."""
    found = [
        one
        for one in findings(*documents)
        if one.kind != "counter_missing" and "ninguna factura" not in one.message
    ]
    return [f"{one.severity} {one.kind}" for one in found]


def totals(subtotal: Any, itbis: Any, total: Any, *lines: tuple[Any, Any], **fields: Any) -> Document:
    items = [{"quantity": quantity, "unit_price": price} for quantity, price in lines]
    amounts = {"subtotal": subtotal, "itbis": itbis, "total_amount": total, "items": items}
    return bill("1", "B0100000001", **amounts, **fields)


CASES: dict[str, tuple[list[Document], list[str]]] = {
    "sound": ([bill("1", "B0100000001"), bill("2", "E310000000001"), at("sequences/1_meta", v=2)], []),
    "duplicate": ([bill("1", "B0100000001"), bill("2", " b01-00000001", "1")],
                  ["warning malformed_ncf", "error duplicate_ncf", "note mixed_types"]),
    "the same number in two companies": ([bill("1", "B0100000001"), bill("2", "B0100000001", 2),
                                          at("companies/2")], []),
    "long e-NCF used twice": ([bill("1", "E3100000000001"), bill("2", "E310000000001")],
                              ["error malformed_ncf", "error duplicate_ncf"]),
    "old number used twice": ([bill("1", "A010010010100009000"), bill("2", "A010010010100009000")],
                              ["note old_ncf", "note old_ncf", "error duplicate_ncf"]),
    "two suppliers' expenses": ([bill("1", "B0100000001", kind="gasto", rnc=RNC),
                                 bill("2", "B0100000001", kind="gasto", rnc="101010632")], []),
    "an expense twice": ([bill("1", "B0100000001", kind="gasto", rnc=RNC),
                          bill("2", "B0100000001", kind="gasto", rnc="1-31-24679-6")],
                         ["warning duplicate_expense"]),
    "malformed": ([bill("1", "B010000001")], ["error malformed_ncf"]),
    "malformed of a supplier": ([bill("1", "B010000001", kind="gasto")], ["warning malformed_ncf"]),
    "no text": ([bill("1", 7)], ["error malformed_ncf"]),
    "no number": ([bill("1", "")], ["warning missing_ncf"]),
    "an expense without number": ([bill("1", None, kind="gasto")], []),
    "two numbers": ([bill("1", "B0100000001", ncf="B0100000002")], ["warning ncf_mirror"]),
    "gap": ([bill("1", "B0100000001"), bill("2", "B0100000004")], ["note gap"]),
    "counter behind": ([bill("1", "B0100000009"), at("sequences/1ncfB01", current=8)],
                       ["error counter_behind"]),
    "counter in time": ([bill("1", "B0100000009"), at("sequences/1ncfB01", current=9),
                         config("B01", "B0100000009", 10)], []),
    "expense above the counter": ([bill("1", "B0100000009", kind="gasto"),
                                   at("sequences/1ncfB01", current=8)], []),
    "both went back together": ([bill("1", "B0100000009"), config("B01", "B0100000003", 4)],
                                ["error counter_behind"]),
    "next already used": ([config("B01", "B0100000009", 9)], ["error counter_fields"]),
    "next too far": ([config("B01", "B0100000009", 12)], ["warning counter_fields"]),
    "nothing assigned yet": ([config("B01", "", 1)], []),
    "fields against id": ([config("B01", "B0100000009", 10, name="2_B01")], ["warning counter_fields"]),
    "counters differ": ([config("B01", "B0100000009", 10), at("sequences/1_ncf_B01", current=8)],
                        ["warning counters_differ"]),
    "company as number and text": ([config("B01", "B0100000009", 10, "1"),
                                    config("B02", "B0200000009", 10)], ["note mixed_types"]),
    "unknown company": ([bill("1", "B0100000001", 7)], ["error unknown_company"]),
    "no company": ([bill("1", "B0100000001", None)], ["error unknown_company"]),
    "two companies of one RNC": ([at("companies/2", rnc="1-31-24679-6"), at("companies/3", rnc="")],
                                 ["warning shared_rnc"]),
    "company by its own id": ([bill("1", "B0100000001", 7), at("companies/abc", id="7")],
                              ["note mixed_types"]),
    "total": ([totals(100.0, 18.0, 118.02)], ["error total"]),
    "total within a cent": ([totals(100.0, 18.0, 118.01)], []),
    "total of an expense": ([totals(100.0, 18.0, 119.0, invoice_type="gasto")], ["warning total"]),
    "total without itbis, as text": ([totals("100.00", None, "100")], []),
    "no amounts": ([totals("cien", None, float(5))], []),
    "lines": ([totals(100.0, 18.0, 118.0, (2.0, 50.0), (1, 0.03))], ["warning lines"]),
    "lines within a cent each": ([totals(100.0, 18.0, 118.0, (2.0, 50.0), (1, 0.02))], []),
    "lines in pesos": ([totals(100.0, 0, 100.0, (1, 6235.0), exchange_rate=62.35)], []),
    "a line without price": ([totals(100.0, 18.0, 118.0, (2.0, None))], []),
    "lines below": ([totals(100.0, 18.0, 118.0), at("invoices/1/items/0", quantity=1, unit_price=99.0)],
                    ["warning lines"]),
    "orphans": ([at("invoices/1", mark="missing"), at("invoices/1/items/0", n=1)],
                ["warning orphan_items"]),
    "an expense without a number twice": ([bill(name, "S/N", kind="gasto") for name in "12"],
                                          ["warning malformed_ncf"] * 2),
    "an expense twice, its RNC a number": ([bill("1", "B0100000001", kind="gasto", rnc=131246796),
                                            bill("2", "B0100000001", kind="gasto")],
                                           ["warning duplicate_expense", "note mixed_types"]),
    "a number of the buyer's twice": ([bill("1", "B1100000001", kind="gasto"),
                                       bill("2", "b1100000001", kind="gasto", rnc="101010632")],
                                      ["warning malformed_ncf", "error duplicate_ncf"]),
    "petty cash twice": ([bill(name, "B1300000001", kind="gasto", rnc="") for name in "12"],
                         ["error duplicate_ncf"]),
    "neither issued nor paid": ([bill("1", "B0100000001", kind="venta")], ["warning invoice_type"]),
    "fiscal credit for nobody": ([bill("1", "B0100000001", rnc=""), bill("2", "E450000000001", rnc="0-00")],
                                 ["error buyer"] * 2 + ["warning tax_id"]),
    "a special regime for nobody": ([bill("1", "B1400000001", rnc="")], ["warning buyer"]),
    "the client's RNC elsewhere": ([bill("1", "B0100000001", rnc=None, client_rnc=RNC)], []),
    "consumption": ([bill("1", "B0200000001", rnc="", total_amount=249_999.99)], []),
    "much consumption": ([bill("1", "B0200000001", rnc="", total_amount=5000, currency="USD",
                               exchange_rate=62.35)], ["warning buyer"]),
    "credit note for nobody": ([bill("1", "B0400000001", rnc="")], []),
    "dates": ([bill(str(place), f"B010000000{place}", invoice_date=text) for place, text in
               enumerate(("2024-11-27", "27/11/2024", "2024/11/27", "27-11-2024", "2024-11-27T10:00:00Z"))]
              + [at("invoices/9", {"invoice_date": "timestamp"}, company_id=1, invoice_type="gasto",
                    invoice_date="2024-11-27T00:00:00Z")], ["note mixed_types"]),
    "no date": ([bill("1", "B0100000001", invoice_date=" "),
                 bill("2", "B0100000002", invoice_date="31/02/2024")],
                ["warning invoice_date"] * 2),
    "itbis within a cent": ([totals(100.0, 18.01, 118.01)], []),
    "itbis above 18 %": ([totals(100.0, 18.02, 118.02)], ["warning itbis"]),
    "itbis against the subtotal": ([totals(100.0, -18.0, 82.0)], ["warning itbis"]),
    "a credit note in negative": ([bill("1", "B0400000001", subtotal=-100.0, itbis=-18.0,
                                        total_amount=-118.0)], []),
    "exports with itbis": ([bill("1", "B1600000001", subtotal=100.0, itbis=18.0, total_amount=118.0)],
                           ["warning itbis"]),
    "a supplier's special regime": ([bill("1", "B1400000001", kind="gasto", subtotal=100.0, itbis=18.0,
                                          total_amount=118.0)], []),
    "pesos": ([totals(100.0, 18.0, 118.0, currency="RD$", exchange_rate=62.35, total_amount_rd=118.0)], []),
    "pesos that are none": ([totals(100.0, 18.0, 118.0, currency="RD$", total_amount_rd=119.0)],
                            ["warning pesos"]),
    "dollars": ([totals(100.0, 18.0, 118.0, currency="USD", exchange_rate=62.35,
                        total_amount_rd=7357.75)], []),
    "dollars as pesos": ([totals(100.0, 18.0, 118.0, currency="USD", exchange_rate=62.35,
                                 total_amount_rd=118.0)],
                         ["warning pesos"]),
    "dollars without a rate": ([totals(100.0, 18.0, 118.0, currency="USD", total_amount_rd=118.0)],
                               ["warning pesos"]),
    "expenses of consumption": ([bill("1", "B0200000001", kind="gasto"),
                                 bill("2", "E320000000001", kind="gasto")],
                                ["note consumer_expense"]),
    "check digit": ([at("third_parties/1", rnc="131246797")], ["warning tax_id"]),
    "cédula as a number": ([at("third_parties/1", rnc=113918205)], []),
    "no tax id": ([at("third_parties/1", rnc=""), at("clients/1", rnc=None)], []),
    "left fields": ([bill("1", None, kind="gasto", _types={"a": "x"}, _items=[])],
                    ["warning left_field", "warning left_field"]),
    "mixed types": ([at("x/1", v=1), at("x/2", v="1"), at("x/3", v=None)], ["note mixed_types"]),
    "a timestamp is no text": ([at("x/1", v="2024"), at("x/2", {"v": "timestamp"}, v="2024")],
                               ["note mixed_types"]),
    "types below": ([at("x/1/y/1", v=1), at("x/2/y/1", v=1.0)], ["note mixed_types"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    documents, expected = CASES[name]
    assert sorted(kinds(*documents)) == sorted(expected)


def test_every_kind_has_a_case() -> None:
    told = {word.split()[1] for _, expected in CASES.values() for word in expected}
    assert told | {"counter_missing", "unchecked"} == KINDS.keys()


def test_a_duplicate_names_its_documents() -> None:
    found = [
        one for one in findings(bill("12", "B0100000001"), bill("9", "B0100000001", "1"))
        if one.kind == "duplicate_ncf"
    ]  # fmt: skip
    assert found == [
        Finding(
            "error", "duplicate_ncf", "El NCF B0100000001 de la empresa 1 está en 2 facturas",
            ("invoices/12", "invoices/9"), "1", "B0100000001", 2,
        )
    ]  # fmt: skip


def test_what_is_not_known_is_not_judged() -> None:
    unknown = ("companies", "sequences")
    side = Memory([bill("1", "B0100000001", 7)], unknown)
    assert [one.kind for one in Audit(side)] == ["unchecked", "unchecked"]
    assert [one.kind for one in findings(bill("1", "B0100000001"))] == ["counter_missing"]


def test_invoices_are_read_again_only_for_duplicates() -> None:
    side = Memory([bill("1", "B0100000001"), bill("2", "B0100000002")])
    list(Audit(side))
    assert side.passes["invoices"] == 1


_bills = st.lists(
    st.tuples(
        st.sampled_from((1, "1", 1.0, 2, "2")),
        st.sampled_from(("emitida", "emitida", "gasto")),
        st.sampled_from(("B01{:08}", "b01 {:08}", "E31{:010}", "E31{:011}", "A0100100101{:08}")),
        st.integers(1, 6),
    ),
    max_size=12,
)


@given(_bills)
def test_duplicates_against_a_naive_count(made: list[tuple[Any, str, str, int]]) -> None:
    documents = [
        bill(str(place), form.format(number), company, kind, rnc=RNC)
        for place, (company, kind, form, number) in enumerate(made)
    ]
    expected: dict[tuple[str, str, str, int], set[str]] = {}
    for place, (company, kind, form, number) in enumerate(made):
        key = (kind, str(int(company)), form[:3].upper() if kind == "emitida" else form.upper(), number)
        if kind == "gasto":
            key = (kind, key[1], form.format(number).replace(" ", "").upper(), 0)
        expected.setdefault(key, set()).add(f"invoices/{place}")
    twice = sorted(sorted(paths) for paths in expected.values() if len(paths) > 1)
    found = [
        one
        for one in findings(*documents, at("companies/2"))
        if one.kind in ("duplicate_ncf", "duplicate_expense")
    ]
    assert sorted(sorted(one.documents) for one in found) == twice


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_gaps_against_a_naive_count(numbers: list[int]) -> None:
    documents = [bill(str(place), f"B01{number:08}") for place, number in enumerate(numbers)]
    skipped = len(set(range(min(numbers), max(numbers) + 1)) - set(numbers))
    found = [one.count for one in findings(*documents) if one.kind == "gap"]
    assert found == ([skipped] if skipped else [])


@given(
    st.lists(st.tuples(st.integers(1, 99), st.integers(1, 10**7)), min_size=1, max_size=5),
    st.integers(-9, 9),
    st.integers(-9, 9),
)
@example([(1, 1), (1, 1), (1, 4694174), (89, 10_000_000)], 0, 5)
def test_totals_against_whole_cents(lines: list[tuple[int, int]], off: int, wrong: int) -> None:
    """Amounts made of whole cents, moved by `off` and `wrong` cents: a cent per line is let pass."""
    cents = sum(quantity * price for quantity, price in lines)
    itbis = round(cents * 0.18)
    document = totals(
        (cents + off) / 100, itbis / 100, (cents + off + itbis + wrong) / 100,
        *((quantity, price / 100) for quantity, price in lines),
    )  # fmt: skip
    expected = {"lines"} if abs(off) > len(lines) else set()
    expected |= {"total"} if abs(wrong) > len(lines) else set()
    assert {one.kind for one in findings(document)} - {"counter_missing", "itbis"} == expected


@given(st.lists(st.dictionaries(st.sampled_from(("company_id", "invoice_number", "rnc", "items", "subtotal",
    "total_amount", "invoice_type", "current", "next_sequence", "last_assigned", "prefix", "id", "_types")),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=14) | st.just("emitida") | st.lists(st.none() | st.dictionaries(
        st.sampled_from(("quantity", "unit_price")), st.integers() | st.text()))),
    max_size=4), st.sampled_from((*FACOT_COLLECTIONS, "sequences")))  # fmt: skip
def test_any_fields_get_a_report(made: list[dict[str, Any]], collection: str) -> None:
    documents = [
        Document((collection, str(place)), dict(sorted(fields.items()))) for place, fields in enumerate(made)
    ]
    for one in Audit(Memory(documents)):
        assert one.kind in KINDS and one.severity in SEVERITIES and one.message


def test_a_backup_and_an_old_folder(tmp_path: Path) -> None:
    content = {
        "companies": [at("companies/1", id=1)],
        "invoices": [bill("1", "B0100000001"), bill("2", "B0100000001")],
    }
    folder = tmp_path / "2024-11-27"
    write_backup(folder, content)
    backup = open_backup(folder)
    assert backup is not None
    assert [one.kind for one in Audit(side_of(backup))] == ["counter_missing", "duplicate_ncf"]
    old_folder = tmp_path / "2024-11-26"
    old_folder.mkdir()
    (old_folder / "companies.json").write_text("[]")
    (old_folder / "invoices.json").write_text(
        '[{"invoice_number": "B0100000001", "company_id": 3, "invoice_type": "emitida",'
        ' "rnc": "131246796", "invoice_date": "2024-11-27", "_id": "2"},'
        ' {"invoice_number": "B0100000001", "company_id": "3", "invoice_type": "emitida",'
        ' "rnc": "131246796", "invoice_date": "2024-11-27", "_id": "1"}]'
    )
    old = open_old(old_folder)
    assert old is not None
    found = {one.kind for one in Audit(side_of(old))}
    assert found == {"duplicate_ncf", "mixed_types", "unchecked"}  # an empty list says nothing of companies


def test_damage_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "2024-11-27"
    write_backup(folder, {"invoices": [bill("1", "B0100000001")]})
    file = folder / "invoices.json"
    file.write_bytes(file.read_bytes().replace(b"B0100000001", b"B0100000002"))
    backup = open_backup(folder)
    assert backup is not None
    with pytest.raises(DamagedBackup):
        list(Audit(side_of(backup)))


def test_the_verdict_reads_well() -> None:
    assert verdict({"error": 1, "warning": 2}) == "1 error, 2 avisos y 0 notas"


def test_the_lines_of_one_invoice_are_not_the_next_ones() -> None:
    amounts = Amounts()
    documents = [
        one
        for number in range(3)
        for one in (
            document(f"invoices/{number}", subtotal=10.0, itbis=0.0, total_amount=10.0),
            document(f"invoices/{number}/items/0", quantity=2, unit_price=5.0),
        )
    ]
    assert [*(found for one in documents for found in amounts.see(one)), *amounts.end()] == []
