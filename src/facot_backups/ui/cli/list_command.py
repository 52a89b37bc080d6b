"""`facot-backups list`: which backups there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from facot_backups import figures
from facot_backups.archive.facot2 import OLD_FORMAT, AnyBackup, OldBackup
from facot_backups.archive.metadata import Metadata
from facot_backups.archive.reader import Backup, Kind
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from facot_backups.model import Scope
    from facot_backups.operations.drill.record import PastDrill

KINDS: dict[Kind, str] = {
    "complete": "completo",
    "incomplete": "INCOMPLETO",
    "pre-restore": "para deshacer",
    "damaged": "DAÑADO",
    "newer": "de una versión más nueva",
    "unreadable": "NO SE PUEDE LEER",
}
_SHORT_KINDS: dict[Kind, str] = {"newer": "más nuevo", "unreadable": "ILEGIBLE"}
_COLORS: dict[Kind, str] = {
    "complete": "green",
    "incomplete": "red",
    "damaged": "red",
    "unreadable": "yellow",
}


_GAP = "  "


class _Form(NamedTuple):
    """What a table says in full; `drills`: in a column, else in lines below."""

    whole_words: bool = True
    drills: bool = True
    years: bool = True


# From the widest to one that fits in 80 columns.
_FORMS = (_Form(), _Form(whole_words=False), _Form(False, drills=False), _Form(False, False, years=False))


class _Cell(NamedTuple):
    text: str
    color: str | None = None
    right: bool = False


@click.command("list", options_metavar="[OPCIONES]", epilog=exits(0, 1, 2, 13))
@common
def command(**shared: Any) -> int:
    """Muestra los backups que hay, del más nuevo al más viejo."""
    from facot_backups.app import wiring
    from facot_backups.operations.drill.record import last_by_backup
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
        "scope": _scope(metadata.scope) if metadata else None,
        "errors": list(metadata.errors) if metadata else [str(backup.problem)],
    }


def _scope(scope: Scope) -> dict[str, Any] | None:
    if scope.restore is not None:
        return None
    wanted = list(scope.collections) if scope.collections is not None else None
    return {"collections": wanted, "exclude": list(scope.exclude)}


def _stated(backup: OldBackup) -> dict[str, Any]:
    """Of one of FACOT 2.0's own folders, what its metadata claims."""
    stated = backup.stated
    return {
        "read_time": None,
        "trigger": None,
        "documents": stated.total_documents if stated else None,
        "nested_documents": None,
        "scope": None,
        "errors": list(stated.errors) if stated else [],
    }


def show(backups: list[AnyBackup], drills: dict[str, PastDrill]) -> None:
    """The table, in the first form that the terminal is wide enough for."""
    names = {str(backup.name) for backup in backups}
    drills = {name: drill for name, drill in drills.items() if name in names}
    width = output.terminal_width()
    for form in _FORMS:
        table = _table(backups, drills, form)
        widths = [max(len(cell.text) for cell in column) for column in zip(*table, strict=True)]
        if width is None or sum(widths) + len(_GAP) * (len(widths) - 1) <= width:
            break
    head, *rows = table
    output.echo(_line(head, widths), bold=True)
    output.echo("─" * (sum(widths) + len(_GAP) * (len(widths) - 1)))
    for row in rows:
        output.echo(_line(row, widths))
    if not form.drills:
        for line in _drill_lines(drills):
            output.echo(line)


def _line(row: list[_Cell], widths: list[int]) -> str:
    cells = []
    for cell, width in zip(row, widths, strict=True):
        blank = " " * (width - len(cell.text))
        text = output.style(cell.text, fg=cell.color) if cell.color else cell.text
        cells.append(blank + text if cell.right else text + blank)
    return _GAP.join(cells).rstrip()


def _table(backups: list[AnyBackup], drills: dict[str, PastDrill], form: _Form) -> list[list[_Cell]]:
    """The headings, and a row for each backup."""
    head = [_Cell("BACKUP"), _Cell("ESTADO"), _Cell("LEÍDO EL")]
    head += [_Cell("DOCS.", right=True), _Cell("TAMAÑO", right=True)]
    table = [head, *(_row(backup, form) for backup in backups)]
    if drills and form.drills:
        head.append(_Cell("SIMULACRO"))
        for backup, row in zip(backups, table[1:], strict=True):
            row.append(_drill_cell(drills.get(str(backup.name))))
    return table


def _drill_cell(drill: PastDrill | None) -> _Cell:
    """Whether it came back when it was last restored for a trial, and when that was."""
    if drill is None:
        return _Cell("")
    return _Cell(f"{'✓' if drill.passed else 'FALLÓ'} {_day(drill)}", "green" if drill.passed else "red")


def _drill_lines(drills: dict[str, PastDrill]) -> Iterator[str]:
    """The same where there is no room for a column."""
    for name, drill in drills.items():
        mark = output.style("✓", fg="green") if drill.passed else output.style("✗", fg="red")
        yield f"{mark} {name}  simulacro del {_day(drill)}: {'volvió igual' if drill.passed else 'FALLÓ'}"


def _day(drill: PastDrill) -> str:
    return output.local_time(drill.time).split(" ")[0]


def _row(backup: AnyBackup, form: _Form) -> list[_Cell]:
    if isinstance(backup, OldBackup):
        total = backup.stated.total_documents if backup.stated else None
        documents = figures.number(total) if total is not None else "?"
        kind = OLD_FORMAT if form.whole_words else "antiguo"
        return [_Cell(str(backup.name)), _Cell(kind), _Cell("?"), *_amounts(documents, backup.size)]
    metadata = backup.metadata
    color = _COLORS.get(backup.kind)
    kind = KINDS[backup.kind] if form.whole_words else _SHORT_KINDS.get(backup.kind, KINDS[backup.kind])
    if backup.complete and metadata is not None:
        kind, color = _complete(metadata, form)
    return [
        _Cell(str(backup.name)),
        _Cell(kind, color),
        _Cell(_moment(metadata.read_time, years=form.years) if metadata else "?"),
        *_amounts(
            figures.number(metadata.total_documents + metadata.nested_documents) if metadata else "?",
            backup.size,
        ),
    ]


def _amounts(documents: str, size: int) -> list[_Cell]:
    return [_Cell(documents, right=True), _Cell(figures.size(size), right=True)]


def _complete(metadata: Metadata, form: _Form) -> tuple[str, str]:
    """What a complete backup is, and its colour: whole, of a part of the database, or without a document."""
    if not metadata.total_documents + metadata.nested_documents:
        return "VACÍO", "red"
    part = figures.part(metadata.scope)
    if not part:
        return KINDS["complete"], _COLORS["complete"]
    return (f"{KINDS['complete']}, {part}" if form.whole_words else "parcial"), _COLORS["complete"]


def _moment(moment: datetime, *, years: bool) -> str:
    day, hour = output.local_time(moment).split(" ")
    return f"{day if years else day[:5]} {hour}"
