"""Help is in Spanish, lists the exit codes, and comes at once: nothing of Google's is imported for it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from facot_backups.ui.cli import main
from facot_backups.ui.cli.group import COMMANDS
from facot_backups.ui.cli.options import EXIT_CODES
from tests.end_to_end.world import World
from tests.support.tools import tool

ENGLISH = re.compile(
    r"\b(usage|options?|commands?|arguments?|show|message|exit|version|default|required|missing|invalid|"
    r"unexpected|such|try|help for|path|directory|file|text|range|integer|choose|from|mean)\b",
    re.IGNORECASE,
)
# How click spells bounds, choices, defaults: `[0<=x<=65535]`, `[a|b]`, `[default: 1]`.
MACHINE = re.compile(r"[<>]=?|\[[^]]*[|:=][^]]*\]")
# Words of the command line itself, and of other programs.
OWN = re.compile(rf"--[a-z-]+|facot-backups|\b({'|'.join(COMMANDS)}|latest|live|overwrite|missing|mirror)\b")


def text_of(capsys: Any, *words: str) -> tuple[int, str]:
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out + err


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_in_spanish(command: str, capsys: Any) -> None:
    code, text = text_of(capsys, *([command] if command else []), "--help")
    assert code == 0
    assert text.startswith("Uso: facot-backups")
    assert ENGLISH.findall(OWN.sub("", text)) == []
    assert MACHINE.findall(text) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_lists_the_exit_codes(command: str, capsys: Any) -> None:
    _, text = text_of(capsys, command, "--help")
    listed = re.findall(r"^ +(\d+)  (\S.*)$", text.partition("Códigos de salida:")[2], re.MULTILINE)
    codes = [int(code) for code, _ in listed]
    assert codes[0] == 0
    assert {1, 2} <= set(codes) <= set(EXIT_CODES)
    assert codes == sorted(set(codes))


@pytest.mark.parametrize(
    "words",
    [
        ["nope"], ["run", "--nope"], ["run", "--collection"], ["verify", "a", "b"], ["runn"], [],
        ["run", "--jsonn"], ["run", "--backup-dir"], ["run", "--backup-dir", "/etc/hostname"],
        ["run", "--json=1"], ["demo", "--folder", "/"], ["run", "--backup-dir", ""], ["service"], ["notify"],
        ["service", "nada"], ["serve", "latest", "--port", "x"], ["serve", "latest", "--port", "99999"],
        ["cleanup", "--retention-days", "x"], ["restore", "latest", "--mode", "x"],
        ["status", "--prometheus-file", "/nada/x.prom"],
    ],
)  # fmt: skip
def test_mistakes_are_told_in_spanish(words: list[str], capsys: Any) -> None:
    code, text = text_of(capsys, *words)
    assert code == 2
    assert ENGLISH.findall(OWN.sub("", text)) == []
    assert MACHINE.findall(text) == []


@pytest.mark.parametrize(
    ("typed", "near"), [("rnu", "run"), ("restaurar", "restore"), ("Lists", "list"), ("xyzzy", None)]
)
def test_a_mistyped_command_is_told_the_likely_one(typed: str, near: str | None, capsys: Any) -> None:
    code, text = text_of(capsys, typed, "--json")
    assert code == 2
    assert f"No existe la orden «{typed}»" in text
    assert ("¿Quiso decir «" in text, f"«{near}»?" in text) == (near is not None, near is not None)


def test_choices_stand_on_lines_of_their_own(capsys: Any) -> None:
    text = text_of(capsys, "service")[1]
    assert "\\u" not in text
    assert [line.strip(" ,") for line in text.splitlines()[-3:]] == ["install", "status", "remove"]


def test_an_argument_that_may_be_absent_stands_in_brackets(capsys: Any) -> None:
    for command in ("audit", "verify"):
        assert text_of(capsys, command, "--help")[1].startswith(
            f"Uso: facot-backups {command} [OPCIONES] [FECHA]\n"
        )


def test_the_version(capsys: Any) -> None:
    from facot_backups import __version__

    assert text_of(capsys, "--version") == (0, f"facot-backups, versión {__version__}\n")


def test_the_catalog_is_compiled_from_its_text() -> None:
    catalog = tool("compile_catalog")
    source = (catalog.FOLDER / "messages.po").read_text(encoding="utf-8")
    assert catalog.compile_catalog(source) == (catalog.FOLDER / "messages.mo").read_bytes()


# What takes long to import, and what few commands need.
COSTLY = frozenset(
    {
        "apprise",
        "dotenv",
        "filelock",
        "google",
        "grpc",
        "numpy",
        "pandas",
        "pydantic",
        "qtpy",
        "rich",
        "stdnum",
    }
)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["--help", "list", "list --json", "status", "status --json", "find nada"])
def test_what_is_asked_often_starts_at_once(world: World, words: str) -> None:
    """A slow computer waits for every module; so only what a command needs is imported."""
    world.run("run")
    command = world.command(*words.split())
    command[command.index("-c") + 1] = (
        "import sys; from facot_backups.ui.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    )
    if words == "--help":
        command = command[: command.index("--backup-dir")]
    modules = world._execute(command, {}).err.splitlines()[-1].split()
    assert "facot_backups.ui.cli" in modules
    assert COSTLY.intersection(name.partition(".")[0] for name in modules) == set()
    if words == "--help":
        ours = {name for name in modules if name.startswith("facot_backups.")}
        assert [name for name in ours if name.endswith("_command") or ".archive" in name] == []
        assert {"json", "logging", "tzlocal"}.isdisjoint(modules)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run --help", "verify"])
def test_what_needs_no_firestore_imports_nothing_of_googles(world: World, command: str) -> None:
    world.run("run")
    program = (
        "import sys; from facot_backups.ui.cli import main; code = main(); "
        "print('google' in sys.modules or 'grpc' in sys.modules); sys.exit(code)"
    )
    words = world.command(*command.split())
    words[words.index("-c") + 1] = program
    if "--help" in command:
        words = words[: words.index("--backup-dir")]
    ran = world._execute(words, {})
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "False"), ran
