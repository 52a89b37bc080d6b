"""The files of FACOT 2.0's own backups back to documents, element by element. Pure: no I/O.

That code wrote one JSON array per collection with Python's `json`: a document's fields, then its `_id`;
for invoices and quotations also `_items`, the documents of their subcollection `items`. Types that JSON
has not were turned into text there, and stay text.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from facot_backups.archive.lines import ITEMS
from facot_backups.archive.strict import (
    MAX_DEPTH,
    MAX_SIGNS,
    PYTHON_JSON,
    Malformed,
    check_signs,
    is_field_name,
    is_id,
)
from facot_backups.errors import FormatError
from facot_backups.model import COLLECTIONS_WITH_ITEMS, Document, DocumentPath, Json, TypeTree, segment_key

# As a line of our own format (docs/disk-format.md), an invoice with all its items here.
MAX_ELEMENT_CHARS = 16 * 2**20
# Text that is taken in at once: all of it may belong to one document.
_MAX_MORE = 4 * 2**20

_ID, _ITEMS = "_id", "_items"
_BLANKS = re.compile(r"[ \t\r\n]*")
# What a number is made of: one that a block cuts in two must not be taken for two.
_NUMBER = "+-.0123456789Ee"
# An error so far from the end of what was read is none that more text could mend.
_NEAR_END = 64


class Element(NamedTuple):
    """One root document as it stands in its file: `size` bytes from byte `offset` on."""

    name: str
    value: dict[str, Json]
    offset: int
    size: int


def read_elements(blocks: Iterable[bytes], place: str) -> Iterator[Element]:
    """The root documents of a file, in the order in which they stand there.

    Memory holds one of them and a block. Raises FormatError (`place` names the file in it) at the first
    byte that is not that of an array of objects with an `_id`, and where docs/disk-format.md,
    "What a reader rejects", says so: duplicate keys, numbers that Firestore does not hold, ids that it
    refuses.
    """
    reading = _Reading(blocks)
    try:
        yield from reading.elements()
    except Malformed as error:
        raise FormatError(f"{place}, documento {reading.number}", str(error)) from None


def parse_element(data: bytes, place: str) -> Element:
    """The root document that `data` is, with nothing around it. Raises FormatError as `read_elements`."""
    try:
        value = PYTHON_JSON.decode(data.decode())
        return Element(_id_of(value), value, 0, len(data))
    except Malformed as error:
        raise FormatError(place, str(error)) from None
    except (ValueError, RecursionError):
        raise FormatError(place, "no es JSON válido") from None


def documents_of(element: Element, collection: str, place: str) -> Iterator[Document]:
    """A root document of `collection`, then its items, in name order.

    Values come as docs/disk-format.md writes them: NaN and infinities as text, with their `_types`. Raises
    FormatError for what Firestore itself would refuse, an item without an `_id`, one that is there twice.
    """
    try:
        yield from _flat(element, collection)
    except Malformed as error:
        raise FormatError(f"{place}, documento «{element.name}»", str(error)) from None


def _flat(element: Element, collection: str) -> Iterator[Document]:
    fields = dict(element.value)
    path = (collection, element.name)
    items = fields.pop(_ITEMS, []) if collection in COLLECTIONS_WITH_ITEMS else []
    if not isinstance(items, list):
        raise Malformed("«_items» no es una lista")
    yield _document(path, fields)
    last: str | None = None
    for name, item in sorted(((_id_of(item), item) for item in items), key=lambda pair: segment_key(pair[0])):
        if name == last:
            raise Malformed(f"el ítem «{name}» está repetido")
        yield _document((*path, ITEMS, name), item)
        last = name


def _document(path: DocumentPath, value: dict[str, Json]) -> Document:
    """The document at `path`; `value` has its fields and its `_id`."""
    fields, types = _map({name: field for name, field in value.items() if name != _ID}, 0)
    return Document(path, fields, types)


def _id_of(value: Json) -> str:
    if not isinstance(value, dict):
        raise Malformed("no es un documento, es otro valor de JSON")
    name = value.get(_ID)
    if not isinstance(name, str) or not _is_text(name) or not is_id(name):
        raise Malformed("no tiene «_id»" if name is None else "Firestore no admite ese «_id»")
    return name


def _map(value: dict[str, Json], depth: int) -> tuple[dict[str, Json], TypeTree | None]:
    """A map with its names in UTF-8 order, and its `_types`."""
    fields: dict[str, Json] = {}
    types: TypeTree = {}
    for name in sorted(value):
        if not _is_text(name) or not is_field_name(name):
            raise Malformed(f"Firestore no admite el nombre de campo «{_printable(name)}»")
        fields[name], kind = _value(value[name], depth)
        if kind is not None:
            types[name] = kind
    return fields, types or None


def _array(value: list[Json], depth: int) -> tuple[list[Json], TypeTree | None]:
    pairs = [_value(child, depth) for child in value]
    types: TypeTree = {str(at): kind for at, (_, kind) in enumerate(pairs) if kind is not None}
    return [child for child, _ in pairs], types or None


def _value(value: Json, depth: int) -> tuple[Json, TypeTree | str | None]:
    """A value in the spelling of docs/disk-format.md, and what `_types` says of it."""
    if depth > MAX_DEPTH:
        raise Malformed("anidamiento demasiado profundo")
    if isinstance(value, dict):
        return _map(value, depth + 1)
    if isinstance(value, list):
        return _array(value, depth + 1)
    if isinstance(value, float) and not math.isfinite(value):
        return ("NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"), "double"
    if isinstance(value, str) and not _is_text(value):
        raise Malformed("un texto tiene medio carácter (un sustituto UTF-16 suelto)")
    return value, None


def _is_text(text: str) -> bool:
    """Whether `text` is all characters: JSON can also spell half a surrogate pair."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _printable(name: str) -> str:
    return name[:80].encode("utf-8", "replace").decode()


