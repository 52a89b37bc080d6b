"""What a value may be: one parser for each kind of setting, the same for every source.

A parser takes what a variable (text), a JSON file or a caller gave, and returns the value or raises
ValueError with the problem in Spanish. The problem never quotes the value, which may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

Parser: TypeAlias = Callable[..., object]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
_RESERVED_ID = re.compile(r"__.*__", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_.:()-]{1,128}")
_TOKEN = re.compile(r"[!-~]{16,200}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_MAIL = re.compile(r"[^\s@:/?#]+@[^\s@:/?#]+\.[^\s@:/?#]+")
_COMMA = re.compile(",")
# An Apprise URL may hold commas: one ends where another scheme begins.
BETWEEN_URLS = re.compile(rf"[,\s]+(?={_SCHEME.pattern})")


@dataclass(frozen=True, slots=True)
class Rule:
    """What the sources and interfaces must know of a setting beside its type and parser.

    `allowed` completes "Se admite: …". `variables` are environment variables of others that give it too,
    the strongest first, all weaker than its own `BACKUP_…`. `elsewhere` is a key of `facot_config.json`
    outside `backups`, weaker than the one inside. `absent` is how a value of None or `()` is shown.
    A `listed` setting is a list, which variables give in one text, parted by `separator`. A `secret` is
    never printed. One that `executes` is a command, which a file of a stranger must not give. The parser of
    a `located` one takes the folder, too, from which a relative path counts.
    """

    allowed: str
    variables: tuple[str, ...] = ()
    elsewhere: tuple[str, str] | None = None
    absent: str = "ninguno"
    listed: bool = False
    separator: re.Pattern[str] = _COMMA
    secret: bool = False
    executes: bool = False
    located: bool = False


def whole(low: int, high: int) -> Parser:
    """A whole number between two bounds, as a number or as its digits."""

    def parse(value: object) -> int:
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("no es un número entero")
        if not low <= value <= high:
            raise ValueError("está fuera de los límites")
        return value

    return parse


def optional(parse: Parser) -> Parser:
    """The same, or None."""
    return lambda value: None if value is None else parse(value)


def hour(value: object) -> time:
    """A time of the local day, written HH:MM with both digits, so that `2:5` is never guessed at."""
    if isinstance(value, time) and value == time(value.hour, value.minute):
        return value
    match = _HOUR.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("no es una hora de 24 horas")
    return time(int(match[1]), int(match[2]))


def path(value: object, base: Path) -> Path:
    """A path; a relative one counts from `base`."""
    text = _path_text(value)
    try:
        return base / Path(text).expanduser()
    except RuntimeError:
        raise ValueError("empieza por «~» y no se sabe cuál es la carpeta del usuario") from None


def credentials(value: object, base: Path) -> str | None:
    """The path of a credentials file, from `base`, or the word `default`, or None."""
    if value is None or (isinstance(value, str) and value.strip() == "default"):
        return None if value is None else "default"
    if isinstance(value, str) and value.lstrip().startswith("{"):
        raise ValueError("es el contenido del archivo de credenciales, y debe ser su ruta")
    return str(path(value, base))


def _path_text(value: object) -> str:
    if not isinstance(value, (str, Path)):
        raise ValueError("no es una ruta (texto)")
    text = str(value).strip()
    if not text:
        raise ValueError("está vacío")
    if _CONTROL.search(text):
        # `"C:\backups"` in a .env or a JSON file: the escape `\b` is a control character.
        raise ValueError(
            r"tiene caracteres de control (en JSON escriba \\ por cada \; en .env use comillas simples)"
        )
    if os.name != "nt" and _WINDOWS_PATH.match(text):
        raise ValueError("es una ruta de Windows, y este sistema no lo es")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise ValueError("no es Unicode válido") from None
    return text


def collection_ids(value: object) -> tuple[str, ...]:
    """Ids of root collections, each once, in the order given.

    What an id may be: Firestore's documented limits on collection ids.
    """
    if not isinstance(value, (list, tuple)):
        raise ValueError("no es una lista de textos")
    for item in value:
        if problem := _id_problem(item):
            raise ValueError(problem)
    return tuple(dict.fromkeys(value))


def some_collection_ids(value: object) -> tuple[str, ...]:
    """The same, at least one: a backup of no collection is a mistake, not a wish."""
    ids = collection_ids(value)
    if not ids:
        raise ValueError("la lista está vacía")
    return ids


def _id_problem(item: object) -> str | None:
    if not isinstance(item, str):
        return "no es una lista de textos"
    if not item:
        return "hay un nombre vacío"
    if "/" in item or item in (".", "..") or _RESERVED_ID.fullmatch(item):
        return "hay un nombre que Firestore no admite"
    try:
        return "hay un nombre de más de 1500 bytes" if len(item.encode()) > 1500 else None
    except UnicodeEncodeError:
        return "hay un nombre que no es Unicode válido"


def name(value: object) -> str:
    """The id of a project or database. Google decides on its form; here only what can never be one."""
    if not isinstance(value, str) or not _NAME.fullmatch(value.strip()):
        raise ValueError("no es un identificador")
    return value.strip()


def word(*words: str) -> Parser:
    """One of some words, as it is written here."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or value.strip() not in words:
            raise ValueError("no es una de las palabras que se admiten")
        return value.strip()

    return parse


def address(value: object) -> str:
    """`host:port` of an emulator, without a scheme."""
    match = _ADDRESS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[1]) <= 65535:
        raise ValueError("no es una dirección con puerto")
    return match[0]


def token(value: object) -> str:
    """A secret word that goes into a header: not so short that it could be guessed."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value.strip()):
        raise ValueError("no sirve de token")
    return value.strip()


def web_address(value: object) -> str:
    """An `http://` or `https://` URL with a host. It may hold a secret."""
    problem = "no es una dirección web"
    if not isinstance(value, str) or not _one_word(value.strip()):
        raise ValueError(problem)
    text = value.strip()
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or "#" in text:
        raise ValueError(problem)
    return text


def service_urls(value: object) -> tuple[str, ...]:
    """Apprise URLs, each once, in the order given. Whether Apprise knows the scheme is not asked here."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError("no es una lista de textos")
    urls = [item.strip() for item in value]
    if any(_MAIL.fullmatch(url) for url in urls):
        raise ValueError(
            "hay una dirección de correo sola, sin la cuenta que envía. En el panel: Ajustes, Avisos, "
            "«Añadir correo». Aquí: mailtos://usuario:clave@gmail.com?to=la-dirección, con una contraseña de "
            "aplicación"
        )
    if not all(_one_word(url) and _SCHEME.match(url) for url in urls):
        raise ValueError("hay uno que no es una URL (servicio://…)")
    return tuple(dict.fromkeys(urls))


def _one_word(text: str) -> bool:
    return bool(text) and text.isprintable() and not any(letter.isspace() for letter in text)


def shell_command(value: object) -> str:
    """A command line for the system's shell; what it is, its writer knows."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no es una orden (texto)")
    if "\0" in value or not _encodable(value):
        raise ValueError("tiene caracteres que ninguna orden admite")
    return value.strip()


def _encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True
