"""The words of a running operation."""

from __future__ import annotations

from facot_backups.events import CollectionDone
from facot_backups.figures import number
from facot_backups.text import visible

PHASES = {
    "connecting": "Conectando",
    "reading": "Leyendo",
    "checking": "Comprobando con el servidor",
    "counting": "Contando",
    "publishing": "Publicando",
    "verifying": "Verificando",
    "planning": "Haciendo el plan",
    "keeping": "Guardando lo que hay",
    "writing": "Escribiendo",
    "reading-back": "Comprobando lo escrito",
    "comparing": "Comparando",
    "searching": "Buscando",
    "auditing": "Revisando",
    "deleting": "Borrando",
    "copying": "Copiando",
    "telling": "Avisando",
}


WAITING = "Firestore no responde: se reintenta…"


def done_text(event: CollectionDone) -> str:
    """`invoices: 300 documentos (y 912 dentro de ellos)`."""
    word = "documento" if event.documents == 1 else "documentos"
    nested = f" (y {number(event.nested)} dentro de ellos)" if event.nested else ""
    return f"{visible(event.collection)}: {number(event.documents)} {word}{nested}"
