"""The collections of a backup."""

from __future__ import annotations

from qtpy.QtCore import QObject

from facot_backups.ui.desktop.backups import detail_texts as detail_words
from facot_backups.ui.desktop.backups.detail_task import CollectionRow
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.table_model import Column, TableModel


def collections_model(parent: QObject) -> TableModel[CollectionRow]:
    """A model of `CollectionRow`, in the order of their names."""
    return TableModel(
        [
            Column(
                "name",
                "Colección",
                lambda r: collection_words.short(r.name),
                tip=lambda r: collection_words.title(r.name),
            ),
            Column(
                "documents",
                "Documentos",
                lambda r: words.number(r.documents),
                lambda r: r.documents,
                right=True,
            ),
            Column(
                "nested",
                "Líneas",
                lambda r: words.number(r.nested),
                lambda r: r.nested,
                right=True,
                tip=_nested,
            ),
            Column("size", "Tamaño", lambda r: words.size(r.size_bytes), lambda r: r.size_bytes, right=True),
            Column("since", "Cambio", detail_words.since, lambda r: r.change, tip=detail_words.since_tip),
        ],
        parent,
    )


def _nested(row: CollectionRow) -> str:
    return "Las líneas de las facturas y cotizaciones, y lo que otros documentos llevan dentro."
