"""A believable small business as FACOT keeps it, made from a seed: the same seed gives the same data.

It holds the mixed and messy cases of FACOT's real data on purpose: ids of several kinds, numbers as
text, four spellings of a date, null beside "", invoices that were deleted while their items stayed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from stdnum import luhn
from stdnum.do import rnc as stdnum_rnc

from facot_backups import protocol
from facot_backups.emulator import encode, wire
from facot_backups.emulator import sample_words as words
from facot_backups.emulator.load import Fields, write_documents
from facot_backups.emulator.server import LocalFirestore

Row: TypeAlias = tuple[str, dict[str, Any]]

# ITBIS, the Dominican tax on sales.
_ITBIS = 0.18
# How long the business has been open, and how many documents an invoice brings with all around it.
_OPEN = timedelta(days=540)
_DOCUMENTS_PER_INVOICE = 4.6
_ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_DATE_FORMS = ("%Y-%m-%d",) * 6 + ("%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y")
# What a company issues, the commonest first, with both spellings of its category.
_TYPES = (
    ("B01", ("Crédito Fiscal", "CREDITO FISCAL")),
    ("B02", ("Consumidor Final", "CONSUMIDOR FINAL")),
    ("E31", ("Crédito Fiscal Electrónica", "E-CREDITO FISCAL")),
    ("B15", ("Gubernamental", "GUBERNAMENTAL")),
    ("B04", ("Nota de Crédito", "NOTA DE CREDITO")),
)
_TYPE_WEIGHTS = (45, 30, 15, 5, 5)
_COMPANY_IDS = ("1", "2", "145236")


@dataclass(frozen=True, slots=True)
class Business:
    """What to make.

    `invoices`: how many, the deleted ones included. `today`: the day the data ends, aware. `clients`:
    whether the collection that FACOT lists but never fills has documents. `duplicate_ncf`: whether one
    number is used twice. `project` and `database` are those of the references in the data.
    """

    seed: int = 1
    invoices: int = 300
    today: datetime = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    clients: bool = False
    duplicate_ncf: bool = False
    project: str = "demo-facot"
    database: str = "(default)"


def of_size(documents: int, **options: Any) -> Business:
    """A business with about so many documents in all (within a few percent above a thousand)."""
    return Business(invoices=max(3, round(documents / _DOCUMENTS_PER_INVOICE)), **options)


def documents(business: Business) -> Iterator[tuple[str, Fields]]:
    """Relative path and plain protobuf fields of every document; memory does not grow with the size."""
    for path, values in _Maker(business).rows():
        yield path, encode.fields(values)


def fill(server: LocalFirestore, business: Business) -> int:
    """Load the business into our own server. Returns how many documents."""
    return server.load(documents(business), business.project, business.database)


def write(host: str, business: Business) -> int:
    """Write the business to any server without credentials at `host`. Returns how many documents."""
    return write_documents(host, documents(business), business.project, business.database)


@dataclass(slots=True)
class _Maker:
    business: Business
    random: Random = field(init=False)
    parties: list[dict[str, Any]] = field(default_factory=list)
    # The highest number issued, per company id and prefix.
    issued: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.random = Random(self.business.seed)

    def rows(self) -> Iterator[Row]:
        yield from self._companies()
        yield from self._third_parties()
        yield from self._products()
        yield from self._invoices()
        yield from self._quotations()
        yield from self._counters()
        yield from self._audit()
        yield from self._deliveries()
        if self.business.clients:
            yield (
                "clients/1",
                {"name": self._person(), "phone": self._phone(), "created_at": self._moment(0.5)},
            )

    # -- who

    def _companies(self) -> Iterator[Row]:
        for number, company in enumerate(_COMPANY_IDS):
            name = self._firm()
            yield (
                f"companies/{company}",
                {
                    "id": int(company),
                    "name": name,
                    "rnc": self._rnc(),
                    "address": self._address(),
                    "phone": self._phone(),
                    "email": f"info{company}@example.do",
                    "header_lines": [name, self._address(), f"Tel. {self._phone()}"],
                    "show_logo": number == 0,
                    "font_size": 9 + number,
                    "logo_path": None if number else "",
                    "created_at": self._created(0.0),
                },
            )

    def _third_parties(self) -> Iterator[Row]:
        for number in range(12 + math.isqrt(self.business.invoices) * 2):
            person = number % 4 == 3
            name = self._person() if person else self._firm()
            tax_id = self._cedula() if person else self._rnc()
            if number % 11 == 5:  # a digit typed wrong, as happens
                tax_id = tax_id[:-1] + str((int(tax_id[-1]) + 1) % 10)
            party = {
                "rnc": f"{tax_id[0]}-{tax_id[1:3]}-{tax_id[3:8]}-{tax_id[8:]}" if number % 7 == 2 else tax_id,
                "rnc_norm": tax_id,
                "name": name,
                "name_norm": name.upper(),
                "updated_by": None if number % 2 else "",
                "created_at": self._created(number / 100 % 1),
            }
            self.parties.append(party)
            yield f"third_parties/{number if number % 5 == 0 else self._auto_id()}", party

    # -- what

    def _products(self) -> Iterator[Row]:
        for number, category in enumerate(words.CATEGORIES, 1):
            yield f"categories/{number}", {"id": number, "name": category, "active": True}
        for number, (name, unit, price) in enumerate(words.PRODUCTS):
            code = _item_code(number)
            category_id: Any = (number % 6 + 1, str(number % 6 + 1), "")[number % 3]
            yield (
                f"items/{code}",
                {
                    "code": code,
                    "name": name,
                    "unit": unit,
                    "cost": round(price * 0.72, 2),
                    "price": int(price) if number % 9 == 4 else price,
                    "category_id": category_id,
                    "updated_at": self._created(number / 25),
                },
            )

    def _lines(self) -> list[dict[str, Any]]:
        lines = []
        for _ in range(self.random.choices((1, 2, 3, 4, 11), (30, 35, 20, 12, 3))[0]):
            number = self.random.randrange(len(words.PRODUCTS))
            name, unit, price = words.PRODUCTS[number]
            lines.append(
                {
                    self.random.choice(("code", "item_code")): _item_code(number),
                    "description": name,
                    "unit": unit,
                    "quantity": float(self.random.choice((1, 1, 2, 3, 5, 10, 12.5, 40))),
                    "unit_price": round(price * self.random.choice((1, 1, 0.95, 1.1)), 2),
                }
            )
        return lines

    # -- invoices

    def _invoices(self) -> Iterator[Row]:
        total = self.business.invoices
        for number in range(total):
            place = number / total
            invoice_id = self._document_id(number, place)
            lines = self._lines()
            fields = self._invoice(number, place, lines)
            if number % 50 != 30:  # those were deleted; FACOT's cleaner leaves their items behind
                yield f"invoices/{invoice_id}", fields
            yield from self._line_rows(f"invoices/{invoice_id}/items", lines)

    def _invoice(self, number: int, place: float, lines: list[dict[str, Any]]) -> dict[str, Any]:
        company = self.random.choices(_COMPANY_IDS, (60, 30, 10))[0]
        expense = number % 8 == 6
        prefix, spellings = self.random.choices(_TYPES, _TYPE_WEIGHTS)[0]
        party = self.random.choice(self.parties)
        ncf = self._foreign_ncf() if expense else self._next_ncf(company, prefix, number)
        anonymous = prefix == "B02" and not expense
        fields: dict[str, Any] = {
            "company_id": company if number % 6 == 1 else int(company),
            "invoice_type": "gasto" if expense else "emitida",
            "invoice_number": ncf,
            "ncf": ncf,
            "invoice_category": self.random.choice(spellings),
            "invoice_date": self._moment(place).strftime(self.random.choice(_DATE_FORMS)),
            "rnc": "" if anonymous else party["rnc"],
            "third_party_name": "Consumidor final" if anonymous else party["name"],
            "items": lines,
            "attachment_path": None if number % 3 else "",
            "created_at": self._created(place),
            "notes": self.random.choice(words.NOTES),
        }
        if number % 4 == 0:
            fields["pdf_url"] = f"https://example.do/facturas/{ncf}.pdf"
        return fields | self._amounts(lines)

    def _amounts(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        subtotal = round(sum(line["quantity"] * line["unit_price"] for line in lines), 2)
        currency = self.random.choices(("RD$", "USD", "EUR"), (90, 8, 2))[0]
        rate = {"RD$": 1.0, "USD": 62.35, "EUR": 71.8}[currency]
        subtotal = round(subtotal / rate, 2)
        itbis = round(subtotal * _ITBIS, 2)
        total = round(subtotal + itbis, 2)
        return {
            "currency": currency,
            "exchange_rate": rate,
            "subtotal": subtotal,
            "itbis": itbis,
            "total_amount": total,
            "total_amount_rd": round(total * rate, 2),
        }

    def _next_ncf(self, company: str, prefix: str, number: int) -> str:
        last = number >= self.business.invoices - 8 and self.issued[company, prefix] > 0
        if not (self.business.duplicate_ncf and last):
            self.issued[company, prefix] += 2 if number % 23 == 11 else 1  # a preview took one
        digits = 8 if prefix[0] == "B" else 11 if number % 40 == 3 else 10  # 11 is FACOT's own mistake
        return f"{prefix}{self.issued[company, prefix]:0{digits}}"

    def _foreign_ncf(self) -> str:
        if self.random.random() < 0.2:
            return f"E31{self.random.randrange(1, 90_000):010}"
        return f"{self.random.choice(('B01', 'B01', 'B11', 'B13'))}{self.random.randrange(1, 90_000):08}"

    # -- quotations

    def _quotations(self) -> Iterator[Row]:
        total = self.business.invoices // 5
        for number in range(total):
            place = number / max(total, 1)
            lines = self._lines()
            for line in lines:
                line["line_total"] = round(line["quantity"] * line["unit_price"], 2)
            party = self.random.choice(self.parties)
            quotation_id = self._document_id(number + 700_000_000, place)
            yield (
                f"quotations/{quotation_id}",
                {
                    "company_id": int(self.random.choice(_COMPANY_IDS)),
                    "client_name": party["name"],
                    "client_rnc": party["rnc"] if number % 3 else None,
                    "quotation_date": self._moment(place).strftime(self.random.choice(_DATE_FORMS)),
                    "notes": self.random.choice(words.NOTES),
                    "apply_itbis": number % 7 != 0,
                    "items": lines,
                    "created_at": self._created(place),
                }
                | self._amounts(lines),
            )
            yield from self._line_rows(f"quotations/{quotation_id}/items", lines)

    def _line_rows(self, collection: str, lines: list[dict[str, Any]]) -> Iterator[Row]:
        automatic = self.random.random() < 0.15
        for number, line in enumerate(lines):
            yield f"{collection}/{self._auto_id() if automatic else number}", line

    # -- counters

    def _counters(self) -> Iterator[Row]:
        for (company, prefix), last in sorted(self.issued.items()):
            digits = 8 if prefix[0] == "B" else 10
            yield (
                f"ncf_sequence_configs/{company}_{prefix}",
                {
                    "company_id": company if prefix == "B02" else int(company),
                    "category": dict(_TYPES)[prefix][0],
                    "prefix": prefix,
                    "last_assigned": f"{prefix}{last:0{digits}}",
                    "next_sequence": last + 1,
                    "effective_from": "2025-01-01",
                    "notes": None if prefix == "B01" else "",
                },
            )
            joint = "ncf" if prefix == "B01" else "_ncf_"
            yield f"sequences/{company}{joint}{prefix}", {"current": last, "updated_at": self._moment(1)}
        for company in _COMPANY_IDS:
            yield f"sequences/{company}_meta", {"version": 2, "migrated": True}

    # -- what FACOT's own list leaves out

    def _audit(self) -> Iterator[Row]:
        for number in range(self.business.invoices // 3):
            place = number / max(1, self.business.invoices // 3)
            yield (
                f"audit/{self._auto_id()}",
                {
                    "at": self._moment(place),
                    "user": self.random.choice(words.USERS),
                    "action": self.random.choice(("crear", "editar", "anular", "imprimir")),
                    "before": {} if number % 2 else {"total_amount": 1180.0, "itbis": 180, "tags": []},
                },
            )

    def _deliveries(self) -> Iterator[Row]:
        root = wire.database_name(self.business.project, self.business.database)
        for number in range(max(3, self.business.invoices // 20)):
            path = f"entregas/E{number:05}"
            company = encode.reference(wire.document_name(root, f"companies/{_COMPANY_IDS[number % 3]}"))
            yield (
                path,
                {
                    "salida": self._moment(0.9),
                    "almacen": self._point(),
                    "empresa": company,
                    "firma": self.random.randbytes(24),
                    "_ruta": None,
                    "peso_kg": (math.nan, math.inf, 12.5, -0.0)[number % 4],
                },
            )
            stop = f"{path}/paradas/{number % 3}"
            if number % 5 != 4:  # else a stop that was deleted, whose photographs stay
                yield stop, {"lugar": self._point(), "hora": self._moment(0.95), "direccion": self._address()}
            for photo in range(2):
                yield f"{stop}/fotos/{photo}", {"miniatura": self.random.randbytes(40), "ok": photo == 0}

    # -- small things

    def _moment(self, place: float) -> datetime:
        """An instant between the first day (0) and today (1), less up to 17 minutes, to the microsecond."""
        return (
            self.business.today - _OPEN * (1 - place) + timedelta(microseconds=self.random.randrange(10**9))
        )

    def _created(self, place: float) -> Any:
        """The instant as FACOT's versions wrote it: a timestamp, or text of two kinds."""
        moment = self._moment(place)
        return self.random.choice((moment, moment, moment.isoformat(), moment.strftime("%Y-%m-%d %H:%M:%S")))

    def _document_id(self, number: int, place: float) -> str:
        if number % 17 == 16:
            return f"{(number // 17 + 100_000) % 1_000_000:06}" if number % 2 else str(number // 17 + 12)
        begin = self.business.today - _OPEN * (1 - place)
        return str(encode.to_micros(begin) // 1000 + number % 1000)

    def _auto_id(self) -> str:
        return "".join(self.random.choices(_ID_LETTERS, k=20))

    def _rnc(self) -> str:
        body = f"{self.random.choice((101, 102, 130, 131, 132))}{self.random.randrange(100_000):05}"
        return body + str(stdnum_rnc.calc_check_digit(body))

    def _cedula(self) -> str:
        body = f"{self.random.choice(('001', '031', '402', '047'))}{self.random.randrange(10**7):07}"
        return body + str(luhn.calc_check_digit(body))

    def _person(self) -> str:
        last = f"{self.random.choice(words.LAST_NAMES)} {self.random.choice(words.LAST_NAMES)}"
        return f"{self.random.choice(words.FIRST_NAMES)} {last}"

    def _firm(self) -> str:
        name = f"{self.random.choice(words.TRADES)} {self.random.choice(words.FIRM_NAMES)}"
        return f"{name} {self.random.choice(words.FORMS)}"

    def _address(self) -> str:
        street = f"{self.random.choice(words.STREETS)} #{self.random.randrange(1, 400)}"
        return f"{street}, {self.random.choice(words.TOWNS)}"

    def _phone(self) -> str:
        return f"809-555-{self.random.randrange(10_000):04}"

    def _point(self) -> protocol.Message:
        random = self.random
        return encode.geopoint(round(random.uniform(17.9, 19.8), 6), round(random.uniform(-71.5, -68.5), 6))


def _item_code(number: int) -> str:
    if number % 7 == 6:
        return f"ITEM_{1_700_000_000_000 + number}"
    return str(number) if number % 5 == 3 else f"ABC{number:04}"
