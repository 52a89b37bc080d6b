"""`facot-backups run`: make a backup now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from facot_backups.errors import ReadBudgetExceeded, UsageError
from facot_backups.ui.cli import output, run_text
from facot_backups.ui.cli.loss_warning import tell_losses
from facot_backups.ui.cli.options import collections, common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.settings import Settings


@click.command(
    "run",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 3, 10, 11, 13, 20, 30, 130),
)
@collections
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
            raise UsageError("if_due_alone")
        from facot_backups.ui.cli.run_if_due import run_if_due

        return run_if_due(load_settings({"backup_dir": shared["backup_dir"]}), **shared)
    from facot_backups.app import manual_backup
    from facot_backups.operations.backup.run import BackupRequest

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
        told = run_text.Warnings(emit)
        backup = manual_backup.back_up(settings, request, told)
    if shared["as_json"]:
        output.print_json(run_text.to_json(backup, told.messages))
    elif not shared["quiet"]:
        run_text.show(backup)
    if not collections:
        tell_losses(settings)
    return 0 if backup.complete else run_text.INCOMPLETE_EXIT


def _preview(settings: Settings, **shared: Any) -> int:
    """`run --dry-run`: what a run would do. Exit 2 if the read budget would refuse it."""
    from facot_backups.app import wiring
    from facot_backups.operations.backup.preview import preview

    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        store = wiring.open_store(settings, emit)
        found = preview(wiring.connector(settings), store, settings.scope, settings.max_reads, emit)
    code = ReadBudgetExceeded.exit_code if found.over_budget else 0
    if shared["as_json"]:
        output.print_json(run_text.preview_to_json(found, code))
    else:
        run_text.show_preview(found)
    return code
