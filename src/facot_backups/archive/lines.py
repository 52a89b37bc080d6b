"""Documents to the lines of a collection's file (docs/disk-format.md). Pure: no I/O.

`add` stands on the path of every document of a backup, so it is written for speed: a document that
follows its sibling costs one orjson call and one comparison of names. `parsing` is the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import orjson

from facot_backups.archive.strict import is_collection_id, is_id
from facot_backups.errors import UnorderedDocuments
from facot_backups.model import (
    COLLECTIONS_WITH_ITEMS,
    Document,
    DocumentPath,
    Json,
    Mark,
    Scope,
    TypeTree,
    segment_key,
)

# Subcollections whose `_X` would be one of the format's own keys: theirs is `_/X`, as no id can hold `/`.
OWN_KEYS = frozenset({"id", "types", "fields", "missing", "unread"})
ITEMS = "items"

_dumps = orjson.dumps
_NO_ITEMS = b',"_items":[]'
_NO_SIBLINGS = ("",)  # no document's collection
# The same few ids come again with every parent.
_is_collection_id = lru_cache(1024)(is_collection_id)


def subcollection_key(subcollection: str) -> str:
    """The key under which a document's subcollection stands."""
    return f"_/{subcollection}" if subcollection in OWN_KEYS else f"_{subcollection}"


def own_keys(
    name: str, fields: dict[str, Json], types: TypeTree | None, mark: Mark | None, *, sort: bool = False
) -> bytes:
    """The start of a document's line, from `{` to the end of its own keys: no closing brace.

    With `sort` the fields are put into order first, in maps too; without it they must be in order.
    """
    option = orjson.OPT_SORT_KEYS if sort else 0
    body = _dumps(fields, None, option)
    hidden = b""
    if b'"_' in body:
        own = {field: value for field, value in fields.items() if field.startswith("_")}
        if own:
            body = _dumps({field: value for field, value in fields.items() if field not in own}, None, option)
            hidden = b',"_fields":' + _dumps(own, None, option)
    line = b'{"_id":%b,%b' % (_dumps(name), body[1:-1]) if len(body) > 2 else b'{"_id":' + _dumps(name)
    if hidden:
        line += hidden
    if types is not None:
        line += b',"_types":' + _dumps(types)
    return line + b',"_%b":true' % mark.encode() if mark is not None else line


@dataclass(slots=True)
class _Open:
    """A document one of whose subcollections is open. `items_due`: its `_items` are still to come."""

    path: DocumentPath
    subcollection: str
    items_due: bool

    def open(self, subcollection: str) -> bytes:
        """What opens the (next) subcollection after the document's own keys or a closed one."""
        skipped = b""
        if self.items_due and segment_key(subcollection) >= segment_key(ITEMS):
            skipped = _NO_ITEMS if subcollection != ITEMS else b""
            self.items_due = False
        self.subcollection = subcollection
        return skipped + _opening(subcollection)


@lru_cache(1024)
def _opening(subcollection: str) -> bytes:
    return b",%b:[\n" % _dumps(subcollection_key(subcollection))


