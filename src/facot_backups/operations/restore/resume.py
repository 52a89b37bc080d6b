"""Finish a restore that was cut: exactly the documents of its journal, each on its own condition."""

from __future__ import annotations

from typing import Literal

from facot_backups import atomic
from facot_backups.archive.facot2 import AnyBackup, OldBackup
from facot_backups.archive.journal import Header, JournalWriter
from facot_backups.archive.journal_lines import content_digest
from facot_backups.archive.layout import STATE_DIR
from facot_backups.archive.store import LockedStore, Store
from facot_backups.errors import BackupNotFound, UsageError
from facot_backups.events import Emit, PhaseStarted, ignore
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.requests import Requests
from facot_backups.model import EVERYTHING, Document, Outcome, Write
from facot_backups.operations.comparison.live import ReadsNote
from facot_backups.operations.comparison.sources import BackupSide, FolderSide, OldSide
from facot_backups.operations.restore.approval import Approval, approve
from facot_backups.operations.restore.plan import MODES, Facts, Mode, Plan
from facot_backups.operations.restore.progress import LedgerLine, Progress, under_lock
from facot_backups.operations.restore.read_back import ReadBack, fetched
from facot_backups.operations.restore.report import RestoreReport
from facot_backups.operations.restore.request import Connect
from facot_backups.operations.restore.spool import Outcomes
from facot_backups.operations.restore.undo import Targets, journal_of, not_of, results_of, unknown_notes
from facot_backups.operations.restore.write import Writing, begun, letting_go, note_end


def continue_restore(
    connect: Connect, store: Store, restore: str, approval: Approval, emit: Emit = ignore
) -> RestoreReport:
    """Finish the restore `restore`, and report on all of its documents.

    Of each that has no result yet: at its precondition it is written, equal to its target it is done,
    anything else is a conflict. Raises as `restore.restore`, but for what keeps it from going on (Firestore,
    the disk), which is the report's `failure` also before it writes more; JournalNotFound for a restore that
    has no journal, or was cut before it wrote anything.
    """
    return under_lock(store, lambda locked: _Continued(store, locked, restore, approval, emit), connect)


