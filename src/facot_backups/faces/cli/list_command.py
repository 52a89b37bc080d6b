"""`facot-backups list`: which backups there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from facot_backups.archive.facot2 import OLD_FORMAT, AnyBackup, OldBackup
from facot_backups.archive.reader import Backup, Kind
from facot_backups.faces.cli import output
from facot_backups.faces.cli.options import common, exits

if TYPE_CHECKING:
    from facot_backups.operations.drill_record import PastDrill

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
    from facot_backups.operations.drill_record import last_by_backup
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    store = wiring.open_store(settings)
    backups = store.all_backups()
    drills = last_by_backup(store.ledger.entries())
    if shared["as_json"]:
        entries = [to_json(backup, drills.get(str(backup.name))) for backup in backups]
        output.print_json({"backup_dir": str(settings.backup_dir), "backups": entries})
    elif backups:
        _print(backups, drills)
    else:
        click.echo(f"No hay backups en {settings.backup_dir}.\nHaga el primero con: facot-backups run")
    return 0


def to_json(backup: AnyBackup, drill: PastDrill | None = None) -> dict[str, Any]:
    """One entry of `list --json` (docs/cli.md). What is not known of a damaged or old backup is null.

    `drill` is the last restore drill of it.
    """
    facts = _old_to_json(backup) if isinstance(backup, OldBackup) else _to_json(backup)
    return {**facts, "drill": None if drill is None else _drill_to_json(drill)}


def _drill_to_json(drill: PastDrill) -> dict[str, Any]:
    return {
        "time": drill.time.isoformat(),
        "passed": drill.passed,
        "documents": drill.documents,
        "error": drill.error,
    }


def _to_json(backup: Backup) -> dict[str, Any]:
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


def _print(backups: list[AnyBackup], drills: dict[str, PastDrill]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("BACKUP", no_wrap=True)
    table.add_column("ESTADO")
    table.add_column("LEÍDO EL", no_wrap=True)
    for heading in ("DOCUMENTOS", "TAMAÑO"):
        table.add_column(heading, justify="right", no_wrap=True)
    names = {str(backup.name) for backup in backups}
    drilled = not names.isdisjoint(drills)  # else the table stays as narrow as it can be
    if drilled:
        table.add_column("SIMULACRO", no_wrap=True)
    for backup in backups:
        drill = drills.get(str(backup.name))
        table.add_row(*_row(backup), *([_drill_cell(drill)] if drilled else []))
    Console(highlight=False).print(table)


def _drill_cell(drill: PastDrill | None) -> str:
    """When it was last restored for a trial, and whether it came back."""
    if drill is None:
        return ""
    day = output.local_time(drill.time).split(" ")[0]
    return f"[green]✓[/] {day}" if drill.passed else f"[red]FALLÓ[/] {day}"


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
