"""The panel's tests: `python -m tests.desktop` runs them, once on each binding of Qt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.desktop.left_out import LACKING, LeftOutFile

if TYPE_CHECKING:
    from pathlib import Path

    from facot_backups.ui.desktop.overview.panel import BackupsPanel
    from facot_backups.ui.desktop.settings.window import SettingsWindow
    from tests.desktop.office import Office
    from tests.desktop.watchdog import Watchdog
    from tests.desktop.world import DesktopWorld

_lacking = os.environ.get(LACKING)
# The ordinary run knows no Qt.
collect_ignore_glob = [] if _lacking or os.environ.get("PYTEST_QT_API") else ["test_*.py"]


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Where Qt cannot be loaded, the tests are skipped by name."""
    return LeftOutFile.from_parent(parent, path=module_path) if _lacking else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which binding it was, and how long its GUI thread ever waited."""
    if not os.environ.get("PYTEST_QT_API"):
        return
    import qtpy

    from tests.desktop.watchdog import LIMIT_MS, gaps

    terminalreporter.write_line(
        f"Panel probado con {qtpy.API_NAME} {qtpy.PYSIDE_VERSION or qtpy.PYQT_VERSION}."
    )
    if gaps:
        said = ", ".join(f"{what} {gap:.0f} ms" for what, gap in sorted(gaps.items()))
        worst = max(gaps.values())
        terminalreporter.write_line(f"Mayor espera del hilo de la ventana: {said}.", yellow=worst > LIMIT_MS)


@pytest.fixture(scope="session", autouse=True)
def binding() -> str:
    """The binding under test, proven: QtPy and pytest-qt have the one that was asked for."""
    import qtpy
    from pytestqt.qt_compat import qt_api

    asked = os.environ["PYTEST_QT_API"]
    assert os.environ["QT_API"] == asked
    assert qtpy.API_NAME.lower() == qt_api.pytest_qt_api == asked
    return qtpy.API_NAME


@pytest.fixture(autouse=True)
def faults() -> Iterator[list[Exception]]:
    """What slots raised; a test that expects it clears the list, else it fails."""
    from facot_backups.ui.desktop.toolkit import slots

    found: list[Exception] = []
    stop = slots.listen(found.append)
    yield found
    stop()
    assert not found, found


@pytest.fixture
def watchdog(qtbot: Any) -> Watchdog:
    """Measures the GUI thread: `with watchdog.watching("backup"):`."""
    from tests.desktop.watchdog import Watchdog

    return Watchdog()


@pytest.fixture
def world(state_dir: Any) -> Iterator[DesktopWorld]:
    """A Firestore in memory with a small business, and an empty backup folder."""
    from tests.desktop.world import desktop_world

    with desktop_world() as made:
        yield made


@pytest.fixture
def old_world(state_dir: Any) -> Iterator[DesktopWorld]:
    """As `world`, with the backups of the last forty days: complete, incomplete, missing, drilled."""
    from tests.desktop.world import desktop_world

    with desktop_world(history=True) as made:
        yield made


@pytest.fixture
def show(qtbot: Any) -> Iterator[Callable[..., BackupsPanel]]:
    """`show(world)`: a panel on it, shown, that has looked once. Its tasks have ended when the test has."""
    from qtpy.compat import isalive

    from facot_backups.ui.desktop.overview.panel import BackupsPanel
    from facot_backups.ui.desktop.toolkit.worker import Jobs

    panels: list[BackupsPanel] = []

    def make(world: DesktopWorld, **more: Any) -> BackupsPanel:
        panel = BackupsPanel(session=world.session, **more)
        panels.append(panel)
        panel.resize(1000, 760)
        with qtbot.waitSignal(panel.overview_changed, timeout=20_000):
            panel.show()
        return panel

    yield make
    for panel in filter(isalive, panels):
        # Those of its windows, too: a restore that waits for an answer would wait for half an hour.
        running = panel.findChildren(Jobs)
        for jobs in running:
            jobs.cancel()
        for jobs in running:
            jobs.end()
        panel.close()
        panel.deleteLater()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Nothing of this computer's own is seen: not its home, not its services."""
    home = tmp_path / "casa"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setattr("facot_backups.ui.desktop.settings.window._PAUSE_MS", 10)
    from tests.desktop.office import FACOT, Office

    found = Office(home, {"HOME": str(home)})
    found.write(FACOT)
    return found


@pytest.fixture
def settings(qtbot: Any, show: Callable[..., BackupsPanel]) -> Callable[[Any], SettingsWindow]:
    """`settings(world)`: the window, opened by its button, that has read everything."""

    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QPushButton

    from facot_backups.ui.desktop.settings.window import SettingsWindow

    def open_window(world: Any) -> SettingsWindow:
        panel = show(world)
        button = panel.findChild(QPushButton, "settings")
        assert button is not None
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        (window,) = panel.findChildren(SettingsWindow)
        assert isinstance(window, SettingsWindow)
        qtbot.waitUntil(lambda: window.form is not None and not window.jobs.busy, timeout=20_000)
        return window

    return open_window
