"""What is said of documents that are missing, and of accepting it. No Qt."""

from __future__ import annotations

from facot_backups.text import one_line
from facot_backups.ui.desktop.backups.losses_task import Left, Loss, Misnamed
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.toolkit import words

# Collections that a sentence names.
_SHOWN = 4
TITLE = "Faltan documentos"
NOTHING = "Ya no falta nada"
BUTTON = "&Revisar lo que falta…"
TEXT = (
    "El último backup tiene muchos menos documentos que otro anterior. Si se perdieron, recupérelos de ese "
    "backup. Si los borró usted a propósito, dígalo, y se dejará de avisar. Mientras tanto no se borra "
    "ningún backup: los que guardan lo que falta siguen ahí."
)
NOTHING_TEXT = "El último backup tiene lo que tenían los anteriores, o ya se aceptó lo que le falta."
LEFT_TITLE = "No se guarda todo"
LEFT_TEXT = (
    "Los ajustes no guardan lo que parece que deberían. Si es un error, corríjalo en «Ajustes». Si es a "
    "propósito, dígalo, y se dejará de avisar."
)
LEFT_ASK = (
    "Se deja de avisar de esas colecciones. No se borra nada, y los backups que las guardan siguen ahí.\n\n"
    "La decisión queda anotada en la carpeta de los backups."
)
ASK_TITLE = "¿Es a propósito que falten?"
YES, NO = "Sí, es a propósito", "No, dejarlo como está"
ACCEPTED = "Aceptado"


def heading(found: tuple[Loss, ...], left: Left) -> tuple[str, str]:
    """The title and the text of what there is to look at."""
    if found:
        return TITLE, TEXT
    return (LEFT_TITLE, LEFT_TEXT) if left else (NOTHING, NOTHING_TEXT)


def title(found: Loss) -> str:
    """`Facturas`; of documents within others `Líneas de facturas`, or that they are."""
    if found.kind == "root":
        return collection_words.short(found.collection)
    return collection_words.inner_title(found.collection)


def said(found: Loss) -> str:
    """`Facturas: había 240 en el backup del 20/11/2026, y quedan 12.`"""
    left = "quedan" if found.count > 1 else "queda"
    now = f"{left} {words.number(found.count)}" if found.count else "no queda nada"
    had = words.number(found.largest)
    return f"{title(found)}: había {had} en el backup del {words.backup_name(found.largest_in)}, y {now}."


def left(found: Left) -> str:
    """What is misnamed or left out, a line for each."""
    dropped = [
        f"• {collection_words.short(one.name)}: está en el backup del {words.backup_name(one.backup)}, y ya "
        "no se guarda."
        for one in found.left_out
    ]
    return "\n".join([*(f"• {misnamed(one)}" for one in found.unknown), *dropped])


def misnamed(one: Misnamed) -> str:
    """`No existe la colección «invoice», que se quiere guardar. ¿Quería decir «invoices»?`"""
    asked = "dejar fuera" if one.excluded else "guardar"
    said = f"No existe la colección «{one_line(one.name)}», que se quiere {asked}."
    if one.likely is not None:
        return f"{said} ¿Quería decir «{one_line(one.likely)}»?"
    there = ", ".join(map(one_line, one.existing[:_SHOWN]))
    return f"{said} Las que hay: {there}{'…' if len(one.existing) > _SHOWN else '.'}" if there else said


def left_out(found: Left) -> str:
    """`Ya no se guardan: Facturas, Productos. Están en otros backups.`"""
    shown = ", ".join(collection_words.short(one.name) for one in found.left_out[:_SHOWN])
    more = len(found.left_out) - _SHOWN
    one = len(found.left_out) == 1
    rest = f" y {words.number(more)} más" if more > 0 else ""
    verb, where = ("guarda", "Está") if one else ("guardan", "Están")
    return f"Ya no se {verb}: {shown}{rest}. {where} en otros backups."


def lost(found: Loss) -> str:
    """`228 (95 %)`."""
    return f"{words.number(found.lost)} ({found.lost * 100 // found.largest} %)"


def ask_text(days: int) -> str:
    """What accepting means, where retention keeps backups for `days` days."""
    return (
        "Desde ahora el último backup es la medida: se deja de avisar de lo que le falta.\n\n"
        "Ahora no se borra nada. Con el próximo backup diario la limpieza vuelve a funcionar, y borra los "
        f"backups de más de {words.counted(days, 'día')}, también los que guardan lo que falta; los más "
        "recientes se quedan siempre.\n\n"
        "La decisión queda anotada en la carpeta de los backups, y no se puede deshacer."
    )


def accepted(texts: tuple[str, ...]) -> str:
    """What was accepted."""
    if not texts:
        return "Ya no había nada que aceptar."
    return "\n".join((*map(words.sentence, texts), "No se volverá a avisar de ello."))
