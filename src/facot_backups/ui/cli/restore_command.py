"""`facot-backups restore`: give a backup back to Firestore, finish a restore that was cut, undo one."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facot_backups.errors import UsageError
from facot_backups.events import Event
from facot_backups.model import EVERYTHING, Scope
from facot_backups.ui.cli import output, restore_text
from facot_backups.ui.cli.document_text import document_path
from facot_backups.ui.cli.options import collections, common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.archive.store import Store
    from facot_backups.operations.restore.plan import Plan
    from facot_backups.operations.restore.questions import Question
    from facot_backups.operations.restore.report import RestoreReport
    from facot_backups.operations.restore.request import RestoreRequest
    from facot_backups.settings import Settings

MODES = ("overwrite", "missing", "mirror")
_YES = frozenset({"s", "si", "sí", "y", "yes"})


@click.command(
    "restore",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 130),
)
@click.argument("fecha", required=False)
@collections
@click.option(
    "--document",
    "documents",
    multiple=True,
    metavar="RUTA",
    help="Solo este documento con todo lo que tiene debajo, como invoices/12 o invoices/12/items/0; de una "
    "factura, también su NCF.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    metavar="MODO",
    help="overwrite: pone lo que tiene el backup y deja lo demás (lo normal). missing: solo lo que ahora no "
    "existe. mirror: todo queda como en el backup, lo demás se borra.",
)
@click.option("--into-project", metavar="P", help="Escribe en este proyecto, que no es el del backup.")
@click.option("--into-database", metavar="D", help="Escribe en esta base de datos, que no es la del backup.")
@click.option("--dry-run", is_flag=True, help="Solo enseña el plan: no escribe nada en ninguna parte.")
@click.option("--fields", is_flag=True, help="Enseña también los campos que cambian en cada documento.")
@click.option("--yes", is_flag=True, help="Responde que sí a todo, para programas; el informe lo dice.")
@click.option("--allow-incomplete", is_flag=True, help="Acepta un backup incompleto: lo que tiene.")
@click.option(
    "--counters-from-backup",
    is_flag=True,
    help="Pone los contadores de NCF como en el backup, aunque retrocedan. Se pregunta aparte.",
)
@click.option("--continue", "continued", metavar="ID", help="Termina una restauración que se cortó.")
@common
def command(fecha: str | None, **options: Any) -> int:
    """Devuelve a Firestore el backup FECHA (una carpeta, o latest), entero o en parte.

    Enseña primero el plan y pide confirmación. Lo que va a cambiar se guarda antes en una carpeta
    .pre-restore: restaurarla deshace esta restauración. Los contadores de NCF nunca retroceden.
    """
    return _Command(fecha, options).run()


class _Command:
    """One call of the command. `options` are click's."""

    def __init__(self, name: str | None, options: dict[str, Any]) -> None:
        from facot_backups.settings import load_settings

        self._options = options
        self._name = name
        self._continued: str | None = options["continued"]
        _check_usage(name, options)
        self._settings: Settings = load_settings(
            {
                "backup_dir": options["backup_dir"],
                "project": options["into_project"],
                "database": options["into_database"],
            }
        )
        self._screen = _Screen(quiet=options["quiet"], verbose=options["verbose"])

    def run(self) -> int:
        """Do what was asked; returns the exit code."""
        from facot_backups.app import wiring
        from facot_backups.operations.restore import resume as restore_continue
        from facot_backups.operations.restore import run as restore

        connect = wiring.connector(self._settings)
        with self._screen:
            store = wiring.open_store(self._settings, self._screen.emit)
            if self._options["dry_run"]:
                with restore.planned(connect, store, self._request(store), self._screen.emit) as plan:
                    self._screen.stop()
                    return self._show_plan(plan)
            approval = _Asking(self._options, self._screen)
            if self._continued is not None:
                report = restore_continue.continue_restore(
                    connect, store, self._continued, approval, self._screen.emit
                )
            else:
                report = restore.restore(connect, store, self._request(store), approval, self._screen.emit)
        return self._tell(report)

    def _request(self, store: Store) -> RestoreRequest:
        from facot_backups.operations.restore.request import RestoreRequest

        options = self._options
        assert self._name is not None
        return RestoreRequest(
            backup=self._name,
            scope=self._scope(store, self._name),
            mode=options["mode"],
            into_project=options["into_project"],
            into_database=options["into_database"],
            allow_incomplete=options["allow_incomplete"],
            counters_from_backup=options["counters_from_backup"],
            max_reads=self._settings.max_reads,
        )

    def _scope(self, store: Store, name: str) -> Scope:
        """What is asked for; of an invoice that is named by its NCF, where the backup has it."""
        from facot_backups.operations.search.invoice_number import find_invoice, is_number

        collections, documents = self._options["collections"], self._options["documents"]
        if not collections and not documents:
            return EVERYTHING
        paths = [
            find_invoice([store.find(name, self._settings.scope)], text)
            if is_number(text)
            else document_path(text)
            for text in documents
        ]
        return Scope(collections=collections, documents=tuple(paths))

    def _show_plan(self, plan: Plan) -> int:
        if self._options["as_json"]:
            restore_text.print_plan_json(plan, fields=self._options["fields"])
            return 0
        for line in restore_text.plan_lines(plan, documents=True, fields=self._options["fields"]):
            output.echo(line)
        output.echo("No se ha escrito nada (--dry-run).")
        return 0

    def _tell(self, report: RestoreReport) -> int:
        undo = self._again(report.pre_restore) if report.pre_restore else None
        go_on = self._again("--continue", report.restore) if report.to_continue else None
        as_json, quiet = self._options["as_json"], self._options["quiet"]
        if as_json:
            output.print_json(report.to_json(undo_command=undo, continue_command=go_on))
        if report.cut:
            self._tell_cut(report, undo, go_on)
        elif not as_json:
            for line in restore_text.report_lines(report, undo, go_on, quiet=quiet):
                output.echo(line)
        return report.exit_code

    def _tell_cut(self, report: RestoreReport, undo: str | None, go_on: str | None) -> None:
        """An error like any other, with all that is to be known of a database that is half written."""
        if self._options["verbose"] and report.failure is not None:
            output.show_trace(report.failure)
        first, *others = restore_text.report_lines(report, undo, go_on, quiet=False)
        output.echo(f"{output.style('Error:', fg='red', bold=True)} {first}", err=True)
        for line in others:
            output.echo(line, err=True)

    def _again(self, *words: str) -> str:
        """The exact command for this folder and this target."""
        options: list[str] = [*words]
        for name in ("into_project", "into_database"):
            if self._options[name]:
                options += [f"--{name.replace('_', '-')}", self._options[name]]
        if self._options["backup_dir"] is not None:
            options += ["--backup-dir", str(Path(self._options["backup_dir"]))]
        return shlex.join(["facot-backups", "restore", *options])


