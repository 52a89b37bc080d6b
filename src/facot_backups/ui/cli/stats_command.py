"""`facot-backups stats`: how many backups, how large, from when to when."""

from __future__ import annotations

from typing import Any

import click

from facot_backups import figures
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits


@click.command(
    "stats",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 13),
)
@common
def command(**shared: Any) -> int:
    """Cuántos backups hay, de cuándo a cuándo y cuánto ocupan."""
    from facot_backups.ui.api import get_backup_stats

    stats = get_backup_stats(shared["backup_dir"])
    if shared["as_json"]:
        output.print_json(dict(stats))
        return 0
    output.echo(f"Carpeta            {stats['backup_dir']}")
    if not stats["total_backups"]:
        output.echo("Backups completos  ninguno. Haga el primero con: facot-backups run")
        return 0
    output.echo(f"Backups completos  {figures.number(stats['total_backups'])}")
    output.echo(f"El más viejo       {stats['oldest_backup']}")
    output.echo(f"El más nuevo       {stats['newest_backup']}")
    output.echo(f"Ocupan             {figures.size(stats['total_size_bytes'])} (lo que comparten, una vez)")
    output.echo("Por mes")
    for month, number in stats["backups_by_month"].items():
        output.echo(f"  {month}          {figures.number(number)}")
    return 0
