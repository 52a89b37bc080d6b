"""A restore that a person at the window plans, confirms, watches, and can take back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from facot_backups.archive import journal
from facot_backups.archive.store import Store
from facot_backups.errors import RestoreInterrupted
from facot_backups.events import Emit, Event, PhaseStarted
from facot_backups.faces import logs
from facot_backups.faces.desktop import words
from facot_backups.faces.desktop.session import Session
from facot_backups.faces.desktop.tasks import restore_texts
from facot_backups.faces.desktop.tasks.restore_choices import cut_restores
from facot_backups.faces.desktop.tasks.restore_desk import Desk
from facot_backups.faces.desktop.tasks.restore_texts import FieldShown
from facot_backups.faces.desktop.words import collection as collection_words
from facot_backups.faces.desktop.words.failures import Failure, failure
from facot_backups.model import EVERYTHING, DocumentPath, Scope
from facot_backups.operations.stopping import Stop

if TYPE_CHECKING:
    from facot_backups.firestore.connection import Connection
    from facot_backups.operations.restore.guard import Question
    from facot_backups.operations.restore.plan import Plan
    from facot_backups.operations.restore.report import Report
    from facot_backups.operations.restore.spool import Entry

Action: TypeAlias = Literal["create", "change", "delete"]
Mode: TypeAlias = Literal["overwrite", "missing", "mirror"]
State: TypeAlias = Literal["done", "nothing", "conflicts", "partial", "cut"]

# Documents of a plan that are shown one by one, of a collection and in all.
_OF_COLLECTION, _IN_ALL = 500, 4000
# Conflicts, troubles and edits that are shown one by one.
_SHOWN = 500
# A server that does not answer is let go so long after a wish to stop, while documents are written.
_GRACE_SECONDS = 5.0
_TROUBLES = {
    "failed": "Firestore lo rechazó",
    "pending": "no se llegó a escribir",
    "unknown": "no se sabe si se escribió",
    "mismatch": "se escribió y se lee otra cosa",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored. Without collections and documents all of the backup; both are its scope.

    A `.pre-restore` as `backup` is an undo, and takes nothing else.
    """

    backup: str
    collections: tuple[str, ...] = ()
    documents: tuple[DocumentPath, ...] = ()
    mode: Mode | None = None
    allow_incomplete: bool = False
    counters_from_backup: bool = False


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What the plan does with the documents of a root collection, nested ones too."""

    name: str
    title: str
    create: int
    change: int
    equal: int
    delete: int
    skip: int


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """A write: the document, and the fields that it changes (of a new one or a deleted one, all)."""

    action: Action
    path: str
    title: str
    fields: tuple[FieldShown, ...]


@dataclass(frozen=True, slots=True)
class ConflictShown:
    """A document that was, or will be, left alone, and why. `parts` is its path."""

    path: str
    reason: str
    parts: DocumentPath


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan, to be looked at; yes means to go on. `questions` and `confirms`: what is asked after it.

    `documents` are the first writes of each collection, `more` counts the others. `reads` were made,
    `read_back` are to come.
    """

    backup: str
    target: str
    emulator: bool
    mode: str
    collections: tuple[CollectionPlan, ...]
    documents: tuple[DocumentPlan, ...]
    more: int
    notes: tuple[str, ...]
    conflicts: tuple[ConflictShown, ...]
    conflict_count: int
    reads: int
    read_back: int
    questions: int
    confirms: bool

    @property
    def total(self) -> CollectionPlan:
        """The sum over all collections."""
        sums = (
            sum(getattr(one, name) for one in self.collections)
            for name in ("create", "change", "equal", "delete", "skip")
        )
        return CollectionPlan("", "En total", *sums)

    @property
    def writes(self) -> int:
        """Documents that are to be written."""
        total = self.total
        return total.create + total.change + total.delete


@dataclass(frozen=True, slots=True)
class QuestionShown:
    """Something that is asked on its own. `number` of `of`, from 1."""

    text: str
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class ConfirmShown:
    """The last word: it is given by typing the project's id."""

    target: str
    project: str
    writes: int


