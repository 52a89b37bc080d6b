"""`facot-backups schedule`: the scheduler in the foreground, for servers."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from facot_backups.ui.cli.options import backup_dir, exits
from facot_backups.ui.cli.streams import ending_signals


@click.command(
    "schedule",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2),
)
@click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="ARCHIVO",
    help="Escribe el registro también aquí; al crecer se guarda y se empieza otro.",
)
@backup_dir
@click.option("--quiet", is_flag=True, help="Solo avisos y errores.")
@click.option("--verbose", is_flag=True, help="Cuenta más.")
def command(log_file: Path | None, backup_dir: Path | None, quiet: bool, verbose: bool) -> int:
    """Se queda corriendo y hace el backup de cada día a su hora, o en cuanto pueda.

    Termina con Ctrl-C o SIGTERM, en segundos y sin dejar nada a medias.
    """
    from facot_backups.app import logs
    from facot_backups.app.scheduler import BackupScheduler
    from facot_backups.settings import load_settings

    load_settings({"backup_dir": backup_dir})  # a mistake is told now, not in the log
    level = logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO
    with logs.written(level, log_file):
        scheduler = BackupScheduler(backup_dir)
        ended = _on_signals()
        scheduler.start()
        # Bounded waits: on Windows a signal is only seen between two of them.
        while not ended.wait(1.0):
            pass
        stopped = scheduler.stop()
        how = "" if stopped else " (la última llamada a Firestore no respondió)"
        logs.SCHEDULER.info("[SCHEDULER] Scheduler detenido%s", how)
    return 0


def _on_signals() -> threading.Event:
    """An event that Ctrl-C, SIGTERM and SIGHUP set from now on."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, *ending_signals()):
        signal.signal(number, end)
    return ended
