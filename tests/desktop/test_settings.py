"""The settings with real clicks: saved whole or not at all, and everything told where it belongs."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from qtpy.compat import isalive
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from facot_backups.faces.desktop import BackupsPanel
from facot_backups.faces.desktop.session import Session
from facot_backups.faces.desktop.tasks import settings_folder
from facot_backups.faces.desktop.theme import DARK
from facot_backups.faces.desktop.views.settings import SettingsWindow
from facot_backups.faces.desktop.views.settings_fields import (
    ChoiceRow,
    CollectionsRow,
    LimitRow,
    SecretRow,
    TextRow,
    UrlsRow,
)
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld
from tests.support.endpoints import endpoint

Show = Callable[..., BackupsPanel]
FACOT = {
    "empresas": {"1": {"nombre": "Compañía «Ñandú»"}},
    "theme": "azul",
    "firebase": {"storage_bucket": "cubo"},
    "backups": {"otra": [1], "retention_days": 45},
}


@dataclass
class Office:
    """A computer with FACOT's settings in the working directory, which is `home`."""

    home: Path
    environ: dict[str, str]

    @property
    def config(self) -> Path:
        return self.home / "facot_config.json"

    @property
    def session(self) -> Session:
        return Session(environ=self.environ)

    def saved(self) -> Any:
        return json.loads(self.config.read_text(encoding="utf-8"))

    def write(self, content: object) -> bytes:
        self.config.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
        return self.config.read_bytes()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Nothing of this computer's own is seen: not its home, not its services."""
    home = tmp_path / "casa"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setattr("facot_backups.faces.desktop.views.settings._PAUSE_MS", 10)
    found = Office(home, {"HOME": str(home)})
    found.write(FACOT)
    return found


@pytest.fixture
def settings(qtbot: Any, show: Show) -> Callable[[Any], SettingsWindow]:
    """`settings(world)`: the window, opened by its button, that has read everything."""

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


def _click(qtbot: Any, button: QAbstractButton) -> None:
    assert button.isEnabled(), button.text()
    # At its left end, where the mark of a radio button is.
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(12, 10))


def _type(qtbot: Any, edit: QLineEdit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, text)


def _row(window: SettingsWindow, name: str) -> TextRow:
    found = window.rows[name]
    assert isinstance(found, TextRow)
    return found


def _ready(qtbot: Any, window: SettingsWindow) -> None:
    qtbot.waitUntil(lambda: _gone(window) or not window.jobs.busy, timeout=20_000)


def _gone(window: SettingsWindow) -> bool:
    return not isalive(window)  # type: ignore[no-untyped-call]


def _save(qtbot: Any, window: SettingsWindow) -> None:
    _click(qtbot, window.save_button)
    _ready(qtbot, window)


def _add(qtbot: Any, row: CollectionsRow | UrlsRow, text: str) -> None:
    _type(qtbot, row.more, text)
    _click(qtbot, row.add)


def test_what_is_changed_is_saved_and_all_else_stays(
    qtbot: Any, office: Office, settings: Any, watchdog: Watchdog
) -> None:
    window = settings(office)
    panel = window.panel
    assert str(office.config) in window.target.text()
    assert "theme" not in window.notes.text() and "«backups.otra» no se conoce" in window.notes.text()
    changed: list[bool] = []
    panel.settings_changed.connect(lambda: changed.append(True))
    collections, limit, theme = (window.rows[name] for name in ("collections", "max_reads", "theme"))
    assert isinstance(collections, CollectionsRow) and isinstance(limit, LimitRow)
    assert isinstance(theme, ChoiceRow)
    with watchdog.watching("settings"):
        _type(qtbot, _row(window, "backup_hour").edit, "03:30")
        _click(qtbot, collections.some)
        _add(qtbot, collections, "facturas, a")
        _click(qtbot, limit.propose)
        _click(qtbot, theme.choices["oscuro"])
        _save(qtbot, window)
    expected = {
        "otra": [1],
        "retention_days": 45,
        "backup_hour": "03:30",
        "collections": ["facturas, a"],
        "max_reads": 40_000,
        "theme": "oscuro",
    }
    assert office.saved() == {**FACOT, "backups": expected}
    assert changed == [True]
    qtbot.waitUntil(lambda: _gone(window), timeout=5_000)
    assert panel.notice.title.text() == "Ajustes guardados" and str(office.config) in panel.notice.text.text()
    assert panel.theme.colours is DARK
    qtbot.waitUntil(lambda: not panel.jobs.busy, timeout=20_000)
    assert panel.theme.colours is DARK

    again = settings(office)
    assert again.values["max_reads"] == "40000" and again.values["collections"] == ("facturas, a",)
    limit, collections = again.rows["max_reads"], again.rows["collections"]
    _click(qtbot, limit.limited)
    _click(qtbot, collections.all)
    _save(qtbot, again)
    del expected["max_reads"], expected["collections"]
    assert office.saved()["backups"] == expected


