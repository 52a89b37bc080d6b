"""The panel itself, with real clicks: how it stands, a backup and all its ends, folder, list, looks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QDialog, QGroupBox, QPushButton, QVBoxLayout

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.settings.window import SettingsWindow
from facot_backups.ui.desktop.toolkit.colours import DARK, LIGHT
from facot_backups.ui.desktop.toolkit.theme import palette
from tests.desktop.office import gone
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]
_LEFT = Qt.MouseButton.LeftButton


def _click(qtbot: Any, button: QPushButton | None) -> None:
    assert button is not None and button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button, _LEFT)


def _ended(qtbot: Any, panel: BackupsPanel) -> None:
    qtbot.waitUntil(lambda: panel.create_button.isEnabled() and not panel.jobs.busy, timeout=30_000)


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "facot-backups-panel"]


def test_one_click_makes_a_backup(qtbot: Any, world: DesktopWorld, show: Show, watchdog: Watchdog) -> None:
    panel = show(world)
    assert panel.card.title.text() == "Todavía no hay ningún backup"
    assert "Crear backup ahora" in panel.card.points.text()
    seen: list[bool] = []
    with watchdog.watching("backup"):
        _click(qtbot, panel.create_button)
        assert panel.progress.isVisible() and not panel.create_button.isEnabled()
        panel.jobs.busy_changed.connect(seen.append)
        _ended(qtbot, panel)
    (backup,) = world.backups()
    assert backup.complete and backup.proven().trigger == "manual"
    assert seen == [False] and not panel.progress.isVisible()
    assert panel.notice.title.text() == "Backup completado"
    outer, lines = backup.proven().total_documents, backup.proven().nested_documents
    assert f"{outer:,} documentos y {lines:,} líneas" in panel.notice.text.text()
    assert panel.list.sorted.index(0, panel.list.model.column("documents")).data() == f"{outer:,}"
    assert panel.card.title.text() == "Protegido" and "hoy a la" in panel.card.text.text()
    assert panel.list.sorted.rowCount() == 1


def test_the_keyboard_comes_back_to_the_button(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    panel = show(world)
    for moved in (False, True):
        panel.create_button.setFocus()
        with world.hung() as come:
            qtbot.keyClick(panel.create_button, Qt.Key.Key_Space)
            qtbot.waitUntil(come.is_set, timeout=10_000)
            if moved:
                panel.search.field.setFocus()
        _ended(qtbot, panel)
        assert panel.focusWidget() is (panel.search.field if moved else panel.create_button)


def test_without_a_thread_it_says_so_and_goes_on(
    qtbot: Any, world: DesktopWorld, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = show(world)
    with monkeypatch.context() as patch:
        patch.setattr("threading.Thread.start", _no_thread)
        _click(qtbot, panel.create_button)
        qtbot.waitUntil(lambda: panel.notice.isVisible() and not panel.jobs.busy, timeout=5_000)
        assert panel.notice.text.text().startswith("El equipo está saturado.")
        assert panel.create_button.isEnabled() and not panel.progress.isVisible()
        panel.look()
    _click(qtbot, panel.create_button)
    _ended(qtbot, panel)
    assert len(world.backups()) == 1


def _no_thread(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_another_look_after_a_window_was_closed(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world, theme="claro")
    _click(qtbot, panel.findChild(QPushButton, "settings"))
    (window,) = panel.findChildren(SettingsWindow)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=20_000)
    _click(qtbot, window.cancel_button)
    qtbot.waitUntil(lambda: gone(window), timeout=5_000)
    panel.theme.choice = "oscuro"
    assert panel.theme.colours is DARK and DARK.background in panel.styleSheet()


def test_a_backup_that_starts_moves_nothing(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    for _ in range(10):  # the layouts come to rest
        QApplication.processEvents()
    seen = (panel.create_button, panel.calendar, panel.list.table)
    before = [one.mapTo(panel, one.rect().topLeft()) for one in seen]
    with old_world.hung() as come:
        _click(qtbot, panel.create_button)
        qtbot.waitUntil(come.is_set, timeout=10_000)
        assert panel.progress.isVisible() and not panel.card.isVisible()
        assert [one.mapTo(panel, one.rect().topLeft()) for one in seen] == before
        _click(qtbot, panel.progress.cancel)
    _ended(qtbot, panel)
    assert panel.card.isVisible() and not panel.progress.isVisible()


def test_progress_tells_collection_documents_and_stops(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    panel = show(world)
    with world.hung() as come:
        _click(qtbot, panel.create_button)
        qtbot.waitUntil(come.is_set, timeout=10_000)
        qtbot.waitUntil(lambda: panel.progress.title.text() == "Conectando con Firestore…", timeout=10_000)
        _click(qtbot, panel.progress.cancel)
        assert panel.progress.title.text() == "Cancelando…" and not panel.progress.cancel.isEnabled()
        _ended(qtbot, panel)
    assert panel.notice.title.text() == "Cancelado" and "a medias" in panel.notice.text.text()
    assert world.backups() == [] and world.leftovers() == []
    _click(qtbot, panel.create_button)
    _ended(qtbot, panel)
    assert len(world.backups()) == 1


def test_a_panel_that_goes_during_a_backup_leaves_nothing(
    qtbot: Any, world: DesktopWorld, show: Show
) -> None:
    panel = show(world)
    with world.hung("RunQuery") as come:
        _click(qtbot, panel.create_button)
        qtbot.waitUntil(come.is_set, timeout=10_000)
        panel.close()
        panel.deleteLater()
        qtbot.waitUntil(lambda: not _threads(), timeout=20_000)
    assert world.backups() == [] and world.leftovers() == []


@contextmanager
def _server_gone(world: DesktopWorld) -> Iterator[str]:
    world.server.stop()
    yield "Firestore no disponible"


@contextmanager
def _lock_held(world: DesktopWorld) -> Iterator[str]:
    with world.store.locked():
        yield "Ya hay un backup en marcha"


@contextmanager
def _disk_full(_world: DesktopWorld) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", _no_space)
        yield "El disco está lleno"


@pytest.mark.parametrize("trouble", [_server_gone, _lock_held, _disk_full])
def test_a_failure_is_told_in_words(qtbot: Any, world: DesktopWorld, show: Show, trouble: Any) -> None:
    panel = show(world)
    with trouble(world) as said:
        _click(qtbot, panel.create_button)
        _ended(qtbot, panel)
    assert panel.notice.title.text() == said and panel.notice.property("level") == "critical"
    _happened, to_do = panel.notice.text.text().splitlines()
    assert "facot-backups" not in to_do and "--" not in to_do
    assert world.backups() == [] and world.leftovers() == []
    _click(qtbot, panel.notice.dismiss)
    assert not panel.notice.isVisible()


def _no_space(_descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_folder_that_is_gone_is_begun_anew_on_purpose(
    qtbot: Any, old_world: DesktopWorld, show: Show
) -> None:
    panel = show(old_world)
    _click(qtbot, panel.create_button)
    _ended(qtbot, panel)
    old_world.folder.rename(old_world.folder.with_name("otro-disco"))
    panel.look()
    _ended(qtbot, panel)
    assert panel.card.title.text() == "No se encuentra la carpeta de los backups"
    _click(qtbot, panel.create_button)
    _ended(qtbot, panel)
    assert panel.notice.act.text() == "Empezar de nuevo aquí" and not old_world.folder.exists()
    _click(qtbot, panel.notice.act)
    _ended(qtbot, panel)
    assert panel.notice.title.text() == "Backup completado" and len(old_world.backups()) == 1


def test_a_red_message_goes_when_its_cause_is_mended(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    away = old_world.folder.with_name("otro-disco")
    _click(qtbot, panel.create_button)
    _ended(qtbot, panel)
    old_world.folder.rename(away)
    _click(qtbot, panel.create_button)
    _ended(qtbot, panel)
    assert panel.notice.title.text() == "La carpeta de los backups no está" and panel.notice.isVisible()
    away.rename(old_world.folder)
    panel.look()
    _ended(qtbot, panel)
    assert not panel.notice.isVisible()


def test_the_folder_is_opened_or_its_path_said(
    qtbot: Any, old_world: DesktopWorld, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offscreen there is no file manager, as on a server."""
    panel = show(old_world)
    _click(qtbot, panel.folder_button)
    assert str(old_world.folder) in panel.notice.text.text()
    opened: list[str] = []

    class Services:
        @staticmethod
        def openUrl(url: Any) -> bool:  # noqa: N802
            opened.append(url.toLocalFile())
            return True

    monkeypatch.setattr("facot_backups.ui.desktop.window.QDesktopServices", Services)
    panel.notice.hide()
    _click(qtbot, panel.folder_button)
    panel.list.table.selectRow(1)
    _click(qtbot, panel.list.findChild(QPushButton, "open-backup"))
    newest, second = (str(old_world.folder / name) for name in _names(panel)[:2])
    assert [Path(place) for place in opened] == [old_world.folder, Path(second)] and newest != second
    assert not panel.notice.isVisible()


