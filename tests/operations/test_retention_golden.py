"""Every case of retention as a table that a person can read: what the folder holds, and what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.retention import Table, shown

_TABLES = Path(__file__).parents[1] / "golden" / "retention"


@pytest.mark.parametrize("path", sorted(_TABLES.glob("*.txt")), ids=lambda path: path.stem)
def test_table(path: Path) -> None:
    case, _, expected = path.read_text(encoding="utf-8").partition("---\n")
    assert "\n".join(shown(Table.parse(case).plan())) == expected.rstrip("\n")
