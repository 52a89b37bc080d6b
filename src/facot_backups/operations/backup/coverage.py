"""Whether what is backed up is what was meant: collections misnamed, or no longer backed up. Pure: no I/O.

It is told until the settings change or a person says that it was meant (`cleanup --accept-anomaly`). Offline:
what exists in the database is known by the newest backup and by the ledger's line of its run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from facot_backups.archive.ledger import LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.clock import from_iso_utc, iso_utc
from facot_backups.figures import counted
from facot_backups.model import Json, Scope, Source
from facot_backups.operations.backup.collection_names import UnknownCollection, named
from facot_backups.operations.runs import SCHEDULED

# The ledger's words, in a line of kind `run`: what the run asked the server for.
EXISTING = "existing_collections"
_SHOWN = 5
_NAMES, _AS_OF = "collections", "collections_as_of"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A root collection that is not backed up any more; `backup` is the newest that holds it.

    `documents`: how many that one has of it, nested ones too.
    """

    name: str
    documents: int
    backup: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What nobody has said was meant."""

    unknown: tuple[UnknownCollection, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The collections it is about."""
        return (*(one.name for one in self.unknown), *(one.name for one in self.left_out))

    @property
    def texts(self) -> tuple[str, ...]:
        """The same in Spanish, each a sentence."""
        left = (left_out_text(self.left_out),) if self.left_out else ()
        return (*map(str, self.unknown), *left)

    def __bool__(self) -> bool:
        return bool(self.unknown or self.left_out)


def left_out_text(found: Sequence[LeftOut]) -> str:
    """What is not backed up any more, in one Spanish sentence. `found` is not empty."""
    shown = [
        f"«{one.name}» ({counted(one.documents, 'documento')} en el backup {one.backup})"
        for one in found[:_SHOWN]
    ]
    more = f" y {len(found) - _SHOWN:,} más" if len(found) > _SHOWN else ""
    return f"Los ajustes dejan fuera lo que otros backups guardan: {', '.join(shown)}{more}."


def documents_of(backup: Backup, collection: str) -> int:
    """How many documents of a root collection a backup holds, nested ones too."""
    entry = backup.proven().files.get(collection)
    return 0 if entry is None else entry.documents + entry.nested_documents


def judge_coverage(
    backups: Sequence[Backup], source: Source | None, scope: Scope, entries: Sequence[LedgerEntry]
) -> Coverage:
    """What is misnamed in `scope`, the configured one, and what it leaves out that earlier backups hold.

    `backups`: all of ours, newest first; only the complete ones of `source` count. `entries`: the ledger's.
    """
    judge = _Judge(_complete(backups, source), scope, entries)
    return Coverage(tuple(judge.unknown()), tuple(judge.left_out()))


def meant_details(backups: Iterable[Backup], source: Source | None, names: Iterable[str]) -> dict[str, Json]:
    """What the ledger's entry of kind `acceptance` says of the collections `names`, which are meant to be so.

    A backup made later that holds one of them again begins a new story.
    """
    newest = max(backup.proven().read_time for backup in _complete(backups, source))
    return {_NAMES: list(names), _AS_OF: iso_utc(newest)}


def _complete(backups: Iterable[Backup], source: Source | None) -> list[Backup]:
    return [b for b in backups if b.complete and b.metadata is not None and b.metadata.source == source]


class _Judge:
    """`complete`: newest first."""

    def __init__(self, complete: Sequence[Backup], scope: Scope, entries: Sequence[LedgerEntry]) -> None:
        self._scope = scope
        self._counting = [backup for backup in complete if backup.proven().scope.covers(scope)]
        # A backup of some collections that a person made once says nothing of what was configured.
        self._earlier = [
            b for b in complete if b.proven().scope.covers(scope) or b.proven().trigger == SCHEDULED
        ]
        self._held = _holders(complete)
        self._meant = _meant(entries)
        self._entries = entries

    def unknown(self) -> Iterator[UnknownCollection]:
        """By the newest backup that counts; one that any backup holds is spelt right, and no matter here."""
        if not self._counting:
            return
        newest = self._counting[0]
        there = self._existing(newest)
        for name, excluded in named(self._scope):
            if name in self._held or name in self._meant:
                continue
            is_seen = newest.proven().scope.includes((name,))  # and held by none
            if name not in there if there is not None else is_seen:
                yield UnknownCollection(name, excluded, tuple(sorted(there or self._held)))

    def _existing(self, newest: Backup) -> frozenset[str] | None:
        """What exists besides, by the run that made `newest`; None where it did not ask."""
        run_id = newest.proven().run_id
        for entry in reversed(self._entries):
            if entry.kind == "run" and entry.details.get("run_id") == run_id:
                found = entry.details.get(EXISTING)
                return frozenset(map(str, found)) if isinstance(found, list) else None
        return None

    def left_out(self) -> Iterator[LeftOut]:
        """By name."""
        for name, holder in sorted(_holders(self._earlier).items()):
            until = self._meant.get(name)
            if self._scope.includes((name,)) or (until is not None and until >= holder.proven().read_time):
                continue
            yield LeftOut(name, documents_of(holder, name), str(holder.name))


def _holders(backups: Sequence[Backup]) -> dict[str, Backup]:
    """The newest backup that holds documents of each collection; `backups` are newest first."""
    found: dict[str, Backup] = {}
    for backup in backups:
        for name in backup.proven().files:
            if name not in found and documents_of(backup, name):
                found[name] = backup
    return found


def _meant(entries: Sequence[LedgerEntry]) -> Mapping[str, datetime]:
    """Until when each collection was said to be meant; lines that are not ours say nothing."""
    found: dict[str, datetime] = {}
    for entry in entries:
        names = entry.details.get(_NAMES)
        if entry.kind == "acceptance" and isinstance(names, list):
            with suppress(KeyError, TypeError, ValueError):
                until = from_iso_utc(entry.details[_AS_OF])
                found |= {name: until for name in names if isinstance(name, str)}
    return found
