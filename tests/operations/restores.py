"""A Firestore and a backup folder, and restores there: what tests of restore share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from facot_backups.archive.store import Store
from facot_backups.clock import Clock
from facot_backups.events import Emit, ignore
from facot_backups.firestore.connection import Connection
from facot_backups.model import EVERYTHING, DocumentPath, Scope
from facot_backups.operations.restore import planned, restore
from facot_backups.operations.restore_approval import Approval, Yes
from facot_backups.operations.restore_plan import Counts, Plan
from facot_backups.operations.restore_report import Report
from facot_backups.operations.restore_request import RestoreRequest
from facot_backups.state import State
from tests.end_to_end.world import PatientClock, World
from tests.support.servers import FirestoreServer


def world_in(server: FirestoreServer, place: Path) -> World:
    """A world whose folders lie in `place`; nothing of the process's environment is touched."""
    return World(server, place / "backups", place / "state", None)


def give_back(
    world: World, name: str = "latest", approval: Approval | None = None, emit: Emit = ignore, **request: Any
) -> Report:
    """Restore, all questions answered with yes."""
    wanted = RestoreRequest(backup=name, **request)
    return restore(world.connect, world.store(), wanted, approval or Yes(), emit)


def scope_of(*collections: str, documents: tuple[str, ...] = ()) -> Scope:
    if not collections and not documents:
        return EVERYTHING
    return Scope(collections=collections, documents=tuple(tuple(text.split("/")) for text in documents))
