"""The two READMEs say the same; every link and every reference to a page leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from facot_backups.settings.model import RULES
from facot_backups.ui.cli.group import COMMANDS
from tests.docs import pages

SPANISH, ENGLISH = pages.PROJECT / "README.md", pages.PROJECT / "README.en.md"
# `docs/disk-format.md, "Links"` and `docs/firestore.md ("Reintentos")` in code.
REFERENCE = re.compile(r'docs/([\w-]+\.md)(?:,? \(?(?:section )?"([^"]+)")?')


def shape(page: Path) -> list[tuple[int, int, int]]:
    """Each section's level, table rows, and paragraphs or items of lists."""
    return [
        (s.level, len(pages.table(s.text)), len(re.findall(r"\n\n\S|^ *(?:-|\d\.) ", s.text, re.MULTILINE)))
        for s in pages.sections(page)
    ]


def test_both_readmes_have_the_same_structure() -> None:
    assert shape(SPANISH) == shape(ENGLISH)


def test_both_readmes_have_the_same_blocks() -> None:
    """In pictures the names; what explains them stands after two blanks."""

    def said(page: Path) -> list[tuple[str, list[str]]]:
        return [
            (
                block.language,
                [line if block.language else line.split("  ")[0] for line in block.text.splitlines()],
            )
            for block in pages.blocks(page)
        ]

    assert said(SPANISH) == said(ENGLISH)


@pytest.mark.parametrize("page", [SPANISH, ENGLISH], ids=["es", "en"])
def test_a_readme_names_only_what_exists(page: Path) -> None:
    text = pages.read(page)
    assert set(re.findall(r"facot-backups ([a-z]+)", text)) <= set(COMMANDS)
    settings = {
        pages.codes(row[0])[0] for s in pages.sections(page) for row in pages.table(s.text) if len(row) == 4
    }
    assert settings == set(RULES) - {"emulator_host", "emulator_token"}


@pytest.mark.parametrize("page", [SPANISH, ENGLISH], ids=["es", "en"])
def test_a_readme_installs_the_program_before_it_runs_it(page: Path) -> None:
    blocks = [block for block in pages.blocks(page) if block.language == "bash"]
    lines = [line for block in blocks for line in block.text.splitlines()]
    first = next(place for place, line in enumerate(lines) if line.startswith("facot-backups "))
    assert "make install" in lines[:first]


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in pages.links(page):
        if not link.startswith("https://"):
            path, _, fragment = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            anchors = (
                {pages.anchor(section.title) for section in pages.sections(target)} if fragment else {""}
            )
            assert fragment in anchors, link


def references() -> Iterator[tuple[str, str, str | None]]:
    """Where code refers to a page, which one, and to which section of it."""
    for folder in ("src", "tests", "bench", "tools"):
        for file in sorted((pages.PROJECT / folder).rglob("*.py")):
            if file != Path(__file__):
                text = re.sub(r"\s+(?:# )?", " ", file.read_text(encoding="utf-8"))
                for match in REFERENCE.finditer(text):
                    yield str(file.relative_to(pages.PROJECT)), match[1], match[2]


def test_references_in_code_lead_to_a_section() -> None:
    lost = []
    for file, name, wanted in references():
        page = pages.PROJECT / "docs" / name
        text = pages.read(page) if page.exists() else ""
        heads = (
            {re.sub(r"^[\d.]+ |`", "", section.title) for section in pages.sections(page)} if text else set()
        )
        heads |= {lead.rstrip(".") for lead in re.findall(r"^(?:- )?\*\*([^*]+)\*\*", text, re.MULTILINE)}
        if not text or (wanted and wanted not in heads):
            lost.append((file, name, wanted))
    assert not lost
