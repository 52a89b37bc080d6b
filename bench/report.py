"""What the bench prints: tables, and whether each reach was met. In Spanish."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from bench.readers import INVOICES
from bench.runs import Memory, Reading, Readings, paired

# What is to be reached.
EXPORT_OF_FLOOR = 0.65
PROCESS_OF_FLOOR = 1.9
PEAK_BYTES = 160e6
FLAT = 1.15

_NAMES = {
    "floor": "el suelo: recibir y tirar los bytes",
    "parsed": "recibir, leer el mensaje y tirarlo",
    "pipeline": "scan → codec → lines → writer",
    "export": "el backup (recuento, SHA-256, publicar)",
    "run": "facot-backups run, de principio a fin",
    "official": "google-cloud-firestore: stream() + to_dict()",
    "facot2": f"FACOT 2.0: una consulta por factura ({INVOICES} facturas)",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was to be reached, what was measured, and whether that is enough."""

    what: str
    measured: str
    met: bool


def title(text: str) -> None:
    """A heading."""
    print(f"\n{text}\n{'─' * len(text)}", flush=True)


def show_verdict(verdict: Verdict) -> None:
    """One line: reached or not."""
    word = "alcanzado   " if verdict.met else "NO alcanzado"
    print(f"  {word}  {verdict.what}: {verdict.measured}")


def number(value: float) -> str:
    """With separators of thousands."""
    return f"{value:,.0f}"


def _rate(readings: list[Reading]) -> float:
    return median(reading.rate for reading in readings)


def row(name: str, *cells: str) -> None:
    """A line of a table."""
    print(f"  {name:<52}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def _rows(readings: Readings) -> None:
    """A row per way: its rate, the rate beside the floor's, and its whole process."""
    row("", "documentos/s", "del suelo", "proceso entero")
    for way, found in readings.items():
        whole = f"{median(reading.whole for reading in found):.2f} s" if way != "facot2" else "—"
        row(_NAMES[way], number(_rate(found)), _share(readings, way), whole)


def _share(readings: Readings, way: str) -> str:
    """A way's rate beside the floor's: pair by pair where it was read as often as the floor."""
    if len(readings[way]) == len(readings["floor"]):
        return f"{paired(readings, way, 'floor', 'rate'):.2f}"
    share = _rate(readings[way]) / _rate(readings["floor"])
    return f"{share:.2f}" if share >= 0.01 else f"{share:.4f}"


def emulator(readings: Readings, written: int) -> list[Verdict]:
    """The table of all ways to read the emulator's documents."""
    rounds = len(readings["floor"])
    print(f"{number(written)} documentos; medianas de {rounds} rondas, una forma junto a la otra.")
    print("Las razones son medianas de las de cada ronda.\n")
    _rows(readings)
    export = paired(readings, "export", "floor", "rate")
    process = paired(readings, "run", "floor", "whole")
    print(f"\n  Procesos enteros: run tarda {process:.2f} veces lo que el suelo.")
    faster = _rate(readings["run"]) / _rate(readings["official"])
    print(f"  run, con arranque y todo, lee {faster:.1f} veces más rápido que el cliente de Google,")
    print(f"  y {_rate(readings['run']) / _rate(readings['facot2']):.0f} veces más que FACOT 2.0.")
    return [
        Verdict(
            f"el backup, al menos {EXPORT_OF_FLOOR} de los documentos/s del suelo",
            f"{export:.2f}",
            export >= EXPORT_OF_FLOOR,
        ),
        Verdict(
            f"el proceso entero, como mucho {PROCESS_OF_FLOOR} veces el del suelo",
            f"{process:.2f}",
            process <= PROCESS_OF_FLOOR,
        ),
    ]


def pipeline(readings: Readings) -> list[Verdict]:
    """The table of our own work per document."""
    documents = readings["floor"][0].documents
    print(f"{number(documents)} documentos; medianas de {len(readings['floor'])} rondas.\n")
    _rows(readings)
    ours, floor = 1e6 / _rate(readings["pipeline"]), 1e6 / _rate(readings["floor"])
    print(f"\n  Cada documento cuesta {ours:.1f} µs, {floor:.1f} de ellos por recibirlo.")
    return []


def memory(found: list[Memory]) -> list[Verdict]:
    """The table of peak memory, and whether it is small and flat."""
    row("", "documentos", "run", "verify")
    for size in found:
        row(size.what, number(size.documents), f"{size.run / 1e6:.0f} MB", f"{size.verify / 1e6:.0f} MB")
    runs = [size.run for size in found]
    checks = [size.verify for size in found]
    return [verdict for name, peaks in (("run", runs), ("verify", checks)) for verdict in _peaks(name, peaks)]


def _peaks(name: str, peaks: list[int]) -> list[Verdict]:
    growth = max(peaks) / min(peaks)
    return [
        Verdict(
            f"memoria de {name}, menos de {PEAK_BYTES / 1e6:.0f} MB",
            f"{max(peaks) / 1e6:.0f} MB",
            max(peaks) < PEAK_BYTES,
        ),
        Verdict(f"memoria de {name}, igual en los tres tamaños (×{FLAT})", f"×{growth:.2f}", growth <= FLAT),
    ]


def starts(seconds: dict[str, float], google: dict[str, list[str]]) -> list[Verdict]:
    """How soon the short commands answer, and what they import of Google's."""
    for name, value in seconds.items():
        row(f"facot-backups {name}", f"{value:.2f} s")
    return [
        Verdict(
            f"{name}, sin importar nada de Google ni de gRPC",
            ", ".join(modules[:3]) or "nada",
            not modules,
        )
        for name, modules in google.items()
    ]
