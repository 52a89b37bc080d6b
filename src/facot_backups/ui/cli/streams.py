"""What the process was given at its start: stdin, stdout, stderr, and signals that ask it to end."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from facot_backups.errors import OutputUnwritable

_NOTHING = Path(os.devnull)


def keep_standard_descriptors() -> None:
    """Open what the process was started without of stdin, stdout and stderr, on nothing.

    Else a file of a backup would get the number 2, and what a library writes to stderr would end in it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(_NOTHING, os.O_RDWR)  # the lowest number that is free: this one


def never_fail_for_a_character() -> None:
    """Let stdout and stderr put a `?` for what their encoding has not.

    Windows gives a file or a pipe the encoding of the country (cp1252), which knows no ✓; and a path may
    hold bytes that are no text.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def standard_streams() -> Iterator[None]:
    """Let the block write to stdout and stderr whatever they are.

    What cannot be written to stderr is lost in silence: a remark must not stop a backup. What cannot be
    written to stdout raises OutputUnwritable, but for a pipe that nobody reads any more. A stream that the
    process was started without reads as empty and takes everything.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    with ExitStack() as stack:
        if sys.stdin is None:
            sys.stdin = stack.enter_context(_NOTHING.open(encoding="utf-8"))
        out, err = (
            stack.enter_context(_NOTHING.open("w", encoding="utf-8")) if stream is None else stream
            for stream in before[1:]
        )
        sys.stdout, sys.stderr = cast("TextIO", _Results(out)), cast("TextIO", _Remarks(err))
        try:
            yield
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
            for stream in before[1:]:
                _forget_unwritten(stream)


class _Stream:
    """A text stream that is another one in all but how it fails."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`. Returns its length."""
        with self._failing():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what waits."""
        with self._failing():
            self._stream.flush()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        yield


class _Remarks(_Stream):
    @contextmanager
    def _failing(self) -> Iterator[None]:
        with suppress(OSError):
            yield


class _Results(_Stream):
    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise OutputUnwritable(error) from error


def _forget_unwritten(stream: TextIO | None) -> None:
    """Drop what `stream` could not write, which the interpreter would try again at its end, and exit 120."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        nothing = os.open(_NOTHING, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)


def ending_signals() -> list[signal.Signals]:
    """The signals besides Ctrl-C by which this process can be asked to end: SIGTERM; SIGHUP, unless ignored.

    `nohup` lets a process ignore SIGHUP.
    """
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def ended_as_by_ctrl_c() -> Iterator[None]:
    """In the block SIGTERM and SIGHUP are as Ctrl-C: nothing stays half done, and it is said."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.default_int_handler) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
