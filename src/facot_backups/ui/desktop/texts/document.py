"""A document of Firestore as a person reads it: its fields in words, its values with their types. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from facot_backups.model import Document, DocumentPath, Json, TypeTree
from facot_backups.operations.comparison.changes import TYPE_WORDS
from facot_backups.operations.search.summary import (
    NOTHING,
    Summary,
    called,
    currency_of,
    is_day,
    moment_text,
    money,
    spelled_day,
    summary,
    title,
)
from facot_backups.text import one_line
from facot_backups.ui.desktop.toolkit import words

# What names a document is the product's; views see it here.
__all__ = [
    "NOTHING",
    "Node",
    "Summary",
    "as_text",
    "called",
    "currency_of",
    "field_nodes",
    "field_rank",
    "field_word",
    "kind_of",
    "line",
    "line_word",
    "path_text",
    "summary",
    "title",
    "value_text",
]

# Where an invoice has its lines: a field, and a collection in it.
LINES = "items"

# FACOT's fields as a shopkeeper calls them, the most telling first; others keep their own name.
_FIELDS: Mapping[str, str] = {
    "ncf": "NCF",
    "invoice_number": "Número",
    "last_assigned": "Último asignado",
    "next_sequence": "Próximo número",
    "current": "Último número usado",
    "prefix": "Prefijo",
    "code": "Código",
    "item_code": "Código",
    "name": "Nombre",
    "third_party_name": "Cliente o proveedor",
    "client_name": "Cliente",
    "rnc": "RNC",
    "client_rnc": "RNC del cliente",
    "invoice_date": "Fecha",
    "quotation_date": "Fecha",
    "invoice_type": "Clase",
    "invoice_category": "Categoría",
    "category": "Categoría",
    "category_id": "Categoría",
    "action": "Acción",
    "description": "Descripción",
    "quantity": "Cantidad",
    "unit": "Unidad",
    "cost": "Costo",
    "price": "Precio",
    "unit_price": "Precio unitario",
    "line_total": "Total de la línea",
    "subtotal": "Subtotal",
    "itbis": "ITBIS",
    "apply_itbis": "Aplica ITBIS",
    "total_amount": "Total",
    "total_amount_rd": "Total en RD$",
    "currency": "Moneda",
    "exchange_rate": "Tasa de cambio",
    "items": "Líneas",
    "company_id": "Empresa",
    "address": "Dirección",
    "phone": "Teléfono",
    "email": "Correo",
    "notes": "Notas",
    "effective_from": "Vigente desde",
    "created_at": "Creado",
    "updated_at": "Modificado",
    "updated_by": "Modificado por",
    "attachment_path": "Adjunto",
}
_ORDER = {name: number for number, name in enumerate(_FIELDS)}
_MONEY = frozenset(
    {
        "amount",
        "cost",
        "itbis",
        "line_total",
        "price",
        "subtotal",
        "total",
        "total_amount",
        "total_amount_rd",
        "unit_price",
    }
)
# What FACOT writes into some fields, as its screens say it.
_CATEGORIES: Mapping[str, str] = {
    "CREDITO FISCAL": "Crédito Fiscal",
    "E-CREDITO FISCAL": "Crédito Fiscal Electrónica",
    "CONSUMIDOR FINAL": "Consumidor Final",
    "GUBERNAMENTAL": "Gubernamental",
    "NOTA DE CREDITO": "Nota de Crédito",
}
_VALUES: Mapping[str, Mapping[str, str]] = {
    "invoice_type": {"emitida": "Emitida", "gasto": "Gasto"},
    "invoice_category": _CATEGORIES,
}
_TEXT = 400


@dataclass(frozen=True, slots=True)
class Node:
    """A line of a tree: a field, an element, a subcollection or a document, with what is in it.

    `kind`: its type in words. `tip`: the whole value, exact, where `value` is cut or put otherwise.
    `name`: a field's own. `path`: of a document, or of the one that a reference points to.
    """

    label: str
    value: str
    kind: str
    children: tuple[Node, ...] = ()
    tip: str = ""
    name: str = ""
    path: DocumentPath | None = None


def field_word(name: str) -> str:
    """`Total`, of `total_amount`; a name that is not FACOT's as it is."""
    return _FIELDS.get(name) or one_line(name)


def field_rank(name: str) -> tuple[int, str]:
    """The place of a field among others: the most telling first, those that are not FACOT's by their name."""
    return _ORDER.get(name, len(_ORDER)), name


def line(shown: Summary) -> str:
    """What is told of a document on the line of the one it is in: `Guante · RD$ 90.50`."""
    return " · ".join(filter(None, (shown.number, shown.name, shown.amount)))


def line_word(name: str, number: int) -> str:
    """How the element `number`, from 0, of `name` is called: `Línea 1`; of what has no lines `1.º`."""
    return f"Línea {number + 1}" if name == LINES else f"{number + 1}.º"


def path_text(path: DocumentPath) -> str:
    """`invoices / 123 / items / 0`."""
    return " / ".join(one_line(part) for part in path)


# --- values --------------------------------------------------------------------------------------------


