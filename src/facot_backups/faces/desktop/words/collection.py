"""How collections are called. No Qt."""

from __future__ import annotations

from collections.abc import Mapping

from facot_backups.faces.desktop import words
from facot_backups.model import DocumentPath

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


def short(name: str) -> str:
    """`Facturas`; the bare name of a collection that FACOT does not name."""
    return COLLECTIONS.get(name) or words.one_line(name)


def path_title(path: DocumentPath) -> str:
    """In which collection a document is: `Facturas`, `Facturas / items`."""
    return " / ".join((short(path[0]), *map(words.one_line, path[2::2])))


def title(name: str) -> str:
    """`Facturas (invoices)`; the bare name of a collection that FACOT does not name."""
    shown = words.one_line(name)
    return f"{COLLECTIONS[name]} ({shown})" if name in COLLECTIONS else shown
