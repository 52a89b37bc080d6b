"""The lines of a collection's file back to documents, refusing what is not the format. Pure: no I/O.

Here is the structure of the file: which line opens, closes and follows what. `document` reads one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from facot_backups.archive.document import parse_line, parse_subcollections
from facot_backups.archive.lines import ITEMS
from facot_backups.archive.strict import MAX_SIGNS, Malformed, signs_in
from facot_backups.errors import DocumentTooLarge, FormatError
from facot_backups.model import COLLECTIONS_WITH_ITEMS, Document, DocumentPath, Mark, Scope, segment_key

# The most that 1 MiB of a document comes to in practice, control characters in names of fields, is 12.6 MB
# (docs/disk-format.md, "What a reader rejects").
MAX_LINE_BYTES = 16 * 2**20
# What a line may still grow by when the writer has judged it: the opening of a subcollection, escaped.
_TO_COME = 2**14

Note = Callable[[int], None]


def split_lines(blocks: Iterable[bytes], place: str) -> Iterator[bytes]:
    """The lines of a file, without their `\\n`, out of blocks of at most MAX_LINE_BYTES.

    Memory holds a block and a line. Raises FormatError for a line over MAX_LINE_BYTES, before it is read
    whole, and for a last line without `\\n`.
    """
    pieces: list[bytes] = []
    size = number = 0  # of the line that is not whole yet; of lines given out
    for block in blocks:
        lines = block.split(b"\n")
        size += len(lines[0])
        if size > MAX_LINE_BYTES:
            raise FormatError(f"{place}, línea {number + 1}", "la línea pasa de 16 MiB")
        pieces.append(lines[0])
        if len(lines) == 1:
            continue
        lines[0] = b"".join(pieces)
        pieces = [lines.pop()]
        size = len(pieces[0])
        number += len(lines)
        yield from lines
    if size:
        raise FormatError(
            f"{place}, línea {number + 1}", "el archivo está cortado: falta el final de la línea"
        )


def check_line(line: bytes, path: DocumentPath) -> None:
    """Refuse to write a document's line that no reader would take. Raises DocumentTooLarge."""
    if len(line) > MAX_SIGNS and (
        len(line) > MAX_LINE_BYTES - _TO_COME or signs_in(line) > MAX_SIGNS - _TO_COME
    ):
        raise DocumentTooLarge("/".join(path))


def parse_document_line(line: bytes, path: DocumentPath, place: str) -> Document:
    """The document on one line read by itself, with or without its `\n`.

    `path` is where it stands in the database. Raises FormatError with `place` if the line is not that of a
    document with this id.
    """
    try:
        parsed = parse_line(*_completed(line.removesuffix(b"\n"))[:2])
        if parsed.name != path[-1]:
            raise Malformed(f"el documento es «{parsed.name}», se esperaba «{path[-1]}»")
    except Malformed as error:
        raise FormatError(place, str(error)) from None
    return Document(path, parsed.fields, parsed.types, parsed.mark)


def decode(
    lines: Iterable[bytes],
    collection: str,
    place: str,
    *,
    scope: Scope | None = None,
    note: Note | None = None,
) -> Iterator[Document]:
    """The documents of root collection `collection`, in name order, marked ones too.

    `lines` come without their `\n` (`split_lines`). `note` is called with the number of each line that
    says the right thing in a spelling that is not canonical; with `scope`, that of the backup, also where
    an invoice shows no `_items` though it should, or an empty one though it should not. Raises FormatError
    at the first line that is not the format; `place` names the file in it. Memory holds the open path alone.
    """
    return _Decoder(collection, place, scope, note).documents(iter(lines))


def _completed(line: bytes) -> tuple[bytes, bool, bool]:
    """A line as JSON text of its own; whether a subcollection opens at its end; whether a comma ends it."""
    if line[-1:] == b"[":
        return line + b"]}", True, False
    if line[-1:] == b",":
        return line[:-1], False, True
    return line, False, False


@dataclass(slots=True)
class _Parent:
    """A document that is not closed yet. `latest`: its latest subcollection on the way so far."""

    path: DocumentPath
    mark: Mark | None
    latest: str | None = None
    items_shown: bool = False
    items_empty: bool = False


@dataclass(slots=True)
class _Level:
    """An open array of documents: its collection's path, whose it is (None: the file's), its latest id."""

    path: DocumentPath
    parent: _Parent | None = None
    last: str | None = None


