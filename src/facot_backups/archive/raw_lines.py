"""The documents of a collection's file as raw lines, so that a line seen before need not be parsed again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from facot_backups.archive.document import ParsedLine, parse_line, parse_subcollections
from facot_backups.model import Document, DocumentPath

_OPEN = b"["


class Level:
    """An open array of documents.

    `place` is a hash of the lines that lead to it: two levels of one place hold documents of one collection.
    """

    def __init__(self, place: int, path: DocumentPath | None = None) -> None:
        self.place = place
        self._path = path
        self._parent: Level | None = None
        self._document = self._opening = b""

    def below(self, document: bytes, opening: bytes) -> Level:
        """The subcollection of the document on line `document` that the end of line `opening` opens."""
        level = Level(hash((self.place, document, opening)))
        level._parent, level._document, level._opening = self, document, opening
        return level

    def reopened(self, closing: bytes) -> Level:
        """The next subcollection of the same document, opened by the line that closes this one."""
        assert self._parent is not None
        return self._parent.below(self._document, closing)

    @cached_property
    def path(self) -> DocumentPath:
        """The path of the collection. Raises Malformed."""
        if self._parent is None:
            assert self._path is not None
            return self._path
        document = parse_raw(self._document)
        opened = document.opened
        if self._opening is not self._document:
            opened = parse_subcollections(self._opening[1:] + b"]}", opening=True).opened
        return (*self._parent.path, document.name, opened or "")

    def document(self, line: bytes) -> Document:
        """The document on a line of this level. Raises Malformed."""
        parsed = parse_raw(line)
        return Document((*self.path, parsed.name), parsed.fields, parsed.types, parsed.mark)


def document_lines(lines: Iterable[bytes], collection: str) -> Iterator[tuple[Level, bytes]]:
    """The line of each document of root collection `collection` and the level it is in, in the file's order.

    `lines` come without their `\\n` (`parsing.split_lines`). Checks no grammar beyond what it needs.
    """
    stack = [Level(hash(collection), (collection,))]
    for line in lines:
        first = line[:1]
        if first == b"{":
            yield stack[-1], line
            if line[-1:] == _OPEN:
                stack.append(stack[-1].below(line, line))
        elif first == b"]" and len(stack) > 1:
            left = stack.pop()
            if line[-1:] == _OPEN:
                stack.append(left.reopened(line))


def parse_raw(line: bytes) -> ParsedLine:
    """A document's line as it stands in a file. Raises Malformed."""
    opening = line[-1:] == _OPEN
    return parse_line(line + b"]}" if opening else line.removesuffix(b","), opening)
