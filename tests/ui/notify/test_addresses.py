"""The addresses that the panel's fields make, as Apprise understands them, and the reasons in words."""

from __future__ import annotations

from typing import Any

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.app.alerts.addresses import described, mail_url, telegram_url, whatsapp_url
from facot_backups.app.alerts.reasons import in_words
from facot_backups.app.alerts.redaction import Redactor
from facot_backups.app.alerts.services import send
from facot_backups.app.deadline import Undelivered
from facot_backups.settings import Settings
from tests.support.endpoints import Endpoint

TOKEN = "123456789:AAEhBP0av28aaaaaaaaaaaaaaaaaaaaaaaa"


def understood(url: str) -> Any:
    assert Settings(notify_urls=(url,)).notify_urls == (url,)
    found = apprise.Apprise.instantiate(url)
    assert found is not None, url
    return found


@pytest.mark.parametrize(
    ("mail", "server"),
    [
        ("marta@gmail.com", ("smtp.gmail.com", 587, "starttls")),
        ("marta.n@hotmail.es", ("smtp-mail.outlook.com", 587, "starttls")),
        ("marta@yahoo.com.mx", ("smtp.mail.yahoo.com", 465, "ssl")),
        ("marta@me.com", ("smtp.mail.me.com", 587, "starttls")),
        ("marta+x@tienda.do", ("mail.tienda.do", 2525, "starttls")),
    ],
)
@given(password=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=4))
def test_a_mail_goes_to_the_right_server(mail: str, server: tuple[str, int, str], password: str) -> None:
    url = mail_url(mail, password, "a@b.do, c@d.do", "mail.tienda.do", "2525")
    found = understood(url)
    assert (found.smtp_host, found.port, found.secure_mode) == server
    assert (found.user, found.password, found.from_addr[1]) == (mail, password, mail)
    assert [to for _, to in found.targets] == ["a@b.do", "c@d.do"]
    assert described(url) == "Correo a a@b.do,c@d.do"
    assert password not in Redactor([url])(f"x {password} x")


def test_the_parts_of_an_app_password_are_joined() -> None:
    found = understood(mail_url(" marta@gmail.com ", "abcd efgh ijkl mnop"))
    assert found.password == "abcdefghijklmnop" and found.targets == [(False, "marta@gmail.com")]


def test_the_others() -> None:
    found = understood(telegram_url(TOKEN, "987654321"))
    assert (found.bot_token, found.targets) == (TOKEN, [(987654321, None)])
    assert described(telegram_url(TOKEN, "987654321")) == "Telegram (987654321)"
    plain = whatsapp_url("EAAbc1234567", "123456789012345", "+1 (809) 555-1234")
    found = understood(plain)
    assert (found.token, found.from_phone_id, found.targets) == (
        "EAAbc1234567",
        "123456789012345",
        ["+18095551234"],
    )
    assert described(plain) == "WhatsApp al +18095551234"
    found = understood(whatsapp_url("EAAbc1234567", "123456789012345", "18095551234", "aviso"))
    assert (found.template, found.language) == ("aviso", "es")
    assert described("mailtos://marta:pw@gmail.com") == "Correo a marta@gmail.com"
    assert described("json://u:s3cr3t0@x/y") == "json://…"


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (401, {"ok": False, "description": "Unauthorized"}, "no conoce ese token"),
        (400, {"ok": False, "description": "Bad Request: chat not found"}, "no encuentra ese chat"),
        (403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, "pulse «Iniciar»"),
        (None, None, "no se pudo conectar"),
    ],
)
def test_telegrams_reasons_in_words(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch, status: int | None, answer: Any, words: str
) -> None:
    from apprise.plugins.telegram import NotifyTelegram

    base = server.url("/bot")
    if status is None:
        from tests.support.endpoints import closed_port

        base = f"http://127.0.0.1:{closed_port()}/bot"
    else:
        server.status = status
    monkeypatch.setattr(NotifyTelegram, "notify_url", base)
    with pytest.raises(Undelivered) as told:
        send(telegram_url(TOKEN, "987654321"), "t", "b", "info")
    said = str(told.value)
    if status in (401, None):
        assert words in said
    assert TOKEN not in said and TOKEN.partition(":")[2] not in said
    if answer is not None:
        assert words in (in_words("tgram", f"{answer['description']}, error={status}.") or "")


@pytest.mark.parametrize(
    ("scheme", "said", "words"),
    [
        ("mailtos", "Socket Exception: (535, b'5.7.8 Username and Password not accepted')", "aplicación"),
        ("mailto", "Socket Exception: STARTTLS extension not supported by server.", "no cifra"),
        ("mailtos", "Socket Exception: [Errno -2] Name or service not known", "¿hay internet?"),
        ("mailtos", "Socket Exception: [Errno 111] Connection refused", "no se pudo conectar"),
        ("whatsapp", "Failed to send WhatsApp notification to +1: error=190.", "token"),
        ("whatsapp", "Failed to send WhatsApp notification to +1: error=131047.", "plantilla"),
    ],
)
def test_other_reasons_in_words(scheme: str, said: str, words: str) -> None:
    assert words in (in_words(scheme, said) or "")
    assert in_words("json", "error=500") is None
