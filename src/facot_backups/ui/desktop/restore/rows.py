"""What the wizard shows of a restore, in plain values: what is wanted, the plan, questions, the outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import TYPE_CHECKING, Literal, TypeAlias

from facot_backups.errors import FacotBackupsError, LockHeld
from facot_backups.model import Action, Document, DocumentPath, Source, Write
from facot_backups.operations.search.nouns import nouns
from facot_backups.text import one_line
from facot_backups.ui.desktop.texts import change as change_words
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.change import ChangeLine
from facot_backups.ui.desktop.toolkit.error_text import Failure, failure

if TYPE_CHECKING:
    from facot_backups.operations.restore.plan import Plan
    from facot_backups.operations.restore.report import RestoreReport

Mode: TypeAlias = Literal["overwrite", "missing", "mirror"]
State: TypeAlias = Literal["done", "nothing", "conflicts", "partial", "cut"]

# A backup of what a restore was about to change.
UNDO_SUFFIX = ".pre-restore"
# Documents of a plan that are shown one by one, of a collection and in all.
_OF_COLLECTION, _IN_ALL = 500, 4000
# Conflicts, troubles and edits that are shown one by one.
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored. Without collections and documents all of the backup; both are its scope.

    A `.pre-restore` as `backup` is an undo, and takes nothing else. `into_project`, `into_database`: another
    target than the backup's own database; None for its own.
    """

    backup: str
    collections: tuple[str, ...] = ()
    documents: tuple[DocumentPath, ...] = ()
    mode: Mode | None = None
    allow_incomplete: bool = False
    counters_from_backup: bool = False
    into_project: str | None = None
    into_database: str | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether another database than the backup's own is written to."""
        return self.into_project is not None or self.into_database is not None

    @property
    def is_undo(self) -> bool:
        """Whether it takes a restore back."""
        return self.backup.endswith(UNDO_SUFFIX)


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What the plan does with the documents of a place: `("invoices", "items")` are the lines of invoices."""

    place: tuple[str, ...]
    title: str
    create: int
    change: int
    equal: int
    delete: int
    skip: int


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """A write: the document, and the fields that it changes (of a new one or a deleted one, all).

    `title`: what it is and how it is called, `Factura B0100000012 · Ferretería Núñez · 01/03/2026`; `name`
    the latter alone, or "".
    """

    action: Action
    path: str
    title: str
    name: str
    place: tuple[str, ...]
    fields: tuple[ChangeLine, ...]


@dataclass(frozen=True, slots=True)
class ConflictShown:
    """A document that was, or will be, left alone, and why. `parts` is its path."""

    path: str
    reason: str
    parts: DocumentPath


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan, to be looked at; yes means to go on. `questions` and `confirms`: what is asked after it.

    `backup` is how it is called (`words.backup_said`). `source` is the backup's own database where `target`
    is another on purpose, else None. `documents` are the first writes of each collection, `more` counts the
    others. `reads` were made, `read_back` are to come.
    """

    backup: str
    target: Source
    source: Source | None
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
        return CollectionPlan((), "En total", *sums)

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

    target: Source


