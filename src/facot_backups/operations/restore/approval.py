"""Whether a restore may go on: technically, and by a person's word."""

from __future__ import annotations

from typing import Protocol

from facot_backups.clock import Clock
from facot_backups.errors import FirestoreUnavailable, UsageError
from facot_backups.events import Emit
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.permission import may_write
from facot_backups.firestore.retry import Patience
from facot_backups.operations.restore.plan import Plan
from facot_backups.operations.restore.questions import Question


class Approval(Protocol):
    """Who says yes: a person at a terminal, a dialog, or somebody beforehand.

    Each method may raise UsageError where nobody can be asked.
    """

    @property
    def beforehand(self) -> bool:
        """Whether every question is answered with yes unasked; the report then names them."""

    def show(self, plan: Plan) -> None:
        """Take note of the plan, before anything is asked."""

    def confirm(self, plan: Plan) -> bool:
        """Whether `plan` is to be carried out. Of an emulator, only a person is asked."""

    def answer(self, plan: Plan, question: Question) -> bool:
        """Whether to go on about one thing that is asked on its own."""


class Yes:
    """Everything was approved beforehand."""

    beforehand = True

    def show(self, plan: Plan) -> None:
        """Nobody looks."""

    def confirm(self, plan: Plan) -> bool:
        """Yes."""
        return True

    def answer(self, plan: Plan, question: Question) -> bool:
        """Yes."""
        return True


def approve(
    connection: Connection, plan: Plan, approval: Approval, clock: Clock, emit: Emit
) -> tuple[str, ...]:
    """Ask the server whether we may write there at all, then whoever decides, one question at a time.

    Returns the questions that were answered beforehand. Raises UsageError for a no, FirestoreUnavailable
    where writing is not allowed.
    """
    target = plan.facts.target
    if not may_write(connection, Patience(clock, emit, target)):
        raise FirestoreUnavailable("write_denied", source=target)
    approval.show(plan)
    answered: list[str] = []
    for question in plan.questions:
        _check(approval.answer(plan, question))
        answered.append(question.text)
    _check(approval.confirm(plan))
    if not target.emulator:
        answered.append(f"¿Escribir en {target}?")
    return tuple(answered) if approval.beforehand else ()


def _check(answer: bool) -> None:
    if not answer:
        raise UsageError("not_confirmed")
