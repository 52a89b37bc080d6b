"""What is said when. Pure: what stands now and what was said before in, what is to be said out.

A channel is told once when something begins to stand (a failure, staleness, an anomaly, damage, want of
space, drills that cannot be made, what cannot be read, the journal of a restore that is spoilt,
a restore that was cut), and once when it is over. What it was told is remembered for each channel, as text
(docs/alertas.md, "Cuándo se avisa").
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

from facot_backups.clock import from_iso_utc, iso_utc
from facot_backups.operations.health.findings import Code, Finding
from facot_backups.operations.health.judgement import Health
from facot_backups.text import one_line, visible

Subject: TypeAlias = Literal[
    "failure", "staleness", "anomaly", "coverage", "damage", "space", "drill", "unread", "journal", "restore"
]

# Different failures that are told between two successes: the last ones of a long bad day are no news.
MAX_FAILURES = 3
# A computer that was off over the weekend makes up for it within the hour: until then nothing is stale.
PATIENCE = timedelta(hours=2)

_NAMES: Mapping[Subject, str] = {
    "failure": "el backup falla",
    "staleness": "no hay backup reciente",
    "anomaly": "faltan datos en Firestore",
    "coverage": "los backups no guardan todo lo que deberían",
    "damage": "hay un backup dañado",
    "space": "el próximo backup no cabe en el disco",
    "drill": "no se puede hacer el simulacro de restauración",
    "unread": "no se pudo leer un backup",
    "journal": "el diario de una restauración está dañado",
    "restore": "una restauración quedó a medias",
}
_OVER: Mapping[Subject, str] = {
    "failure": "Los backups vuelven a salir bien.",
    "staleness": "Vuelve a haber un backup reciente.",
    "anomaly": "La alarma por datos que faltaban ya no sigue.",
    "coverage": "Los backups vuelven a guardar lo que se quería, o alguien dijo que es a propósito.",
    "damage": "Ya no queda ningún backup dañado.",
    "space": "El próximo backup vuelve a caber en el disco.",
    "drill": "El simulacro de restauración se volvió a hacer.",
    "unread": "Los backups que no se pudieron leer ya se leen.",
    "journal": "Ya no hay ningún diario de restauración dañado.",
    "restore": "Ya no queda ninguna restauración a medias, o se está terminando.",
}
_MILD: frozenset[Subject] = frozenset({"drill", "unread"})
# What differs between two tries that failed alike: figures, names, technical details.
_DETAIL = re.compile(r"\([^()]*\)|«[^«»]*»|\S*[0-9/\\]\S*")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that stands. `key` tells it from others of its subject; `text`, Spanish, is for a person."""

    subject: Subject
    key: str
    text: str


