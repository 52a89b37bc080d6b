"""`facot-backups demo`: the product from end to end, on an in-memory Firestore and in a folder of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facot_backups import atomic
from facot_backups.errors import DamagedBackup, FacotBackupsError
from facot_backups.faces.cli.options import exits
from facot_backups.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = "demo-facot"
# What the names of settings' variables begin with.
_FOREIGN = ("BACKUP_", "FIREBASE_", "FIRESTORE_", "GOOGLE_")


@click.command(
    "demo",
    options_metavar="[OPCIONES]",
    short_help="Demuestra el producto sobre un Firestore en memoria.",
    epilog=exits(0, 1, 2, 13, 130),
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="CARPETA",
    help="Dónde dejar los backups de la demostración (nueva; por defecto, una carpeta temporal).",
)
def command(folder: Path | None) -> int:
    """Demuestra el producto entero sobre un Firestore en memoria con un negocio de ejemplo.

    No toca ningún Firebase ni sus backups.
    """
    from facot_backups.local.sample import Business, fill
    from facot_backups.local.server import LocalFirestore

    place = (folder or Path(tempfile.mkdtemp(prefix="facot-demo-"))).absolute()
    if folder is not None and place.exists():
        raise click.UsageError(f"{folder} ya existe; la demostración quiere una carpeta nueva.")
    with atomic.explained(place):
        atomic.make_folder(place)
    with LocalFirestore() as server:
        total = fill(server, Business(project=PROJECT))
        # A facot_config.json of the working directory is none of the demonstration's either.
        with (
            chdir(place),
            _environment(
                FIRESTORE_EMULATOR_HOST=server.host,
                GOOGLE_CLOUD_PROJECT=PROJECT,
                FACOT_BACKUPS_STATE_DIR=str(place / "estado"),
                HOME=str(place),
                APPDATA=str(place),
            ),
        ):
            _tell(place, total)
    return 0


def _tell(place: Path, total: int) -> None:
    backups = place / "backups"
    # A demonstration has no better place than this one.
    State().warn_once(backups, "system-disk")
    _title("Un negocio de ejemplo")
    click.echo(
        f"Un Firestore en memoria con tres empresas, sus facturas, cotizaciones y contadores de NCF:\n"
        f"{total:,} documentos. Con una base de datos de verdad, las órdenes son las mismas."
    )
    _title("1. Un backup: toda la base de datos, en un solo instante")
    _command("run", "--backup-dir", str(backups))
    _title("2. Los backups que hay")
    _command("list", "--backup-dir", str(backups))
    _title("3. La prueba de que está entero: cada byte, cada línea, cada recuento")
    _command("verify", "--backup-dir", str(backups))
    day = next(path for path in backups.iterdir() if not path.name.startswith("."))
    _title("4. Son archivos JSON normales; esta es una factura con sus líneas")
    _show_invoice(day / "invoices.json")
    _title("5. ¿Y si un archivo se estropea? Dañamos un solo bit de una copia")
    damaged = _damaged_copy(day, place / "copia-danada")
    _command("verify", "--backup-dir", str(damaged), expected=DamagedBackup.exit_code)
    _title("Dónde está todo, y qué probar ahora")
    click.echo(
        f"  {day}\n      el backup: ábralo con cualquier programa\n"
        f"  {damaged}\n      la copia dañada\n\n"
        f"  facot-backups list --backup-dir {shlex.quote(str(backups))}\n"
        f"  facot-backups verify --json --backup-dir {shlex.quote(str(backups))}\n"
        "  facot-backups run          con su propio Firestore: README.md dice cómo conectarlo\n"
    )


def _command(*words: str, expected: int = 0) -> None:
    """Show an order as a user would type it, and carry it out; it must end with the code `expected`."""
    from facot_backups.faces.cli import main

    click.secho(f"$ facot-backups {' '.join(shlex.quote(word) for word in words)}", fg="cyan")
    if main(list(words)) != expected:
        raise FacotBackupsError(
            "La demostración no salió como debía: la orden anterior falló.\nComuníquelo con todo este texto."
        )


def _show_invoice(file: Path) -> None:
    """The first lines of an invoice that has items, cut to what fits on a screen."""
    lines = file.read_text(encoding="utf-8").split("\n")
    start = next(number for number, line in enumerate(lines) if line.endswith('"_items":['))
    for line in lines[start : start + 4]:
        click.echo(line if len(line) < 300 else f"{line[:200]} … {line[-90:]}")


def _damaged_copy(backup: Path, folder: Path) -> Path:
    """Copy a backup and flip one bit in the middle of its invoices."""
    copy = folder / backup.name
    shutil.copytree(backup, copy)
    file = copy / "invoices.json"
    file.chmod(0o600)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    return folder


def _title(text: str) -> None:
    click.echo()
    click.secho(text, bold=True)
    click.secho("─" * len(text), fg="bright_black")


@contextmanager
def _environment(**values: Any) -> Iterator[None]:
    """Set variables, remove every other that is a setting, and put all back in the end.

    The user's own settings must not lead the demonstration to a real database, nor narrow what it shows.
    """
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
