"""Nothing that somebody else wrote is more than text in the panel: no HTML, no shortcut."""

from __future__ import annotations

import ast
import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, QPoint, Qt
from qtpy.QtGui import QAction, QHelpEvent, QPixmap
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QMessageBox,
    QSystemTrayIcon,
    QTextEdit,
    QToolTip,
    QWidget,
)

from facot_backups.errors import DamagedBackup
from facot_backups.ui import desktop
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.audit.window import AuditWindow
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.backups.losses_window import LossesWindow, open_losses
from facot_backups.ui.desktop.documents.history_window import HistoryWindow
from facot_backups.ui.desktop.firebase.window import FirebaseWindow
from facot_backups.ui.desktop.overview.actions import BACKUP_ACTIONS, PANEL_ACTIONS
from facot_backups.ui.desktop.overview.state_texts import Standing
from facot_backups.ui.desktop.program.demo import PROJECT
from facot_backups.ui.desktop.program.tray import Tray
from facot_backups.ui.desktop.restore.window import RestoreWindow
from facot_backups.ui.desktop.settings.window import SettingsWindow
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import PlainLabel, set_tip, set_title
from facot_backups.ui.desktop.toolkit.error_text import failure
from facot_backups.ui.desktop.toolkit.theme import Theme
from tests.desktop.hostile import ID, HostileWorld, hostile_world

Show = Callable[..., BackupsPanel]
_HTML = '<img src="file:///etc/hostname"><a href="file:///etc">A & B</a>'
_TIPS = (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.StatusTipRole, Qt.ItemDataRole.WhatsThisRole)
_SOURCE = Path(desktop.__file__).parent
_qt: Any = Qt  # the checker does not know this function of it


def _is_html(text: str) -> bool:
    """Whether Qt would take `text` for HTML."""
    return bool(_qt.mightBeRichText(text))


@given(
    st.text()
    | st.lists(st.sampled_from(["<", ">", "b", "&lt;", " ", "\n", "!doc", "?xml", "/"])).map("".join)
)
def test_plain_text_looks_the_same_and_is_never_html(text: str) -> None:
    shown = words.plain(text)
    assert not _is_html(shown)
    assert shown.replace("\N{WORD JOINER}", "") == text.replace("\N{WORD JOINER}", "")
    if "<" not in text and "&lt;" not in text:
        assert shown == text


def test_the_mark_that_makes_it_plain_is_invisible(qtbot: Any) -> None:
    images = []
    for text in (_HTML, words.plain(_HTML)):
        one = PlainLabel(text)
        qtbot.addWidget(one)
        one.resize(600, 30)
        images.append(one.grab().toImage())
    assert images[0] == images[1]


# --- every window ----------------------------------------------------------------------------------------


@pytest.fixture
def hostile(state_dir: Any, tmp_path: Path) -> Iterator[HostileWorld]:
    with hostile_world(tmp_path, _HTML) as world:
        yield world


def _idle(qtbot: Any, panel: BackupsPanel) -> None:
    def quiet() -> bool:
        return not panel.jobs.busy and not any(one.jobs.busy for one in panel._views.values())

    qtbot.waitUntil(quiet, timeout=20_000)


@pytest.mark.slow
def test_no_window_takes_what_others_wrote_for_html(qtbot: Any, hostile: HostileWorld, show: Show) -> None:
    panel = show(hostile)
    newest = hostile.whole[0]
    rows = {row.kind: row for row in panel.list.model.rows if row.kind != "complete" or row.name == newest}
    assert set(rows) == {"complete", "incomplete", "damaged"}
    for row in rows.values():
        BACKUP_ACTIONS[0].do(panel, row)
    for action in PANEL_ACTIONS:
        action.do(panel)
    open_losses(panel)
    _idle(qtbot, panel)
    detail = next(one for one in panel.findChildren(DetailWindow) if one.chosen.name == newest)
    (restore,) = panel.findChildren(RestoreWindow)
    (firebase,) = panel.findChildren(FirebaseWindow)
    _open_documents(qtbot, panel, detail)
    firebase.path.setText(str(hostile.credentials))
    firebase._look_at_file()
    restore.what.one.setChecked(True)
    restore.what.words.setText("trampa")
    restore.what.search()
    _idle(qtbot, panel)
    for window in panel._views.values():
        if hasattr(window, "notice"):
            window.notice.tell_failure(failure(DamagedBackup("no_list", backup=_HTML, file=_HTML)))
    seen = [(type(window), _looked_over(window)) for window in (panel, *panel._views.values())]
    _plan(qtbot, hostile, restore)
    seen.append((RestoreWindow, _looked_over(restore)))
    hostile.server.load([hostile.invoice(1, total_amount=99.5)], PROJECT)
    qtbot.mouseClick(restore.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: restore.pages.currentWidget() is restore.ending, timeout=20_000)
    _idle(qtbot, panel)
    assert restore.ending.conflicts.versions.rows
    seen.append((RestoreWindow, _looked_over(restore)))
    for kind, texts in seen:
        assert any("<" in text for text in texts), (kind, "shows nothing that is hostile")
    windows = {HistoryWindow, AuditWindow, LossesWindow, SettingsWindow, FirebaseWindow}
    assert windows | {DetailWindow, RestoreWindow, BackupsPanel} == {kind for kind, _ in seen}


