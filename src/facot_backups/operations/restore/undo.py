"""Take a restore back: the plan of an undo, made from its `.pre-restore` and its journal.

It touches only the documents that the restore wrote, each at the update time that it had then. What
others changed since is theirs: a conflict.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from facot_backups.archive.journal import Journal
from facot_backups.archive.journal_check import read_whole
from facot_backups.archive.journal_lines import content_digest
from facot_backups.archive.reader import Backup
from facot_backups.clock import Clock
from facot_backups.errors import DamagedBackup, FormatError
from facot_backups.events import Emit, Progressed
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.requests import Requests
from facot_backups.model import EVERYTHING, Document, DocumentPath, Outcome, Scope, Write
from facot_backups.operations.comparison.changes import same_content
from facot_backups.operations.comparison.sources import BackupSide, FolderSide
from facot_backups.operations.restore.plan import Facts, Plan
from facot_backups.operations.restore.questions import Guard
from facot_backups.operations.restore.read_back import GET_TOGETHER, fetched
from facot_backups.operations.restore.spool import Outcomes

CHANGED_SINCE = "alguien lo cambió después de la restauración"
NOT_KNOWN = "el diario no dice si se escribió, y no es lo que la restauración ponía"


def undo_facts(connection: Connection, backup: Backup, moment: datetime) -> Facts:
    """What the undo of the restore that kept `backup` is about, planned at `moment`."""
    metadata = backup.proven()
    return Facts(
        backup=str(backup.name),
        run_id=metadata.run_id,
        target=connection.source,
        root=connection.root,
        mode="undo",
        scope=Scope(collections=()),
        read_time=moment,
        undoes=metadata.scope.restore,
    )


class Undo:
    """Makes the plan of an undo. Use once: `run`. Raises as `journal_of`."""

    def __init__(
        self, connection: Connection, root: Path, backup: Backup, guard: Guard, clock: Clock, emit: Emit
    ) -> None:
        restore = backup.proven().scope.restore
        assert restore is not None
        self._journal = journal_of(root, restore, str(backup.name))
        self._unknown = 0
        self._connection = connection
        self._backup = backup
        self._guard = guard
        self._clock = clock
        self._emit = emit

    @property
    def documents(self) -> int:
        """How many documents it looks at, a read each."""
        return self._journal.planned

    def run(self, plan: Plan) -> None:
        """Fill `plan`.

        Raises DamagedBackup if the journal and the `.pre-restore` do not belong together, and as
        `Planning.run`.
        """
        moment = plan.facts.read_time
        self._guard.begin(moment)
        requests = Requests(self._connection, self._clock, self._emit)
        earlier = Targets(BackupSide(self._backup, EVERYTHING))
        lines = fetched(requests, self._connection.root, self._journal.plan(), moment)
        try:
            with results_of(self._journal, plan.folder) as outcomes:
                for done, (line, live) in enumerate(lines, 1):
                    before = earlier.at(line.path) if line.action != "create" else None
                    self._take(plan, line, outcomes.get(line.number), before, live)
                    if done % GET_TOGETHER == 0 or done == self._journal.planned:
                        self._emit(Progressed(line.path[0], done))
        finally:
            plan.reads += requests.reads
        plan.notes += unknown_notes(self._journal, self._unknown)
        plan.judge(self._guard.decide())
        plan.read_back = plan.writes

    def _take(
        self,
        plan: Plan,
        line: Write,
        outcome: Outcome | None,
        before: Document | None,
        live: Document | None,
    ) -> None:
        """Decide on one document of the journal: `before` is what the restore met, None where nothing was."""
        self._unknown += outcome is None
        if outcome is not None and outcome.result != "done":
            plan.leave(line.path, "equal")  # the restore did not write it
        elif _is_back(before, live):
            plan.leave(line.path, "equal")
        elif _is_ours(line, outcome, live):
            plan.add(live, before)
            self._guard.see(live, before)
        else:
            unknown = outcome is None and self._journal.unreadable
            plan.conflict(line.path, NOT_KNOWN if unknown else CHANGED_SINCE)
            plan.leave(line.path, "skip")


def _is_back(before: Document | None, live: Document | None) -> bool:
    """Whether there is nothing to take back: all is as it was before the restore."""
    if before is None or live is None:
        return before is live
    return same_content(before, live)


def _is_ours(line: Write, outcome: Outcome | None, live: Document | None) -> bool:
    """Whether the document is as the restore left it.

    Without a recorded result, the restore may have been cut after the write: its target tells.
    """
    if line.action == "delete" or live is None:
        return line.action == "delete" and live is None
    if outcome is not None:
        return live.update_time == outcome.update_time
    return content_digest(live) == line.digest


def journal_of(root: Path, restore: str, kept: str | None) -> Journal:
    """The journal of a restore that has begun to write; `kept` is its `.pre-restore`.

    Raises JournalNotFound, DamagedBackup for one whose plan is not as it was written.
    """
    try:
        return read_whole(root, restore)
    except FormatError as error:
        problem = error.problem
    if kept is None:
        raise DamagedBackup("journal_damaged", restore=restore, problem=problem)
    raise DamagedBackup("journal_damaged_kept", restore=restore, problem=problem, kept=kept)


def unknown_notes(journal: Journal, documents: int) -> list[str]:
    """What a journal with unreadable lines does not say: so many `documents` have no result in it."""
    if not journal.unreadable or not documents:
        return []
    return [
        f"El diario de la restauración tiene {journal.unreadable:,} líneas que no se pueden leer: no dice "
        f"qué pasó con {documents:,} de {journal.planned:,} documentos, que se juzgan por lo que hay ahora."
    ]


def results_of(journal: Journal, folder: Path | None) -> Outcomes:
    """What the journal says became of each document."""
    outcomes = Outcomes(folder)
    for outcome in journal.results():
        outcomes.put(outcome)
    return outcomes


class Targets:
    """The documents of a backup of either kind, asked for in name order."""

    def __init__(self, side: FolderSide) -> None:
        self._side = side
        self._documents = (d for d in side.documents(EVERYTHING) if d.mark is None)
        self._next = next(self._documents, None)

    def at(self, path: DocumentPath) -> Document:
        """The document at `path`, which comes after the last one asked for. Raises DamagedBackup."""
        while self._next is not None and self._next.path != path:
            self._next = next(self._documents, None)
        if self._next is None:
            raise not_of(self._side, path)
        return self._next


def not_of(side: FolderSide, path: DocumentPath) -> DamagedBackup:
    """The backup and the journal do not belong together."""
    return DamagedBackup("not_as_journal_says", backup=side.label, document="/".join(path))
