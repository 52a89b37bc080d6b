"""The hand-over between a restore, on its own thread, and the person at the window who decides about it.

The restore puts a question down and waits; the window picks it up when it looks, and puts the answer
beside it. Neither holds the other up: the window never waits, and a wish to stop wakes the restore.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from facot_backups.errors import Interrupted, UsageError
from facot_backups.operations.cancellation import Stop

# While a question lies there the backup folder is locked, and the plan grows old.
PATIENCE_SECONDS = 30 * 60.0
_TOO_LATE = "El plan ya era demasiado viejo para seguir con él: no se ha escrito nada.\nPida un plan nuevo."

Question = TypeVar("Question")


class Desk(Generic[Question]):
    """One question at a time. `patience` is how long, in seconds, an answer is waited for."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._changed = threading.Condition()
        self._question: Question | None = None
        self._answered = self._said_yes = False

    def ask(self, question: Question, stop: Stop) -> None:
        """Wait for a yes. On the restore's thread.

        Raises Interrupted for a no, or when the work is to stop; UsageError when no answer came in time.
        """
        with stop.closing(self._wake), self._changed:
            self._question, self._answered, self._said_yes = question, False, False
            answered = self._changed.wait_for(lambda: self._answered or stop.requested, self._patience)
            self._question = None
            if not answered:
                raise UsageError("plan_too_old")
            if stop.requested or not self._said_yes:
                raise Interrupted

    def question(self) -> Question | None:
        """What lies there unanswered. From any thread; never waits."""
        with self._changed:
            return None if self._answered else self._question

    def answer(self, yes: bool) -> None:
        """Answer the question that lies there. From any thread; never waits."""
        with self._changed:
            self._answered, self._said_yes = True, yes
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
