"""A restore beside raw BatchWrite, `verify` and `diff` beside reading the file, and what memory they take."""

from __future__ import annotations

import shutil
import sys
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from bench.process import Failed, measure, sender
from bench.report import PEAK_BYTES, Verdict, number, row
from bench.runs import COMMAND, Reading, Readings, of_run, paired, run

# What is to be reached.
RESTORE_OF_RAW = 0.5
# How much more memory a million documents may take than a few.
_GROWTH = 1.25
_CHANGED = 100
_READ = "import sys\nwith open(sys.argv[1], 'rb', 0) as f:\n    while f.read(1 << 20):\n        pass"
_NAMES = {
    "raw": "BatchWrite a secas: peticiones ya hechas",
    "straight": "leer el backup y BatchWrite, sin mirar nada",
    "restore": "la restauración entera",
}
_GUIDE = "el guion de FACOT 2.0: set() de uno en uno"
_WRITING = "de ella, escribir con confirmación y diario"
_PHASES = {
    "verifying": "comprobar el backup",
    "planning": "el plan y su diario",
    "writing": "escribir",
    "reading-back": "leer lo escrito",
}
_numbers = count(1)


def restore(host: str, folder: Path, documents: int, rounds: int) -> list[Verdict]:
    """Restores of the database at `host` into empty ones beside raw writes of the same; then a delta."""
    backups = folder / "to-restore"
    if of_run(run(host, folder, str(backups))).documents != documents:
        raise Failed("the backup is not whole")
    for way in _NAMES:
        _write(way, host, folder, backups)  # a Java program is slow at first
    readings: Readings = defaultdict(list)
    results: list[dict[str, Any]] = []
    deltas: list[dict[str, Any]] = []
    for _ in range(rounds):
        for way in _NAMES:
            reading, result, delta = _write(way, host, folder, backups)
            if reading.documents != documents:
                raise Failed(f"{way} wrote {reading.documents} documents of {documents}")
            readings[way].append(reading)
            results.append(result)
            deltas += delta
    guide = [_write("guide", host, folder, backups)[0] for _ in range(2)][1:]
    phases = [result["phases"] for result in results if "phases" in result]
    readings["writing"] = [Reading(documents, found["writing"], found["writing"]) for found in phases]
    _show_times(readings)
    _show(_GUIDE, guide, f"{median(r.rate for r in guide) / median(r.rate for r in readings['raw']):.3f}")
    _show_phases(phases)
    return _verdicts(readings, deltas)


def _write(
    way: str, host: str, folder: Path, backups: Path
) -> tuple[Reading, dict[str, Any], list[dict[str, Any]]]:
    """One way once into a database of its own, which is emptied afterwards; with a restore, a delta too."""
    project = f"bench-{way}-{next(_numbers)}"
    command = [sys.executable, "-B", "-m", "bench.restores"]
    measured = measure([*command, way, host, str(backups), project], folder)
    result = measured.result
    deltas = []
    if way == "restore":
        deltas = [measure([*command, "delta", host, str(backups), project], folder).result]
    if any(found.get("exit_code") for found in (result, *deltas)):
        raise Failed(f"a restore did not end well: {result} {deltas}")
    url = f"http://{host}/emulator/v1/projects/{project}/databases/(default)/documents"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()
    for kept in backups.glob("*.pre-restore"):
        shutil.rmtree(kept)
    return Reading(result["documents"], result["seconds"], measured.seconds), result, deltas


def _show_times(readings: Readings) -> None:
    rounds = len(readings["raw"])
    documents = number(readings["raw"][0].documents)
    print(f"{documents} documentos; medianas de {rounds} rondas, razones de cada ronda.\n")
    row("", "documentos/s", "de BatchWrite", "segundos")
    for way, found in readings.items():
        _show(_NAMES.get(way, _WRITING), found, f"{paired(readings, way, 'raw', 'rate'):.2f}")


def _show(name: str, found: list[Reading], share: str) -> None:
    rate = number(median(reading.rate for reading in found))
    row(name, rate, share, f"{median(reading.seconds for reading in found):.2f}")


def _show_phases(found: list[dict[str, float]]) -> None:
    parts = (
        f"{name} {median(phases.get(phase, 0.0) for phases in found):.2f} s"
        for phase, name in _PHASES.items()
    )
    print(f"\n  De ella: {', '.join(parts)}.")


