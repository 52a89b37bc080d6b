"""A page to print: a title, a text and a table. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from facot_backups.ui.desktop.toolkit import words

# More than so many lines are for a spreadsheet.
MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Page:
    """What is printed: plain text alone. `file`: the name that is proposed for it, without an ending."""

    title: str
    text: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    file: str


def make_page(
    title: str, text: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]], file: str
) -> Page:
    kept = tuple(rows)
    if len(kept) > MOST_ROWS:
        text += f"\nSolo las primeras {words.number(MOST_ROWS)} líneas de {words.number(len(kept))}."
    name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in file)
    return Page(title, text, headings, kept[:MOST_ROWS], name.strip(".")[:80] or "documento")
