"""docs/python.md against the API itself: every name, every key of every result."""

from __future__ import annotations

import re
from typing import is_typeddict

import facot_backups
from facot_backups import errors
from tests.docs import pages

PAGE = pages.PROJECT / "docs/python.md"
SECTIONS = {section.title: section.text for section in pages.sections(PAGE)}
PUBLIC = {name: getattr(facot_backups, name) for name in facot_backups.__all__ if name != "__version__"}
RESULTS = {name for name, value in PUBLIC.items() if is_typeddict(value)}
ERRORS = {name for name in PUBLIC if hasattr(errors, name)}
# Told where the function is that gives it.
ELSEWHERE = {"BackupHealth": "cli.md", "SchedulerStatus": "programar.md", "ProgressInfo": "programar.md"}

SETTINGS = ("backup_hour", "backup_dir", "retention_days")  # README.md tells what these are


def first_column(title: str) -> list[str]:
    return [code for row in pages.table(SECTIONS[title]) for code in pages.codes(row[0])]


def test_every_name_has_its_place() -> None:
    assert set(first_column("Desde Python")) == set(PUBLIC) - RESULTS - ERRORS
    assert set(first_column("Los errores")) == ERRORS - {"FacotBackupsError"}
    assert {title.strip("`") for title in SECTIONS if title.startswith("`")} == RESULTS - set(ELSEWHERE)


def test_every_key_of_a_result_is_told() -> None:
    for name in RESULTS - set(ELSEWHERE):
        keys = list(PUBLIC[name].__annotations__)
        assert sorted(first_column(f"`{name}`")) == sorted(keys), name
    for name, page in ELSEWHERE.items():
        told = set(re.findall(r"`(\w+)`", pages.read(PAGE.parent / page)))
        assert set(PUBLIC[name].__annotations__) - set(SETTINGS) <= told, name
