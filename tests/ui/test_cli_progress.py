"""Progress: a bar on a terminal, plain lines elsewhere, all on stderr."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import grpc
import pytest

from facot_backups.emulator.faults import Fault
from facot_backups.events import (
    CollectionDone,
    CollectionFailed,
    Counted,
    PhaseStarted,
    Progressed,
    Retried,
    Warned,
)
from facot_backups.ui.cli.progress import progress
from facot_backups.ui.cli.progress_bar import Bar
from facot_backups.ui.cli.progress_text import PHASES
from tests.docs import pages
from tests.end_to_end.world import World
from tests.support.terminal import read_all

EVENTS = (
    PhaseStarted("connecting"), PhaseStarted("reading"), Counted(2000), Progressed("invoices", 1024),
    CollectionDone("invoices", 1500, 0), Retried("UNAVAILABLE: prueba", 1.0),
    CollectionFailed("zonas", "no se pudo"), Warned("cuidado"), PhaseStarted("publishing"),
)  # fmt: skip


def told(capsys: pytest.CaptureFixture[str], **options: bool) -> list[str]:
    with progress(**options) as emit:
        for event in EVENTS:
            emit(event)
    out, err = capsys.readouterr()
    assert out == ""
    assert "\x1b" not in err
    return err.splitlines()


def test_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    failures = ["No se pudo leer zonas: no se pudo", "Aviso: cuidado"]
    counted, done = "El servidor cuenta 2,000 documentos.", "invoices: 1,500 documentos"
    waiting = "Firestore no responde: se reintenta…"
    assert told(capsys, quiet=False, verbose=False) == [counted, done, waiting, *failures]
    assert told(capsys, quiet=True, verbose=False) == failures
    assert told(capsys, quiet=False, verbose=True) == [
        "Conectando…", "Leyendo…", counted, done, "Reintento: UNAVAILABLE: prueba", *failures, "Publicando…",
    ]  # fmt: skip


def test_lines_of_a_real_run(world: World) -> None:
    ran = world.run("run")
    assert "invoices: 2 documentos (y 1 dentro de ellos)" in ran.err.splitlines()
    assert "El servidor cuenta 3 documentos." in ran.err.splitlines()
    assert "invoices" not in ran.out


def test_every_phase_has_a_word() -> None:
    """Nobody is shown `counting…`."""
    source = pages.PROJECT / "src/facot_backups"
    told = {
        phase
        for file in source.rglob("*.py")
        if "desktop" not in file.parts
        for phase in re.findall(r'PhaseStarted\("([a-z-]+)"\)', file.read_text(encoding="utf-8"))
    }
    assert len(told) > 10
    assert told - set(PHASES) == set()


def test_a_phase_begins_without_the_rate_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Bar(verbose=False) as bar:
        bar.emit(Counted(2000))
        bar.emit(PhaseStarted("reading"))
        assert bar.tasks[0].total == 2000
        for documents in (500, 1000, 2000):
            bar.emit(Progressed("invoices", documents))
        assert bar.tasks[0].completed == 2000
        bar.emit(PhaseStarted("checking"))
        (task,) = bar.tasks
        assert (task.completed, task.total, task.speed, task.fields["shown"]) == (0, None, None, "")


HOSTILE = "[red]\x1b]0;título\x07[\n\u202e"


@pytest.mark.parametrize("terminal", [True, False])
def test_names_that_a_terminal_would_obey(
    world: World, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    """Anybody may write into a database; what a collection is called neither stops a run nor hides one."""
    world.server.local.add_fault(
        Fault("RunQuery", "error", collection=HOSTILE + "b", code=grpc.StatusCode.PERMISSION_DENIED)
    )
    world.write(f"{HOSTILE}a/1", f"{HOSTILE}b/1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    ran = world.run("run")
    assert ran.code == 3
    text = ran.out + ran.err
    assert "[red]" in text
    for character in ("\x1b]", "\x07", "\u202e"):
        assert character not in text
    assert len(world.run("run", "--json").report["errors"]) == 1


def test_reasons_that_look_like_markup(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """A path such as `x[/y]` is that of a legal document."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress(quiet=False, verbose=True) as emit:
        for text in ("«x[/y]» no es igual", "[/]", "[bold]"):
            for event in (
                CollectionFailed(text, text),
                Warned(text),
                Retried(text, 1.0),
                Progressed(text, 1),
            ):
                emit(event)
    assert "«x[/y]» no es igual" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows no tiene pseudoterminales de este tipo")
@pytest.mark.parametrize("quiet", [False, True])
def test_a_bar_on_a_terminal(world: World, quiet: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        world.command("run", *(["--quiet"] if quiet else [])),
        env=world.environment(TERM="xterm-256color", COLUMNS="100"),
        cwd=world.state.parent,
        stdout=subprocess.PIPE,
        stderr=theirs,
        encoding="utf-8",
    ) as process:
        os.close(theirs)
        shown = read_all(ours)
        assert process.stdout is not None
        out = process.stdout.read()
    assert process.returncode == 0
    if quiet:
        assert (shown, out) == ("", "")
        return
    assert "\x1b[" in shown
    phases = ("Preparando", "Conectando", "Leyendo", "Comprobando con el servidor", "Publicando")
    assert [phase for phase in phases if phase not in shown] == []
    assert "invoices: 2 documentos (y 1 dentro de ellos)" in shown
    assert "Backup completo y comprobado" in out
    assert "\x1b" not in out
