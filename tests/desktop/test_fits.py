"""Every window and every page of the wizard on small screens: all that can be used is there, and whole.

The sizes are what a window has inside its frame, above the bar of the system, on 1366×768, and on 1920×1080
at 150 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from facot_backups.emulator.load import delete_documents
from facot_backups.model import Source
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.audit.window import AuditWindow
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.backups.losses_window import LossesWindow, open_losses
from facot_backups.ui.desktop.documents.history_window import HistoryWindow
from facot_backups.ui.desktop.firebase.window import FirebaseWindow
from facot_backups.ui.desktop.program.window import Window
from facot_backups.ui.desktop.restore.rows import ConfirmShown
from facot_backups.ui.desktop.restore.window import RestoreWindow
from facot_backups.ui.desktop.settings.window import SettingsWindow
from facot_backups.ui.desktop.window import ViewWindow
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]
_LEFT = Qt.MouseButton.LeftButton
SIZES = {"1366x768": QSize(1350, 672), "1280x720": QSize(1264, 624)}
LONG = (
    "No se pudo leer esta colección, porque el servidor no respondió a tiempo en ninguno de los intentos. "
    * 8
)
_LONG_MS = 30_000


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> QSize:
    return SIZES[request.param]


# --- what is wrong with a window --------------------------------------------------------------------------


def cut(window: QWidget, size: QSize) -> list[str]:
    """What of `window` is cut, covered or out of reach at `size`, each in a few words."""
    window.resize(size)
    for _ in range(10):  # a layout inside another one is told a turn later
        QApplication.processEvents()
    wrong = [] if _within(window.size(), size) else [f"{type(window).__name__} needs {window.size()}"]
    for one in _used(window):
        scrolled = _bring(one)
        if one.visibleRegion().boundingRect() != one.rect():
            wrong.append(f"{_name(one)}: only {one.visibleRegion().boundingRect()} of {one.rect()} is seen")
        if not _within(one.minimumSizeHint(), one.size()):
            wrong.append(f"{_name(one)}: has {one.size()}, needs {one.minimumSizeHint()}")
        for area in scrolled:
            area.verticalScrollBar().setValue(0)
    return [*wrong, *_cut_texts(window), *_overlaps(window), *_too_wide(window)]


def _within(small: QSize, large: QSize) -> bool:
    return small.width() <= large.width() and small.height() <= large.height()


def _used(window: QWidget) -> Iterator[QWidget]:
    """What a person clicks or types into."""
    for one in window.findChildren(QWidget):
        inner = isinstance(one.parent(), (QLineEdit, QComboBox))
        kinds = (QAbstractButton, QLineEdit, QComboBox)
        if isinstance(one, kinds) and one.isVisible() and one.window() is window and not inner:
            yield one


def _bring(one: QWidget) -> list[QScrollArea]:
    """Scroll to `one`; the areas that may have moved."""
    areas = list(_areas(one))
    for area in areas:
        inside = area.widget()
        assert inside is not None
        place = one.mapTo(inside, QPoint(0, 0)).y() - (area.viewport().height() - one.height()) // 2
        area.verticalScrollBar().setValue(place)
    QApplication.processEvents()
    return areas


def _areas(one: QWidget) -> Iterator[QScrollArea]:
    above = one.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            yield above
        above = above.parentWidget()


def _name(one: QWidget) -> str:
    text = one.text() if isinstance(one, (QAbstractButton, QLineEdit)) else ""
    return f"{type(one).__name__} «{text or one.accessibleName()}»"


def _cut_texts(window: QWidget) -> Iterator[str]:
    for one in window.findChildren(QLabel):
        if one.isVisible() and one.window() is window and one.wordWrap():
            needed = one.heightForWidth(one.width())
            if one.height() < needed:
                yield f"«{one.text()[:40]}» has {one.height()} px, needs {needed}"


def _too_wide(window: QWidget) -> Iterator[str]:
    """What is cut at the right: no area of ours scrolls sideways."""
    for area in window.findChildren(QScrollArea):
        inside = area.widget()
        if area.isVisible() and inside is not None and inside.width() > area.viewport().width():
            yield f"{inside.width()} px wide, in an area of {area.viewport().width()}"


def _overlaps(window: QWidget) -> Iterator[str]:
    for parent in [window, *window.findChildren(QWidget)]:
        if isinstance(parent, (QAbstractScrollArea, QLineEdit, QComboBox)) or parent.layout() is None:
            continue
        laid = [one for one in parent.children() if isinstance(one, QWidget) and one.isVisible()]
        laid = [one for one in laid if not one.isWindow() and not one.objectName().startswith("qt_")]
        for number, one in enumerate(laid):
            for other in laid[number + 1 :]:
                if one.geometry().intersects(other.geometry()):
                    yield f"{_name(one)} lies over {_name(other)}"


def _without_scrolling(*buttons: QAbstractButton) -> None:
    for one in buttons:
        assert one.isVisible() and one.visibleRegion().boundingRect() == one.rect(), _name(one)


# --- the windows ------------------------------------------------------------------------------------------


def _open(qtbot: Any, panel: BackupsPanel, name: str, kind: type[ViewWindow]) -> Any:
    button = panel.findChild(QPushButton, name)
    assert button is not None
    qtbot.mouseClick(button, _LEFT)
    (window,) = panel.findChildren(kind)
    screen = QGuiApplication.primaryScreen()
    assert screen is not None and _within(window.frameGeometry().size(), screen.availableSize())
    # A large screen's window, which `cut` makes as small as the size that is tried.
    window.resize(1600, 1000)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=_LONG_MS)
    return window


@pytest.mark.slow
def test_the_panel_and_the_program(qtbot: Any, old_world: DesktopWorld, show: Show, size: QSize) -> None:
    panel = show(old_world)
    assert cut(panel, size) == []
    panel.notice.tell("critical", LONG[:90], LONG, offer=("Configurar Firebase", panel.look))
    panel.progress.begin("Empezando…")
    assert cut(panel, size) == []
    panel.progress.end()
    window = Window(old_world.session)
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.panel.overview_changed, timeout=_LONG_MS):
        window.show()
    assert cut(window, size) == []
    _without_scrolling(window.panel.create_button, window.panel.folder_button, window.stay, window.leave)
    table = window.panel.list.table
    rows = table.visibleRegion().boundingRect().height() - table.horizontalHeader().height()
    assert rows >= 5 * table.rowHeight(0), "too few backups are seen at once"
    assert not window.panel.area.verticalScrollBar().isVisible(), "two scroll bars, one in the other"
    day = window.panel.chart.day
    assert day.text() and _within(day.sizeHint(), day.size())
    window.panel.jobs.end()


@pytest.mark.slow
def test_settings_and_firebase(qtbot: Any, old_world: DesktopWorld, show: Show, size: QSize) -> None:
    panel = show(old_world)
    window = _open(qtbot, panel, "settings", SettingsWindow)
    assert cut(window, size) == []
    window.notice.tell("critical", "No se ha guardado nada", LONG)
    window.service.show_button.setChecked(True)
    assert cut(window, size) == []
    _without_scrolling(window.save_button, window.cancel_button)
    window = _open(qtbot, panel, "firebase", FirebaseWindow)
    assert cut(window, size) == []
    for line in (window.problem, window.reached, window.reads, window.writes, window.notes):
        line.tell("critical", LONG)
    window.notice.tell("critical", "No se ha guardado nada", LONG)
    assert cut(window, size) == []
    _without_scrolling(window.save_button, window.close_button)


@pytest.mark.slow
def test_the_windows_of_a_backup(qtbot: Any, old_world: DesktopWorld, show: Show, size: QSize) -> None:
    panel = show(old_world)
    panel.list.table.selectRow(0)
    window = _open(qtbot, panel, "detail", DetailWindow)
    for number in range(window.tabs.count()):
        window.tabs.setCurrentIndex(number)
        qtbot.waitUntil(lambda: not window.jobs.busy, timeout=_LONG_MS)
        assert cut(window, size) == []
    window.compare.compare()
    qtbot.waitUntil(lambda: window.compare.comparison is not None and not window.jobs.busy, timeout=_LONG_MS)
    window.trouble.tell("warning", "Este backup está incompleto", LONG)
    window.notice.tell("critical", "El backup está dañado", LONG)
    for number in range(window.tabs.count()):
        window.tabs.setCurrentIndex(number)
        assert cut(window, size) == []
    history = panel.open_view("history", lambda: HistoryWindow(panel, ("invoices", "1")))
    assert isinstance(history, HistoryWindow)
    history.notice.tell("critical", "No se pudo", LONG)
    history.resize(1600, 1000)
    assert cut(history, size) == []
    losses: LossesWindow = open_losses(panel)
    losses.notice.tell("critical", "No se pudo", LONG)
    losses.resize(1600, 1000)
    assert cut(losses, size) == []
    _without_scrolling(history.restore_button, losses.compare_button, losses.accept_button)
    history.jobs.end()


@pytest.mark.slow
def test_the_audit(qtbot: Any, old_world: DesktopWorld, show: Show, size: QSize) -> None:
    window = _open(qtbot, show(old_world), "audit", AuditWindow)
    qtbot.waitUntil(lambda: window.audited is not None and not window.jobs.busy, timeout=_LONG_MS)
    assert window.detail.isVisible() and cut(window, size) == []
    window.detail_where.setText("invoices/1776901260027, " * 60)
    window.notice.tell("critical", "No se pudo exportar", LONG)
    assert cut(window, size) == []


@pytest.mark.slow
def test_every_page_of_the_wizard(qtbot: Any, old_world: DesktopWorld, show: Show, size: QSize) -> None:
    server = old_world.server
    window: RestoreWindow = _open(qtbot, show(old_world), "restore", RestoreWindow)
    page = window.what
    for choice in (page.everything, page.some, page.one):
        choice.setChecked(True)
        page.more.setChecked(False)
        assert cut(window, size) == []
        page.more.setChecked(True)
        page.elsewhere.setChecked(True)
        assert cut(window, size) == []
        _without_scrolling(window.next, *_shown(window.cancel, window.back))
    page.one.setChecked(True)
    page.finding.setText(LONG)
    page.incomplete.setText(LONG)
    page.incomplete.show()
    page.accept.show()
    assert cut(window, size) == []
    page.incomplete.hide()
    page.accept.hide()
    page.elsewhere.setChecked(False)
    page.everything.setChecked(True)
    delete_documents(server.host, _some(old_world), old_world.session.settings().project or "")
    with old_world.hung() as come:
        qtbot.mouseClick(window.next, _LEFT)
        qtbot.waitUntil(come.is_set, timeout=_LONG_MS)
        assert window.pages.currentWidget() is window.work and cut(window, size) == []
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.plan, timeout=_LONG_MS)
    assert cut(window, size) == []
    window.plan.text.setText(LONG)
    window.plan.notes.show_notes((LONG, LONG))
    window.plan.elsewhere.show_notes((LONG,))
    assert cut(window, size) == []
    _without_scrolling(window.next, *_shown(window.cancel, window.back))
    _ask(window)
    assert cut(window, size) == []
    window._show(window.plan)
    qtbot.mouseClick(window.next, _LEFT)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.ending, timeout=_LONG_MS)
    assert cut(window, size) == []
    window.ending.text.setText(LONG)
    window.ending.undo_text.setText(LONG)
    assert cut(window, size) == []
    _without_scrolling(window.next, *_shown(window.cancel, window.back))


def _shown(*buttons: QAbstractButton) -> list[QAbstractButton]:
    """Those that the page has."""
    found = [one for one in buttons if not one.isHidden()]
    assert found
    return found


def _ask(window: RestoreWindow) -> None:
    """The page that asks, which an emulator's small restore does not come to."""
    window.ask.confirm(ConfirmShown(Source("demo-facot")), None)
    window.ask.text.setText(LONG)
    window._show(window.ask)


def _some(world: DesktopWorld) -> list[str]:
    """Paths of documents that the newest backup has."""
    import json

    invoices = json.loads((world.backups()[0].path / "invoices.json").read_text(encoding="utf-8"))
    return [f"invoices/{one['id']}" for one in invoices[:3] if "id" in one]
