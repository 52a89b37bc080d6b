"""What the ledger says of proofs: which backup was read again when, and what was found. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from facot_backups.archive.ledger import COMPLETE, DAMAGED, UNREAD, LedgerEntry
from facot_backups.archive.reader import Backup

# The ledger's word for a proof: a verification, or a drill.
PROOF = "proof"


@dataclass(frozen=True, slots=True)
class PastProof:
    """The last time that every byte of a backup was read again, by a verification or by a drill.

    `time` is aware, in UTC. `sound`: nothing was wrong; else `error` says in Spanish what was, or is None
    where only the files are known.
    """

    backup: str
    time: datetime
    sound: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PastUnread:
    """A verification that could not read all of a backup, which says nothing of the backup.

    `time` is aware, in UTC; `error` says in Spanish what could not be read, or is None where that is unknown.
    """

    backup: str
    time: datetime
    error: str | None


def last_proofs(entries: Iterable[LedgerEntry]) -> dict[str, PastProof]:
    """The last proof of each backup, by the name of its folder; `entries`: the ledger's, oldest first.

    What was found in a folder that was deleted, or whose name a later run took, says nothing of the present
    one. The order of the lines decides, not their times: a clock may be set back.
    """
    found: dict[str, PastProof] = {}
    for entry in entries:
        for name in _begun_anew(entry):
            found.pop(name, None)
        proof = _proof(entry)
        if proof is not None:
            found[proof.backup] = proof
    return found


def not_read(entries: Iterable[LedgerEntry]) -> dict[str, PastUnread]:
    """The backups of which the last verification could not read all, by name; `entries` as `last_proofs`."""
    found: dict[str, PastUnread] = {}
    for entry in entries:
        for name in _begun_anew(entry):
            found.pop(name, None)
        proof, backup = _proof(entry), entry.details.get("backup")
        if proof is not None:
            found.pop(proof.backup, None)
        elif entry.kind == PROOF and entry.outcome == UNREAD and isinstance(backup, str):
            found[backup] = PastUnread(backup, entry.time, _first_error(entry))
    return found


def _begun_anew(entry: LedgerEntry) -> Iterator[str]:
    """The names whose proofs end with this line: of a new backup, or of deleted ones."""
    name, deleted = entry.details.get("backup"), entry.details.get("deleted")
    if entry.kind in ("run", "recovery") and isinstance(name, str):
        yield name
    if entry.kind == "retention" and isinstance(deleted, list):
        yield from (each for each in deleted if isinstance(each, str))


def _proof(entry: LedgerEntry) -> PastProof | None:
    """The proof that a line tells of; None for any other line, and for a drill that could not be made."""
    name, files = entry.details.get("backup"), entry.details.get("files")
    if entry.kind != PROOF or entry.outcome not in (COMPLETE, DAMAGED) or not isinstance(name, str):
        return None
    # A drill reads everything first; one that found no damaged file failed later, at the restore.
    sound = entry.outcome == COMPLETE or (entry.details.get("drill") is True and not files)
    return PastProof(name, entry.time, sound, None if sound else _first_error(entry))


def _first_error(entry: LedgerEntry) -> str | None:
    errors = entry.details.get("errors")
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], str) else None


# Names of backups in one sentence.


def still_good(complete: Iterable[Backup], proofs: Mapping[str, PastProof]) -> list[str]:
    """What to rely on when a backup is damaged: the names of the complete ones that were read and are whole.

    `complete`: newest first; `proofs`: the last of each, by name.
    """
    names = map(str, (backup.name for backup in complete))
    return [name for name in names if (found := proofs.get(name)) is not None and found.sound]