def test_bad_values_are_told_at_their_field_and_nothing_is_saved(
    qtbot: Any, office: Office, settings: Any
) -> None:
    before = office.config.read_bytes()
    window = settings(office)
    good = {"backup_dir": "copias", "backup_hour": "04:00", "retention_days": "7", "keep_last": "3"}
    bad = {"backup_dir": "", "backup_hour": "25:00", "retention_days": "0", "keep_last": "abc"}
    for name, text in bad.items():
        _type(qtbot, _row(window, name).edit, text)
    _type(qtbot, _row(window, "healthcheck_url").edit, "ftp://s3cr3t0")
    limit, collections, urls = (window.rows[name] for name in ("max_reads", "collections", "notify_urls"))
    _click(qtbot, limit.limited)
    _type(qtbot, limit.edit, "-1")
    _click(qtbot, collections.some)
    _add(qtbot, urls, "hola")
    _save(qtbot, window)
    told = {name: row.problem.text.text() for name, row in window.rows.items() if row.problem.level}
    assert told.keys() == window.rows.keys() - {"theme"}
    assert told["backup_hour"] == (
        "No es una hora de 24 horas. Se admite: una hora HH:MM entre 00:00 y 23:59, con dos cifras."
    )
    assert told["retention_days"].startswith("Está fuera de los límites. Se admite: un número entero de días")
    assert told["collections"].startswith("La lista está vacía")
    assert all("s3cr3t0" not in text for text in told.values())
    assert window.notice.title.text() == "No se ha guardado nada" and window.notice.isVisible()
    assert office.config.read_bytes() == before
    hour = _row(window, "backup_hour").edit
    assert hour.accessibleDescription() == told["backup_hour"] and hour.property("wrong") is True
    assert window.focusWidget() is _row(window, "backup_dir").edit

    for name, text in good.items():
        _type(qtbot, _row(window, name).edit, text)
    _type(qtbot, _row(window, "healthcheck_url").edit, "")
    _click(qtbot, limit.limited)
    _click(qtbot, collections.all)
    _type(qtbot, urls.more, "")
    _save(qtbot, window)
    saved = {"backup_dir": "copias", "backup_hour": "04:00", "retention_days": 7, "keep_last": 3}
    assert office.saved()["backups"] == {"otra": [1], **saved}


def test_what_is_wrong_in_the_file_is_shown_where_it_can_be_mended(
    qtbot: Any, office: Office, settings: Any, show: Show
) -> None:
    before = office.write({"backups": {"backup_hour": "25:00", "retention_days": -1, "x": 1}})
    window = settings_of(qtbot, show, office)
    hour, days = _row(window, "backup_hour"), _row(window, "retention_days")
    assert (hour.edit.text(), days.edit.text()) == ("25:00", "-1")
    assert hour.problem.level == days.problem.level == "critical"
    _type(qtbot, hour.edit, "02:15")
    _save(qtbot, window)
    assert days.problem.level and office.config.read_bytes() == before
    _type(qtbot, days.edit, "30")
    _save(qtbot, window)
    assert office.saved()["backups"] == {"backup_hour": "02:15", "retention_days": 30, "x": 1}


def settings_of(qtbot: Any, show: Show, office: Office) -> SettingsWindow:
    """The window over a panel that cannot look, since the settings are wrong."""
    panel = BackupsPanel(session=office.session)
    qtbot.addWidget(panel)
    panel.show()
    window = SettingsWindow(panel)
    window.show()
    qtbot.waitUntil(lambda: window.form is not None and not window.jobs.busy, timeout=20_000)
    return window


