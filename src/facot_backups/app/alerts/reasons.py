"""Why a message did not arrive, in a person's words: from what Apprise and the servers say."""

from __future__ import annotations

import re

_MAIL = "mailtos?"
# The first that fits: the services' schemes, what is said, and the words for it.
_REASONS: tuple[tuple[str, str, str], ...] = (
    (
        _MAIL,
        r"\b53[45]\b|\(5\.7\.\d|authentication (failed|unsuccessful)|not accepted",
        "el correo no aceptó la contraseña: hace falta una contraseña de aplicación, no la de siempre",
    ),
    (
        _MAIL,
        r"starttls|wrong.version.number|unexpectedly closed",
        "ese servidor de correo no cifra la conexión así: revise el servidor y el puerto (465 o 587)",
    ),
    (_MAIL, r"certificate", "el servidor de correo no es el que dice ser: revise su nombre"),
    (_MAIL, r"\b55[0-4]\b|recipient", "el servidor no aceptó a quién se envía: revise las direcciones"),
    (
        "tgram",
        r"chat not found",
        "Telegram no encuentra ese chat: abra su bot, pulse «Iniciar» y revise el número",
    ),
    (
        "tgram",
        r"error=40[14]|unauthorized",
        "Telegram no conoce ese token: cópielo entero de @BotFather",
    ),
    (
        "tgram",
        r"error=403|forbidden",
        "el bot no puede escribirle: ábralo en Telegram y pulse «Iniciar»",
    ),
    (
        "whatsapp",
        r"error=(401|190)\b",
        "Meta no acepta el token: el de prueba caduca a las 24 horas; haga uno permanente",
    ),
    (
        "whatsapp",
        r"error=(131047|131030|131026)\b",
        "Meta no lo entrega a ese teléfono: escríbale antes desde él, o use una plantilla aprobada",
    ),
    (
        "whatsapp",
        r"error=13[0-9]{4}\b",
        "Meta no acepta esa plantilla: revise su nombre, su idioma (es) y que esté aprobada",
    ),
    (
        ".*",
        r"resolve|name or service|getaddrinfo|name resolution|nodename",
        "no se encuentra el servidor: ¿hay internet? ¿está bien escrito?",
    ),
    (
        f"{_MAIL}|tgram|whatsapp",
        r"refused|timed out|unreachable|max retries|connection error",
        "no se pudo conectar: ¿hay internet? ¿son esos el servidor y el puerto?",
    ),
)


def in_words(scheme: str, said: str) -> str | None:
    """The reason, Spanish, for what was said of a message by `scheme`; None if nobody knows it here."""
    for schemes, pattern, words in _REASONS:
        if re.fullmatch(schemes, scheme, re.IGNORECASE) and re.search(pattern, said, re.IGNORECASE):
            return words
    return None
