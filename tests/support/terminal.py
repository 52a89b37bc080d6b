"""A real terminal for a process: a pseudo-terminal of so many columns."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Shown:
    """How a command ended, and all that it wrote to its terminal; `text` without styles."""

    code: int
    raw: str

    @property
    def text(self) -> str:
        """What a person reads."""
        return _STYLE.sub("", self.raw).replace("\r\n", "\n")


def on_terminal(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, columns: int = 80, typed: str = ""
) -> Shown:
    """Run `command` with stdin, stdout and stderr on a terminal; `typed` is what a person types ahead."""
    if sys.platform == "win32":
        raise NotImplementedError("Windows has no pseudo-terminals of this kind")
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    given = {**environment, "TERM": "xterm-256color"}
    given.pop("COLUMNS", None)
    with subprocess.Popen(
        command, env=given, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        raw = read_all(ours)
    return Shown(process.returncode, raw)


def read_all(descriptor: int) -> str:
    """What comes through a pseudo-terminal until its other side is closed (Linux says EIO then)."""
    data = b""
    try:
        while block := os.read(descriptor, 65536):
            data += block
    except OSError:
        pass
    os.close(descriptor)
    return data.decode()