class _Reading:
    """The reading of one file. `number`: that of the document on the way, counted from 1."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.number = 1
        self._blocks = iter(blocks)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0  # where in `_text` the reading is
        self._offset = 0  # the same, in bytes of the file
        self._held = ""  # what may be the first half of a number
        self._ended = False

    def elements(self) -> Iterator[Element]:
        """The generator behind `read_elements`. Raises Malformed."""
        self._take("[", "el archivo no empieza con «[»")
        if self._next() != "]":
            yield self._element()
            while self._next() == ",":
                self._step(1)
                self.number += 1
                yield self._element()
        cut = "el archivo está cortado después de este documento, o falta una coma"
        self._take("]", cut)
        if self._next():
            raise Malformed("hay texto después del final")

    def _take(self, expected: str, problem: str) -> None:
        if self._next() != expected:
            raise Malformed(problem)
        self._step(1)

    def _step(self, characters: int) -> None:
        """Go on over ASCII characters."""
        self._at += characters
        self._offset += characters

    def _next(self) -> str:
        """The next character that is no blank, not taken yet; "" at the end of the file."""
        while True:
            blanks = cast("re.Match[str]", _BLANKS.match(self._text, self._at))
            self._step(blanks.end() - self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _element(self) -> Element:
        if self._next() not in "{":
            raise Malformed("no es un documento, es otro valor de JSON")
        value = self._decoded()
        end = value[1]
        text = self._text[self._at : end]
        element = Element(
            _id_of(value[0]), value[0], self._offset, len(text) if text.isascii() else len(text.encode())
        )
        self._at = end
        self._offset += element.size
        return element

    def _decoded(self) -> tuple[Any, int]:
        """The value that begins here, and where it ends in `_text`, which grows until it is whole."""
        while True:
            try:
                return PYTHON_JSON.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._is_wrong(error):
                    byte = self._offset + len(self._text[self._at : error.pos].encode())
                    raise Malformed(f"no es JSON válido (byte {byte + 1} del archivo)") from None
                if not self._more():
                    raise Malformed("el archivo está cortado en este documento") from None
            except RecursionError:
                raise Malformed("anidamiento demasiado profundo") from None

    def _is_wrong(self, error: json.JSONDecodeError) -> bool:
        """Whether more text cannot mend it. At a quotation mark, it is a string that has not ended yet."""
        return error.pos < len(self._text) - _NEAR_END and self._text[error.pos] != '"'

    def _more(self) -> bool:
        """Read on: at least as much as is on hand, so that a large document is not parsed too often.

        False at the end of the file.
        """
        if self._ended:
            return False
        kept = self._text[self._at :] + self._held
        self._text = ""
        if len(kept) > MAX_ELEMENT_CHARS:
            raise Malformed("el documento pasa de 16 MiB")
        pieces, added = [kept], 0
        while not self._ended and added <= min(len(kept), _MAX_MORE):
            piece = self._block()
            pieces.append(piece)
            added += len(piece)
        is_large = len(kept) > MAX_SIGNS
        del kept
        text = "".join(pieces)
        if is_large:
            check_signs(text)
        self._text = text if self._ended else text.rstrip(_NUMBER)
        self._held = text[len(self._text) :]
        self._at = 0
        return True

    def _block(self) -> str:
        block = next(self._blocks, b"")
        self._ended = not block
        try:
            return self._decoder.decode(block, final=self._ended)
        except UnicodeDecodeError:
            raise Malformed("no es texto UTF-8") from None
