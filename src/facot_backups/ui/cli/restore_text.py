"""The plan and the report of a restore, as lines for a person and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from facot_backups import figures
from facot_backups.errors import RestoreInterrupted
from facot_backups.operations.comparison.changes import Change
from facot_backups.operations.restore.plan import Counts
from facot_backups.operations.search.nouns import NOUNS, Place, told
from facot_backups.text import hanging, visible
from facot_backups.ui.cli import output
from facot_backups.ui.cli.document_text import change_lines, fields_json, path_text

if TYPE_CHECKING:
    from facot_backups.model import Action, Write
    from facot_backups.operations.comparison.changes import Kind
    from facot_backups.operations.restore.plan import Plan
    from facot_backups.operations.restore.report import RestoreReport

# Documents named one by one; the rest is in the JSON and in the journal.
_SHOWN = 50
_KINDS: dict[Action, Kind] = {"create": "added", "change": "changed", "delete": "removed"}
_HEADS = ("crear", "cambiar", "iguales", "borrar", "se dejan")
# Columns of the plan's table: all of it fits an ordinary terminal.
_NAME, _NUMBER = 26, 10
_MODES = {
    "overwrite": "Se pone lo que tiene el backup; lo demás se deja.",
    "missing": "Solo se pone lo que ahora no existe.",
    "mirror": "Todo queda como en el backup; lo demás se borra.",
    "undo": "Lo que otros cambiaron después se deja.",
}


def plan_lines(plan: Plan, *, documents: bool, fields: bool) -> Iterator[str]:
    """The plan: what becomes of each collection, what it costs; with `documents` each write."""
    facts = plan.facts
    what = f"Deshacer la restauración {facts.undoes}" if facts.undoes else f"Restaurar {facts.backup}"
    yield f"{what} en {facts.target}"
    yield _MODES[facts.mode]
    for verb, action in (("Crear", "create"), ("Cambiar", "change"), ("Borrar", "delete")):
        if said := told({place: getattr(counts, action) for place, counts in sorted(plan.places.items())}):
            yield from output.hanging_lines(f"{verb}: {visible(said)}", output.terminal_width(), "  ")
    yield from _table(plan)
    writes, reads, later = map(figures.number, (plan.writes, plan.reads, plan.read_back))
    yield f"Escrituras: {writes}. Lecturas: {reads} del plan y unas {later} al comprobar."
    for note in plan.notes:
        yield f"  • {visible(note)}"
    for conflict in plan.conflicts[:_SHOWN]:
        yield f"  ! {path_text(conflict.path)}: {conflict.reason}"
    if documents:
        yield from _writes(plan, fields=fields)


def _table(plan: Plan) -> Iterator[str]:
    """A row for the documents of each collection, and below it for what is in them."""
    yield f"  {'':<{_NAME}}" + "".join(f"{head:>{_NUMBER}}" for head in _HEADS)
    for place, counts in sorted(plan.places.items()):
        inside = len(place) > 1 and place[:1] in plan.places
        name = f"  {'/'.join(place[1:])}{_noun(place)}" if inside else "/".join(place)
        yield f"  {visible(name):<{_NAME}}" + _row(counts)
    if len(plan.counts) > 1:
        outer = [counts for place, counts in plan.places.items() if len(place) == 1]
        inner = [counts for place, counts in plan.places.items() if len(place) > 1]
        yield f"  {'en total':<{_NAME}}" + _row(Counts.sum(outer))
        if inner:
            yield f"  {'  dentro de ellos':<{_NAME}}" + _row(Counts.sum(inner))


def _noun(place: Place) -> str:
    return f" ({NOUNS[place][1]})" if place in NOUNS else ""


def _row(counts: Counts) -> str:
    numbers = (counts.create, counts.change, counts.equal, counts.delete, counts.skip)
    return "".join(f"{figures.number(number):>{_NUMBER}}" for number in numbers)


def _writes(plan: Plan, *, fields: bool) -> Iterator[str]:
    width = output.terminal_width()
    for write in plan.in_name_order():
        change = Change(_KINDS[write.action], write.path, write.before, plan.target_of(write))
        yield from change_lines(change, width, fields=fields)


def print_plan_json(plan: Plan, *, fields: bool) -> None:
    """The report of `restore --dry-run --json` (docs/cli.md), written as it is read."""
    from facot_backups.operations.restore.report import conflicts_json, counts_json

    facts = plan.facts
    head = {
        "success": True,
        "exit_code": 0,
        "dry_run": True,
        "backup": facts.backup,
        "target": str(facts.target),
        "mode": facts.mode,
        "undoes": facts.undoes,
        "plan": counts_json(plan.counts),
        "writes": plan.writes,
        "reads": plan.reads,
        "read_back": plan.read_back,
        "notes": plan.notes,
        "questions": [question.text for question in plan.questions],
        "conflicts": conflicts_json(plan.conflicts),
        "conflict_count": plan.conflict_count,
    }
    output.echo_lines(output.to_text(head).rstrip()[:-1].rstrip() + ',\n  "documents": [', nl=False)
    for number, write in enumerate(plan.in_name_order()):
        text = output.to_text(_write_json(plan, write, fields=fields), None)
        output.echo_lines(("," if number else "") + "\n    " + text, nl=False)
    output.echo_lines("\n  ]\n}")


def _write_json(plan: Plan, write: Write, *, fields: bool) -> dict[str, Any]:
    value: dict[str, Any] = {"path": "/".join(write.path), "action": write.action}
    if fields:
        value["fields"] = fields_json(plan.field_changes(write))
    return value


def report_lines(report: RestoreReport, undo: str | None, go_on: str | None, *, quiet: bool) -> Iterator[str]:
    """What was done, what was not, and the commands that go on or take it back."""
    if not quiet or report.exit_code:
        yield _headline(report)
    for error in report.failures:
        if not isinstance(error, RestoreInterrupted):  # the headline says it
            yield from (output.style(line, fg="red") for line in hanging(str(error)).split("\n"))
    for conflict in report.conflicts[:_SHOWN]:
        yield f"  ! {path_text(conflict.path)}: {conflict.reason}"
    yield from _more(report.conflict_count)
    for trouble in report.troubles[:_SHOWN]:
        yield f"  ✗ {path_text(trouble.path)}: {visible(trouble.why)}"
    yield from _more(report.trouble_count)
    for path in report.edited[:_SHOWN]:
        yield f"  • {path_text(path)}: alguien lo cambió mientras tanto; no era de esta restauración"
    yield from _more(report.edited_count)
    if quiet:
        return
    for note in report.notes:
        yield f"  • {visible(note)}"
    for text in report.answered:
        yield f"  Respondido con --yes: {visible(text)}"
    if go_on is not None:
        yield f"Para terminarla:  {go_on}"
    if undo is not None:
        yield f"Para deshacerla:  {undo}"


def _headline(report: RestoreReport) -> str:
    done = f"{_done(report)} en {report.target}"
    if report.exit_code == 0:
        if not report.written:
            return output.style("No había nada que escribir", fg="green", bold=True) + f" en {report.target}"
        return output.style("Restaurado y comprobado", fg="green", bold=True) + f": {done}"
    if report.conflict_count and not report.trouble_count and report.failure is None:
        found = figures.number(report.conflict_count)
        return output.style(f"Restaurado, menos {found} en conflicto", fg="yellow", bold=True) + f": {done}"
    if report.left:
        done += f"; {figures.number(report.left)} sin escribir o sin confirmar"
    word = "interrumpida" if isinstance(report.failure, RestoreInterrupted) else "a medias"
    return output.style(f"Restauración {word}", fg="red", bold=True) + f": {done}"


def _done(report: RestoreReport) -> str:
    """`3 creados, 1 cambiado`."""
    counts = (("creado", report.created), ("cambiado", report.changed), ("borrado", report.deleted))
    parts = [f"{figures.number(count)} {word}{'s' * (count != 1)}" for word, count in counts if count]
    return ", ".join(parts) or "nada escrito"


def _more(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"    y {figures.number(count - _SHOWN)} más (véalos con --json)"
