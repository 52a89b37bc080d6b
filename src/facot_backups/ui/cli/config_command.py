"""`facot-backups config`: the settings that count, where each comes from, and whether Firestore answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from facot_backups import figures
from facot_backups.errors import BackupDirUnusable, FacotBackupsError
from facot_backups.text import hanging, visible
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits

if TYPE_CHECKING:
    from facot_backups.archive.store import Store
    from facot_backups.model import Source
    from facot_backups.operations.backup.collection_names import UnknownCollection
    from facot_backups.settings import Settings

FREE_PLAN_BUDGET = 40_000


@click.command(
    "config",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 10, 13),
)
@click.option("--offline", is_flag=True, help="No prueba la conexión con Firestore.")
@click.option(
    "--trust",
    is_flag=True,
    help="Permite las órdenes (before_backup, after_backup, on_error) de los ajustes de esta carpeta, y las "
    "enseña.",
)
@common
def command(offline: bool, trust: bool, **shared: Any) -> int:
    """Muestra los ajustes que cuentan, de dónde sale cada uno, y si Firestore responde y qué permite.

    Ningún secreto se muestra. Una orden que pone un archivo de una carpeta que no es la suya de ajustes no
    se ejecuta hasta que usted la permite con --trust; si cambia, hay que permitirla otra vez.
    """
    from facot_backups.app.alerts.trust import refusals
    from facot_backups.settings import describe, load_settings
    from facot_backups.state import State

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    if trust:
        return _trust(settings, as_json=shared["as_json"])
    rows = describe(settings)
    notes = [*settings.notes, *refusals(settings, State())]
    answer = None if offline else _ask(settings)
    code = answer.get("exit_code", 0) if answer else 0
    if shared["as_json"]:
        table = {row.name: {"value": row.value, "origin": row.origin} for row in rows}
        output.print_json({"exit_code": code, "settings": table, "notes": notes, "firestore": answer})
        return int(code)
    width = max(len(row.value) for row in rows)
    for row in rows:
        output.echo(f"{row.name:<16} {row.value:<{min(width, 60)}}  {output.style(row.origin, dim=True)}")
    for note in notes:
        output.echo(f"Nota: {note}", fg="yellow")
    if settings.max_reads is None:
        output.echo(
            f"Nota: con el plan gratuito conviene BACKUP_MAX_READS={FREE_PLAN_BUDGET}: deja lecturas para "
            "facturar."
        )
    if answer is not None:
        _print_answer(answer)
    return int(code)


def _trust(settings: Settings, *, as_json: bool) -> int:
    """Allow the commands of the files that are not the user's own. Returns the exit code."""
    from facot_backups.app.alerts.trust import allow
    from facot_backups.state import State

    allowed = allow(settings, State())
    if as_json:
        names = [{"name": one.name, "folder": str(one.folder)} for one in allowed]
        output.print_json({"exit_code": 0, "allowed": names})
    elif not allowed:
        output.echo("No hay ninguna orden que permitir: los ajustes de esta carpeta no ponen ninguna.")
    for one in [] if as_json else allowed:
        output.echo(f"Permitida, si no cambia: {one.name}, de {one.folder}")
        output.echo(f"  {one.text}")
    return 0


def _ask(settings: Settings) -> dict[str, Any]:
    """What Firestore says: the database, and whether we may read and write there."""
    from facot_backups.app import wiring

    try:
        with wiring.connector(settings)() as connection:
            from facot_backups.firestore.permission import may_write
            from facot_backups.operations.backup.preview import survey

            store = wiring.open_store(settings)
            found = survey(connection, store, settings.scope)
            return {
                "exit_code": 0,
                "available": True,
                "source": str(connection.source),
                "read": True,
                "write": may_write(connection),
                "documents": found.documents,
                "collections": found.collections,
                "outside": list(found.outside),
                "unknown_collections": [_unknown(one) for one in found.unknown],
                "reads": found.reads,
                "other_source": _other_source(store, connection.source),
                "error": None,
            }
    except FacotBackupsError as error:
        return {
            "exit_code": error.exit_code,
            "available": False,
            "source": None,
            "read": False,
            "write": False,
            "documents": None,
            "collections": {},
            "outside": [],
            "unknown_collections": [],
            "reads": None,
            "other_source": None,
            "error": str(error),
        }


def _other_source(store: Store, source: Source) -> str | None:
    """The database whose backups are in the folder, if it is another one; None where nobody can say."""
    try:
        repository = store.repository()
    except BackupDirUnusable:  # `status` tells it
        return None
    return None if repository is None or repository.source == source else str(repository.source)


def _unknown(one: UnknownCollection) -> dict[str, Any]:
    return {
        "name": one.name,
        "setting": "exclude" if one.excluded else "collections",
        "likely": one.likely,
        "message": str(one),
    }


def _print_answer(answer: dict[str, Any]) -> None:
    output.echo()
    if not answer["available"]:
        output.echo_lines(f"{output.style('✗', fg='red')} {hanging(answer['error'])}")
        return
    output.echo(f"{output.style('✓', fg='green')} Firestore responde: {answer['source']}")
    output.echo(f"{output.style('✓', fg='green')} Se puede leer: basta para hacer backups.")
    if answer["write"]:
        output.echo(f"{output.style('✓', fg='green')} Se puede escribir: basta para restaurar.")
    else:
        output.echo("  No se puede escribir: para restaurar hará falta el rol «Usuario de Cloud Datastore».")
    _print_amounts(answer)


def _print_amounts(answer: dict[str, Any]) -> None:
    """How much a backup would hold, and what is odd about it."""
    if answer["other_source"]:
        said = f"! Los backups de esta carpeta son de otra base de datos: {answer['other_source']}."
        output.echo(visible(said), fg="yellow", bold=True)
    collections, documents = answer["collections"], answer["documents"]
    if documents == 0:
        output.echo(f"✗ No hay ningún documento que guardar en {answer['source']}.", fg="red", bold=True)
        output.echo("  Si no debe estar vacía, revise el proyecto (project), la base de datos (database)")
        output.echo("  y las colecciones (collections) de los ajustes.")
    else:
        held = figures.counted(len(collections), "colección", "colecciones")
        many = "?" if documents is None else figures.number(documents)
        word = "documento" if documents == 1 else "documentos"
        output.echo(f"{output.style('✓', fg='green')} Un backup guardaría {many} {word} en {held}:")
    for name, number in collections.items():
        output.echo(f"    {visible(name):<28} {'?' if number is None else figures.number(number):>12}")
    if answer["outside"]:
        output.echo(f"  Fuera, por los ajustes: {visible(', '.join(answer['outside']))}.")
    for unknown in answer["unknown_collections"]:
        output.echo(f"! {visible(unknown['message'])}", fg="yellow", bold=True)
