"""`facot-backups demo`: the product from end to end, on an in-memory Firestore and in a folder of its own."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facot_backups import atomic
from facot_backups.errors import DamagedBackup, FacotBackupsError
from facot_backups.state import State
from facot_backups.ui.cli import output
from facot_backups.ui.cli.audit_command import ERRORS_EXIT
from facot_backups.ui.cli.options import exits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facot_backups.emulator.story import Afternoon

PROJECT = "demo-facot"
# Columns of an ordinary terminal.
_LINE = 80
# What the names of settings' variables begin with.
_FOREIGN = ("BACKUP_", "FIREBASE_", "FIRESTORE_", "GOOGLE_")


@click.command(
    "demo",
    options_metavar="[OPCIONES]",
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
    from facot_backups.emulator import story
    from facot_backups.emulator.sample import Business
    from facot_backups.emulator.server import LocalFirestore

    place = (folder or Path(tempfile.mkdtemp(prefix="facot-demo-"))).absolute()
    if folder is not None and place.exists():
        raise click.UsageError(f"{folder} ya existe; la demostración quiere una carpeta nueva.")
    with atomic.explained(place):
        atomic.make_folder(place)
    with LocalFirestore() as server:
        business = Business(project=PROJECT)
        total = server.load(story.with_duplicate(business), PROJECT)
        # A facot_config.json of the working directory is none of the demonstration's either.
        with (
            chdir(place),
            _environment(
                FIRESTORE_EMULATOR_HOST=server.host,
                GOOGLE_CLOUD_PROJECT=PROJECT,
                FACOT_BACKUPS_STATE_DIR=str(place / "estado"),
                HOME=str(place),
                APPDATA=str(place),
                COLUMNS=_LINE,
            ),
        ):
            day = _keep(place, total)
            _give_back(story.spoil(server.host, business))
            _close(place, day)
    return 0


def _keep(place: Path, total: int) -> Path:
    """A backup, and what it is worth. Returns its folder."""
    backups = place / "backups"
    # A demonstration has no better place than this one.
    State().warn_once(backups, "system-disk")
    _title("Un negocio de ejemplo")
    output.echo_lines(
        f"Un Firestore en memoria con tres empresas, sus facturas, cotizaciones y\n"
        f"contadores de NCF: {total:,} documentos. Con una base de datos de verdad, las\n"
        f"órdenes son las mismas. Todo queda en {place}"
    )
    _title("1. Un backup: toda la base de datos, en un solo instante")
    _command("run")
    _title("2. La prueba de que está entero: cada byte, cada línea, cada recuento")
    _command("verify")
    day = next(path for path in backups.iterdir() if not path.name.startswith("."))
    _title("3. Son archivos JSON normales; esta es una factura con sus líneas")
    _show_invoice(day / "invoices.json")
    _title("4. ¿Y si un archivo se estropea? Dañamos un solo bit de una copia")
    _damaged_copy(day, place / "copia-danada")
    _command("verify", "--backup-dir", "copia-danada", expected=DamagedBackup.exit_code)
    return day


def _give_back(afternoon: Afternoon) -> None:
    """What went wrong, what undoes it, and what undoes that."""
    _title("5. Una mala tarde")
    output.echo_lines(
        f"Alguien borra la factura {afternoon.deleted_ncf} y toca el total de la {afternoon.altered_ncf}.\n"
        f"Mientras tanto se emite otra, la {afternoon.issued_ncf}, y su contador avanza.\n"
    )
    _excerpt("diff", "latest", "live")
    _title("6. Las dos facturas vuelven; el contador no retrocede aunque se pida")
    paths = (afternoon.deleted, afternoon.altered, afternoon.counter)
    _command("restore", "latest", *(word for path in paths for word in ("--document", path)), "--yes")
    _title("7. Y se deshace: todo queda como estaba antes de restaurar")
    kept = next(Path("backups").glob("*.pre-restore"))
    _command("restore", kept.name, "--yes")
    output.echo()
    _command("diff", "latest", "live", "--stat", "--collection", "invoices")
    _title("8. Lo que un contador querría saber: aquí, un NCF repetido")
    _excerpt("audit", until="AVISOS", expected=ERRORS_EXIT)


def _close(place: Path, day: Path) -> None:
    _title("Dónde está todo, y qué probar ahora")
    program = _program()
    output.echo_lines(
        f"  {day}\n      el backup: ábralo con cualquier programa\n\n"
        f"  cd {shlex.quote(str(place))}\n\n"
        f"  {program} list\n      lo que hay\n"
        f"  {program} audit --csv auditoria.csv\n      todo lo anterior, para Excel\n"
        f"  {program} serve latest\n      el backup como un Firestore vivo\n"
        f"  {program} run\n      con su propio Firestore: README.md dice cómo conectarlo\n"
    )


def _program() -> str:
    """The command as it can be typed: with its folder where a terminal would not find it."""
    name = "facot-backups"
    if shutil.which(name):
        return name
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    words = [found] if found else [sys.executable, "-m", "facot_backups"]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _command(*words: str, expected: int = 0) -> None:
    """Show an order as a user would type it, and carry it out; it must end with the code `expected`."""
    output.echo_lines(f"$ {_typed(words)}", fg="cyan")
    _run(words, expected)


def _run(words: tuple[str, ...], expected: int) -> None:
    from facot_backups.ui.cli import main

    if main(list(words)) != expected:
        raise FacotBackupsError("demo_failed")


def _typed(words: tuple[str, ...]) -> str:
    """The order as typed, on lines that fit: an option and its value stay together."""
    parts = shlex.join(words).replace(" --", "\0--").split("\0")
    text = "facot-backups"
    for part in parts:
        fits = len(text.rpartition("\n")[2]) + len(part) < _LINE - len(" \\ $")
        text += f" {part}" if fits else f" \\\n    {part}"
    return text


class _Kept(io.StringIO):
    """Keeps what is written, as a terminal: the orders break their lines instead of leaving them to us.

    Whatever commands a terminal is taken out again where stdout is none (`output.repeat`).
    """

    def isatty(self) -> bool:
        return True


def _excerpt(*words: str, until: str | None = None, expected: int = 0) -> None:
    """As `_command`, with long lines cut, and from the line that says `until` on only the last one."""
    output.echo_lines(f"$ {_typed(words)}", fg="cyan")
    kept = _Kept()
    with redirect_stdout(kept):
        _run(words, expected)
    lines = kept.getvalue().splitlines()
    if until is not None:
        end = next((number for number, line in enumerate(lines) if until in line), len(lines))
        lines = [*lines[:end], "…", lines[-1]]
    for line in lines:
        plain = click.unstyle(line)
        output.repeat(line if len(plain) <= _LINE else f"{plain[: _LINE - 1]}…")


def _show_invoice(file: Path) -> None:
    """The first lines of an invoice that has items, cut to what fits on a screen."""
    lines = file.read_text(encoding="utf-8").split("\n")
    start = next(number for number, line in enumerate(lines) if line.endswith('"_items":['))
    for line in lines[start : start + 4]:
        output.echo(line if len(line) < 300 else f"{line[:200]} … {line[-90:]}")


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
    output.echo()
    output.echo(text, bold=True)
    output.echo("─" * len(text), fg="bright_black")


@contextmanager
def _environment(**values: Any) -> Iterator[None]:
    """Set variables, remove every other that is a setting, and put all back in the end.

    The user's own settings must not lead the demonstration to a real database, nor narrow what it shows.
    """
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        del os.environ[name]
    os.environ.update({name: str(value) for name, value in values.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
