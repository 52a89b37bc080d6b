"""What is read back from the files equals, at the protobuf level, what the server holds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.model import DocumentPath
from tests.end_to_end.world import World
from tests.support.values import databases

_numbers = itertools.count()


def written(world: World, data: st.DataObject, size: int) -> World:
    """A fresh database and folder for each example; the database is drawn."""
    place = world.state.parent / f"example-{next(_numbers)}"
    fresh = World(world.server.fresh(), place / "backups", place / "state", world.capsys)
    database = data.draw(databases(fresh.root, max_size=size))
    fresh.server.write([("/".join(path), message.fields) for path, message in database.items()])
    return fresh


def check(world: World) -> dict[DocumentPath, bytes]:
    backup = world.back_up()
    assert (backup.complete, backup.proven().errors) == (True, ())
    stored = world.stored()
    assert world.whole(backup) == stored
    metadata = backup.proven()
    assert metadata.server_count == len(stored)
    assert metadata.total_documents == sum(len(path) == 2 for path in stored)
    assert metadata.spot_check == min(20, len(stored))
    return stored


@pytest.mark.slow
@settings(max_examples=40)
@given(st.data())
def test_any_database_comes_back_through_a_backup(any_world: World, data: st.DataObject) -> None:
    check(written(any_world, data, 12))


@pytest.mark.slow
@settings(max_examples=30)
@given(st.data())
def test_larger_databases_come_back(world: World, data: st.DataObject) -> None:
    check(written(world, data, 60))
