"""The window of a backup, with real clicks: what is in it, verify, drill, what it asks to be restored."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.overview.calendar_days import calendar_of
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.window import RestoreWish
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]
_LEFT = Qt.MouseButton.LeftButton


def _click(qtbot: Any, button: QPushButton) -> None:
    assert button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, _LEFT)


def _open(qtbot: Any, panel: BackupsPanel, name: str | None = None) -> DetailWindow:
    panel.list.table.setFocus()
    panel.list.table.selectRow(0)
    if name is not None:
        panel.list.choose(name)
    qtbot.keyClick(panel.list.table, Qt.Key.Key_Return)
    window = panel.findChildren(DetailWindow)[-1]
    qtbot.waitUntil(lambda: window.detail is not None and not window.jobs.busy, timeout=20_000)
    return window


def _ended(qtbot: Any, window: DetailWindow) -> None:
    qtbot.waitUntil(lambda: not window.jobs.busy and not window.panel.jobs.busy, timeout=60_000)


def _facts(window: DetailWindow) -> dict[str, str]:
    items = [window.facts.itemAt(number) for number in range(window.facts.count())]
    texts = [one.text() for item in items if item is not None and isinstance(one := item.widget(), QLabel)]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def test_what_is_in_a_backup_and_what_changed(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    complete = [backup for backup in old_world.backups() if backup.complete]
    newest, before = next(
        (one, other)
        for one, other in pairwise(complete)
        if one.proven().files["invoices"].sha256 != other.proven().files["invoices"].sha256
    )
    files, earlier = newest.proven().files, before.proven().files
    window = _open(qtbot, panel, str(newest.name))
    shown = [window.sorted.index(row, 0).data(ROW_ROLE) for row in range(window.sorted.rowCount())]
    titles = [window.sorted.index(row, 0).data() for row in range(len(shown))]
    assert titles == sorted(titles, key=str.casefold) and "Facturas" in titles
    assert sorted(row.name for row in shown) == sorted(files)
    assert [(row.documents, row.nested) for row in shown] == [
        (files[row.name].documents, files[row.name].nested_documents) for row in shown
    ]
    for row in shown:
        assert (row.since == "same") == (files[row.name].sha256 == earlier[row.name].sha256)
    changed = next(row for row in shown if row.name == "invoices")
    one, other = files["invoices"], earlier["invoices"]
    assert changed.change == one.documents + one.nested_documents - other.documents - other.nested_documents
    facts = _facts(window)
    assert facts["Recuento del servidor"].endswith("coincide") and facts["Carpeta"] == str(newest.path)
    assert facts["Verificado"].startswith("entero") and "Simulacro de restauración" in facts
    assert window.detail is not None and window.detail.previous is not None
    assert window.detail.previous.name == str(before.name) and "Cambios desde" in window.compared.text()
    assert panel.open_view(f"detail {newest.name}", lambda: DetailWindow(panel, window.chosen)) is window


def _is_beside(window: DetailWindow, line: int) -> bool:
    return window.restore_button.y() < window.title.geometry().bottom() + line


def test_a_small_window_cuts_nothing(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    window = _open(qtbot, show(old_world))
    line = window.title.fontMetrics().lineSpacing()
    for width, beside in ((1240, True), (760, False)):
        window.resize(width, 600)
        qtbot.waitUntil(
            lambda w=width: window.width() == w and window.restore_button.isVisible(), timeout=5_000
        )
        qtbot.waitUntil(lambda: window.title.height() < 2 * line, timeout=5_000)
        qtbot.waitUntil(lambda b=beside: _is_beside(window, line) == b, timeout=5_000)
    facts = [item.widget() for n in range(window.facts.count()) if (item := window.facts.itemAt(n))]
    heights = [(one.height(), one.fontMetrics().height()) for one in facts if one is not None]
    assert len(heights) > 8 and all(height >= needed for height, needed in heights)


def test_verify_and_drill_tell_in_words(
    qtbot: Any, old_world: DesktopWorld, show: Show, watchdog: Watchdog
) -> None:
    panel = show(old_world)
    window = _open(qtbot, panel)
    with watchdog.watching("verificar y simulacro"):
        _click(qtbot, window.verify_button)
        assert window.progress.isVisible() and not window.verify_button.isEnabled()
        _ended(qtbot, window)
        assert window.notice.title.text() == "El backup está entero" and not window.progress.isVisible()
        _click(qtbot, window.drill_button)
        _ended(qtbot, window)
    assert window.notice.title.text() == "Simulacro superado"
    assert "Todo volvió igual" in window.notice.text.text()
    assert _facts(window)["Simulacro de restauración"].startswith("superado, hoy")
    assert panel.list.chosen is not None and panel.list.chosen.drilled is True


def test_damage_is_found_and_named(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    newest = old_world.backups()[0]
    file = newest.path / newest.proven().files["invoices"].file
    data = file.read_bytes()
    _replace(file, data.replace(b"RD$", b"US$", 1))
    window = _open(qtbot, panel)
    _click(qtbot, window.verify_button)
    _ended(qtbot, window)
    assert window.notice.title.text() == "Este backup está dañado"
    assert file.name in window.notice.text.text() and "los demás no dependen" in window.notice.text.text()
    assert _facts(window)["Verificado"].startswith("dañado: ")
    assert panel.list.chosen is not None and panel.list.chosen.verified is False
    (line,) = (index.row() for index in panel.list.table.selectionModel().selectedRows())
    assert panel.list.sorted.index(line, panel.list.model.column("state")).data() == "Dañado"
    assert window.summary.text().startswith("Dañado · ")
    assert panel.overview is not None
    assert calendar_of(panel.overview).day(window.chosen.date).state == "damaged"
    window.tabs.setCurrentWidget(window.browse)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=20_000)
    assert "no es el que se publicó" in window.browse.count.text() and window.browse.index is None


def _replace(file: Path, data: bytes) -> None:
    """Its own copy: other days link the same file."""
    file.parent.chmod(0o700)
    file.unlink()
    file.write_bytes(data)


def test_what_it_wants_restored(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    wishes: list[RestoreWish] = []
    panel.restore_wanted.disconnect()
    panel.restore_wanted.connect(wishes.append)
    window = _open(qtbot, panel)
    name = window.chosen.name
    _click(qtbot, window.restore_button)
    assert not window.restore_collection.isEnabled()
    window.table.selectRow(
        next(r for r in range(window.sorted.rowCount()) if window.sorted.index(r, 0).data() == "Productos")
    )
    _click(qtbot, window.restore_collection)
    _click(qtbot, window.open_collection)
    qtbot.waitUntil(lambda: window.browse.index is not None and not window.jobs.busy, timeout=20_000)
    assert window.browse.collection.currentData() == "items" and window.browse.model.rowCount() == 20
    window.browse.field.setFocus()
    qtbot.keyClick(window.browse.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.browse.pane.document is not None, timeout=10_000)
    _click(qtbot, window.browse.pane.restore_button)
    first = window.browse.pane.document
    assert first is not None and first.path[0] == "items"
    assert wishes == [
        RestoreWish(name),
        RestoreWish(name, collections=("items",)),
        RestoreWish(name, documents=(first.path,)),
    ]


def test_an_incomplete_and_a_damaged_one_say_so(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    broken = old_world.backups()[3].path
    broken.chmod(0o700)
    (broken / "_metadata.json").unlink()
    panel = show(old_world)
    incomplete = next(backup for backup in old_world.backups() if backup.kind == "incomplete")
    window = _open(qtbot, panel, str(incomplete.name))
    assert window.trouble.title.text() == "Este backup está incompleto"
    assert "Firestore no respondió a tiempo" in window.trouble.text.text()
    unread = next(row for row in window.model.rows if row.since == "unread")
    assert unread.name == "quotations" and unread.documents is None
    window = _open(qtbot, panel, broken.name)
    assert window.trouble.title.text() == "Este backup está dañado"
    assert not window.restore_button.isEnabled() and not window.drill_button.isEnabled()
    assert not window.tabs.isTabEnabled(window.tabs.indexOf(window.browse))


def test_closing_it_during_a_check_leaves_nothing(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    window = _open(qtbot, panel)
    _click(qtbot, window.drill_button)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not _threads(), timeout=30_000)
    assert old_world.leftovers() == [] and panel.isVisible()
    with old_world.store.locked():
        pass


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "facot-backups-panel"]
