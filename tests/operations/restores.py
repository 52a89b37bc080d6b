"""A Firestore and a backup folder, and restores there: what tests of restore share."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from facot_backups.events import Emit, ignore
from facot_backups.model import EVERYTHING, DocumentPath, Scope
from facot_backups.operations.restore.approval import Approval, Yes
from facot_backups.operations.restore.plan import Plan
from facot_backups.operations.restore.questions import NoGuard
from facot_backups.operations.restore.report import RestoreReport
from facot_backups.operations.restore.request import RestoreRequest
from facot_backups.operations.restore.resume import continue_restore
from facot_backups.operations.restore.run import planned, restore
from facot_backups.protocol import Message
from tests.end_to_end.world import World
from tests.support.servers import FirestoreServer
from tests.support.values import databases, documents

Stored = dict[DocumentPath, bytes]
_numbers = itertools.count()


def world_in(server: FirestoreServer, place: Path) -> World:
    """A world whose folders lie in `place`; nothing of the process's environment is touched."""
    return World(server, place / "backups", place / "state", None)


def another(server: FirestoreServer, place: Path) -> World:
    """A world with an empty database and folders of its own, for an example of a property test."""
    return world_in(server.fresh(), place / f"example-{next(_numbers)}")


def give_back(
    world: World,
    name: str = "latest",
    approval: Approval | None = None,
    emit: Emit = ignore,
    *,
    guard: bool = False,
    **request: Any,
) -> RestoreReport:
    """Restore, all questions answered with yes; with the fiscal guard only if asked for."""
    wanted = RestoreRequest(backup=name, **request)
    make_guard = None if guard else lambda *_: NoGuard()
    return restore(world.connect, world.store(), wanted, approval or Yes(), emit, make_guard)


def plan_of(world: World, name: str = "latest", **request: Any) -> AbstractContextManager[Plan]:
    """The plan of a restore, without a guard."""
    wanted = RestoreRequest(backup=name, **request)
    return planned(world.connect, world.store(), wanted, ignore, lambda *_: NoGuard())


def go_on(world: World, restore: str) -> RestoreReport:
    """Finish a restore that was cut."""
    return continue_restore(world.connect, world.store(), restore, Yes())


def take_back(world: World, report: RestoreReport) -> RestoreReport:
    """Undo, without the fiscal guard."""
    assert report.pre_restore is not None
    return give_back(world, report.pre_restore)


def scope_of(*collections: str, documents: tuple[str, ...] = ()) -> Scope:
    if not collections and not documents:
        return EVERYTHING
    return Scope(collections=collections, documents=tuple(tuple(text.split("/")) for text in documents))


def put(world: World, database: Mapping[DocumentPath, Message]) -> None:
    world.server.write([("/".join(path), message.fields) for path, message in database.items()])


def remove(world: World, *paths: DocumentPath) -> None:
    world.delete(*("/".join(path) for path in paths))


@st.composite
def mangled(draw: st.DrawFn, root: str, database: dict[DocumentPath, Message]) -> dict[DocumentPath, Any]:
    """What happens to a database after its backup: by path a new content, or None for a deletion."""
    touched = draw(st.lists(st.sampled_from(sorted(database)), unique=True)) if database else []
    edits: dict[DocumentPath, Any] = {path: draw(st.one_of(st.none(), documents(root))) for path in touched}
    return edits | dict(draw(databases(root, max_size=6)))


def edit(world: World, edits: Mapping[DocumentPath, Any]) -> None:
    """Carry out what `mangled` drew."""
    remove(world, *(path for path, message in edits.items() if message is None))
    put(world, {path: message for path, message in edits.items() if message is not None})
