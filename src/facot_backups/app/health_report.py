"""Health for programs: the judgement as plain dicts, the same for Python, `status --json` and a panel."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from facot_backups.app import wiring
from facot_backups.figures import age
from facot_backups.operations.health.judgement import Finding, Health
from facot_backups.settings import load_settings


class HealthFinding(TypedDict):
    """Something to know. `code` is stable; `severity` is one of note, warning, critical.

    `subject` is the backup or the collection that it is about, "" where there is but one. `text` says what is
    so, `remedy` what to do (or is ""), both in Spanish.
    """

    code: str
    severity: str
    subject: str
    text: str
    remedy: str


class HealthBackup(TypedDict):
    """The newest backup that counts. All but `read_time` and `age_seconds` are None for an unplugged disk."""

    name: str | None
    read_time: str
    age_seconds: int
    documents: int | None
    size_bytes: int | None
    verified_at: str | None


class HealthDisk(TypedDict):
    """The disk, in bytes; None where it cannot be known. `more_fit`: how many more backups fit."""

    free_bytes: int | None
    used_bytes: int | None
    next_bytes: int | None
    more_fit: int | None


class HealthGrowth(TypedDict):
    """How much more the newest backup holds than one `days` older."""

    days: float
    documents: int
    size_bytes: int


class HealthAnomaly(TypedDict):
    """A collection that lost documents. `kind`: root or nested ones; `text` explains it in Spanish."""

    collection: str
    kind: str
    count: int
    largest: int
    largest_in: str
    text: str


class HealthDrill(TypedDict):
    """The last restore drill that was made."""

    backup: str
    time: str
    passed: bool
    documents: int
    error: str | None


class BackupHealth(TypedDict):
    """What `get_backup_health` returns. Instants are ISO, UTC.

    `state`: ok, warning or critical. `summary`: a sentence in Spanish. `findings`: the worst first.
    `catching_up`: the computer just woke, and its first try has not ended. `waiting_reason`: what the daily
    backup waits for, in Spanish; `next_due`: when it is due. `consecutive_failures` since the last complete
    backup, `last_failure` why the last of them failed. `drill_problem`: why the last attempt at a drill came
    to no end, if none was made since. `oldest_proof`: every complete backup was read again since then; None
    while one never was.
    """

    state: str
    summary: str
    findings: list[HealthFinding]
    checked_at: str
    backup_dir: str
    last_backup: HealthBackup | None
    next_due: str
    waiting_reason: str
    catching_up: bool
    consecutive_failures: int
    last_failure: str | None
    disk: HealthDisk
    growth: HealthGrowth | None
    anomalies: list[HealthAnomaly]
    last_drill: HealthDrill | None
    drill_problem: str | None
    complete_backups: int
    damaged_backups: list[str]
    oldest_proof: str | None


def get_backup_health(backup_dir: str | Path | None = None) -> BackupHealth:
    """How the backups stand. Offline, without a lock; a folder that is gone is part of the answer.

    Raises SettingError.
    """
    from facot_backups.app.logs import log_event

    settings = load_settings({"backup_dir": backup_dir})
    store = wiring.open_store(settings, log_event)
    return as_dict(wiring.health(settings, store), settings.backup_dir)


def as_dict(health: Health, backup_dir: Path) -> BackupHealth:
    """A judgement as plain values."""
    return BackupHealth(
        state=health.state,
        summary=summary(health),
        findings=[_finding(finding) for finding in health.findings],
        checked_at=health.checked_at.isoformat(),
        backup_dir=str(backup_dir),
        last_backup=_last_backup(health),
        next_due=health.schedule.next_due.isoformat(),
        waiting_reason=health.schedule.reason,
        catching_up=health.catching_up,
        consecutive_failures=health.failures,
        last_failure=health.failure,
        disk=HealthDisk(
            free_bytes=health.disk.free_bytes,
            used_bytes=health.disk.used_bytes,
            next_bytes=health.next_bytes,
            more_fit=health.more_fit,
        ),
        growth=_growth(health),
        anomalies=[
            HealthAnomaly(
                collection=anomaly.collection,
                kind=anomaly.kind,
                count=anomaly.count,
                largest=anomaly.largest,
                largest_in=anomaly.largest_in,
                text=str(anomaly),
            )
            for anomaly in health.anomalies
        ],
        last_drill=_last_drill(health),
        drill_problem=health.drill_problem,
        complete_backups=health.complete,
        damaged_backups=list(health.damaged),
        oldest_proof=health.oldest_proof.isoformat() if health.oldest_proof else None,
    )


def summary(health: Health) -> str:
    """The judgement in one sentence, in Spanish: the worst that was found, or that all is well."""
    if health.state != "ok":
        others = sum(finding.severity != "note" for finding in health.findings) - 1
        more = f" (y {others} más)" if others else ""
        return health.findings[0].text + more
    last = health.last_backup
    if health.catching_up or last is None:
        return next(finding.text for finding in health.findings)
    verified = ", comprobado" if last.verified_at is not None else ""
    return f"Todo bien: hay un backup completo de hace {age(last.age)}{verified}."


def _finding(finding: Finding) -> HealthFinding:
    return HealthFinding(
        code=finding.code,
        severity=finding.severity,
        subject=finding.subject,
        text=finding.text,
        remedy=finding.remedy,
    )


def _last_backup(health: Health) -> HealthBackup | None:
    last = health.last_backup
    if last is None:
        return None
    return HealthBackup(
        name=last.name,
        read_time=last.read_time.isoformat(),
        age_seconds=int(last.age.total_seconds()),
        documents=last.documents,
        size_bytes=last.size_bytes,
        verified_at=last.verified_at.isoformat() if last.verified_at else None,
    )


def _growth(health: Health) -> HealthGrowth | None:
    growth = health.growth
    if growth is None:
        return None
    return HealthGrowth(days=round(growth.days, 2), documents=growth.documents, size_bytes=growth.size_bytes)


def _last_drill(health: Health) -> HealthDrill | None:
    drill = health.last_drill
    if drill is None:
        return None
    return HealthDrill(
        backup=drill.backup,
        time=drill.time.isoformat(),
        passed=drill.passed,
        documents=drill.documents,
        error=drill.error,
    )
