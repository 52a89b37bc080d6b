"""A document as a tree: its fields, what is in them, its subcollections."""

from __future__ import annotations

from qtpy.QtCore import QObject
from qtpy.QtGui import QIcon

from facot_backups.ui.desktop.texts.document import Node
from facot_backups.ui.desktop.toolkit.theme import Theme
from facot_backups.ui.desktop.toolkit.tree_model import TreeColumn, TreeModel


def document_tree(theme: Theme, parent: QObject) -> TreeModel[Node]:
    """A model of `Node`."""

    def picture(node: Node) -> QIcon | None:
        return theme.icon(_PICTURES[node.kind], "muted") if node.kind in _PICTURES else None

    return TreeModel(
        [
            TreeColumn("Campo", lambda node: node.label, tip=lambda node: node.name, icon=picture),
            TreeColumn("Valor", lambda node: node.value, tip=lambda node: node.tip),
            TreeColumn("Tipo", lambda node: node.kind),
        ],
        parent,
    )


_PICTURES = {"subcolección": "folder", "documento": "document"}
