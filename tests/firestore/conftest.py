"""Connections to the servers under test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from facot_backups.firestore.connection import Connection, ConnectionOptions, connect
from tests.firestore.faulty import ManualClock
from tests.support.servers import FirestoreServer


def connect_to(server: FirestoreServer, database: str | None = None) -> Connection:
    """A connection to the server's present project."""
    options = ConnectionOptions(
        emulator_host=server.host, project=server.project, database=database, use_firebase_app=False
    )
    return connect(options)


@pytest.fixture
def connection(firestore_server: FirestoreServer) -> Iterator[Connection]:
    """A connection to each kind of server, with an empty database."""
    with connect_to(firestore_server) as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves when somebody waits."""
    return ManualClock()
