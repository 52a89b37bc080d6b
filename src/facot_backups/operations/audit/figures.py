"""What the audit's checks of one invoice share: amounts, and the finding about it. Pure."""

from __future__ import annotations

import re

from facot_backups.model import Document, Json
from facot_backups.operations.audit.findings import Finding, Severity, path_of
from facot_backups.operations.fiscal.ncf import company_of

CENT = 0.01
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")


def amount(value: Json) -> float | None:
    """A number, or a text that is one (as FACOT's migrations left some)."""
    if isinstance(value, str):
        return float(value) if _DECIMAL.fullmatch(value.strip()) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def near(one: float, other: float, tolerance: float) -> bool:
    """Whether two amounts differ by `tolerance` at most."""
    # Doubles carry 15 digits: what a few sums of them leave over is far below a cent, whatever the amount.
    return abs(one - other) <= tolerance + 1e-12 * max(1.0, abs(other))


def about(invoice: Document, severity: Severity, kind: str, message: str) -> Finding:
    """A finding about one invoice or quotation, led by its number where it has one."""
    number = invoice.fields.get("invoice_number")
    ncf = number.strip() if isinstance(number, str) else ""
    text = f"{ncf}: {message}" if ncf else message[:1].upper() + message[1:]
    return Finding(severity, kind, text, (path_of(invoice),), company_of(invoice), ncf)
