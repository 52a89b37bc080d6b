"""The command line `facot-backups`: one module per command, errors mapped to exit codes here alone.

Modules of Google's are imported inside the commands that need them, so that `--help`, `list` and
`verify` start at once.
"""

from __future__ import annotations

import importlib
import sys

import click

from facot_backups.errors import FacotBackupsError, Interrupted
from facot_backups.ui.cli import output, streams
from facot_backups.version import __version__

# The commands in the order in which a newcomer needs them, and what each does: the help imports none of them.
COMMANDS = {
    "run": "Hace un backup ahora.",
    "status": "De un vistazo, si puede estar tranquilo.",
    "gui": "Abre el panel, una ventana para todo.",
    "list": "Muestra los backups que hay.",
    "stats": "Cuántos backups hay y cuánto ocupan.",
    "verify": "Comprueba que los backups están enteros.",
    "cleanup": "Borra los backups que ya no hacen falta.",
    "schedule": "Hace el backup de cada día, hasta que lo paren.",
    "service": "Instala el backup diario en el sistema.",
    "notify": "Prueba los avisos.",
    "restore": "Devuelve un backup a Firestore, o deshace una restauración.",
    "diff": "Compara dos backups, o uno con Firestore.",
    "find": "Busca una factura, un cliente… en todos los backups.",
    "history": "Cuenta la historia de un documento.",
    "show": "Muestra un documento de un backup.",
    "audit": "Busca NCF repetidos, contadores atrasados y otros errores.",
    "serve": "Abre un backup como un Firestore en este equipo.",
    "config": "Muestra los ajustes y prueba la conexión.",
    "demo": "Demuestra el producto sobre un Firestore en memoria.",
}


class _Commands(click.Group):
    """A group that imports a command's module when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"facot_backups.ui.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Órdenes"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name.lower(), COMMANDS, n=1)
            asked = f" ¿Quiso decir «{near[0]}»?" if near else ""
            raise click.UsageError(f"No existe la orden «{name}».{asked}", ctx)
        return super().resolve_command(ctx, args)


_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(
    cls=_Commands,
    context_settings=_CONTEXT,
    options_metavar="[OPCIONES]",
    subcommand_metavar="ORDEN [ARGUMENTOS]…",
)
@click.version_option(
    __version__,
    prog_name="facot-backups",
    help="Muestra la versión y termina.",
    message="%(prog)s, versión %(version)s",
)
def cli() -> None:
    """Backups de Firestore en su propio disco: completos, comprobados y restaurables."""


def run(words: list[str]) -> int:
    """Run the command that `words`, the arguments after the program's name, ask for.

    Returns the exit code of docs/cli.md; prints errors on stderr.
    """
    verbose = "--verbose" in words
    streams.keep_standard_descriptors()
    streams.never_fail_for_a_character()
    with (
        streams.standard_streams(),
        streams.ended_as_by_ctrl_c(),
        output.remarks_of_destructors(shown=verbose),
    ):
        return _run(words, verbose=verbose)


def _run(words: list[str], *, verbose: bool) -> int:
    try:
        code = cli.main(words, prog_name="facot-backups", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except click.ClickException as error:
        output.show_usage_error(error)
        if "--json" in words:
            output.print_failure(error.format_message(), error.exit_code)
        return error.exit_code
    except FacotBackupsError as error:
        output.show_error(error, as_json="--json" in words, verbose=verbose)
        return error.exit_code
    except BrokenPipeError:  # nobody reads what is still to be said
        return 1
    except (click.Abort, KeyboardInterrupt):
        output.show_error(Interrupted(), as_json="--json" in words, verbose=False)
        return Interrupted.exit_code
    except Exception as error:  # noqa: BLE001 - the last line of defence: exit 1, not a trace
        output.show_fault(error, as_json="--json" in words, verbose=verbose)
        return 1