def test_a_file_that_is_not_json_is_never_written(qtbot: Any, office: Office, show: Show) -> None:
    office.config.write_text('{"empresas": ')
    window = settings_of(qtbot, show, office)
    assert window.notice.title.text() == "No se puede leer el archivo de ajustes"
    assert "No es JSON válido (línea 1" in window.notice.text.text()
    assert not window.save_button.isEnabled()
    assert office.config.read_text() == '{"empresas": '


def test_what_is_stronger_than_the_file_is_named_and_left_alone(
    qtbot: Any, office: Office, settings: Any
) -> None:
    office.environ["BACKUP_HOUR"] = "05:00"
    (office.home / ".env").write_text("BACKUP_KEEP_LAST=9\n")
    window = settings(office)
    hour, keep = _row(window, "backup_hour"), _row(window, "keep_last")
    assert (hour.edit.text(), keep.edit.text()) == ("05:00", "9")
    assert not hour.edit.isEnabled() and not keep.edit.isEnabled()
    assert hour.note.text() == "Lo fija la variable BACKUP_HOUR: aquí no se puede cambiar."
    assert f"Lo fija el archivo .env ({office.home / '.env'})" in keep.note.text()
    _type(qtbot, _row(window, "retention_days").edit, "60")
    _save(qtbot, window)
    assert office.saved()["backups"] == {"otra": [1], "retention_days": 60}


