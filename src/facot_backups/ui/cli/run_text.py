"""What `run` and `run --dry-run` tell: for a person, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facot_backups import figures
from facot_backups.archive.reader import Backup
from facot_backups.events import Emit, Event, Warned
from facot_backups.text import visible
from facot_backups.ui.cli import output

if TYPE_CHECKING:
    from facot_backups.model import Scope
    from facot_backups.operations.backup.preview import Preview

INCOMPLETE_EXIT = 3
# What Google's free plan gives (docs/architecture.md, "Cost").
FREE_READS_A_DAY = 50_000


@dataclass(slots=True)
class Warnings:
    """An `emit` that passes everything on, and keeps what is warned of."""

    emit: Emit
    messages: list[str] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.messages.append(event.message)
        self.emit(event)


def to_json(backup: Backup, warnings: Sequence[str]) -> dict[str, Any]:
    """The report of a run (docs/cli.md, `run --json`). `warnings`: what was warned of meanwhile."""
    metadata = backup.proven()
    return {
        "success": backup.complete,
        "exit_code": 0 if backup.complete else INCOMPLETE_EXIT,
        "backup_path": str(backup.path),
        "date": metadata.backup_date.isoformat(),
        "read_time": metadata.read_time.isoformat(),
        "source": str(metadata.source),
        "collections": {
            collection: {"documents": entry.documents, "nested_documents": entry.nested_documents}
            for collection, entry in metadata.files.items()
        },
        "total_documents": metadata.total_documents,
        "nested_documents": metadata.nested_documents,
        "server_count": metadata.server_count,
        "server_count_reason": metadata.server_count_reason,
        "spot_check": metadata.spot_check,
        "reads": metadata.reads,
        "errors": list(metadata.errors),
        "warnings": list(warnings),
    }


def show(backup: Backup) -> None:
    """What a run made, for a person."""
    metadata = backup.proven()
    total = metadata.total_documents + metadata.nested_documents
    if backup.complete and not total:
        output.echo("Backup VACÍO: no guarda ningún documento", fg="red", bold=True)
    elif backup.complete:
        output.echo(f"Backup completo y comprobado{_partly(metadata.scope)}", fg="green", bold=True)
    else:
        output.echo("Backup INCOMPLETO: falta lo que sigue", fg="red", bold=True)
        for error in metadata.errors:
            output.echo(f"  ✗ {visible(error)}")
        output.echo("  Resuélvalo y repita el backup; los anteriores siguen intactos.")
    output.echo(f"  carpeta      {_short(backup.path)}")
    output.echo(f"  datos de     {metadata.source}, {output.local_time(metadata.read_time)}")
    held = figures.counted(len(metadata.collections), "colección", "colecciones")
    size = figures.size(sum(entry.bytes for entry in metadata.files.values()))
    output.echo(f"  documentos   {figures.number(total)} en {held} ({size})")
    output.echo(f"  comprobado   {_proof(backup)}")
    output.echo(f"  lecturas     {figures.number(metadata.reads)}")


def _partly(scope: Scope) -> str:
    part = figures.part(scope)
    return f", {part}" if part else ""


def _proof(backup: Backup) -> str:
    metadata = backup.proven()
    if metadata.server_count is None:
        counted = f"sin recuento del servidor ({metadata.server_count_reason})"
    else:
        counted = f"el servidor cuenta {figures.number(metadata.server_count)}"
    return f"{counted}; {metadata.spot_check} documentos releídos"


def preview_to_json(found: Preview, code: int) -> dict[str, Any]:
    """The report of `run --dry-run --json` (docs/cli.md). Unknown figures are null."""
    return {
        "success": code == 0,
        "exit_code": code,
        "source": str(found.source),
        "collections": found.collections,
        "unknown_collections": [unknown.name for unknown in found.unknown],
        "documents": found.documents,
        "reads": found.reads,
        "reads_today": found.reads_today,
        "max_reads": found.max_reads,
        "cost_usd": found.cost_usd,
        "seconds": found.seconds,
        "needed_bytes": found.needed_bytes,
        "free_bytes": found.free_bytes,
        "preview_reads": found.own_reads,
    }


def show_preview(found: Preview) -> None:
    """What a run would read and cost, for a person."""
    output.echo(f"Un backup de {found.source} leería ahora:")
    for collection, documents in found.collections.items():
        word = "documento" if documents == 1 else "documentos"
        output.echo(f"  {visible(collection):<28} {_known(documents):>12} {word}")
    for unknown in found.unknown:
        output.echo(visible(str(unknown)), fg="yellow", bold=True)
    if found.documents == 0:
        output.echo("El backup no guardaría ningún documento.", fg="red", bold=True)
    output.echo(f"Documentos         {_known(found.documents)}")
    if found.reads is not None and found.cost_usd is not None:
        share = found.reads * 100 / FREE_READS_A_DAY
        output.echo(
            f"Lecturas           {figures.number(found.reads)}: {share:.1f} % de las "
            f"{figures.number(FREE_READS_A_DAY)} gratuitas al día, o {found.cost_usd:.4f} USD"
        )
    budget = (
        "sin máximo diario" if found.max_reads is None else f"de {figures.number(found.max_reads)} al día"
    )
    output.echo(f"Hechas hoy         {figures.number(found.reads_today)} ({budget})")
    if found.seconds is not None:
        output.echo(f"Tiempo             unos {max(1, round(found.seconds))} s, como el último backup")
    if found.needed_bytes is not None:
        needed = f"unos {figures.size(found.needed_bytes)}, menos lo que no cambió"
        output.echo(f"Disco              {needed}; libres {figures.size(found.free_bytes)}")
        if found.needed_bytes > found.free_bytes:
            output.echo("No cabe en el disco: libere espacio o elija otra carpeta.", fg="red", bold=True)
    if found.over_budget:
        output.echo("Pasaría el máximo diario (max_reads): el backup se negaría.", fg="red", bold=True)
    output.echo(f"Esta consulta costó {found.own_reads} lecturas y no leyó ningún documento.")


def _known(number: int | None) -> str:
    return "?" if number is None else figures.number(number)


def _short(path: Path) -> str:
    """The path from here if it is below the working directory, else the whole."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
