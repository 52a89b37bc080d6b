"""The fiscal guard: the table of cases, and generated restores against a naive model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.model import Document, DocumentPath, Scope
from facot_backups.operations.fiscal.counters import counter_in, raised
from facot_backups.operations.restore.fiscal_rules import Guard
from tests.support.fiscal import State, Table, carried_out, document, invoice, judged, state, writes

_TABLES = sorted((Path(__file__).parents[1] / "golden" / "fiscal").glob("*.txt"))
Key = tuple[str, str]


@pytest.mark.parametrize("path", _TABLES, ids=lambda path: path.stem)
def test_table(path: Path) -> None:
    case, _, expected = path.read_text(encoding="utf-8").partition("---\n")
    assert "\n".join(Table.parse(case).shown()) == expected.rstrip("\n")


class Made(NamedTuple):
    """A generated counter or emitted invoice, as the model knows it: no parsing."""

    key: Key
    number: int
    document: Document


_companies = st.sampled_from(("1", "2"))
_prefixes = st.sampled_from(("B01", "E31"))
_numbers = st.integers(0, 12)


@st.composite
def _company_spellings(draw: st.DrawFn, company: str) -> Any:
    return draw(st.sampled_from((company, int(company), float(company), f" {company}")))


@st.composite
def counters(draw: st.DrawFn) -> Made:
    """A counter in any layout; what its document says is one number."""
    company, prefix, number = draw(_companies), draw(_prefixes), draw(_numbers)
    width = 8 if prefix[0] == "B" else 10
    layout = draw(st.sampled_from(("{0}ncf{1}", "{0}_ncf_{1}", "{0}_{1}")))
    name = layout.format(company, prefix)
    kind = draw(st.sampled_from((int, float, str)))
    if draw(st.booleans()):
        fields = {"current": kind(number), "note": draw(_numbers)}
        return Made((company, prefix), number, document(f"sequences/{name}", **fields))
    fields = {
        "company_id": draw(_company_spellings(company)),
        "prefix": prefix,
        "next_sequence": kind(number + 1),
    }
    if draw(st.booleans()):
        fields["last_assigned"] = f"{prefix}{number:0{width}}"
    return Made((company, prefix), number, document(f"ncf_sequence_configs/{name}", **fields))


@st.composite
def invoices(draw: st.DrawFn) -> Made:
    """An emitted invoice, or an expense (number -1: it must not count)."""
    company, prefix, number = draw(_companies), draw(_prefixes), draw(_numbers)
    text = f"{prefix}{number:0{8 if prefix[0] == 'B' else 10}}"
    kind = draw(st.sampled_from(("emitida", "emitida", "gasto")))
    made = invoice(str(draw(st.integers(0, 5))), draw(_company_spellings(company)), text, kind)
    return Made((company, prefix), number if kind == "emitida" else -1, made)


@st.composite
def databases(draw: st.DrawFn) -> dict[DocumentPath, Made]:
    found = draw(st.lists(counters() | invoices(), max_size=8))
    return {made.document.path: made for made in found}


def _value(one: Document) -> int:
    """The number that all counter fields of a document must agree on."""
    said = set()
    if "current" in one.fields:
        said.add(int(one.fields["current"]))
    if "next_sequence" in one.fields:
        said.add(int(one.fields["next_sequence"]) - 1)
    if "last_assigned" in one.fields:
        said.add(int(one.fields["last_assigned"][3:]))
    assert len(said) == 1, one
    return said.pop()


def _documents(made: dict[DocumentPath, Made]) -> State:
    return {path: one.document for path, one in made.items()}


def _highest(made: list[Made], key: Key) -> int:
    return max((one.number for one in made if one.key == key), default=-1)


@given(
    databases(),
    databases(),
    st.sampled_from(("overwrite", "missing", "mirror")),
    st.sampled_from((None, ("invoices",), ("sequences",), ("sequences", "invoices"))),
)
def test_against_the_rules_word_by_word(
    live: dict[DocumentPath, Made], saved: dict[DocumentPath, Made], mode: str, collections: Any
) -> None:
    target, backup = _documents(live), _documents(saved)
    plan = writes(target, backup, mode, Scope(collections=collections))
    final = carried_out(target, plan, judged(target, plan))
    planned = {(after or before or document("a/b")).path: after for before, after in plan}
    restored = [saved[path] for path, after in planned.items() if after and path[0] == "invoices"]
    issued = [one for one in live.values() if one.document.path[0] == "invoices"]
    counting = [one for one in live.values() if one.document.path[0] != "invoices"]

    for path in target.keys() | planned.keys():
        if path[0] == "invoices":
            assert final.get(path) == (planned[path] if path in planned else target[path])
            continue
        one = saved[path] if planned.get(path) is not None else live[path]
        floor = _highest(restored, one.key)
        if path in planned:
            floor = max(floor, _highest(issued, one.key), _highest(counting, one.key))
        assert _value(final[path]) == max(one.number, floor)
        others = {
            name: value for name, value in one.document.fields.items() if name in ("note", "company_id")
        }
        assert others.items() <= final[path].fields.items()
        for name, value in one.document.fields.items():
            assert type(final[path].fields[name]) is type(value)
    assert final.keys() <= target.keys() | planned.keys()


@given(databases(), databases(), st.sampled_from(("overwrite", "missing", "mirror")))
def test_an_undo_takes_no_counter_back(
    live: dict[DocumentPath, Made], saved: dict[DocumentPath, Made], mode: str
) -> None:
    target = _documents(live)
    plan = writes(target, _documents(saved), mode, Scope())
    between = carried_out(target, plan, judged(target, plan))
    back = writes(between, target, "mirror", Scope())
    final = carried_out(between, back, judged(between, back))
    for path, one in between.items():
        if path[0] != "invoices":
            assert _value(final[path]) >= _value(one)
    assert {p: one for p, one in final.items() if p[0] == "invoices"} == {
        p: one for p, one in target.items() if p[0] == "invoices"
    }


@given(databases(), databases())
def test_with_the_counters_from_the_backup_nothing_is_held(
    live: dict[DocumentPath, Made], saved: dict[DocumentPath, Made]
) -> None:
    target, backup = _documents(live), _documents(saved)
    plan = writes(target, backup, "mirror", Scope())
    verdict = judged(target, plan, from_backup=True)
    assert carried_out(target, plan, verdict) == backup
    assert "counters-from-backup" in {question.key for question in verdict.questions}


def test_the_invoices_are_asked_for_only_if_the_plan_touches_a_counter() -> None:
    guard = Guard()
    guard.live_counter(document("sequences/1ncfB01", current=1))
    guard.planned(None, invoice("1", 1, "B0100000009"))
    guard.planned(None, document("sequences/1_meta", version=2))
    assert not guard.needs_invoices
    guard.planned(document("sequences/1ncfB02", current=1), None)
    assert guard.needs_invoices


def test_the_value_of_an_unnamed_counter_is_kept_by_its_document() -> None:
    target = state(document("ncf_sequence_configs/abc", next_sequence=165))
    backup = state(document("ncf_sequence_configs/abc", next_sequence=151))
    plan = writes(target, backup, "overwrite", Scope())
    verdict = judged(target, plan)
    assert carried_out(target, plan, verdict) == target
    assert verdict.notes == ("Contador «ncf_sequence_configs/abc» conservado en 164; el backup decía 150",)


def test_a_field_that_the_live_document_lends_says_what_the_backup_says() -> None:
    live = document("ncf_sequence_configs/1_B01", next_sequence=1, last_assigned="B0100000000")
    target, backup = state(live), state(document("ncf_sequence_configs/1_B01", next_sequence=2))
    plan = writes(target, backup, "overwrite", Scope())
    (final,) = carried_out(target, plan, judged(target, plan)).values()
    assert final.fields == {"last_assigned": "B0100000001", "next_sequence": 2}


@pytest.mark.parametrize("current", [2**63 - 1, 1e300])
def test_absurd_numbers_stay_what_firestore_takes(current: Any) -> None:
    live = document("ncf_sequence_configs/1_B01", next_sequence=1, last_assigned=None)
    target = state(document("sequences/1ncfB01", current=current), live)
    plan = writes(target, state(), "mirror", Scope())
    final = carried_out(target, plan, judged(target, plan))
    assert final == target


def test_a_counter_counts_numbers_of_its_own_and_keeps_their_spelling() -> None:
    for odd in (True, "B0200000009", "nueve", None):
        fields = {"company_id": 1, "last_assigned": odd, "prefix": "B01"}
        assert counter_in(document("ncf_sequence_configs/1ncfB01", **fields)) is None
    padded = counter_in(document("sequences/1_B01", current="0041"))
    assert padded is not None and raised(padded, 52).fields == {"current": "0052"}
