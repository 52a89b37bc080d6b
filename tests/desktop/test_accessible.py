"""Every view without a mouse, without eyes, and without settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import (
    QAbstractButton,
    QApplication,
    QHeaderView,
    QLabel,
    QListWidgetItem,
    QRadioButton,
    QScrollArea,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.backups.losses_window import open_losses
from facot_backups.ui.desktop.overview.actions import BACKUP_ACTIONS, PANEL_ACTIONS
from facot_backups.ui.desktop.restore.window import RestoreWindow, open_restore
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.toolkit.check import CheckBox, CheckList
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]


@pytest.fixture
def views(qtbot: Any, old_world: DesktopWorld, show: Show) -> Iterator[list[QWidget]]:
    """The panel, and each window that it opens, all of them shown and idle."""
    panel = show(old_world)
    panel.list.table.selectRow(1)
    chosen = panel.list.chosen
    assert chosen is not None
    for action in PANEL_ACTIONS:
        action.do(panel)
    BACKUP_ACTIONS[0].do(panel, chosen)
    open_losses(panel)
    for window in panel.findChildren(RestoreWindow):
        window.what.more.setChecked(True)
        window.what.elsewhere.setChecked(True)
    windows = list(panel._views.values())
    qtbot.waitUntil(lambda: not panel.jobs.busy and not any(one.jobs.busy for one in windows), timeout=20_000)
    yield [panel, *windows]
    for one in windows:
        one.close()


def test_a_screen_reader_has_a_name_for_all_that_can_be_used(qtbot: Any, views: list[QWidget]) -> None:
    assert len(views) == len(PANEL_ACTIONS) + 3
    count = 0
    for view in views:
        assert isinstance(view, BackupsPanel) or view.windowTitle()
        for widget in _usable(view):
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            name = widget.accessibleName() or text
            count += 1
            assert name.strip() and not isinstance(widget, QScrollArea), (view, widget, widget.parentWidget())
    assert count > 80


def test_tab_comes_to_all_that_can_be_used(qtbot: Any, views: list[QWidget]) -> None:
    for view in views:
        for page in range(view.tabs.count()) if isinstance(view, DetailWindow) else (0,):
            if isinstance(view, DetailWindow):
                view.tabs.setCurrentIndex(page)
                qtbot.waitUntil(lambda view=view: not view.jobs.busy, timeout=20_000)
            _tab_around(qtbot, view)


def _tab_around(qtbot: Any, view: QWidget) -> None:
    view.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is view, timeout=5_000)
    wanted = {
        widget
        for widget in _usable(view)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        # Of a group only the chosen one; the arrows go to the others.
        and not (isinstance(widget, QRadioButton) and not widget.isChecked())
    }
    # Where the keyboard is in a window that opens, else at its first part.
    here = view.focusWidget()
    start = here if here in wanted else next(one for one in view.findChildren(QWidget) if one in wanted)
    start.setFocus(Qt.FocusReason.TabFocusReason)
    reached = _reached_by_tab(qtbot)
    missed = [one for one in wanted if one not in reached and one.focusProxy() not in reached]
    assert not missed, (view, [(one, one.accessibleName()) for one in missed])
    strays = [one for one in reached if isinstance(one, QRadioButton) and one not in wanted]
    assert not strays, (view, [one.text() for one in strays])


def _reached_by_tab(qtbot: Any) -> list[QWidget]:
    """All that Tab comes to, from where the keyboard is once around."""
    reached: list[QWidget] = []
    while (here := QApplication.focusWidget()) is not None and here not in reached:
        reached.append(here)
        qtbot.keyClick(here, Qt.Key.Key_Tab)
    return reached


def test_tab_comes_to_the_chosen_radio_button_from_wherever_the_keyboard_was(
    qtbot: Any, old_world: DesktopWorld, show: Show
) -> None:
    window = open_restore(show(old_world))
    page = window.what
    qtbot.waitUntil(lambda: page.words.hasFocus() and not window.jobs.busy, timeout=20_000)
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=5_000)
    # The field lies between the radio buttons, of which none ever had the keyboard.
    reached = _reached_by_tab(qtbot)
    assert [one for one in reached if isinstance(one, QRadioButton)] == [page.one]
    page.one.setFocus()
    qtbot.keyClick(page.one, Qt.Key.Key_Down)
    assert page.some.isChecked() and page.some.hasFocus() and page.collections.isVisible()
    page.everything.setChecked(True)  # such as by the program
    page.more.setFocus()
    reached = _reached_by_tab(qtbot)
    assert [one for one in reached if isinstance(one, QRadioButton)] == [page.everything]


def _usable(view: QWidget) -> list[QWidget]:
    """What takes the keyboard in the window of `view`; texts that can be copied are their own name."""
    found = []
    for widget in view.findChildren(QWidget):
        own = widget.window() is view.window() and not widget.objectName().startswith("qt_")
        text = isinstance(widget, QLabel | QHeaderView)
        hollow = isinstance(widget, QAbstractButton) and not widget.isVisible() and not widget.text()
        if own and not text and not hollow and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            found.append(widget)
    return found


def test_what_is_chosen_bears_a_tick_not_only_a_colour(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    panel = show(world)
    box = CheckBox("Una", panel)
    box.setChecked(True)
    box.show()
    option = QStyleOptionButton()
    box.initStyleOption(option)
    style = box.style()
    assert style is not None
    area = style.subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, box)
    items = CheckList("Varias")
    items.setParent(panel)
    for state in (Qt.CheckState.Checked, Qt.CheckState.Unchecked):
        QListWidgetItem("Una", items).setCheckState(state)
    items.show()
    panel.theme.choice = "oscuro"
    assert _colours(box.grab(area).toImage()) == {"tick", "blue"}
    rows = [items.visualItemRect(items.item(number)) for number in range(2)]
    viewport = items.viewport()
    shown = [_colours(viewport.grab(row).copy().toImage().copy(0, 0, 34, row.height())) for row in rows]
    assert shown == [{"tick", "blue"}, set()]


def _colours(image: QImage) -> set[str]:
    found = set()
    for x in range(image.width()):
        for y in range(image.height()):
            colour = image.pixelColor(QPoint(x, y))
            if colour.lightness() > 235:
                found.add("tick")
            elif colour.blue() > 180 and colour.red() < 80:
                found.add("blue")
    return found


def test_unreadable_settings_leave_no_empty_table(qtbot: Any, world: DesktopWorld) -> None:
    panel = BackupsPanel(session=Session({"backup_hour": "25:99"}, environ={}))
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.standing_changed, timeout=20_000):
        panel.show()
    assert panel.list.empty.isVisible() and "Aquí aparecerán" in panel.list.empty.text()
    assert not panel.list.table.isVisible()
    assert not any(one.isVisible() for _, one in panel.list.buttons)
    panel.jobs.end()
