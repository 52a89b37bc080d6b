"""`facot-backups verify`: prove that backups are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from facot_backups.errors import BackupNotFound, DamagedBackup
from facot_backups.faces.cli import output
from facot_backups.faces.cli.options import common, exits
from facot_backups.faces.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.operations.verify import VerifyReport


@click.command(
    "verify",
    options_metavar="[OPCIONES]",
    short_help="Comprueba que los backups están enteros.",
    epilog=exits(0, 1, 2, 12, 13, 20, 130),
)
@click.argument("fecha", required=False)
@common
def command(fecha: str | None, **shared: Any) -> int:
    """Comprueba que los backups están enteros: cada byte, cada línea, cada recuento.

    FECHA es el nombre de una carpeta, o latest; sin ella, se comprueban todos.
    """
    from facot_backups.faces import wiring
    from facot_backups.operations.verify import verify
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    store = wiring.open_store(settings)
    backups = [store.find(fecha, settings.scope)] if fecha else store.all_backups()
    if not backups:
        raise BackupNotFound("latest", settings.backup_dir)
    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        reports = [verify(backup, emit) for backup in backups]
    damaged = [report for report in reports if not report.sound]
    code = DamagedBackup.exit_code if damaged else 0
    if shared["as_json"]:
        output.print_json(
            {"success": not damaged, "exit_code": code, "backups": [to_json(report) for report in reports]}
        )
    else:
        _print(reports, quiet=shared["quiet"])
    return code


def to_json(report: VerifyReport) -> dict[str, Any]:
    """One entry of `verify --json` (docs/cli.md)."""
    return {
        "name": report.backup,
        "sound": report.sound,
        "documents": report.documents,
        "bytes": report.bytes_read,
        "problems": [
            {"file": problem.file, "kind": problem.kind, "message": problem.message}
            for problem in report.problems
        ],
        "notes": list(report.notes),
    }


def _print(reports: list[VerifyReport], *, quiet: bool) -> None:
    for report in reports:
        if report.sound and not quiet:
            word = "entero" if report.proven else "legible"
            facts = f"{output.number(report.documents)} documentos, {output.size(report.bytes_read)}"
            click.echo(f"{click.style('✓', fg='green')} {report.backup}  {word}: {facts}")
        elif not report.sound:
            click.secho(f"✗ {report.backup}  DAÑADO", fg="red", bold=True)
        for problem in report.problems:
            click.echo(f"    {problem.message}")
        if not quiet:
            for note in report.notes:
                click.echo(f"    nota: {note}")
    if not all(report.sound for report in reports):
        click.echo("Use otro backup para restaurar; los demás no dependen de este.")
