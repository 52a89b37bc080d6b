"""`facot-backups gui` where there can be no window, and what it keeps in the state folder: without Qt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from facot_backups.errors import UsageError
from facot_backups.ui.cli import main
from facot_backups.ui.desktop.habits import Habits
from facot_backups.ui.desktop.program import startup
from facot_backups.ui.desktop.program.instance import PATIENCE_SECONDS, Instance
from tests.support.archives import HandClock

# What each computer lacks, and what its owner is told.
NO_QT = dict.fromkeys(("qtpy", "qtpy.QtSvg", "PySide6", "PyQt6"))
INSTALL = 'python -m pip install qtpy "PySide6-Essentials<6.12"'


def _without(monkeypatch: pytest.MonkeyPatch, modules: dict[str, None]) -> None:
    """As on a computer that has none of these: None in sys.modules is what import looks for first."""
    for name in [name for name in sys.modules if name.partition(".")[0] in modules]:
        monkeypatch.delitem(sys.modules, name)
    for name in modules:
        monkeypatch.setitem(sys.modules, name, None)


def test_without_qt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    _without(monkeypatch, NO_QT)
    assert main(["gui"]) == 2
    said = capsys.readouterr().err
    assert INSTALL in said and "Traceback" not in said and len(said.splitlines()) == 2


def test_a_library_of_the_systems_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = "libGL.so.1: cannot open shared object file: No such file or directory"

    def load(name: str) -> None:
        raise ImportError(fault)

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("importlib.import_module", load)
    with pytest.raises(UsageError, match=r"falta libGL\.so\.1\.\n.*sudo apt install libgl1"):
        startup.require_qt()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="en los demás siempre hay una pantalla")
def test_without_a_screen_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(["gui"]) == 2
    said = capsys.readouterr().err
    assert "no hay una pantalla" in said and "facot-backups status" in said and len(said.splitlines()) == 2
    startup.require_display({"WAYLAND_DISPLAY": "wayland-0"})


def test_a_demonstration_has_a_folder_of_its_own(capsys: Any) -> None:
    assert main(["gui", "--demo", "--backup-dir", "mios"]) == 2
    assert "--backup-dir" in capsys.readouterr().err


class Answering(HandClock):
    """A clock whose first owner of the place looks, or leaves, while another one waits."""

    def __init__(self, owner: Instance, leaves: bool) -> None:
        super().__init__()
        self._owner, self._leaves = owner, leaves

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self._leaves:
            self._owner.end()
        else:
            assert self._owner.called()


def test_one_place_for_each_folder(tmp_path: Path) -> None:
    state, folder = tmp_path / "estado", tmp_path / "backups"
    first = Instance(state, folder)
    assert first.begin() and not first.called()
    other = Instance(state, tmp_path / "otra")
    assert other.begin_or_call() is True
    clock = Answering(first, leaves=False)
    assert Instance(state, folder, clock).begin_or_call() is False
    silent = HandClock()
    assert Instance(state, folder, silent).begin_or_call() is None
    assert silent.monotonic() > PATIENCE_SECONDS and not first.called()
    heir = Instance(state, folder, Answering(first, leaves=True))
    assert heir.begin_or_call() is True and not heir.called()


def test_where_nothing_can_be_written_everybody_is_the_first(tmp_path: Path) -> None:
    (tmp_path / "archivo").touch()
    state = tmp_path / "archivo" / "estado"
    assert Instance(state, None).begin() and Instance(state, None).begin_or_call() is True
    Habits(state).remember_stay(True)
    assert Habits(state).stay is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stay": 1}', "\xff"])
def test_a_damaged_memory_is_none(tmp_path: Path, text: str) -> None:
    habits = Habits(tmp_path)
    habits.remember_stay(False)
    assert Habits(tmp_path).stay is False
    (tmp_path / "panel/habits.json").write_bytes(text.encode("latin-1"))
    assert habits.stay is None
    habits.remember_stay(True)
    assert habits.stay is True
