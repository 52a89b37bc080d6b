"""«Restaurar…» by the keyboard alone, from each place that has a document to the document in Firestore."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QWidget

from facot_backups.emulator.load import delete_documents
from facot_backups.operations.backup.run import BackupRequest, back_up
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.documents.history_window import HistoryWindow
from facot_backups.ui.desktop.documents.search_window import SearchWindow
from facot_backups.ui.desktop.program.demo import PROJECT
from facot_backups.ui.desktop.restore.window import RestoreWindow
from tests.desktop.test_restore import Business
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]
Entrance = Callable[["Keyboard", BackupsPanel, str, tuple[str, ...]], Any]
_PATIENCE_MS = 20_000
# So many times somebody presses Tab before giving up.
_TABS = 30


class Keyboard:
    """Presses keys where the keyboard is, and nowhere else."""

    def __init__(self, qtbot: Any) -> None:
        self._qtbot = qtbot

    @property
    def here(self) -> QWidget:
        """What has the keyboard."""
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self._qtbot.keyClick(self.here, key, modifier)

    def write(self, text: str) -> None:
        self._qtbot.keyClicks(self.here, text)

    def enter(self) -> None:
        self.press(Qt.Key.Key_Return)

    def tab_to(self, wanted: QWidget) -> None:
        """Press Tab until `wanted` has the keyboard."""
        for _ in range(_TABS):
            if wanted.hasFocus():
                return
            self.press(Qt.Key.Key_Tab)
        raise AssertionError(f"Tab does not come to {wanted}, but to {self.here}")

    def down_to(self, wanted: Callable[[], bool]) -> None:
        """Press the arrow until a list is where it is wanted."""
        for _ in range(_TABS):
            if wanted():
                return
            self.press(Qt.Key.Key_Down)
        raise AssertionError(f"the arrow does not come to it in {self.here}")

    def until(self, ready: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(ready, timeout=_PATIENCE_MS)

    def window(self, panel: BackupsPanel, kind: type[Any]) -> Any:
        """The window of this kind, once it has the keyboard and is idle."""
        window: Any
        (window,) = panel.findChildren(kind)
        window.activateWindow()
        self.until(lambda: QApplication.activeWindow() is window)
        self.until(lambda: not window.jobs.busy)
        return window


def _detail(keyboard: Keyboard, panel: BackupsPanel, page: str) -> tuple[DetailWindow, Any]:
    keyboard.tab_to(panel.list.table)
    keyboard.enter()
    window = keyboard.window(panel, DetailWindow)
    wanted = getattr(window, page)
    bar = window.tabs.tabBar()
    keyboard.tab_to(bar)
    for _ in range(window.tabs.indexOf(wanted)):
        keyboard.press(Qt.Key.Key_Right)
    assert window.tabs.currentWidget() is wanted and bar.hasFocus()
    keyboard.until(lambda: not window.jobs.busy)
    return window, wanted


def _documents(keyboard: Keyboard, panel: BackupsPanel, number: str, path: tuple[str, ...]) -> Any:
    window, page = _detail(keyboard, panel, "browse")
    keyboard.until(lambda: page.index is not None and not window.jobs.busy)
    keyboard.tab_to(page.field)
    keyboard.write(number)
    keyboard.until(lambda: 0 < page.model.rowCount() < 5 and not window.jobs.busy)
    keyboard.enter()
    # Companies have numbers of their own, which may be alike.
    keyboard.down_to(lambda: page.index.row(page.model.numbers[page.table.currentIndex().row()]).path == path)
    keyboard.until(lambda: page.pane.document is not None and page.pane.document.path == path)
    return page.pane.restore_button


def _history(keyboard: Keyboard, panel: BackupsPanel, number: str, path: tuple[str, ...]) -> Any:
    _documents(keyboard, panel, number, path)
    (detail,) = panel.findChildren(DetailWindow)
    keyboard.tab_to(detail.browse.pane.history_button)
    keyboard.enter()
    window = keyboard.window(panel, HistoryWindow)
    keyboard.until(lambda: window.history is not None)
    assert window.restore_button.isEnabled()  # the newest line with the document is chosen
    return window.restore_button


def _comparison(keyboard: Keyboard, panel: BackupsPanel, number: str, path: tuple[str, ...]) -> Any:
    window, page = _detail(keyboard, panel, "compare")
    keyboard.tab_to(page.other)
    keyboard.press(Qt.Key.Key_Home)
    keyboard.tab_to(page.button)
    keyboard.enter()
    keyboard.until(lambda: page.comparison is not None and not window.jobs.busy)
    assert page.table.hasFocus()
    assert number in {row.shown.number for row in page.model.rows}
    keyboard.down_to(lambda: page.chosen.path == path)
    return page.restore_button


def _search(keyboard: Keyboard, panel: BackupsPanel, number: str, path: tuple[str, ...]) -> Any:
    keyboard.press(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    keyboard.write(number)
    keyboard.enter()
    window = keyboard.window(panel, SearchWindow)
    keyboard.until(lambda: window.searched is not None and window.table.hasFocus())
    keyboard.down_to(lambda: window.chosen.path == path)
    return window.restore_button


@pytest.mark.parametrize("entrance", [_documents, _history, _comparison, _search])
def test_a_lost_invoice_comes_back_by_the_keyboard_alone(
    qtbot: Any, world: DesktopWorld, show: Show, entrance: Entrance
) -> None:
    back_up(world.session.connector(world.session.settings()), world.store, BackupRequest())
    business, keyboard = Business(world), Keyboard(qtbot)
    wanted = business.invoices[3]
    lost = [path for path in business.documents if path == wanted or path.startswith(f"{wanted}/")]
    before = {path: business.stored(path) for path in lost}
    delete_documents(world.server.host, lost, PROJECT)
    panel = show(world)
    panel.create_button.setFocus()
    number = business.value(wanted, "invoice_number")
    keyboard.tab_to(entrance(keyboard, panel, number, tuple(wanted.split("/"))))
    keyboard.enter()
    window: RestoreWindow = keyboard.window(panel, RestoreWindow)
    keyboard.until(lambda: window.next.isEnabled() and window.what.found.hasFocus())
    keyboard.enter()
    keyboard.until(lambda: window.pages.currentWidget() is window.plan)
    keyboard.enter()  # Enter alone writes nothing
    assert window.pages.currentWidget() is window.plan and business.stored(wanted) is None
    keyboard.tab_to(window.next)
    with world.hung() as come:
        keyboard.enter()
        keyboard.until(come.is_set)
        keyboard.enter()  # pressed twice, it does not stop what has begun
        assert window.pages.currentWidget() is window.work and not window.work.progress.cancel.hasFocus()
    keyboard.until(lambda: window.pages.currentWidget() is window.ending)
    assert window.ending.title.text() == "Restaurado y comprobado"
    assert {path: business.stored(path) for path in lost} == before
    assert window.next.hasFocus()
    keyboard.enter()
    assert window.closing
