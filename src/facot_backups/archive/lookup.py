"""One document out of a backup, without parsing the rest of its collection's file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from facot_backups.archive.collection_file import split_lines
from facot_backups.archive.document import ParsedLine, parse_line, parse_subcollections
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.lines import ITEMS, own_keys
from facot_backups.archive.reader import Backup
from facot_backups.archive.strict import Malformed
from facot_backups.errors import FormatError
from facot_backups.model import Document, DocumentPath, Json

_HEAD = b'{"_id":"'
_OBJECT, _OPEN = b"{["
# The longest spelling of a character in JSON: `\u0041`.
_ESCAPED = 6


@dataclass(slots=True)
class Found:
    """A document of a backup. `document` can be a marked one.

    `line` is what its own keys say in the spelling of docs/disk-format.md, without the subcollections; of a
    folder of FACOT 2.0 too. `below`: how many existing documents each of its
    subcollections holds directly.
    """

    document: Document
    line: dict[str, Json]
    below: dict[str, int] = field(default_factory=dict)


def find_document(backup: AnyBackup, path: DocumentPath) -> Found | None:
    """The document at `path`; None if the file of its collection, or the backup, has no such line.

    Whether that means that it did not exist is the scope's to say. Reads the collection's file to its end
    and checks its hash; memory holds a line. Raises DamagedBackup for a file that is not what was
    published, the backup's own `problem` if it is damaged.
    """
    if isinstance(backup, OldBackup):
        return _find_old(backup, path) if path[0] in backup.collections else None
    if path[0] not in backup.proven().files:
        return None
    entry = backup.entry(path[0])
    place = f"{backup.name}/{entry.file}"
    digest = hashlib.sha256()
    search = _Search(path)
    try:
        for line in split_lines(_hashed(backup, path[0], digest), place):
            search.take(line)
    except (Malformed, IndexError) as error:
        raise FormatError(place, str(error) or "no es la estructura de un archivo de backup") from None
    if digest.hexdigest() != entry.sha256:
        raise FormatError(place, "su contenido no es el que se publicó (SHA-256). Use otro backup")
    return search.found


def _hashed(backup: Backup, collection: str, digest: hashlib._Hash) -> Iterator[bytes]:
    for block in backup.blocks(collection):
        digest.update(block)
        yield block


def _find_old(backup: OldBackup, path: DocumentPath) -> Found | None:
    found: Found | None = None
    for document in backup.documents(path[0]):
        if document.path == path:
            found = Found(document, _line_of(document))
        elif found is not None and document.path[: len(path)] == path:
            name = document.path[len(path)]
            found.below[name] = found.below.get(name, 0) + 1
    return found


def _line_of(document: Document) -> dict[str, Json]:
    """What the document's own keys say, in the spelling of docs/disk-format.md."""
    _, fields, types, mark, _ = document
    line: dict[str, Json] = orjson.loads(own_keys(document.path[-1], fields, types, mark) + b"}")
    return line


class _Search:
    """The way through the lines of a file to one document: which open arrays lead to it."""

    def __init__(self, path: DocumentPath) -> None:
        self.found: Found | None = None
        self._path = path
        self._names = path[1::2]
        self._needles = [b'{"_id":' + orjson.dumps(name) for name in self._names]
        # Of each open array: whether it is on the way, and whether its latest document is.
        self._arrays: list[bool] = []
        self._here: list[bool] = []
        self._below: str | None = None  # the open subcollection of the document that was found

    def take(self, line: bytes) -> None:
        """The next line, from the first on. Raises Malformed or IndexError for what is no such file."""
        first = line[0]
        if first == _OBJECT:
            if self._arrays[-1]:
                self._document(line)
                return
            if self._below is not None and len(self._arrays) == len(self._names) + 1:
                self._count(line)
            if line[-1] == _OPEN:
                self._enter(on_the_way=False)
        elif not self._arrays:
            if line == b"[":
                self._enter(on_the_way=True)
        else:
            self._leave(line)

    def _enter(self, *, on_the_way: bool) -> None:
        self._arrays.append(on_the_way)
        self._here.append(False)

    def _document(self, line: bytes) -> None:
        """A sibling of the document, or of one above it."""
        level = len(self._arrays) - 1
        here = self._here[level] = self._is(line, level)
        if not here:
            if line[-1] == _OPEN:
                self._enter(on_the_way=False)
            return
        parsed = _parsed(line)
        if level == len(self._names) - 1:
            document = Document(self._path, parsed.fields, parsed.types, parsed.mark)
            self.found = Found(document, _line_of(document), {ITEMS: 0} if parsed.empty_items else {})
        self._go_below(level, parsed.opened)

    def _go_below(self, level: int, opened: str | None) -> None:
        """What opens in a document on the way: the next step, or a subcollection beside it."""
        if opened is None:
            self._below = None
            return
        last = level == len(self._names) - 1
        if last and self.found is not None:
            self._below = opened
            self.found.below[opened] = 0
        self._enter(on_the_way=not last and opened == self._path[2 * level + 2])

    def _leave(self, line: bytes) -> None:
        """The end of an array, and what follows of the document that it is in."""
        self._arrays.pop()
        self._here.pop()
        if not self._arrays:
            return
        level = len(self._arrays) - 1
        if not self._here[level]:
            if line[-1] == _OPEN:
                self._enter(on_the_way=False)
            return
        rest = line[1:].removesuffix(b",") if line[-1] != _OPEN else line[1:] + b"]}"
        if rest == b"}":
            self._below = None
            return
        follows = parse_subcollections(rest, line[-1] == _OPEN)
        if follows.empty_items and self.found is not None and level == len(self._names) - 1:
            self.found.below[ITEMS] = 0
        self._go_below(level, follows.opened)

    def _is(self, line: bytes, level: int) -> bool:
        """Whether the line is that of the document with the wanted id. An odd spelling is parsed."""
        if line.startswith(self._needles[level]):
            return True
        name = self._names[level]
        if line.startswith(_HEAD) and line.find(b"\\", 0, len(_HEAD) + _ESCAPED * len(name)) < 0:
            return False
        return _parsed(line).name == name

    def _count(self, line: bytes) -> None:
        """A document directly below the one that was found. Marked ones always open a subcollection."""
        assert self.found is not None
        assert self._below is not None
        if line[-1] != _OPEN or _parsed(line).mark is None:
            self.found.below[self._below] += 1


def _parsed(line: bytes) -> ParsedLine:
    opening = line[-1] == _OPEN
    return parse_line(line + b"]}" if opening else line.removesuffix(b","), opening)
