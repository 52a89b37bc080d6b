"""A command of the user's own, run by the system's shell; facts come in its environment, not its text."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from facot_backups.app.windows_program import program
from facot_backups.operations.cancellation import Stop
from facot_backups.text import lines, reason

PREFIX = "FACOT_BACKUPS_"
# Of what it wrote the end counts.
_KEPT_BYTES = 16_384
_POLL_SECONDS = 0.1
# From the wish that it end to its being made to.
_GRACE_SECONDS = 3.0
# A fact may be as long as an error: systems bound a variable.
_MAX_FACT = 8000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `problem` in Spanish, None if it went well; `output`: the end of what it wrote."""

    problem: str | None
    output: str


def run_hook(command: str, facts: Mapping[str, str], seconds: float, stop: Stop | None = None) -> Ended:
    """Run `command` for at most `seconds`, with `facts` in its environment (`FACOT_BACKUPS_…`).

    Raises nothing. At the deadline, or when `stop` is requested, it is ended with all that it started. Its
    stdin is empty; stdout and stderr are gathered together.
    """
    try:
        process = subprocess.Popen(
            command,
            shell=True,  # the text is the user's own, whole; what comes from outside is never in it
            env=environment(facts),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
            creationflags=_CREATION_FLAGS,
        )
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else type(error).__name__
        return Ended(f"no se pudo empezar ({why})", "")
    output = _Output(process)
    try:
        problem = _wait(process, seconds, stop)
    except BaseException:  # Ctrl-C
        _end_tree(process)
        raise
    return Ended(problem, output.text())


_CREATION_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def environment(facts: Mapping[str, str], *, cmd: bool = os.name == "nt") -> dict[str, str]:
    """What a command sees: our own variables, and the facts. `cmd`: the shell is Windows's.

    That one would look for a program in the working directory first, where anybody may have put one.
    """
    told = {PREFIX + name: fact(name, value, cmd=cmd) for name, value in facts.items()}
    return {**os.environ, **({"NoDefaultCurrentDirectoryInExePath": "1"} if cmd else {}), **told}


def fact(name: str, value: str, *, cmd: bool = os.name == "nt") -> str:
    """What the variable of a fact holds, `visible` but for paths. `cmd`: the shell is Windows's.

    That one puts `%VARIABLE%` into the command before it reads it: there a text may not hold what it obeys.
    """
    if name in _PATHS:
        return (
            value[:_MAX_FACT].replace("\0", "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        )
    text = lines(value[:_MAX_FACT])
    return text.translate(_OBEYED) if cmd else text


_OBEYED = str.maketrans(dict.fromkeys('"&|<>^%!()\r\n', " "))
# Paths are the user's own, and must stay as they are.
_PATHS = ("DIR", "PATH")


def _wait(process: subprocess.Popen[bytes], seconds: float, stop: Stop | None) -> str | None:
    end = time.monotonic() + seconds
    while True:
        try:
            code = process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if stop is not None and stop.requested:
                _end_tree(process)
                return "se interrumpió"
            if time.monotonic() >= end:
                _end_tree(process)
                return f"no terminó en {_span(seconds)} y se ha cortado"
        else:
            return None if code == 0 else f"terminó con código {code}"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _end_tree(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it started: asked first, then made to."""
    if sys.platform == "win32":
        with suppress(OSError, subprocess.TimeoutExpired):
            words = [program("taskkill"), "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(words, capture_output=True, check=False, timeout=_GRACE_SECONDS)
        process.kill()
    else:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)  # a session's first process leads the group of its number
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_SECONDS)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)


class _Output:
    """The end of what a process writes, read while it runs so that it never waits for us."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, name="facot-backups-hook", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with suppress(OSError, ValueError):
            while piece := os.read(stream.fileno(), 8192):
                self._kept += piece
                del self._kept[:-_KEPT_BYTES]
            stream.close()

    def text(self) -> str:
        """What was written so far; something that it left running may still write."""
        self._thread.join(_POLL_SECONDS * 5)
        return bytes(self._kept).decode("utf-8", "replace")
