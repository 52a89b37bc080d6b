"""docs/architecture.md against the source tree: its rooms are the contract's, and what it names exists."""

from __future__ import annotations

import re
import tomllib

from tests.docs import pages

PAGE = pages.PROJECT / "docs/architecture.md"
PACKAGE = pages.PROJECT / "src/facot_backups"
_PATH = re.compile(r"\w[\w.]*(/\w[\w.]*)+|\w+\.py")


def test_the_rooms_drawn_are_those_of_the_contract() -> None:
    with (pages.PROJECT / "pyproject.toml").open("rb") as file:
        contract = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]
    layers = {unit for layer in contract["layers"] for unit in re.findall(r"\w+", layer)}
    picture = next(block.text for block in pages.blocks(PAGE) if "├──" in block.text)
    rows = re.findall(r"^[├└]── ((?:\w+/?, )*\w+/?)", picture, re.MULTILINE)
    assert {name.strip("/ ") for row in rows for name in row.split(",")} == layers


def test_the_features_drawn_are_those_of_the_panel() -> None:
    picture = next(block.text for block in pages.blocks(PAGE) if block.text.startswith("overview/"))
    found = {path.parent.name for path in (PACKAGE / "ui/desktop").glob("*/__init__.py")}
    assert set(re.findall(r"(\w+)/", picture)) == found


def test_every_module_that_is_named_exists() -> None:
    prose = re.sub(r"^```.*?^```$", "", pages.read(PAGE), flags=re.MULTILINE | re.DOTALL)
    named = {code for code in pages.codes(prose) if _PATH.fullmatch(code)}
    assert len(named) > 15
    places = (PACKAGE, PACKAGE / "ui/desktop", pages.PROJECT)
    assert not {code for code in named if not any((place / code).exists() for place in places)}
