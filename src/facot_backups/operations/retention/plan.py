"""Which backups may go, and why each stays. Pure: no I/O; `cleanup` does what the plan says.

Nothing is lost unless there is better data: a backup goes when it is older than the policy *and* enough
better ones stay, and none goes while an alarm stands. The rules: docs/architecture.md, "Retention".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias

from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.reader import Backup
from facot_backups.errors import SettingError
from facot_backups.model import EVERYTHING, Scope, Source
from facot_backups.operations.retention.alarms import Alarm, ClockReading, Judged, find_alarms, moment
from facot_backups.settings.model import RULES

Rule: TypeAlias = Literal[
    "recent",  # kept: not older than the policy
    "last",  # kept: one of the `keep_last` newest that count
    "few",  # kept: too few newer ones count
    "unsurpassed",  # kept: too few newer ones hold all that it holds
    "future",  # kept: it bears a date of the future
    "damaged",  # kept: nothing proves its age
    "unreadable",  # kept: nobody can say now how old it is
    "newer-format",  # kept
    "alarm",  # kept: it would go, but an alarm stands
    "refused",  # kept: it would go, but the folder holds more than a backup
    "not-reached",  # kept: it would go, but a deletion failed
    "old",  # deleted
]

# Beyond these a value is a slip. They are the settings' own bounds.
_BOUNDS = {"retention_days": (1, 36_500), "keep_last": (1, 1000), "anomaly_drop": (1, 100)}


@dataclass(frozen=True, slots=True)
class Policy:
    """What is to be kept. Checked on the way in: `0` must never read as "delete everything".

    `retention_days`: backups that are not older stay. `keep_last`: so many complete ones stay, however
    old. `anomaly_drop`: the percentage of `find_anomalies`. `origin` is for the error: where the values
    came from. Raises SettingError.
    """

    retention_days: int = 30
    keep_last: int = 2
    anomaly_drop: int = 30
    origin: str = "argumento"

    def __post_init__(self) -> None:
        for setting, (low, high) in _BOUNDS.items():
            value = getattr(self, setting)
            if isinstance(value, bool) or not isinstance(value, int):
                raise SettingError(setting, self.origin, "no es un número entero", RULES[setting].allowed)
            if not low <= value <= high:
                raise SettingError(setting, self.origin, "está fuera de los límites", RULES[setting].allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a plan is made from, read under the lock that the cleanup still holds.

    `backups`: all of ours in the folder, in any order; `old_backups`: FACOT 2.0's own, none of which is
    in `backups`. `source`: the repository's, None if it has no identity. `scope`: the configured one.
    `now`: the local clock, aware, in UTC; `zone`: that of local dates. `accepted`: as in `find_anomalies`.
    `last_run`: the clocks at the last run, also one that left no backup, where that is known.
    """

    backups: Sequence[Backup]
    now: datetime
    zone: tzinfo
    source: Source | None
    scope: Scope = EVERYTHING
    old_backups: Sequence[OldBackup] = ()
    accepted: datetime | None = None
    last_run: ClockReading | None = None

    @property
    def today(self) -> date:
        """The local date."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one folder, by which rule; `reason` tells the user, in Spanish.

    `relies_on`: for a complete one that goes, the better ones: if one of them is damaged, it stays.
    """

    item: AnyBackup
    delete: bool
    rule: Rule
    reason: str
    relies_on: tuple[Backup, ...] = ()

    @property
    def path(self) -> Path:
        """The folder."""
        return self.item.path

    @property
    def date(self) -> date:
        """The local date that the folder bears."""
        return self.item.date


@dataclass(frozen=True, slots=True)
class Plan:
    """What retention would do; where there are `alarms`, nothing is deleted.

    `decisions`: one for each folder, ours first, then the old ones, each the newest first. `to_verify`:
    the `keep_last` newest, which must be sound before the first deletion; empty if there is none.
    `warnings`, in Spanish, stop nothing.
    """

    decisions: tuple[Decision, ...]
    alarms: tuple[Alarm, ...] = ()
    warnings: tuple[str, ...] = ()
    to_verify: tuple[Backup, ...] = ()

    @property
    def deletions(self) -> tuple[Decision, ...]:
        """What is to go, in the order in which it goes: the oldest first."""
        return tuple(decision for decision in reversed(self.decisions) if decision.delete)


