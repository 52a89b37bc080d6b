"""`facot-backups find`: documents by a word people know, in all backups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from facot_backups import figures
from facot_backups.errors import BackupNotFound
from facot_backups.ui.cli import document_text, output
from facot_backups.ui.cli.options import common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.operations.search.find import Findings, Hit, Place

NOT_THERE_EXIT = BackupNotFound.exit_code


@click.command(
    "find",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 12, 13, 130),
)
@click.argument("texto", nargs=-1, required=True)
@common
def command(texto: tuple[str, ...], **shared: Any) -> int:
    """Busca un documento en todos los backups por lo que se sepa de él: NCF, cliente, RNC, id, importe.

    Han de estar todas las palabras. No importan las mayúsculas, los acentos ni los guiones de los números.
    De cada uno dice si sigue en el último backup, o cuándo se vio por última vez. No necesita conexión.
    """
    from facot_backups.app import wiring
    from facot_backups.operations.search.find import find
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    store = wiring.open_store(settings)
    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        found = find(store, " ".join(texto), store.clock.zone(), emit)
    if not found.backups:
        raise BackupNotFound("latest", settings.backup_dir)
    code = 0 if found.hits else NOT_THERE_EXIT
    if shared["as_json"]:
        output.print_json(to_json(found, " ".join(texto), code))
        return code
    for line in lines(found):
        output.echo(line)
    return code


def to_json(found: Findings, text: str, code: int) -> dict[str, Any]:
    """The report of a search (docs/cli.md, `find --json`)."""
    return {
        "success": not code,
        "exit_code": code,
        "text": text,
        "backups": found.backups,
        "found": [_hit_json(hit) for hit in found.hits],
        "more": found.more,
        "unreadable": list(found.unreadable),
    }


def _hit_json(hit: Hit) -> dict[str, Any]:
    shown = hit.shown
    return {
        "path": "/".join(hit.path),
        "number": shown.number,
        "name": shown.name,
        "rnc": shown.rnc,
        "date": shown.date,
        "amount": shown.amount,
        "state": hit.state,
        "last_seen": _place_json(hit.last_seen),
        "gone_in": _place_json(hit.gone_in) if hit.gone_in is not None else None,
    }


def _place_json(place: Place) -> dict[str, Any]:
    return {"name": place.backup, "date": place.date.isoformat()}


def lines(found: Findings) -> Iterator[str]:
    """What a person reads: two lines for each document."""
    for hit in found.hits:
        shown = hit.shown
        title = " · ".join(filter(None, (shown.number, shown.name, shown.date, shown.amount)))
        path = document_text.path_text(hit.path)
        yield output.style(title or path, bold=True)
        yield f"  {path}" if title else "  —"
        yield f"  {_state(hit)}"
    if found.more:
        yield f"Hay más: se muestran {figures.number(len(found.hits))}. Escriba algo más de lo que busca."
    if not found.hits:
        yield f"Ninguno de los {figures.counted(found.backups, 'backup')} tiene algo así."
    if found.unreadable:
        yield f"No se pudieron leer enteros: {', '.join(found.unreadable)} (facot-backups verify)"


def _state(hit: Hit) -> str:
    if hit.gone_in is None:
        return (
            output.style("está", fg="green") + f" en el último backup que lo abarca: {hit.last_seen.backup}"
        )
    gone = output.style("ya no está", fg="red")
    return f"{gone}: visto por última vez en {hit.last_seen.backup}, borrado antes de {hit.gone_in.backup}"