def _open_documents(qtbot: Any, panel: BackupsPanel, detail: DetailWindow) -> None:
    """All pages of a backup's window, on a hostile document, and its history."""
    for page in range(detail.tabs.count()):
        detail.tabs.setCurrentIndex(page)
        _idle(qtbot, panel)
    browse, compare = detail.browse, detail.compare
    browse.field.setText("trampa")
    _idle(qtbot, panel)
    browse.open(("invoices", f"{ID}0"))
    _idle(qtbot, panel)
    assert browse.pane.document is not None and browse.model.rowCount()
    browse.pane.open_history()
    compare.compare()
    _idle(qtbot, panel)
    assert compare.comparison is not None and compare.chosen is not None
    compare.table.selectRow(next(n for n, one in enumerate(compare.model.rows) if ID in one.path[1]))


def _plan(qtbot: Any, hostile: HostileWorld, restore: RestoreWindow) -> None:
    """The plan of all that the older backup has, which is hostile documents alone."""
    restore.begin(hostile.whole[1])
    qtbot.waitUntil(lambda: not restore.jobs.busy, timeout=20_000)
    restore.what.everything.setChecked(True)
    hostile.server.load([hostile.invoice(1, total_amount=9.5)], PROJECT)
    qtbot.mouseClick(restore.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: restore.pages.currentWidget() is restore.plan, timeout=20_000)
    assert restore.plan.documents.documents


def _looked_over(window: QWidget) -> list[str]:
    """All texts of a window and what is in it; none of them may be more than text."""
    texts = []
    for widget in (window, *window.findChildren(QWidget)):
        assert not isinstance(widget, QMessageBox | QTextEdit), widget
        guessed = [widget.toolTip(), widget.statusTip(), widget.whatsThis(), widget.windowTitle()]
        if isinstance(widget, QLabel):
            assert widget.textFormat() == Qt.TextFormat.PlainText, widget.text()
            texts.append(widget.text())
        if isinstance(widget, QAbstractButton):
            assert _marks(widget.text()) <= 1, widget.text()
        if isinstance(widget, QAbstractItemView | QComboBox) and (model := widget.model()) is not None:
            tips, shown = _cells(model)
            guessed += tips
            texts += shown
        assert not [text for text in guessed if _is_html(text)], widget
        texts += guessed
    for action in window.findChildren(QAction):
        assert _marks(action.text()) <= 1 and not _is_html(action.toolTip())
    return texts


def _marks(text: str) -> int:
    """How many `&` are shortcuts' marks."""
    return text.replace("&&", "").count("&")


def _cells(model: QAbstractItemModel) -> tuple[list[str], list[str]]:
    """Every tip and every text of a model, its headings included."""
    tips, shown = [], []
    for orientation in Qt.Orientation:
        across = orientation == Qt.Orientation.Horizontal
        count = _columns(model, QModelIndex()) if across else model.rowCount()
        tips += [model.headerData(n, orientation, role) for n in range(count) for role in _TIPS]
    for index in _indexes(model, QModelIndex()):
        tips += [index.data(role) for role in _TIPS]
        shown.append(index.data())
    return [t for t in tips if isinstance(t, str)], [t for t in shown if isinstance(t, str)]


def _columns(model: QAbstractItemModel, parent: QModelIndex) -> int:
    return 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)