def counts(backup: Backup, source: Source | None, scope: Scope) -> bool:
    """Whether `backup` counts: complete, of the present source, its scope covering the configured one."""
    metadata = backup.metadata
    if metadata is None or not backup.complete:
        return False
    return metadata.source == source and metadata.scope.covers(scope)


def plan(facts: Facts, policy: Policy) -> Plan:
    """What may go and what stays, each with its reason. Raises nothing for what the folder holds."""
    ours = _Ours(facts, policy)
    decisions = [*ours.decisions(), *_old_decisions(facts, policy)]
    judged = Judged(backups=facts.backups, counting=ours.counting, now=facts.now, zone=facts.zone)
    to_verify = ours.counting[: policy.keep_last] if any(d.delete for d in decisions) else ()
    alarms = find_alarms(
        judged, accepted=facts.accepted, drop_percent=policy.anomaly_drop, last_run=facts.last_run
    )
    warnings = tuple(_warnings(decisions))
    if alarms:
        return Plan(tuple(map(stopped, decisions)), alarms, warnings)
    return Plan(tuple(decisions), (), warnings, to_verify)


# --- ours ------------------------------------------------------------------------------------------


class _Ours:
    """The judgement on the backups of our own format: each is looked at once, however many there are."""

    def __init__(self, facts: Facts, policy: Policy) -> None:
        self._facts = facts
        self._policy = policy
        self._all = sorted(facts.backups, key=self._order, reverse=True)
        self._complete = [backup for backup in self._all if backup.complete]
        self.counting = tuple(b for b in self._complete if counts(b, facts.source, facts.scope))
        # What `_newest_of` found.
        self._newest: dict[tuple[Source, Scope], tuple[Backup, ...]] = {}

    def decisions(self) -> list[Decision]:
        """One for each, the newest first."""
        decisions: list[Decision] = []
        newer = 0  # of those that count
        for backup in self._all:
            is_counted = newer < len(self.counting) and backup is self.counting[newer]
            decisions.append(self._decide(backup, newer, is_counted))
            newer += is_counted
        return decisions

    def _order(self, backup: Backup) -> tuple[datetime, str]:
        return moment(backup, self._facts.zone), str(backup.name)

    def _decide(self, backup: Backup, newer: int, is_counted: bool) -> Decision:
        """The first rule that applies; every one but the last keeps the backup."""
        metadata = backup.metadata
        if metadata is None:
            return _without_metadata(backup)
        if backup.date > self._facts.today:
            return Decision(backup, False, "future", "lleva una fecha del futuro, y eso no se borra nunca")
        age = self._facts.now - metadata.read_time
        if age <= timedelta(days=self._policy.retention_days):
            return Decision(backup, False, "recent", self._recent(age))
        if not backup.complete:
            # These only age: nothing relies on them, and they protect nothing (docs/architecture.md).
            what = "incompleto" if backup.kind == "incomplete" else "lo que guardó una restauración"
            return Decision(backup, True, "old", f"{what}; {self._aged(age)}")
        return self._decide_complete(backup, age, newer, is_counted)

    def _decide_complete(self, backup: Backup, age: timedelta, newer: int, is_counted: bool) -> Decision:
        """`newer`: how many that count are newer; `is_counted`: whether it is one of them itself."""
        last = self._policy.keep_last
        if newer < last:
            if is_counted:
                reason = f"es de los {last} completos más nuevos, que se conservan siempre (keep_last)"
                return Decision(backup, False, "last", reason)
            reason = f"aún no hay {last} completos más nuevos de lo que ahora se guarda (hay {newer})"
            return Decision(backup, False, "few", reason)
        better = self._newest_of(backup.proven().source, backup.proven().scope)
        if len(better) < last or self._order(better[-1]) <= self._order(backup):
            reason = f"no hay {last} completos más nuevos que guarden todo lo que guarda este"
            return Decision(backup, False, "unsurpassed", reason)
        reason = f"{self._aged(age)}; quedan {last} completos más nuevos"
        return Decision(backup, True, "old", reason, better)

    def _newest_of(self, source: Source, scope: Scope) -> tuple[Backup, ...]:
        """The `keep_last` newest complete ones of `source` that hold all that `scope` does, newest first.

        A backup of another source, or of a wider scope than the present one, is not made worthless by
        newer ones that leave its documents out.
        """
        if (source, scope) not in self._newest:
            holding = (
                other
                for other in self._complete
                if other.proven().source == source and other.proven().scope.covers(scope)
            )
            self._newest[source, scope] = tuple(islice(holding, self._policy.keep_last))
        return self._newest[source, scope]

    def _recent(self, age: timedelta) -> str:
        return f"tiene {_days(max(age.days, 0))} {_limit(self._policy.retention_days)}"

    def _aged(self, age: timedelta) -> str:
        days, limit = age.days, self._policy.retention_days
        return f"tiene {_days(days) if days > limit else f'algo más de {_days(days)}'} {_limit(limit)}"


