"""How collections are called. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facot_backups.model import DocumentPath
from facot_backups.operations.search.nouns import NOUNS, nouns
from facot_backups.text import one_line
from facot_backups.ui.desktop.texts.document import LINES
from facot_backups.ui.desktop.toolkit import words

# FACOT's collections as its users call what they hold.
COLLECTIONS: Mapping[str, str] = {
    "companies": "Empresas",
    "invoices": "Facturas",
    "quotations": "Cotizaciones",
    "clients": "Clientes",
    "items": "Productos",
    "third_parties": "Clientes y proveedores",
    "ncf_sequence_configs": "Configuración de NCF",
    "sequences": "Contadores de NCF",
    "categories": "Categorías",
}


# What is in a document, as a shopkeeper calls it.
_NESTED: Mapping[str, str] = {LINES: "Líneas"}
# Where a person most likely looks for something.
_SOUGHT = ("invoices", "quotations", "third_parties", "clients", "items", "companies")


def sought(names: Sequence[str]) -> str | None:
    """The one of these collections that a person most likely wants to see; None for none of FACOT's."""
    return next((name for name in _SOUGHT if name in names), None)


# What any document is called, and several.
_ANY = ("documento", "documentos")


def counted(name: str, documents: int) -> str:
    """`312 facturas`; `5 documentos` of a root collection that FACOT does not name."""
    return words.counted(documents, *NOUNS.get((name,), _ANY))


def counted_inside(name: str, documents: int) -> str:
    """How much is in the documents of a root collection: `840 líneas`, `12 documentos de dentro`."""
    return words.counted(documents, *nouns((name, LINES)))


def found(collection: str | None, outer: int, inner: int) -> str:
    """`119 facturas`, `3 facturas y 12 líneas`, `12 líneas`: what was found in a root collection, or in all.

    `outer` documents of it, and `inner` that are within some.
    """
    one, many = nouns((collection,)) if collection is not None else _ANY
    lines = words.counted(inner, "línea")
    if inner and not outer:
        return lines
    said = words.counted(outer, one, many)
    return f"{said} y {lines}" if inner else said


def place_title(place: tuple[str, ...]) -> str:
    """`Facturas`, `Facturas: líneas`; the bare names of collections that FACOT does not name."""
    if len(place) == 1:
        return short(place[0])
    inside = nouns(place)[1] if place in NOUNS else " / ".join(map(one_line, place[1:]))
    return f"{short(place[0])}: {inside}"


def documents_said(paths: Sequence[str], count: int) -> str:
    """`Factura 1765591960043`, `9 facturas`, `9 documentos`: `count` of which `paths` are the first."""
    split = [tuple(path.split("/")) for path in paths]
    if not split:
        return ""
    one, many = nouns(split[0][::2]) if len({path[::2] for path in split}) == 1 else _ANY
    if len(split) == 1:
        return f"{one[:1].upper()}{one[1:]} {one_line(split[0][-1])}"
    return words.counted(count, one, many)


def inner_title(name: str) -> str:
    """`Líneas de facturas`, `Dentro de registro`: what is within the documents of a root collection."""
    known = NOUNS.get((name, "items"))
    return f"{known[1].capitalize()} de {nouns((name,))[1]}" if known else f"Dentro de {short(name)}"


def error_said(error: str) -> str:
    """An error of a backup, `Cotizaciones: Firestore no respondió`, by its collection's name for people."""
    name, colon, rest = one_line(error).partition(": ")
    return f"{short(name)}{colon}{rest}"


def short(name: str) -> str:
    """`Facturas`; the bare name of a collection that FACOT does not name."""
    return COLLECTIONS.get(name) or one_line(name)


def path_title(path: DocumentPath) -> str:
    """In which collection a document is: `Facturas`, `Facturas / Líneas`."""
    below = (_NESTED.get(name) or one_line(name) for name in path[2::2])
    return " / ".join((short(path[0]), *below))


def title(name: str) -> str:
    """`Facturas (invoices)`; the bare name of a collection that FACOT does not name."""
    shown = one_line(name)
    return f"{COLLECTIONS[name]} ({shown})" if name in COLLECTIONS else shown
