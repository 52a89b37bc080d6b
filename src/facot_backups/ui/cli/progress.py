"""Progress of long work: a bar on a terminal, plain lines elsewhere, nothing when quiet. All on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from facot_backups.events import (
    CollectionDone,
    CollectionFailed,
    Counted,
    Emit,
    Event,
    PhaseStarted,
    Retried,
    Warned,
)
from facot_backups.figures import number
from facot_backups.text import hanging, one_line
from facot_backups.ui.cli import output
from facot_backups.ui.cli.progress_text import PHASES, WAITING, done_text


@contextmanager
def progress(*, quiet: bool, verbose: bool) -> Iterator[Emit]:
    """An `Emit` that shows what happens until the block ends."""
    if quiet:
        yield _show_warning
    elif sys.stderr is not None and sys.stderr.isatty():  # None: a program without a console
        from facot_backups.ui.cli.progress_bar import Bar

        with Bar(verbose=verbose) as bar:
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
