"""A database that was backed up and is served again from the backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facot_backups.emulator.server import LocalFirestore
from facot_backups.operations.serving import Served, load
from tests.operations.restores import world_in
from tests.support.servers import FirestoreServer


@contextmanager
def served_again(original: FirestoreServer, place: Path) -> Iterator[FirestoreServer]:
    """All that `original` holds, by way of a backup in `place`: under its own project, on another server."""
    world = world_in(original, place)
    backup = world.back_up()
    assert backup.complete, backup.proven().errors
    server = LocalFirestore()
    served: Served = load(backup, backup.proven().source, server)
    assert served.documents == len(world.stored())
    with server:
        yield FirestoreServer(server.host, "memory", original.project, server)
