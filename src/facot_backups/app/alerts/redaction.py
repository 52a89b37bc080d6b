"""Secrets of the settings kept out of every text: URLs bear tokens and passwords in any of their parts."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote, unquote_plus

HIDDEN = "(oculto)"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]*")
_PARTS = re.compile(r"[/?&=#@:,;\s]+")
# A shorter part (a port, a number of a chat) would hide half of any text; the whole URL is hidden anyway.
_MIN_PART = 4


class Redactor:
    """Hides some URLs, and whatever of them a text may hold: whole, in parts, quoted or encoded."""

    def __init__(self, urls: Iterable[str]) -> None:
        found = {form for url in urls for part in _parts(url) for form in _forms(part)}
        longest_first = sorted(found, key=lambda part: (-len(part), part))
        self._secrets = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if found else None

    def __call__(self, text: str) -> str:
        """`text` without the secrets."""
        return text if self._secrets is None else self._secrets.sub(HIDDEN, text)

    def foreign(self, text: str) -> str:
        """The same for the text of a library, which may show a URL that it made of a secret: none stays."""
        return self(_URL.sub(HIDDEN, text))


def _parts(url: str) -> set[str]:
    """The whole, what follows the scheme, the user with the password as a header has them, and every part."""
    _, _, rest = url.partition("://")
    login = unquote(rest.partition("@")[0])
    parts = {part for part in _PARTS.split(rest) if len(part) >= _MIN_PART}
    whole = {text for text in (url, rest) if len(text) >= _MIN_PART}
    if "@" in rest and ":" in login:
        parts.add(base64.b64encode(login.encode("utf-8", "replace")).decode().rstrip("="))
    return parts | whole


def _forms(part: str) -> set[str]:
    plain = {part, unquote(part), unquote_plus(part)}
    encoded = {quote(text, safe="") for text in plain} | {quote_plus(text) for text in plain}
    return {text for text in plain | encoded if len(text) >= _MIN_PART}
