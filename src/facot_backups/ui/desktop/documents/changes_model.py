"""What changed, as a tree: a field with its old and its new value."""

from __future__ import annotations

from qtpy.QtCore import QObject

from facot_backups.ui.desktop.texts.change import ChangeLine
from facot_backups.ui.desktop.toolkit.tree_model import TreeColumn, TreeModel


def changes_tree(what: str, parent: QObject) -> TreeModel[ChangeLine]:
    """A model of `ChangeLine`; `what` heads the first column."""
    return TreeModel(
        [
            TreeColumn(what, lambda line: line.label, tip=lambda line: line.tip),
            TreeColumn("Antes", lambda line: line.old),
            TreeColumn("Después", lambda line: line.new),
        ],
        parent,
    )