Asked: TypeAlias = PlanShown | QuestionShown | ConfirmShown


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a restore ended. Texts are in Spanish.

    `done`: all as planned; `nothing`: there was nothing to write; `conflicts`: all but some documents that
    somebody else changed; `partial`: something is not as planned; `cut`: it was stopped, or ended early,
    after it had begun to write. `pre_restore` undoes it, `restore` is its id where it can be continued.
    `failure` is what ended it early. `edited`: documents that others changed meanwhile.
    """

    state: State
    backup: str
    target: str
    is_undo: bool
    created: int = 0
    changed: int = 0
    deleted: int = 0
    left: int = 0
    pre_restore: str | None = None
    restore: str | None = None
    conflicts: tuple[ConflictShown, ...] = ()
    conflict_count: int = 0
    troubles: tuple[ConflictShown, ...] = ()
    trouble_count: int = 0
    edited: tuple[str, ...] = ()
    edited_count: int = 0
    notes: tuple[str, ...] = ()
    failure: Failure | None = None

    @property
    def written(self) -> int:
        """Writes that were confirmed."""
        return self.created + self.changed + self.deleted


def restore(session: Session, emit: Emit, stop: Stop, wanted: Wanted, desk: Desk[Asked]) -> Outcome:
    """Restore, or undo; everything is asked at `desk`. Raises FacotBackupsError with nothing written.

    What ends it after the first write is in the outcome.
    """
    from facot_backups.operations.restore import run as operation
    from facot_backups.operations.restore.request import RestoreRequest

    request = RestoreRequest(
        backup=wanted.backup,
        scope=_scope(wanted),
        mode=wanted.mode,
        allow_incomplete=wanted.allow_incomplete,
        counters_from_backup=wanted.counters_from_backup,
        max_reads=session.settings().max_reads,
    )
    running = _Running(session, emit, stop)
    return running.run(
        lambda connect, store: operation.restore(connect, store, request, _AtDesk(desk, stop), running.tell)
    )


def go_on(session: Session, emit: Emit, stop: Stop, restore: str, desk: Desk[Asked]) -> Outcome:
    """Finish the restore `restore`, which was cut. As `restore`."""
    from facot_backups.operations.restore.continuing import continue_restore

    running = _Running(session, emit, stop, restore)
    return running.run(
        lambda connect, store: continue_restore(connect, store, restore, _AtDesk(desk, stop), running.tell)
    )


def _scope(wanted: Wanted) -> Scope:
    if not wanted.collections and not wanted.documents:
        return EVERYTHING
    return Scope(collections=wanted.collections, documents=wanted.documents)


class _Running:
    """A restore under way: logged, told of, and stopped without losing what was written."""

    def __init__(self, session: Session, emit: Emit, stop: Stop, restore: str | None = None) -> None:
        self._session, self._stop, self._restore = session, stop, restore
        self._emit = stop.emit(emit)
        self._writing = False
        self._connection: Connection | None = None

    def tell(self, event: Event) -> None:
        """As an `Emit`. Raises Interrupted."""
        if isinstance(event, PhaseStarted) and event.phase == "writing":
            self._writing = True
        logs.log_event(event)
        self._emit(event)

    def run(self, operate: Callable[[Callable[[], Connection], Store], Report]) -> Outcome:
        """The outcome of `operate`. Raises what it raises before the first write."""
        settings = self._session.settings()
        store = self._session.store(self.tell, self._stop)
        open_connection = self._session.connector(settings)
        with ExitStack() as stack:

            def connect() -> Connection:
                self._connection = open_connection()
                stack.enter_context(self._stop.closing(self._let_go))
                return self._connection

            try:
                return outcome(operate(connect, store), stopped=self._stop.requested)
            except RestoreInterrupted as cut:
                return self._cut(store, cut.restore, failure(cut), cut.written, cut.left)
            # Whatever it is: a connection that was closed under it raises more than our own errors.
            except Exception as error:
                begun = self._begun_restore(store) if self._writing else None
                if begun is None:
                    raise
                return self._cut(store, begun, failure(error), 0, 0)

    def _let_go(self) -> None:
        """Wake what waits for the server; a batch that is under way may still be answered."""
        assert self._connection is not None
        if self._writing:
            timer = threading.Timer(_GRACE_SECONDS, self._connection.close)
            timer.daemon = True
            timer.start()
        else:
            self._connection.close()

    def _begun_restore(self, store: Store) -> str | None:
        """The restore that has begun to write."""
        if self._restore is not None:
            return self._restore
        newest = next(reversed(journal.ids(store.root)), None)
        return newest if newest is not None and journal.is_cut(store.root, newest) else None

    def _cut(self, store: Store, restore: str, why: Failure, written: int, left: int) -> Outcome:
        header = journal.Journal(store.root, restore).header
        cut = {one.restore: one for one in cut_restores(store, store.clock.zone())}
        found = cut.get(restore)
        return Outcome(
            "cut",
            header.backup,
            str(header.target),
            header.undoes is not None,
            changed=written,
            left=left,
            pre_restore=found.pre_restore if found is not None else None,
            restore=restore,
            failure=None if self._stop.requested else why,
        )


class _AtDesk:
    """An `Approval` by the person at the window."""

    beforehand = False

    def __init__(self, desk: Desk[Asked], stop: Stop) -> None:
        self._desk, self._stop = desk, stop
        self._asked = 0

    def show(self, plan: Plan) -> None:
        """The plan is asked about like everything else. Raises Interrupted for a no."""
        self._desk.ask(plan_shown(plan), self._stop)

    def answer(self, plan: Plan, question: Question) -> bool:
        """As `show`."""
        self._asked += 1
        self._desk.ask(QuestionShown(question.text, self._asked, len(plan.questions)), self._stop)
        return True

    def confirm(self, plan: Plan) -> bool:
        """As `show`."""
        target = plan.facts.target
        self._desk.ask(ConfirmShown(str(target), target.project, plan.writes), self._stop)
        return True


def plan_shown(plan: Plan) -> PlanShown:
    """The plan in plain values. Reads the plan's files."""
    documents = _documents(plan)
    return PlanShown(
        backup=plan.facts.backup,
        target=str(plan.facts.target),
        emulator=plan.facts.target.emulator,
        mode=plan.facts.mode,
        collections=tuple(
            CollectionPlan(name, collection_words.title(name), c.create, c.change, c.equal, c.delete, c.skip)
            for name, c in sorted(plan.counts.items())
        ),
        documents=documents,
        more=plan.writes - len(documents),
        notes=tuple(map(words.one_line, plan.notes)),
        conflicts=tuple(_conflict(c.path, c.reason) for c in plan.conflicts[:_SHOWN]),
        conflict_count=plan.conflict_count,
        reads=plan.reads,
        read_back=plan.read_back,
        questions=len(plan.questions),
        confirms=not plan.facts.target.emulator,
    )