class LineEncoder:
    """Writes one root collection: `add` every document in name order, then `finish`.

    What `add` and `finish` return, joined, are the bytes of the file. Memory holds the open path alone.
    `documents` and `nested_documents` count the existing documents so far; `last_update_time` is the
    newest of their update times, in nanoseconds since the epoch, 0 without any.
    """

    __slots__ = (
        "_all_with_items",
        "_by_document",
        "_close",
        "_collection",
        "_last",
        "_last_mark",
        "_open",
        "_scope",
        "_siblings",
        "documents",
        "last_update_time",
        "nested_documents",
    )

    def __init__(self, collection: str, scope: Scope) -> None:
        """For the documents of root collection `collection`, of which the run reads what `scope` includes."""
        self._collection = collection
        self._scope = scope
        with_items, whole = collection in COLLECTIONS_WITH_ITEMS, scope.includes((collection,))
        # Whether `_items` is due can differ between siblings where not all are in the scope.
        self._by_document = with_items and not whole
        self._all_with_items = with_items and whole
        self._open: list[_Open] = []
        self._siblings: DocumentPath = _NO_SIBLINGS  # the last document's collection, if the next may use it
        self._last: DocumentPath = ()
        self._last_mark: Mark | None = None
        self._close = b""  # what ends the last document's line if nothing is below it
        self.documents = 0
        self.nested_documents = 0
        self.last_update_time = 0

    def add(self, document: Document) -> bytes:
        """The bytes that are certain once `document` is known.

        They end with the document's own line so far: it starts at `chunk.rfind(b"\\n") + 1`. Values must be
        as docs/disk-format.md writes them (a NaN would become null). Parents that never came are inferred:
        `_missing` where the scope includes them, else `_unread`. Raises UnorderedDocuments unless the
        path's name comes strictly after the last one and is a document of the collection; then the encoder
        is of no more use.
        """
        path, fields, types, mark, update_time = document
        name = path[-1]
        if path[:-1] != self._siblings or name <= self._last[-1] or name[:2] == "__" or mark is not None:
            return self._add_elsewhere(document)
        if len(path) == 2:
            self.documents += 1
        else:
            self.nested_documents += 1
        if update_time > self.last_update_time:  # noqa: PLR1730 (`max` costs twice as much)
            self.last_update_time = update_time
        self._last = path
        body = _dumps(fields)
        if types is None and b'"_' not in body and len(body) > 2:
            return b'%b},\n{"_id":%b,%b' % (self._close, _dumps(name), body[1:-1])
        return self._close + b"},\n" + own_keys(name, fields, types, None)

    def finish(self) -> bytes:
        """The rest of the file. Raises UnorderedDocuments if a marked document has nothing below it."""
        if not self._last:
            return b"[]\n"
        parts = [self._end_last()]
        while self._open:
            parts.append(self._leave())
        return b"".join(parts) + b"\n]\n"

    def _add_elsewhere(self, document: Document) -> bytes:
        """`add` for a document that is no plain sibling of the last one."""
        path, fields, types, mark, update_time = document
        self._check(path, document)
        start = self._move_to(path)
        for size in range(self._depth() + 2, len(path), 2):
            start += self._infer(path[:size], path[size])
        line = start + own_keys(path[-1], fields, types, mark)
        due = self._items_due(path, mark)
        self._last, self._last_mark = path, mark
        self._close = _NO_ITEMS if due else b""
        alike = mark is None and not (self._by_document and len(path) == 2)
        self._siblings = path[:-1] if alike else _NO_SIBLINGS
        if mark is None:
            self.documents += len(path) == 2
            self.nested_documents += len(path) != 2
            self.last_update_time = max(self.last_update_time, update_time)
        return line

    def _check(self, path: DocumentPath, document: Document) -> None:
        whole = len(path) % 2 == 0 and all(map(is_id, path[1::2])) and all(map(_is_collection_id, path[::2]))
        if not whole or path[0] != self._collection:
            raise UnorderedDocuments("/".join(path), "of_another_collection", collection=self._collection)
        if document.mark is not None and (document.fields or document.types is not None):
            raise ValueError("a document that is missing or unread has no fields")

    def _items_due(self, path: DocumentPath, mark: Mark | None) -> bool:
        if len(path) != 2 or mark is not None:
            return False
        return self._all_with_items or (self._by_document and self._scope.includes(path))

    def _depth(self) -> int:
        return len(self._open[-1].path) if self._open else 0

    def _move_to(self, path: DocumentPath) -> bytes:
        """Closes what does not lead to `path`, and opens the array into which its next segment goes."""
        last = self._last
        if not last:
            return b"[\n"
        if path[: len(last)] == last and len(path) > len(last):
            return self._descend(last, path[len(last)], bool(self._close))
        ended = self._end_last()
        while self._open and not (self._depth() < len(path) and path[: self._depth()] == self._open[-1].path):
            last = self._open[-1].path
            ended += self._leave()
        return ended + self._next_in_parent(last, path)

    def _next_in_parent(self, before: DocumentPath, path: DocumentPath) -> bytes:
        """Goes on after `before`, a child of the innermost open document, towards `path`, below it too."""
        depth = self._depth()
        if path[depth] == before[depth]:
            if segment_key(path[depth + 1]) <= segment_key(before[depth + 1]):
                raise self._unordered(path)
            return b",\n"
        if segment_key(path[depth]) <= segment_key(before[depth]):
            raise self._unordered(path)
        return b"\n]" + self._open[-1].open(path[depth])

    def _descend(self, path: DocumentPath, subcollection: str, items_due: bool) -> bytes:
        self._open.append(_Open(path, subcollection, items_due))
        return self._open[-1].open(subcollection)

    def _infer(self, path: DocumentPath, subcollection: str) -> bytes:
        """The line of a parent that never came, and the opening of what is below it."""
        mark: Mark = "missing" if self._scope.includes(path) else "unread"
        return own_keys(path[-1], {}, None, mark) + self._descend(path, subcollection, False)

    def _end_last(self) -> bytes:
        if self._last_mark is not None:
            raise UnorderedDocuments("/".join(self._last), "missing_and_bare")
        return self._close + b"}"

    def _leave(self) -> bytes:
        """Closes the innermost open document, whose last child is closed already."""
        left = self._open.pop()
        return b"\n]" + (_NO_ITEMS if left.items_due else b"") + b"}"

    def _unordered(self, path: DocumentPath) -> UnorderedDocuments:
        return UnorderedDocuments("/".join(path), "not_after", last="/".join(self._last))
