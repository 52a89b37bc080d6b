"""The alerts of a form: what a person fills in for each kind, and a test message through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from facot_backups.app import wiring
from facot_backups.app.alerts.addresses import (
    Kind,
    described,
    hidden,
    is_mail,
    mail_url,
    provider_of,
    telegram_url,
    whatsapp_url,
)
from facot_backups.app.alerts.trial import Trial
from facot_backups.events import Emit, PhaseStarted
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.settings.task import Value


@dataclass(frozen=True, slots=True)
class AlertField:
    """What a person fills in: `example` stands in the blank field, a `secret` is hidden."""

    name: str
    title: str
    example: str = ""
    secret: bool = False


FIELDS: Mapping[Kind, tuple[AlertField, ...]] = {
    "mail": (
        AlertField("mail", "Correo que envía", "nombre@gmail.com"),
        AlertField("password", "Contraseña de aplicación", secret=True),
        AlertField("to", "Enviar a", "a ese mismo correo"),
        AlertField("host", "Servidor de correo", "mail.sunegocio.com"),
        AlertField("port", "Puerto", "465"),
    ),
    "telegram": (
        AlertField("token", "Token del bot", "123456789:AA…", secret=True),
        AlertField("chat", "Su número en Telegram", "987654321"),
    ),
    "whatsapp": (
        AlertField("token", "Token de Meta", "EAA…", secret=True),
        AlertField("sender", "Identificador del número que envía", "unas 15 cifras"),
        AlertField("phone", "Teléfono que recibe", "1 809 555 1234"),
        AlertField("template", "Plantilla aprobada (opcional)", "aviso_backup"),
    ),
}
_GUIDES: Mapping[Kind, str] = {
    "mail": "Escriba el correo desde el que se envía: Gmail, Yahoo, iCloud… se reconocen solos.",
    "telegram": (
        "Es gratis y lo más fácil. En Telegram: 1) busque @BotFather, envíele /newbot, elija un nombre y "
        "copie el token que le da; 2) abra el bot nuevo y pulse «Iniciar»; 3) busque @userinfobot, pulse "
        "«Iniciar» y copie el número (Id) que le contesta."
    ),
    "whatsapp": (
        "WhatsApp solo deja enviar mensajes automáticos a empresas, por Meta: hace falta una cuenta en "
        "developers.facebook.com con WhatsApp, su token permanente y el identificador del número. Sin una "
        "plantilla aprobada (con un hueco para el texto), el mensaje solo llega si usted escribió a ese "
        "número en las últimas 24 horas. Si no tiene esa cuenta, use Telegram."
    ),
}
_NO_APPRISE = "falta la pieza que envía mensajes (Apprise): pídala a quien instaló el programa"
_UNKNOWN_MAIL = "Diga también su servidor de envío (SMTP) y el puerto: los da quien vendió el dominio."


def guide(kind: Kind, texts: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    """What to know about the fields of a kind as they stand, and the names of those that are wanted."""
    wanted = frozenset(field.name for field in FIELDS[kind])
    if kind != "mail":
        return _GUIDES[kind], wanted
    provider = provider_of(texts["mail"])
    if provider is not None:
        return f"{provider.name}. {provider.advice}", wanted - {"host", "port"}
    if is_mail(texts["mail"]):
        return _UNKNOWN_MAIL, wanted
    return _GUIDES[kind], wanted - {"host", "port"}


def built(kind: Kind, texts: Mapping[str, str]) -> tuple[str | None, str]:
    """(the address that the fields make, None if something is missing; what is missing, Spanish, or "")."""
    make: Mapping[Kind, Callable[..., str]] = {
        "mail": mail_url,
        "telegram": telegram_url,
        "whatsapp": whatsapp_url,
    }
    try:
        return make[kind](**texts), ""
    except ValueError as problem:
        return None, str(problem)


@dataclass(frozen=True, slots=True)
class Sent:
    """How one went: `name` shows no secret; `problem` in Spanish, "" if it arrived."""

    name: str
    problem: str

    @property
    def text(self) -> str:
        """One line for a person."""
        return f"{self.name}: {f'no llegó ({self.problem})' if self.problem else 'llegó'}"


def try_alerts(session: Session, emit: Emit, stop: Stop, values: Mapping[str, Value]) -> tuple[Sent, ...]:
    """Send a test as `facot-backups notify test` does, with sound `values` for the alerts of the form.

    Each channel is given a bounded time. Raises SettingError, Interrupted.
    """
    from facot_backups.app.alerts.trial import trials
    from facot_backups.app.alerts.watch import Alerts

    emit(PhaseStarted("telling"))
    changes: dict[str, Any] = dict(values)
    settings = replace(session.settings(), **changes)
    found = []
    for trial in trials(Alerts(settings, wiring.open_store(settings), stop=stop)):
        problem = _NO_APPRISE if trial.no_apprise else trial.problem or ""
        found.append(Sent(_said(trial, settings.notify_urls), problem))
        stop.check()
    return tuple(found)


def try_alert(session: Session, emit: Emit, stop: Stop, url: str) -> Sent:
    """Send a test through one address alone. Raises as `try_alerts`."""
    (sent,) = try_alerts(
        session, emit, stop, {"healthcheck_url": None, "notify_urls": (url,), "on_error": None}
    )
    return sent


def _said(trial: Trial, urls: Sequence[str]) -> str:
    """The name of a channel as the form has it."""
    if trial.kind == "healthcheck":
        return "Vigilancia externa"
    if trial.kind == "command":
        return "Orden on_error"
    url = urls[trial.number - 1]
    whom = described(url)
    return whom if whom != hidden(url) else f"Mensaje {trial.number} ({url.partition('://')[0]})"
