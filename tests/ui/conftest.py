"""Faces are tested on a world of their own: a Firestore in memory, a folder, a state folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.world import World, make_world
from tests.support.servers import FirestoreServer


@pytest.fixture
def world(
    memory_server: FirestoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> World:
    """A world with three documents."""
    made = make_world(memory_server, tmp_path, monkeypatch, capsys)
    made.write("invoices/1", "invoices/2", "invoices/1/items/0")
    return made
