"""`facot-backups show`: one document of a backup, with its types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from facot_backups import figures
from facot_backups.errors import BackupNotFound
from facot_backups.text import visible
from facot_backups.ui.cli import document_text, output
from facot_backups.ui.cli.options import common, exits

if TYPE_CHECKING:
    from facot_backups.archive.lookup import Found
    from facot_backups.operations.comparison.history import Sighting

NOT_THERE_EXIT = BackupNotFound.exit_code


@click.command(
    "show",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 12, 13, 20),
)
@click.argument("fecha")
@click.argument("documento", metavar="COLECCIÓN/ID")
@common
def command(fecha: str, documento: str, **shared: Any) -> int:
    """Muestra un documento de un backup con los tipos de sus campos, y cuántos documentos tiene dentro.

    FECHA es el nombre de una carpeta, o latest. El documento puede estar dentro de otro:
    invoices/12/items/0. Una factura se puede pedir también por su NCF: B0100000163.
    """
    from facot_backups.app import wiring
    from facot_backups.operations.comparison.history import sighting
    from facot_backups.operations.search.invoice_number import find_invoice, is_number
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    path = None if is_number(documento) else document_text.document_path(documento)
    backup = wiring.open_store(settings).find(fecha, settings.scope)
    path = path or find_invoice([backup], documento)
    seen = sighting(backup, path)
    code = 0 if seen.state == "present" else NOT_THERE_EXIT
    if shared["as_json"]:
        output.print_json(to_json(seen, "/".join(path), code))
    elif seen.found is not None and seen.state == "present":
        _print(seen, seen.found, document_text.path_text(path))
    else:
        output.echo_lines(absence(seen, document_text.path_text(path)), err=True)
    return code


def to_json(seen: Sighting, path: str, code: int) -> dict[str, Any]:
    """The report of a show (docs/cli.md, `show --json`).

    `state` is present, absent (the backup would hold it: it did not exist) or unknown (then `reason` says
    why). `document` is what its line in the file says (docs/disk-format.md) without the subcollections, null
    unless it is present; `subcollections`: how many documents each holds directly.
    """
    present = seen.found if seen.state == "present" else None
    return {
        "success": not code,
        "exit_code": code,
        "backup": seen.backup,
        "path": path,
        "state": seen.state,
        "reason": seen.reason,
        "document": present.line if present else None,
        "subcollections": seen.found.below if seen.found else {},
    }


def absence(seen: Sighting, path: str) -> str:
    """Why a backup does not show a document, for the user."""
    if seen.state == "unknown":
        return f"No se sabe si «{path}» existía en el backup {seen.backup}: {visible(seen.reason or '')}."
    below = f" (pero hay documentos debajo: {_below(seen.found)})" if seen.found else ""
    return (
        f"«{path}» no existía en el backup {seen.backup}{below}.\nSu historia: facot-backups history {path}"
    )


def _print(seen: Sighting, found: Found, path: str) -> None:
    moment = f", {output.local_time(seen.read_time)}" if seen.read_time else ", formato antiguo: sin tipos"
    output.echo(f"{path}", bold=True, nl=False)
    output.echo(f"  ({seen.backup}{moment})")
    document = found.document
    text = json.dumps(_readable(document.fields, document.types), ensure_ascii=False, indent=2)
    output.echo_lines(text)
    if found.below:
        output.echo(f"Dentro: {_below(found)}")


def _below(found: Found | None) -> str:
    below = found.below if found is not None else {}
    return ", ".join(
        f"{visible(name)} ({figures.number(count)} {'documento' if count == 1 else 'documentos'})"
        for name, count in below.items()
    )


def _readable(value: Any, types: Any) -> Any:
    """A value whose special parts are `{"timestamp": "2024-…"}`: the type stands where the value is."""
    if isinstance(types, str):
        return {types: value}
    if not types:
        return value
    if isinstance(value, dict):
        return {name: _readable(child, types.get(name)) for name, child in value.items()}
    return [_readable(child, types.get(str(index))) for index, child in enumerate(value)]
