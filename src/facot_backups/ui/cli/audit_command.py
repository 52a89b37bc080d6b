"""`facot-backups audit`: what is wrong in a backup's invoices, counters and tax ids."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from facot_backups import figures
from facot_backups.operations.audit.csv_table import CsvTable
from facot_backups.operations.audit.findings import KINDS, SEVERITIES, Finding, Severity
from facot_backups.text import visible
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.archive.facot2 import AnyBackup
    from facot_backups.operations.audit.run import Audit

ERRORS_EXIT = 22
# Beyond that the findings wait on disk.
_SPOOL_BYTES = 8 * 2**20
_BLOCK_CHARACTERS = 2**20
_SHOWN = 12
_TITLES: dict[Severity, tuple[str, str]] = {
    "error": ("ERRORES", "red"),
    "warning": ("AVISOS", "yellow"),
    "note": ("NOTAS", "cyan"),
}


@click.command(
    "audit",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 12, 13, 20, 22, 130),
)
@click.argument("fecha", default="latest")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="ARCHIVO",
    help="Escribe también todo en un archivo que se abre en Excel.",
)
@common
def command(fecha: str, csv_file: Path | None, **shared: Any) -> int:
    """Revisa un backup como lo haría un contador: NCF repetidos o mal escritos, contadores por debajo de sus
    facturas, RNC dudosos, totales que no cuadran, restos de otras restauraciones.

    FECHA es el nombre de una carpeta; sin ella, el último backup. No cambia nada ni se conecta a ningún
    sitio. Los errores hacen que termine con 22; los avisos y las notas, no.
    """
    from facot_backups.app import wiring
    from facot_backups.operations.audit.run import Audit
    from facot_backups.operations.comparison.sources import side_of
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    backup = wiring.open_store(settings).find(fecha, settings.scope)
    report = _Report(None if shared["verbose"] else _SHOWN)
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES, "w+", encoding="utf-8") as spool:
        with ExitStack() as stack:  # the table is on disk before anything is printed: it may fail
            table = stack.enter_context(CsvTable(csv_file)) if csv_file is not None else None
            emit = stack.enter_context(progress(quiet=shared["quiet"], verbose=shared["verbose"]))
            audit = Audit(side_of(backup), emit)
            for finding in audit:
                report.add(finding)
                if table is not None:
                    table.add(finding)
                if shared["as_json"]:
                    _spool(finding, spool)
        code = ERRORS_EXIT if audit.errors else 0
        if shared["as_json"]:
            _print_json(to_json(backup, audit, code, csv_file), spool)
        else:
            _print(backup, audit, report, csv_file, quiet=shared["quiet"])
    return code


def to_json(backup: AnyBackup, audit: Audit, code: int, csv_file: Path | None) -> dict[str, Any]:
    """The report of an audit (docs/cli.md, `audit --json`), without its last key.

    `complete`: whether the backup is; what an incomplete one lacks was not audited. `documents`: how many
    were looked at. `errors`, `warnings`, `notes`: how many findings of each. Last of all `findings`: a
    list of objects with severity (error, warning, note), kind (a word of its own for each sort), message
    (Spanish), documents (paths, the first ones where there are many), company (its id as text, or null),
    ncf (the number, or a counter's prefix; "" where it is about neither), and count (how many there are).
    """
    return {
        "success": not code,
        "exit_code": code,
        "backup": str(backup.name),
        "complete": backup.complete,
        "documents": audit.documents,
        "errors": audit.counts["error"],
        "warnings": audit.counts["warning"],
        "notes": audit.counts["note"],
        "csv": str(csv_file) if csv_file is not None else None,
    }


def _spool(finding: Finding, spool: IO[str]) -> None:
    joint = ",\n    " if spool.tell() else ""
    spool.write(joint + output.to_text(asdict(finding), None))


def _print_json(report: dict[str, Any], spool: IO[str]) -> None:
    """The report with the spooled findings as its last key, never all of them in memory."""
    head = output.to_text(report).removesuffix("\n}")
    some = spool.tell() > 0
    spool.seek(0)
    output.echo_lines(f'{head},\n  "findings": [' + ("\n    " if some else ""), nl=False)
    while block := spool.read(_BLOCK_CHARACTERS):
        output.echo_lines(block, nl=False)
    output.echo_lines(("\n  " if some else "") + "]\n}")


@dataclass(slots=True)
class _Report:
    """The findings that are shown: the first of each severity and kind, all counted."""

    shown: int | None
    found: defaultdict[tuple[Severity, str], list[Finding]] = field(default_factory=lambda: defaultdict(list))
    counts: defaultdict[tuple[Severity, str], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if it is one of the first."""
        key = (finding.severity, finding.kind)
        self.counts[key] += 1
        if self.shown is None or self.counts[key] <= self.shown:
            self.found[key].append(finding)


def _print(backup: AnyBackup, audit: Audit, report: _Report, csv_file: Path | None, *, quiet: bool) -> None:
    from facot_backups.operations.audit.run import verdict

    state = "" if backup.complete else ", incompleto" if backup.kind == "incomplete" else ", formato antiguo"
    output.echo(f"Auditoría del backup {backup.name}", bold=True, nl=False)
    output.echo(f"  ({figures.number(audit.documents)} documentos{state})")
    for severity in SEVERITIES:
        kinds = [kind for kind in KINDS if report.counts.get((severity, kind))]
        if kinds and not (quiet and severity == "note"):
            title, color = _TITLES[severity]
            output.echo()
            output.echo(title, fg=color, bold=True)
            for kind in kinds:
                for line in _kind_lines(report, severity, kind, output.terminal_width()):
                    output.echo(line)
    output.echo()
    if not audit.counts.total():
        output.echo("Sin hallazgos: todo cuadra.", fg="green")
    else:
        output.echo(f"En total: {verdict(audit.counts)}.", fg="red" if audit.errors else None)
    if csv_file is not None:
        output.echo(f"Todo está en {csv_file}.")


def _kind_lines(report: _Report, severity: Severity, kind: str, width: int | None) -> Iterator[str]:
    total = report.counts[severity, kind]
    findings = report.found[severity, kind]
    yield f"  {output.style(KINDS[kind], bold=True)} ({figures.number(total)})"
    for finding in findings:
        yield from output.hanging_lines(finding.message, width, "    ")
        where = _where(finding)
        for line in output.wrapped(where, None if width is None else width - 6) if where else ():
            yield f"      {output.style(line, dim=True)}"
    if total > len(findings):
        yield f"    … y {figures.number(total - len(findings))} más (todo: --verbose, --csv o --json)"


def _where(finding: Finding) -> str:
    """The documents, unless the message names them itself."""
    unnamed = [path for path in finding.documents if path not in finding.message]
    others = finding.count - len(finding.documents)
    more = f" y {figures.number(others)} más" if others > 0 else ""
    return visible(", ".join(unnamed)) + more if unnamed else ""
