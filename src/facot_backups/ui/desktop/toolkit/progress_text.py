"""What a progress bar says: events in, words and numbers out. No Qt, no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facot_backups.events import CollectionDone, Counted, Event, PhaseStarted, Progressed, Retried
from facot_backups.text import one_line
from facot_backups.ui.desktop.toolkit import words

# What comes after these may take another pace: the time left is told for them alone.
_MEASURED = frozenset(
    {
        "preparing",
        "reading",
        "writing",
        "verifying",
        "comparing",
        "reading-back",
        "planning",
        "keeping",
        "indexing",
        "copying",
    }
)
# Before so many seconds a rate is a guess.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to show. `fraction` is between 0 and 1, or None while nobody knows the whole.

    `title` says what is being done, `detail` how far it is, `left` how long it still takes ("" if unknown).
    """

    title: str
    detail: str = ""
    left: str = ""
    fraction: float | None = None


class Progress:
    """Keeps the last of each kind of event. `begun`: seconds of a monotonic clock."""

    def __init__(self, title: str, begun: float) -> None:
        self._title = title
        self._phase = ""
        self._since = begun
        self._collection = ""
        self._documents = 0
        self._total: int | None = None
        self._waiting = False

    def take(self, event: Event, now: float) -> None:
        """Note `event`, which came at `now` (of the same clock)."""
        match event:
            case PhaseStarted(phase):
                self._phase, self._since, self._documents, self._collection = phase, now, 0, ""
                if phase != "checking":
                    self._waiting = False
            case Counted(total):
                self._total = total
            case Progressed(collection, documents):
                self._collection, self._documents, self._waiting = collection, documents, False
            case CollectionDone(collection, _, _):
                self._collection = collection
            case Retried(_, wait) if wait:
                self._waiting = True

    def shown(self, now: float) -> Shown:
        """What to show at `now`."""
        if self._waiting:
            return Shown("Firestore no responde: se reintenta…", self._counted(), fraction=self._fraction())
        phase = words.PHASES.get(self._phase)
        title = f"{phase}…" if phase is not None else self._title
        shown = Shown(title, self._counted(), fraction=self._fraction())
        return replace(shown, left=self._left(now))

    def _counted(self) -> str:
        if not self._documents:
            return ""
        of = f" de {words.number(self._total)}" if self._total else ""
        where = f"{one_line(self._collection)}: " if self._collection else ""
        return f"{where}{words.number(self._documents)}{of} documentos"

    def _fraction(self) -> float | None:
        if not self._total or not self._documents or self._phase not in _MEASURED:
            return None
        return min(1.0, self._documents / self._total)

    def _left(self, now: float) -> str:
        spent, fraction = now - self._since, self._fraction()
        if fraction is None or fraction >= 1 or spent < _PATIENCE:
            return ""
        return words.time_left(spent * (1 - fraction) / fraction)
