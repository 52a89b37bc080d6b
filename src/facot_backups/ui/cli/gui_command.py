"""`facot-backups gui`: the desktop panel."""

from __future__ import annotations

from pathlib import Path

import click

from facot_backups.ui.cli.options import backup_dir, exits


@click.command(
    "gui",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2),
)
@click.option("--demo", is_flag=True, help="Un negocio de ejemplo con meses de backups; no toca nada suyo.")
@backup_dir
def command(demo: bool, backup_dir: Path | None) -> int:
    """Abre la ventana «Configuración» y hace el backup de cada día mientras siga abierta.

    Si ya está abierta, la trae al frente.
    """
    from facot_backups.ui.desktop.program import startup

    if demo and backup_dir is not None:
        raise click.UsageError("--demo tiene una carpeta propia: quite --backup-dir.")
    startup.require_display()
    startup.require_qt()
    from facot_backups.ui.desktop.program import application
    from facot_backups.ui.desktop.session import Session

    return application.run(Session({"backup_dir": backup_dir}), demonstration=demo)
