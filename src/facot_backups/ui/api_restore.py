"""`restore_backup`: a restore for programs, as a plain dict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from facot_backups.app import logs, wiring
from facot_backups.archive.strict import is_document_path
from facot_backups.errors import (
    BackupNotFound,
    FacotBackupsError,
    InvoiceNotFound,
    JournalNotFound,
    ReadBudgetExceeded,
    SettingError,
    UsageError,
)
from facot_backups.model import EVERYTHING, DocumentPath, Scope, Source
from facot_backups.settings import load_settings

if TYPE_CHECKING:
    from facot_backups.archive.facot2 import AnyBackup
    from facot_backups.operations.restore.plan import Counts, Mode, Plan
    from facot_backups.operations.restore.questions import Question
    from facot_backups.operations.restore.report import RestoreReport


class RestoredCollection(TypedDict):
    """What the plan does with the documents of a root collection, nested ones too (`--mode` in the help)."""

    create: int
    change: int
    equal: int
    delete: int
    skip: int


class RestoreResult(TypedDict):
    """What `restore_backup` returns. Texts are in Spanish, paths as `invoices/12`.

    `success`: everything is as planned. `plan` is what was planned, by collection; `written` what was
    confirmed (0 with `dry_run`), `left` what is neither confirmed nor refused. `pre_restore` is the name of
    the backup that undoes it, None where nothing was written. `conflicts`: documents left alone because
    somebody changed them meanwhile; `edited`: others that changed meanwhile; `troubles`: those that are
    otherwise not as planned. `restore` is the id for `facot-backups restore --continue`, None where there is
    none. All of that is so also where an error ended it half-way.
    """

    success: bool
    dry_run: bool
    restore: str | None
    backup: str
    target: str | None
    plan: dict[str, RestoredCollection]
    written: int
    left: int
    pre_restore: str | None
    conflicts: list[str]
    edited: list[str]
    troubles: list[str]
    notes: list[str]
    errors: list[str]
    exit_code: int


def restore_backup(  # noqa: PLR0913 - all but the first are named, and have defaults
    backup: str = "latest",
    *,
    backup_dir: str | Path | None = None,
    client: Any = None,
    collections: Sequence[str] | None = None,
    documents: Sequence[str] | None = None,
    mode: str | None = None,
    into_project: str | None = None,
    into_database: str | None = None,
    dry_run: bool = False,
    yes: bool = False,
    allow_incomplete: bool = False,
    counters_from_backup: bool = False,
) -> RestoreResult:
    """Give a backup back to Firestore, or undo a restore by the name of its `.pre-restore`.

    `collections` and `documents` (`invoices/12`, or an invoice's NCF) are the scope, all of the backup
    without them. `mode` is `overwrite` (None), `missing` or `mirror`. `yes` answers every question; without
    it only an emulator is written to, and only where nothing has to be asked. With `dry_run` nothing is
    written anywhere. What can happen on a working day is in `errors`. Raises UsageError for a caller's
    mistake and for a restore that was not confirmed, BackupNotFound, InvoiceNotFound.
    """
    from facot_backups.operations.restore import run as operation
    from facot_backups.operations.restore.request import RestoreRequest

    settings = load_settings({"backup_dir": backup_dir, "project": into_project, "database": into_database})
    store = wiring.open_store(settings, logs.log_event)
    connect = wiring.connector(settings, client)
    try:
        request = RestoreRequest(
            backup=backup,
            scope=_scope(collections, documents, lambda: store.find(backup, settings.scope)),
            mode=_mode(mode),
            into_project=into_project,
            into_database=into_database,
            allow_incomplete=allow_incomplete,
            counters_from_backup=counters_from_backup,
            max_reads=settings.max_reads,
        )
        if dry_run:
            with operation.planned(connect, store, request, logs.log_event) as plan:
                return _planned(plan)
        return _restored(operation.restore(connect, store, request, _Beforehand(yes), logs.log_event))
    except FacotBackupsError as error:
        if _is_callers_mistake(error):
            raise
        logs.log_failure(str(error))
        return _failed(backup, error, dry_run=dry_run)


class _Beforehand:
    """An `Approval` without anybody to ask."""

    def __init__(self, yes: bool) -> None:
        self.beforehand = yes

    def show(self, plan: Plan) -> None:
        """Nobody looks."""

    def confirm(self, plan: Plan) -> bool:
        """The caller's `yes`, which an emulator does not need. Raises UsageError without it."""
        if not self.beforehand and not plan.facts.target.emulator:
            raise UsageError("yes_needed", target=plan.facts.target)
        return True

    def answer(self, plan: Plan, question: Question) -> bool:
        """The caller's `yes`. Raises UsageError without it."""
        if not self.beforehand:
            raise UsageError("answer_needed", question=question.text)
        return True


def _mode(text: str | None) -> Mode | None:
    from facot_backups.operations.restore.plan import MODES

    found = next((mode for mode in MODES if mode == text), None)
    if text is not None and found is None:
        raise UsageError("no_mode", text=text, modes=MODES)
    return found


def _scope(
    collections: Sequence[str] | None, documents: Sequence[str] | None, backup: Callable[[], AnyBackup]
) -> Scope:
    """What is asked for; an invoice that is named by its NCF is looked for in `backup`."""
    from facot_backups.operations.search.invoice_number import find_invoice, is_number

    if not collections and not documents:
        return EVERYTHING
    if isinstance(collections, str) or isinstance(documents, str):
        raise UsageError("no_lists")
    paths = [find_invoice([backup()], text) if is_number(text) else _path(text) for text in documents or ()]
    return Scope(collections=tuple(collections or ()), documents=tuple(paths))


def _path(text: str) -> DocumentPath:
    path = tuple(text.strip("/").split("/"))
    if not is_document_path(path):
        raise UsageError("no_document_or_number", text=text)
    return path


def _is_callers_mistake(error: FacotBackupsError) -> bool:
    if isinstance(error, SettingError):
        return error.origin == "argumento"
    mistakes = (UsageError, BackupNotFound, InvoiceNotFound, JournalNotFound)
    return isinstance(error, mistakes) and not isinstance(error, ReadBudgetExceeded)


def _result(backup: str, target: Source | None, exit_code: int, plan: Mapping[str, Counts]) -> RestoreResult:
    """The result of a restore of which nothing more is known."""
    return RestoreResult(
        success=exit_code == 0,
        dry_run=False,
        restore=None,
        backup=backup,
        target=str(target) if target is not None else None,
        plan={
            name: RestoredCollection(
                create=c.create, change=c.change, equal=c.equal, delete=c.delete, skip=c.skip
            )
            for name, c in sorted(plan.items())
        },
        written=0,
        left=0,
        pre_restore=None,
        conflicts=[],
        edited=[],
        troubles=[],
        notes=[],
        errors=[],
        exit_code=exit_code,
    )


def _planned(plan: Plan) -> RestoreResult:
    result = _result(plan.facts.backup, plan.facts.target, 0, plan.counts)
    result["dry_run"] = True
    result["left"] = plan.writes
    result["conflicts"] = ["/".join(conflict.path) for conflict in plan.conflicts]
    result["notes"] = list(plan.notes)
    return result


def _restored(report: RestoreReport) -> RestoreResult:
    if report.cut:
        logs.log_failure(str(report.failure))
    result = _result(report.backup, report.target, report.exit_code, report.planned)
    result["restore"] = report.restore if report.pre_restore else None
    result["written"], result["left"] = report.written, report.left
    result["pre_restore"] = report.pre_restore
    result["conflicts"] = ["/".join(conflict.path) for conflict in report.conflicts]
    result["edited"] = ["/".join(path) for path in report.edited]
    result["troubles"] = ["/".join(trouble.path) for trouble in report.troubles]
    result["notes"] = list(report.notes)
    result["errors"] = [str(failure) for failure in report.failures]
    return result


def _failed(backup: str, error: FacotBackupsError, *, dry_run: bool) -> RestoreResult:
    result = _result(backup, None, error.exit_code, {})
    result["dry_run"] = dry_run
    result["errors"] = [str(error)]
    return result
