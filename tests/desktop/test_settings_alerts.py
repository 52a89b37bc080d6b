"""An alert in a few fields, with real clicks: filled in, tried, saved; no address typed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from facot_backups.ui.desktop.settings.alerts_page import AlertsRow
from facot_backups.ui.desktop.settings.window import SettingsWindow
from tests.desktop.office import Office, click, gone, ready, save, type_into
from tests.support.endpoints import endpoint

TOKEN = "123456789:AAEhBP0av28aaaaaaaaaaaaaaaaaaaaaaaa"


def alerts(window: SettingsWindow) -> AlertsRow:
    found = window.rows["notify_urls"]
    assert isinstance(found, AlertsRow)
    return found


def shown(window: SettingsWindow) -> str:
    return "\n".join(one.text() for one in window.findChildren(QLabel) if one.isVisible())


def test_a_mail_of_a_known_service_needs_no_server(qtbot: Any, office: Office, settings: Any) -> None:
    window = settings(office)
    row = alerts(window)
    click(qtbot, row.offers["mail"])
    form = row.forms["mail"]
    type_into(qtbot, form.fields["mail"], "marta@tienda.do")
    assert form.fields["host"].isVisible() and "SMTP" in form.about.text()
    type_into(qtbot, form.fields["mail"], "marta@gmail.com")
    assert not form.fields["host"].isVisible()
    assert "myaccount.google.com/apppasswords" in form.about.text()
    click(qtbot, form.add_button)
    assert form.line.text.text() == "Falta la contraseña de ese correo."
    save(qtbot, window)
    assert "a medias" in row.problem.text.text() and "notify_urls" not in office.saved()["backups"]
    type_into(qtbot, form.fields["password"], "abcd efgh s3cr 3t00")
    assert "abcd" not in form.fields["password"].displayText()
    type_into(qtbot, form.fields["to"], "dueno@negocio.do")
    click(qtbot, form.add_button)
    assert not form.isVisible()
    qtbot.waitUntil(lambda: "Correo a dueno@negocio.do" in shown(window), timeout=5_000)
    assert "s3cr" not in shown(window)
    save(qtbot, window)
    (url,) = office.saved()["backups"]["notify_urls"]
    assert url.startswith("mailtos://marta%40gmail.com:abcdefghs3cr3t00@smtp.gmail.com:587?")


def test_a_form_that_was_filled_in_is_saved_without_adding_it_first(
    qtbot: Any, office: Office, settings: Any
) -> None:
    window = settings(office)
    row = alerts(window)
    click(qtbot, row.offers["telegram"])
    type_into(qtbot, row.forms["telegram"].fields["token"], TOKEN)
    type_into(qtbot, row.forms["telegram"].fields["chat"], "987654321")
    save(qtbot, window)
    qtbot.waitUntil(lambda: gone(window), timeout=20_000)
    assert office.saved()["backups"]["notify_urls"] == [f"tgram://{TOKEN}/987654321"]


def test_a_mail_typed_as_it_is_asks_for_its_password(qtbot: Any, office: Office, settings: Any) -> None:
    window = settings(office)
    row = alerts(window)
    click(qtbot, row.expert)
    type_into(qtbot, row.more, "marta@gmail.com")
    qtbot.keyClick(row.more, Qt.Key.Key_Return)
    form = row.forms["mail"]
    assert form.isVisible() and form.fields["mail"].text() == "marta@gmail.com"
    assert window.focusWidget() is form.fields["password"]
    click(qtbot, form.close_button)
    office.write({"backups": {"notify_urls": ["marta@gmail.com"]}})
    assert "«Añadir correo»" in _problem(office)


def _problem(office: Office) -> str:
    given = office.session.given()
    from facot_backups.ui.desktop.settings.task import field

    return field(given, "notify_urls").problem


def test_a_test_says_what_happened(
    qtbot: Any, office: Office, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.telegram import NotifyTelegram

    window = settings(office)
    row = alerts(window)
    click(qtbot, row.offers["telegram"])
    form = row.forms["telegram"]
    type_into(qtbot, form.fields["token"], TOKEN)
    type_into(qtbot, form.fields["chat"], "987654321")
    with endpoint() as server:
        monkeypatch.setattr(NotifyTelegram, "notify_url", server.url("/bot"))
        server.status = 401
        click(qtbot, form.try_button)
        ready(qtbot, window)
        assert form.line.level == "critical"
        assert form.line.text.text() == (
            "Telegram (987654321): no llegó (Telegram no conoce ese token: cópielo entero de @BotFather)"
        )
        server.status = 200
        click(qtbot, form.try_button)
        ready(qtbot, window)
        assert (form.line.level, form.line.text.text()) == ("ok", "Telegram (987654321): llegó")
        assert len(server.told) == 2
    assert "notify_urls" not in office.saved()["backups"]
