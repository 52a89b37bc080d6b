"""docs/auditoria.md against the audit: every kind, in its order, under its heading."""

from __future__ import annotations

from facot_backups.operations.audit.findings import KINDS
from tests.docs import pages
from tests.operations.test_audit import CASES

PAGE = pages.PROJECT / "docs/auditoria.md"
WORDS = {"error": "error", "warning": "aviso", "note": "nota"}
ROWS = next(pages.table(section.text) for section in pages.sections(PAGE) if section.title == "Qué se mira")


def test_every_kind_is_told_as_the_report_says_it() -> None:
    assert {pages.codes(row[0])[0]: row[1] for row in ROWS} == KINDS
    assert [pages.codes(row[0])[0] for row in ROWS] == list(KINDS)


def test_every_severity_is_told() -> None:
    given: dict[str, set[str]] = {"counter_missing": {"nota"}, "unchecked": {"nota", "aviso"}}
    for _, expected in CASES.values():
        for found in expected:
            severity, kind = found.split()
            given.setdefault(kind, set()).add(WORDS[severity])
    assert {pages.codes(row[0])[0]: set(row[2].split(" o ")) for row in ROWS} == given
