"""The documents that the golden files come from, as a scan gives them: without the parents that lack."""

from __future__ import annotations

from typing import Any, NamedTuple

from facot_backups.model import EVERYTHING, Document, Scope


class Golden(NamedTuple):
    """A golden file: its root collection, the scope of its backup, the documents in name order."""

    collection: str
    scope: Scope
    documents: list[Document]


def _document(path: str, types: Any = None, /, **fields: Any) -> Document:
    return Document(tuple(path.split("/")), fields, types)


_INVOICES = [
    _document(
        "invoices/1",
        {"created_at": "timestamp"},
        company_id=1,
        created_at="2024-11-27T02:00:05.123456Z",
        total_amount=1180.0,
    ),
    _document("invoices/1/items/0", description="Producto 1", quantity=10.0),
    _document("invoices/1/items/1", description="Producto 2", quantity=5.0),
    _document("invoices/1/items/1/lotes/a", n=1),
    _document("invoices/1/items/10"),
    _document("invoices/1/notas/x", texto="Compañía «Ñ»"),
    _document("invoices/12346", company_id="1"),
    _document("invoices/2/items/0", quantity=1.0),
    _document("invoices/3"),
    _document("invoices/3/audit/z/pasos/1"),
    _document("invoices/3/notas/n"),
]

_DOUBLES = {
    "a": 0.0, "b": -0.0, "c": 1.0, "d": 0.1, "e": 1e-5, "f": 9.99e-6, "g": 1.5e-7, "h": 1e15, "i": 1e16,
    "j": 123456789012345680.0, "k": 5e-324, "l": 1.7976931348623157e308,
}  # fmt: skip

_VALUES = [
    _document(
        "valores/dobles",
        {"m": "double", "n": "double", "o": "double"},
        **_DOUBLES,
        m="NaN",
        n="Infinity",
        o="-Infinity",
    ),
    _document(
        "valores/especiales",
        {
            "bytes": "bytes",
            "geo": "geopoint",
            "otra": "reference",
            "ref": "reference",
            "vacios": "bytes",
            "vector": "vector",
        },
        bytes="AAH/",
        geo={"latitude": 18.4, "longitude": -69.9},
        otra="projects/p/databases/d/documents/c/1",
        ref="invoices/1",
        vacios="",
        vector=[1.0, -0.0, "Infinity"],
    ),
    _document(
        "valores/fechas",
        {"a": "timestamp", "b": "timestamp"},
        a="0001-01-01T00:00:00.000000Z",
        b="9999-12-31T23:59:59.999999Z",
        c="2024-11-27T02:00:05.123456Z",
    ),
    _document(
        "valores/json",
        cero=0,
        falso=False,
        lista=[],
        lista_mixta=[1, 1.0, "1", None, True, {"a": []}],
        mapa={},
        max=2**63 - 1,
        min=-(2**63),
        nulo=None,
        verdadero=True,
    ),
    _document("valores/mapas", a={"B": 1, "a": {"Z": 1, "z": 2, "ñ": 3}, "b": 2}),
    _document(
        "valores/textos",
        a='"\\/',
        b="\b\t\n\f\r",
        c="\x00\x1f",
        d="ñe\u0301\x7f\x80\u2028\U0001f4e6\uffff",
        e="",
    ),
    _document(
        "valores/tipos",
        {
            "_f": "bytes",
            "lista": {"0": "bytes", "1": {"x": "bytes"}, "10": "bytes"},
            "mapa": {"b": "bytes", "ñ": {"z": "bytes"}},
        },
        _f="",
        lista=["", {"x": "", "y": 1}, 0, 0, 0, 0, 0, 0, 0, 0, "", 1],
        mapa={"b": "", "ñ": {"z": ""}},
    ),
]

_HIDDEN = {"_": 1, "__": 2, "____": 3, "_fields": 4, "_id": 5, "_items": 6, "_types": 7}
_NAMES = [
    _document("nombres/__id-9223372036854775808__"),
    _document("nombres/__id7__"),
    _document("nombres/__id10__"),
    _document("nombres/\x00"),
    _document("nombres/  "),
    _document('nombres/"\\'),
    _document("nombres/10"),
    _document("nombres/2"),
    _document("nombres/A"),
    _document("nombres/____", **_HIDDEN),
    _document("nombres/_id"),
    _document("nombres/a", **{"A": 1, "Z": 2, "`": 3, "a.b": 4, "id": 5, "ñ": 6}),
    _document("nombres/a/__/1"),
    _document("nombres/a/_id/1"),
    _document("nombres/a/fields/1"),
    _document("nombres/a/id/1"),
    _document("nombres/b/items/1"),
    _document("nombres/b/missing/1"),
    _document("nombres/b/missing/1/types/1"),
    _document("nombres/b/missing/1/unread/1"),
    _document("nombres/ñ"),
    _document("nombres/\uffff"),
    _document("nombres/\U0001f4e6"),
]

_PARTIAL = [
    _document("invoices/1", n=1),
    _document("invoices/2/items/a", n=2),
    _document("invoices/2/items/a/lotes/x"),
    _document("invoices/2/items/b/lotes/y"),
]
_PARTIAL_SCOPE = Scope(
    collections=(),
    documents=(("invoices", "1"), ("invoices", "2", "items", "a"), ("invoices", "2", "items", "b")),
)

GOLDEN = {
    "invoices.json": Golden("invoices", EVERYTHING, _INVOICES),
    "valores.json": Golden("valores", EVERYTHING, _VALUES),
    "nombres.json": Golden("nombres", EVERYTHING, _NAMES),
    "parcial.json": Golden("invoices", _PARTIAL_SCOPE, _PARTIAL),
    "vacia.json": Golden("vacia", EVERYTHING, []),
}
