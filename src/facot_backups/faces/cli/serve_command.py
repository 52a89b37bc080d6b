"""`facot-backups serve`: a backup as a live Firestore on this computer, for any program to open."""

from __future__ import annotations

import ipaddress
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import click

from facot_backups import figures
from facot_backups.clock import SystemClock
from facot_backups.errors import UsageError
from facot_backups.faces.cli import output
from facot_backups.faces.cli.options import common, exits
from facot_backups.faces.cli.progress import progress
from facot_backups.text import visible

if TYPE_CHECKING:
    from facot_backups.local.server import LocalFirestore
    from facot_backups.operations.serving import Served

# Where Google's tools start their emulator.
USUAL_PORT = 8080
_VARIABLE = "FIRESTORE_EMULATOR_HOST"
# That of the setting `emulator_token`: our other commands show it.
_TOKEN_VARIABLE = "BACKUP_EMULATOR_TOKEN"
_LONG = 3600.0


@click.command(
    "serve",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 12, 13, 20, 130),
)
@click.argument("fecha")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help=f"Puerto; 0, uno libre. Sin esto, {USUAL_PORT}, o uno libre si está ocupado.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    metavar="DIRECCIÓN",
    help="Dirección de este mismo equipo (127.0.0.1); ninguna otra se admite.",
)
@click.option(
    "--token",
    "guarded",
    is_flag=True,
    help=f"Solo entra quien muestre un token: el de la variable {_TOKEN_VARIABLE}, o uno al azar.",
)
@common
def command(fecha: str, port: int | None, host: str, guarded: bool, **shared: Any) -> int:
    """Sirve el backup FECHA (una carpeta, o latest) como un Firestore vivo, hasta Ctrl-C.

    FACOT, o cualquier programa con una biblioteca de Firestore (gRPC), lo abre poniendo una variable. Lo que
    escriba queda en memoria y desaparece al terminar: ni el backup ni el Firestore de verdad cambian.

    Sin --token lo lee cualquier programa y cualquier usuario de este equipo mientras esté abierto.
    """
    from facot_backups.faces import wiring
    from facot_backups.local.door import new_token
    from facot_backups.local.server import LocalFirestore
    from facot_backups.operations.serving import load, source_of
    from facot_backups.settings import load_settings

    address = _loopback(host)
    settings = load_settings({"backup_dir": shared["backup_dir"]})
    store = wiring.open_store(settings)
    backup = store.find(fecha, settings.scope)
    made = new_token() if guarded and settings.emulator_token is None else None
    loaded = LocalFirestore(address, token=(made or settings.emulator_token) if guarded else None)
    with progress(quiet=shared["quiet"], verbose=shared["verbose"]) as emit:
        source = source_of(backup, store.repository(), settings.project)
        served = load(backup, source, loaded, emit)
    server = _listen(loaded, address, port)
    try:
        door = Door(server.host, guarded, made)
        _tell(door, served, as_json=shared["as_json"], quiet=shared["quiet"])
        _wait()
    except KeyboardInterrupt:
        return 0  # the way to end it
    finally:
        server.stop()


def _loopback(host: str) -> str:
    """The address to listen at. Raises UsageError for any but this computer's own."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise UsageError(
            f"«{host}» no es una dirección de este mismo equipo: otros leerían el backup sin contraseña.\n"
            "Use --host 127.0.0.1 (es lo normal), o ::1."
        )
    return str(address)


def _listen(loaded: LocalFirestore, address: str, port: int | None) -> LocalFirestore:
    """Start it at `port`; without one at the usual port, or at a free one where that is taken."""
    wanted = [port] if port is not None else [USUAL_PORT, 0]
    for number in wanted:
        try:
            return loaded.start(number)
        except RuntimeError:
            continue
    raise UsageError(
        f"No se puede escuchar en {address}, puerto {port}: está ocupado o no está permitido.\n"
        "Elija otro con --port, o --port 0 para uno libre."
    )


@dataclass(frozen=True, slots=True)
class Door:
    """Where the backup is open, and for whom.

    `guarded`: a token is asked for. `token` is the one that was made here, and is to be told; None where
    there is none, or the user gave it.
    """

    host: str
    guarded: bool
    token: str | None = field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """What to set for a program that is to open it."""
        told = {} if self.token is None else {_TOKEN_VARIABLE: self.token}
        return {_VARIABLE: self.host, **told}


def to_json(door: Door, served: Served) -> dict[str, Any]:
    """What `serve --json` prints once, when the server is ready (docs/cli.md)."""
    return {
        "success": True,
        "backup": served.backup,
        "host": door.host,
        "token_required": door.guarded,
        "project": served.source.project,
        "database": served.source.database,
        "documents": served.documents,
        "memory_bytes": served.memory,
        "environment": door.variables,
    }


def _tell(door: Door, served: Served, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        output.print_json(to_json(door, served))
    else:
        for line in _lines(door, served, quiet=quiet):
            output.echo(line)
    sys.stdout.flush()  # who reads a pipe waits for it


def _lines(door: Door, served: Served, *, quiet: bool) -> list[str]:
    values = door.variables
    if quiet:
        return [f"{name}={value}" for name, value in values.items()]
    what = f"{figures.number(served.documents)} documentos, unos {figures.size(served.memory)} de memoria"
    these = "esta línea" if len(values) == 1 else "estas líneas"
    return [
        f"{output.style('✓', fg='green')} El backup {served.backup} está abierto en {door.host}  ({what})",
        f"  Proyecto:       {visible(served.source.project)}",
        f"  Base de datos:  {visible(served.source.database)}",
        f"  Entra:          {_who(door)}",
        "",
        f"Ponga {these} en la ventana desde la que abre FACOT u otro programa:",
        *(f"  Windows (cmd)         set {name}={value}" for name, value in values.items()),
        *(f'  Windows (PowerShell)  $env:{name} = "{value}"' for name, value in values.items()),
        *(f"  Linux, macOS          export {name}={value}" for name, value in values.items()),
        "",
        "Lo que se escriba aquí queda en memoria y desaparece al terminar. Termine con Ctrl-C.",
        "No avisa de cambios: lo que los escucha (on_snapshot) falla al empezar.",
    ]


def _who(door: Door) -> str:
    if not door.guarded:
        return "cualquier programa de este equipo; con --token, solo quien lo muestre"
    if door.token is None:
        return f"solo quien muestre el token de {_TOKEN_VARIABLE}"
    return "solo quien muestre el token (docs/cli.md dice cómo)"


def _wait() -> NoReturn:
    """For ever."""
    clock = SystemClock()
    while True:
        clock.sleep(_LONG)