def _verdicts(readings: Readings, deltas: list[dict[str, Any]]) -> list[Verdict]:
    delta = sorted(deltas, key=lambda found: float(found["seconds"]))[len(deltas) // 2]
    print(
        f"  Si de todo eso cambió el 1 %: {delta['seconds']:.2f} s, {number(delta['reads'])} lecturas, "
        f"{number(delta['documents'])} escrituras."
    )
    whole, writing = (paired(readings, way, "raw", "rate") for way in ("restore", "writing"))
    read = paired(readings, "restore", "straight", "rate")
    return [
        Verdict(
            f"restaurar, al menos {RESTORE_OF_RAW} de leer el mismo backup y BatchWrite, sin mirar nada",
            f"{read:.2f}",
            read >= RESTORE_OF_RAW,
        ),
        Verdict(
            f"restaurar, al menos {RESTORE_OF_RAW} de BatchWrite a secas, con peticiones ya hechas",
            f"{whole:.2f}",
            whole >= RESTORE_OF_RAW,
        ),
        Verdict(f"de ello, escribir: al menos {RESTORE_OF_RAW}", f"{writing:.2f}", writing >= RESTORE_OF_RAW),
        Verdict(
            "una restauración en la que difiere el 1 % escribe solo eso",
            f"{number(delta['documents'])} de {number(delta['changed'])}",
            all(found["documents"] == found["changed"] for found in deltas),
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Read:
    """Some way to go through bytes: how many, seconds of the whole process, peak memory."""

    size: int
    seconds: float
    peak: int

    @property
    def rate(self) -> float:
        """Megabytes per second."""
        return self.size / self.seconds / 1e6


def compare(folder: Path, one_parent: int, rounds: int) -> list[Verdict]:
    """`verify`, `diff` and `history` of backups with so many documents under one."""
    backups = folder / "to-compare"
    documents = one_parent + 1
    for changed in (0, _CHANGED):
        with sender(1000, 1, one_parent, changed) as (host, _):
            if of_run(run(host, folder, str(backups))).documents != documents:
                raise Failed("a backup is not whole")
    days = sorted(path for path in backups.iterdir() if not path.name.startswith("."))
    files = [day / "invoices.json" for day in days]
    size = files[0].stat().st_size
    options = ["--backup-dir", str(backups), "--json", "--quiet"]
    path = f"invoices/1/items/{one_parent - 1:09}"
    ways = {
        "leer el archivo": (size, [sys.executable, "-I", "-S", "-c", _READ, str(files[0])]),
        "sha256sum": (size, ["sha256sum", str(files[0])]),
        "verify": (size, [COMMAND, "verify", days[0].name, *options]),
        "diff, los dos archivos": (
            sum(file.stat().st_size for file in files),
            [COMMAND, "diff", days[0].name, days[1].name, *options],
        ),
        "history, los dos archivos": (
            sum(file.stat().st_size for file in files),
            [COMMAND, "history", path, *options],
        ),
    }
    if shutil.which("sha256sum") is None:
        del ways["sha256sum"]
    found: dict[str, list[_Read]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, (amount, command) in ways.items():
            measured = measure(command, folder)
            found[way].append(_Read(amount, measured.seconds, measured.peak))
            if way.startswith("diff") and measured.result["total"]["changed"] != -(-documents // _CHANGED):
                raise Failed(f"diff found {measured.result['total']}")
    print(
        f"{number(documents)} documentos bajo uno solo: dos backups, con un archivo de {size / 1e6:.0f} MB."
    )
    print("Procesos enteros, con su arranque; los archivos ya están en la memoria del sistema.\n")
    row("", "MB/s", "memoria máxima")
    for way, reads in found.items():
        row(way, number(median(read.rate for read in reads)), f"{_peak(reads) / 1e6:.0f} MB")
    return [
        Verdict(
            f"memoria de {way.partition(',')[0]} con {number(documents)} documentos, menos de "
            f"{PEAK_BYTES / 1e6:.0f} MB",
            f"{_peak(found[way]) / 1e6:.0f} MB",
            _peak(found[way]) < PEAK_BYTES,
        )
        for way in found
        if way.startswith(("diff", "history"))
    ]


def _peak(reads: list[_Read]) -> int:
    return max(read.peak for read in reads)


def large(host: str, folder: Path, sizes: tuple[int, int]) -> list[Verdict]:
    """Peak memory of whole restores of few and of many documents under one."""
    row("", "segundos", "documentos/s", "memoria máxima")
    peaks = []
    for size in sizes:
        backups = folder / f"large-{size}"
        with sender(1000, 1, size) as (source, documents):
            of_run(run(source, folder, str(backups)))
        command = [COMMAND, "restore", "latest", "--into-project", f"bench-large-{size}", "--yes"]
        options = ["--backup-dir", str(backups), "--json", "--quiet"]
        measured = measure([*command, *options], folder, FIRESTORE_EMULATOR_HOST=host)
        if measured.result["created"] != documents:
            raise Failed(f"not all of {documents} documents were restored: {measured.output}")
        peaks.append(measured.peak)
        rate = number(documents / measured.seconds)
        row(
            f"{number(documents)} documentos",
            f"{measured.seconds:.0f}",
            rate,
            f"{measured.peak / 1e6:.0f} MB",
        )
    growth = peaks[1] / peaks[0]
    return [
        Verdict(
            f"memoria de restore, menos de {PEAK_BYTES / 1e6:.0f} MB",
            f"{max(peaks) / 1e6:.0f} MB",
            max(peaks) < PEAK_BYTES,
        ),
        Verdict(
            f"memoria de restore, igual en los dos tamaños (×{_GROWTH})", f"×{growth:.2f}", growth <= _GROWTH
        ),
    ]
