"""Figures about a folder of backups, as FACOT's `get_backup_stats` gives them and a little more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


class Dated(Protocol):
    """A backup, of ours or of FACOT 2.0's: what the figures need of it."""

    @property
    def date(self) -> date:
        """The local date that it bears."""


@dataclass(frozen=True, slots=True)
class Stats:
    """`total_backups` counts complete backups, labelled and old ones too; dates are theirs.

    `total_size_bytes` is what all folders take on disk, incomplete ones too, an inode counted once.
    `by_month`: complete backups per month, `YYYY-MM`.
    """

    total_backups: int = 0
    total_size_bytes: int = 0
    oldest: date | None = None
    newest: date | None = None
    by_month: dict[str, int] = field(default_factory=dict)


def stats_of(counting: Sequence[Dated], size_bytes: int) -> Stats:
    """The figures of the backups that count, whose folder takes `size_bytes`."""
    days = sorted(backup.date for backup in counting)
    if not days:
        return Stats(total_size_bytes=size_bytes)
    months = Counter(day.isoformat()[:7] for day in days)
    return Stats(len(days), size_bytes, days[0], days[-1], dict(sorted(months.items())))
