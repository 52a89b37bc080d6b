"""`list` on terminals of several widths: a backup is one line, its name whole."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from facot_backups.archive.facot2 import AnyBackup
from facot_backups.archive.reader import Backup
from facot_backups.operations.drill.record import PastDrill
from facot_backups.ui.cli.list_command import show
from tests.support.retention import damaged, made, newer, old_folder

BACKUPS: list[AnyBackup] = [
    made("2024-11-28", counts={"invoices": "12000/3000"}),
    made("2024-11-27T153045.pre-restore", counts={"invoices": "12000/3000"}),
    made("2024-11-26T020001.incomplete", counts={"invoices": "1234567/0"}),
    damaged("2024-11-25"),
    newer("2024-11-24"),
    old_folder("2024-11-23"),
]
DRILLS = {
    "2024-11-28": PastDrill("2024-11-28", datetime(2024, 11, 28, 12, tzinfo=UTC), "COMPLETE", 3, None),
    "2024-11-25": PastDrill("2024-11-25", datetime(2024, 11, 28, 12, tzinfo=UTC), "DAMAGED", 3, "falta"),
}


@pytest.mark.parametrize("drills", [{}, DRILLS], ids=["plain", "drills"])
@pytest.mark.parametrize("width", [80, 130, None])
def test_a_backup_is_a_line(
    width: int | None, drills: dict[str, PastDrill], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(Backup, "size", 13_000_000)
    monkeypatch.setattr(type(BACKUPS[-1]), "size", 999_900_000)
    if width is not None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", str(width))
    show(BACKUPS, drills)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    narrow = width == 80
    below = len(drills) if narrow else 0
    assert len(lines) == len(BACKUPS) + 2 + below
    assert width is None or max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines[2:8]] == [str(backup.name) for backup in BACKUPS]
    assert "…" not in "".join(lines)
    assert "para deshacer" in lines[3]
    if not drills:
        return
    if narrow:
        assert lines[8:] == [
            "✓ 2024-11-28  simulacro del 28/11/2024: volvió igual",
            "✗ 2024-11-25  simulacro del 28/11/2024: FALLÓ",
        ]
    else:
        assert lines[0].endswith("SIMULACRO")
        assert lines[2].endswith("✓ 28/11/2024")
        assert lines[5].endswith("FALLÓ 28/11/2024")
