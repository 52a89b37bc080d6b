"""`facot-backups list`: which backups there are."""

from __future__ import annotations

from typing import Any

import click

from facot_backups.archive.facot2 import OLD_FORMAT, AnyBackup, OldBackup
from facot_backups.archive.reader import Kind
from facot_backups.faces.cli import output
from facot_backups.faces.cli.options import common, exits

KINDS: dict[Kind, str] = {
    "complete": "completo",
    "incomplete": "INCOMPLETO",
    "pre-restore": "previo a restaurar",
    "damaged": "DAÑADO",
    "newer": "de una versión más nueva",
}
_COLORS: dict[Kind, str] = {"complete": "green", "incomplete": "red", "damaged": "red"}


@click.command(
    "list", options_metavar="[OPCIONES]", short_help="Muestra los backups que hay.", epilog=exits(0, 1, 2, 13)
)
@common
def command(**shared: Any) -> int:
    """Muestra los backups que hay, del más nuevo al más viejo."""
    from facot_backups.faces import wiring
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    backups = wiring.open_store(settings).all_backups()
    if shared["as_json"]:
        output.print_json(
            {"backup_dir": str(settings.backup_dir), "backups": [to_json(backup) for backup in backups]}
        )
    elif backups:
        _print(backups)
    else:
        click.echo(f"No hay backups en {settings.backup_dir}.\nHaga el primero con: facot-backups run")
    return 0


def to_json(backup: AnyBackup) -> dict[str, Any]:
    """One entry of `list --json` (docs/cli.md). What is not known of a damaged or old backup is null."""
    if isinstance(backup, OldBackup):
        return _old_to_json(backup)
    metadata = backup.metadata
    return {
        "name": str(backup.name),
        "path": str(backup.path),
        "kind": backup.kind,
        "complete": backup.complete,
        "date": backup.date.isoformat(),
        "read_time": metadata.read_time.isoformat() if metadata else None,
        "trigger": metadata.trigger if metadata else None,
        "documents": metadata.total_documents if metadata else None,
        "nested_documents": metadata.nested_documents if metadata else None,
        "size_bytes": backup.size,
        "errors": list(metadata.errors) if metadata else [str(backup.problem)],
    }


def _old_to_json(backup: OldBackup) -> dict[str, Any]:
    """One of FACOT 2.0's own folders, with what its metadata claims."""
    stated = backup.stated
    return {
        "name": str(backup.name),
        "path": str(backup.path),
        "kind": backup.kind,
        "complete": backup.complete,
        "date": backup.date.isoformat(),
        "read_time": None,
        "trigger": None,
        "documents": stated.total_documents if stated else None,
        "nested_documents": None,
        "size_bytes": backup.size,
        "errors": list(stated.errors) if stated else [],
    }


def _print(backups: list[AnyBackup]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("BACKUP", no_wrap=True)
    table.add_column("ESTADO")
    table.add_column("LEÍDO EL", no_wrap=True)
    for heading in ("DOCUMENTOS", "TAMAÑO"):
        table.add_column(heading, justify="right", no_wrap=True)
    for backup in backups:
        table.add_row(*_row(backup))
    Console(highlight=False).print(table)


def _row(backup: AnyBackup) -> list[str]:
    if isinstance(backup, OldBackup):
        total = backup.stated.total_documents if backup.stated else None
        documents = output.number(total) if total is not None else "?"
        return [str(backup.name), OLD_FORMAT, "?", documents, output.size(backup.size)]
    metadata = backup.metadata
    color = _COLORS.get(backup.kind, "default")
    return [
        str(backup.name),
        f"[{color}]{KINDS[backup.kind]}[/]",
        output.local_time(metadata.read_time) if metadata else "?",
        output.number(metadata.total_documents + metadata.nested_documents) if metadata else "?",
        output.size(backup.size),
    ]
