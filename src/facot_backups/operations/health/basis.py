"""What a judgement of health rests on: the facts, and what follows from them. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from facot_backups.archive.journal_check import SpoiltJournal
from facot_backups.archive.ledger import COMPLETE, FAILED, INCOMPLETE, INTERRUPTED, LedgerEntry
from facot_backups.archive.reader import Backup
from facot_backups.errors import FacotBackupsError
from facot_backups.operations.backup.coverage import Coverage, judge_coverage
from facot_backups.operations.drill.record import PastDrill, not_made_since, past_drills
from facot_backups.operations.retention.anomaly import Anomaly, find_anomalies, last_acceptance
from facot_backups.operations.runs import failures_in_a_row
from facot_backups.operations.schedule.due import Decision, Facts, counting, decide, due_at
from facot_backups.operations.verification.record import PastProof, last_proofs, not_read
from facot_backups.state import Try

# After a computer woke, or the hour came, or a run began: how long its first try may take.
PATIENCE = timedelta(hours=1)
# A computer that was on at this hour of yesterday did not just wake, whatever hour its backup waits for.
LONG_AWAKE = timedelta(hours=24)
GROWTH_SPAN = timedelta(days=30)
CUT = "se cortó de golpe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The disk of the backup folder. Sizes in bytes, None where they cannot be known.

    `used_bytes`: what all backups take, shared files once. `same_disk`: it is the system's own.
    `synchronised`: the folder is inside OneDrive, Dropbox or the like. `problem`: why the
    folder cannot be read; then nothing of the rest is known.
    """

    free_bytes: int | None = None
    used_bytes: int | None = None
    same_disk: bool = False
    synchronised: bool = False
    problem: FacotBackupsError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """What is judged. `schedule.backups` is None where the folder cannot be read.

    `entries`: the whole ledger, oldest first. `drop_percent`: the setting `anomaly_drop`. `drill_every`: how
    often a scheduled run drills. `drilling`: a drill is under way. `awake_since`: since when the computer has
    been awake, as far as the daily backup knows (`awake`); None where nothing here makes it. `cut_restores`:
    the ids of those that are half done; `spoilt_journals`: of restores that can still be undone.
    """

    schedule: Facts
    entries: Sequence[LedgerEntry]
    disk: Disk
    drop_percent: int
    drill_every: timedelta
    awake_since: datetime | None = None
    cut_restores: Sequence[str] = ()
    drilling: bool = False
    spoilt_journals: Sequence[SpoiltJournal] = ()


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The newest backup that counts.

    `age` is that of its data. `verified_at`: when it was read again and found whole, or None. With an
    unreadable folder only what the state folder remembers is known: then `name` is None.
    """

    name: str | None
    read_time: datetime
    age: timedelta
    documents: int | None = None
    size_bytes: int | None = None
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """How much more the newest backup holds than one made `days` before, at most 30; may be negative."""

    days: float
    documents: int
    size_bytes: int


def failed_tries(facts: Facts) -> list[Try]:
    """The tries that failed since the last one that made a complete backup, oldest first.

    One that was killed failed; one that a person stopped, or that still runs, did not. A complete backup
    that is there and does not count (of some collections, of another source) ends no row of failures.
    """
    counts = {backup.proven().run_id for backup in counting(facts)}
    complete = {backup.proven().run_id for backup in facts.backups or () if backup.complete}
    tries = [attempt for attempt in facts.past_tries if attempt.run_id not in complete - counts]
    return [
        attempt
        for attempt in failures_in_a_row(tries)
        if attempt.outcome in (FAILED, INCOMPLETE)
        or (attempt.outcome == INTERRUPTED and attempt.ended_at is None)
    ]


class Basis:
    """The facts, and what follows from them. `backups`, `counting` and `complete` are newest first."""

    def __init__(self, facts: HealthFacts) -> None:
        self.facts = facts
        self.disk = facts.disk
        self.plan = facts.schedule
        self.now = facts.schedule.now
        self.decision: Decision = decide(facts.schedule)
        self.backups = list(facts.schedule.backups or ())
        self.counting: list[Backup] = counting(facts.schedule)
        self.complete = [backup for backup in self.backups if backup.complete]
        self.proofs: dict[str, PastProof] = last_proofs(facts.entries)
        self.drills: list[PastDrill] = past_drills(facts.entries)
        self.drills_not_made: list[PastDrill] = not_made_since(facts.entries)
        if facts.drilling:  # the last line is its beginning
            self.drills_not_made.pop()
        self.failed = failed_tries(facts.schedule)
        self.last = self._last()
        self.anomalies: tuple[Anomaly, ...] = find_anomalies(
            self.counting, accepted=last_acceptance(facts.entries), drop_percent=facts.drop_percent
        )
        self.coverage: Coverage = judge_coverage(
            self.backups, self.plan.source, self.plan.scope, facts.entries
        )
        self.damaged = [backup for backup in self.backups if self._is_damaged(backup)]
        self.unread = self._unread(facts.entries)
        self.next_bytes = size_of(self.counting[0]) if self.counting else None
        self.catching_up = self._is_catching_up()

    @property
    def drill_late(self) -> timedelta:
        """After so long without a drill, one is late."""
        return 2 * self.facts.drill_every

    def proof(self, backup: Backup) -> PastProof | None:
        """The last proof of `backup`, None if nobody has read it since it was made."""
        return self.proofs.get(str(backup.name))

    def _last(self) -> LastBackup | None:
        if self.plan.backups is None:
            made = [attempt.started_at for attempt in self.plan.past_tries if attempt.outcome == COMPLETE]
            return LastBackup(None, max(made), self.now - max(made)) if made else None
        if not self.counting:
            return None
        newest = self.counting[0]
        metadata, proof = newest.proven(), self.proof(newest)
        return LastBackup(
            name=str(newest.name),
            read_time=metadata.read_time,
            age=self.now - metadata.read_time,
            documents=documents_in(newest),
            size_bytes=size_of(newest),
            verified_at=proof.time if proof is not None and proof.sound else None,
        )

    def _is_damaged(self, backup: Backup) -> bool:
        proof = self.proof(backup)
        return backup.kind == "damaged" or (proof is not None and not proof.sound)

    def _unread(self, entries: Sequence[LedgerEntry]) -> dict[str, str | None]:
        """The backups that cannot be read now, or could not when they were verified last: why, by name."""
        noted = not_read(entries)
        found: dict[str, str | None] = {}
        for backup in self.backups:
            name = str(backup.name)
            if backup.kind == "unreadable":
                found[name] = str(backup.problem)
            elif name in noted and backup not in self.damaged:
                found[name] = noted[name].error
        return found

    def _is_catching_up(self) -> bool:
        """Whether the computer woke so lately that its first try has not ended, nor should have."""
        awake = self.facts.awake_since
        if awake is None or self.decision.standing not in ("due", "early"):
            return False
        since = [attempt for attempt in self.plan.past_tries if attempt.started_at >= awake]
        if any(attempt.outcome is not None for attempt in since):
            return False
        if self.decision.standing == "early":
            return self.now - awake < LONG_AWAKE
        due = due_at(self.plan.today, self.plan.hour, self.plan.zone)
        begun = [awake, due, *(attempt.started_at for attempt in since)]
        return self.now - max(begun) < PATIENCE

    # --- figures -----------------------------------------------------------------------------------------

    def oldest_proof(self) -> datetime | None:
        """Since when every complete backup was read again; None while one never was."""
        proofs = [self.proof(backup) for backup in self.complete]
        times = [proof.time for proof in proofs if proof is not None]
        return min(times) if times and len(times) == len(proofs) else None

    def unread_for(self) -> timedelta:
        """The longest time for which a complete backup was not read; that it was made counts as read."""
        read = [backup.proven().finished_at for backup in self.complete]
        for number, backup in enumerate(self.complete):
            proof = self.proof(backup)
            read[number] = max(read[number], proof.time) if proof is not None else read[number]
        return self.now - min(read, default=self.now)

    def more_fit(self) -> int | None:
        """How many more backups fit on the disk, at what they have taken so far; None if nobody can say."""
        free, used, needed = self.disk.free_bytes, self.disk.used_bytes, self.next_bytes
        if free is None or used is None or needed is None:
            return None
        # The next is written whole before what it shares with others is linked.
        return 0 if free < needed else 1 + (free - needed) // max(1, used // max(1, len(self.backups)))

    def growth(self) -> Growth | None:
        """From the first backup of the last 30 days to the newest; None within a day."""
        if not self.counting:
            return None
        newest = self.counting[0]
        until = newest.proven().read_time
        first = [b for b in self.counting if until - b.proven().read_time <= GROWTH_SPAN][-1]
        days = (until - first.proven().read_time) / timedelta(days=1)
        if days < 1:
            return None
        return Growth(days, documents_in(newest) - documents_in(first), size_of(newest) - size_of(first))


def size_of(backup: Backup) -> int:
    """Bytes of the files of a backup, as its metadata says: what it takes where nothing is shared."""
    return sum(entry.bytes for entry in backup.proven().files.values())


def documents_in(backup: Backup) -> int:
    """All documents of a backup, nested ones too."""
    return backup.proven().total_documents + backup.proven().nested_documents
