"""Every name that the product writes to disk (docs/disk-format.md). Pure: no I/O.

The rules of names are strict on purpose: what does not bear one of our names is not ours, and what is
not ours is listed nowhere and never deleted.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Literal, TypeAlias, cast

from facot_backups.model import FACOT_COLLECTIONS

METADATA_FILE = "_metadata.json"

STATE_DIR = ".facot"
# Names inside STATE_DIR.
REPOSITORY_FILE = "repository.json"
LOCK_FILE = "lock"
OWNER_FILE = "owner.json"
LEDGER_FILE = "ledger.jsonl"
STAGING_DIR = "staging"
TRASH_DIR = "trash"
RESTORES_DIR = "restores"

Suffix: TypeAlias = Literal["incomplete", "pre-restore"]

_BACKUP_NAME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2})([0-9]{2})([0-9]{2})(?:\.(incomplete|pre-restore))?)?"
)


@dataclass(frozen=True, slots=True)
class BackupName:
    """The name of a backup's folder: `2024-11-27`, `2024-11-27T153045`, `2024-11-27T160102.incomplete`.

    `date` and `time` are local, of the machine that wrote it. A name with a suffix always has a time.
    Raises ValueError for a suffix without a time, and for a time finer than a second.
    """

    date: date
    time: time | None = None
    suffix: Suffix | None = None

    def __post_init__(self) -> None:
        if self.suffix is not None and self.time is None:
            raise ValueError("a backup name with a suffix needs a time")
        if self.time is not None and (self.time.microsecond or self.time.tzinfo):
            raise ValueError("the time in a backup name is local and of whole seconds")

    def __str__(self) -> str:
        moment = f"T{self.time:%H%M%S}" if self.time is not None else ""
        suffix = f".{self.suffix}" if self.suffix is not None else ""
        return f"{self.date.isoformat()}{moment}{suffix}"

    @classmethod
    def parse(cls, text: str) -> BackupName | None:
        """The name that `text` is, to the letter; None for anything else, also for `2024-02-30`."""
        match = _BACKUP_NAME.fullmatch(text)
        if match is None:
            return None
        year, month, day, hour, minute, second, suffix = match.groups()
        try:
            day_of = date(int(year), int(month), int(day))
            moment = None if hour is None else time(int(hour), int(minute), int(second))
        except ValueError:
            return None
        return cls(day_of, moment, cast("Suffix | None", suffix))


# What file managers leave in every folder that they show: macOS, Windows.
_DROPPINGS = re.compile(r"\.DS_Store|\._.*|Thumbs\.db|desktop\.ini", re.IGNORECASE)


def is_dropping(name: str) -> bool:
    """Whether a file of this name is the system's own, in whatever folder it lies."""
    return _DROPPINGS.fullmatch(name) is not None


_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_NOT_KEPT = re.compile(r"[^A-Za-z0-9_-]")
# Windows opens a device for these names, whatever extension they bear ("Naming Files, Paths, and
# Namespaces", Microsoft).
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))]
)


def file_names(collections: Iterable[str]) -> dict[str, str]:
    """The file name of each collection id of one backup, in the order given.

    A name depends on the whole set: two ids that differ only in case cannot both keep their plain name
    on Windows or macOS. FACOT's seven collections keep theirs always. Raises ValueError for an id given
    twice.
    """
    ids = list(collections)
    if len(set(ids)) != len(ids):
        raise ValueError("a collection given twice")
    folded = Counter(collection.casefold() for collection in ids)
    return {
        collection: f"{collection}.json"
        if collection in FACOT_COLLECTIONS or (folded[collection.casefold()] == 1 and _is_plain(collection))
        else f"{_hashed(collection)}.json"
        for collection in ids
    }


def _is_plain(collection: str) -> bool:
    """Whether the id is, on every system, a safe file name as it stands."""
    return (
        _PLAIN_ID.fullmatch(collection) is not None
        and not collection.endswith(".")
        and not is_device(collection)
    )


def is_device(name: str) -> bool:
    """Whether Windows would open a device under this file name."""
    return name.split(".", 1)[0].lower() in _DEVICES


def _hashed(collection: str) -> str:
    """A name that stays readable where it can, and is told from any other id's by 64 bits of its hash."""
    digest = hashlib.sha256(collection.encode()).hexdigest()
    return f"{_NOT_KEPT.sub('', collection)[:40]}~{digest[:16]}"
