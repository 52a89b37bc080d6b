"""From settings to the objects that operations take: the only place that puts the parts together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from facot_backups.archive.store import Store
from facot_backups.clock import Clock, SystemClock
from facot_backups.events import Emit, ignore
from facot_backups.settings import Settings
from facot_backups.state import State

if TYPE_CHECKING:
    from facot_backups.firestore.connection import Connection, ConnectionOptions
    from facot_backups.operations.health.judgement import Health, HealthFacts
    from facot_backups.operations.retention.plan import Policy


def open_store(settings: Settings, emit: Emit = ignore, clock: Clock | None = None) -> Store:
    """The store of the settings' backup folder. Creates nothing."""
    return Store(settings.backup_dir, State(emit=emit), clock or SystemClock(), emit)


def policy(settings: Settings) -> Policy:
    """The retention that the settings ask for."""
    from facot_backups.operations.retention.plan import Policy

    return Policy(settings.retention_days, settings.keep_last, settings.anomaly_drop)


def health_facts(settings: Settings, store: Store) -> HealthFacts:
    """What health is judged from. Offline, without a lock; raises nothing for a folder that is gone."""
    from facot_backups.operations.health.facts import read_health_facts

    return read_health_facts(
        store,
        settings.backup_hour,
        settings.scope,
        drop_percent=settings.anomaly_drop,
        drill_every=timedelta(days=settings.drill_every_days),
    )


def health(settings: Settings, store: Store) -> Health:
    """How the backups of `store` stand, as `health.facts` reads them."""
    from facot_backups.operations.health.judgement import judge

    return judge(health_facts(settings, store))


def connector(
    settings: Settings, client: Any = None, *, use_firebase_app: bool = True
) -> Callable[[], Connection]:
    """What opens the connection of the settings, or of `client`, or of a `firebase_admin` that is in use.

    Calling it imports Google's libraries; it raises FirestoreUnavailable or SettingError, in Spanish.
    """

    def open_connection() -> Connection:
        from facot_backups.firestore.connection import connect

        return connect(_options(settings, client, use_firebase_app=use_firebase_app))

    return open_connection


def make_client(settings: Settings) -> Any:
    """A google.cloud.firestore client for the settings. Raises FirestoreUnavailable, SettingError."""
    from facot_backups.firestore.connection import make_client

    return make_client(_options(settings, None))


def _options(settings: Settings, client: Any, *, use_firebase_app: bool = True) -> ConnectionOptions:
    from facot_backups.firestore.connection import ConnectionOptions

    return ConnectionOptions(
        client=client,
        project=settings.project,
        database=settings.database,
        credentials=settings.credentials,
        credentials_origin=settings.origin("credentials"),
        emulator_host=settings.emulator_host,
        emulator_token=settings.emulator_token,
        use_firebase_app=use_firebase_app,
    )
