"""The panel's glance over years of backups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facot_backups.archive import metadata
from facot_backups.archive.strict import strict_loads
from facot_backups.events import ignore
from facot_backups.model import Json
from facot_backups.operations.cancellation import Stop
from facot_backups.ui.desktop.snapshot import overview
from tests.desktop.many import folders, many_backups


def test_a_glance_at_four_hundred_backups_parses_only_what_is_new(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def counted(data: bytes, place: str) -> Json:
        parsed.append(place)
        return strict_loads(data, place)

    with many_backups(420) as world:
        count = folders(world.folder)
        monkeypatch.setattr(metadata, "strict_loads", counted)
        first: Any = overview(world.session, ignore, Stop())
        assert len(first.rows) == count > 400 and len(parsed) <= count
        parsed.clear()
        again: Any = overview(world.session, ignore, Stop())
        assert again.rows == first.rows and not parsed
