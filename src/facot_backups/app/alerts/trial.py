"""A test message through every channel that is configured: `facot-backups notify test`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from facot_backups.app.alerts.services import AppriseMissing
from facot_backups.app.alerts.watch import Alerts, service
from facot_backups.app.deadline import Undelivered
from facot_backups.errors import FacotBackupsError
from facot_backups.operations.health.alerts import Message, News
from facot_backups.text import visible

ChannelKind: TypeAlias = Literal["healthcheck", "service", "command"]

TITLE = "FACOT Backups: prueba de avisos"
# What a server says to a path that it does not know.
_NO_SUCH_PATH = (404, 405)


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went: `problem` in Spanish, None if it arrived. `name` shows no secret.

    `number`: which one of its kind, from 1 on. `no_apprise`: for want of Apprise.
    """

    name: str
    kind: ChannelKind
    problem: str | None
    number: int = 1
    no_apprise: bool = False


def trials(alerts: Alerts) -> Iterator[Trial]:
    """Send a test through every channel, one after the other. Commands other than `on_error` are not run."""
    settings = alerts.settings
    text = f"Si lee esto, los avisos llegan. Carpeta de backups: {visible(str(alerts.store.root))}"
    if settings.healthcheck_url is not None:
        url = settings.healthcheck_url
        failed = _failure(lambda: _ping(url, f"{TITLE}. {text}"))
        yield Trial("healthcheck_url", "healthcheck", _said(failed))
    for number, address in enumerate(settings.notify_urls, start=1):
        channel, message = service(number, address), Message(TITLE, text, "info")
        failed = _failure(lambda c=channel, m=message: c.send(News((), (), {}), m))  # type: ignore[misc]
        yield Trial(channel.name, "service", _said(failed), number, isinstance(failed, AppriseMissing))
    ended = alerts.command("on_error", {"STATE": "test", "ERROR": text})
    if ended is not None:
        last = ended.output.splitlines()[-1:]
        yield Trial("on_error", "command", ended.problem and "; ".join([f"la orden {ended.problem}", *last]))


def _ping(url: str, body: str) -> None:
    """A signal that says nothing of backups, where the server knows one; else the one of a success."""
    from facot_backups.app.alerts.ping import ping

    try:
        ping(url, "log", body)
    except Undelivered as problem:
        if problem.status not in _NO_SUCH_PATH:
            raise
        ping(url, "success", body)


def _failure(send: Callable[[], None]) -> Exception | None:
    try:
        send()
    except (Undelivered, FacotBackupsError) as problem:
        return problem
    return None


def _said(failed: Exception | None) -> str | None:
    return None if failed is None else str(failed)
