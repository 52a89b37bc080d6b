"""The progress bar of a terminal."""

from __future__ import annotations

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
    Event,
    PhaseStarted,
    Progressed,
    Retried,
    Warned,
)
from facot_backups.figures import number
from facot_backups.text import hanging, one_line, visible
from facot_backups.ui.cli import output
from facot_backups.ui.cli.progress_text import PHASES, WAITING, done_text


class _Rate(ProgressColumn):
    """Documents per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{number(int(task.speed))}/s" if task.speed else "")


class Bar:
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
        self._task = self._progress.add_task("Preparando", total=None, shown="")
        self._total: int | None = None
        self._phase = ""
        self._verbose = verbose

    @property
    def tasks(self) -> list[Task]:
        """What the bar shows."""
        return self._progress.tasks

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def emit(self, event: Event) -> None:
        """Show the event: move the bar, or print a line above it."""
        match event:
            case PhaseStarted(phase):
                self._begin(PHASES.get(phase, phase))
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

    def _begin(self, phase: str) -> None:
        """A phase has a rate of its own; a total, until documents came of it."""
        self._phase = phase
        (task,) = self.tasks
        if task.completed:
            task.total = self._total = None
        self._progress.reset(self._task, description=phase, shown="")
        self._progress.refresh()

    def _move(self, collection: str, documents: int) -> None:
        of = f" de {number(self._total)}" if self._total is not None else ""
        self._progress.update(
            self._task,
            completed=documents,
            description=f"{self._phase}: [bold]{escape(visible(collection))}[/]",
            shown=f"{number(documents)}{of}",
        )
