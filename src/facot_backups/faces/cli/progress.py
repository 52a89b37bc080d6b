"""Progress of long work: a bar on a terminal, plain lines elsewhere, nothing when quiet. All on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from facot_backups.events import (
    CollectionDone,
    CollectionFailed,
    Counted,
    Emit,
    Event,
    PhaseStarted,
    Progressed,
    Retried,
    Warned,
)
from facot_backups.faces.cli import output
from facot_backups.figures import number
from facot_backups.text import hanging, one_line, visible

PHASES = {
    "connecting": "Conectando",
    "reading": "Leyendo",
    "checking": "Comprobando con el servidor",
    "publishing": "Publicando",
    "verifying": "Verificando",
    "planning": "Haciendo el plan",
    "keeping": "Guardando lo que hay",
    "writing": "Escribiendo",
    "reading-back": "Comprobando lo escrito",
    "comparing": "Comparando",
    "searching": "Buscando",
    "auditing": "Revisando",
    "telling": "Avisando",
}

WAITING = "Firestore no responde: se reintenta…"


@contextmanager
def progress(*, quiet: bool, verbose: bool) -> Iterator[Emit]:
    """An `Emit` that shows what happens until the block ends."""
    if quiet:
        yield _show_warning
    elif sys.stderr is not None and sys.stderr.isatty():  # None: a program without a console
        with _Bar(verbose=verbose) as bar:
            yield bar.emit
    else:
        yield _Lines(verbose=verbose).emit


def _show_warning(event: Event) -> None:
    """What is said even when quiet: failures and warnings."""
    match event:
        case CollectionFailed(collection, reason):
            output.echo(f"No se pudo leer {collection}: {one_line(reason)}", err=True)
        case Warned(message):
            output.echo_lines(f"Aviso: {hanging(message)}", err=True)


class _Lines:
    """A line per collection, for logs and pipes."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose

    def emit(self, event: Event) -> None:
        """Print what the event says, if it is worth a line."""
        match event:
            case PhaseStarted(phase) if self._verbose:
                output.echo(f"{PHASES.get(phase, phase)}…", err=True)
            case Counted(total):
                output.echo(f"El servidor cuenta {number(total)} documentos.", err=True)
            case CollectionDone():
                output.echo(done_text(event), err=True)
            case Retried(reason, _) if self._verbose:
                output.echo(f"Reintento: {one_line(reason)}", err=True)
            case Retried(_, wait) if wait:
                output.echo(WAITING, err=True)
            case _:
                _show_warning(event)


def done_text(event: CollectionDone) -> str:
    """`invoices: 300 documentos (y 912 dentro de ellos)`."""
    word = "documento" if event.documents == 1 else "documentos"
    nested = f" (y {number(event.nested)} dentro de ellos)" if event.nested else ""
    return f"{visible(event.collection)}: {number(event.documents)} {word}{nested}"


class _Rate(ProgressColumn):
    """Documents per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{number(int(task.speed))}/s" if task.speed else "")


class _Bar:
    """One bar for the whole run, and above it a line per finished collection."""

    def __init__(self, *, verbose: bool) -> None:
        self._console = output.console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[shown]}"),
            _Rate(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("Conectando", total=None, shown="")
        self._total: int | None = None
        self._phase = PHASES["reading"]
        self._verbose = verbose

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def emit(self, event: Event) -> None:
        """Show the event: move the bar, or print a line above it."""
        match event:
            case PhaseStarted(phase):
                self._phase = PHASES.get(phase, phase)
                self._progress.update(self._task, description=self._phase)
            case Counted(total):
                self._total = total
                self._progress.update(self._task, total=total)
            case Progressed(collection, documents):
                self._move(collection, documents)
            case CollectionDone():
                self._console.print(f"  [green]✓[/] {escape(done_text(event))}")
            case CollectionFailed(collection, reason):
                self._console.print(f"  [red]✗ {escape(visible(collection))}[/]: {escape(one_line(reason))}")
            case Warned(message):
                self._console.print(f"  [yellow]Aviso:[/] {escape(hanging(message))}")
            case Retried(reason, _) if self._verbose:
                self._console.print(f"  Reintento: {escape(one_line(reason))}")
            case Retried(_, wait) if wait:
                self._progress.update(self._task, description=WAITING)

    def _move(self, collection: str, documents: int) -> None:
        of = f" de {number(self._total)}" if self._total is not None else ""
        self._progress.update(
            self._task,
            completed=documents,
            description=f"{self._phase}: [bold]{escape(visible(collection))}[/]",
            shown=f"{number(documents)}{of}",
        )
