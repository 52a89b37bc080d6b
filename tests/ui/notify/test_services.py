"""Apprise against a real local server: what arrives, what does not, and what is never logged."""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any
from urllib.parse import quote

import pytest

from facot_backups.app.alerts.services import AppriseMissing, send
from facot_backups.app.deadline import Undelivered
from tests.support.endpoints import Endpoint, closed_port
from tests.ui.notify.conftest import SECRET, Ear

ENCODED = quote(SECRET)


def test_what_arrives(server: Endpoint) -> None:
    body = "Falló: <b>ñ</b> {{x}} 100 %\nOtra línea"
    send(server.json_url("/ruta"), "Título ñ", body, "failure")
    [told] = server.told
    assert told.path == "/ruta"
    assert (told.message["title"], told.message["message"]) == ("Título ñ", body)
    assert told.message["type"] == "failure"


def test_why_it_does_not(server: Endpoint) -> None:
    server.status = 500
    with pytest.raises(Undelivered, match="500"):
        send(server.json_url(), "t", "b", "info")
    with pytest.raises(Undelivered, match="no entiende"):
        send("nada-de-eso://x", "t", "b", "info")
    with pytest.raises(Undelivered):
        send(f"json://127.0.0.1:{closed_port()}/", "t", "b", "info")


@pytest.mark.parametrize("how", ["drips", "hangs"])
def test_a_bad_server_is_given_up(server: Endpoint, how: str) -> None:
    if how == "drips":
        server.drips = True
    else:
        server.slow = threading.Event()
    with pytest.raises(Undelivered, match="no terminó de responder"):
        send(server.json_url(), "t", "b", "info", seconds=0.3)
    if server.slow is not None:
        server.slow.set()
    else:
        assert server.left.wait(60), "an answer without an end is not read on"


def test_a_service_is_loaded_on_the_thread_that_stays(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apprise imports its services late, native code among them, which a thread that ends must not be in."""
    import apprise

    add, threads = apprise.Apprise.add, list[threading.Thread]()

    def noted(*arguments: Any) -> bool:
        threads.append(threading.current_thread())
        return bool(add(*arguments))

    monkeypatch.setattr(apprise.Apprise, "add", noted)
    send(server.json_url(), "t", "b", "info")
    assert threads == [threading.current_thread()] and len(server.told) == 1


def test_without_apprise_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(AppriseMissing, match="pip install apprise"):
        send("json://127.0.0.1/", "t", "b", "info")


@pytest.mark.parametrize("how", ["arrives", "500", "closed", "unknown", "half"])
def test_no_log_of_any_library_holds_a_secret(server: Endpoint, ear: Ear, how: str) -> None:
    """All loggers at their most talkative: Apprise shows URLs, and urllib3 the path of each request."""
    port = closed_port() if how == "closed" else server.port
    scheme = {"unknown": "nada", "half": "tgram"}.get(how, "json")
    url = f"{scheme}://us-{ENCODED}:pa-{ENCODED}@127.0.0.1:{port}/ruta-{ENCODED}/?+X-Token=to-{ENCODED}"
    server.status = 500 if how == "500" else 200
    problem = ""
    try:
        send(url, "t", "b", "info")
    except Undelivered as found:
        problem = str(found)
    assert bool(problem) is (how != "arrives")
    heard = ear.text + problem
    assert "s3cr3t0" not in heard, heard
    assert ear.heard, "nobody listened"


def test_records_of_other_threads_stay_as_they_are(server: Endpoint, ear: Ear) -> None:
    send(server.json_url("/palabra"), "t", "b", "info")
    logging.getLogger("otro").debug("palabra %s", "entera")
    assert "palabra entera" in ear.text
