"""`facot-backups status`: whether one may be at ease, at one glance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from facot_backups import figures
from facot_backups.errors import UsageError
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits

if TYPE_CHECKING:
    from facot_backups.operations.health.judgement import Finding, Health
    from facot_backups.settings import Settings

EXITS = {"ok": 0, "warning": 30, "critical": 31}
_STATES = {
    "ok": ("✓ BIEN", "green"),
    "warning": ("! CON AVISOS", "yellow"),
    "critical": ("✗ CRÍTICO", "red"),
}
_MARKS = {"note": ("·", None), "warning": ("!", "yellow"), "critical": ("✗", "red")}
_LABEL_WIDTH = 18
# Beyond this nobody counts how many backups fit.
_MANY = 1000


@click.command(
    "status",
    options_metavar="[OPCIONES]",
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
    from facot_backups.app import wiring
    from facot_backups.settings import load_settings

    if prometheus and shared["as_json"]:
        raise UsageError("two_outputs")
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
    from facot_backups.app.health_report import as_dict

    code = EXITS[health.state]
    return {"success": code == 0, "exit_code": code, **as_dict(health, settings.backup_dir)}


def _prometheus(health: Health, settings: Settings, file: Path | None, *, shown: bool) -> None:
    from facot_backups.app import prometheus

    text = prometheus.to_text(health, settings.backup_dir)
    if file is not None:
        prometheus.write(file, text)
    if shown:
        output.echo_lines(text, nl=False)


# --- for a person -----------------------------------------------------------------------------------------


class _Said(NamedTuple):
    """What a row says: in a colour, or with the mark before it in one."""

    text: str
    color: str | None = None
    mark: str = ""


def _show(health: Health, settings: Settings, *, quiet: bool) -> None:
    serious = [finding for finding in health.findings if finding.severity != "note"]
    notes = [finding for finding in health.findings if finding.severity == "note"]
    if quiet and not serious:
        return
    width = output.terminal_width()
    _print_verdict(health, width)
    for finding in serious:
        output.echo()
        _print_finding(finding, width)
    if quiet:
        return
    output.echo()
    for label, said in _rows(health, settings):
        _print_row(label, said, width)
    if notes:
        output.echo()
    for finding in notes:
        _print_finding(finding, width)


def _print_verdict(health: Health, width: int | None) -> None:
    from facot_backups.app.health_report import summary

    word, color = _STATES[health.state]
    counts = [
        f"{number} {one if number == 1 else many}"
        for severity, one, many in (("critical", "problema", "problemas"), ("warning", "aviso", "avisos"))
        if (number := sum(finding.severity == severity for finding in health.findings))
    ]
    said = summary(health) if health.state == "ok" else " y ".join(counts)
    badge = f" {word} "
    room = None if width is None else width - len(badge) - 2
    head = output.style(badge, bold=True, reverse=True, fg=color) + "  "
    for line in output.wrapped(said, room):
        output.echo(head + output.style(line, bold=True))
        head = " " * (len(badge) + 2)


def _print_row(label: str, said: _Said, width: int | None) -> None:
    """A label and its text, which keeps to its own column where it is long."""
    head = output.style(f"{label:<{_LABEL_WIDTH}}", dim=True)
    indent = " " * (_LABEL_WIDTH + len(said.mark))
    head += output.style(said.mark, fg=said.color) if said.mark else ""
    for line in output.wrapped(said.text, None if width is None else width - len(indent)):
        output.echo(head + (line if said.mark else output.style(line, fg=said.color)))
        head = indent


def _print_finding(finding: Finding, width: int | None) -> None:
    mark, color = _MARKS[finding.severity]
    plain: dict[str, Any] = {"dim": True} if finding.severity == "note" else {}
    head = output.style(f"{mark} ", fg=color, **(plain or {"bold": True}))
    room = None if width is None else width - 4
    for line in output.wrapped(finding.text, room):
        output.echo(head + output.style(line, **plain))
        head = "  "
    head = "  → "
    for line in output.wrapped(finding.remedy, room) if finding.remedy else []:
        output.echo(output.style(head + line, dim=True))
        head = "    "


def _rows(health: Health, settings: Settings) -> Iterator[tuple[str, _Said]]:
    yield "Último backup", _Said(_last_text(health))
    if health.last_backup is not None and health.last_backup.name is not None:
        yield "Comprobado", _verified_text(health)
    yield "Siguiente", _Said(_next_text(health))
    yield "Fallos seguidos", _failures_text(health)
    if health.disk.problem is None:
        yield "Disco", _Said(_disk_text(health))
        if health.growth is not None:
            yield "Crecimiento", _Said(_growth_text(health))
        yield "Anomalías", _anomalies_text(health)
        yield "Simulacro", _drill_text(health)
    yield "Carpeta", _Said(str(settings.backup_dir))


def _last_text(health: Health) -> str:
    last = health.last_backup
    if last is None:
        return "ninguno" if health.disk.problem is None else "no se sabe"
    age = figures.age(last.age)
    if last.name is None or last.documents is None or last.size_bytes is None:
        return f"hace {age}, el {output.local_time(last.read_time)}, según se recuerda"
    held = f"{figures.number(last.documents)} documentos, {figures.size(last.size_bytes)}"
    return f"{last.name}, de hace {age}: {held}"


def _verified_text(health: Health) -> _Said:
    last = health.last_backup
    if last is None or last.verified_at is None:
        return _Said("todavía no", "yellow")
    others = ""
    if health.oldest_proof is not None and health.complete > 1 and not health.damaged:
        day = output.local_time(health.oldest_proof).split(" ")[0]
        others = f"; todos los demás, desde el {day}"
    return _Said(f"el {output.local_time(last.verified_at)}{others}", "green", "✓ ")


def _next_text(health: Health) -> str:
    decision = health.schedule
    when = "ahora" if decision.due else f"el {output.local_time(decision.next_due)}"
    waits = health.catching_up or decision.standing in ("backoff", "spent")
    return f"{when}. {decision.reason}" if waits else when


def _failures_text(health: Health) -> _Said:
    if not health.failures:
        return _Said("ninguno")
    return _Said(figures.number(health.failures), "red")


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


def _anomalies_text(health: Health) -> _Said:
    if not health.anomalies:
        return _Said("ninguna")
    names = dict.fromkeys(f"«{anomaly.collection}»" for anomaly in health.anomalies)
    return _Said(f"faltan documentos en {', '.join(names)}", "red")


def _drill_text(health: Health) -> _Said:
    said = _last_drill_text(health)
    if health.drill_problem is None:
        return said
    later = "; después no se pudo hacer" if health.last_drill else ": no se pudo hacer"
    return said._replace(text=said.text + later, color=said.color or "yellow")


def _last_drill_text(health: Health) -> _Said:
    drill = health.last_drill
    if drill is None:
        return _Said("nunca")
    day = output.local_time(drill.time).split(" ")[0]
    if drill.passed:
        held = f"el {day}, {drill.backup}: {figures.number(drill.documents)} documentos volvieron iguales"
        return _Said(held, "green", "✓ ")
    return _Said(f"el {day}, {drill.backup}: falló", "red", "✗ ")
