"""The words that all layers share: a document, its place and order, a source, a scope. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

# The segments of a document's name below `…/documents/`: collection, id, collection, id…
DocumentPath: TypeAlias = tuple[str, ...]
# A value as JSON has it: None, bool, int, float, str, list, dict.
Json: TypeAlias = Any
# The `_types` of docs/disk-format.md: a tree keyed by field names or decimal indexes. Its leaves are types.
TypeTree: TypeAlias = "dict[str, TypeTree | str]"
Mark: TypeAlias = Literal["missing", "unread"]

# FACOT's seven collections, in the order in which FACOT lists them (FACOT's documented folder).
FACOT_COLLECTIONS = (
    "companies",
    "invoices",
    "quotations",
    "clients",
    "items",
    "third_parties",
    "ncf_sequence_configs",
)
# Root collections of FACOT whose documents always show their `_items`, if only `[]`.
COLLECTIONS_WITH_ITEMS = frozenset({"invoices", "quotations"})


class Document(NamedTuple):
    """One Firestore document in the flat form that scan, lines and commit exchange.

    `fields` has every field under its real name, sorted by the UTF-8 order of names (Python's order of
    `str`), in nested maps too; values as docs/disk-format.md writes them. `types` is the document's `_types`
    tree in canonical order, or None when no value needs one. `mark` is None for a document that exists;
    a `missing` or `unread` one has no fields. `update_time` is in nanoseconds since the epoch, 0 where it
    is not known (a document read from a file).
    """

    path: DocumentPath
    fields: dict[str, Json]
    types: TypeTree | None = None
    mark: Mark | None = None
    update_time: int = 0


_NUMERIC_ID = re.compile(r"__id(-?[1-9][0-9]{0,18})__")


def numeric_id(segment: str) -> int | None:
    """The number that a document id like `__id7__` is: any but 0 of 64 signed bits, in its shortest form.

    None for all other ids. (Measured on Google's emulator: docs/firestore.md, "Nombres".)
    """
    if not segment.startswith("__id"):
        return None
    match = _NUMERIC_ID.fullmatch(segment)
    number = int(match[1]) if match else 0
    return number if number and -(2**63) <= number < 2**63 else None


def segment_key(segment: str) -> tuple[int, int, str]:
    """The place of one segment in Firestore's order: numeric ids `__id7__` by number, then UTF-8 order.

    Python orders `str` by code point, which is the order of their UTF-8 bytes.
    """
    number = numeric_id(segment)
    return (1, 0, segment) if number is None else (0, number, "")


def path_key(path: DocumentPath) -> tuple[tuple[int, int, str], ...]:
    """The place of a document in Firestore's order of names: segment by segment, a parent first."""
    return tuple(segment_key(segment) for segment in path)


@dataclass(frozen=True, slots=True)
class Source:
    """A Firestore database: where documents are read or written."""

    project: str
    database: str = "(default)"
    emulator: bool = False

    def __str__(self) -> str:
        kind = " (emulador)" if self.emulator else ""
        return f"{self.project}/{self.database}{kind}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which documents a backup covers.

    `collections`: root collections, or None for every one that exists. `documents`: document paths, each
    with all below it; when there are any, they are the whole scope and `collections` is `()`.
    `exclude`: root collections to leave out. `restore`: the id of the restore whose documents a
    `.pre-restore` keeps; such a scope includes nothing by rule, only what is put into it.
    """

    collections: tuple[str, ...] | None = None
    documents: tuple[DocumentPath, ...] = ()
    exclude: tuple[str, ...] = ()
    restore: str | None = None
    # For look-ups: a scope may name thousands, and is asked about each document.
    _listed: frozenset[str] = field(init=False, repr=False, compare=False)
    _excluded: frozenset[str] = field(init=False, repr=False, compare=False)
    _roots: frozenset[DocumentPath] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_listed", frozenset(self.collections or ()))
        object.__setattr__(self, "_excluded", frozenset(self.exclude))
        object.__setattr__(self, "_roots", frozenset(self.documents))

    def includes(self, path: DocumentPath) -> bool:
        """Whether the document at `path` is in the scope; if not, it is unknown, never absent."""
        if self.restore is not None or path[0] in self._excluded:
            return False
        if self.collections is None or path[0] in self._listed:
            return True
        return bool(self._roots) and any(path[:size] in self._roots for size in range(1, len(path) + 1))

    def covers(self, other: Scope) -> bool:
        """Whether every document that `other` includes, today or one day, is in this scope."""
        if self.restore is not None or other.restore is not None:
            return False
        if other.collections is None:
            return self.collections is None and self._excluded <= other._excluded
        roots = [(c,) for c in other.collections if c not in other._excluded]
        return all(self.includes(root) for root in [*roots, *other.documents])


EVERYTHING = Scope()

Action: TypeAlias = Literal["create", "change", "delete"]
Result: TypeAlias = Literal["done", "conflict", "failed", "pending", "unknown"]


class Write(NamedTuple):
    """One write of a restore, as it is planned, kept in the journal, and sent on its condition.

    `number` is its name in the outcomes. `expected`: the update time (nanoseconds) that the document must
    have; None: it must not exist. `digest`: of the content that it is to have
    (`journal_lines.content_digest`); None for a delete. `document`: that content as a serialized protobuf
    Document with its name; `before`: the live document that the plan met. Both are None where they were not
    read. `held`: the content, where it is not the backup's own.
    """

    number: int
    path: DocumentPath
    expected: int | None
    digest: bytes | None
    document: bytes | None = None
    before: Document | None = None
    held: Document | None = None

    @property
    def action(self) -> Action:
        """What it does to the document."""
        if self.expected is None:
            return "create"
        return "delete" if self.digest is None else "change"


class Outcome(NamedTuple):
    """What became of a write.

    `done`: it took effect; `update_time` (nanoseconds) is what the document has now, 0 for a deleted one.
    `conflict`: the document was not as expected, and was left alone. `failed`: the server refuses it;
    `reason`, in Spanish, says why. `pending`: it did not take effect. `unknown`: the server cannot be asked.
    The journal has the first three.
    """

    number: int
    result: Result
    update_time: int = 0
    reason: str = ""
