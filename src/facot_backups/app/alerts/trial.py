"""A test message through every channel that is configured: `facot-backups notify test`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

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
    """How it went: `problem` in Spanish, None if it arrived. `name` shows no secret."""

    name: str
    kind: ChannelKind
    problem: str | None


def trials(alerts: Alerts) -> Iterator[Trial]:
    """Send a test through every channel, one after the other. Commands other than `on_error` are not run."""
    settings = alerts.settings
    text = f"Si lee esto, los avisos llegan. Carpeta de backups: {visible(str(alerts.store.root))}"
    if settings.healthcheck_url is not None:
        url = settings.healthcheck_url
        yield Trial("healthcheck_url", "healthcheck", _problem(lambda: _ping(url, f"{TITLE}. {text}")))
    for number, address in enumerate(settings.notify_urls, start=1):
        channel, message = service(number, address), Message(TITLE, text, "info")
        problem = _problem(lambda c=channel, m=message: c.send(News((), (), {}), m))  # type: ignore[misc]
        yield Trial(channel.name, "service", problem)
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


def _problem(send: Callable[[], None]) -> str | None:
    try:
        send()
    except (Undelivered, FacotBackupsError) as problem:
        return str(problem)
    return None
