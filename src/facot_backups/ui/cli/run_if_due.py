"""`run --if-due`: what cron and the system's timers call every 15 minutes. Not due: nothing, at once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from facot_backups.app import logs, scheduled_work
from facot_backups.clock import SystemClock
from facot_backups.errors import FacotBackupsError
from facot_backups.operations.schedule import uptime
from facot_backups.operations.schedule.due import Decision, decide
from facot_backups.operations.schedule.facts import facts_of
from facot_backups.operations.schedule.scheduled_run import Job, ScheduledRun, unproven
from facot_backups.settings import Settings
from facot_backups.text import hanging
from facot_backups.ui.cli import output, run_text
from facot_backups.ui.cli.loss_warning import tell_losses
from facot_backups.ui.cli.progress import progress

_ALARM_EXIT = 30


def run_if_due(settings: Settings, **shared: Any) -> int:
    """Make the scheduled backup if it is due, with what follows it. Returns the exit code."""
    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        job = scheduled_work.job(settings, emit)
        uptime.tick(job.store)
        facts = facts_of(job.store, job.hour, job.scope)
        decision = decide(facts)
        if not decision.due and unproven(job.store, facts) is None:
            scheduled_work.tell_changes(settings)
            return _not_due(decision, **shared)
        if decision.due:
            _wait_for_network(job, settings)
        told = run_text.Warnings(emit)
        run = scheduled_work.run(settings, told)
    return _report(run, settings, told.messages, **shared)


def _wait_for_network(job: Job, settings: Settings) -> None:
    """A computer that just woke has no network yet. Wrong credentials are no reason to wait."""
    with suppress(FacotBackupsError):
        job.connect().close()
        scheduled_work.wait_for_network(settings, SystemClock())


def _not_due(decision: Decision, *, as_json: bool, verbose: bool, **_: Any) -> int:
    if as_json:
        output.print_json(to_json(decision))
    elif verbose:
        output.echo(decision.reason, err=True)
    return 0


def to_json(decision: Decision) -> dict[str, Any]:
    """The report of `run --if-due --json` when nothing was due (docs/cli.md)."""
    return {
        "success": True,
        "exit_code": 0,
        "due": False,
        "reason": decision.reason,
        "next_due": decision.next_due.isoformat(),
    }


def _report(run: ScheduledRun, settings: Settings, warnings: list[str], **shared: Any) -> int:
    if run.backup is None and run.report is None and run.fault is None:
        return _not_due(run.decision, **shared)
    code = _exit_code(run)
    if run.retention is not None:
        logs.log_retention(run.retention)
    if run.fault is not None:
        output.show_error(run.fault, as_json=False, verbose=False)
    for alarm in run.retention.alarms if run.retention is not None else ():
        output.echo_lines(f"No se borra nada: {hanging(alarm.message)}", fg="yellow", err=True)
    if shared["as_json"]:
        told = to_json(run.decision) if run.backup is None else run_text.to_json(run.backup, warnings)
        output.print_json(told | {"success": code == 0, "exit_code": code})
    elif run.backup is not None and not shared["quiet"]:
        run_text.show(run.backup)
    if run.backup is not None:
        tell_losses(settings)
    return code


def _exit_code(run: ScheduledRun) -> int:
    """That of what went wrong after the backup, else of an incomplete one, else of an alarm that stands."""
    if run.fault is not None:
        return run.fault.exit_code
    if run.backup is not None and not run.backup.complete:
        return run_text.INCOMPLETE_EXIT
    return _ALARM_EXIT if run.retention is not None and run.retention.alarms else 0
