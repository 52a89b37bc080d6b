"""What a comparison says, in words. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from facot_backups.operations.search.key import fold, query_words
from facot_backups.text import one_line
from facot_backups.ui.desktop.comparison.task import ChangedDocument, Comparison, Kind, Side
from facot_backups.ui.desktop.snapshot import BackupRow
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.toolkit import words

KINDS: Mapping[Kind, str] = {"added": "Añadido", "removed": "Borrado", "changed": "Cambiado"}
LIVE = "Los datos de ahora, en Firestore"


def entry(row: BackupRow, now: datetime) -> str:
    """A backup in a list to choose from: `Ayer a las 02:00`."""
    said = words.when(row.moment, now) if row.moment is not None else words.day_said(row.date, now.date())
    state = words.state(row.kind, row.documents, row.part)
    kind = "" if state == words.KINDS["complete"] else f" ({state.lower()})"
    return f"{said[:1].upper()}{said[1:]}{kind}"


def price(documents: int | None) -> str:
    """What it costs to compare with Firestore."""
    if documents is None:
        return "Se leen todos los documentos de Firestore, una lectura por cada uno."
    return f"Se leen todos los documentos de Firestore: unas {words.number(documents)} lecturas."


def sides(found: Comparison) -> str:
    """`Antes: ayer a las 02:00. Después: hoy a las 02:00.`"""
    return f"Antes: {_side(found.before, found.now)}. Después: {_side(found.after, found.now)}."


def _side(side: Side, now: datetime) -> str:
    if side.name is None:
        return "los datos de ahora"
    return words.when(side.moment, now) if side.moment is not None else words.day_said(side.date, now.date())


def conclusion(found: Comparison) -> str:
    """How much differs, in a sentence."""
    total = found.total
    if not (total.added or total.removed or total.changed):
        return f"No hay diferencias en {words.counted(total.equal, 'documento')}."
    parts = [
        f"{words.counted(amount, 'documento')} {one if amount == 1 else f'{one}s'}"
        for amount, one in ((total.added, "añadido"), (total.removed, "borrado"), (total.changed, "cambiado"))
        if amount
    ]
    return f"{', '.join(parts)}; {words.number(total.equal)} sin cambios."


def warnings(found: Comparison) -> str:
    """What a person must know of the comparison, a line each; "" if nothing."""
    lines = []
    if found.sources is not None:
        one, other = (one_line(source) for source in found.sources)
        lines.append(f"Son dos bases de datos distintas: {one} y {other}.")
    if found.total.unknown:
        many = words.counted(found.total.unknown, "documento")
        lines.append(f"De {many} no se sabe: solo están en un lado, y el otro no los leyó.")
    for name, reason in found.unknown:
        lines.append(f"Sin comparar: {one_line(name)} ({one_line(reason)}).")
    if found.more:
        lines.append(
            f"Se muestran los primeros; hay {words.counted(found.more, 'documento')} más que difieren."
        )
    return "\n".join(lines)


def title(changed: ChangedDocument) -> str:
    """How the document is called."""
    return document_words.title(changed.path, changed.shown)


def about(changed: ChangedDocument) -> str:
    """What happened to it: `Cambió, 2 campos · invoices / 123`."""
    happened = {
        "added": "Se añadió",
        "removed": "Se borró",
        "changed": f"Cambió, {words.counted(changed.fields, 'valor', 'valores')}",
    }[changed.kind]
    return f"{happened}  ·  {document_words.path_text(changed.path)}"


def filtered(
    changes: Iterable[ChangedDocument], kind: Kind | None, collection: str | None, typed: str
) -> list[ChangedDocument]:
    """The documents of a kind and a root collection (None: any) that hold all words of `typed`."""
    wanted = query_words(typed)
    return [
        one
        for one in changes
        if kind in (None, one.kind) and collection in (None, one.path[0]) and _holds(one, wanted)
    ]


def _holds(changed: ChangedDocument, wanted: tuple[str, ...]) -> bool:
    shown = changed.shown
    text = fold(" ".join((*changed.path, shown.number, shown.name, shown.rnc, shown.rnc.replace("-", ""))))
    return all(word in text for word in wanted)
