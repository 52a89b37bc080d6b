"""What people call the documents of a collection, and so many of them: `1 factura con 2 líneas`. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from facot_backups.figures import counted, listed, number
from facot_backups.text import one_line

# The names of the collections on the way to a document: `("invoices", "items")` are the lines of invoices.
Place = tuple[str, ...]

# What one document of a place of FACOT's is called, and several.
NOUNS: Mapping[Place, tuple[str, str]] = {
    ("companies",): ("empresa", "empresas"),
    ("invoices",): ("factura", "facturas"),
    ("invoices", "items"): ("línea", "líneas"),
    ("quotations",): ("cotización", "cotizaciones"),
    ("quotations", "items"): ("línea", "líneas"),
    ("clients",): ("cliente", "clientes"),
    ("items",): ("producto", "productos"),
    ("third_parties",): ("cliente o proveedor", "clientes y proveedores"),
    ("ncf_sequence_configs",): ("configuración de NCF", "configuraciones de NCF"),
    ("sequences",): ("contador de NCF", "contadores de NCF"),
    ("categories",): ("categoría", "categorías"),
}
# So many collections are named one by one.
_FEW = 3


def nouns(place: Place) -> tuple[str, str]:
    """`factura`, `facturas`: what the documents of `place` are called."""
    known = NOUNS.get(place)
    if known is not None:
        return known
    of = "de dentro" if len(place) > 1 else f"de «{one_line(place[0])}»"
    return f"documento {of}", f"documentos {of}"


def told(counts: Mapping[Place, int]) -> str:
    """`1 factura con 2 líneas y 3 clientes`: documents by place, as a person counts them; "" for none."""
    found = {place: count for place, count in counts.items() if count}
    roots = list(dict.fromkeys(place[0] for place in found))
    if len(roots) <= _FEW:
        return listed([_of_root(root, found) for root in roots])
    inside = {place: count for place, count in found.items() if len(place) > 1}
    outer = counted(sum(found.values()) - sum(inside.values()), "documento")
    lines = all(nouns(place)[0] == "línea" for place in inside)
    count = sum(inside.values())
    within = counted(count, "línea") if lines else f"{number(count)} de dentro"
    return f"{outer} con {within}" if inside else outer


def _of_root(root: str, counts: Mapping[Place, int]) -> str:
    inside = [
        counted(count, *nouns(place))
        for place, count in counts.items()
        if place[0] == root and len(place) > 1
    ]
    one, many = nouns((root,))
    if own := counts.get((root,)):
        text = counted(own, one, many)
        return f"{text} con {listed(inside)}" if inside else text
    return f"{listed(inside)} de {many}"
