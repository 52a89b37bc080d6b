"""What a search in all backups found."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject

from facot_backups.text import one_line
from facot_backups.ui.desktop.documents.search_task import Hit
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.toolkit.table_model import Column, TableModel


def hits_model(where: Callable[[Hit], str], parent: QObject) -> TableModel[Hit]:
    """A model of `Hit`, in the order of the search; `where` says in which backups one is."""
    return TableModel(
        [
            Column("number", "Documento", _number, tip=_tip),
            Column("name", "Nombre", lambda hit: hit.shown.name, tip=_tip),
            Column("date", "Fecha", lambda hit: hit.shown.date),
            Column("amount", "Importe", lambda hit: hit.shown.amount, right=True),
            Column("collection", "Colección", lambda hit: collection_words.path_title(hit.path)),
            Column("where", "Dónde está", where, tip=where),
        ],
        parent,
    )


def _number(hit: Hit) -> str:
    """What people tell it from others by: its number, else the RNC, else the id."""
    return hit.shown.number or hit.shown.rnc or one_line(hit.path[-1])


def _tip(hit: Hit) -> str:
    rnc = f"RNC {hit.shown.rnc}" if hit.shown.rnc else ""
    return "\n".join(filter(None, (document_words.title(hit.path, hit.shown), rnc)))
