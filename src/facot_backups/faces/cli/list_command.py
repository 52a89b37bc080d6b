"""`facot-backups list`: which backups there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from facot_backups import figures
from facot_backups.archive.facot2 import OLD_FORMAT, AnyBackup, OldBackup
from facot_backups.archive.reader import Backup, Kind
from facot_backups.faces.cli import output
from facot_backups.faces.cli.options import common, exits

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table

    from facot_backups.operations.proof.drill_record import PastDrill

KINDS: dict[Kind, str] = {
    "complete": "completo",
    "incomplete": "INCOMPLETO",
    "pre-restore": "previo a restaurar",
    "damaged": "DAÑADO",
    "newer": "de una versión más nueva",
    "unreadable": "NO SE PUEDE LEER",
}
_SHORT_KINDS: dict[Kind, str] = {"pre-restore": "previo", "newer": "más nuevo", "unreadable": "ILEGIBLE"}
_ANY_WIDTH = 10_000
_COLORS: dict[Kind, str] = {
    "complete": "green",
    "incomplete": "red",
    "damaged": "red",
    "unreadable": "yellow",
}


class _Form(NamedTuple):
    """What a table says in full."""

    whole_words: bool = True
    drill_days: bool = True
    years: bool = True


# From the widest to one that fits in 80 columns.
_FORMS = (_Form(), _Form(whole_words=False), _Form(False, drill_days=False), _Form(False, False, years=False))


@click.command(
    "list", options_metavar="[OPCIONES]", short_help="Muestra los backups que hay.", epilog=exits(0, 1, 2, 13)
)
@common
def command(**shared: Any) -> int:
    """Muestra los backups que hay, del más nuevo al más viejo."""
    from facot_backups.faces import wiring
    from facot_backups.operations.proof.drill_record import last_by_backup
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    store = wiring.open_store(settings)
    backups = store.all_backups()
    drills = last_by_backup(store.ledger.entries())
    if shared["as_json"]:
        entries = [to_json(backup, drills.get(str(backup.name))) for backup in backups]
        output.print_json({"backup_dir": str(settings.backup_dir), "backups": entries})
    elif backups:
        show(backups, drills)
    else:
        output.echo(f"No hay backups en {settings.backup_dir}.")
        output.echo("Haga el primero con: facot-backups run")
    return 0


def to_json(backup: AnyBackup, drill: PastDrill | None = None) -> dict[str, Any]:
    """One entry of `list --json` (docs/cli.md). What is not known of a damaged or old backup is null.

    `drill` is the last restore drill of it.
    """
    known = {
        "name": str(backup.name),
        "path": str(backup.path),
        "kind": backup.kind,
        "complete": backup.complete,
        "date": backup.date.isoformat(),
        "size_bytes": backup.size,
        "drill": None if drill is None else _drill_to_json(drill),
    }
    return known | (_stated(backup) if isinstance(backup, OldBackup) else _proven(backup))


def _drill_to_json(drill: PastDrill) -> dict[str, Any]:
    return {
        "time": drill.time.isoformat(),
        "passed": drill.passed,
        "documents": drill.documents,
        "error": drill.error,
    }


def _proven(backup: Backup) -> dict[str, Any]:
    metadata = backup.metadata
    return {
        "read_time": metadata.read_time.isoformat() if metadata else None,
        "trigger": metadata.trigger if metadata else None,
        "documents": metadata.total_documents if metadata else None,
        "nested_documents": metadata.nested_documents if metadata else None,
        "errors": list(metadata.errors) if metadata else [str(backup.problem)],
    }


def _stated(backup: OldBackup) -> dict[str, Any]:
    """Of one of FACOT 2.0's own folders, what its metadata claims."""
    stated = backup.stated
    return {
        "read_time": None,
        "trigger": None,
        "documents": stated.total_documents if stated else None,
        "nested_documents": None,
        "errors": list(stated.errors) if stated else [],
    }


def show(backups: list[AnyBackup], drills: dict[str, PastDrill]) -> None:
    """The table, in the first form that the terminal is wide enough for."""
    from rich.measure import Measurement

    console = output.console()
    if not console.is_terminal:  # lines of a file or a pipe stay whole
        console = output.console(width=_ANY_WIDTH)
    free = console.options.update(width=_ANY_WIDTH)
    for form in _FORMS:
        table = _table(backups, drills, form)
        if Measurement.get(console, free, table).maximum <= console.width:
            break
    console.print(table)


def _table(backups: list[AnyBackup], drills: dict[str, PastDrill], form: _Form) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("BACKUP", "ESTADO", "LEÍDO EL"):
        table.add_column(heading, no_wrap=True)
    for heading in ("DOCS.", "TAMAÑO"):
        table.add_column(heading, justify="right", no_wrap=True)
    names = {str(backup.name) for backup in backups}
    drilled = not names.isdisjoint(drills)
    if drilled:
        table.add_column("SIMULACRO" if form.drill_days else "SIM", no_wrap=True)
    for backup in backups:
        drill = drills.get(str(backup.name))
        cells = [_drill_cell(drill, days=form.drill_days)] if drilled else []
        table.add_row(*_row(backup, form), *cells)
    return table


def _drill_cell(drill: PastDrill | None, *, days: bool) -> str:
    """Whether it came back when it was last restored for a trial, and when that was."""
    if drill is None:
        return ""
    day = f" {output.local_time(drill.time).split(' ')[0]}" if days else ""
    return f"[green]✓[/]{day}" if drill.passed else f"[red]{'FALLÓ' if days else '✗'}[/]{day}"


def _row(backup: AnyBackup, form: _Form) -> list[str]:
    if isinstance(backup, OldBackup):
        total = backup.stated.total_documents if backup.stated else None
        documents = figures.number(total) if total is not None else "?"
        kind = OLD_FORMAT if form.whole_words else "antiguo"
        return [str(backup.name), kind, "?", documents, figures.size(backup.size)]
    metadata = backup.metadata
    color = _COLORS.get(backup.kind, "default")
    kind = KINDS[backup.kind] if form.whole_words else _SHORT_KINDS.get(backup.kind, KINDS[backup.kind])
    return [
        str(backup.name),
        f"[{color}]{kind}[/]",
        _moment(metadata.read_time, years=form.years) if metadata else "?",
        figures.number(metadata.total_documents + metadata.nested_documents) if metadata else "?",
        figures.size(backup.size),
    ]


def _moment(moment: datetime, *, years: bool) -> str:
    day, hour = output.local_time(moment).split(" ")
    return f"{day if years else day[:5]} {hour}"
