"""No part of a URL that may be a secret stays in a text, however a library wrote it."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.app.alerts.redaction import HIDDEN, Redactor
from facot_backups.app.alerts.watch import urls_of
from facot_backups.settings import Settings, describe

WORD = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=4, max_size=12)


@hypothesis.settings(max_examples=40)
@given(
    WORD.map(lambda word: quote(word, safe="")),
    st.sampled_from(["user", "password", "host", "path", "query"]),
)
def test_wherever_it_stands(word: str, place: str) -> None:
    parts = {"user": "u", "password": "p", "host": "h.do", "path": "r", "query": "v"} | {place: word}
    url = "tgram://{user}:{password}@{host}/{path}?a={query}".format(**parts)
    redact = Redactor([url])
    for text in (url, f"POST /bot{word}/send", f"GET https://api/{word}?x={word}", f"«{word}»", word.upper()):
        assert word.lower() not in redact(text).lower(), text


def test_encoded_as_headers_and_forms_do() -> None:
    login = "dueño:cl@ve/ñ"
    redact = Redactor([f"mailtos://{quote(login, safe=':')}@correo.do"])
    for form in (
        quote(login, safe=""),
        quote_plus("cl@ve/ñ"),
        base64.b64encode(login.encode()).decode(),
        "cl@ve/ñ",
    ):
        assert redact(f"x {form} y") == f"x {HIDDEN} y" or form not in redact(form)


def test_what_is_no_secret_stays() -> None:
    redact = Redactor(["json://127.0.0.1:8080/tema"])
    assert redact("Falló: error=500, puerto 80, https y json") == "Falló: error=500, puerto 80, https y json"
    assert Redactor([])("nada") == "nada"
    assert Redactor([]).foreign("a https://x/y?z b") == f"a {HIDDEN} b"


@pytest.mark.parametrize("show", [str, repr, describe])
def test_the_settings_show_none(show: object) -> None:
    secret = "s3cr3t0"
    settings = Settings(
        healthcheck_url=f"https://hc/{secret}",
        notify_urls=(f"tgram://{secret}/1",),
        after_backup=f"curl -u a:{secret} x",
    )
    assert callable(show)
    assert secret not in str(show(settings))
    assert len(urls_of(settings)) == 2
