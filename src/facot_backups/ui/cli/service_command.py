"""`facot-backups service`: the system's own timer calls `run --if-due` every 15 minutes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import backup_dir, exits

if TYPE_CHECKING:
    from facot_backups.app.service.current_system import Here


@click.command(
    "service",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 13),
)
@click.argument("action", metavar="ACCIÓN", type=click.Choice(["install", "status", "remove"]))
@click.option("--yes", is_flag=True, help="Hazlo; sin esto, solo muestra qué haría.")
@click.option("--system", is_flag=True, help="En Linux, para todo el sistema y no para su usuario.")
@backup_dir
def command(action: str, yes: bool, system: bool, backup_dir: Path | None) -> int:
    """Instala, muestra o quita el servicio (ACCIÓN: install, status o remove).

    El sistema llama entonces a «run --if-due» cada 15 minutos, también tras un apagón o una suspensión. Usa
    los ajustes de la carpeta en que está usted ahora.
    """
    from facot_backups.app.service import plan
    from facot_backups.app.service.current_system import here, refuse_variables
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": backup_dir})
    found = here(settings, system_wide=system)
    if action == "status":
        return _status(found)
    if action == "install":
        refuse_variables(settings)
        _show_plan(found)
        if yes:
            plan.install(found.plan)
    else:
        _show_removal(found)
        if yes and not plan.remove(found.removal):
            output.echo("No había nada que quitar.")
            return 0
    if yes:
        output.echo("Instalado." if action == "install" else "Quitado.", fg="green", bold=True)
    else:
        output.echo()
        output.echo(f"No se ha tocado nada. Para hacerlo: facot-backups service {action} --yes")
    return 0


def _show_plan(found: Here) -> None:
    output.echo(f"Servicio de {found.system}")
    for folder in found.plan.folders:
        owner = f" (de {found.plan.owner})" if found.plan.owner else ""
        output.echo(f"Carpeta que debe existir: {folder}{owner}")
    for file in found.plan.files:
        output.echo()
        output.echo(str(file.path), bold=True)
        output.echo_lines(file.text.rstrip())
    _show_commands(found.plan.commands)
    for note in found.plan.notes:
        output.echo(f"Nota: {note}")


def _show_removal(found: Here) -> None:
    output.echo(f"Servicio de {found.system}")
    _show_commands((*found.removal.before, *found.removal.after))
    for path in found.removal.files:
        output.echo(f"Archivo que se quita: {path}")


def _show_commands(commands: tuple[tuple[str, ...], ...]) -> None:
    output.echo()
    for words in commands:
        output.echo(f"Orden: {' '.join(words)}")


def _status(found: Here) -> int:
    from facot_backups.app.service import plan

    there = [file for file in found.plan.files if file.path.exists()]
    if not there:
        output.echo(f"No instalado ({found.system}). Para instalarlo: facot-backups service install")
        return 0
    if found.plan.present:
        output.echo(f"Instalado ({found.system}).")
    else:
        output.echo(
            f"Instalado ({found.system}) con otros ajustes que los de ahora. "
            "Para ponerlo al día: facot-backups service install"
        )
    output.echo_lines(plan.run(found.status).rstrip())
    return 0
