"""Accepting that collections lost documents: from then on retention goes on."""

from __future__ import annotations

from typing import TypeAlias

from facot_backups.app import logs, wiring
from facot_backups.events import Emit
from facot_backups.operations.backup.collection_names import UnknownCollection
from facot_backups.operations.backup.coverage import Coverage
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.retention.anomaly import Anomaly
from facot_backups.ui.desktop.session import Session

# A collection that lost documents; collections that are misnamed or left out. Plain values.
Loss: TypeAlias = Anomaly
Left: TypeAlias = Coverage
Misnamed: TypeAlias = UnknownCollection
NOTHING_LEFT = Coverage()


def accept(session: Session, emit: Emit, stop: Stop, seen: tuple[Loss, ...], left: Left) -> tuple[str, ...]:
    """Accept what the person saw, as `facot-backups cleanup --accept-anomaly`, which then deletes, too.

    Returns what was accepted, in Spanish; nothing is deleted. Raises as `cleanup.accept_anomaly`.
    """
    from facot_backups.operations.retention.cleanup import accept_anomaly

    settings = session.settings()
    store = session.store(emit, stop)
    accepted = accept_anomaly(store, wiring.policy(settings), settings.scope, seen=seen, seen_coverage=left)
    for text in accepted:
        logs.RETENTION.info("[RETENTION] Aceptado: %s", text)
    return accepted
