"""The settings with real clicks: saved whole or not at all, and everything told where it belongs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QFileDialog, QLineEdit, QWidget

from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.settings import folder_task
from facot_backups.ui.desktop.settings.fields import ChoiceRow, LimitRow
from facot_backups.ui.desktop.settings.list_fields import CollectionsRow
from facot_backups.ui.desktop.settings.window import SettingsWindow
from facot_backups.ui.desktop.toolkit.colours import DARK
from tests.desktop.office import FACOT, Office, add, click, gone, ready, row, save, type_into
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]


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
        type_into(qtbot, row(window, "backup_hour").edit, "03:30")
        click(qtbot, collections.some)
        add(qtbot, collections, "facturas, a")
        click(qtbot, limit.propose)
        click(qtbot, theme.choices["oscuro"])
        save(qtbot, window)
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
    qtbot.waitUntil(lambda: gone(window), timeout=5_000)
    assert panel.notice.title.text() == "Ajustes guardados" and str(office.config) in panel.notice.text.text()
    assert panel.theme.colours is DARK
    qtbot.waitUntil(lambda: not panel.jobs.busy, timeout=20_000)
    assert panel.theme.colours is DARK

    again = settings(office)
    assert again.values["max_reads"] == "40000" and again.values["collections"] == ("facturas, a",)
    limit, collections = again.rows["max_reads"], again.rows["collections"]
    click(qtbot, limit.limited)
    click(qtbot, collections.usual)
    save(qtbot, again)
    del expected["max_reads"], expected["collections"]
    assert office.saved()["backups"] == expected


def test_what_is_left_out_and_another_database(qtbot: Any, office: Office, settings: Any) -> None:
    office.write({"backups": {"exclude": ["registro"], "database": "pruebas"}})
    window = settings(office)
    left_out, chosen = window.rows["exclude"], window.rows["collections"]
    assert isinstance(left_out, CollectionsRow) and isinstance(chosen, CollectionsRow)
    project, database = row(window, "project"), row(window, "database")
    assert left_out.value == ("registro",) and left_out.some.isChecked()
    assert (project.edit.text(), database.edit.text()) == ("", "pruebas")
    add(qtbot, left_out, "audit")
    type_into(qtbot, project.edit, "otro-proyecto")
    type_into(qtbot, database.edit, "")
    click(qtbot, chosen.some)
    add(qtbot, chosen, "audit")
    save(qtbot, window)
    assert "todas las colecciones elegidas" in left_out.problem.text.text() and not chosen.problem.level
    assert office.saved()["backups"]["exclude"] == ["registro"]
    add(qtbot, chosen, "invoices")
    save(qtbot, window)
    assert office.saved()["backups"] == {
        "exclude": ["registro", "audit"],
        "collections": ["audit", "invoices"],
        "database": "(default)",
        "project": "otro-proyecto",
    }
    again = settings(office)
    assert row(again, "database").edit.text() == "" and again.values["database"] == "(default)"
    assert not again.dirty
    click(qtbot, again.rows["exclude"].usual)
    type_into(qtbot, row(again, "project").edit, "")
    save(qtbot, again)
    assert office.saved()["backups"].keys() == {"collections", "database"}


def test_bad_values_are_told_at_their_field_and_nothing_is_saved(
    qtbot: Any, office: Office, settings: Any
) -> None:
    before = office.config.read_bytes()
    window = settings(office)
    good = {"backup_dir": "copias", "backup_hour": "04:00", "retention_days": "7", "keep_last": "3"}
    bad = {"backup_dir": "", "backup_hour": "25:00", "retention_days": "0", "keep_last": "abc"}
    for name, text in bad.items():
        type_into(qtbot, row(window, name).edit, text)
    type_into(qtbot, row(window, "healthcheck_url").edit, "ftp://s3cr3t0")
    limit, collections, urls = (window.rows[name] for name in ("max_reads", "collections", "notify_urls"))
    click(qtbot, limit.limited)
    type_into(qtbot, limit.edit, "-1")
    click(qtbot, collections.some)
    add(qtbot, urls, "hola")
    save(qtbot, window)
    told = {name: row.problem.text.text() for name, row in window.rows.items() if row.problem.level}
    assert told.keys() == window.rows.keys() - {"theme", "exclude", "project", "database"}
    assert told["backup_hour"] == (
        "No es una hora de 24 horas. Se admite: una hora HH:MM entre 00:00 y 23:59, con dos cifras."
    )
    assert told["retention_days"].startswith("Está fuera de los límites. Se admite: un número entero de días")
    assert told["collections"].startswith("La lista está vacía")
    assert all("s3cr3t0" not in text for text in told.values())
    assert window.notice.title.text() == "No se ha guardado nada" and window.notice.isVisible()
    assert office.config.read_bytes() == before
    hour = row(window, "backup_hour").edit
    assert hour.accessibleDescription() == told["backup_hour"] and hour.property("wrong") is True
    assert window.focusWidget() is row(window, "backup_dir").edit

    for name, text in good.items():
        type_into(qtbot, row(window, name).edit, text)
    type_into(qtbot, row(window, "healthcheck_url").edit, "")
    click(qtbot, limit.limited)
    click(qtbot, collections.usual)
    type_into(qtbot, urls.more, "")
    save(qtbot, window)
    saved = {"backup_dir": "copias", "backup_hour": "04:00", "retention_days": 7, "keep_last": 3}
    assert office.saved()["backups"] == {"otra": [1], **saved}


def test_what_is_wrong_in_the_file_is_shown_where_it_can_be_mended(
    qtbot: Any, office: Office, settings: Any, show: Show
) -> None:
    before = office.write({"backups": {"backup_hour": "25:00", "retention_days": -1, "x": 1}})
    window = settings_of(qtbot, show, office)
    hour, days = row(window, "backup_hour"), row(window, "retention_days")
    assert (hour.edit.text(), days.edit.text()) == ("25:00", "-1")
    assert hour.problem.level == days.problem.level == "critical"
    type_into(qtbot, hour.edit, "02:15")
    save(qtbot, window)
    assert days.problem.level and office.config.read_bytes() == before
    type_into(qtbot, days.edit, "30")
    save(qtbot, window)
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
    hour, keep = row(window, "backup_hour"), row(window, "keep_last")
    assert (hour.edit.text(), keep.edit.text()) == ("05:00", "9")
    assert not hour.edit.isEnabled() and not keep.edit.isEnabled()
    assert hour.note.text() == "Lo fija la configuración de este equipo: aquí no se puede cambiar."
    assert keep.note.text() == hour.note.text()
    type_into(qtbot, row(window, "retention_days").edit, "60")
    save(qtbot, window)
    assert office.saved()["backups"] == {"otra": [1], "retention_days": 60}


def test_the_folder_is_looked_at_in_words(
    qtbot: Any, old_world: DesktopWorld, office: Office, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = settings(office)
    edit = row(window, "backup_dir").edit

    def said(folder: object) -> tuple[str, str]:
        type_into(qtbot, edit, str(folder))
        qtbot.waitUntil(lambda: not window._pause.isActive(), timeout=5_000)
        ready(qtbot, window)
        return window.folder_check.level, window.folder_check.text.text()

    level, text = said(office.home / "nueva" / "copias")
    assert level in ("ok", "warning") and text.startswith("La carpeta no existe todavía: se creará")
    assert "Se puede escribir y quedan" in text and not (office.home / "nueva").exists()
    level, text = said(old_world.folder)
    assert text.startswith("Ya guarda los backups de demo-facot")
    assert said(office.config) == ("critical", "Ahí hay un archivo, no una carpeta.")
    backup = old_world.backups()[0].path
    refused = f"Eso es un backup. Elija la carpeta que lo contiene: {old_world.folder}"
    before, held = office.config.read_bytes(), sorted(backup.iterdir())
    for inside in (backup, backup / "dentro"):
        assert said(inside) == ("critical", refused)
        save(qtbot, window)
        assert row(window, "backup_dir").problem.text.text() == refused
    assert office.config.read_bytes() == before and sorted(backup.iterdir()) == held
    if sys.platform.startswith("linux"):
        level, text = said("/proc/self")
        assert level == "critical" and text.startswith("No se puede escribir en /proc/self")
    gate = threading.Event()
    monkeypatch.setattr(folder_task, "SECONDS", 0.05)
    monkeypatch.setattr(folder_task, "_look", lambda _path: gate.wait(30))
    assert said(office.home / "colgada") == (
        "critical",
        "La carpeta no responde: ¿está conectado el disco o la red?",
    )
    gate.set()
    assert said("") == ("", "") and row(window, "backup_dir").problem.level == "critical"


def test_what_was_typed_is_not_lost_by_a_key(qtbot: Any, office: Office, settings: Any) -> None:
    window = settings(office)
    before = office.config.read_bytes()
    type_into(qtbot, row(window, "retention_days").edit, "90")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.isVisible() and window.notice.title.text() == "Hay cambios sin guardar"
    click(qtbot, window.notice.act)
    qtbot.waitUntil(lambda: gone(window), timeout=5_000)
    assert office.config.read_bytes() == before
    untouched = settings(office)
    qtbot.keyClick(untouched, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: gone(untouched), timeout=5_000)
    ending = settings(office)
    type_into(qtbot, row(ending, "retention_days").edit, "90")
    ending.close()  # as a program that ends does
    qtbot.waitUntil(lambda: gone(ending), timeout=5_000)
    assert office.config.read_bytes() == before


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(
    qtbot: Any, office: Office, settings: Any
) -> None:
    window = settings(office)
    folder = row(window, "backup_dir").edit
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
    click(qtbot, window.choose_button)
    (dialog,) = window.findChildren(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(chosen))
    dialog.reject()
    assert window.values["backup_dir"] == str(chosen) and window.dirty


@pytest.mark.parametrize(
    ("typed", "saved", "said"),
    [
        ("2:30 pm", "14:30", "2:30 p. m."),
        ("2:30 p. m.", "14:30", "2:30 p. m."),
        ("12 AM", "00:00", "12:00 a. m."),
        ("12:05p.m.", "12:05", "12:05 p. m."),
        ("21:00", "21:00", "9:00 p. m."),
    ],
)
def test_the_hour_is_typed_as_one_says_it(
    qtbot: Any, office: Office, settings: Any, typed: str, saved: str, said: str
) -> None:
    window = settings(office)
    hour = window.rows["backup_hour"]
    type_into(qtbot, hour.edit, typed)
    assert hour.said.text() == f"es decir, {said}"
    qtbot.keyClick(hour.edit, Qt.Key.Key_Tab)
    assert hour.edit.text() == saved and not hour.problem.isVisible()
    save(qtbot, window)
    assert office.saved()["backups"]["backup_hour"] == saved


def test_the_refusal_goes_when_all_is_mended(qtbot: Any, office: Office, settings: Any) -> None:
    window = settings(office)
    type_into(qtbot, row(window, "retention_days").edit, "0")
    save(qtbot, window)
    assert window.notice.isVisible() and window.notice.title.text() == "No se ha guardado nada"
    type_into(qtbot, row(window, "retention_days").edit, "60")
    qtbot.waitUntil(lambda: not window.notice.isVisible(), timeout=5_000)
    assert not row(window, "retention_days").problem.isVisible()