def _documents(plan: Plan) -> tuple[DocumentPlan, ...]:
    shown: list[DocumentPlan] = []
    taken: dict[str, int] = {}
    for entry in plan.entries():
        name = entry.path[0]
        if taken.get(name, 0) < _OF_COLLECTION:
            taken[name] = taken.get(name, 0) + 1
            shown.append(_document(plan, entry))
            if len(shown) == _IN_ALL:
                break
    return tuple(shown)


def _document(plan: Plan, entry: Entry) -> DocumentPlan:
    document = plan.target_of(entry) or entry.before_document()
    title = restore_texts.title(document) if document is not None else ""
    fields = restore_texts.fields_shown(plan.field_changes(entry))
    return DocumentPlan(entry.action, restore_texts.path_text(entry.path), title, fields)


def _conflict(path: DocumentPath, reason: str) -> ConflictShown:
    return ConflictShown(restore_texts.path_text(path), words.one_line(reason), path)


def outcome(report: Report, *, stopped: bool) -> Outcome:
    """A report in plain values. `stopped`: somebody wanted it to stop."""
    error = report.failure or report.read_back_failure
    return Outcome(
        state=_state(report, stopped=stopped),
        backup=report.backup,
        target=str(report.target),
        is_undo=report.undoes is not None,
        created=report.created,
        changed=report.changed,
        deleted=report.deleted,
        pre_restore=report.pre_restore,
        restore=report.restore if report.to_continue else None,
        conflicts=tuple(_conflict(c.path, c.reason) for c in report.conflicts[:_SHOWN]),
        conflict_count=report.conflict_count,
        troubles=tuple(
            _conflict(path, reason or _TROUBLES[kind]) for path, kind, reason in report.troubles[:_SHOWN]
        ),
        trouble_count=report.trouble_count,
        edited=tuple(map(restore_texts.path_text, report.edited[:_SHOWN])),
        edited_count=report.edited_count,
        notes=tuple(map(words.one_line, report.notes)),
        failure=failure(error) if error is not None and not stopped else None,
    )


def _state(report: Report, *, stopped: bool) -> State:
    if report.failure is not None:
        return "cut" if stopped or report.to_continue else "partial"
    if report.trouble_count or report.read_back_failure is not None:
        return "partial"
    if report.conflict_count:
        return "conflicts"
    return "done" if report.written else "nothing"
