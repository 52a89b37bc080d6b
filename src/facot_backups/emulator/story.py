"""What happens to the sample business in the demonstration: a slip of long ago, and a bad afternoon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from facot_backups import protocol
from facot_backups.emulator import encode
from facot_backups.emulator.load import Fields, delete_documents, write_documents
from facot_backups.emulator.sample import Business, documents

_COMPANY, _PREFIX = "1", "B01"
_COUNTER = f"sequences/{_COMPANY}ncf{_PREFIX}"
_CONFIG = f"ncf_sequence_configs/{_COMPANY}_{_PREFIX}"
# Lines of the invoice that is deleted: few enough to be shown.
_LINES = 2


@dataclass(frozen=True, slots=True)
class Afternoon:
    """What went wrong: paths of the documents, with the NCF of the invoices.

    `deleted` went with its lines, `altered` says less than was sold, `issued` is a new invoice, for which
    `counter` moved on. `client`: whose the deleted one is.
    """

    deleted: str
    deleted_ncf: str
    client: str
    altered: str
    altered_ncf: str
    issued: str
    issued_ncf: str
    counter: str = _COUNTER


def with_duplicate(business: Business) -> Iterator[tuple[str, Fields]]:
    """The business's documents, where two invoices of the same company bear one NCF."""
    rows = list(documents(business))
    first, second = [fields for path, fields in rows if _is_issued(path, fields)][:2]
    for name in ("invoice_number", "ncf"):
        second[name].string_value = first[name].string_value
    yield from rows


def spoil(host: str, business: Business) -> Afternoon:
    """Delete an invoice, alter another, and issue a new one, in the database of `business` at `host`."""
    rows = dict(documents(business))
    below = {path: [other for other in rows if other.startswith(path + "/")] for path in _issued(rows)}
    *_, deleted, altered, last = (path for path in _issued(rows) if len(below[path]) == _LINES)
    newest = max(rows[path]["ncf"].string_value for path in _issued(rows))
    number = int(newest.removeprefix(_PREFIX)) + 1
    ncf = f"{_PREFIX}{number:08}"
    issued = f"invoices/{int(last.split('/')[1]) + 1}"
    changed = {
        altered: {**rows[altered], **encode.fields({"total_amount": 118.0, "notes": "descuento"})},
        issued: {**rows[last], **encode.fields({"invoice_number": ncf, "ncf": ncf})},
        _COUNTER: {**rows[_COUNTER], **encode.fields({"current": number})},
        _CONFIG: {**rows[_CONFIG], **encode.fields({"last_assigned": ncf, "next_sequence": number + 1})},
    }
    write_documents(host, changed.items(), business.project, business.database)
    delete_documents(host, [*below[deleted], deleted], business.project, business.database)
    client = rows[deleted]["third_party_name"].string_value
    return Afternoon(deleted, _ncf(rows[deleted]), client, altered, _ncf(rows[altered]), issued, ncf)


def _issued(rows: dict[str, Fields]) -> list[str]:
    return [path for path, fields in rows.items() if _is_issued(path, fields)]


def _is_issued(path: str, fields: Fields) -> bool:
    """Whether a document is an invoice that the company issued under the prefix."""
    return (
        path.count("/") == 1
        and path.startswith("invoices/")
        and fields["invoice_type"].string_value == "emitida"
        and fields["ncf"].string_value.startswith(_PREFIX)
        and _company(fields["company_id"]) == _COMPANY
    )


def _company(value: protocol.Message) -> str:
    return value.string_value or str(value.integer_value)


def _ncf(fields: Fields) -> str:
    return str(fields["ncf"].string_value)
