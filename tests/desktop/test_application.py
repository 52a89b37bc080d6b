"""`facot-backups gui`: window, tray and scheduler, here and in processes that are ended."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import QRect, Qt
from qtpy.QtWidgets import QApplication, QPushButton

from facot_backups.app.scheduler import BackupScheduler
from facot_backups.emulator import sample
from facot_backups.emulator.load import delete_documents
from facot_backups.errors import CredentialsMissing
from facot_backups.operations.search.find import find
from facot_backups.state import State
from facot_backups.ui.desktop.habits import Habits, Place
from facot_backups.ui.desktop.program import program as program_module
from facot_backups.ui.desktop.program.instance import Instance
from facot_backups.ui.desktop.program.program import Program
from facot_backups.ui.desktop.program.tray import Tray
from facot_backups.ui.desktop.program.window_position import fitted
from facot_backups.ui.desktop.restore import task
from facot_backups.ui.desktop.restore.window import open_restore
from facot_backups.ui.desktop.toolkit.colours import DARK, LIGHT
from facot_backups.ui.desktop.toolkit.theme import palette
from tests.desktop.test_restore import Business
from tests.desktop.world import DesktopWorld, desktop_world

Open = Callable[..., Program]
# Longer than any machine needs; nothing waits for it to pass.
_LONG_MS, _LONG = 30_000, 60


def _click(qtbot: Any, button: QPushButton) -> None:
    assert button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("facot-backups")]


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler makes no backup by itself."""
    monkeypatch.setattr(BackupScheduler, "start", lambda _self: True)


