"""The text of a document that is searched, and the words that are looked for in it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import tzinfo

from facot_backups.model import Document, Json
from facot_backups.operations.search.summary import amount_of, day_of

# Longer texts (notes, pictures in base64) are found by their beginning.
_SEARCHED_CHARACTERS = 200
# A number so small is in far too many documents.
_SEARCHED_NUMBER = 1000
# A word of digits and what people write between them.
_DIGITS = re.compile(r"(?<!\S)[\d,./-]*\d[\d,./-]*(?!\S)")
_SEPARATORS = re.compile(r"[,/-]")
# What NFKD parts from a letter; of other scripts both sides keep their marks.
_ACCENTS = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """`text` as it is searched: without accents, small letters alone."""
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return text.casefold()


def query_words(text: str) -> tuple[str, ...]:
    """The words that a document must hold; numbers without their separators (`1-30-15455-4`, `1,180.00`)."""
    found = fold(text).split()
    return tuple(_SEPARATORS.sub("", word) if _DIGITS.fullmatch(word) else word for word in found)


def search_key(document: Document, zone: tzinfo) -> bytes:
    """The line in which words are looked for: names, texts and numbers, folded; dates as in `zone`."""
    path = document.path
    known = ("/".join(path[-2:]), path[-1], day_of(document, zone), amount_of(document))
    parts = (*known, *_values(document.fields))
    line = fold(" ".join(parts))
    bare = {_SEPARATORS.sub("", word) for word in _DIGITS.findall(line)}
    return (" ".join([line, *sorted(bare)]).replace("\n", " ") + "\n").encode("utf-8", "replace")


def _values(fields: dict[str, Json]) -> Iterator[str]:
    for value in fields.values():
        if isinstance(value, str):
            yield value[:_SEARCHED_CHARACTERS]
        elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _SEARCHED_NUMBER:
            yield str(value)
