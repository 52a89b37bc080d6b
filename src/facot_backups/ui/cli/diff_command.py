"""`facot-backups diff`: what differs between two backups, or between a backup and the live database."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

import click

from facot_backups import figures
from facot_backups.errors import UsageError
from facot_backups.events import Emit, Warned
from facot_backups.model import EVERYTHING, Scope
from facot_backups.text import visible
from facot_backups.ui.cli import document_text, output
from facot_backups.ui.cli.options import collections, common, exits
from facot_backups.ui.cli.progress import progress

if TYPE_CHECKING:
    from facot_backups.archive.store import Store
    from facot_backups.operations.comparison.diff import Counts, Diff, NamedSide
    from facot_backups.settings import Settings

LIVE = "live"
PARTIAL_EXIT = 3
# The changes wait for the counts, which stand before them in the JSON: in memory, beyond that on disk.
_SPOOL_BYTES = 8 * 2**20
_BLOCK_CHARACTERS = 2**20


@click.command(
    "diff",
    options_metavar="[OPCIONES]",
    epilog=exits(0, 1, 2, 3, 10, 12, 13, 20, 130),
)
@click.argument("a")
@click.argument("b")
@click.option("--stat", is_flag=True, help="Solo cuántos documentos difieren en cada colección.")
@collections
@common
def command(a: str, b: str, stat: bool, collections: tuple[str, ...], **shared: Any) -> int:
    """Compara A (antes) con B (después): documentos añadidos, borrados y cambiados, campo por campo.

    A y B son nombres de carpetas, latest, o live: lo que Firestore tiene ahora (una lectura por documento).
    Lo que uno de los dos no leyó no se compara. Que haya diferencias no es un error.
    """
    from facot_backups.app import wiring
    from facot_backups.operations.comparison.diff import Diff
    from facot_backups.settings import load_settings

    settings = load_settings({"backup_dir": shared["backup_dir"]})
    scope = Scope(collections=collections) if collections else EVERYTHING
    as_json, quiet = shared["as_json"], shared["quiet"]
    # A bar and lines of text would spoil each other.
    inside = 0
    no_bar = sys.stdout.isatty() and not stat and not as_json
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES, "w+", encoding="utf-8") as spool:
        with progress(quiet=quiet or no_bar, verbose=shared["verbose"]) as emit, ExitStack() as stack:
            store = wiring.open_store(settings, emit)
            left, right = _open((a, b), scope, settings, store, emit, stack)
            diff = Diff(left, right, scope, emit)
            _warn_of_sources(diff, emit)
            if as_json:
                _spool(diff, spool, keep=not stat)
            else:
                inside = _print_changes(diff, keep=not stat and not quiet)
        code = PARTIAL_EXIT if diff.partial else 0
        if as_json:
            _print_json(to_json(diff, code), None if stat else spool)
        else:
            _print_counts(diff, collections, inside, whole=stat)
    return code


def _open(
    names: tuple[str, str], scope: Scope, settings: Settings, store: Store, emit: Emit, stack: ExitStack
) -> tuple[NamedSide, NamedSide]:
    """Both sides; a connection stays open as long as `stack`."""
    from facot_backups.operations.comparison.sources import side_of

    if names == (LIVE, LIVE):
        raise UsageError("same_side_twice")
    found: dict[str, NamedSide] = {
        name: side_of(store.find(name, settings.scope)) for name in names if name != LIVE
    }
    if LIVE in names:
        found[LIVE] = _open_live(next(iter(found.values())), scope, settings, store, emit, stack)
    return found[names[0]], found[names[1]]


def _open_live(
    other: NamedSide, scope: Scope, settings: Settings, store: Store, emit: Emit, stack: ExitStack
) -> NamedSide:
    from facot_backups.app import wiring
    from facot_backups.operations.comparison.changes import intersection
    from facot_backups.operations.comparison.live import live_side

    judged = intersection(scope, other.extent)
    return stack.enter_context(live_side(wiring.connector(settings), store, judged, settings.max_reads, emit))


def _warn_of_sources(diff: Diff, emit: Emit) -> None:
    one, other = diff.left.source, diff.right.source
    if one is not None and other is not None and one != other:
        emit(Warned(f"son dos bases de datos distintas: {one} y {other}."))


def _spool(diff: Diff, spool: IO[str], *, keep: bool) -> None:
    """Go through all differences, and keep them as the items of a JSON list."""
    joint = ""
    for change in diff:
        if keep:
            spool.write(joint + output.to_text(document_text.change_json(change), indent=None))
            joint = ",\n    "


def to_json(diff: Diff, code: int) -> dict[str, Any]:
    """The report of a diff (docs/cli.md, `diff --json`), without its last key.

    `left` and `right`: `name`, `source` and `read_time` (null: not known). `collections`: for each root
    collection that was compared the number of documents, nested ones too, that are `added`, `removed`,
    `changed`, `equal`, `unknown` (they exist on one side, the other cannot tell); `total`: their sum.
    `unknown`: the root collections that could not be compared, with the reason. `success` is false if
    Firestore could not be read whole. Without `--stat`, last of all `changes`: a list with an object per
    document that differs (`document_text.change_json`).
    """
    return {
        "success": not code,
        "exit_code": code,
        "left": _side_json(diff.left),
        "right": _side_json(diff.right),
        "collections": {name: asdict(counts) for name, counts in diff.counts.items()},
        "total": asdict(diff.total),
        "unknown": diff.unknown,
    }


def _side_json(side: NamedSide) -> dict[str, str | None]:
    return {
        "name": side.label,
        "source": str(side.source) if side.source is not None else None,
        "read_time": side.read_time.isoformat() if side.read_time is not None else None,
    }


def _print_json(report: dict[str, Any], spool: IO[str] | None) -> None:
    """The report with the spooled changes as its last key, never all of them in memory."""
    if spool is None:
        output.print_json(report)
        return
    head = output.to_text(report).removesuffix("\n}")
    some = spool.tell() > 0
    spool.seek(0)
    output.echo_lines(f'{head},\n  "changes": [' + ("\n    " if some else ""), nl=False)
    while block := spool.read(_BLOCK_CHARACTERS):
        output.echo_lines(block, nl=False)
    output.echo_lines(("\n  " if some else "") + "]\n}")


def _print_changes(diff: Diff, *, keep: bool) -> int:
    """Go through all differences; how many are of documents inside of others."""
    inside = 0
    width = output.terminal_width()
    if keep:
        _print_sides(diff)
    for change in diff:
        inside += len(change.path) > 2
        if keep:
            for line in document_text.change_lines(change, width):
                output.echo(line)
    return inside


def _print_sides(diff: Diff) -> None:
    for title, side in (("Antes", diff.left), ("Después", diff.right)):
        facts = [visible(side.label)]
        if side.source is None:
            facts.append("formato antiguo: sin tipos ni sumas de verificación")
        else:
            facts.append(str(side.source))
            if side.read_time is not None:
                facts.append(output.local_time(side.read_time))
        output.echo(f"{title + ':':<9} {', '.join(facts)}")
    output.echo()


def _print_counts(diff: Diff, asked: tuple[str, ...], inside: int, *, whole: bool) -> None:
    """The closing table, and what was not compared. Without `whole`, a line for each that differs.

    `inside`: how many of those that differ are inside of others.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if whole:
        _print_sides(diff)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("COLECCIÓN", no_wrap=True)
    unknown = diff.total.unknown > 0
    for heading in ("AÑADIDOS", "BORRADOS", "CAMBIADOS", "IGUALES", *(["NO SE SABE"] if unknown else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, counts in diff.counts.items():
        if whole or counts.differ or counts.unknown:
            table.add_row(Text(visible(name)), *_cells(counts, unknown))
    if table.row_count:
        if not whole:
            output.echo()
        output.console().print(table)
    if inside:
        differ = diff.total.added + diff.total.removed + diff.total.changed
        part = f"{figures.number(inside)} de {figures.number(differ)}"
        output.echo(f"Dentro de otros documentos, como las líneas de una factura: {part}.")
    _print_conclusion(diff, asked, whole=whole)


def _cells(counts: Counts, unknown: bool) -> list[str]:
    """The numbers of a row, those that matter in colour."""
    return [
        _cell(counts.added, "green"),
        _cell(counts.removed, "red"),
        _cell(counts.changed, "yellow"),
        figures.number(counts.equal),
        *([_cell(counts.unknown, "magenta")] if unknown else []),
    ]


def _cell(amount: int, color: str) -> str:
    return f"[{color}]{figures.number(amount)}[/]" if amount else "0"


def _print_conclusion(diff: Diff, asked: tuple[str, ...], *, whole: bool) -> None:
    total = diff.total
    if not total.differ:
        output.echo(f"Sin diferencias en {figures.number(total.equal)} documentos.")
    elif total.equal and not whole:
        output.echo(f"Además, {figures.number(total.equal)} documentos iguales.")
    if total.unknown:
        output.echo(
            f"De {figures.number(total.unknown)} documentos no se sabe: solo un lado los tiene, y el otro no "
            "los leyó.",
            fg="yellow",
        )
    for reason in dict.fromkeys(diff.unknown.values()):
        names = ", ".join(name for name, why in diff.unknown.items() if why == reason)
        output.echo(f"Sin comparar: {visible(names)} ({visible(reason)}).", fg="yellow")
    for name in asked:
        if name not in diff.counts and name not in diff.unknown:
            output.echo(f"Ninguno de los dos tiene la colección {visible(name)}.", fg="yellow")