def value_text(
    value: Json, types: TypeTree | str | None, zone: tzinfo, *, name: str = "", currency: str = ""
) -> tuple[str, str]:
    """A value as a person reads it, and its type in words. `name`: its field's; times in `zone`."""
    kind = kind_of(value, types)
    return _shown(value, kind, zone, name, currency), TYPE_WORDS[kind]


def kind_of(value: Json, types: TypeTree | str | None) -> str:
    """The type of a value (`compare.Value.type`)."""
    if isinstance(types, str):
        return types
    for kinds, name in _KINDS:
        if isinstance(value, kinds):
            return name
    return "null"


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "double"),
    (str, "string"),
    (dict, "map"),
    (list, "array"),
)


def _shown(value: Json, kind: str, zone: tzinfo, name: str, currency: str) -> str:
    if kind in ("integer", "double"):
        return _number(value, name, currency)
    if kind == "timestamp":
        return moment_text(value, zone)
    if kind == "string" and (known := _known(value, name)):
        return known
    return _PLAIN[kind](value)


def _known(value: str, name: str) -> str:
    """A day, or one of FACOT's own words, as it is said; "" for any other text."""
    return spelled_day(value) if is_day(name) else _VALUES.get(name, {}).get(value, "")


def _number(value: Json, name: str, currency: str) -> str:
    if isinstance(value, str):
        return {"NaN": "NaN (no es un número)", "Infinity": "∞", "-Infinity": "−∞"}.get(value, value)
    if name in _MONEY:
        return money(value, currency)
    if isinstance(value, int):
        # A number of a company or a year is no amount.
        return f"{value:,}" if abs(value) >= 100_000 and name not in _FIELDS else str(value)
    return f"{value:,.10g}" if abs(value) < 1e9 else repr(value)


def _text(value: str) -> str:
    line = one_line(value.replace("\r\n", " ⏎ ").replace("\n", " ⏎ "))
    return line if len(line) <= _TEXT else f"{line[:_TEXT]}…"


_PLAIN: Mapping[str, Callable[[Json], str]] = {
    "null": lambda _: "(vacío)",
    "boolean": lambda value: "Sí" if value else "No",
    "string": _text,
    "reference": lambda value: path_text(tuple(value.split("/"))),
    "geopoint": lambda value: f"{value['latitude']}, {value['longitude']}",
    "bytes": lambda value: words.counted(len(value) * 3 // 4 - value.count("="), "byte"),
    "map": lambda value: words.counted(len(value), "campo"),
    "array": lambda value: words.counted(len(value), "elemento"),
    "vector": lambda value: words.counted(len(value), "número"),
}


# --- trees ---------------------------------------------------------------------------------------------


def field_nodes(document: Document, zone: tzinfo, currency: str = "") -> tuple[Node, ...]:
    """The fields of a document as lines of a tree. `currency`: that of the document it is in."""
    own = currency_of(document.fields, inherited=currency)
    return tuple(_in_map(document.fields, document.types, zone, own))


def _in_map(
    fields: Mapping[str, Json], types: TypeTree | str | None, zone: tzinfo, currency: str
) -> Iterator[Node]:
    for name in sorted(fields, key=field_rank):
        value, of = fields[name], currency_of(fields, name, currency)
        yield _node(field_word(name), name, value, _branch(types, name), zone, of)


def _node(
    label: str,
    name: str,
    value: Json,
    types: TypeTree | str | None,
    zone: tzinfo,
    currency: str,
    *,
    element: bool = False,
) -> Node:
    kind = kind_of(value, types)
    shown = _shown(value, kind, zone, name, currency)
    word = TYPE_WORDS[kind]
    path = None
    children: tuple[Node, ...] = ()
    if kind == "map":
        children = tuple(_in_map(value, types, zone, currency))
        # A shopkeeper knows it by what it tells, and knows no maps.
        shown, word = line(summary(Document((name, ""), value), zone)) or shown, "datos"
    elif kind == "array":
        children = tuple(
            _node(line_word(name, index), name, one, _branch(types, str(index)), zone, currency, element=True)
            for index, one in enumerate(value)
        )
    elif kind == "reference":
        parts = tuple(value.split("/"))
        path = parts if len(parts) % 2 == 0 else None
    own = "" if element else one_line(name)
    return Node(label, shown, word, children, _exact(value, kind, shown), own, path)


def _exact(value: Json, kind: str, shown: str) -> str:
    """The value as it is stored, where that is not what is shown."""
    if kind in ("map", "array", "null", "boolean", "geopoint"):
        return ""
    text = value if isinstance(value, str) else repr(value)
    return "" if text == shown else text[:4000]


def _branch(types: TypeTree | str | None, name: str) -> TypeTree | str | None:
    return types.get(name) if isinstance(types, dict) else None


def as_text(nodes: Iterable[Node], indent: str = "") -> str:
    """A tree as lines of text, what is in something further in; values as they are stored."""
    lines = []
    for node in nodes:
        lines.append(f"{indent}{node.name or node.label}: {node.tip or node.value}")
        if node.children:
            lines.append(as_text(node.children, indent + "    "))
    return "\n".join(lines)