def test_the_folder_is_looked_at_in_words(
    qtbot: Any, old_world: DesktopWorld, office: Office, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = settings(office)
    edit = _row(window, "backup_dir").edit

    def said(folder: object) -> tuple[str, str]:
        _type(qtbot, edit, str(folder))
        qtbot.waitUntil(lambda: not window._pause.isActive(), timeout=5_000)
        _ready(qtbot, window)
        return window.folder_check.level, window.folder_check.text.text()

    level, text = said(office.home / "nueva" / "copias")
    assert level in ("ok", "warning") and text.startswith("La carpeta no existe todavía: se creará")
    assert "Se puede escribir y quedan" in text and not (office.home / "nueva").exists()
    level, text = said(old_world.folder)
    assert text.startswith("Ya guarda los backups de demo-facot")
    assert said(office.config) == ("critical", "Ahí hay un archivo, no una carpeta.")
    if sys.platform.startswith("linux"):
        level, text = said("/proc/self")
        assert level == "critical" and text.startswith("No se puede escribir en /proc/self")
    gate = threading.Event()
    monkeypatch.setattr(settings_folder, "SECONDS", 0.05)
    monkeypatch.setattr(settings_folder, "_look", lambda _path: gate.wait(30))
    assert said(office.home / "colgada") == (
        "critical",
        "La carpeta no responde: ¿está conectado el disco o la red?",
    )
    gate.set()
    assert said("") == ("", "") and _row(window, "backup_dir").problem.level == "critical"


def test_alerts_are_tried_as_they_stand_in_the_form(qtbot: Any, office: Office, settings: Any) -> None:
    office.write({"backups": {"notify_urls": ["json://127.0.0.1:1/s3cr3t0"]}})
    before = office.config.read_bytes()
    with endpoint() as watch, endpoint() as messages:
        window = settings(office)
        urls, watched = window.rows["notify_urls"], window.rows["healthcheck_url"]
        assert isinstance(urls, UrlsRow) and isinstance(watched, SecretRow)
        _type(qtbot, watched.edit, watch.url("/s3cr3t0"))
        _add(qtbot, urls, messages.json_url("/s3cr3t0"))
        _click(qtbot, window.test_button)
        _ready(qtbot, window)
        well, refused, arrived = window.tested
        assert well == "Vigilancia externa: llegó"
        assert refused.startswith("Mensaje 1 (json): no llegó") and arrived == "Mensaje 2 (json): llegó"
        assert watch.paths == ["/s3cr3t0/log"] and len(messages.told) == 1
    assert watched.edit.echoMode() == QLineEdit.EchoMode.Password
    assert all("s3cr3t0" not in text for text in _texts(window))
    _click(qtbot, watched.reveal)
    assert "s3cr3t0" in watched.edit.displayText()
    assert office.config.read_bytes() == before
    for remove in [*urls.removes]:
        assert remove.accessibleName()
    while urls.removes:
        qtbot.mouseClick(urls.removes[0], Qt.MouseButton.LeftButton)
    _type(qtbot, watched.edit, "")
    _click(qtbot, window.test_button)
    _ready(qtbot, window)
    assert window.tested == ["No hay ningún aviso que probar: nadie se enteraría de un fallo."]
    _save(qtbot, window)
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
    _click(qtbot, service.show_button)
    assert "ExecStart=" in service.shown.toPlainText() and str(units) in service.shown.toPlainText()
    assert not units.exists() and not systemctl.exists()
    _click(qtbot, service.install_button)
    _ready(qtbot, window)
    assert service.line.text.text().startswith("Instalado:") and (units / "facot-backups.timer").is_file()
    assert "enable --now facot-backups.timer" in systemctl.read_text()

    _type(qtbot, _row(window, "backup_dir").edit, str(office.home / "otra"))
    _save(qtbot, window)
    assert office.saved()["backups"]["backup_dir"] == str(office.home / "otra")
    assert window.notice.title.text() == "Guardado, pero falta un paso" and not window.dirty
    _click(qtbot, window.notice.act)
    _ready(qtbot, window)
    assert str(office.home / "otra") in (units / "facot-backups.service").read_text()
    assert service.line.text.text().startswith("Instalado:")
    _click(qtbot, service.remove_button)
    _ready(qtbot, window)
    assert service.line.text.text().startswith("No instalado") and not list(units.iterdir())


def test_a_service_that_would_not_see_a_setting_is_refused(
    qtbot: Any, world: DesktopWorld, office: Office, settings: Any
) -> None:
    window = settings(world)
    assert "emulator_host" in window.service.line.text.text()
    assert not window.service.install_button.isEnabled()
    assert "Lo fija el programa" in _row(window, "backup_dir").note.text()


def test_what_was_typed_is_not_lost_by_a_key(qtbot: Any, office: Office, settings: Any) -> None:
    window = settings(office)
    before = office.config.read_bytes()
    _type(qtbot, _row(window, "retention_days").edit, "90")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.isVisible() and window.notice.title.text() == "Hay cambios sin guardar"
    _click(qtbot, window.notice.act)
    qtbot.waitUntil(lambda: _gone(window), timeout=5_000)
    assert office.config.read_bytes() == before
    untouched = settings(office)
    qtbot.keyClick(untouched, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: _gone(untouched), timeout=5_000)
    ending = settings(office)
    _type(qtbot, _row(ending, "retention_days").edit, "90")
    ending.close()  # as a program that ends does
    qtbot.waitUntil(lambda: _gone(ending), timeout=5_000)
    assert office.config.read_bytes() == before


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(
    qtbot: Any, office: Office, settings: Any
) -> None:
    window = settings(office)
    folder = _row(window, "backup_dir").edit
    order: list[QWidget] = []
    one: QWidget | None = folder
    while (one := one.nextInFocusChain() if one is not None else None) not in (folder, None):
        assert one is not None
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.isVisible() and one.isEnabled():
            order.append(one)
    places = [one.mapTo(window.inside, one.rect().center()).y() for one in order if one not in _foot(window)]
    # Those of one line are not all as high.
    assert all(after > before - 8 for before, after in pairwise(places)) and len(places) >= 12, places
    named = [one for one in order if isinstance(one, QLineEdit | QAbstractButton)]
    assert all(one.accessibleName() or one.text() for one in named)


def _foot(window: SettingsWindow) -> tuple[QWidget, ...]:
    return (window.cancel_button, window.save_button, window.area, window.target, window.notes)


def test_a_folder_is_chosen_in_the_systems_dialog(qtbot: Any, office: Office, settings: Any) -> None:
    window = settings(office)
    chosen = office.home / "elegida"
    chosen.mkdir()
    _click(qtbot, window.choose_button)
    (dialog,) = window.findChildren(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(chosen))
    dialog.reject()
    assert window.values["backup_dir"] == str(chosen) and window.dirty
