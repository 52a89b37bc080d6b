"""What the audit view says. No Qt."""

from __future__ import annotations

from collections.abc import Mapping

from facot_backups.ui.desktop.audit.task import Audited
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.words import Said

SEVERITIES: Mapping[str, tuple[str, str]] = {
    "error": ("Error", "Errores"),
    "warning": ("Aviso", "Avisos"),
    "note": ("Nota", "Notas"),
}
INTRO = (
    "Lo que un contador miraría: NCF repetidos o mal escritos, contadores atrasados, RNC dudosos, totales "
    "que no cuadran. No cambia nada."
)
NOTHING = Said(
    "info",
    "No hay ningún backup que revisar",
    "La auditoría revisa lo que hay guardado en un backup. Cree uno, y se revisará en cuanto esté.",
)
MEANINGS: Mapping[str, str] = {
    "error": "Está mal para la DGII, o se puede perder un número. Corríjalo en FACOT.",
    "warning": "Conviene mirarlo.",
    "note": "Solo para que lo sepa.",
}


def verdict(audited: Audited) -> tuple[str, str]:
    """A headline and what it means."""
    backup = f"backup del {words.backup_name(audited.backup)}"
    incomplete = "" if audited.complete else " (incompleto)"
    looked = f"{words.holding(audited.documents, audited.nested)} del {backup}{incomplete}."
    errors, warnings = audited.count("error"), audited.count("warning")
    if not audited.documents:
        return "No hay nada que revisar", f"El {backup} no guarda ningún documento."
    if errors:
        return words.counted(errors, "error", "errores"), f"{looked} Empiece por los errores."
    if warnings:
        return "Sin errores", f"{looked} Hay {words.counted(warnings, 'aviso')} que conviene mirar."
    if any(row.finding.kind == "unchecked" for row in audited.rows):
        return "Sin errores en lo que hay", f"{looked} No todo se pudo comprobar: lo dicen las notas."
    return "Todo cuadra", looked


def shown(count: int, of: int) -> str:
    """`12 de 340 hallazgos`."""
    if count == of:
        return words.counted(of, "hallazgo")
    return f"{words.number(count)} de {words.counted(of, 'hallazgo')}"


def exported(count: int, path: str) -> str:
    """What was written, and how to open it."""
    return f"{words.counted(count, 'hallazgo')} en {path}\nSe abre en Excel con un doble clic."
