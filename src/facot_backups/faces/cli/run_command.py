"""`facot-backups run`: make a backup now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from facot_backups.archive.reader import Backup
from facot_backups.faces.cli import output
from facot_backups.faces.cli.options import common, exits
from facot_backups.faces.cli.progress import progress

INCOMPLETE_EXIT = 3


@click.command(
    "run",
    options_metavar="[OPCIONES]",
    short_help="Hace un backup ahora.",
    epilog=exits(0, 1, 2, 3, 10, 11, 13, 130),
)
@click.option(
    "--collection",
    "collections",
    multiple=True,
    metavar="C",
    help="Solo esta colección con todo lo que tiene dentro; puede repetirse.",
)
@click.option("--adopt-source", is_flag=True, help="La carpeta guardará desde ahora esta base de datos.")
@click.option("--create", is_flag=True, help="Empieza de nuevo en una carpeta que tenía backups y ya no.")
@common
def command(collections: tuple[str, ...], adopt_source: bool, create: bool, **shared: Any) -> int:
    """Hace un backup ahora: lee Firestore en un solo instante y publica una carpeta comprobada."""
    from facot_backups.faces import wiring
    from facot_backups.operations.backup import BackupRequest, back_up
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"], "collections": list(collections) or None})
    request = BackupRequest(
        scope=settings.scope,
        max_reads=settings.max_reads,
        adopt_source=adopt_source,
        create=create,
    )
    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        store = wiring.open_store(settings, emit)
        backup = back_up(wiring.connector(settings), store, request, emit)
    if shared["as_json"]:
        output.print_json(to_json(backup))
    elif not shared["quiet"]:
        _print(backup)
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


def _print(backup: Backup) -> None:
    metadata = backup.proven()
    total = metadata.total_documents + metadata.nested_documents
    if backup.complete:
        click.secho("Backup completo y comprobado", fg="green", bold=True)
    else:
        click.secho("Backup INCOMPLETO: falta lo que sigue", fg="red", bold=True)
        for error in metadata.errors:
            click.echo(f"  ✗ {error}")
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


def _short(path: Path) -> str:
    """The path from here if it is below the working directory, else the whole."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
