"""`facot-backups notify test`: does an alert arrive?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from facot_backups.errors import UsageError
from facot_backups.text import visible
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits

if TYPE_CHECKING:
    from facot_backups.app.alerts.trial import Trial

UNDELIVERED_EXIT = 14


@click.command(
    "notify",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, UNDELIVERED_EXIT, 130),
)
@click.argument("action", metavar="ACCIÓN", type=click.Choice(["test"]))
@common
def command(action: str, **shared: Any) -> int:
    """Envía un mensaje de prueba por cada aviso configurado y dice cuál llegó (ACCIÓN: test).

    Los avisos son healthcheck_url, notify_urls y on_error.
    """
    from facot_backups.app import wiring
    from facot_backups.app.alerts.trial import trials
    from facot_backups.app.alerts.watch import Alerts
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    found = []
    for trial in trials(Alerts(settings, wiring.open_store(settings))):
        found.append(trial)
        if not shared["as_json"]:
            _show(trial, quiet=shared["quiet"])
    if not found:
        raise UsageError("no_alerts")
    code = UNDELIVERED_EXIT if any(trial.problem is not None for trial in found) else 0
    if shared["as_json"]:
        output.print_json(to_json(found, code))
    return code


def to_json(found: list[Trial], code: int) -> dict[str, Any]:
    """The report of `notify test` (docs/cli.md)."""
    return {
        "success": code == 0,
        "exit_code": code,
        "channels": [
            {
                "name": trial.name,
                "kind": trial.kind,
                "arrived": trial.problem is None,
                "problem": trial.problem,
            }
            for trial in found
        ],
    }


def _show(trial: Trial, *, quiet: bool) -> None:
    if trial.problem is not None:
        word = "falló" if trial.kind == "command" else "no llegó"
        text = f"✗ {trial.name:<28} {word}: {visible(trial.problem)}"
        output.echo(text, fg="red", err=quiet)
    elif not quiet:
        word = "la orden terminó bien" if trial.kind == "command" else "llegó"
        output.echo(f"✓ {trial.name:<28} {word}", fg="green")