def _without_metadata(backup: Backup) -> Decision:
    """Age goes by `read_time` alone, never by the name (docs/disk-format.md).

    Of such a one nobody can say that it is older than the policy, nor whether it holds the last copy of
    something.
    """
    if backup.kind == "newer":
        reason = "es de una versión más nueva del formato, que este programa no borra nunca"
        return Decision(backup, False, "newer-format", reason)
    if backup.kind == "unreadable":
        reason = "no se pudo leer; se mira otra vez en la próxima limpieza"
        return Decision(backup, False, "unreadable", reason)
    reason = "está dañado y nada prueba de cuándo es; si no le sirve, bórrelo a mano"
    return Decision(backup, False, "damaged", reason)


# --- FACOT 2.0's -----------------------------------------------------------------------------------


def _old_decisions(facts: Facts, policy: Policy) -> list[Decision]:
    """Judged apart, by the date of the folder, with a `keep_last` of their own; the newest first."""
    ordered = sorted(facts.old_backups, key=lambda old: old.date, reverse=True)
    decisions: list[Decision] = []
    # A date of the future proves a mistake, not a newer backup: it protects nobody. Nor is an empty one any
    # better than one that holds something.
    newer = newer_holding = 0
    for old in ordered:
        decisions.append(_old_decision(old, facts.today, policy, newer_holding if old.collections else newer))
        if old.date <= facts.today:
            newer += 1
            newer_holding += bool(old.collections)
    return decisions


def _old_decision(old: OldBackup, today: date, policy: Policy, newer: int) -> Decision:
    days, last, limit = (today - old.date).days, policy.keep_last, policy.retention_days
    if days < 0:
        return Decision(old, False, "future", "lleva una fecha del futuro, y eso no se borra nunca")
    if days <= limit:
        return Decision(old, False, "recent", f"tiene {_days(days)} {_limit(limit)}")
    if newer < last:
        reason = f"es de los {last} de formato antiguo más nuevos, que se conservan siempre (keep_last)"
        return Decision(old, False, "last", reason)
    reason = f"formato antiguo; tiene {_days(days)} {_limit(limit)}; quedan {last} más nuevos de ese formato"
    return Decision(old, True, "old", reason)


# --- both ------------------------------------------------------------------------------------------


def stopped(decision: Decision) -> Decision:
    """A deletion that an alarm stops; any other decision as it is."""
    if not decision.delete:
        return decision
    return spared(decision, "alarm", "no se borra porque hay una alarma")


def spared(decision: Decision, rule: Rule, why: str) -> Decision:
    """A deletion that does not take place, by `rule`; `why` is in Spanish and completes the reason."""
    return replace(decision, delete=False, rule=rule, reason=f"{decision.reason}; {why}")


def _limit(days: int) -> str:
    return f"(límite: {_days(days)})"


def _days(number: int) -> str:
    return "1 día" if number == 1 else f"{number} días"


def _bears_any_date(item: AnyBackup) -> bool:
    """Whether its date comes from elsewhere than our clock, which an alarm speaks of."""
    return isinstance(item, OldBackup) or item.proven().label


def _warnings(decisions: Iterable[Decision]) -> Iterable[str]:
    for decision in decisions:
        if decision.rule == "future" and _bears_any_date(decision.item):
            yield (
                f"{decision.path.name} lleva una fecha del futuro: no se borra nunca. "
                "Revise la fecha de este equipo, o bórrelo a mano si no le sirve."
            )
        elif decision.rule == "damaged":
            yield f"{decision.path.name} está dañado. Vea qué le pasa con: facot-backups verify"
        elif decision.rule == "unreadable":
            yield f"{decision.path.name} no se pudo leer, y se queda. Vea por qué con: facot-backups verify"
