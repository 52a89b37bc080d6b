"""A backup that somebody asked for, and all that is told around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from facot_backups.app import wiring
from facot_backups.archive.reader import Backup
from facot_backups.clock import Clock, SystemClock
from facot_backups.events import Emit, ignore
from facot_backups.operations.cancellation import Stop, StoppableClock
from facot_backups.settings import Settings

if TYPE_CHECKING:
    from facot_backups.operations.backup.run import BackupRequest


def back_up(  # noqa: PLR0913 - all but two are named and have defaults
    settings: Settings,
    request: BackupRequest,
    emit: Emit = ignore,
    *,
    client: Any = None,
    clock: Clock | None = None,
    stop: Stop | None = None,
    made: Callable[[Backup], None] | None = None,
    failed: Callable[[Exception], None] | None = None,
) -> Backup:
    """A backup, not a scheduled one, with all that the settings want told of it. Raises as `back_up` does.

    `made` gets the backup, `failed` what is raised, before anything is told, which may take its time.
    """
    from facot_backups.app.alerts.watch import Alerts
    from facot_backups.operations.backup.run import back_up

    stop = stop or Stop()
    store = wiring.open_store(settings, emit, StoppableClock(clock or SystemClock(), stop))
    whole = request.scope.covers(settings.scope)
    alerts = Alerts(settings, store, emit, stop)
    with alerts.attempt(request.trigger, whole=whole, failed=failed) as attempt:
        connect = wiring.connector(settings, client)
        backup = back_up(connect, store, request, emit, begin=attempt.begin, stop=stop)
        attempt.made(backup, first=partial(made, backup) if made is not None else None)
    return backup
