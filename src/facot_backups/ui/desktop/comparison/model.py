"""The documents that differ."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QObject
from qtpy.QtGui import QIcon

from facot_backups.ui.desktop.comparison import texts as compare_words
from facot_backups.ui.desktop.comparison.task import ChangedDocument, Kind
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.toolkit.table_model import Column, TableModel
from facot_backups.ui.desktop.toolkit.theme import Theme, Tone

_PICTURES: Mapping[Kind, tuple[str, Tone]] = {
    "added": ("plus", "success"),
    "removed": ("minus", "error"),
    "changed": ("edit", "warning"),
}


def changed_documents(theme: Theme, parent: QObject) -> TableModel[ChangedDocument]:
    """A model of `ChangedDocument`, in name order."""

    def picture(row: ChangedDocument) -> QIcon:
        return theme.icon(*_PICTURES[row.kind])

    return TableModel(
        [
            Column("kind", "Qué pasó", lambda r: compare_words.KINDS[r.kind], icon=picture),
            Column("title", "Documento", compare_words.title, tip=lambda r: document_words.path_text(r.path)),
            Column("collection", "Colección", lambda r: collection_words.path_title(r.path)),
        ],
        parent,
    )
