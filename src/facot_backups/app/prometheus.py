"""Health as Prometheus text (exposition format 0.0.4), for node_exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from facot_backups import atomic
from facot_backups.errors import UsageError
from facot_backups.operations.health.judgement import Health
from facot_backups.text import visible

# node_exporter runs as a user of its own.
_MODE = 0o644
_STATES = {"ok": 0, "warning": 1, "critical": 2}

Number: TypeAlias = float | None
Labels: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """A gauge. `samples`: a value for each set of labels; none is written for None."""

    name: str
    help: str
    samples: tuple[tuple[Labels, Number], ...]


def to_text(health: Health, backup_dir: Path) -> str:
    """All gauges, each with its HELP and TYPE; one that is not known is left out. Ends with a line feed."""
    common = {"backup_dir": str(backup_dir)}
    lines: list[str] = []
    for metric in metrics(health):
        samples = [(labels, value) for labels, value in metric.samples if value is not None]
        if samples:
            lines.append(f"# HELP {metric.name} {_escaped(metric.help)}")
            lines.append(f"# TYPE {metric.name} gauge")
            # Two names may look the same once they are `visible`, and a sample twice spoils the whole file.
            written = {_labels({**common, **labels}): value for labels, value in samples}
            lines += [f"{metric.name}{labels} {value}" for labels, value in written.items()]
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Put `text` at `path`: who reads meets the old file or the new one, whole. Raises UsageError."""
    try:
        atomic.write_file(path.absolute(), text.encode("utf-8", "replace"), _MODE)
    except OSError as error:
        raise UsageError("file_unwritable", file=path, error=error) from error


def metrics(health: Health) -> Iterator[Metric]:
    """The gauges, in the order of docs/cli.md."""
    last, drill, disk = health.last_backup, health.last_drill, health.disk
    yield _one("health_state", "0 bien, 1 con avisos, 2 crítica", _STATES[health.state])
    findings = dict.fromkeys((found.code, found.severity, found.subject) for found in health.findings)
    yield Metric(
        "facot_backups_finding",
        "Lo que hay que saber: 1 por cada hallazgo de status",
        tuple(({"code": code, "severity": bad, "subject": about}, 1) for code, bad, about in findings),
    )
    yield _one("checked_timestamp_seconds", "Cuándo se miró", _seconds(health.checked_at))
    yield _one(
        "last_complete_timestamp_seconds",
        "De cuándo son los datos del último backup completo",
        _seconds(last.read_time) if last else None,
    )
    yield _one("last_complete_documents", "Documentos del último completo", last.documents if last else None)
    yield _one("last_complete_bytes", "Tamaño del último completo", last.size_bytes if last else None)
    verified = last is not None and last.verified_at is not None
    yield _one(
        "last_complete_verified",
        "Si el último completo se volvió a leer y está entero",
        int(verified) if last else None,
    )
    yield _one("next_due_timestamp_seconds", "Cuándo toca el siguiente", _seconds(health.schedule.next_due))
    yield _one("consecutive_failures", "Intentos fallidos desde el último completo", health.failures)
    yield _one("catching_up", "1 si el equipo acaba de despertar y se pone al día", int(health.catching_up))
    known = disk.problem is None
    yield _one("complete", "Backups completos que hay", health.complete if known else None)
    yield _one("damaged", "Backups dañados que hay", len(health.damaged) if known else None)
    yield _one(
        "anomalies",
        "Colecciones a las que faltan muchos documentos",
        len(health.anomalies) if known else None,
    )
    yield _one("disk_free_bytes", "Espacio libre en el disco de los backups", disk.free_bytes)
    yield _one("disk_used_bytes", "Lo que ocupan todos los backups", disk.used_bytes)
    yield _one("next_bytes", "Lo que necesita el próximo backup", health.next_bytes)
    yield _one("more_fit", "Cuántos backups más caben", health.more_fit)
    yield _one(
        "last_drill_timestamp_seconds",
        "Cuándo fue el último simulacro de restauración",
        _seconds(drill.time) if drill else None,
    )
    yield _one(
        "last_drill_success", "Si el último simulacro salió bien", int(drill.passed) if drill else None
    )


def _one(name: str, help_text: str, value: Number) -> Metric:
    return Metric(f"facot_backups_{name}", help_text, (({}, value),))


def _seconds(moment: datetime) -> float:
    return round(moment.timestamp(), 3)


def _labels(labels: Labels) -> str:
    quoted = (
        '{}="{}"'.format(name, _escaped(visible(value)).replace('"', r"\"")) for name, value in labels.items()
    )
    return "{" + ",".join(quoted) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")
