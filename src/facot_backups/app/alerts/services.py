"""Messages through Apprise: e-mail, Telegram, WhatsApp, ntfy and a hundred more, a URL each.

Apprise and what it uses write URLs to their logs. While one of our threads sends, every record that it makes
is rewritten before any handler of the program sees it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from facot_backups.app.alerts.reasons import in_words
from facot_backups.app.alerts.redaction import HIDDEN, Redactor
from facot_backups.app.deadline import TooLate, Undelivered, within
from facot_backups.errors import FacotBackupsError

# Apprise gives a server four seconds for each read; one that drips gets no more than this.
SECONDS = 15.0


class AppriseMissing(FacotBackupsError):
    """`notify_urls` is set and Apprise is not installed."""

    def __init__(self) -> None:
        super().__init__("apprise_missing")


def send(url: str, title: str, body: str, kind: str, seconds: float | None = None) -> None:
    """Send one message through one Apprise URL. `kind`: `info`, `success`, `warning` or `failure`.

    Raises Undelivered, or AppriseMissing; never later than `seconds` after Apprise has loaded the service.
    """
    limit = SECONDS if seconds is None else seconds
    try:
        import apprise
    except ImportError:
        raise AppriseMissing from None
    redactor, reasons, causes = Redactor([url]), list[str](), list[str]()

    def tell(text: str, level: int) -> None:
        (reasons if level >= logging.WARNING else causes).append(text)

    def work() -> bool:
        with _discreet(redactor, tell):
            return bool(service.notify(body=body, title=title, notify_type=kind, body_format="text"))

    try:
        # On this thread: one given up while Apprise imports native code aborts the program at its end.
        with _discreet(redactor, tell):
            service = apprise.Apprise(asset=_asset(apprise))
            if not service.add(url):
                raise Undelivered("Apprise no entiende esa URL: revise el servicio y sus datos")
        sent = within(limit, f"apprise {url}", work)
    except TooLate:
        raise Undelivered(f"el servicio no terminó de responder en {limit:.0f} s") from None
    except Undelivered:
        raise
    except Exception as error:  # noqa: BLE001 - a service of Apprise's may raise anything, with the URL in it
        raise Undelivered(f"fallo inesperado ({type(error).__name__})") from None
    if not sent:
        words = in_words(url.partition("://")[0], " ".join([*reasons, *causes]))
        if words is not None:
            raise Undelivered(words)
        raise Undelivered(f"Apprise dice: {reasons[-1]}" if reasons else "el servicio no lo aceptó")


def _asset(apprise: Any) -> Any:
    """How Apprise works for us: on this very thread.

    Its own threads cannot be given up: the interpreter waits for them when the program ends.
    """
    options = {"service_timeout": 0} if hasattr(apprise.AppriseAsset, "_service_timeout") else {}
    return apprise.AppriseAsset(app_id="FACOT Backups", async_mode=False, **options)


# --- what libraries log meanwhile ------------------------------------------------------------------------

# How Apprise begins what the system or a server said, below the warning that something failed.
_CAUSE = "Socket Exception: "
_Tell = Callable[[str, int], None]
# Of the thread that sends, and of those to which a library takes its context.
_sending: ContextVar[tuple[Redactor, _Tell] | None] = ContextVar("sending", default=None)
_installing = threading.Lock()


@contextmanager
def _discreet(redactor: Redactor, tell: _Tell) -> Iterator[None]:
    """In the block, nothing that is logged here holds a secret; `tell` gets the warnings and their causes."""
    _install()
    before = _sending.set((redactor, tell))
    try:
        yield
    finally:
        _sending.reset(before)


def _install() -> None:
    """Put ourselves before the factory of records, once; another program's stays in use behind us."""
    with _installing:
        before = logging.getLogRecordFactory()
        if isinstance(before, _Factory):
            return
        logging.setLogRecordFactory(_Factory(before))


class _Factory:
    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *arguments: Any, **options: Any) -> logging.LogRecord:
        record = self._make(*arguments, **options)
        found = _sending.get()
        if found is not None:
            _hide(record, *found)
        return record


def _hide(record: logging.LogRecord, redactor: Redactor, tell: _Tell) -> None:
    """Rewrite a record; below a warning, where libraries show whole requests, nothing of it stays."""
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit are the library's mistake, not the message's end
        text = HIDDEN
    shown = redactor.foreign(text) if record.levelno >= logging.WARNING else HIDDEN
    record.msg, record.args, record.exc_info, record.exc_text = shown, (), None, None
    record.stack_info = None
    if record.levelno >= logging.WARNING or _CAUSE in text:
        tell(" ".join(redactor.foreign(text).split()), record.levelno)
