"""`facot-backups history`: one document through all backups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from facot_backups import figures
from facot_backups.errors import BackupNotFound
from facot_backups.text import visible
from facot_backups.ui.cli import document_text, output
from facot_backups.ui.cli.options import common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.operations.comparison.history import Chapter, Event, History, Sighting

NOT_THERE_EXIT = BackupNotFound.exit_code
_HEADS: dict[Event, tuple[str, str]] = {
    "absent": ("no existía todavía", "bright_black"),
    "first": ("ya existía", "green"),
    "created": ("creado", "green"),
    "changed": ("cambiado", "yellow"),
    "deleted": ("borrado", "red"),
}


@click.command(
    "history",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 12, 13, 130),
)
@click.argument("documento", metavar="COLECCIÓN/ID")
@common
def command(documento: str, **shared: Any) -> int:
    """Cuenta la historia de un documento según los backups: cuándo apareció, qué cambió, cuándo se borró.

    Solo se ve lo que había en el momento de cada backup: lo que pasó entre dos no se sabe. Una factura se
    puede pedir también por su NCF: B0100000163; vale el backup más nuevo que la tenga.
    """
    from facot_backups.app import wiring
    from facot_backups.operations.comparison.history import history
    from facot_backups.operations.search.invoice_number import find_invoice, is_number
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    path = None if is_number(documento) else document_text.document_path(documento)
    store = wiring.open_store(settings)
    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        if path is None:
            whole = [backup for backup in store.all_backups() if backup.kind != "pre-restore"]
            path = find_invoice(whole, documento)
        found = history(store, path, emit)
    if not found.backups:
        raise BackupNotFound("latest", settings.backup_dir)
    code = 0 if found.seen else NOT_THERE_EXIT
    if shared["as_json"]:
        output.print_json(to_json(found, code))
    else:
        _print(found)
    return code


def to_json(found: History, code: int) -> dict[str, Any]:
    """The report of a history (docs/cli.md, `history --json`).

    `chapters`, from the oldest on: `event` (absent, first, created, changed, deleted: how it began),
    `first`, `last` and `before` (the backup that came before, null for none) with `name`, `date` and
    `read_time`; `backups` that say the same, `format_changed`, the `fields` of a changed one, and the
    `document` (null where it does not exist). `unknown`: the backups that cannot tell, with the reason.
    """
    return {
        "success": not code,
        "exit_code": code,
        "path": "/".join(found.path),
        "backups": found.backups,
        "chapters": [_chapter_json(chapter) for chapter in found.chapters],
        "unknown": [{**_place(seen), "reason": seen.reason} for seen in found.unknown],
    }


def _chapter_json(chapter: Chapter) -> dict[str, Any]:
    present = chapter.first.found if chapter.first.state == "present" else None
    return {
        "event": chapter.event,
        "first": _place(chapter.first),
        "last": _place(chapter.last),
        "before": _place(chapter.before) if chapter.before else None,
        "backups": chapter.backups,
        "format_changed": chapter.format_changed,
        "fields": document_text.fields_json(iter(chapter.changes)),
        "document": present.line if present else None,
    }


def _place(seen: Sighting) -> dict[str, Any]:
    return {
        "name": seen.backup,
        "date": seen.date.isoformat(),
        "read_time": seen.read_time.isoformat() if seen.read_time else None,
    }


def _print(found: History) -> None:
    width = output.terminal_width()
    output.echo(document_text.path_text(found.path), bold=True, nl=False)
    output.echo(f"  en {figures.counted(found.backups, 'backup')}")
    for chapter in found.chapters:
        _print_chapter(chapter, width)
    if found.unknown:
        output.echo("No se sabe:", fg="yellow")
    for seen in found.unknown:
        output.echo(f"  {seen.backup}: {visible(seen.reason or '')}")
    if not found.seen:
        output.echo("Ningún backup lo tiene.")


def _print_chapter(chapter: Chapter, width: int | None) -> None:
    what, color = _HEADS[chapter.event]
    since = f" (entre {chapter.before.backup} y {chapter.first.backup})" if chapter.before else ""
    output.echo(f"  {_span(chapter)}  {output.style(what, fg=color, bold=True)}{since}")
    if chapter.format_changed:
        output.echo("      Uno de los dos es de formato antiguo, que no guardaba los tipos.")
    for line in document_text.field_lines(iter(chapter.changes), width, "      "):
        output.echo(line)


def _span(chapter: Chapter) -> str:
    """`2024-11-01 → 2024-11-04 (4 backups)`: the first and the last backup that say so."""
    if chapter.backups == 1:
        return f"{chapter.first.backup}"
    return f"{chapter.first.backup} → {chapter.last.backup} ({chapter.backups} backups)"