def _indexes(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    while model.canFetchMore(parent):
        model.fetchMore(parent)
    for row in range(model.rowCount(parent)):
        for column in range(_columns(model, parent)):
            yield model.index(row, column, parent)
        yield from _indexes(model, model.index(row, 0, parent))


# --- a file that nobody opens ----------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[], int]]:
    """How often anybody opened `path`, as the kernel counts it."""
    libc = ctypes.CDLL(None, use_errno=True)
    watcher = libc.inotify_init1(os.O_NONBLOCK)
    assert watcher >= 0 and libc.inotify_add_watch(watcher, os.fsencode(path), 0x20) >= 0

    def count() -> int:
        try:
            return len(os.read(watcher, 65_536)) // struct.calcsize("iIII")
        except BlockingIOError:
            return 0

    try:
        yield count
    finally:
        os.close(watcher)


@pytest.mark.skipif(sys.platform != "linux", reason="counts with inotify")
def test_what_is_hovered_opens_no_file(qtbot: Any, state_dir: Any, tmp_path: Path, show: Show) -> None:
    """The tool tip of a cell as the mouse asks for it: a file that a document names stays closed."""
    trap = tmp_path / "trampa.png"
    assert QPixmap(4, 4).save(str(trap))
    html = f'<img src="{trap.as_uri()}">'
    with _opened(trap) as count, hostile_world(tmp_path, html) as world:
        panel = show(world)
        QToolTip.showText(QPoint(1, 1), html, panel)
        assert count(), "Qt opens what a rich tool tip names: else this test proves nothing"
        BACKUP_ACTIONS[0].do(panel, panel.list.model.rows[0])
        _idle(qtbot, panel)
        (detail,) = panel.findChildren(DetailWindow)
        detail.tabs.setCurrentWidget(detail.browse)
        _idle(qtbot, panel)
        detail.browse.open(("invoices", f"{ID}0"))
        _idle(qtbot, panel)
        hovered = [_hover(view) for view in (detail.browse.table, detail.browse.pane.tree)]
        assert "trampa.png" in hovered[0] + hovered[1]
        set_tip(panel.card, html)
        QToolTip.showText(QPoint(1, 1), panel.card.toolTip(), panel)
        assert count() == 0


def _hover(view: QAbstractItemView) -> str:
    """Hover every cell that is seen; the texts that were shown."""
    model, shown = view.model(), []
    assert model is not None
    for index in _indexes(model, QModelIndex()):
        place = view.visualRect(index).center()
        viewport = view.viewport()
        assert viewport is not None
        event = QHelpEvent(QHelpEvent.Type.ToolTip, place, viewport.mapToGlobal(place))
        QApplication.sendEvent(viewport, event)
        shown.append(QToolTip.text())
    return "\n".join(shown)


# --- the desktop around it -------------------------------------------------------------------------------


def test_titles_and_the_tray_show_the_text_as_it_is(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    set_title(window, f"Historia de {ID}")
    window.show()
    handle = window.windowHandle()
    assert handle is not None and handle.title().replace("\N{WORD JOINER}", "") == f"Historia de {ID}"
    told: list[str] = []
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _self, *said: told.extend(said[:2]))
    tray = Tray(window, Theme(window))
    tray.tell(_HTML, f"Falló: {_HTML}", "warning")
    assert len(told) == 2 and not any("<" in text for text in told) and "A & B" in told[0]
    tray.show_standing(Standing("critical", f"Falló {_HTML}", _HTML))
    assert _marks(tray.state.text()) == 0 and not _is_html(tray.icon.toolTip())
    assert _HTML in tray.icon.toolTip().replace("\N{WORD JOINER}", "")


# What takes text for HTML, or may; and the calls that give it one.
_CLASSES = {
    "QErrorMessage", "QInputDialog", "QLabel", "QMessageBox", "QProgressDialog", "QSplashScreen",
    "QStaticText", "QStatusBar", "QTextBrowser", "QTextDocument", "QTextEdit", "QToolTip", "QWhatsThis",
}  # fmt: skip
_CALLS = {
    "appendHtml", "insertHtml", "setHtml", "setMarkdown", "setOpenExternalLinks", "setStatusTip",
    "setTextFormat", "setToolTip", "setWhatsThis", "setWindowTitle", "showMessage", "showText",
}  # fmt: skip
_ALLOWED = {
    "toolkit/basic.py": {"QLabel", "QToolTip", "setTextFormat", "setToolTip", "setWindowTitle", "showText"},
    "program/tray.py": {"showMessage"},
    "toolkit/printing.py": {"QTextDocument"},  # filled by QTextCursor.insertText
    "toolkit/question.py": {"setWindowTitle"},  # the title that its parent has
}


def test_only_the_helpers_give_qt_what_it_could_take_for_html() -> None:
    used: dict[str, set[str]] = {}
    for path in sorted(_SOURCE.rglob("*.py")):
        found = set(_named(ast.parse(path.read_text(encoding="utf-8"))))
        if found:
            used[path.relative_to(_SOURCE).as_posix()] = found
    assert used == _ALLOWED


def _named(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if alias.name in _CLASSES)
        elif isinstance(node, ast.Attribute) and node.attr in _CALLS | _CLASSES:
            yield node.attr
