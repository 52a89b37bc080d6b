"""`facot-backups status`: whether one may be at ease, at one glance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facot_backups import figures
from facot_backups.errors import UsageError
from facot_backups.faces.cli import output
from facot_backups.faces.cli.options import common, exits
from facot_backups.text import visible

if TYPE_CHECKING:
    from rich.console import Console  # noqa: TID251 - a type; `output.console` makes it
    from rich.text import Text

    from facot_backups.operations.health.judgement import Finding, Health
    from facot_backups.settings import Settings

EXITS = {"ok": 0, "warning": 30, "critical": 31}
_STATES = {
    "ok": ("✓ BIEN", "green"),
    "warning": ("! CON AVISOS", "yellow"),
    "critical": ("✗ CRÍTICO", "red"),
}
_MARKS = {"note": ("·", "dim"), "warning": ("!", "yellow"), "critical": ("✗", "red")}
_LABEL_WIDTH = 18
# Beyond this nobody counts how many backups fit.
_MANY = 1000


@click.command(
    "status",
    options_metavar="[OPCIONES]",
    short_help="De un vistazo, si puede estar tranquilo.",
    epilog=exits(0, 1, 2, 30, 31),
)
@click.option("--prometheus", is_flag=True, help="Escribe medidas para Prometheus y nada más.")
@click.option(
    "--prometheus-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="ARCHIVO",
    help="Escribe además esas medidas en ARCHIVO, que cambia de una vez: para el textfile collector de "
    "node_exporter.",
)
@common
def command(prometheus: bool, prometheus_file: Path | None, **shared: Any) -> int:
    """De un vistazo: el último backup, si está comprobado, los fallos, el disco, las anomalías.

    No usa la red. Con el disco desconectado dice lo que recuerda.
    """
    from facot_backups.faces import wiring
    from facot_backups.settings import load_settings

    if prometheus and shared["as_json"]:
        raise UsageError("--prometheus y --json escriben los dos en la salida.\nElija uno.")
    settings = load_settings({"backup_dir": shared["backup_dir"]})
    health = wiring.health(settings, wiring.open_store(settings))
    if prometheus or prometheus_file is not None:
        _prometheus(health, settings, prometheus_file, shown=prometheus)
    code = EXITS[health.state]
    if shared["as_json"]:
        output.print_json(to_json(health, settings))
    elif not prometheus:
        _show(health, settings, quiet=shared["quiet"])
    return code


def to_json(health: Health, settings: Settings) -> dict[str, Any]:
    """The report of `status --json` (docs/cli.md)."""
    from facot_backups.faces.health import as_dict

    code = EXITS[health.state]
    return {"success": code == 0, "exit_code": code, **as_dict(health, settings.backup_dir)}


def _prometheus(health: Health, settings: Settings, file: Path | None, *, shown: bool) -> None:
    from facot_backups.faces import prometheus

    text = prometheus.to_text(health, settings.backup_dir)
    if file is not None:
        prometheus.write(file, text)
    if shown:
        output.echo_lines(text, nl=False)


# --- for a person -----------------------------------------------------------------------------------------


def _show(health: Health, settings: Settings, *, quiet: bool) -> None:
    console = output.console(soft_wrap=False)
    if not console.is_terminal:  # lines of a file or a pipe stay whole
        console = output.console(soft_wrap=True, width=10_000)
    serious = [finding for finding in health.findings if finding.severity != "note"]
    notes = [finding for finding in health.findings if finding.severity == "note"]
    if quiet and not serious:
        return
    console.print(_verdict(health))
    for finding in serious:
        console.print()
        _print_finding(console, finding)
    if quiet:
        return
    console.print()
    for label, text in _rows(health, settings):
        console.print(_row(label, text))
    if notes:
        console.print()
    for finding in notes:
        _print_finding(console, finding)


def _verdict(health: Health) -> Text:
    from rich.text import Text

    from facot_backups.faces.health import summary

    word, color = _STATES[health.state]
    counts = [
        f"{number} {one if number == 1 else many}"
        for severity, one, many in (("critical", "problema", "problemas"), ("warning", "aviso", "avisos"))
        if (number := sum(finding.severity == severity for finding in health.findings))
    ]
    said = summary(health) if health.state == "ok" else " y ".join(counts)
    return Text.assemble((f" {word} ", f"bold reverse {color}"), (f"  {visible(said)}", "bold"))


def _row(label: str, text: Text | str) -> Any:
    """A label and its text, which keeps to its own column where it is long."""
    from rich.table import Table

    grid = Table.grid(padding=0)
    grid.add_column(width=_LABEL_WIDTH, no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row(label, text)
    return grid


def _print_finding(console: Console, finding: Finding) -> None:
    from rich.padding import Padding
    from rich.text import Text

    mark, style = _MARKS[finding.severity]
    plain = "dim" if finding.severity == "note" else ""
    console.print(Text.assemble((f"{mark} ", f"bold {style}"), (visible(finding.text), plain)))
    if finding.remedy:
        console.print(Padding(Text(f"→ {visible(finding.remedy)}", "dim"), (0, 0, 0, 2), expand=False))


def _rows(health: Health, settings: Settings) -> Iterator[tuple[str, Text | str]]:
    yield "Último backup", _last_text(health)
    if health.last_backup is not None and health.last_backup.name is not None:
        yield "Comprobado", _verified_text(health)
    yield "Siguiente", _next_text(health)
    yield "Fallos seguidos", _failures_text(health)
    if health.disk.problem is None:
        yield "Disco", _disk_text(health)
        if health.growth is not None:
            yield "Crecimiento", _growth_text(health)
        yield "Anomalías", _anomalies_text(health)
        yield "Simulacro", _drill_text(health)
    yield "Carpeta", visible(str(settings.backup_dir))


def _last_text(health: Health) -> str:
    last = health.last_backup
    if last is None:
        return "ninguno" if health.disk.problem is None else "no se sabe"
    age = figures.age(last.age)
    if last.name is None or last.documents is None or last.size_bytes is None:
        return f"hace {age}, el {output.local_time(last.read_time)}, según se recuerda"
    held = f"{figures.number(last.documents)} documentos, {figures.size(last.size_bytes)}"
    return f"{last.name}, de hace {age}: {held}"


def _verified_text(health: Health) -> Text:
    from rich.text import Text

    last = health.last_backup
    if last is None or last.verified_at is None:
        return Text("todavía no", "yellow")
    others = ""
    if health.oldest_proof is not None and health.complete > 1 and not health.damaged:
        day = output.local_time(health.oldest_proof).split(" ")[0]
        others = f"; todos los demás, desde el {day}"
    return Text.assemble(("✓ ", "green"), f"el {output.local_time(last.verified_at)}{others}")


def _next_text(health: Health) -> str:
    decision = health.schedule
    when = "ahora" if decision.due else f"el {output.local_time(decision.next_due)}"
    waits = health.catching_up or decision.standing in ("backoff", "spent")
    return f"{when}. {decision.reason}" if waits else when


def _failures_text(health: Health) -> Text:
    from rich.text import Text

    if not health.failures:
        return Text("ninguno")
    return Text(figures.number(health.failures), "red")


def _disk_text(health: Health) -> str:
    disk = health.disk
    if disk.free_bytes is None:
        return "no se sabe cuánto queda"
    text = f"quedan {figures.size(disk.free_bytes)}"
    if health.more_fit is not None:
        many = (
            f"más de {figures.number(_MANY)}" if health.more_fit > _MANY else figures.number(health.more_fit)
        )
        text += f"; {'cabe' if many == '1' else 'caben'} {many} {'backup' if many == '1' else 'backups'}"
    if disk.used_bytes:
        text += f". Los que hay ocupan {figures.size(disk.used_bytes)}"
    return text


def _growth_text(health: Health) -> str:
    growth = health.growth
    if growth is None:
        return ""
    days = round(growth.days)
    span = f"en {days} {'día' if days == 1 else 'días'}"
    if not growth.documents and not growth.size_bytes:
        return f"ninguno {span}"
    sign = "−" if growth.size_bytes < 0 else "+"
    size = f"{sign}{figures.size(abs(growth.size_bytes))}"
    documents = f"{growth.documents:+,}".replace("-", "−")
    return f"{documents} documentos y {size} {span}"


def _anomalies_text(health: Health) -> Text:
    from rich.text import Text

    if not health.anomalies:
        return Text("ninguna")
    names = dict.fromkeys(f"«{anomaly.collection}»" for anomaly in health.anomalies)
    return Text(visible(f"faltan documentos en {', '.join(names)}"), "red")


def _drill_text(health: Health) -> Text:
    text, problem = _last_drill_text(health), health.drill_problem
    if problem is not None:
        text.append("; después no se pudo hacer" if health.last_drill else ": no se pudo hacer", "yellow")
    return text


def _last_drill_text(health: Health) -> Text:
    from rich.text import Text

    drill = health.last_drill
    if drill is None:
        return Text("nunca")
    day = output.local_time(drill.time).split(" ")[0]
    if drill.passed:
        held = f"el {day}, {drill.backup}: {figures.number(drill.documents)} documentos volvieron iguales"
        return Text.assemble(("✓ ", "green"), held)
    return Text.assemble(("✗ ", "red"), f"el {day}, {drill.backup}: falló")