class _Continued:
    def __init__(
        self, store: Store, locked: LockedStore, restore: str, approval: Approval, emit: Emit
    ) -> None:
        self._store = store
        self._locked = locked
        self._kept = _kept(store, restore)
        self._journal = journal_of(store.root, restore, self._kept)
        self._header = self._journal.header
        self._approval = approval
        self._emit = emit
        self.line = LedgerLine(
            locked,
            emit,
            restore,
            self._header.backup,
            stopped="interrumpida antes de escribir más",
            resumed=True,
        )

    def run(self, connect: Connect) -> RestoreReport:
        """Finish it; the outcome is a line of the ledger whatever it is."""
        if self._journal.undone is not None:
            raise UsageError("already_undone", restore=self._header.restore, undone=self._journal.undone)
        return self.line.around(lambda: self._run(connect))

    def _run(self, connect: Connect) -> Progress:
        side = self._side()
        own = self._store.root / STATE_DIR
        with (
            atomic.explained(self._store.root),
            results_of(self._journal, own) as outcomes,
        ):
            progress = self.line.progress = self._progress(outcomes)
            with connect() as connection, letting_go(connection):
                _check_target(connection, self._header)
                self._emit(PhaseStarted("connecting"))
                connection.probe()
                note = ReadsNote(self._store, connection, "restore")
                with Plan(self._facts(connection), own) as plan:
                    self._finish(connection, side, plan, outcomes)
                note.record(progress.reads, "RESTORE")
        return progress

    def _progress(self, outcomes: Outcomes) -> Progress:
        """What the restore did so far, by its journal."""
        header = self._header
        progress = Progress(header.restore, header.backup, header.target, self._mode(), header.undoes)
        progress.pre_restore = self._kept
        for line in self._journal.plan():
            outcome = outcomes.get(line.number)
            progress.left += outcome is None
            if outcome is not None:
                progress.tell(line, outcome._replace(reason="Firestore lo rechazó"))
        progress.notes += unknown_notes(self._journal, progress.left)
        return progress

    def _mode(self) -> Mode | Literal["undo"]:
        return next((known for known in MODES if known == self._header.mode), "undo")

    def _side(self) -> FolderSide:
        """What the restore took from. Raises BackupNotFound if another folder bears that name now."""
        header = self._header
        backup: AnyBackup = self._store.find(header.backup)
        if isinstance(backup, OldBackup):
            if header.run_id is None:
                return OldSide(backup)
        elif backup.proven().run_id == header.run_id:
            return BackupSide(backup, EVERYTHING)
        raise BackupNotFound(header.backup, self._store.root)

    def _facts(self, connection: Connection) -> Facts:
        header = self._header
        return Facts(
            backup=header.backup,
            run_id=header.run_id,
            target=header.target,
            root=connection.root,
            mode=self._mode(),
            scope=header.scope,
            read_time=header.read_time,
            undoes=header.undoes,
        )

    def _finish(self, connection: Connection, side: FolderSide, plan: Plan, outcomes: Outcomes) -> None:
        progress, root = self.line.progress, self._store.root
        assert progress is not None
        settled = self._journal.end is not None and not progress.left
        with JournalWriter(root, progress.restore) as writer:
            self._emit(PhaseStarted("planning"))
            self._fill(connection, side, plan, writer, outcomes)
            progress.planned = plan.counts
            if plan.writes:
                progress.answered = approve(connection, plan, self._approval, self._store.clock, self._emit)
            with begun(connection, root, progress):
                if plan.writes:
                    Writing(connection, self._locked, plan, writer, outcomes, progress, self._emit).run()
                if progress.failure is None:
                    self._compare(connection, plan, outcomes)
                    if settled:
                        progress.ended = True
                    else:
                        note_end(writer, progress)

    def _fill(
        self, connection: Connection, side: FolderSide, plan: Plan, writer: JournalWriter, outcomes: Outcomes
    ) -> None:
        """Put into `plan` what is to be written; what needs no writing goes into journal and progress."""
        progress, targets = self.line.progress, Targets(side)
        assert progress is not None
        requests = Requests(connection, self._locked.clock, self._emit)
        unknown = (line for line in self._journal.plan() if outcomes.get(line.number) is None)
        for line, live in fetched(requests, connection.root, unknown):
            target = _target(side, targets, line)
            outcome = _known(line, live)
            if outcome is None:
                plan.add(live, target, number=line.number)
                continue
            outcomes.put(outcome)
            writer.results([outcome])
            progress.tell(line, outcome)
            progress.left -= 1
        progress.reads += requests.reads

    def _compare(self, connection: Connection, plan: Plan, outcomes: Outcomes) -> None:
        """Compare all of the journal's documents; of one that came to its end, those that it lacked."""
        progress = self.line.progress
        assert progress is not None
        entries = self._journal.plan() if self._journal.end is None else plan.in_name_order(heads=True)
        if plan.writes or self._journal.end is None:
            self._emit(PhaseStarted("reading-back"))
            back = ReadBack(connection, plan, outcomes, progress, self._locked.clock, self._emit)
            back.documents(entries)


def _kept(store: Store, restore: str) -> str | None:
    """The `.pre-restore` that a restore published, also one that cannot be read now."""
    backups = store.backups()
    for backup in backups:
        if backup.metadata is not None and backup.metadata.scope.restore == restore:
            return str(backup.name)
    hidden = [str(b.name) for b in backups if b.metadata is None and b.name.suffix == "pre-restore"]
    for entry in store.ledger.entries():
        if entry.details.get("restore") == restore and entry.details.get("pre_restore") in hidden:
            return str(entry.details["pre_restore"])
    return hidden[0] if len(hidden) == 1 else None


def _target(side: FolderSide, targets: Targets, line: Write) -> Document | None:
    """What the document is to become. Raises DamagedBackup if the backup no longer says that."""
    if line.digest is None:
        return None
    target = line.held or targets.at(line.path)
    if content_digest(target) != line.digest:
        raise not_of(side, line.path)
    return target


def _known(line: Write, live: Document | None) -> Outcome | None:
    """The outcome of a document that needs no writing; None for one that is still as the plan met it."""
    digest = content_digest(live) if live is not None else None
    if digest == line.digest:
        return Outcome(line.number, "done", live.update_time if live is not None else 0)
    if (live.update_time if live is not None else None) == line.expected:
        return None
    return Outcome(line.number, "conflict")


def _check_target(connection: Connection, header: Header) -> None:
    """Raises UsageError unless the connection leads where the restore wrote."""
    if connection.source != header.target:
        target = header.target
        code = "other_target_of_test_restore" if target.emulator else "other_target_of_restore"
        raise UsageError(code, restore=header.restore, target=target, source=connection.source)
