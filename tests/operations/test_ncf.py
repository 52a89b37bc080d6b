"""Fiscal numbers taken apart, and what is said of the malformed ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.do import cedula, rnc

from facot_backups.model import Document
from facot_backups.operations.fiscal.ncf import (
    company_text,
    emitted_number,
    ncf_problem,
    parse_ncf,
    tax_id_fault,
    write_ncf,
)

_CASES: list[tuple[Any, tuple[str, int] | None, str | None]] = [
    ("B0100000163", ("B01", 163), None),
    ("E310000000163", ("E31", 163), None),
    ("B1700000001", ("B17", 1), None),
    ("E3100000000163", ("E31", 163), "tiene 14 caracteres; un e-NCF tiene 13"),
    (" b01-0000 0163", ("B01", 163), "lleva espacios, guiones o minúsculas"),
    ("B9900000163", ("B99", 163), "es del tipo B99, que no existe"),
    ("B010000016", None, "tiene 10 caracteres; con B son 11"),
    ("B01O0000163", None, "lleva algo que no es un dígito"),
    ("B01000001٦٣", None, "lleva algo que no es un dígito"),
    ("X0100000163", None, "no empieza por B ni por E"),
    ("A010010010100000163", None, None),
    ("", None, "está vacío"),
    (163, None, "no es texto"),
    (None, None, "no es texto"),
]


@pytest.mark.parametrize(("value", "parsed", "problem"), _CASES)
def test_table(value: Any, parsed: tuple[str, int] | None, problem: str | None) -> None:
    found = parse_ncf(value)
    assert (found and (found.prefix, found.number)) == parsed
    assert ncf_problem(value) == problem


@given(st.sampled_from(("B01", "E31")), st.integers(0, 99_999_999))
def test_what_is_written_is_read(prefix: str, number: int) -> None:
    text = write_ncf(prefix, number)
    found = parse_ncf(text)
    assert found is not None and (found.prefix, found.number, found.text) == (prefix, number, text)
    assert ncf_problem(text) is None


@given(st.text() | st.from_regex(r"[A-Z][0-9]{0,20}", fullmatch=True))
def test_any_text_gets_an_answer(text: str) -> None:
    found = parse_ncf(text)
    if found is not None:
        again = parse_ncf(found.text)
        assert again is not None and again.text == found.text
    if ncf_problem(text) is None and found is not None:
        assert found.text == text


@pytest.mark.parametrize("value", [1, 1.0, "1", " 1 ", "1.0"])
def test_a_company_is_the_same_in_every_type(value: Any) -> None:
    assert company_text(value) == "1"


def test_what_names_no_company() -> None:
    assert company_text("companies/1", "reference") == "1"
    nothing: tuple[Any, ...] = (None, "", " ", True, [], {})
    assert [company_text(value) for value in nothing] == [None] * 6
    assert company_text("NaN", "double") is None
    assert company_text("01") == "01"


@pytest.mark.parametrize("kind", ["gasto", "", None, 1])
def test_only_emitted_invoices_count(kind: Any) -> None:
    fields = {"company_id": "1", "invoice_number": "B0100000163", "invoice_type": kind}
    assert emitted_number(Document(("invoices", "1"), fields)) is None
    fields["invoice_type"] = "Emitida "
    assert emitted_number(Document(("invoices", "1"), fields)) == (("1", "B01"), 163)
    assert emitted_number(Document(("quotations", "1"), fields)) is None
    assert emitted_number(Document(("invoices", "1", "invoices", "1"), fields)) is None


@given(st.from_regex(r"[0-9]{9}|[0-9]{11}", fullmatch=True))
def test_tax_ids_against_stdnum(text: str) -> None:
    valid = rnc.is_valid(text) or cedula.is_valid(text)
    assert (tax_id_fault(text) is None) == valid


def test_tax_ids() -> None:
    assert tax_id_fault("1-31-24679-6") is None
    assert tax_id_fault("131246797") == "check digit"
    assert tax_id_fault("001-1391820-5") is None
    assert tax_id_fault("00113918204") == "check digit"
    assert tax_id_fault("12345") == "form"
    assert tax_id_fault(next(iter(cedula.whitelist))) is None  # given out wrong by the DGII itself
