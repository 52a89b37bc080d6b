"""Worlds: on our own server for injected faults, on every server for what both must show."""

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
    """A world on our in-memory server, whose faults a test scripts."""
    return make_world(memory_server, tmp_path, monkeypatch, capsys)


@pytest.fixture
def any_world(
    firestore_server: FirestoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> World:
    """A world on each kind of server that this machine has."""
    return make_world(firestore_server, tmp_path, monkeypatch, capsys)
