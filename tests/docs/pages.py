"""The documentation as data: the pages, their sections, blocks and tables, read from their Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
PAGES = (
    PROJECT / "README.md",
    PROJECT / "README.en.md",
    PROJECT / "CONTRIBUTING.md",
    *sorted((PROJECT / "docs").glob("*.md")),
)

_FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of `page`, whose first line of text is the page's `line`. `language` may be empty."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (its level and text) and what stands below it, up to the next heading of any level."""

    level: int
    title: str
    text: str


def read(page: Path) -> str:
    """The page's text."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = read(page)
    return [
        Block(page, text.count("\n", 0, match.start()) + 2, match[1], match[2])
        for match in _FENCE.finditer(text)
    ]


def opens_a_window(block: Block) -> bool:
    """Whether it is a program that runs until its window is closed."""
    return block.language == "python" and ".exec()" in block.text


def sections(page: Path) -> list[Section]:
    """The sections of a page, in order; a `#` inside a fenced block is no heading."""
    text = _FENCE.sub(lambda match: re.sub("^#", " #", match[0], flags=re.MULTILINE), read(page))
    found = list(_HEADING.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [
        Section(len(match[1]), match[2].strip(), text[match.end() : end])
        for match, end in zip(found, ends, strict=True)
    ]


def table(text: str) -> list[list[str]]:
    """The rows of all tables in `text`, without their headings."""
    rows = [_cells(line) for line in text.splitlines() if line.startswith("|")]
    heads = {index - 1 for index, row in enumerate(rows) if set("".join(row)) <= set("-: ")}
    return [row for index, row in enumerate(rows) if index not in heads and index - 1 not in heads]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def codes(text: str) -> list[str]:
    """What stands between backquotes, in order."""
    return _CODE.findall(text)


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links; what a fenced block shows is no link."""
    yield from re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", read(page)))


def anchor(title: str) -> str:
    """The anchor that a heading gets where Markdown is shown."""
    kept = re.sub(r"[^\w\- ]", "", title.lower())
    return kept.replace(" ", "-")