Asked: TypeAlias = PlanShown | QuestionShown | ConfirmShown


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a restore ended. Texts are in Spanish.

    `done`: all as planned; `nothing`: there was nothing to write; `conflicts`: all but some documents that
    somebody else changed; `partial`: something is not as planned; `cut`: it was stopped, or ended early,
    after it had begun to write. `pre_restore` undoes it, `restore` is its id where it can be continued.
    `failure` is what ended it early. `edited`: documents that others changed meanwhile. `plan`: what a person
    said yes to, None where nothing was asked.
    """

    state: State
    backup: str
    target: Source
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
    plan: PlanShown | None = None

    @property
    def written(self) -> int:
        """Writes that were confirmed."""
        return self.created + self.changed + self.deleted


def plan_shown(plan: Plan, zone: tzinfo, backup: str, source: Source | None = None) -> PlanShown:
    """The plan in plain values, times in `zone`.

    `backup` is how the backup is called (`words.backup_said`), `source` the backup's own database.

    Reads the plan's files.
    """
    documents = _documents(plan, zone)
    return PlanShown(
        backup=backup,
        target=plan.facts.target,
        source=None if source == plan.facts.target else source,
        mode=plan.facts.mode,
        collections=tuple(
            CollectionPlan(
                place, collection_words.place_title(place), c.create, c.change, c.equal, c.delete, c.skip
            )
            for place, c in sorted(plan.places.items())
        ),
        documents=documents,
        more=plan.writes - len(documents),
        notes=tuple(map(one_line, plan.notes)),
        conflicts=tuple(_conflict(c.path, c.reason) for c in plan.conflicts[:_SHOWN]),
        conflict_count=plan.conflict_count,
        reads=plan.reads,
        read_back=plan.read_back,
        questions=len(plan.questions),
        confirms=not plan.facts.target.emulator,
    )


def _documents(plan: Plan, zone: tzinfo) -> tuple[DocumentPlan, ...]:
    shown: list[DocumentPlan] = []
    taken: dict[str, int] = {}
    for write in plan.in_name_order():
        name = write.path[0]
        if taken.get(name, 0) < _OF_COLLECTION:
            taken[name] = taken.get(name, 0) + 1
            shown.append(_document(plan, write, zone))
            if len(shown) == _IN_ALL:
                break
    return tuple(shown)


def _document(plan: Plan, write: Write, zone: tzinfo) -> DocumentPlan:
    document = plan.target_of(write) or write.before
    of = document or Document(write.path, {})
    whole = write.action != "change"
    fields = change_words.lines(plan.field_changes(write), of, zone, whole=whole)
    place = write.path[::2]
    name = document_words.called(document, zone) if document is not None else ""
    noun = nouns(place)[0]
    title = f"{noun[:1].upper()}{noun[1:]} {name or one_line(write.path[-1])}"
    return DocumentPlan(write.action, document_words.path_text(write.path), title, name, place, fields)


def _conflict(path: DocumentPath, reason: str) -> ConflictShown:
    return ConflictShown(document_words.path_text(path), one_line(reason), path)


def outcome(report: RestoreReport, *, stopped: bool, plan: PlanShown | None = None) -> Outcome:
    """A report in plain values. `stopped`: somebody wanted it to stop. `plan`: what a person said yes to."""
    error = next(iter(report.failures), None)
    return Outcome(
        state=_state(report, stopped=stopped),
        backup=report.backup,
        target=report.target,
        is_undo=report.undoes is not None,
        created=report.created,
        changed=report.changed,
        deleted=report.deleted,
        left=report.left,
        pre_restore=report.pre_restore,
        restore=report.restore if report.to_continue else None,
        conflicts=tuple(_conflict(c.path, c.reason) for c in report.conflicts[:_SHOWN]),
        conflict_count=report.conflict_count,
        troubles=tuple(_conflict(trouble.path, trouble.why) for trouble in report.troubles[:_SHOWN]),
        trouble_count=report.trouble_count,
        edited=tuple(map(document_words.path_text, report.edited[:_SHOWN])),
        edited_count=report.edited_count,
        notes=tuple(map(one_line, report.notes)),
        failure=_failure(error) if error is not None and not stopped else None,
        plan=plan,
    )


def _failure(error: FacotBackupsError) -> Failure:
    """What ended it early, without a remedy that would have it left as it is."""
    found = failure(error)
    return replace(found, remedy="Espere a que termine.") if isinstance(error, LockHeld) else found


def _state(report: RestoreReport, *, stopped: bool) -> State:
    if report.failure is not None:
        return "cut" if stopped or report.to_continue else "partial"
    if report.trouble_count or report.read_back_failure is not None:
        return "partial"
    if report.conflict_count:
        return "conflicts"
    return "done" if report.written else "nothing"
