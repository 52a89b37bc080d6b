"""The findings of an audit as a table that a spreadsheet opens with a double click.

Excel tells UTF-8 by the mark at the file's beginning, and cuts the columns at the list separator of the
computer's region: the comma in the Dominican Republic (as its decimal sign is the point), the semicolon in
Spain. So on Windows we take the one that Excel will take; elsewhere the comma. A first line `sep=` is no
way out: Excel then no longer sees the mark, and spoils the accents.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Self

from facot_backups import atomic
from facot_backups.errors import UsageError
from facot_backups.operations.audit.findings import KINDS, SEVERITIES, Finding, Severity
from facot_backups.text import visible

_HEADINGS = ("Gravedad", "Tipo", "Empresa", "NCF", "Hallazgo", "Documentos", "Cantidad")
_SEVERITIES: dict[Severity, str] = {"error": "Error", "warning": "Aviso", "note": "Nota"}
# A cell that begins so is a formula to a spreadsheet, and what an attacker wrote would run (OWASP, "CSV
# Injection"); the wide forms are what Japanese input methods make of them. A spreadsheet of another region
# begins a cell after each of its own separators, and quotes do not keep it from that.
_FORMULA = re.compile(r"""(^|[,;|\t\r\n])(?=[\s"]*[=+@＝＋－＠-])""")
_MARK = "\ufeff"


class CsvTable:
    """A table that is written to `path` when its block ends without an error; what was there is replaced.

    Only its owner can read it. What matters most comes first, as in the report. Memory grows with the
    findings' text. Raises UsageError if the file cannot be written.
    """

    def __init__(self, path: Path, separator: str | None = None) -> None:
        self._path = path
        self._separator = separator or list_separator()
        self._rows: defaultdict[tuple[Severity, str], list[tuple[str | int, ...]]] = defaultdict(list)

    def add(self, finding: Finding) -> None:
        """A row for a finding."""
        self._rows[finding.severity, finding.kind].append(
            (
                _SEVERITIES[finding.severity],
                KINDS[finding.kind],
                cell(finding.company or ""),
                cell(finding.ncf),
                cell(finding.message),
                cell(", ".join(finding.documents)),
                finding.count,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._separator)
        writer.writerow(_HEADINGS)
        for severity in SEVERITIES:
            for sort in KINDS:
                writer.writerows(self._rows[severity, sort])
        try:
            atomic.write_file(self._path, (_MARK + text.getvalue()).encode("utf-8"))
        except OSError as problem:
            raise UsageError("table_unwritable", file=self._path, error=problem) from problem


def cell(text: str) -> str:
    """A text of the database, on one line, in which no spreadsheet finds a formula, wherever it cuts."""
    return _FORMULA.sub(r"\1'", visible(text))


def list_separator() -> str:
    """The character at which this computer's Excel cuts columns: on Windows its region's, else a comma."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, r"Control Panel\International") as region:
                found = str(winreg.QueryValueEx(region, "sList")[0])
        except OSError:
            return ","  # no such setting: Excel's own default
        return found if found in (",", ";", "|", "\t") else ","
    return ","
