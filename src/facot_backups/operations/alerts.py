"""What is said when. Pure: what stands now and what was said before in, what is to be said out.

A channel is told once when something begins to stand (failure, staleness, anomaly, damage), and once when
it is over. What it was told is remembered for each channel, as text (docs/alertas.md, "Cuándo se avisa").
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

from facot_backups.archive.ledger import COMPLETE, DAMAGED, FAILED, INCOMPLETE, LedgerEntry
from facot_backups.clock import from_iso_utc, iso_utc
from facot_backups.operations import tries as tries_of
from facot_backups.operations.anomaly import find_anomalies, last_acceptance
from facot_backups.operations.schedule import Facts, counting, decide
from facot_backups.operations.scheduled import PROOF
from facot_backups.state import Try

Subject: TypeAlias = Literal["failure", "staleness", "anomaly", "damage"]

# Different failures that are told between two successes: the last ones of a long bad day are no news.
MAX_FAILURES = 3
# Since the data of the newest complete backup.
STALE = timedelta(hours=36)
# A computer that was off over the weekend makes up for it within the hour: until then nothing is stale.
PATIENCE = timedelta(hours=2)

_NAMES: Mapping[Subject, str] = {
    "failure": "el backup falla",
    "staleness": "no hay backup reciente",
    "anomaly": "faltan datos en Firestore",
    "damage": "hay un backup dañado",
}
_OVER: Mapping[Subject, str] = {
    "failure": "Los backups vuelven a salir bien.",
    "staleness": "Vuelve a haber un backup reciente.",
    "anomaly": "La alarma por datos que faltaban ya no sigue.",
    "damage": "Ya no queda ningún backup dañado.",
}
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

    A failure that stands explains why nothing recent is there: then staleness is no news.
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
        elif subject == "staleness" and failing:
            fresh, after[subject] = [], before
        else:
            after[subject] = tuple(alarm.key for alarm in present)
        new += fresh
    return News(tuple(new), tuple(over), {subject: keys for subject, keys in after.items() if keys})


def message(found: News, where: str) -> Message:
    """The text for a person; `where` says whose backups these are: a computer, a folder."""
    if found.new:
        title = f"FACOT Backups: {' y '.join(dict.fromkeys(_NAMES[alarm.subject] for alarm in found.new))}"
        kind = "failure"
    else:
        title, kind = "FACOT Backups: resuelto", "success"
    lines = [alarm.text for alarm in found.new] + [_OVER[subject] for subject in found.over]
    return Message(title, "\n".join([*lines, where]), kind)


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
    """What stands now; of the subjects in `unknown` nobody can say, because the folder cannot be read."""

    alarms: tuple[Alarm, ...]
    unknown: frozenset[Subject] = frozenset()


def judge(facts: Facts, entries: Sequence[LedgerEntry], drop_percent: int) -> Standing:
    """What stands, by the folder and what is remembered. `entries`: the whole ledger, oldest first.

    Staleness stands at once here; `patient` waits.
    """
    alarms = [*failure(facts.tries), *_staleness(facts)]
    if facts.backups is None:
        return Standing(tuple(alarms), frozenset({"anomaly", "damage"}))
    alarms += _anomalies(facts, entries, drop_percent)
    alarms += _damage(facts, entries)
    return Standing(tuple(alarms))


def _staleness(facts: Facts) -> Iterator[Alarm]:
    """Nothing recent; not while today's backup is still to come, which will end it."""
    if decide(facts).standing == "early":
        return
    if facts.backups is None:
        made = [attempt.started_at for attempt in facts.tries if attempt.outcome == COMPLETE]
    else:
        made = [backup.proven().read_time for backup in counting(facts)]
    known = [moment for moment in made if moment <= facts.now]
    if not known:
        yield Alarm("staleness", "", "Todavía no hay ningún backup completo. Haga uno: facot-backups run")
    elif facts.now - max(known) >= STALE:
        last = max(known).astimezone(facts.zone)
        hours = (facts.now - max(known)).total_seconds() // 3600
        text = f"El último backup completo es del {last:%d/%m/%Y %H:%M}, de hace {hours:.0f} horas."
        yield Alarm("staleness", "", f"{text} Vea por qué con: facot-backups status")


def _anomalies(facts: Facts, entries: Sequence[LedgerEntry], drop_percent: int) -> Iterator[Alarm]:
    accepted = last_acceptance(entries)
    for anomaly in find_anomalies(counting(facts), accepted=accepted, drop_percent=drop_percent):
        remedy = "Si es a propósito: facot-backups cleanup --accept-anomaly. Si no, restaure ese backup."
        yield Alarm("anomaly", f"{anomaly.collection} {anomaly.kind}", f"{anomaly}. {remedy}")


def _damage(facts: Facts, entries: Sequence[LedgerEntry]) -> Iterator[Alarm]:
    """Backups whose folder does not prove itself, or whose last proof found damage."""
    proofs = {str(e.details.get("backup")): e for e in entries if e.kind == PROOF}
    broken = {name for name, proof in proofs.items() if proof.outcome == DAMAGED}
    backups = facts.backups or ()
    sound = [b for b in backups if b.complete and str(b.name) not in broken]
    best = f"El más nuevo que sigue sano: {sound[0].name}." if sound else "No queda ninguno sano."
    for backup in backups:
        if backup.kind == "damaged" or str(backup.name) in broken:
            text = f"El backup {backup.name} está dañado. {best} Detalle: facot-backups verify"
            yield Alarm("damage", str(backup.name), text)


def failure(tries: Sequence[Try]) -> list[Alarm]:
    """The failure that stands, by the last of `tries` (oldest first); none after a complete backup.

    A try that somebody interrupted, or that was killed, is none: it is made up for, or else missed.
    """
    failed = [t for t in tries_of.failures_in_a_row(tries) if t.outcome in (FAILED, INCOMPLETE)]
    if not failed:
        return []
    reason = failed[-1].error or "no se sabe por qué"
    incomplete = failed[-1].outcome == INCOMPLETE
    said = "El backup quedó incompleto" if incomplete else "El backup no se pudo hacer"
    return [Alarm("failure", key_of(reason), f"{said}: {reason}")]


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
