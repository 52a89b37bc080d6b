"""What a restore lets a guard see and change of its plan, before anything is written.

The restore knows nothing of fiscal counters: `operations/fiscal.py` does, and is the guard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, TypeAlias

from facot_backups.model import Document, DocumentPath

Action: TypeAlias = Literal["create", "change", "delete"]
QuestionKey: TypeAlias = Literal["delete-invoices", "counters-from-backup"]


class Planned(NamedTuple):
    """One write of a plan. `before` is the live document, with its update time; None for a `create`.

    `target` is what it is to become; None for a `delete`. Both have the same path.
    """

    action: Action
    path: DocumentPath
    before: Document | None
    target: Document | None


@dataclass(frozen=True, slots=True)
class Question:
    """What a person must say yes to on its own, also on an emulator.

    `key` is for programs, `text` the question in Spanish.
    """

    key: QuestionKey
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard makes of the plan.

    `adjusted`: for a path that the plan writes, what it is to become instead; None: it is left as it is.
    `raised`: writes to add, of existing documents that the plan does not write (`change`, with both
    documents). `notes` are for the report, in Spanish. `reads`: what Firestore billed for the guard.
    """

    adjusted: Mapping[DocumentPath, Document | None] = field(default_factory=dict)
    raised: tuple[Planned, ...] = ()
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    reads: int = 0


class Guard(Protocol):
    """Watches one plan; used once: `begin`, then `see` for every write in name order, then `decide`.

    It is made for a connection, and reads there what it needs beyond the plan, at the plan's instant.
    Memory must not grow with the number of documents seen. All but `see` raise FirestoreUnavailable and
    SnapshotExpired.
    """

    def begin(self, read_time: datetime) -> None:
        """Read what must be known first; `read_time` is the plan's own instant (aware, UTC)."""

    def see(self, planned: Planned) -> None:
        """Look at a write that the plan is to make."""

    def decide(self) -> Verdict:
        """Judge the whole plan."""


class NoGuard:
    """Lets everything pass: for a target that is empty and private."""

    def begin(self, read_time: datetime) -> None:
        """Nothing to know."""

    def see(self, planned: Planned) -> None:
        """Nothing to look at."""

    def decide(self) -> Verdict:
        """No objection."""
        return Verdict()