def _names(panel: BackupsPanel) -> list[str]:
    model = panel.list.sorted
    return [model.index(number, 0).data(Qt.ItemDataRole.UserRole).name for number in range(model.rowCount())]


def test_the_list_shows_what_is_on_disk(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    assert panel.card.title.text() == "Protegido" and "verificado" in panel.card.text.text()
    day = "hoy" if datetime.now(UTC).astimezone().hour < 2 else "mañana"
    assert f"Próximo backup: {day} a las 02:00" in panel.card.next.text()
    rows = panel.overview.rows if panel.overview else ()
    assert _names(panel) == sorted((row.name for row in rows), reverse=True) and len(rows) > 38
    model, source = panel.list.sorted, panel.list.model
    texts = [model.index(0, source.column(name)).data() for name in ("time", "state", "trigger", "verified")]
    assert texts == ["02:00", "Completo", "Automático", "Sí"]
    assert {row.kind for row in rows} == {"complete", "incomplete"}
    assert sum(row.drilled is True for row in rows) == 1
    panel.list.table.sortByColumn(source.column("documents"), Qt.SortOrder.AscendingOrder)
    shown = [model.index(n, 0).data(Qt.ItemDataRole.UserRole).documents for n in range(model.rowCount())]
    assert shown == sorted(shown) and shown[0] < shown[-1]


def test_embedded_it_needs_no_arguments_and_looks_like_its_host(
    qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dialog = QDialog()
    dialog.setPalette(palette(DARK))
    qtbot.addWidget(dialog)
    layout = QVBoxLayout(dialog)
    panel = BackupsPanel()
    layout.addWidget(panel)
    with qtbot.waitSignal(panel.overview_changed, timeout=20_000):
        dialog.show()
    assert panel.theme.colours is DARK
    panel.theme.choice = "claro"
    assert panel.theme.colours is LIGHT
    (group,) = panel.findChildren(QGroupBox)
    assert group.title() == "Backups y Firebase"
    texts = {button.text().replace("&", "") for button in group.findChildren(QPushButton)}
    assert {"Crear backup ahora", "Abrir carpeta de backups"} <= texts
    assert all(button.accessibleName() for button in group.findChildren(QPushButton) if button.text())
    panel.jobs.end()


def test_what_a_slot_raises_ends_nothing(
    qtbot: Any, world: DesktopWorld, show: Show, faults: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = show(world)
    monkeypatch.setattr(panel.progress, "begin", lambda _title: 1 / 0)
    _click(qtbot, panel.create_button)
    assert isinstance(faults.pop(), ZeroDivisionError) and panel.isVisible()
