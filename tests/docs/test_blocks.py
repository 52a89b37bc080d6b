"""Every block of every page runs, in order, as a reader would type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facot_backups.settings import load_settings
from tests.docs import pages
from tests.docs.place import NOT_RUN, Place
from tests.support.qt import missing_for_qt

# What a block may say it is; one without a language is a picture, or bytes that golden files hold.
LANGUAGES = {"", "bash", "python", "json"}
# Pages that begin where a new user begins; the others speak of backups that exist.
FROM_NOTHING = {"README.md", "README.en.md"}


def programs(page: Path) -> list[pages.Block]:
    return [block for block in pages.blocks(page) if block.language in ("bash", "python")]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in pages.PAGES if programs(page)], ids=lambda page: page.name)
def test_the_blocks_of_a_page_run(page: Path, place: Place) -> None:
    if page.name == "panel.md" and (missing := missing_for_qt("PyQt6")):
        pytest.skip(f"a este equipo le falta {missing}")
    if page.name not in FROM_NOTHING:
        place.change_between()
    for block in programs(page):
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
