"""`facot-backups cleanup`: delete the backups that the policy lets go, and only those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from facot_backups.text import hanging
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.operations.retention.cleanup import RetentionResult
    from facot_backups.operations.retention.plan import Decision

ALARM_EXIT = 30


@click.command(
    "cleanup",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 11, 12, 13, 30, 130),
)
@click.option("--dry-run", is_flag=True, help="Solo dice qué borraría, y por qué.")
@click.option(
    "--accept-anomaly",
    is_flag=True,
    help="Da por bueno que falten documentos o que los ajustes dejen fuera colecciones, y lo anota.",
)
@click.option("--retention-days", type=int, metavar="DÍAS", help="Días que se guardan, en vez del ajuste.")
@common
def command(dry_run: bool, accept_anomaly: bool, retention_days: int | None, **shared: Any) -> int:
    """Borra los backups más viejos que la retención, si quedan bastantes buenos.

    No borra nada mientras haya una alarma: el último backup incompleto o dañado, colecciones que encogieron
    de golpe, o un reloj que no cuadra.
    """
    from facot_backups.app import logs, wiring
    from facot_backups.operations.retention import cleanup
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"], "retention_days": retention_days})
    policy = wiring.policy(settings)
    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        store = wiring.open_store(settings, emit)
        accepted: tuple[str, ...] = ()
        if accept_anomaly and not dry_run:
            accepted = cleanup.accept_anomaly(store, policy, settings.scope)
        result = cleanup.clean_up(store, policy, settings.scope, emit, dry_run=dry_run)
    logs.log_retention(result)
    code = exit_code(result)
    if shared["as_json"]:
        output.print_json(to_json(result, accepted, code))
    else:
        _print(result, accepted, quiet=shared["quiet"])
    return code


def exit_code(result: RetentionResult) -> int:
    """30 when an alarm stopped the cleanup, the fault's own code when one ended it, else 0."""
    if result.fault is not None:
        return result.fault.exit_code
    return ALARM_EXIT if result.alarms else 0


def to_json(result: RetentionResult, accepted: tuple[str, ...], code: int) -> dict[str, Any]:
    """The report of a cleanup (docs/cli.md, `cleanup --json`)."""
    return {
        "success": code == 0,
        "exit_code": code,
        "dry_run": result.dry_run,
        "deleted": [_entry(decision) for decision in result.deleted],
        "kept": [_entry(decision) for decision in result.kept],
        "alarms": [{"kind": alarm.kind, "message": alarm.message} for alarm in result.alarms],
        "accepted": list(accepted),
        "errors": list(result.errors),
    }


def _entry(decision: Decision) -> dict[str, str]:
    return {
        "name": decision.path.name,
        "path": str(decision.path),
        "date": decision.date.isoformat(),
        "rule": decision.rule,
        "reason": decision.reason,
    }


def _print(result: RetentionResult, accepted: tuple[str, ...], *, quiet: bool) -> None:
    for text in accepted:
        output.echo(f"Aceptado: {text}")
    for alarm in result.alarms:
        output.echo_lines(f"No se borra nada: {hanging(alarm.message)}", fg="yellow", bold=True)
    for error in result.errors:
        output.echo_lines(hanging(error), fg="red")
    if quiet:
        return
    verb = "se borraría" if result.dry_run else "borrado"
    for decision in result.deleted:
        output.echo(f"{output.style('−', fg='red')} {decision.path.name:<28} {verb}: {decision.reason}")
    for decision in result.kept:
        output.echo(f"{output.style('✓', fg='green')} {decision.path.name:<28} se queda: {decision.reason}")
    gone = "se borrarían" if result.dry_run else "borrados"
    output.echo(f"{len(result.deleted)} {gone}, {len(result.kept)} se quedan.")
