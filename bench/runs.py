"""The measurements, one function each: servers are given, processes are started, figures come back."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Literal

from bench.data import PROJECT
from bench.process import HERE, Failed, Measured, measure, sender

COMMAND = str(Path(sys.executable).with_name("facot-backups"))
_PYTHON = [sys.executable, "-B"]
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading. `seconds` are those of the reading itself, `whole` those of its whole process."""

    documents: int
    seconds: float
    whole: float

    @property
    def rate(self) -> float:
        """Documents per second."""
        return self.documents / self.seconds


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak memory in bytes of a run and of the check of what it made."""

    documents: int
    what: str
    run: int
    verify: int


Readings = dict[str, list[Reading]]
Figure = Literal["rate", "whole"]


def read(way: str, host: str, folder: Path) -> Reading:
    """One reading in a process of its own: `floor`, `run` or a way of `bench.readers`."""
    target = str(folder / f"{way}-{next(_numbers)}")
    if way == "run":
        return of_run(run(host, folder, target))
    if way == "floor":
        command = [*_PYTHON, str(HERE / "floor.py"), host, PROJECT]
    else:
        command = [*_PYTHON, "-m", "bench.readers", way, host, target]
    measured = measure(command, folder)
    result = measured.result
    return Reading(result["documents"], result["seconds"], measured.seconds)


def run(host: str, folder: Path, target: str) -> Measured:
    """The whole command, as a user starts it, into an empty folder."""
    command = [COMMAND, "run", "--json", "--quiet", "--backup-dir", target]
    return measure(command, folder, FIRESTORE_EMULATOR_HOST=host)


def of_run(measured: Measured) -> Reading:
    """The reading that a `run --json` was. Raises Failed if its backup is not complete."""
    result = measured.result
    documents = result["total_documents"] + result["nested_documents"]
    if not result["success"] or result["server_count"] != documents:
        raise Failed(f"the backup is not complete: {measured.output}")
    return Reading(documents, measured.seconds, measured.seconds)


def interleaved(ways: Iterable[str], rounds: int, host: str, folder: Path, expected: int) -> Readings:
    """Every way once per round, side by side, so that a slow moment of the machine meets them all.

    Raises Failed if one of them did not read all `expected` documents.
    """
    readings: Readings = defaultdict(list)
    ways = list(ways)
    for _ in range(rounds):
        for way in ways:
            reading = read(way, host, folder)
            if reading.documents != expected:
                raise Failed(f"{way} read {reading.documents} documents of {expected}")
            readings[way].append(reading)
    return readings


def memory(what: str, folder: Path, *, documents: int, copies: int = 1, one_parent: int = 0) -> Memory:
    """Peak memory of `run` and `verify` over what a sender holds."""
    target = str(folder / f"memory-{next(_numbers)}")
    with sender(documents, copies, one_parent) as (host, held):
        made = run(host, folder, target)
    if of_run(made).documents != held:
        raise Failed(f"{what}: not all of {held} documents were read")
    checked = measure([COMMAND, "verify", "--json", "--quiet", "--backup-dir", target], folder)
    return Memory(held, what, made.peak, checked.peak)


def start_seconds(arguments: list[str], folder: Path) -> float:
    """Median seconds of a short command, start to end."""
    return median(measure([COMMAND, *arguments], folder).seconds for _ in range(5))


def google_modules(arguments: list[str], folder: Path) -> list[str]:
    """The modules of Google's and gRPC's that a command imports."""
    code = (
        "import sys, contextlib, io\n"
        "from facot_backups.ui.cli import main\n"
        f"with contextlib.redirect_stdout(io.StringIO()):\n    main({arguments!r})\n"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in ('google', 'grpc', 'proto')))"
    )
    return measure([*_PYTHON, "-c", code], folder).output.split()


def paired(readings: Readings, way: str, of: str, figure: Figure) -> float:
    """Median of the ratios of one way's figure to another's, each in the same round."""
    pairs = zip(readings[way], readings[of], strict=True)
    ratios = [getattr(ours, figure) / getattr(theirs, figure) for ours, theirs in pairs]
    return float(median(ratios))
