"""How collections are called. No Qt."""

from __future__ import annotations

from collections.abc import Mapping

from facot_backups.faces.desktop import words

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


def title(name: str) -> str:
    """`Facturas (invoices)`; the bare name of a collection that FACOT does not name."""
    shown = words.one_line(name)
    return f"{COLLECTIONS[name]} ({shown})" if name in COLLECTIONS else shown
