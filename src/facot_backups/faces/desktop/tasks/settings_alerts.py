"""A test message through the alerts that a form holds, saved or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from facot_backups.events import Emit, PhaseStarted
from facot_backups.faces import wiring
from facot_backups.faces.desktop.session import Session
from facot_backups.faces.desktop.tasks.settings import Value
from facot_backups.operations.stopping import Stop


@dataclass(frozen=True, slots=True)
class Sent:
    """How one went: `name` shows no secret; `problem` in Spanish, "" if it arrived."""

    name: str
    problem: str

    @property
    def text(self) -> str:
        """One line for a person."""
        return f"{self.name}: {f'no llegó ({self.problem})' if self.problem else 'llegó'}"


def try_alerts(session: Session, emit: Emit, stop: Stop, values: Mapping[str, Value]) -> tuple[Sent, ...]:
    """Send a test as `facot-backups notify test` does, with sound `values` for the alerts of the form.

    Each channel is given a bounded time. Raises SettingError, Interrupted.
    """
    from facot_backups.faces.notify.trial import trials
    from facot_backups.faces.notify.watch import Alerts

    emit(PhaseStarted("telling"))
    changes: dict[str, Any] = dict(values)
    settings = replace(session.settings(), **changes)
    found = []
    for trial in trials(Alerts(settings, wiring.open_store(settings), stop=stop)):
        found.append(Sent(_said(trial.name), trial.problem or ""))
        stop.check()
    return tuple(found)


def _said(name: str) -> str:
    """The name of a channel as the form has it."""
    known = {"healthcheck_url": "Vigilancia externa", "on_error": "Orden on_error"}
    return known.get(name) or name.replace("notify_urls[", "Mensaje ").replace("]", "")
