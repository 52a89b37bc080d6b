"""Every block of every page runs, in order, as a reader would type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facot_backups.settings import load_settings
from tests.docs import pages
from tests.docs.place import NOT_RUN, Place

# What a block may say it is; one without a language is a picture, or bytes that golden files hold.
LANGUAGES = {"", "bash", "python", "json", "diff"}
# Pages that begin where a new user begins; the others speak of backups that exist.
FROM_NOTHING = {"README.md", "README.en.md"}
# Its blocks change the tree: test_first_change.py.
OF_ITS_OWN = "first-change.md"


def programs(page: Path) -> list[pages.Block]:
    """What runs and ends; tests/desktop/test_examples.py runs what opens a window."""
    if page.name == OF_ITS_OWN:
        return []
    found = [block for block in pages.blocks(page) if block.language in ("bash", "python")]
    return [block for block in found if not pages.opens_a_window(block)]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in pages.PAGES if programs(page)], ids=lambda page: page.name)
def test_the_blocks_of_a_page_run(page: Path, place: Place) -> None:
    if page.name not in FROM_NOTHING:
        place.change_between()
    for block in programs(page):
        place.run(block)


@pytest.mark.slow
def test_the_python_page_runs_where_its_examples_do_not_exist(place: Place) -> None:
    """As a new user types it: there is no backup, and then none with that invoice."""
    for block in programs(pages.PROJECT / "docs/python.md"):
        place.run(block)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_json_blocks_are_json_and_settings_are_settings(page: Path, tmp_path: Path) -> None:
    for block in pages.blocks(page):
        assert block.language in LANGUAGES, block
        assert block.language == "bash" or not block.text.startswith("facot-backups "), block
        if block.language != "json":
            continue
        value = json.loads(block.text)
        if "backups" in value:
            (tmp_path / "facot_config.json").write_text(block.text, encoding="utf-8")
            settings = load_settings(cwd=tmp_path, environ={})
            assert not settings.notes, block


def test_what_is_not_run_is_there_to_be_read() -> None:
    lines = {line for page in pages.PAGES for block in pages.blocks(page) for line in block.text.splitlines()}
    assert set(NOT_RUN) <= lines
