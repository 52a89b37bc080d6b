"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class _Folder(click.Path):
    """A folder that may not exist yet; what is wrong with one that does, the disk says better than click."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":  # a variable of a script that has no value; the working directory is not meant
            self.fail("la ruta está vacía", param, ctx)
        return super().convert(value, param, ctx)


def backup_dir(command: Command) -> Command:
    """`--backup-dir` alone."""
    return click.option(
        "--backup-dir",
        type=_Folder(),
        metavar="CARPETA",
        help="Carpeta de backups, en vez de la de los ajustes.",
    )(command)


def collections(command: Command) -> Command:
    """`--collection`, any number of times: `collections`."""
    return click.option(
        "--collection",
        "collections",
        multiple=True,
        metavar="C",
        help="Solo esta colección con todo lo que tiene dentro; puede repetirse.",
    )(command)


def common(command: Command) -> Command:
    """`--backup-dir`, `--json`, `--quiet`, `--verbose`: every command has them."""
    for option in (
        click.option("--verbose", is_flag=True, help="Cuenta más; en un error, el detalle técnico."),
        click.option("--quiet", is_flag=True, help="Solo avisos y errores."),
        click.option("--json", "as_json", is_flag=True, help="Escribe un objeto JSON y nada más."),
        backup_dir,
    ):
        command = option(command)
    return command


def exits(*codes: int) -> str:
    """The closing paragraph of a command's help: the exit codes that it can give."""
    return "\b\nCódigos de salida:\n" + "\n".join(f"  {code:>3}  {EXIT_CODES[code]}" for code in codes)


EXIT_CODES = {
    0: "hecho",
    1: "fallo inesperado",
    2: "uso o ajuste incorrecto",
    3: "backup incompleto, o restauración a medias",
    10: "Firestore no disponible",
    11: "otra ejecución usa la carpeta",
    12: "no existe ese backup, o ese diario",
    13: "no se puede usar la carpeta de backups",
    14: "un aviso no llegó",
    20: "daños encontrados",
    21: "conflictos al restaurar",
    22: "la auditoría encontró errores",
    23: "el simulacro no se pudo hacer",
    30: "frenado por una alarma, o salud con avisos",
    31: "salud crítica",
    130: "interrumpido",
}
