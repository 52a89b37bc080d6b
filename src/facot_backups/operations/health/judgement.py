"""How the backups stand: one judgement, and all that it rests on. Pure: facts in, a `Health` out.

`facts` reads them; the command line, the panel and alerts show the judgement
(docs/programar.md, "La salud").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from facot_backups.operations.backup.coverage import Coverage
from facot_backups.operations.drill.record import PastDrill
from facot_backups.operations.health.basis import CUT, Basis, Disk, Growth, HealthFacts, LastBackup
from facot_backups.operations.health.findings import Code, Finding, Severity, find
from facot_backups.operations.retention.anomaly import Anomaly
from facot_backups.operations.schedule.due import Decision

__all__ = [
    "Code",
    "Disk",
    "Finding",
    "Growth",
    "Health",
    "HealthFacts",
    "LastBackup",
    "Severity",
    "State",
    "judge",
]

State: TypeAlias = Literal["ok", "warning", "critical"]

_WORST_FIRST: tuple[Severity, ...] = ("critical", "warning", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The judgement. `findings`: the worst first. Instants are aware, in UTC; sizes in bytes.

    `state`: that of the worst finding, where a note is no harm. `last_backup` is None without any.
    `schedule`: what `due.decide` says of the next one. `failures`: tries that failed since the last
    complete backup; `failure` is why the last of them did, in Spanish. `next_bytes`: what the next backup
    needs while it is made; `more_fit`: how many more fit, at what they have taken so far. `complete`: how
    many complete backups there are; `damaged`: the names of the damaged ones. `oldest_proof`: no complete
    backup was read again longer ago; None while one never was.
    """

    state: State
    findings: tuple[Finding, ...]
    checked_at: datetime
    last_backup: LastBackup | None
    schedule: Decision
    failures: int
    failure: str | None
    disk: Disk
    next_bytes: int | None
    more_fit: int | None
    growth: Growth | None
    anomalies: tuple[Anomaly, ...]
    coverage: Coverage
    last_drill: PastDrill | None
    drill_problem: str | None
    complete: int
    damaged: tuple[str, ...]
    oldest_proof: datetime | None
    catching_up: bool


def judge(facts: HealthFacts) -> Health:
    """How the backups stand."""
    basis = Basis(facts)
    findings = sorted(find(basis), key=lambda finding: _WORST_FIRST.index(finding.severity))
    worst = findings[0].severity if findings else "note"
    last_failed = basis.failed[-1] if basis.failed else None
    return Health(
        state="ok" if worst == "note" else worst,
        findings=tuple(findings),
        checked_at=basis.now,
        last_backup=basis.last,
        schedule=basis.decision,
        failures=len(basis.failed),
        failure=None if last_failed is None else last_failed.error or CUT,
        disk=basis.disk,
        next_bytes=basis.next_bytes,
        more_fit=basis.more_fit(),
        growth=basis.growth(),
        anomalies=basis.anomalies,
        coverage=basis.coverage,
        last_drill=basis.drills[-1] if basis.drills else None,
        drill_problem=basis.drills_not_made[-1].error or CUT if basis.drills_not_made else None,
        complete=len(basis.complete),
        damaged=tuple(str(backup.name) for backup in basis.damaged),
        oldest_proof=basis.oldest_proof(),
        catching_up=any(finding.code == "catching_up" for finding in findings),
    )
