"""`facot-backups run`: make a backup now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facot_backups.archive.reader import Backup
from facot_backups.errors import ReadBudgetExceeded, UsageError
from facot_backups.faces.cli import output
from facot_backups.faces.cli.options import common, exits
from facot_backups.faces.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.operations.preview import Preview
    from facot_backups.settings import Settings

INCOMPLETE_EXIT = 3
# What Google's free plan gives (docs/arquitectura.md, "Coste").
FREE_READS_A_DAY = 50_000


@click.command(
    "run",
    options_metavar="[OPCIONES]",
    short_help="Hace un backup ahora.",
    epilog=exits(0, 1, 2, 3, 10, 11, 13, 20, 30, 130),
)
@click.option(
    "--collection",
    "collections",
    multiple=True,
    metavar="C",
    help="Solo esta colección con todo lo que tiene dentro; puede repetirse.",
)
@click.option("--dry-run", is_flag=True, help="Solo dice qué leería, cuánto cuesta y si cabe en el disco.")
@click.option("--adopt-source", is_flag=True, help="La carpeta guardará desde ahora esta base de datos.")
@click.option("--create", is_flag=True, help="Empieza de nuevo en una carpeta que tenía backups y ya no.")
@click.option(
    "--if-due", is_flag=True, help="Solo si toca el backup programado de hoy; si no toca, no dice nada."
)
@common
def command(
    collections: tuple[str, ...],
    dry_run: bool,
    adopt_source: bool,
    create: bool,
    if_due: bool,
    **shared: Any,
) -> int:
    """Hace un backup ahora: lee Firestore en un solo instante y publica una carpeta comprobada."""
    from facot_backups.settings import load_settings

    if if_due:
        if collections or dry_run or adopt_source or create:
            raise UsageError(
                "--if-due hace el backup programado, con los ajustes y nada más: no admite --collection, "
                "--dry-run, --adopt-source ni --create.\nQuite esas opciones, o --if-due."
            )
        from facot_backups.faces.cli.if_due import run_if_due

        return run_if_due(load_settings({"backup_dir": shared["backup_dir"]}), **shared)
    from facot_backups.faces import wiring
    from facot_backups.operations.backup import BackupRequest

    settings = load_settings({"backup_dir": shared["backup_dir"], "collections": list(collections) or None})
    if dry_run:
        return _preview(settings, **shared)
    request = BackupRequest(
        scope=settings.scope,
        max_reads=settings.max_reads,
        adopt_source=adopt_source,
        create=create,
    )
    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        backup = wiring.back_up(settings, request, emit)
    if shared["as_json"]:
        output.print_json(to_json(backup))
    elif not shared["quiet"]:
        show(backup)
    return 0 if backup.complete else INCOMPLETE_EXIT


def to_json(backup: Backup) -> dict[str, Any]:
    """The report of a run (docs/cli.md, `run --json`)."""
    metadata = backup.proven()
    return {
        "success": backup.complete,
        "exit_code": 0 if backup.complete else INCOMPLETE_EXIT,
        "backup_path": str(backup.path),
        "date": metadata.backup_date.isoformat(),
        "read_time": metadata.read_time.isoformat(),
        "source": str(metadata.source),
        "collections": {
            collection: {"documents": entry.documents, "nested_documents": entry.nested_documents}
            for collection, entry in metadata.files.items()
        },
        "total_documents": metadata.total_documents,
        "nested_documents": metadata.nested_documents,
        "server_count": metadata.server_count,
        "server_count_reason": metadata.server_count_reason,
        "spot_check": metadata.spot_check,
        "reads": metadata.reads,
        "errors": list(metadata.errors),
    }


def show(backup: Backup) -> None:
    """What a run made, for a person."""
    metadata = backup.proven()
    total = metadata.total_documents + metadata.nested_documents
    if backup.complete:
        click.secho("Backup completo y comprobado", fg="green", bold=True)
    else:
        click.secho("Backup INCOMPLETO: falta lo que sigue", fg="red", bold=True)
        for error in metadata.errors:
            click.echo(f"  ✗ {output.printable(error)}")
        click.echo("  Resuélvalo y repita el backup; los anteriores siguen intactos.")
    click.echo(f"  carpeta      {_short(backup.path)}")
    click.echo(f"  datos de     {metadata.source}, {output.local_time(metadata.read_time)}")
    click.echo(
        f"  documentos   {output.number(total)} en {len(metadata.collections)} colecciones"
        f" ({output.size(sum(entry.bytes for entry in metadata.files.values()))})"
    )
    click.echo(f"  comprobado   {_proof(backup)}")
    click.echo(f"  lecturas     {output.number(metadata.reads)}")


def _proof(backup: Backup) -> str:
    metadata = backup.proven()
    if metadata.server_count is None:
        counted = f"sin recuento del servidor ({metadata.server_count_reason})"
    else:
        counted = f"el servidor cuenta {output.number(metadata.server_count)}"
    return f"{counted}; {metadata.spot_check} documentos releídos"


def _preview(settings: Settings, **shared: Any) -> int:
    """`run --dry-run`: what a run would do. Exit 2 if the read budget would refuse it."""
    from facot_backups.faces import wiring
    from facot_backups.operations.preview import preview

    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        store = wiring.open_store(settings, emit)
        found = preview(wiring.connector(settings), store, settings.scope, settings.max_reads, emit)
    code = ReadBudgetExceeded.exit_code if found.over_budget else 0
    if shared["as_json"]:
        output.print_json(preview_to_json(found, code))
    else:
        _print_preview(found)
    return code


def preview_to_json(found: Preview, code: int) -> dict[str, Any]:
    """The report of `run --dry-run --json` (docs/cli.md). Unknown figures are null."""
    return {
        "success": code == 0,
        "exit_code": code,
        "source": str(found.source),
        "collections": found.collections,
        "documents": found.documents,
        "reads": found.reads,
        "reads_today": found.reads_today,
        "max_reads": found.max_reads,
        "cost_usd": found.cost_usd,
        "seconds": found.seconds,
        "needed_bytes": found.needed_bytes,
        "free_bytes": found.free_bytes,
        "preview_reads": found.own_reads,
    }


def _print_preview(found: Preview) -> None:
    click.echo(f"Un backup de {found.source} leería ahora:")
    for collection, documents in found.collections.items():
        click.echo(f"  {collection:<28} {_known(documents):>12} documentos")
    click.echo(f"Documentos         {_known(found.documents)}")
    if found.reads is not None and found.cost_usd is not None:
        share = found.reads * 100 / FREE_READS_A_DAY
        click.echo(
            f"Lecturas           {output.number(found.reads)}: {share:.1f} % de las "
            f"{output.number(FREE_READS_A_DAY)} gratuitas de cada día, o {found.cost_usd:.4f} USD"
        )
    budget = "sin máximo diario" if found.max_reads is None else f"de {output.number(found.max_reads)} al día"
    click.echo(f"Hechas hoy         {output.number(found.reads_today)} ({budget})")
    if found.seconds is not None:
        click.echo(f"Tiempo             unos {max(1, round(found.seconds))} s, como el último backup")
    if found.needed_bytes is not None:
        needed = f"unos {output.size(found.needed_bytes)}; lo que no cambió no vuelve a ocupar"
        click.echo(f"Disco              {needed}; libres {output.size(found.free_bytes)}")
        if found.needed_bytes > found.free_bytes:
            click.secho("No cabe en el disco: libere espacio o elija otra carpeta.", fg="red", bold=True)
    if found.over_budget:
        click.secho("Pasaría el máximo diario (max_reads): el backup se negaría.", fg="red", bold=True)
    click.echo(f"Esta consulta costó {found.own_reads} lecturas y no leyó ningún documento.")


def _known(number: int | None) -> str:
    return "?" if number is None else output.number(number)


def _short(path: Path) -> str:
    """The path from here if it is below the working directory, else the whole."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
