"""Pages are tried in a place of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.place import Place, make_place
from tests.support.servers import FirestoreServer


@pytest.fixture
def place(memory_server: FirestoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """As a new user has it: a Firestore, a credentials file, and no backup yet."""
    return make_place(memory_server, tmp_path, monkeypatch)
