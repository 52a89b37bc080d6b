"""What the commands print: JSON or text on stdout, errors and progress on stderr.

Every command waits for this module, `--help` too: what few of them need is imported where it is used.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from facot_backups.errors import FacotBackupsError, OutputUnwritable, Unforeseen
from facot_backups.text import hanging, lines, visible

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console


@contextmanager
def remarks_of_destructors(*, shown: bool) -> Iterator[None]:
    """Send what a destructor raises to the log instead of stderr, unless `shown`.

    gRPC's own raises one when Ctrl-C comes in the moment in which a call begins: nothing is lost by it, and
    its stack trace would hide the two lines that count.
    """
    before = sys.unraisablehook
    if not shown:
        sys.unraisablehook = _log_unraisable
    try:
        yield
    finally:
        sys.unraisablehook = before


def _log_unraisable(found: sys.UnraisableHookArgs) -> None:
    import logging

    logging.getLogger(__name__).debug("in %r: %r", found.object, found.exc_value)


# What stands for the escape character in the styles that we put into a text, until it is written: no text
# from outside can hold it.
_ESCAPE = os.urandom(12).hex()
# A space at which no line is broken; `visible` lets none through, so no text has it.
_KEPT_SPACE = "\x1f"


def style(text: str, **styles: Any) -> str:
    """`text`, `visible`, in the styles of `click.style`, as a part of what `echo` writes."""
    return click.style(visible(text), **styles).replace("\x1b", _ESCAPE)


def echo(text: str = "", *, nl: bool = True, err: bool = False, **styles: Any) -> None:
    """Write one line; whatever in it could command a terminal or break the line is made visible.

    All commands write by this module alone (ruff's TID251 sees to that): a name of a database, where anybody
    may write, cannot reach a terminal otherwise.
    """
    _write(style(text, **styles) if styles else visible(text), nl=nl, err=err)


def echo_lines(text: str, *, nl: bool = True, err: bool = False, **styles: Any) -> None:
    """The same for a text of ours that has several lines; what is from outside in it must have none."""
    shown = lines(text)
    _write(click.style(shown, **styles).replace("\x1b", _ESCAPE) if styles else shown, nl=nl, err=err)


def repeat(line: str) -> None:
    """Write a line that one of these wrote before, with its styles."""
    click.echo(line)


def _write(shown: str, *, nl: bool, err: bool) -> None:
    click.echo(shown.replace(_ESCAPE, "\x1b"), nl=nl, err=err)


def ask(question: str) -> str:
    """What a person answers to `question`, one line; on stderr."""
    return str(click.prompt(visible(question), default="", show_default=False, err=True))


def console(*, stderr: bool = False, **options: Any) -> Console:
    """A console of rich's, for tables, whose text is as safe as that of `echo`."""
    from rich.console import Console
    from rich.segment import Segment

    class SafeConsole(Console):
        def render(self, renderable: Any, options: Any = None) -> Iterator[Any]:
            for segment in super().render(renderable, options):
                text, kind, control = segment
                yield segment if control else Segment(lines(text), kind)

    return SafeConsole(stderr=stderr, highlight=False, **options)


def terminal_width() -> int | None:
    """The columns of the terminal on stdout; None where it is none: lines of a file or a pipe stay whole."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str, width: int | None, *, hang: str = "") -> list[str]:
    """`text`, `visible`, as lines of at most `width` columns, all but the first behind `hang`.

    A number stays with its unit or currency.
    """
    import textwrap

    shown = visible(text)
    if width is None:
        return [shown]
    kept = re.sub(r"(?<=[0-9$]) (?=\S)", _KEPT_SPACE, shown)
    parts = textwrap.wrap(kept, max(width, 20), subsequent_indent=hang)
    return [part.replace(_KEPT_SPACE, " ") for part in parts] or [""]


def hanging_lines(text: str, width: int | None, indent: str) -> list[str]:
    """The same behind `indent`, the later lines deeper."""
    room = None if width is None else width - len(indent)
    return [indent + line for line in wrapped(text, room, hang="  ")]


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on stdout, and nothing else there."""
    echo_lines(to_text(value))


def to_text(value: Any, indent: int | None = 2) -> str:
    """JSON for stdout: UTF-8, or ASCII where stdout speaks another.

    A character that could command a terminal is written as JSON's own `\\u…`, which reads as the same.
    """
    import json

    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    text = json.dumps(value, ensure_ascii=encoding != "utf8", indent=indent)
    return "\n".join(line if visible(line) == line else _escaped(line) for line in text.split("\n"))


def _escaped(text: str) -> str:
    import json

    return "".join(c if visible(c) == c else json.dumps(c)[1:-1] for c in text)


def print_failure(message: str, exit_code: int) -> None:
    """The JSON object of a command that failed before it had anything to report; where stdout takes it."""
    with suppress(OutputUnwritable, OSError):
        print_json({"success": False, "exit_code": exit_code, "error": message})


def show_error(error: FacotBackupsError, *, as_json: bool, verbose: bool) -> None:
    """The error's own text on stderr (with its trace if `verbose`); as JSON also an object on stdout."""
    if as_json:
        print_failure(str(error), error.exit_code)
    if verbose:
        show_trace(error)
    echo_lines(f"{style('Error:', fg='red', bold=True)} {hanging(str(error))}", err=True)


def show_fault(error: Exception, *, as_json: bool, verbose: bool) -> None:
    """A fault that nobody foresaw: what it is, and how to see more."""
    show_error(Unforeseen(error), as_json=as_json, verbose=False)
    if verbose:
        show_trace(error)


def show_trace(error: Exception) -> None:
    """The stack trace of an error, on stderr."""
    import traceback

    echo_lines(hanging("".join(traceback.format_exception(error)).rstrip()), err=True)


def show_usage_error(error: click.ClickException) -> None:
    """What click says of a wrong option or argument, on stderr; it quotes what was typed."""
    said = io.StringIO()
    error.show(said)
    echo_lines(hanging(said.getvalue().rstrip().expandtabs(4)).replace("\n  Error:", "\nError:"), err=True)


def local_time(moment: datetime) -> str:
    """An instant in the computer's zone: `27/11/2024 02:00`."""
    from facot_backups.clock import SystemClock, in_zone

    return in_zone(moment, SystemClock().zone()).strftime("%d/%m/%Y %H:%M")
