"""`facot-backups serve`: a backup as a live Firestore on this computer, for any program to open."""

from __future__ import annotations

import ipaddress
import re
import shlex
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import click

from facot_backups import figures
from facot_backups.clock import SystemClock
from facot_backups.errors import UsageError
from facot_backups.text import visible
from facot_backups.ui.cli import output
from facot_backups.ui.cli.options import common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facot_backups.emulator.server import LocalFirestore
    from facot_backups.model import Source
    from facot_backups.operations.serving import Served

# Where Google's tools start their emulator.
USUAL_PORT = 8080
# Variables that Google's clients and our own commands read.
_HOST_VARIABLE = "FIRESTORE_EMULATOR_HOST"
_PROJECT_VARIABLE = "GOOGLE_CLOUD_PROJECT"
# Variables of our settings, for our own commands.
_DATABASE_VARIABLE = "BACKUP_DATABASE"
_FOLDER_VARIABLE = "BACKUP_DIR"
_TOKEN_VARIABLE = "BACKUP_EMULATOR_TOKEN"
# A value that no shell takes for anything else.
_PLAIN = re.compile(r"[\w./:\\-]+", re.ASCII)
_LONG = 3600.0


def _check_port(_: click.Context, __: click.Parameter, number: int | None) -> int | None:
    """The number, if it is a port's; click's own range would show its bounds as `[0<=x<=65535]`."""
    if number is not None and not 0 <= number <= 65535:
        raise click.BadParameter(f"{number} no es un puerto: se admite un número entre 0 y 65535.")
    return number


@click.command(
    "serve",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 12, 13, 20, 130),
)
@click.argument("fecha")
@click.option(
    "--port",
    type=int,
    callback=_check_port,
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

    FACOT, o cualquier programa con una biblioteca de Firestore (gRPC), lo abre con las variables que dice. Lo
    que escriba queda en memoria y desaparece al terminar: ni el backup ni el Firestore de verdad cambian.

    Sin --token lo lee cualquier programa y cualquier usuario de este equipo mientras esté abierto.
    """
    from facot_backups.app import wiring
    from facot_backups.emulator.door import new_token
    from facot_backups.emulator.server import LocalFirestore
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
        door = Door(server.host, served.source, settings.backup_dir.absolute(), guarded, made)
        if shared["as_json"]:
            output.print_json(to_json(door, served))
        else:
            of_emulator = source.emulator
            for line in _lines(door, served, of_emulator=of_emulator, quiet=shared["quiet"]):
                output.echo(line)
        sys.stdout.flush()  # who reads a pipe waits for it
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
        raise UsageError("not_this_computer", host=host)
    return str(address)


def _listen(loaded: LocalFirestore, address: str, port: int | None) -> LocalFirestore:
    """Start it at `port`; without one at the usual port, or at a free one where that is taken."""
    wanted = [port] if port is not None else [USUAL_PORT, 0]
    for number in wanted:
        try:
            return loaded.start(number)
        except RuntimeError:
            continue
    raise UsageError("port_taken", address=address, port=port)


@dataclass(frozen=True, slots=True)
class Door:
    """Where the backup is open, and for whom.

    `source` is the database under whose name it is open, `folder` the backup folder. `guarded`: a token is
    asked for. `token` is the one that was made here, and is to be told; None where there is none, or the
    user gave it.
    """

    host: str
    source: Source
    folder: Path
    guarded: bool
    token: str | None = field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """What to set for a program, or for our commands, in any working directory."""
        database = self.source.database
        values = {_HOST_VARIABLE: self.host, _PROJECT_VARIABLE: self.source.project}
        if database != "(default)":
            values[_DATABASE_VARIABLE] = database
        values[_FOLDER_VARIABLE] = str(self.folder)
        if self.token is not None:
            values[_TOKEN_VARIABLE] = self.token
        return values


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


def _lines(door: Door, served: Served, *, of_emulator: bool, quiet: bool) -> list[str]:
    """What a person is told. `of_emulator`: whether the backup is of an emulator."""
    values = door.variables
    if quiet:
        return [f"{name}={value}" for name, value in values.items()]
    what = f"{figures.number(served.documents)} documentos, unos {figures.size(served.memory)} de memoria"
    return [
        f"{output.style('✓', fg='green')} El backup {served.backup} está abierto en {door.host}",
        f"  Tiene:          {what}",
        f"  Proyecto:       {visible(served.source.project)}",
        f"  Base de datos:  {visible(served.source.database)}",
        *_told(f"  Entra:          {_who(door)}", hang=" " * 18),
        "",
        *_told(
            "Ponga estas líneas en la ventana desde la que abre FACOT u otro programa, o nuestras órdenes:"
        ),
        *_settings("Windows (cmd)", _for_cmd, values),
        *_settings("Windows (PowerShell)", _for_powershell, values),
        *_settings("Linux, macOS", _for_sh, values),
        "",
        *([] if of_emulator else _of_a_real_database(served)),
        *_told("Lo que se escriba aquí queda en memoria y desaparece al terminar. Termine con Ctrl-C."),
        "No avisa de cambios: lo que los escucha (on_snapshot) falla al empezar.",
    ]


def _told(text: str, hang: str = "") -> list[str]:
    """A sentence, in lines of the terminal's width."""
    return output.wrapped(text, output.terminal_width(), hang=hang)


def _settings(shell: str, assign: Callable[[str, str], str], values: dict[str, str]) -> list[str]:
    """The lines for one shell, whole, to be copied as they are."""
    return [f"  {shell}:", *(f"    {assign(name, value)}" for name, value in values.items())]


def _for_cmd(name: str, value: str) -> str:
    # cmd has no way to write a quotation mark inside of others.
    return f"set {name}={value}" if _PLAIN.fullmatch(value) else f'set "{name}={value.replace(chr(34), "")}"'


def _for_powershell(name: str, value: str) -> str:
    quoted = value.replace("'", "''")
    return f'$env:{name} = "{value}"' if _PLAIN.fullmatch(value) else f"$env:{name} = '{quoted}'"


def _for_sh(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _of_a_real_database(served: Served) -> list[str]:
    """What our commands want to be told besides: this is not the database that the folder is of."""
    project = shlex.quote(served.source.project)
    return [
        *_told("Esta base de datos no es la de verdad, y las órdenes que escriben quieren que se les diga:"),
        f"    facot-backups restore {served.backup} --into-project {project}",
        "    facot-backups run --backup-dir OTRA-CARPETA",
        "",
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
