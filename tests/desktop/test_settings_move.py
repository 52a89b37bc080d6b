"""Another folder for the backups, with real clicks: copied along, or left and still told of."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from facot_backups.archive import copying
from facot_backups.operations.verification.verify import verify
from facot_backups.ui.desktop.settings.move_dialog import EarlierFolders
from facot_backups.ui.desktop.settings.window import SettingsWindow
from facot_backups.ui.desktop.toolkit.question import Question
from tests.desktop.office import Office, click, gone, ready, row, save, type_into
from tests.desktop.world import DesktopWorld


@pytest.fixture
def shop(old_world: DesktopWorld, office: Office, state_dir: Any) -> Office:
    """A computer whose settings name a folder with the backups of forty days."""
    shutil.copytree(old_world.folder, office.home / "copias")
    office.write({"backups": {"backup_dir": "copias"}})
    return office


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".facot")


def content(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != ".facot"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def ask(qtbot: Any, window: SettingsWindow, folder: Path) -> dict[str, QPushButton]:
    """Change the folder and press «Guardar»: the buttons of the question that comes."""
    type_into(qtbot, row(window, "backup_dir").edit, str(folder))
    click(qtbot, window.save_button)
    return {one.text(): one for one in asked(qtbot, window).buttons}


def asked(qtbot: Any, window: SettingsWindow) -> Question:
    """The question that stands."""

    def there() -> list[Question]:
        return [one for one in window.findChildren(Question) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(there()), timeout=20_000)
    return there()[0]


def earlier(panel: Any) -> EarlierFolders:
    found = panel.findChild(EarlierFolders)
    assert isinstance(found, EarlierFolders)
    return found


def test_the_backups_come_along(qtbot: Any, shop: Office, settings: Any) -> None:
    old, new = shop.home / "copias", shop.home / "disco nuevo" / "copias"
    before = content(old)
    window = settings(shop)
    panel = window.panel
    count = len(panel.overview.rows)
    assert count > 30
    answers = ask(qtbot, window, new)
    said = asked(qtbot, window).text.text()
    assert f"{count} backups" in said and str(old) in said
    assert "backup_dir" in shop.saved()["backups"] and not new.exists()
    click(qtbot, answers["Copiarlos a la carpeta nueva"])
    qtbot.waitUntil(lambda: gone(window), timeout=60_000)
    assert shop.saved()["backups"]["backup_dir"] == str(new)
    assert content(new) == content(old) == before
    assert all(verify(backup).sound for backup in shop.session.store().backups() if backup.complete)
    said = panel.notice.text.text()
    assert f"Copiados y comprobados: {count} backups" in said and "siguen allí" in said
    qtbot.waitUntil(lambda: not panel.jobs.busy, timeout=20_000)
    assert [row.path.parent for row in panel.overview.rows] == [new] * count
    assert not earlier(panel).isVisibleTo(panel)


def test_they_stay_and_the_panel_goes_on_telling_where(
    qtbot: Any, shop: Office, settings: Any, show: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = shop.home / "copias", shop.home / "nueva"
    window = settings(shop)
    panel = window.panel
    count = len(panel.overview.rows)
    click(qtbot, ask(qtbot, window, new)["Volver a los ajustes"])
    assert shop.saved()["backups"]["backup_dir"] == "copias" and window.dirty
    click(qtbot, ask(qtbot, window, new)["Dejarlos allí"])
    qtbot.waitUntil(lambda: gone(window), timeout=20_000)
    assert shop.saved()["backups"]["backup_dir"] == str(new) and len(names(old)) == count
    qtbot.waitUntil(lambda: earlier(panel).isVisible(), timeout=20_000)

    again = show(shop)  # as the program would after a night
    line = earlier(again)
    assert line.isVisible()
    opened: list[Path] = []
    monkeypatch.setattr(again, "open_folder", opened.append)
    (act,) = line.findChildren(QPushButton)
    assert f"({count} backups) siguen en {old}" in " ".join(
        one.text() for one in line.findChildren(type(again.list.heading))
    )
    qtbot.mouseClick(act, Qt.MouseButton.LeftButton)
    assert opened == [old]
    old.rename(shop.home / "desconectada")
    again.look()
    qtbot.waitUntil(lambda: not again.jobs.busy, timeout=20_000)
    assert "¿Está conectado el disco?" in " ".join(
        one.text() for one in line.findChildren(type(again.list.heading))
    )


def test_a_copy_is_stopped_and_goes_on(
    qtbot: Any, shop: Office, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = shop.home / "copias", shop.home / "nueva"
    window = settings(shop)
    come, go, copies = threading.Event(), threading.Event(), 0
    copy_file = copying._copy

    def slow(*arguments: Any) -> None:
        nonlocal copies
        copies += 1
        if copies == 20:
            come.set()
            go.wait(60)
        copy_file(*arguments)

    monkeypatch.setattr(copying, "_copy", slow)
    click(qtbot, ask(qtbot, window, new)["Copiarlos a la carpeta nueva"])
    qtbot.waitUntil(come.is_set, timeout=30_000)
    assert window.progress.isVisible() and not window.save_button.isEnabled()
    click(qtbot, window.progress.cancel)
    go.set()
    ready(qtbot, window)
    assert window.notice.title.text() == "Copia cancelada" and "nada" in window.notice.text.text()
    assert shop.saved()["backups"]["backup_dir"] == "copias"
    there = names(new)
    assert 0 < len(there) < len(names(old))
    click(qtbot, window.save_button)
    click(qtbot, asked(qtbot, window).buttons[-1])
    qtbot.waitUntil(lambda: gone(window), timeout=60_000)
    assert content(new) == content(old)
    assert shop.saved()["backups"]["backup_dir"] == str(new)


def test_a_folder_with_other_backups_and_one_without_any(
    qtbot: Any, shop: Office, settings: Any, world: DesktopWorld
) -> None:
    other = shop.home / "otros"
    shutil.copytree(shop.home / "copias", other)
    identity = other / ".facot" / "repository.json"
    identity.write_text(identity.read_text().replace('"id": "', '"id": "00'))
    window = settings(shop)
    answers = ask(qtbot, window, other)
    assert list(answers) == ["Volver a los ajustes", "Dejarlos allí y guardar"]
    assert "no se mezclan" in asked(qtbot, window).text.text()
    click(qtbot, answers["Dejarlos allí y guardar"])
    qtbot.waitUntil(lambda: gone(window), timeout=20_000)
    shop.write({"backups": {"backup_dir": "vacía"}})
    empty = settings(shop)
    type_into(qtbot, row(empty, "backup_dir").edit, "otra")
    save(qtbot, empty)
    qtbot.waitUntil(lambda: gone(empty), timeout=20_000)
    assert shop.saved()["backups"]["backup_dir"] == "otra"
