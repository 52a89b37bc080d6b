"""Every command over names that would command a terminal, or pass for a line of ours: nothing of it works."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import facot_backups
from facot_backups.app import logs
from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.metadata import serialize
from facot_backups.events import CollectionDone, CollectionFailed, Retried, Warned
from facot_backups.model import Source
from facot_backups.operations.health.alerts import Alarm, News, message
from facot_backups.text import hanging, lines, one_line, visible
from facot_backups.ui.cli import output
from facot_backups.ui.cli.group import COMMANDS
from tests.end_to_end.world import World

# Controls of seven and eight bits, a title, line feeds that begin a line of "ours", marks of direction, zero
# widths, fillers.
EVIL = (
    "x\x1b[38;5;201m\x1b[2J\x1b]0;t\x07\x9b31m\x07\x08\x7f\u202e\u2066\u200b\u3164\ufe0f\U000e0041"
    "\nFORJADA\rFORJADA\x85FORJADA\u2028FORJADA"
)
# What click and rich write by themselves: colours of sixteen, the cursor, and lines that are drawn again.
_OURS = re.compile(
    r"\x1b\[(?:(?:[0-9]|3[0-79]|4[0-79]|9[0-7]|10[0-7])(?:;|(?=m)))*m|\x1b\[\?25[lh]|\x1b\[(?:2K|1?A)"
)
needs_pty = pytest.mark.skipif(os.name != "posix", reason="Windows no tiene estos terminales")


def check(said: str, what: object = "") -> None:
    """Nothing but printable text, our own styles, and no line that somebody else began."""
    plain = _OURS.sub("", said).replace("\r\n", "\n")
    found = sorted({c for c in plain.replace("\r", "\n") if c != "\n" and visible(c) != c})
    assert not found, (what, found, said)
    forged = [line for line in re.split("[\r\n]", plain) if line.startswith("FORJADA")]
    assert not forged, (what, said)


# --- the function -------------------------------------------------------------------------------------------


@given(st.text())
def test_what_is_visible_is_one_printable_line_and_stays_so(text: str) -> None:
    for shown in (visible(text), one_line(text)):
        assert shown.isprintable()
        assert visible(shown) == shown
        shown.encode()
    assert len(lines(text).split("\n")) == len(text.split("\n"))
    assert all(line.startswith("  ") for line in hanging(text).split("\n")[1:])


@given(st.text())
def test_ordinary_text_stays(text: str) -> None:
    kept = (
        "".join(letter for letter in text if letter.isalnum() and letter.isascii())
        + "ñáÑ «RD$ 1,000.00» — ✓ €"
    )
    assert visible(kept) == one_line(kept) == kept


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists))
def test_json_for_a_terminal_reads_as_the_same(value: Any) -> None:
    for indent in (None, 2):
        text = output.to_text({"v": value}, indent)
        assert json.loads(text) == {"v": value}
        check(text)


# --- logs and messages --------------------------------------------------------------------------------------


def test_no_name_begins_a_line_of_a_log(tmp_path: Path) -> None:
    """Neither in our own file nor in what a program makes of our records."""
    foreign = io.StringIO()
    handler = logging.StreamHandler(foreign)
    logging.getLogger("facot_backups").addHandler(handler)
    file = tmp_path / "registro.log"
    try:
        with logs.written(logging.DEBUG, file, to_stderr=False):
            for event in (
                CollectionDone(EVIL, 1, 0),
                CollectionFailed(EVIL, EVIL),
                Retried(EVIL, 1.0),
                Warned(EVIL),
            ):
                logs.log_event(event)
            logs.log_failure(EVIL)
            logs.NOTIFY.warning("%s", EVIL)
            logs.DESKTOP.warning("%s", EVIL)
            logs.NOTIFY.info("dicho%s", " y más")  # a part of a sentence stays one
            assert foreign.getvalue().endswith("dicho y más\n")
            count = len(foreign.getvalue().splitlines())
            try:
                raise ValueError(EVIL)
            except ValueError:
                logs.SCHEDULER.exception("%s", EVIL)
    finally:
        logging.getLogger("facot_backups").removeHandler(handler)
    text = file.read_text(encoding="utf-8")
    check(text)
    own = [line for line in text.splitlines() if not line.startswith("  ")]
    assert len(own) == count + 1 == 9, "a line for each record"
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_message_has_a_line_for_each_alarm() -> None:
    news = News((Alarm("failure", "k", EVIL), Alarm("anomaly", "k", EVIL)), (), {})
    told = message(news, f"Equipo {EVIL}")
    check(told.body)
    assert len(told.body.splitlines()) == 3 and "\n" not in told.title


# --- the commands -------------------------------------------------------------------------------------------


@dataclass
class Place:
    """A working folder, a repository and a database of a stranger's."""

    world: World
    folder: Path

    def environment(self) -> dict[str, str]:
        source = Path(facot_backups.__file__).parent.parent
        return self.world.environment(TERM="xterm", COLUMNS="120", PYTHONPATH=str(source))

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-B", "-P", "-m", "facot_backups", *words]

    def piped(self, *words: str, until: Callable[[str], bool] | None = None) -> str:
        """What a command writes to a pipe; `until`: it is ended then."""
        with subprocess.Popen(
            self.words(*words),
            env=self.environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            return _read(process, process.stdout.fileno(), until)

    def shown(self, *words: str, until: Callable[[str], bool] | None = None) -> str:
        """What a command writes to a terminal."""
        import pty

        ours, theirs = pty.openpty()
        try:
            with subprocess.Popen(
                self.words(*words),
                env=self.environment(),
                cwd=self.folder,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            ) as process:
                os.close(theirs)
                return _read(process, ours, until)
        finally:
            os.close(ours)


def _read(process: subprocess.Popen[bytes], descriptor: int, until: Callable[[str], bool] | None) -> str:
    said = b""
    end = threading.Timer(60, process.kill)
    end.start()
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # a terminal whose other end is closed
            break
        if not piece:
            break
        said += piece
        if until is not None and until(said.decode("utf-8", "surrogateescape")):
            process.send_signal(signal.SIGTERM)
            until = None
    process.wait()
    end.cancel()
    return said.decode("utf-8", "surrogateescape")


@pytest.fixture
def place(world: World, tmp_path: Path) -> Iterator[Place]:
    """Two backups, one of them spoilt by hand; settings, files, errors and the project have hostile names."""
    folder = tmp_path / f"trabajo{EVIL.replace('/', '')}"
    folder.mkdir()
    world.folder = tmp_path / "copias\x9b31m\u202e\u3164"  # settings take it; a line feed they refuse
    hostile = (f"invoices/{EVIL}", f"{EVIL}/1", f"{EVIL}/1/{EVIL}/2")
    world.write(*hostile, "invoices/3", **{EVIL: EVIL, "ncf": EVIL})
    first = world.back_up()
    world.write(f"invoices/{EVIL}", f"{EVIL}/1", f"{EVIL}/9", **{EVIL: EVIL + "otro", "ncf": EVIL})
    world.delete("invoices/3")
    world.back_up()
    rewritten = replace(
        first.proven(), source=Source(f"p{EVIL}", EVIL, emulator=True), errors=(), tool=EVIL, run_id=EVIL
    )
    metadata = first.path / METADATA_FILE
    metadata.chmod(0o600)
    metadata.write_bytes(serialize(rewritten))
    (world.folder / "2024-11-20").mkdir()
    (world.folder / "2024-11-20" / f"{EVIL}.json").write_text("[]")
    (world.folder / f"{EVIL}").mkdir()
    copied = world.folder / "2024-11-19.incomplete"
    copied.mkdir()
    (copied / METADATA_FILE).write_text(json.dumps({"backup_date": EVIL, "errors": [EVIL]}))
    (first.path / f"{EVIL}.json").write_text("no es nuestro")
    config = {"backups": {EVIL: 1, "backup_dir": str(world.folder), "on_error": f"echo '{EVIL}'"}}
    (folder / "facot_config.json").write_text(json.dumps(config))
    (folder / ".env").write_text(f"BACKUP_HOURR={EVIL!r}\n")
    yield Place(world, folder)


def _serves(said: str) -> bool:
    return "FIRESTORE_EMULATOR_HOST" in said


def _has_begun(said: str) -> bool:
    return "Scheduler iniciado" in said or "[SCHEDULER]" in said


def _asks(said: str) -> bool:
    return "Para confirmar" in said or "[s/N]" in said


# How each command is asked, so that what is hostile would be said.
ASKED: dict[str, list[tuple[str, ...]]] = {
    "run": [
        ("--if-due", "--verbose"),
        ("--adopt-source", "--verbose"),
        ("--dry-run",),
        ("--collection", EVIL),
    ],
    "status": [(), ("--prometheus",)],
    "gui": [(EVIL,)],  # without a display; an argument that it does not know
    "list": [()],
    "stats": [()],
    "verify": [(), (EVIL,), ("--drill",)],
    "cleanup": [("--dry-run",), ("--accept-anomaly",), (f"--{EVIL}",)],
    "schedule": [("--log-file", "registro.log", "--verbose")],
    "service": [("install",), ("status",), (EVIL,)],
    "notify": [("test",)],
    "restore": [
        ("latest", "--dry-run", "--fields", "--verbose"),
        ("latest", "--yes", "--verbose"),
        ("latest", "--document", f"invoices/{EVIL}", "--dry-run"),
        ("latest",),
        (EVIL, "--yes"),
    ],
    "diff": [
        ("2024-11-27", "latest"),
        ("2024-11-27", "live"),
        ("latest", "live", "--stat"),
        (EVIL, "latest"),
    ],
    "find": [("a",), (EVIL,), ("nadie", EVIL)],
    "history": [(f"invoices/{EVIL}",), (f"{EVIL}/1",), (f"{EVIL}/nadie",)],
    "show": [("latest", f"invoices/{EVIL}"), ("2024-11-27", f"{EVIL}/1"), ("latest", f"{EVIL}/nadie")],
    "audit": [(), ("2024-11-27", "--verbose"), ("latest", "--csv", "a\x1b.csv")],
    "serve": [("2024-11-27",)],
    "config": [(), ("--offline",), ("--trust",)],
    "demo": [("--folder", ".")],
}
_NO_JSON = ("gui", "schedule", "service", "demo")
_UNTIL = {"serve": _serves, "schedule": _has_begun, "restore": _asks}


def test_every_command_is_asked() -> None:
    assert set(ASKED) == set(COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_lets_a_name_command_the_terminal(place: Place, name: str) -> None:
    ways = (place.piped, place.shown) if os.name == "posix" else (place.piped,)
    heard = ""
    for words in ASKED[name]:
        for as_json in (False, True) if name not in _NO_JSON else (False,):
            for ask in ways:
                asked = (name, *words, *(["--json"] if as_json else []))
                said = ask(*asked, until=_UNTIL.get(name))
                assert said.strip(), asked
                check(said, asked)
                assert "fallo inesperado" not in said, said
                assert "--verbose" in asked or "Traceback" not in said, said
                heard += said
    if name != "demo":
        assert "u202e" in heard, f"{heard}\nnothing hostile was asked to be said"
