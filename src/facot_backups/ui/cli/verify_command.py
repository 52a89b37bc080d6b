"""`facot-backups verify`: prove that backups are whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from facot_backups import figures
from facot_backups.errors import BackupNotFound, BackupUnreadable, DamagedBackup
from facot_backups.text import visible
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.archive.journal_check import SpoiltJournal
    from facot_backups.events import Emit
    from facot_backups.operations.drill.run import DrillReport
    from facot_backups.operations.verification.verify import VerifyReport
    from facot_backups.settings import Settings


@click.command(
    "verify",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 11, 12, 13, 20, 23, 130),
)
@click.argument("fecha", required=False)
@click.option(
    "--drill",
    is_flag=True,
    help="Simulacro: además lo restaura en un Firestore en memoria, lo lee otra vez con el cliente de Google "
    "y compara documento por documento. Sin FECHA, el último backup.",
)
@common
def command(fecha: str | None, *, drill: bool, **shared: Any) -> int:
    """Comprueba que los backups están enteros: cada byte, cada línea, cada recuento.

    FECHA es el nombre de una carpeta, o latest; sin ella, se comprueban todos.
    """
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    return _drill(settings, fecha, shared) if drill else _verify(settings, fecha, shared)


def _verify(settings: Settings, fecha: str | None, shared: dict[str, Any]) -> int:
    from facot_backups.app import wiring
    from facot_backups.operations.verification.recheck import verify_and_record

    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        store = wiring.open_store(settings, emit)
        backups = [store.find(fecha, settings.scope)] if fecha else store.all_backups()
        if not backups:
            raise BackupNotFound("latest", settings.backup_dir)
        reports = verify_and_record(store, backups, emit)
        journals = store.spoilt_journals(backups)
    code = _code(reports, journals)
    if shared["as_json"]:
        output.print_json(
            {
                "success": not code,
                "exit_code": code,
                "backups": [to_json(report) for report in reports],
                "journals": [asdict(spoilt) for spoilt in journals],
            }
        )
    else:
        _print(reports, quiet=shared["quiet"])
        _print_journals(journals)
    return code


def _code(reports: list[VerifyReport], journals: list[SpoiltJournal]) -> int:
    # A journal that is not there is told and is no damage: a folder copied without `.facot` has none.
    parts = {one.part for one in journals} - {"missing"}
    if any(report.damaged for report in reports) or parts - {"unread"}:
        return DamagedBackup.exit_code
    unread = parts or not all(report.sound for report in reports)
    return BackupUnreadable.exit_code if unread else 0


def _print_journals(journals: list[SpoiltJournal]) -> None:
    for spoilt in journals:
        state = {"unread": "NO SE PUDO LEER", "missing": "FALTA"}.get(spoilt.part, "DAÑADO")
        output.echo(f"✗ diario de {spoilt.pre_restore}  {state}", fg="red", bold=True)
        output.echo(f"    restores/{spoilt.restore}.jsonl: {spoilt.problem}")
        if spoilt.part == "results":
            output.echo("    Se puede deshacer o terminar igual, por lo que hay ahora en Firestore.")
        elif spoilt.part in ("plan", "missing"):
            output.echo(f"    Lo que había antes sigue en {spoilt.pre_restore}, pero no se deshace solo.")


def _drill(settings: Settings, fecha: str | None, shared: dict[str, Any]) -> int:
    from facot_backups.app import wiring
    from facot_backups.operations.drill.recorded import drill_and_record

    def run(emit: Emit) -> DrillReport:
        store = wiring.open_store(settings, emit)
        return drill_and_record(store, fecha or "latest", settings.scope, emit)

    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        report = run(emit)
    code = 0 if report.passed else DamagedBackup.exit_code
    if shared["as_json"]:
        output.print_json(
            {
                "success": report.passed,
                "exit_code": code,
                "backups": [to_json(report.proof)],
                "drill": drill_json(report),
            }
        )
    else:
        _print([report.proof], quiet=shared["quiet"])
        if report.proof.sound:
            _print_drill(report, quiet=shared["quiet"])
    return code


def drill_json(report: DrillReport) -> dict[str, Any]:
    """What `verify --drill --json` adds (docs/cli.md)."""
    return {
        "backup": report.backup,
        "passed": report.passed,
        "documents": report.documents,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "difference_count": report.difference_count,
        "differences": [{"path": "/".join(d.path), "problem": d.problem} for d in report.differences],
        "problems": list(report.problems),
        "notes": list(report.notes),
    }


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
        "unread": [{"file": unread.file, "message": unread.message} for unread in report.unread],
        "notes": list(report.notes),
    }


def _print(reports: list[VerifyReport], *, quiet: bool) -> None:
    for report in reports:
        if report.sound and not quiet:
            word = "entero" if report.proven else "legible"
            facts = f"{figures.number(report.documents)} documentos, {figures.size(report.bytes_read)}"
            output.echo(f"{output.style('✓', fg='green')} {report.backup}  {word}: {facts}")
        elif report.damaged:
            output.echo(f"✗ {report.backup}  DAÑADO", fg="red", bold=True)
        elif report.unread:
            output.echo(f"? {report.backup}  NO SE PUDO LEER", fg="yellow", bold=True)
        for message in report.messages:
            output.echo(f"    {message}")
        if not quiet:
            for note in report.notes:
                output.echo(f"    nota: {note}")
    if any(report.damaged for report in reports):
        output.echo("Use otro backup para restaurar; los demás no dependen de este.")
    if any(report.unread for report in reports):
        output.echo(
            "Lo que no se pudo leer no está por eso dañado: revise el disco y los permisos, y repita."
        )


def _print_drill(report: DrillReport, *, quiet: bool) -> None:
    if report.passed:
        if not quiet:
            facts = f"{figures.number(report.documents)} documentos, {figures.size(report.bytes)} en memoria"
            output.echo(
                f"{output.style('✓', fg='green')} {report.backup}  restaurado y comparado: {facts}, "
                f"{report.seconds:.1f} s"
            )
            for note in report.notes:
                output.echo(f"    nota: {visible(note)}")
        return
    output.echo(f"✗ {report.backup}  EL SIMULACRO FALLÓ", fg="red", bold=True)
    for error in report.errors:
        output.echo(f"    {visible(error)}")
    if report.difference_count > len(report.differences):
        output.echo(f"    … en total {figures.number(report.difference_count)} documentos distintos")
    output.echo("Haga otro backup (facot-backups run), y guarde este texto para el desarrollador.")
