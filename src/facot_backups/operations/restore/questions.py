"""What a restore lets a guard see and change of its plan, before anything is written.

The restore knows nothing of fiscal counters: `operations/fiscal.py` does, and is the guard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from facot_backups.model import Document, DocumentPath

QuestionKey: TypeAlias = Literal["delete-invoices", "counters-from-backup"]


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
    `raised`: changes to add, of documents that the plan does not write: each as it is, and as it is to be.
    `notes` are for the report, in Spanish. `reads`: what Firestore billed for the guard.
    """

    adjusted: Mapping[DocumentPath, Document | None] = field(default_factory=dict)
    raised: tuple[tuple[Document | None, Document | None], ...] = ()
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

    def see(self, before: Document | None, target: Document | None) -> None:
        """Look at a write that the plan is to make: what is there, and what is to be; None for nothing."""

    def decide(self) -> Verdict:
        """Judge the whole plan."""


class NoGuard:
    """Lets everything pass: for a target that is empty and private."""

    def begin(self, read_time: datetime) -> None:
        """Nothing to know."""

    def see(self, before: Document | None, target: Document | None) -> None:
        """Nothing to look at."""

    def decide(self) -> Verdict:
        """No objection."""
        return Verdict()
