"""What earlier backups hold and the newest lacks: said after each run, where nobody may be notified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facot_backups.text import visible
from facot_backups.ui.cli import output

if TYPE_CHECKING:
    from facot_backups.settings import Settings

_TOLD = {"anomaly": "Faltan datos: ", "left_out": ""}


def tell_losses(settings: Settings) -> None:
    """Say on stderr what is missing, and what to do."""
    from facot_backups.app import wiring

    for finding in wiring.health(settings, wiring.open_store(settings)).findings:
        if finding.code in _TOLD:
            output.echo(f"{_TOLD[finding.code]}{visible(finding.text)}", fg="red", bold=True, err=True)
            output.echo(f"  {visible(finding.remedy)}", err=True)
