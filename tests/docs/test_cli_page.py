"""docs/cli.md against the commands themselves: nothing is missing there, nothing is made up."""

from __future__ import annotations

import re

import click
import pytest

from facot_backups.ui.cli.group import COMMANDS, cli
from facot_backups.ui.cli.options import EXIT_CODES
from tests.docs import pages

PAGE = pages.PROJECT / "docs/cli.md"
SECTIONS = {section.title: section.text for section in pages.sections(PAGE)}
COMMON = {"--backup-dir", "--json", "--quiet", "--verbose"}


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def words_of(text: str) -> set[str]:
    """What the first column of a section's tables names: options without their values, arguments."""
    return {codes[0].split(" ")[0].strip("[]") for row in pages.table(text) if (codes := pages.codes(row[0]))}


def options_of(name: str) -> set[str]:
    return {
        option
        for parameter in command(name).params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }


def arguments_of(name: str) -> set[str]:
    found = [parameter for parameter in command(name).params if isinstance(parameter, click.Argument)]
    return {(argument.metavar or str(argument.name)).upper() for argument in found}


def test_every_command_has_a_section_and_a_row() -> None:
    headed = [section.title for section in pages.sections(PAGE) if section.level == 2]
    assert [title for title in headed if re.fullmatch("[a-z]+( [a-z]+)*", title)] == list(COMMANDS)
    listed = [pages.codes(row[0])[0] for row in pages.table(SECTIONS["Las órdenes: `facot-backups`"])]
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_options_and_arguments(name: str) -> None:
    own = options_of(name) - COMMON
    assert words_of(SECTIONS[name]) == own | arguments_of(name)
    assert ("[las comunes](#opciones-comunes)" in SECTIONS[name]) == (options_of(name) >= COMMON)
    assert words_of(SECTIONS["Opciones comunes"]) == COMMON


@pytest.mark.parametrize("name", COMMANDS)
def test_exit_codes(name: str) -> None:
    documented = re.search(r"Salida: ([`0-9 ]+)\.", SECTIONS[name])
    assert documented is not None
    helped = re.findall(r"^ +(\d+)  \S", command(name).epilog or "", re.MULTILINE)
    assert pages.codes(documented[1]) == helped


def test_the_table_of_exit_codes() -> None:
    rows = pages.table(SECTIONS["Códigos de salida"])
    assert {
        int(pages.codes(row[0])[0]): row[1].startswith(EXIT_CODES[int(row[0][1:-1])]) for row in rows
    } == (dict.fromkeys(EXIT_CODES, True))


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_shows_every_command(name: str) -> None:
    assert re.search(rf"^facot-backups {name}\b", SECTIONS[name], re.MULTILINE)
    assert ("--json" in options_of(name)) == any(title.startswith(f"`{name} ") for title in SECTIONS)
