"""The settings' alerts and the system's service, with real clicks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton

from facot_backups.ui.desktop.settings.alerts_page import AlertsRow
from facot_backups.ui.desktop.settings.fields import SecretRow
from facot_backups.ui.desktop.settings.window import SettingsWindow
from tests.desktop.office import Office, add, click, ready, row, save, type_into
from tests.desktop.world import DesktopWorld
from tests.support.endpoints import endpoint


def test_alerts_are_tried_as_they_stand_in_the_form(qtbot: Any, office: Office, settings: Any) -> None:
    office.write({"backups": {"notify_urls": ["json://127.0.0.1:1/s3cr3t0"]}})
    before = office.config.read_bytes()
    with endpoint() as watch, endpoint() as messages:
        window = settings(office)
        urls, watched = window.rows["notify_urls"], window.rows["healthcheck_url"]
        assert isinstance(urls, AlertsRow) and isinstance(watched, SecretRow)
        type_into(qtbot, watched.edit, watch.url("/s3cr3t0"))
        add(qtbot, urls, messages.json_url("/s3cr3t0"))
        click(qtbot, window.test_button)
        ready(qtbot, window)
        well, refused, arrived = window.tested
        assert well == "Vigilancia externa: llegó"
        assert refused.startswith("Mensaje 1 (json): no llegó") and arrived == "Mensaje 2 (json): llegó"
        assert watch.paths == ["/s3cr3t0/log"] and len(messages.told) == 1
    assert watched.edit.echoMode() == QLineEdit.EchoMode.Password
    assert all("s3cr3t0" not in text for text in _texts(window))
    click(qtbot, watched.reveal)
    assert "s3cr3t0" in watched.edit.displayText()
    assert office.config.read_bytes() == before
    for remove in [*urls.removes]:
        assert remove.accessibleName()
    while urls.removes:
        qtbot.mouseClick(urls.removes[0], Qt.MouseButton.LeftButton)
    type_into(qtbot, watched.edit, "")
    click(qtbot, window.test_button)
    ready(qtbot, window)
    assert window.tested == ["No hay ningún aviso que probar: nadie se enteraría de un fallo."]
    save(qtbot, window)
    assert office.saved() == {"backups": {}}


def _texts(window: SettingsWindow) -> list[str]:
    """Everything that can be read in the window, by eye or by a screen reader."""
    shown = [one.text() for one in window.findChildren(QLabel)]
    shown += [one.displayText() for one in window.findChildren(QLineEdit)]
    shown += [one.toPlainText() for one in window.findChildren(QPlainTextEdit)]
    return shown + [one.accessibleName() + one.toolTip() for one in window.findChildren(QPushButton)]


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `systemctl` of ours, which notes how it is called."""
    script, log = tmp_path / "bin" / "systemctl", tmp_path / "systemctl.log"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho "$*" >> "{log}"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    return log


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="el servicio de este sistema no es systemd")
def test_starting_with_the_system_is_shown_done_kept_up_to_date_and_undone(
    qtbot: Any, office: Office, settings: Any, systemctl: Path
) -> None:
    window = settings(office)
    service, units = window.service, office.home / "config" / "systemd" / "user"
    assert service.line.text.text().startswith("No instalado")
    assert service.install_button.isEnabled() and not service.remove_button.isEnabled()
    click(qtbot, service.show_button)
    assert "ExecStart=" in service.shown.toPlainText() and str(units) in service.shown.toPlainText()
    assert not units.exists() and not systemctl.exists()
    click(qtbot, service.install_button)
    ready(qtbot, window)
    assert service.line.text.text().startswith("Instalado:") and (units / "facot-backups.timer").is_file()
    assert "enable --now facot-backups.timer" in systemctl.read_text()

    type_into(qtbot, row(window, "backup_dir").edit, str(office.home / "otra"))
    save(qtbot, window)
    assert office.saved()["backups"]["backup_dir"] == str(office.home / "otra")
    assert window.notice.title.text() == "Guardado, pero falta un paso" and not window.dirty
    click(qtbot, window.notice.act)
    ready(qtbot, window)
    assert str(office.home / "otra") in (units / "facot-backups.service").read_text()
    assert service.line.text.text().startswith("Instalado:")
    click(qtbot, service.remove_button)
    ready(qtbot, window)
    assert service.line.text.text().startswith("No instalado") and not list(units.iterdir())


def test_a_service_that_would_not_see_a_setting_is_refused(
    qtbot: Any, world: DesktopWorld, office: Office, settings: Any
) -> None:
    window = settings(world)
    assert "este programa fija por sí mismo" in window.service.line.text.text()
    assert not window.service.install_button.isEnabled()
    assert "Lo fija el programa" in row(window, "backup_dir").note.text()