def _check_usage(name: str | None, options: dict[str, Any]) -> None:
    """What cannot be asked together. Raises UsageError."""
    if options["continued"] is None:
        if name is None:
            raise UsageError("backup_not_named")
        return
    others = ("collections", "documents", "mode", "dry_run", "allow_incomplete", "counters_from_backup")
    given = [other for other in others if options[other]]
    if name is not None or given:
        raise UsageError("continue_alone", restore=options["continued"])


class _Screen:
    """The progress, which makes room for questions."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._stack = ExitStack()
        self._emit: Callable[[Event], None] | None = None

    def __enter__(self) -> _Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def emit(self, event: Event) -> None:
        """Show an event; begins the progress anew after a question."""
        if self._emit is None:
            self._emit = self._stack.enter_context(progress(quiet=self._quiet, verbose=self._verbose))
        self._emit(event)

    def stop(self) -> None:
        """Leave the terminal to others."""
        self._emit = None
        self._stack.close()


class _Asking:
    """An `Approval` by a person at the terminal, or by `--yes`. Everything goes to stderr."""

    def __init__(self, options: dict[str, Any], screen: _Screen) -> None:
        self.beforehand: bool = options["yes"]
        self._quiet: bool = options["quiet"] or options["as_json"]
        self._fields: bool = options["fields"]
        self._screen = screen

    def show(self, plan: Plan) -> None:
        """The plan, in short."""
        if self._quiet and self.beforehand:
            return
        self._screen.stop()
        for line in restore_text.plan_lines(plan, documents=self._fields, fields=self._fields):
            output.echo(line, err=True)

    def confirm(self, plan: Plan) -> bool:
        """By typing the project's id; of an emulator by a yes, where there is a terminal."""
        target = plan.facts.target
        if self.beforehand or (target.emulator and not sys.stdin.isatty()):
            return True
        self._check_terminal()
        if target.emulator:
            return self._says_yes(f"¿Escribir en {target}?")
        output.echo(f"Se va a escribir en {target}.", fg="yellow", bold=True, err=True)
        typed = output.ask(f"Para confirmar, escriba el id del proyecto ({target.project})")
        return typed == target.project

    def answer(self, plan: Plan, question: Question) -> bool:
        """By a yes."""
        if self.beforehand:
            return True
        self._check_terminal()
        return self._says_yes(question.text)

    def _says_yes(self, question: str) -> bool:
        return output.ask(f"{question} [s/N]").strip().casefold() in _YES

    def _check_terminal(self) -> None:
        self._screen.stop()
        if not sys.stdin.isatty():
            raise UsageError("no_terminal")