@pytest.fixture
def tray(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """A system with a tray, which offscreen is not; what is told there."""
    messages: list[tuple[str, str]] = []
    monkeypatch.setattr(Tray, "available", property(lambda _self: True))
    monkeypatch.setattr(Tray, "tell", lambda _self, title, text, _level: messages.append((title, text)))
    return messages


@pytest.fixture
def opened(qtbot: Any, world: DesktopWorld) -> Iterator[Open]:
    """`opened()`: the program on the world, shown, that has looked once. It is ended with the test."""
    programs: list[Program] = []

    def make(demonstration: Any = None, instance: Instance | None = None) -> Program:
        program = Program(world.session, Habits(State().folder), instance, demonstration)
        programs.append(program)
        with qtbot.waitSignal(program.panel.overview_changed, timeout=_LONG_MS):
            program.start()
        return program

    yield make
    for program in programs:
        program.end()
        program.window.deleteLater()
    assert _threads() == []


def _asking(program: Program) -> bool:
    return program.question is not None


def _answer(qtbot: Any, program: Program, text: str) -> None:
    assert program.question is not None
    (button,) = [one for one in program.question.buttons if one.text() == text]
    _click(qtbot, button)


@pytest.mark.usefixtures("idle")
def test_closing_is_asked_once_and_goes_to_the_tray(
    qtbot: Any, world: DesktopWorld, opened: Open, tray: list[tuple[str, str]]
) -> None:
    program = opened()
    window = program.window
    assert window.windowTitle() == "Configuración"
    window.close()
    assert window.isVisible() and _asking(program)
    assert program.question is not None
    program.question.close()  # no answer: nothing happens, and it is asked again
    assert window.isVisible()
    window.close()
    _answer(qtbot, program, "Seguir en segundo plano")
    assert not window.isVisible() and window.stay.isChecked()
    with qtbot.waitSignal(program.panel.backup_ended, timeout=_LONG_MS):
        program.tray.back_up.trigger()
        assert not program.tray.back_up.isEnabled()
    qtbot.waitUntil(lambda: program.tray.state.text() == "Protegido", timeout=_LONG_MS)
    assert tray == [("Backup completado", program.panel.notice.text.text())]
    assert "Último backup hoy a la" in program.tray.icon.toolTip() and len(world.backups()) == 1
    world.folder.rename(world.folder.with_name("otro-disco"))
    program.panel.look()
    qtbot.waitUntil(lambda: len(tray) == 2, timeout=_LONG_MS)
    assert tray[1][0] == "No se encuentra la carpeta de los backups" and tray[1][1]
    program.tray.open.trigger()
    assert window.isVisible()
    window.close()
    assert not window.isVisible() and not _asking(program)
    assert Habits(State().folder).stay is True
    with qtbot.waitSignal(program.ended, timeout=_LONG_MS):
        program.tray.leave.trigger()


@pytest.mark.usefixtures("idle")
def test_the_window_comes_back_where_it_was_and_never_off_the_screen(qtbot: Any, opened: Open) -> None:
    program = opened()
    screen = program.window.screen().availableGeometry()
    wanted = QRect(screen.x() + 20, screen.y() + 60, 700, 500)
    program.window.setGeometry(wanted)
    program.end()
    again = opened()
    assert again.window.geometry() == wanted and not again.window.isMaximized()
    again.window.showMaximized()
    again.end()
    full = opened()
    assert full.window.isMaximized() and full.window.place == Place(
        wanted.x(), wanted.y(), 700, 500, full=True
    )
    full.end()
    habits = Habits(State().folder)
    habits.remember_place(Place(9_000, -4_000, 5_000, 600, full=False))  # of a screen that is gone
    far = opened()
    assert screen.contains(far.window.geometry())
    far.end()
    for broken in ("[1, 2]", '"x"', "[1, 2, 3, 4, 5]"):
        (State().folder / "panel" / "habits.json").write_text(f'{{"place": {broken}}}')
        assert habits.place is None
    two = [QRect(0, 0, 1000, 800), QRect(1000, 0, 1000, 800)]
    assert fitted(QRect(1100, 100, 500, 400), two) == QRect(1100, 100, 500, 400)
    assert fitted(QRect(900, 100, 500, 400), two).left() == 1008
    assert fitted(QRect(1, 2, 3, 4), []) == QRect(1, 2, 3, 4)


@pytest.mark.usefixtures("idle")
def test_a_panel_holds_the_place_of_the_folder_that_it_shows(
    qtbot: Any, world: DesktopWorld, opened: Open, tmp_path: Path
) -> None:
    state = State().folder
    first = Instance(state, tmp_path / "de antes")
    assert first.begin()
    program = opened(instance=first)  # its settings name another folder by now
    assert Instance(state, tmp_path / "de antes").begin()
    assert Instance(state, world.folder).begin() is False
    program.end()
    first.end()
    holder, second = Instance(state, world.folder), Instance(state, tmp_path / "otra")
    assert holder.begin() and second.begin()
    late = opened(instance=second)
    assert late.panel.notice.title.text() == "Esa carpeta ya está abierta en otro panel"
    assert Instance(state, tmp_path / "otra").begin() is False
    holder.end()
    second.end()


@pytest.mark.usefixtures("idle")
def test_without_a_tray_closing_minimises_or_ends(qtbot: Any, opened: Open) -> None:
    program = opened()
    assert not program.tray.available
    program.window.stay.click()
    program.window.close()
    assert program.window.isMinimized() and not _asking(program)
    program.window.come()
    assert not program.window.isMinimized()
    program.window.stay.click()
    with qtbot.waitSignal(program.ended, timeout=_LONG_MS):
        program.window.close()
    assert not program.window.isVisible()


@pytest.mark.usefixtures("idle")
def test_leaving_during_a_backup_is_asked_and_leaves_nothing(
    qtbot: Any, world: DesktopWorld, opened: Open
) -> None:
    program = opened()
    with world.hung("RunQuery") as come:
        _click(qtbot, program.panel.create_button)
        qtbot.waitUntil(come.is_set, timeout=_LONG_MS)
        _click(qtbot, program.window.leave)
        _answer(qtbot, program, "Esperar")
        assert not _asking(program) and program.window.isVisible() and _threads()
        _click(qtbot, program.window.leave)
        with qtbot.waitSignal(program.ended, timeout=_LONG_MS):
            _answer(qtbot, program, "Parar y salir")
        assert _threads() == [] and not program.window.isVisible()
    assert world.backups() == [] and world.leftovers() == []


@pytest.mark.usefixtures("idle")
def test_leaving_during_a_restore_is_asked_and_the_rest_is_offered_later(
    qtbot: Any, world: DesktopWorld, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "_GRACE_SECONDS", 0.1)
    program = opened()
    with qtbot.waitSignal(program.panel.backup_ended, timeout=_LONG_MS):
        _click(qtbot, program.panel.create_button)
    (lost, *_), _ = zip(*sample.documents(world.demo.business), strict=True)
    delete_documents(world.server.host, [lost], "demo-facot")
    wizard = open_restore(program.panel)
    qtbot.waitUntil(lambda: wizard.what.backup.count() > 0, timeout=_LONG_MS)
    wizard.what.everything.setChecked(True)
    qtbot.waitUntil(wizard.next.isEnabled, timeout=_LONG_MS)
    _click(qtbot, wizard.next)
    qtbot.waitUntil(lambda: wizard.pages.currentWidget() is wizard.plan, timeout=_LONG_MS)
    with world.hung("BatchWrite") as come:
        _click(qtbot, wizard.next)
        qtbot.waitUntil(come.is_set, timeout=_LONG_MS)
        program.tray.leave.trigger()
        with qtbot.waitSignal(program.ended, timeout=_LONG_MS):
            _answer(qtbot, program, "Parar y salir")
        assert not wizard.isVisible() and _threads() == []
    again = opened()
    wizard = open_restore(again.panel)
    qtbot.waitUntil(lambda: wizard.notice.title.text() == "Hay una restauración a medias", timeout=_LONG_MS)


def test_the_daily_backup_is_made_and_told(
    qtbot: Any, world: DesktopWorld, opened: Open, tray: list[tuple[str, str]]
) -> None:
    """What is due is made at once, also with the window away."""
    with world.hung("RunQuery") as come:
        program = opened()
        Habits(State().folder).remember_stay(True)
        program.window.close()
        assert not _asking(program)
        qtbot.waitUntil(come.is_set, timeout=_LONG_MS)
        program.pulse()
        assert program.tray.state.text() == "Haciendo un backup…"
        assert program.window.status.text() == "Se está haciendo el backup de hoy."
    qtbot.waitUntil(lambda: bool(tray), timeout=_LONG_MS)
    assert tray[0][0] == "Backup del día completado" and "documentos" in tray[0][1]
    assert [backup.proven().trigger for backup in world.backups()] == ["scheduled"]
    qtbot.waitUntil(lambda: program.panel.card.title.text() == "Protegido", timeout=_LONG_MS)


def test_without_firebase_it_says_what_the_daily_backup_waits_for(
    qtbot: Any, world: DesktopWorld, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facot_backups.app.scheduler._Ways.problem", lambda *_: CredentialsMissing())
    program = opened()
    qtbot.waitUntil(lambda: bool(program.window.status.text()), timeout=_LONG_MS)
    said = program.window.status.text()
    assert said.startswith("El backup diario no se hará: Firestore no disponible")
    assert "Conectar Firebase" in said and "FIREBASE_CREDENTIALS" not in said


@pytest.mark.usefixtures("idle")
def test_the_window_looks_as_the_system_does(qtbot: Any, opened: Open) -> None:
    """Offscreen no system tells: then the application's own palette does, never the window's."""
    theme = opened().panel.theme
    before, colours = QApplication.palette(), theme.colours
    try:
        QApplication.setPalette(palette(LIGHT if colours.dark else DARK))
        theme.look_again()
        assert theme.colours.dark is not colours.dark
    finally:
        QApplication.setPalette(before)
    theme.look_again()
    assert theme.colours is colours


@pytest.mark.usefixtures("idle")
def test_a_demonstration_has_months_and_touches_nothing(
    qtbot: Any, state_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"backups": {"max_reads": 1, "project": "real", "backup_dir": "mios"}}
    (tmp_path / "facot_config.json").write_text(json.dumps(config))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program_module, "DEMO_DAYS", 12)
    with desktop_world(invoices=120) as example:
        program = Program(example.session, Habits(State().folder), None, example.demo)
        panel, levels = program.panel, list[str]()
        panel.standing_changed.connect(lambda standing: levels.append(standing.level))
        with qtbot.waitSignal(panel.overview_changed, timeout=_LONG_MS):
            program.start()
            assert panel.progress.title.text() == "Preparando meses de backups de ejemplo…"
            assert not panel.create_button.isEnabled() and program.window.example.isVisible()
        assert panel.create_button.isEnabled() and levels == ["ok"]  # no alarm while it was prepared
        banner = program.window.example
        assert banner.title.text() == "Ejemplo: nada de esto es suyo"
        first, second, *_ = re.findall(r"B01\d{8}", banner.text.text())
        found = find(example.store, first, UTC).hits[0]
        live = Business(example)
        assert found.gone_in is not None and live.stored("/".join(found.path)) is None
        altered = find(example.store, second, UTC).hits[0]
        assert altered.gone_in is None
        assert live.stored("/".join(altered.path))["total_amount"] == 118.0
        assert len(example.backups()) > 11 and example.session.settings().project == "demo-facot"
        assert example.session.config_file().is_relative_to(example.demo.folder)
        program.end()
        program.window.deleteLater()
    assert [path.name for path in tmp_path.iterdir()] == ["facot_config.json"]


# --- processes of their own ------------------------------------------------------------------------------

# What happens in the middle of a backup that a click began.
_ENDS = {
    "close": "program.window.close(); answer(); answer()",
    "tray": "program.tray.leave.trigger(); answer()",
    "exit": "QApplication.exit()",
    "Ctrl-C": "os.kill(os.getpid(), signal.SIGINT)",
}
_DRIVER = """
import os, signal, sys, threading
from pathlib import Path
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication
from facot_backups.ui.desktop.program import application
from facot_backups.ui.desktop.session import Session
from facot_backups.app.scheduler import BackupScheduler

BackupScheduler.start = lambda self: True
start = application.Program.start

def begin(program):
    answer = lambda: program.question.buttons[0].click()
    start(program)
    program.panel.create_button.click()
    def look():
        if Path({come!r}).exists():
            timer.stop()
            {end}
    timer = QTimer(program)
    timer.timeout.connect(look)
    timer.start(20)

application.Program.start = begin
code = application.run(Session({{"backup_dir": {folder!r}}}))
assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
sys.exit(code)
"""


@contextmanager
def _process(world: DesktopWorld, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Python with `words`, on the world's server; it is gone in the end."""
    environment = {
        **os.environ, "FIRESTORE_EMULATOR_HOST": world.server.host, "GOOGLE_CLOUD_PROJECT": "demo-facot"
    }  # fmt: skip
    command = [sys.executable, "-B", *words]
    process = subprocess.Popen(
        command, env=environment, cwd=world.demo.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, encoding="utf-8",
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=_LONG)


@pytest.mark.parametrize("end", _ENDS)
def test_a_process_that_is_left_during_a_backup(world: DesktopWorld, end: str) -> None:
    come = world.demo.folder / "come"
    driver = _DRIVER.format(come=str(come), end=_ENDS[end], folder=str(world.folder))
    with world.hung("RunQuery") as hung, _process(world, "-c", driver) as process:
        assert hung.wait(_LONG)
        come.touch()
        said, _ = process.communicate(timeout=_LONG)
    assert (process.returncode, said) == (0, "")
    assert world.backups() == [] and world.leftovers() == []


def test_one_at_a_time_and_sigterm_ends_it_in_mid_backup(world: DesktopWorld) -> None:
    words = ("-m", "facot_backups", "gui", "--backup-dir", str(world.folder))
    with world.hung("RunQuery") as hung, _process(world, *words) as first:
        assert hung.wait(_LONG)  # the scheduler's, which was due
        with _process(world, *words) as second:
            assert (second.communicate(timeout=_LONG)[0], second.returncode) == ("", 0)
        assert first.poll() is None
        first.send_signal(signal.SIGTERM)
        said, _ = first.communicate(timeout=_LONG)
    assert (first.returncode, said) == (0, "")
    assert world.backups() == [] and world.leftovers() == []
    log = (State().folder / "panel/panel.log").read_text(encoding="utf-8")
    assert "Iniciando backup programado" in log and "Traceback" not in log
