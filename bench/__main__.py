"""`make bench`: what a backup costs beside the floor, on one data set, in one run. Prints in Spanish."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import servers

from bench import giving_back, report, runs
from bench.data import business
from bench.process import sender
from facot_backups.emulator import sample

DOCUMENTS = 40_000
ROUNDS = 5
ONE_PARENT = 400_000
MILLION = 1_000_000


def main() -> int:
    """Measure, print, and return 0; an exception means that something did not work at all.

    With the argument `grande`, the restore of a million documents alone.
    """
    large = sys.argv[1:] == ["grande"]
    start = time.monotonic()
    report.title("FACOT Backups: rendimiento")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} procesadores, {_python()}.")
    with tempfile.TemporaryDirectory(prefix="facot-backups-bench-") as name:
        folder = Path(name)
        verdicts = _large(folder) if large else _everything(folder)
    report.title("Alcance")
    for verdict in verdicts:
        report.show_verdict(verdict)
    print(f"\nDuración del banco de pruebas: {time.monotonic() - start:.0f} s. Qué es cada cifra y cómo")
    print("repetirla: docs/performance.md")
    return 0


def _everything(folder: Path) -> list[report.Verdict]:
    parts = (_against_emulator, _against_sender, _memory, _starts, _restore, _compare)
    return [verdict for part in parts for verdict in part(folder)]


def _python() -> str:
    return f"Python {platform.python_version()}"


@contextmanager
def _emulator(folder: Path) -> Iterator[str | None]:
    """The host of a fresh official emulator, ended with the block; None, and said, where there is none."""
    jar = servers.emulator_jar()
    if jar is None:
        print(f"{servers.NO_EMULATOR}: esta parte no se mide.")
        yield None
        return
    host, pid = servers.start_emulator(jar, folder / "emulator.log")
    try:
        yield host
    finally:
        servers.stop_process(pid)


def _against_emulator(folder: Path) -> list[report.Verdict]:
    report.title("1. Contra el emulador oficial de Firestore")
    with _emulator(folder) as host:
        if host is None:
            return []
        written = sample.write(host, business(DOCUMENTS))
        for way in ("floor", "export", "floor"):
            runs.read(way, host, folder)  # a Java program is slow at first
        readings = runs.interleaved(("floor", "run", "export"), ROUNDS, host, folder, written)
        readings |= runs.interleaved(("official",), 2, host, folder, written)
        readings["facot2"] = [runs.read("facot2", host, folder)]
    return report.emulator(readings, written)


def _against_sender(folder: Path) -> list[report.Verdict]:
    report.title("2. Nuestra cadena sola, contra un emisor que no es el límite")
    with sender(DOCUMENTS) as (host, held):
        runs.read("floor", host, folder)
        readings = runs.interleaved(("floor", "parsed", "pipeline"), ROUNDS, host, folder, held)
    return report.pipeline(readings)


def _memory(folder: Path) -> list[report.Verdict]:
    report.title("3. Memoria máxima (contra el emisor)")
    found = [
        runs.memory("el negocio de ejemplo", folder, documents=DOCUMENTS),
        runs.memory("diez veces más", folder, documents=DOCUMENTS, copies=10),
        runs.memory("casi todos bajo un solo documento", folder, documents=1000, one_parent=200_000),
    ]
    return report.memory(found)


def _restore(folder: Path) -> list[report.Verdict]:
    report.title("5. Restaurar en una base de datos vacía, contra el emulador oficial")
    with _emulator(folder) as host:
        if host is None:
            return []
        written = sample.write(host, business(DOCUMENTS))
        return giving_back.restore(host, folder, written, ROUNDS)


def _compare(folder: Path) -> list[report.Verdict]:
    report.title("6. Comprobar y comparar, sin conexión")
    return giving_back.compare(folder, ONE_PARENT, 3)


def _large(folder: Path) -> list[report.Verdict]:
    report.title("Restaurar un millón de documentos bajo uno solo, contra el emulador oficial")
    with _emulator(folder) as host:
        return giving_back.large(host, folder, (ONE_PARENT // 10, MILLION)) if host is not None else []


def _starts(folder: Path) -> list[report.Verdict]:
    report.title("4. Arranque")
    commands = {"--help": ["--help"], "list": ["list", "--backup-dir", str(folder / "none")]}
    seconds = {name: runs.start_seconds(words, folder) for name, words in commands.items()}
    google = {name: runs.google_modules(words, folder) for name, words in commands.items()}
    return report.starts(seconds, google)


if __name__ == "__main__":
    sys.exit(main())
