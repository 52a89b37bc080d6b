"""What the commands print: JSON or text on stdout, errors and progress on stderr."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import click

from facot_backups.clock import SystemClock, in_zone
from facot_backups.errors import FacotBackupsError, OutputUnwritable, Unforeseen

_log = logging.getLogger(__name__)


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
    _log.debug("in %r: %r", found.object, found.exc_value)


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on stdout, and nothing else there."""
    click.echo(to_text(value))


def to_text(value: dict[str, Any], indent: int | None = 2) -> str:
    """JSON for stdout: UTF-8, or ASCII where stdout speaks another."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    return json.dumps(value, ensure_ascii=encoding != "utf8", indent=indent)


def print_failure(message: str, exit_code: int) -> None:
    """The JSON object of a command that failed before it had anything to report; where stdout takes it."""
    with suppress(OutputUnwritable, OSError):
        print_json({"success": False, "exit_code": exit_code, "error": message})


def printable(text: str) -> str:
    """`text` without what a terminal would obey or a log would break at: line breaks alone stay.

    Names of collections come from a database, where anybody may write.
    """
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def show_error(error: FacotBackupsError, *, as_json: bool, verbose: bool) -> None:
    """The error's own text on stderr (with its trace if `verbose`); as JSON also an object on stdout."""
    if as_json:
        print_failure(str(error), error.exit_code)
    if verbose:
        traceback.print_exception(error, file=sys.stderr)
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {printable(str(error))}", err=True)


def show_fault(error: Exception, *, as_json: bool, verbose: bool) -> None:
    """A fault that nobody foresaw: what it is, and how to see more."""
    show_error(Unforeseen(error), as_json=as_json, verbose=False)
    if verbose:
        traceback.print_exception(error, file=sys.stderr)


def local_time(moment: datetime) -> str:
    """An instant in the computer's zone: `27/11/2024 02:00`."""
    return in_zone(moment, SystemClock().zone()).strftime("%d/%m/%Y %H:%M")
