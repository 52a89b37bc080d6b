"""Resource names: parse them, and refuse what Firestore refuses. Pure; raises `Refusal`."""

from __future__ import annotations

import re
from typing import NamedTuple

from facot_backups.emulator.refusals import invalid

_ROOT = re.compile(r"projects/([^/]+)/databases/([^/]+)")
_NUMERIC = re.compile(r"__id(-?[1-9][0-9]*)__")
_RESERVED = re.compile(r"__.+__", re.DOTALL)
_ID_BYTES = 1500


class Name(NamedTuple):
    """A place in a database: its root `projects/P/databases/D` and the relative path, "" for the top."""

    root: str
    path: str

    @property
    def depth(self) -> int:
        """How many segments the path has."""
        return self.path.count("/") + 1 if self.path else 0


def parse_root(name: str) -> str:
    """Check the name of a database and return it."""
    if not _ROOT.fullmatch(name):
        raise invalid(f'Database name "{name}" is not projects/P/databases/D.')
    return name


def parse_document(name: str) -> Name:
    """Split the full name of a document. Refuses ids that Firestore refuses."""
    parsed = _split(name)
    if parsed.depth == 0 or parsed.depth % 2:
        raise invalid(f'Document name "{name}" lacks "/" at index {len(name)}.')
    return parsed


def parse_parent(name: str) -> Name:
    """Split a parent: a document's full name, or `projects/P/databases/D/documents`."""
    parsed = _split(name)
    if parsed.depth % 2:
        raise invalid(f'Parent "{name}" is not a document.')
    return parsed


def check_collection_id(collection: str) -> None:
    """Refuse a collection id that Firestore refuses: empty, points, `/`, reserved, over 1,500 bytes."""
    _check_common(collection, "Collection")
    if collection.startswith("__") and _RESERVED.fullmatch(collection):
        raise invalid(f'Collection id "{collection}" is invalid because it is reserved.')


def check_document_id(document: str) -> None:
    """Refuse a document id that Firestore refuses. `__id7__` is a number, and legal; `__id0__` is not."""
    _check_common(document, "Resource")
    if not document.startswith("__"):
        return
    if match := _NUMERIC.fullmatch(document):
        if not -(2**63) <= int(match[1]) < 2**63:
            raise invalid(f'Resource id "{document}" is invalid because it is not a 64 bit integer.')
    elif _RESERVED.fullmatch(document):
        raise invalid(f'Resource id "{document}" is invalid because it is reserved.')


def collection_of(path: str) -> str:
    """The id of the collection that holds the document at the relative `path`."""
    return path.rsplit("/", 2)[-2]


def _split(name: str) -> Name:
    root, separator, path = name.partition("/documents")
    if not separator or (path and not path.startswith("/")) or not _ROOT.fullmatch(root):
        raise invalid(f'Document name "{name}" lacks "projects" at index 0.')
    if path.endswith("/"):
        raise invalid(f'Document name "{name}" has invalid trailing "/".')
    path = path[1:]
    if path:
        for index, segment in enumerate(path.split("/")):
            (check_document_id if index % 2 else check_collection_id)(segment)
    return Name(root, path)


def _check_common(segment: str, kind: str) -> None:
    if not segment:
        raise invalid(f"{kind} id is missing in the name.")
    if segment in (".", ".."):
        raise invalid(f'{kind} id "{segment}" is invalid.')
    if "/" in segment:
        raise invalid(f'{kind} id "{segment}" contains "/".')
    if len(segment) * 4 > _ID_BYTES and len(segment.encode()) > _ID_BYTES:
        raise invalid("The key path element name is longer than 1500 bytes.")
