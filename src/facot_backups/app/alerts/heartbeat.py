"""The heartbeat of a folder: what its server was told last, and what it could not be told."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import datetime, timedelta

from facot_backups.app.deadline import Undelivered
from facot_backups.app.logs import NOTIFY
from facot_backups.archive.store import Store
from facot_backups.clock import from_iso_utc, iso_utc

# From a message that did not arrive to the next attempt to send it.
RETRY = timedelta(minutes=14)
_OK = "ok"


class Heartbeat:
    """The heartbeat of one folder, with what its server was told last."""

    def __init__(self, url: str, store: Store) -> None:
        self._url = url
        self._state, self._root, self._clock = store.state, store.root, store.clock
        self._told, self._owed = f"heartbeat {id_of(url)}", f"owed {id_of(url)}"
        self._starting: threading.Thread | None = None

    def begin(self) -> None:
        """Say that a try begins, without waiting; after a failure nothing, until it is known to differ."""
        if self._state.alert(self._root, self._told) not in (None, _OK):
            return
        self._starting = threading.Thread(
            target=self._start, name="facot-backups-heartbeat-start", daemon=True
        )
        self._starting.start()

    def _start(self) -> None:
        from facot_backups.app.alerts.ping import ping

        try:
            ping(self._url, "start")
        except Undelivered as problem:
            NOTIFY.warning("[NOTIFY] No se pudo avisar del inicio a healthcheck_url: %s", problem)

    def end(self, key: str | None, body: str, seconds: float | None = None) -> None:
        """Say how a try ended: `key` tells one failure from another, None for a success.

        The failure that it was told last is silent. `seconds` is less than usual where somebody waits.
        """
        if self._starting is not None:
            self._starting.join(seconds)  # None: bounded, as every ping is
        if key is not None and self._state.alert(self._root, self._told) == key:
            return
        self._send(key, body, seconds)

    def send_owed(self) -> None:
        """Say what could not be said at the end of a try."""
        owed = self._state.alert(self._root, self._owed)
        try:
            key, body, at = json.loads(owed or "null")
        except (ValueError, TypeError):
            return
        if not is_recent(at, self._clock.now(), RETRY):
            self._send(key, body)

    def _send(self, key: str | None, body: str, seconds: float | None = None) -> None:
        from facot_backups.app.alerts.ping import ping

        try:
            ping(self._url, "success" if key is None else "fail", body, seconds)
        except Undelivered as problem:
            owed = json.dumps([key, body, iso_utc(self._clock.now())])
            self._state.set_alert(self._root, self._owed, owed)
            NOTIFY.warning("[NOTIFY] No se pudo avisar a healthcheck_url: %s", problem)
        else:
            self._state.set_alert(self._root, self._owed, None)
            self._state.set_alert(self._root, self._told, _OK if key is None else key)


def id_of(url: str) -> str:
    """What stands for a URL where it is remembered."""
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:16]


def is_recent(noted: str | None, now: datetime, span: timedelta) -> bool:
    """Whether the instant `noted` is less than `span` ago; one of the future is not: the clock was wrong."""
    try:
        return noted is not None and timedelta() <= now - from_iso_utc(noted) < span
    except (ValueError, TypeError):
        return False
