"""What the window of a backup says: its facts, its collections, and what a check found. No Qt."""

from __future__ import annotations

from facot_backups.text import one_line
from facot_backups.ui.desktop.backups.detail_task import Check, Checked, CollectionRow, Detail
from facot_backups.ui.desktop.snapshot import BackupRow
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.words import Said, of


def title(found: Detail) -> str:
    """The day of the backup: `Viernes 20 de noviembre de 2026`."""
    day = words.full_day(found.row.date)
    return day[:1].upper() + day[1:]


def summary(found: Detail) -> str:
    """Kind, hour, trigger, how much: `Completo · 02:00 · Automático · 425 documentos · 176.3 KB`."""
    row = found.row
    parts = [words.state(row.kind, row.documents, row.part, row.verified)]
    if row.moment is not None:
        parts.append(f"{row.moment:%H:%M}")
    if row.trigger:
        parts.append(words.TRIGGERS.get(row.trigger, row.trigger))
    if row.documents is not None:
        parts.append(words.holding(row.documents, row.nested))
    if row.size_bytes is not None:
        parts.append(words.size(row.size_bytes))
    return " · ".join(parts)


def facts(found: Detail) -> tuple[tuple[str, str], ...]:
    """What there is to know beside the collections, as pairs of a name and a text."""
    pairs = [
        ("Verificado", _checked(found.verified, found, "todavía no", "entero", "dañado")),
        ("Simulacro de restauración", _checked(found.drilled, found, "todavía no", "superado", "falló")),
    ]
    if found.server_count is not None:
        counted = words.holding(found.server_count, found.row.nested)
        pairs.append(("Recuento del servidor", f"{counted}, coincide"))
    elif found.server_count_reason:
        pairs.append(("Recuento del servidor", f"no lo hubo: {found.server_count_reason}"))
    if found.spot_check:
        pairs.append(("Releídos y comparados", words.counted(found.spot_check, "documento")))
    if found.source:
        pairs.append(("Base de datos", words.plainly(one_line(found.source))))
    if found.seconds is not None and found.reads is not None:
        took = f"{words.duration(found.seconds)}, {words.counted(found.reads, 'lectura')} de Firestore"
        pairs.append(("Tardó", took))
    pairs.append(("Carpeta", str(found.row.path)))
    return tuple(pairs)


def _checked(check: Check | None, found: Detail, never: str, good: str, bad: str) -> str:
    if check is None:
        return never
    said = f"{good}, {words.when(check.moment, found.now)}" if check.good else bad
    return said if check.good or not check.error else f"{said}: {words.plainly(one_line(check.error))}"


def trouble(found: Detail) -> Said | None:
    """What is wrong with the backup, or must be known of it; None if nothing."""
    row = found.row
    match row.kind:
        case "damaged" | "unreadable":
            return _unproven(row)
        case "newer":
            text = "Actualice el programa para verlo. Los archivos están bien guardados."
            return Said("info", "Lo hizo una versión más nueva del programa", text)
        case "facot2":
            text = "No tiene sumas de verificación ni tipos: se puede ver, comparar y restaurar, con cautela."
            return Said("info", "Formato antiguo, de FACOT 2.0", text)
        case "pre-restore":
            text = (
                "Guarda lo que había antes de una restauración, nada más: «Restaurar…» la deshace. No es un "
                "backup entero."
            )
            return Said("info", "Para deshacer una restauración", text)
        case "incomplete":
            errors = "\n".join(words.sentence(collection_words.error_said(error)) for error in found.errors)
            return Said("warning", "Este backup está incompleto", f"{errors}\nNo cuenta como el del día.")
        case _:
            empty = row.kind == "complete" and row.documents == 0
            return Said("warning", "Este backup está vacío", EMPTY_TEXT) if empty else None


def _unproven(row: BackupRow) -> Said:
    text = words.sentence(row.problem or "No se puede comprobar lo que contiene")
    if row.kind == "unreadable":
        return Said("warning", "Este backup no se puede leer ahora", f"{text}\n{_NOT_DAMAGED}")
    return Said("critical", "Este backup está dañado", f"{text}\nUse otro; los demás no dependen de él.")


def since(row: CollectionRow) -> str:
    """What changed in a collection since the backup before."""
    match row.since:
        case "same":
            return "sin cambios"
        case "new":
            return f"nueva, {_signed(row.change)}"
        case "gone":
            return "ya no está" if row.change is None else f"ya no está, {_signed(row.change)}"
        case "changed":
            return "cambió el contenido" if not row.change else _signed(row.change)
        case "unread":
            return "no se pudo leer"
        case _:
            return words.UNKNOWN


def since_tip(row: CollectionRow) -> str:
    """The same with the reason, or in a whole sentence."""
    if row.since == "unread":
        return words.sentence(one_line(row.reason or "No se leyó"))
    if row.since == "changed" and not row.change:
        return "El mismo número de documentos, con otro contenido."
    if row.since == "alone":
        return "No hay un backup anterior con que compararla."
    return since(row)


def _signed(change: int | None) -> str:
    if change is None:
        return words.UNKNOWN
    many = words.counted(abs(change), "documento")
    return f"+{many}" if change >= 0 else f"−{many}"


def compared_with(found: Detail) -> str:
    """With which backup the changes are counted."""
    if found.previous is None:
        return "No hay un backup completo anterior con que comparar."
    return f"Cambios desde el backup {of(words.day_said(found.previous.date, found.now.date()))}."


def said(checked: Checked) -> Said:
    """What a check or a drill found, in words."""
    amount = f"{words.holding(checked.documents, checked.nested)}, {words.size(checked.size_bytes)}"
    took = words.duration(checked.seconds)
    notes = [words.sentence(one_line(note)) for note in checked.notes]
    if checked.problems:
        name = "El simulacro falló" if checked.drill else "Este backup está dañado"
        remedy = "Haga otro backup; los demás no dependen de este."
        return Said("critical", name, "\n".join((*_first_of(checked.problems), remedy)))
    if checked.unread:
        return Said(
            "warning", "No se pudo leer entero", "\n".join((*_first_of(checked.unread), _NOT_DAMAGED))
        )
    if checked.drill:
        text = f"Se restauró entero en memoria y se comparó: {amount}, en {took}. Todo volvió igual."
        return Said("ok", "Simulacro superado", "\n".join((text, *notes)))
    if not checked.proven:
        text = f"Se puede leer todo: {amount}. No tiene sumas que prueben que está entero."
        return Said("info", "Se puede leer", "\n".join((text, *notes)))
    text = f"Cada byte es el que se guardó: {amount}, en {took}."
    return Said("ok", "El backup está entero", "\n".join((text, *notes)))


def _first_of(problems: tuple[str, ...]) -> list[str]:
    shown = [words.plainly(words.sentence(one_line(problem))) for problem in problems[:_SHOWN]]
    more = len(problems) - _SHOWN
    return [*shown, f"Y {words.counted(more, 'problema')} más."] if more > 0 else shown


EMPTY_TEXT = (
    "No hay ningún documento en él: no serviría para recuperar nada. Compruebe en «Configurar Firebase» que "
    "el proyecto es el suyo, y en «Ajustes» qué colecciones se guardan."
)
_NOT_DAMAGED = "No quiere decir que esté dañado. Revise el disco y los permisos, y repita."
_SHOWN = 5
