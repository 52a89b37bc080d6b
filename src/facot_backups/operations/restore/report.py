"""What a restore did, document by document where it did not do what it was to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from facot_backups.errors import FacotBackupsError
from facot_backups.model import DocumentPath, Source
from facot_backups.operations.restore.plan import Conflict, Counts

CONFLICT_EXIT = 21
PARTIAL_EXIT = 3

# failed: the server refuses it. pending: not written. unknown: it may have been, nobody could say.
# mismatch: what was written reads back otherwise.
TroubleKind: TypeAlias = Literal["failed", "pending", "unknown", "mismatch"]
_WHY: Mapping[TroubleKind, str] = {
    "failed": "Firestore lo rechazó",
    "pending": "no se llegó a escribir",
    "unknown": "no se sabe si se escribió",
    "mismatch": "se escribió y se lee otra cosa",
}


class Trouble(NamedTuple):
    """A document that is not as planned, for another reason than a conflict. `reason` is in Spanish."""

    path: DocumentPath
    kind: TroubleKind
    reason: str

    @property
    def why(self) -> str:
        """The reason, or what its kind says."""
        return self.reason or _WHY[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What became of a restore. `backup` names the folder it took from, `undoes` the restore taken back.

    `planned` is the plan's counts by root collection, `created`, `changed` and `deleted` what was confirmed.
    `pre_restore` is the folder that holds what was there before; None where nothing was to be written.
    `conflicts`: documents that somebody else changed; `edited`: those that we did not write and that changed
    meanwhile; `troubles`: all others that are not as planned. Of each the first 10,000 are named, the
    `…_count` are whole. `answered`: questions that were answered beforehand (`--yes`). All texts are in
    Spanish.

    `left` counts the writes that nobody confirmed or refused. `to_continue`: `restore --continue` has
    something left to do. `failure` is what ended the writing early; `cut`: that was no refusal of the
    server's, but the disk, the lock, a person or a fault of ours.
    """

    restore: str
    backup: str
    target: Source
    mode: str
    undoes: str | None
    planned: Mapping[str, Counts]
    created: int
    changed: int
    deleted: int
    left: int
    pre_restore: str | None
    to_continue: bool
    conflicts: tuple[Conflict, ...]
    conflict_count: int
    edited: tuple[DocumentPath, ...]
    edited_count: int
    troubles: tuple[Trouble, ...]
    trouble_count: int
    notes: tuple[str, ...]
    answered: tuple[str, ...]
    reads: int
    failure: FacotBackupsError | None
    cut: bool
    read_back_failure: FacotBackupsError | None

    @property
    def written(self) -> int:
        """Writes that were confirmed."""
        return self.created + self.changed + self.deleted

    @property
    def exit_code(self) -> int:
        """That of what cut it; else 21 with conflicts, 3 if anything else is not as planned, or 0."""
        if self.cut and self.failure is not None:
            return self.failure.exit_code
        if self.conflict_count:
            return CONFLICT_EXIT
        return PARTIAL_EXIT if self.trouble_count or self.failures else 0

    @property
    def failures(self) -> tuple[FacotBackupsError, ...]:
        """What ended the writing, or the reading back, early."""
        both = (self.failure, self.read_back_failure)
        return tuple(failure for failure in both if failure is not None)

    def to_json(self, **commands: str | None) -> dict[str, Any]:
        """The report of docs/cli.md; `commands`: the commands of an interface that go on from here."""
        return {
            "success": self.exit_code == 0,
            "exit_code": self.exit_code,
            "dry_run": False,
            "restore": self.restore,
            "backup": self.backup,
            "target": str(self.target),
            "mode": self.mode,
            "undoes": self.undoes,
            "plan": counts_json(self.planned),
            "created": self.created,
            "changed": self.changed,
            "deleted": self.deleted,
            "written": self.written,
            "left": self.left,
            "pre_restore": self.pre_restore,
            **commands,
            "conflicts": conflicts_json(self.conflicts),
            "conflict_count": self.conflict_count,
            "edited": ["/".join(path) for path in self.edited],
            "edited_count": self.edited_count,
            "troubles": [
                {"path": "/".join(one.path), "kind": one.kind, "reason": one.why} for one in self.troubles
            ],
            "trouble_count": self.trouble_count,
            "notes": list(self.notes),
            "answered": list(self.answered),
            "reads": self.reads,
            "error": str(self.failure) if self.cut else None,
            "errors": [str(error) for error in self.failures],
        }


def counts_json(counts: Mapping[str, Counts]) -> dict[str, dict[str, int]]:
    """What the plan does with each root collection."""
    return {collection: asdict(counts[collection]) for collection in sorted(counts)}


def conflicts_json(conflicts: tuple[Conflict, ...] | list[Conflict]) -> list[dict[str, str]]:
    """Documents that are left alone, and why."""
    return [{"path": "/".join(conflict.path), "reason": conflict.reason} for conflict in conflicts]