class _Decoder:
    """The reading of one file: the open arrays, and what the next line has to be."""

    def __init__(self, collection: str, place: str, scope: Scope | None, note: Note | None) -> None:
        self._place = place
        self._scope = scope
        self._note = note
        self._number = 0
        self._levels = [_Level((collection,))]
        self._with_items = collection in COLLECTIONS_WITH_ITEMS
        self._follows = True  # the last line says that a document comes next

    def documents(self, lines: Iterator[bytes]) -> Iterator[Document]:
        """The generator behind `decode`."""
        try:
            yield from self._read(lines)
        except Malformed as error:
            raise FormatError(f"{self._place}, línea {self._number}", str(error)) from None

    def _read(self, lines: Iterator[bytes]) -> Iterator[Document]:
        ended = self._begins(next(lines, b""))
        for line in lines:
            self._number += 1
            if ended:
                raise Malformed("hay texto después del final")
            if line[:1] == b"{":
                yield self._document(line)
            elif line[:1] == b"]":
                ended = self._close(line)
            else:
                raise Malformed("no es la línea de un documento ni el cierre de una lista")
        if not ended:
            raise Malformed("el archivo está cortado después de esta línea")

    def _begins(self, first: bytes) -> bool:
        """Whether the first line is the whole file."""
        self._number = 1
        if first not in (b"[", b"[]"):
            raise Malformed("el archivo no empieza con «[»")
        return first == b"[]"

    def _document(self, line: bytes) -> Document:
        if not self._follows:
            raise Malformed("falta la coma después del documento anterior")
        body, opening, self._follows = _completed(line)
        parsed = parse_line(body, opening)
        name, fields, types, mark, empty_items, opened, canonical = parsed
        if not canonical:
            self._tell()
        level = self._levels[-1]
        last = level.last
        if last is not None and (name <= last or name[:2] == "__") and segment_key(name) <= segment_key(last):
            raise Malformed(f"el documento «{name}» no va después de «{last}»")
        level.last = name
        path = (*level.path, name)
        if opening or empty_items or (self._with_items and len(path) == 2):
            self._go_on(_Parent(path, mark), empty_items, opened)
        return Document(path, fields, types, mark)

    def _close(self, line: bytes) -> bool:
        """The close of the innermost array, and what follows of the document it is in; True at the end."""
        if self._follows:
            raise Malformed("sobra una coma, o la lista está vacía")
        parent = self._levels.pop().parent
        if parent is None:
            if line != b"]":
                raise Malformed("la lista no termina con «]»")
            return True
        body, opening, self._follows = _completed(line[1:])
        if body == b"}":
            self._go_on(parent, False, None)
            return False
        rest = parse_subcollections(body, opening)
        if not rest.canonical:
            self._tell()
        self._go_on(parent, rest.empty_items, rest.opened)
        return False

    def _go_on(self, parent: _Parent, empty_items: bool, opened: str | None) -> None:
        """What a line says of a document after its own keys, or after one of its subcollections."""
        if empty_items:
            if parent.mark is not None or not self._with_items or len(parent.path) != 2:
                raise Malformed("la subcolección «items» está vacía")
            self._next(parent, ITEMS)
            parent.items_empty = True
        if opened is None:
            self._judge_items(parent)
            return
        self._next(parent, opened)
        self._levels.append(_Level((*parent.path, opened), parent))
        self._follows = True

    def _next(self, parent: _Parent, subcollection: str) -> None:
        """Subcollections come in order, so that none can be opened twice."""
        if parent.latest is not None and segment_key(subcollection) <= segment_key(parent.latest):
            raise Malformed(f"la subcolección «{subcollection}» no va después de «{parent.latest}»")
        parent.latest = subcollection
        parent.items_shown = parent.items_shown or subcollection == ITEMS

    def _judge_items(self, parent: _Parent) -> None:
        """At a document's end: an `_items` that is not there equals an empty one, in another spelling."""
        if self._scope is None or not self._with_items or len(parent.path) != 2:
            return
        due = parent.mark is None and self._scope.includes(parent.path)
        if due != parent.items_shown and (due or parent.items_empty):
            self._tell()

    def _tell(self) -> None:
        if self._note is not None:
            self._note(self._number)
