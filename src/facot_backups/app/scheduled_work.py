"""The scheduled run put together from the settings: the same for the thread, `schedule` and `--if-due`."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from facot_backups.app import wiring
from facot_backups.app.alerts.watch import Alerts, Failed
from facot_backups.archive.reader import Backup
from facot_backups.archive.store import LockedStore
from facot_backups.clock import Clock, SystemClock
from facot_backups.errors import LockHeld
from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop, StoppableClock
from facot_backups.operations.runs import SCHEDULED
from facot_backups.operations.schedule.scheduled_run import Job, ScheduledRun, run_if_due
from facot_backups.settings import Settings

_FIRESTORE = "firestore.googleapis.com:443"
_PROXIES = ("https_proxy", "HTTPS_PROXY", "grpc_proxy", "http_proxy")
_CONNECT_SECONDS = 3.0
# After a computer woke its network may take so long (seconds): until then that is no failure.
_NETWORK_SECONDS, _NETWORK_STEP = 30.0, 3.0


@dataclass(frozen=True, slots=True)
class _Drill:
    """The drill of a scheduled run, of the backup that was just made."""

    every: timedelta

    def __call__(self, locked: LockedStore, backup: Backup, emit: Emit) -> None:
        """Imports Google's libraries, as the backup did."""
        from facot_backups.operations.drill.recorded import PeriodicDrill

        PeriodicDrill(self.every)(locked, backup, emit)


def job(
    settings: Settings,
    emit: Emit,
    stop: Stop | None = None,
    client: Any = None,
    clock: Clock | None = None,
) -> Job:
    """The scheduled run that the settings ask for; `stop` also ends its waits."""
    stop = stop or Stop()
    store = wiring.open_store(settings, emit, StoppableClock(clock or SystemClock(), stop))
    return Job(
        store=store,
        connect=wiring.connector(settings, client),
        hour=settings.backup_hour,
        scope=settings.scope,
        policy=wiring.policy(settings),
        max_reads=settings.max_reads,
        drill=_Drill(timedelta(days=settings.drill_every_days)),
        emit=emit,
        stop=stop,
    )


def run(
    settings: Settings,
    emit: Emit,
    stop: Stop | None = None,
    client: Any = None,
    clock: Clock | None = None,
    made: Callable[[ScheduledRun], None] | None = None,
    failed: Failed | None = None,
) -> ScheduledRun:
    """The scheduled run, with all that the settings want told of it. Raises as `run_if_due` does.

    `made` gets the run, `failed` what it raises, before anything is told, which may take its time.
    """
    wanted = job(settings, emit, stop, client, clock)
    alerts = Alerts(settings, wanted.store, emit, wanted.stop)
    try:
        with alerts.attempt(SCHEDULED, failed=failed) as attempt:
            run = run_if_due(replace(wanted, begin=attempt.begin))
            attempt.made(run.backup, run.fault, partial(made, run) if made is not None else None)
    except LockHeld:  # whoever holds it may hang
        alerts.tell_changes()
        raise
    return run


def tell_changes(settings: Settings, clock: Clock | None = None) -> None:
    """Tell what changed, though no run is due. Costs nothing where nobody is to be told."""
    store = wiring.open_store(settings, clock=clock)
    Alerts(settings, store).tell_changes()


def reachable(settings: Settings) -> bool:
    """Whether the network leads to Firestore: one TCP connection, at most some seconds, nothing is sent.

    Behind a proxy only the proxy could tell: then it is taken for granted.
    """
    host = settings.emulator_host
    if host is None and any(os.environ.get(name) for name in _PROXIES):
        return True
    name, _, port = (host or _FIRESTORE).rpartition(":")
    try:
        with socket.create_connection((name.strip("[]"), int(port)), _CONNECT_SECONDS):
            return True
    except OSError:
        return False


def wait_for_network(settings: Settings, clock: Clock) -> None:
    """Wait, at most half a minute, until the network leads to Firestore; if not, the run says so."""
    end = clock.monotonic() + _NETWORK_SECONDS
    while not reachable(settings) and clock.monotonic() < end:
        clock.sleep(_NETWORK_STEP)
