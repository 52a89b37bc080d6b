"""What an operation tells while it works. A face turns events into a bar, log lines or signals.

An `Emit` is called on the thread of the operation and must return soon. It may raise `Interrupted`:
that is how a face stops a run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """The run went on to a new phase: `reading`, `checking`, `publishing`, `verifying`…"""

    phase: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The server said how many documents the scope holds at the instant of the backup."""

    total: int


@dataclass(frozen=True, slots=True)
class Progressed:
    """Work goes on: so many documents done in all (nested ones too), now in this root collection."""

    collection: str
    documents: int


@dataclass(frozen=True, slots=True)
class CollectionDone:
    """A root collection is whole on disk. `documents` are root documents, `nested` those below them."""

    collection: str
    documents: int
    nested: int


@dataclass(frozen=True, slots=True)
class CollectionFailed:
    """A root collection could not be read; it has no file. `reason` is for the user."""

    collection: str
    reason: str


@dataclass(frozen=True, slots=True)
class Retried:
    """A transient fault was met and the reading went on. `reason` is for the log."""

    reason: str
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that the user should know and that does not stop the work."""

    message: str


Event = PhaseStarted | Counted | Progressed | CollectionDone | CollectionFailed | Retried | Warned
Emit = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """An `Emit` for callers that do not care."""
