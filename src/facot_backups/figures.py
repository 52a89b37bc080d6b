"""Figures as Dominicans read them: numbers, sizes, times that passed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from facot_backups.model import Scope


def number(value: int) -> str:
    """`12,345`."""
    return f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """`1 documento`, `12,345 documentos`; `many` where the plural is not made with an s."""
    return f"{number(value)} {one if value == 1 else many or f'{one}s'}"


def listed(parts: Sequence[str]) -> str:
    """`a, b y c`."""
    return " y ".join(filter(None, (", ".join(parts[:-1]), parts[-1] if parts else "")))


def part(scope: Scope) -> str:
    """Of how much a backup is: `solo 1 colección`, `menos 2 colecciones`; "" of everything."""
    if scope.documents:
        return f"solo {counted(len(scope.documents) + len(scope.collections or ()), 'elemento')}"
    if scope.collections is not None:
        kept = [name for name in scope.collections if name not in scope.exclude]
        return f"solo {counted(len(kept), 'colección', 'colecciones')}"
    return f"menos {counted(len(scope.exclude), 'colección', 'colecciones')}" if scope.exclude else ""


def size(value: int) -> str:
    """A size in bytes: `812 B`, `4.2 KB`, `13.0 MB` (powers of 1,000)."""
    amount = float(value)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def age(span: timedelta) -> str:
    """How long ago: `un momento`, `40 horas`, `5 días`; never negative."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return "un momento"
    if seconds < 3600:
        return counted(seconds // 60, "minuto")
    if seconds < 72 * 3600:
        return counted(seconds // 3600, "hora")
    return counted(seconds // 86400, "día")
