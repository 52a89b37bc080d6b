"""How the scheduler stands, as plain values: what `BackupScheduler.get_status` returns."""

from __future__ import annotations

from typing import TypedDict

from facot_backups.archive.ledger import COMPLETE
from facot_backups.clock import in_zone
from facot_backups.operations.health.basis import failed_tries
from facot_backups.operations.schedule.due import Decision, Facts, decide
from facot_backups.settings import Settings


class LastRun(TypedDict):
    """The last try, whoever made it. Times are local ISO; `finished` is None for a run that was killed."""

    started: str
    finished: str | None
    trigger: str
    success: bool
    error: str | None


class SchedulerStatus(TypedDict):
    """What `get_status` returns.

    `running`: the thread lives and Firestore is configured. `in_progress`: a backup is being made.
    `next_backup` is local ISO with its offset, None without usable settings. `today_backup_exists`: a
    complete backup bears today's date; `scheduled_done_today`: the scheduler has nothing more to do today.
    `last_backup`: the local date of the newest complete backup. `last_error`: why the last try failed, None
    after a success. `waiting_reason`: what it waits for, in Spanish.
    """

    running: bool
    in_progress: bool
    next_backup: str | None
    backup_hour: str | None
    backup_dir: str | None
    retention_days: int | None
    today_backup_exists: bool
    scheduled_done_today: bool
    total_backups: int
    last_backup: str | None
    last_run: LastRun | None
    last_error: str | None
    consecutive_failures: int
    waiting_reason: str | None


def nothing_known() -> SchedulerStatus:
    """The status where no settings can be read."""
    return SchedulerStatus(
        running=False,
        in_progress=False,
        next_backup=None,
        backup_hour=None,
        backup_dir=None,
        retention_days=None,
        today_backup_exists=False,
        scheduled_done_today=False,
        total_backups=0,
        last_backup=None,
        last_run=None,
        last_error=None,
        consecutive_failures=0,
        waiting_reason=None,
    )


def tell(status: SchedulerStatus, settings: Settings, facts: Facts) -> None:
    """Put into `status` what settings and folder say; what only the thread knows stays as it is."""
    _settings_into(status, settings)
    _facts_into(status, facts, decide(facts))


def _settings_into(status: SchedulerStatus, settings: Settings) -> None:
    status["backup_hour"] = f"{settings.backup_hour:%H:%M}"
    status["backup_dir"] = str(settings.backup_dir)
    status["retention_days"] = settings.retention_days


def _facts_into(status: SchedulerStatus, facts: Facts, decision: Decision) -> None:
    complete = [backup for backup in facts.backups or () if backup.complete]
    failed = failed_tries(facts)
    status["next_backup"] = in_zone(decision.next_due, facts.zone).isoformat(timespec="seconds")
    status["today_backup_exists"] = any(backup.date == facts.today for backup in complete)
    status["scheduled_done_today"] = decision.standing == "done"
    status["total_backups"] = len(complete)
    status["last_backup"] = complete[0].date.isoformat() if complete else None
    status["consecutive_failures"] = len(failed)
    if failed:
        status["last_error"] = failed[-1].error or status["last_error"]
    if tries := facts.past_tries:
        last = tries[-1]
        ended = last.ended_at
        status["last_run"] = LastRun(
            started=in_zone(last.started_at, facts.zone).isoformat(timespec="seconds"),
            finished=in_zone(ended, facts.zone).isoformat(timespec="seconds") if ended else None,
            trigger=last.trigger,
            success=last.outcome == COMPLETE,
            error=last.error,
        )
