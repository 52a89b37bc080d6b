"""What is to be known of the backups: each finding with its code and how bad it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

from facot_backups.clock import in_zone
from facot_backups.operations.backup.coverage import left_out_text
from facot_backups.operations.health.basis import CUT, Basis, documents_in
from facot_backups.operations.health.texts import TEXTS
from facot_backups.operations.retention.alarms import Judged, find_alarms
from facot_backups.operations.runs import SCHEDULED
from facot_backups.operations.verification.record import still_good
from facot_backups.templates import fill

Severity: TypeAlias = Literal["note", "warning", "critical"]
# Stable: scripts and alerts tell findings by them.
Code: TypeAlias = Literal[
    "folder_unusable",  # the disk is unplugged, or the folder cannot be read
    "no_backup",  # no complete backup of all that is configured
    "stale",  # the last one is old
    "failing",  # the last tries failed
    "damage",  # a backup is damaged
    "unreadable",  # a backup could not be read, or not all of it
    "anomaly",  # a collection lost too many documents
    "empty_backup",  # the newest backup holds no document
    "unknown_collection",  # the settings name a collection that does not exist
    "left_out",  # earlier backups hold collections that are not backed up any more
    "disk_full_next",  # the next backup does not fit
    "restore_cut",  # a restore did not come to its end
    "journal_damaged",  # the journal of a restore does not say all that it was to say
    "journal_unread",  # the disk did not give it: that says nothing of what is in it
    "drill_failed",  # what the last restore drill gave back was not the backup
    "drill_not_made",  # the last attempt at a drill came to no end
    "unverified",  # nobody has read the newest backup again
    "clock",  # the clock of the computer is wrong
    "catching_up",  # the computer just woke: its backup is about to be made
    "never_drilled",
    "drill_overdue",
    "reread_overdue",  # older backups were not read again for too long
    "unattended",  # nothing here makes the backup of each day
    "same_disk",  # the backups are on the system's own disk
    "synchronised",  # in a folder that another program synchronises
]

WARNING_AGE, CRITICAL_AGE = timedelta(hours=36), timedelta(hours=72)
UNVERIFIED = timedelta(hours=24)
# Failed tries since the last complete backup.
MANY_FAILURES = 3
# Every backup is to be read again at least so often; later than that by a week is remarked.
REREAD, REREAD_LATE = timedelta(days=30), timedelta(days=37)
_ATTENDED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know: `code`, `case` and `fields` are what is so, `texts` has it in words.

    `subject` tells it from others of its `code`: a backup, a collection; "" where there is but one. `case`
    tells apart what a code says in different words.
    """

    code: Code
    severity: Severity
    subject: str = ""
    case: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What is so, in Spanish, for a terminal or an alert."""
        return fill(TEXTS[self.key][0], self.fields)

    @property
    def remedy(self) -> str:
        """What to do there, or ""."""
        return fill(TEXTS[self.key][1], self.fields)

    @property
    def key(self) -> str:
        """Where a catalogue has the words."""
        return f"{self.code}.{self.case}" if self.case else self.code


def find(basis: Basis) -> Iterator[Finding]:
    """All findings, in no order of severity."""
    data = (_folder, _damage, _unreadable, _anomalies, _empty, _coverage, _restores)
    for part in (*data, _age, _failing, _space, _drill, _unverified, _clock, _remarks):
        yield from part(basis)


def _folder(basis: Basis) -> Iterator[Finding]:
    if basis.disk.problem is not None:
        yield Finding("folder_unusable", "critical", fields={"error": basis.disk.problem})


def _damage(basis: Basis) -> Iterator[Finding]:
    good = still_good(basis.complete, basis.proofs)
    for backup in basis.damaged:
        proof = basis.proof(backup)
        fields = {
            "backup": backup.name,
            "problem": backup.problem if backup.problem is not None else proof.error if proof else None,
            "good": good,
            # What those that are whole lost, a damaged one may hold.
            "then": "keep-all" if basis.anomalies else "delete-it",
        }
        yield Finding("damage", "critical", str(backup.name), "" if good else "alone", fields)


def _unreadable(basis: Basis) -> Iterator[Finding]:
    """What a disk that answers late, or a missing permission, hides: no damage, and to be tried again."""
    for name, problem in basis.unread.items():
        yield Finding("unreadable", "warning", name, fields={"backup": name, "problem": problem})


def _anomalies(basis: Basis) -> Iterator[Finding]:
    damaged = {str(backup.name) for backup in basis.damaged}
    for anomaly in basis.anomalies:
        case = "damaged" if anomaly.largest_in in damaged else ""
        subject = f"{anomaly.collection} {anomaly.kind}"
        yield Finding("anomaly", "critical", subject, case, {"anomaly": anomaly})


def _empty(basis: Basis) -> Iterator[Finding]:
    """Of a new database that may be right; not where other backups hold something."""
    if not basis.counting or documents_in(basis.counting[0]):
        return
    newest = basis.counting[0]
    holding = next((backup for backup in basis.complete if documents_in(backup)), None)
    fields: dict[str, object] = {"backup": newest.name, "source": newest.proven().source}
    if holding is None:
        yield Finding("empty_backup", "warning", str(newest.name), fields=fields)
        return
    fields |= {"holding": holding.name, "documents": documents_in(holding)}
    yield Finding("empty_backup", "critical", str(newest.name), "others", fields)


def _coverage(basis: Basis) -> Iterator[Finding]:
    for unknown in basis.coverage.unknown:
        yield Finding(
            "unknown_collection",
            # To leave out what is not there does no harm, unless something else was meant.
            "note" if unknown.excluded and unknown.likely is None else "warning",
            unknown.name,
            fields={"unknown": unknown, "setting": "exclude" if unknown.excluded else "collections"},
        )
    if basis.coverage.left_out:
        said = left_out_text(basis.coverage.left_out)
        yield Finding("left_out", "warning", fields={"said": said})


def _restores(basis: Basis) -> Iterator[Finding]:
    for restore in basis.facts.cut_restores:
        yield Finding("restore_cut", "warning", restore, fields={"restore": restore})
    for spoilt in basis.facts.spoilt_journals:
        kept = spoilt.pre_restore
        fields = {"kept": kept, "restore": spoilt.restore, "problem": spoilt.problem}
        if spoilt.part == "unread":
            yield Finding("journal_unread", "warning", kept, fields=fields)
        else:
            yield Finding("journal_damaged", "warning", kept, spoilt.part, fields)


def _age(basis: Basis) -> Iterator[Finding]:
    last = basis.last
    if last is None and basis.plan.backups is not None:
        yield Finding("no_backup", "critical", case=_nothing_counts(basis))
    if last is None or last.age < WARNING_AGE:
        return
    if basis.catching_up:
        yield Finding("catching_up", "note")
        return
    when = in_zone(last.read_time, basis.plan.zone)
    severity: Severity = "critical" if last.age >= CRITICAL_AGE else "warning"
    yield Finding("stale", severity, fields={"when": when, "age": last.age})


def _nothing_counts(basis: Basis) -> str:
    """Why no backup counts: the case of `no_backup`."""
    if basis.complete:
        return "others"
    return "unreadable" if any(backup.kind == "unreadable" for backup in basis.backups) else ""


def _failing(basis: Basis) -> Iterator[Finding]:
    if not basis.failed:
        return
    last, count = basis.failed[-1], len(basis.failed)
    when = in_zone(last.started_at, basis.plan.zone)
    fields = {"when": when, "count": count, "problem": last.error or CUT}
    severity: Severity = "critical" if count >= MANY_FAILURES else "warning"
    yield Finding("failing", severity, case="often" if count > 1 else "", fields=fields)


def _space(basis: Basis) -> Iterator[Finding]:
    free, needed = basis.disk.free_bytes, basis.next_bytes
    if free is not None and needed is not None and free < needed:
        yield Finding("disk_full_next", "critical", fields={"free": free, "needed": needed})


def _drill(basis: Basis) -> Iterator[Finding]:
    if not basis.complete:
        return
    last = basis.drills[-1] if basis.drills else None
    if last is not None and not last.passed:
        fields = {"backup": last.backup, "problem": last.error or CUT}
        yield Finding("drill_failed", "critical", last.backup, fields=fields)
    if basis.drills_not_made:
        yield _drill_not_made(basis)
    elif last is None:
        yield Finding("never_drilled", "note")
    elif last.passed and basis.now - last.time >= basis.drill_late:
        yield Finding("drill_overdue", "note", fields={"age": basis.now - last.time})


def _drill_not_made(basis: Basis) -> Finding:
    """No harm at first; a warning once no drill was made for so long that one is late."""
    tries = basis.drills_not_made
    since = basis.drills[-1].time if basis.drills else tries[0].time
    fields = {"backup": tries[-1].backup, "age": basis.now - since, "problem": tries[-1].error or CUT}
    if basis.now - since >= basis.drill_late:
        return Finding("drill_not_made", "warning", case="late", fields=fields)
    return Finding("drill_not_made", "note", fields=fields)


def _unverified(basis: Basis) -> Iterator[Finding]:
    if not basis.counting or basis.catching_up:
        return
    newest = basis.counting[0]
    if basis.proof(newest) is None and basis.now - newest.proven().finished_at >= UNVERIFIED:
        yield Finding("unverified", "warning", str(newest.name), fields={"backup": newest.name})


def _clock(basis: Basis) -> Iterator[Finding]:
    judged = Judged(backups=basis.backups, counting=basis.counting, now=basis.now, zone=basis.plan.zone)
    for alarm in find_alarms(judged, accepted=None, drop_percent=100, last_run=None):
        if alarm.kind in ("clock", "future"):
            yield Finding("clock", "warning", fields={"alarm": alarm})
            return


def _remarks(basis: Basis) -> Iterator[Finding]:
    if basis.unread_for() >= REREAD_LATE:
        yield Finding("reread_overdue", "note", fields={"days": REREAD.days})
    if basis.backups and not _attended(basis):
        yield Finding("unattended", "note")
    if basis.disk.same_disk:
        yield Finding("same_disk", "note")
    if basis.disk.synchronised:
        yield Finding("synchronised", "note")


def _attended(basis: Basis) -> bool:
    """Whether something makes scheduled backups, or tries to."""
    lately = basis.now - _ATTENDED
    return (
        basis.facts.awake_since is not None
        or any(a.trigger == SCHEDULED and a.started_at >= lately for a in basis.plan.past_tries)
        or any(b.proven().trigger == SCHEDULED and b.proven().read_time >= lately for b in basis.complete)
    )
