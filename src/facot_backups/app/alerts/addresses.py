"""The addresses of alerts from what a person knows: an e-mail account, a bot, a telephone. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import parse_qs, quote, unquote, urlsplit

Kind: TypeAlias = Literal["mail", "telegram", "whatsapp"]

_MAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_TOKEN = re.compile(r"[0-9]{5,}:[A-Za-z0-9_-]{20,}")
_CHAT = re.compile(r"-?[0-9]{4,}|@[A-Za-z0-9_]{5,}")
_SSL_PORT = 465


@dataclass(frozen=True, slots=True)
class Provider:
    """An e-mail service. `advice`, Spanish: what is needed to send through it, and where that is made."""

    name: str
    host: str
    port: int
    advice: str


_APP_PASSWORD = "No sirve la contraseña de siempre: hace falta una «contraseña de aplicación». "
_PROVIDERS: tuple[tuple[re.Pattern[str], Provider], ...] = (
    (
        re.compile(r"(gmail|googlemail)\.com"),
        Provider(
            "Gmail",
            "smtp.gmail.com",
            587,
            f"{_APP_PASSWORD}Entre en myaccount.google.com/apppasswords, escriba el nombre «FACOT» y copie "
            "aquí las 16 letras. Si esa página no aparece, active antes la verificación en dos pasos.",
        ),
    ),
    (
        re.compile(r"(outlook|hotmail|live|msn)\.[a-z.]+"),
        Provider(
            "Outlook / Hotmail",
            "smtp-mail.outlook.com",
            587,
            "Microsoft ya casi nunca deja enviar así desde Outlook o Hotmail, ni con contraseña de "
            "aplicación. Envíe desde un Gmail y ponga esta dirección en «Enviar a»; o use Telegram.",
        ),
    ),
    (
        re.compile(r"(yahoo\.[a-z.]+|ymail\.com|rocketmail\.com)"),
        Provider(
            "Yahoo",
            "smtp.mail.yahoo.com",
            _SSL_PORT,
            f"{_APP_PASSWORD}En Yahoo: foto de su cuenta → Información de la cuenta → Seguridad → «Generar "
            "contraseña de aplicación».",
        ),
    ),
    (
        re.compile(r"(icloud|me|mac)\.com"),
        Provider(
            "iCloud",
            "smtp.mail.me.com",
            587,
            f"{_APP_PASSWORD}Entre en account.apple.com → Inicio de sesión y seguridad → «Contraseñas de "
            "apps».",
        ),
    ),
)


def is_mail(text: str) -> bool:
    """Whether a text is an e-mail address, as a person types it."""
    return _MAIL.fullmatch(text.strip()) is not None


def provider_of(mail: str) -> Provider | None:
    """The service of an e-mail address; None for one whose server must be told."""
    domain = mail.strip().rpartition("@")[2].lower()
    return next((found for pattern, found in _PROVIDERS if pattern.fullmatch(domain)), None)


def mail_url(mail: str, password: str, to: str = "", host: str = "", port: str = "") -> str:
    """The address of alerts by e-mail. `to` may hold several, parted by commas; blank, `mail` itself.

    `host` and `port` count where the service is not known. Raises ValueError, in Spanish: what is missing.
    """
    mail = mail.strip()
    if not is_mail(mail):
        raise ValueError("Falta su dirección de correo, entera: nombre@gmail.com")
    provider = provider_of(mail)
    if provider is not None:
        # Copied in groups, as the page shows it.
        host, port, password = provider.host, str(provider.port), "".join(password.split())
    host, port = host.strip(), port.strip() or str(_SSL_PORT)
    if not password:
        raise ValueError("Falta la contraseña de ese correo.")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", host):
        raise ValueError("Falta el servidor de correo (SMTP): suele ser mail.sunegocio.com")
    if not re.fullmatch(r"[0-9]{1,5}", port):
        raise ValueError("El puerto es un número: 465 o 587.")
    recipients = [one for one in re.split(r"[,;\s]+", to) if one] or [mail]
    if wrong := next((one for one in recipients if not is_mail(one)), None):
        raise ValueError(f"«{wrong}» no es una dirección de correo.")
    mode = "ssl" if int(port) == _SSL_PORT else "starttls"
    login = f"{quote(mail, safe='')}:{quote(password, safe='')}"
    where = f"smtp={host}&mode={mode}&from={quote(mail, safe='')}&to={quote(','.join(recipients), safe='')}"
    return f"mailtos://{login}@{host}:{port}?{where}"


def telegram_url(token: str, chat: str) -> str:
    """The address of alerts by Telegram. Raises ValueError, in Spanish."""
    token, chat = token.strip(), chat.strip()
    if _TOKEN.fullmatch(token) is None:
        raise ValueError("El token no está entero: son unas cifras, dos puntos y unas 35 letras.")
    if _CHAT.fullmatch(chat) is None:
        raise ValueError("Falta su número de Telegram (solo cifras), o el @nombre de un canal.")
    return f"tgram://{token}/{chat}"


def whatsapp_url(token: str, sender: str, phone: str, template: str = "") -> str:
    """The address of alerts by WhatsApp, of Meta's Cloud API. Raises ValueError, in Spanish."""
    token, sender, template = token.strip(), sender.strip(), template.strip()
    number = re.sub(r"[\s()+.-]", "", phone)
    if not re.fullmatch(r"[A-Za-z0-9]{10,}", token):
        raise ValueError("Falta el token de Meta: son solo letras y cifras.")
    if not re.fullmatch(r"[0-9]{8,}", sender):
        raise ValueError("Falta el identificador del número que envía: unas 15 cifras, no es el teléfono.")
    if not re.fullmatch(r"[0-9]{10,15}", number):
        raise ValueError("Falta el teléfono que recibe, con el código del país: 1 809 555 1234")
    if template and not re.fullmatch(r"[a-z0-9_]+", template):
        raise ValueError("El nombre de la plantilla lleva solo minúsculas, cifras y guiones bajos.")
    login, mapping = (f"{template}:{token}", "?lang=es&:1=body") if template else (token, "")
    return f"whatsapp://{login}@{sender}/{number}{mapping}"


def described(url: str) -> str:
    """Whom an address tells, for a person, without its secrets; of a service unknown here its scheme."""
    scheme = url.partition("://")[0].lower()
    try:
        parts = urlsplit(url)
        if scheme in ("mailto", "mailtos"):
            to = parse_qs(parts.query).get("to") or [_account(parts.username, parts.hostname)]
            return f"Correo a {', '.join(to)}" if all(map(is_mail, ",".join(to).split(","))) else "Correo"
        if scheme == "tgram":
            return f"Telegram ({unquote(parts.path.strip('/').rpartition('/')[2])})"
        if scheme == "whatsapp":
            return f"WhatsApp al +{parts.path.strip('/').partition('/')[0].lstrip('+')}"
    except ValueError:
        pass
    return hidden(url)


def hidden(url: str) -> str:
    """An address of which only the service is shown."""
    return f"{url.partition('://')[0]}://…"


def _account(user: str | None, host: str | None) -> str:
    name = unquote(user or "")
    return name if "@" in name else f"{name}@{host or ''}"