# What a channel was told and that stood then: the keys of each subject.
Told: TypeAlias = Mapping[Subject, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class News:
    """What a channel is to be told: what is `new`, which subjects are `over`. Both may be empty.

    `told` is what it will have been told then.
    """

    new: tuple[Alarm, ...]
    over: tuple[Subject, ...]
    told: Told

    def __bool__(self) -> bool:
        return bool(self.new or self.over)


@dataclass(frozen=True, slots=True)
class Message:
    """A text for a person. `kind` is a word of Apprise's: `failure`, `warning`, `success` or `info`."""

    title: str
    body: str
    kind: str


def news(standing: Sequence[Alarm], told: Told, unknown: Collection[Subject] = ()) -> News:
    """What changed since a channel was told. Of the subjects in `unknown` nobody can say: they stay.

    A failure that stands explains why nothing recent is there, and may be that of a full disk: then neither
    staleness nor space is news.
    """
    new: list[Alarm] = []
    over: list[Subject] = []
    after: dict[Subject, tuple[str, ...]] = {}
    failing = any(alarm.subject == "failure" for alarm in standing)
    for subject in get_args(Subject):
        before = told.get(subject, ())
        present = [alarm for alarm in standing if alarm.subject == subject]
        if subject in unknown:
            after[subject] = before
            continue
        if not present:
            over += [subject] if before else []
            continue
        fresh = [alarm for alarm in present if alarm.key not in before]
        if subject == "failure":
            fresh = fresh[: max(0, MAX_FAILURES - len(before))]
            after[subject] = (*before, *(alarm.key for alarm in fresh))
        elif subject in ("staleness", "space") and failing:
            fresh, after[subject] = [], before
        else:
            after[subject] = tuple(alarm.key for alarm in present)
        new += fresh
    return News(tuple(new), tuple(over), {subject: keys for subject, keys in after.items() if keys})


def message(found: News, where: str) -> Message:
    """The text for a person; `where` says whose backups these are: a computer, a folder."""
    if found.new:
        title = f"FACOT Backups: {' y '.join(dict.fromkeys(_NAMES[alarm.subject] for alarm in found.new))}"
        kind = "warning" if all(alarm.subject in _MILD for alarm in found.new) else "failure"
    else:
        title, kind = "FACOT Backups: resuelto", "success"
    lines = [one_line(alarm.text) for alarm in found.new] + [_OVER[subject] for subject in found.over]
    return Message(title, "\n".join([*lines, visible(where)]), kind)


def parse_told(text: str | None) -> Told:
    """What `to_text` wrote; nothing for None, or for another text."""
    try:
        found = json.loads(text or "{}")
        return {s: tuple(str(key) for key in found[s]) for s in get_args(Subject) if found.get(s)}
    except (ValueError, TypeError, AttributeError):
        return {}


def to_text(told: Told) -> str | None:
    """What was told, to be remembered; None for nothing."""
    return json.dumps({subject: list(keys) for subject, keys in told.items()}) if told else None


# --- what stands ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands now. Of the subjects in `unknown` nobody can say, whatever `alarms` has of them."""

    alarms: tuple[Alarm, ...]
    unknown: frozenset[Subject] = frozenset()


def standing(health: Health) -> Standing:
    """What stands, by a judgement of health. Staleness stands at once here; `patient` waits.

    Nobody can say of a staleness while today's backup is still to come, which will end it; nor of journals
    while one cannot be read.
    """
    alarms = [
        Alarm(subject, _key(finding, health), f"{finding.text} {finding.remedy}".strip())
        for finding in health.findings
        if (subject := _SUBJECTS.get(finding.code)) is not None and finding.severity != "note"
    ]
    unknown = _ON_DISK if health.disk.problem is not None else frozenset[Subject]()
    # What stands is told; that something is over, a backup that cannot be read now may deny.
    if any(alarm.subject == "unread" for alarm in alarms):
        unknown |= _OF_CONTENT - {alarm.subject for alarm in alarms}
    if health.catching_up or health.schedule.standing == "early":
        unknown |= {"staleness"}
    if any(finding.code == "journal_unread" for finding in health.findings):
        unknown |= {"journal"}
    return Standing(tuple(alarms), unknown)


# What is told of the codes of health; of the others, `status` tells who asks.
_SUBJECTS: Mapping[Code, Subject] = {
    "failing": "failure",
    "no_backup": "staleness",
    "stale": "staleness",
    "anomaly": "anomaly",
    "empty_backup": "coverage",
    "unknown_collection": "coverage",
    "left_out": "coverage",
    "damage": "damage",
    "drill_failed": "damage",
    "disk_full_next": "space",
    "drill_not_made": "drill",
    "unreadable": "unread",
    "journal_unread": "unread",
    "journal_damaged": "journal",
    "restore_cut": "restore",
}
_OF_CONTENT: frozenset[Subject] = frozenset({"anomaly", "coverage", "damage"})
_ON_DISK: frozenset[Subject] = frozenset(
    {"anomaly", "coverage", "damage", "space", "drill", "unread", "journal", "restore"}
)


def _key(finding: Finding, health: Health) -> str:
    if finding.code == "failing":
        return key_of(health.failure or "")
    return f"{finding.code} {finding.subject}" if finding.subject else finding.code


def key_of(reason: str) -> str:
    """What two failures have in common that are the same to a person."""
    return " ".join(_DETAIL.sub(" ", reason.lower()).split())[:100]


def patient(stale: Alarm | None, noted: str | None, now: datetime) -> tuple[list[Alarm], str | None]:
    """Staleness once it has stood for `PATIENCE`, and what to note until the next look.

    `noted` is what the last look noted: since when it stands.
    """
    if stale is None:
        return [], None
    try:
        since = from_iso_utc(noted) if noted else now
    except ValueError:
        since = now
    since = min(since, now)  # a clock that was ahead
    return ([stale] if now - since >= PATIENCE else []), iso_utc(since)
