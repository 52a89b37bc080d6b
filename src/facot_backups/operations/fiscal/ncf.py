"""The numbers of Dominican invoices: NCF, e-NCF, companies' ids, RNC and cédula. Pure, and offline.

Sources: the DGII's published forms of the NCF (Norma General 06-2018: `B`, two digits of type, eight of
number; Norma 05-19: `E`, two and ten; before May 2018 nineteen characters), and python-stdnum for check
digits and their known exceptions. Nothing here asks the DGII's server.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from stdnum.do import cedula, rnc
from stdnum.do import ncf as stdnum_ncf
from stdnum.exceptions import InvalidChecksum, ValidationError

from facot_backups.model import Document, Json, TypeTree

# A company's id as text, and the prefix of its numbers: what one counter counts.
Key: TypeAlias = tuple[str, str]
Form: TypeAlias = Literal["ncf", "e-ncf", "long e-ncf"]
TaxIdFault: TypeAlias = Literal["form", "check digit"]

EMITTED, EXPENSE = "emitida", "gasto"
# Of a purchase, yet the buyer gives them: from suppliers without NCF, petty cash, abroad.
_OF_THE_BUYER = {"B11", "B13", "B17", "E41", "E43", "E47"}

# Digits of the running number, by the letter of the prefix.
_WIDTHS = {"B": 8, "E": 10}
# FACOT itself has written e-NCF with one digit too many; the number in them was taken from its counter.
_FORMS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("ncf", re.compile(r"(B[0-9]{2})([0-9]{8})")),
    ("e-ncf", re.compile(r"(E[0-9]{2})([0-9]{10})")),
    ("long e-ncf", re.compile(r"(E[0-9]{2})(0[0-9]{10})")),
)
_PREFIX = re.compile(r"[A-Z][0-9]{2}")
_OLD = re.compile(r"[AP][0-9]{18}")
_SEPARATORS = re.compile(r"[\s-]+")
_WHOLE_FLOAT = re.compile(r"(-?[0-9]+)\.0+")


class Ncf(NamedTuple):
    """A fiscal number taken apart: prefix `B01`, running number, and which form it was written in."""

    prefix: str
    number: int
    form: Form

    @property
    def text(self) -> str:
        """As the DGII writes it; equal for all spellings of the same number."""
        return write_ncf(self.prefix, self.number)


def compact(value: str) -> str:
    """A number without blanks and hyphens, in capitals: the same for all spellings of it."""
    return _SEPARATORS.sub("", value).upper()


def parse_ncf(value: Json) -> Ncf | None:
    """The number in a field, however it is spaced or capitalised; None for what is none.

    Numbers of 19 characters (before May 2018) are of other sequences: None. Any two digits are a type.
    """
    if not isinstance(value, str):
        return None
    text = compact(value)
    for form, pattern in _FORMS:
        if found := pattern.fullmatch(text):
            return Ncf(found[1], int(found[2]), form)
    return None


def ncf_problem(value: Json) -> str | None:
    """What is wrong with the writing of an NCF, in Spanish; None for a valid one, an old one included."""
    if not isinstance(value, str):
        return "no es texto"
    if not value.strip():
        return "está vacío"
    bare = compact(value)
    parsed = parse_ncf(bare)
    if parsed is not None and parsed.form == "long e-ncf":
        return "tiene 14 caracteres; un e-NCF tiene 13"
    if parsed is None and not _OLD.fullmatch(bare):
        return _form_problem(bare)
    try:
        stdnum_ncf.validate(bare)
    except ValidationError:
        return f"es del tipo {bare[:3]}, que no existe" if parsed else "es de un tipo que no existe"
    return None if bare == value else "lleva espacios, guiones o minúsculas"


def _form_problem(bare: str) -> str:
    width = {"B": 11, "E": 13}.get(bare[:1])
    if width is None:
        return "no empieza por B ni por E"
    if len(bare) != width:
        return f"tiene {len(bare)} caracteres; con {bare[0]} son {width}"
    return "lleva algo que no es un dígito"


def write_ncf(prefix: str, number: int) -> str:
    """`B01`, 164 → `B0100000164`: eight digits, ten after an `E`."""
    return f"{prefix}{number:0{_WIDTHS.get(prefix[:1], 8)}}"


def fits(prefix: str, number: int) -> bool:
    """Whether the DGII's form has room for that number: any other is a slip of someone's, no counter."""
    return number >= 0 and len(str(number)) <= _WIDTHS.get(prefix[:1], 8)


def prefix_text(value: Json) -> str | None:
    """A prefix of numbers as a field holds it (` b01`), or None."""
    text = compact(value) if isinstance(value, str) else ""
    return text if _PREFIX.fullmatch(text) else None


def company_text(value: Json, type_name: TypeTree | str | None = None) -> str | None:
    """A company's id as text, the same for 1, 1.0, "1", " 1 " and a reference to `companies/1`.

    `type_name`: the value's own part of `_types`. None for what names no company.
    """
    if isinstance(value, bool) or type_name not in (None, "reference"):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        return None
    text = value.rpartition("/")[2] if type_name == "reference" else value.strip()
    whole = _WHOLE_FLOAT.fullmatch(text)
    return (whole[1] if whole else text) or None


def type_of(document: Document, field: str) -> TypeTree | str | None:
    """A field's own part of the document's `_types`."""
    return document.types.get(field) if document.types is not None else None


def company_of(document: Document) -> str | None:
    """The company that a document's `company_id` names, as text."""
    return company_text(document.fields.get("company_id"), type_of(document, "company_id"))


def is_invoice(document: Document) -> bool:
    """Whether it is a root invoice that exists."""
    return len(document.path) == 2 and document.path[0] == "invoices" and document.mark is None


def is_emitted(document: Document) -> bool:
    """Whether it is an invoice that the company issued itself.

    A `gasto` carries its supplier's number, which no counter of ours gave.
    """
    return _kind(document) == EMITTED


def is_expense(document: Document) -> bool:
    """Whether it is a root invoice that the company paid, whoever gave its number (`given_by_buyer`)."""
    return _kind(document) == EXPENSE


def _kind(document: Document) -> str:
    kind = document.fields.get("invoice_type") if is_invoice(document) else None
    return kind.strip().casefold() if isinstance(kind, str) else ""


def given_by_buyer(ncf: Ncf) -> bool:
    """Whether a purchase's number is the buyer's own: no two expenses of a company share one."""
    return ncf.prefix in _OF_THE_BUYER


def emitted_number(document: Document) -> tuple[Key, int] | None:
    """Which counter gave an emitted invoice its `invoice_number`, and the number; None for any other.

    Needs the fields company_id, invoice_type and invoice_number alone. A number that is malformed, or of
    before May 2018, came from no counter of today.
    """
    if not is_emitted(document):
        return None
    company, ncf = company_of(document), parse_ncf(document.fields.get("invoice_number"))
    return ((company, ncf.prefix), ncf.number) if company is not None and ncf is not None else None


def tax_id_fault(value: str) -> TaxIdFault | None:
    """What is wrong with an RNC (9 digits) or cédula (11): its form, or its check digit; None if nothing.

    The numbers that the DGII gave out with a wrong check digit, which stdnum lists, are right.
    """
    bare: str = rnc.compact(value)
    for kind in (rnc, cedula):
        try:
            kind.validate(bare)
        except InvalidChecksum:
            return "check digit"
        except ValidationError:
            continue
        return None
    return "form"
