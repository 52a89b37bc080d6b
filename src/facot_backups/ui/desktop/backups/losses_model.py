"""The collections that lost documents."""

from __future__ import annotations

from qtpy.QtCore import QObject

from facot_backups.ui.desktop.backups import losses_texts as losses_words
from facot_backups.ui.desktop.backups.losses_task import Loss
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.table_model import Column, TableModel


def losses_model(parent: QObject) -> TableModel[Loss]:
    """A model of `Loss`, a row for each."""
    return TableModel(
        [
            Column("name", "Colección", losses_words.title),
            Column("before", "Tenía", lambda one: words.number(one.largest), right=True),
            Column("now", "Tiene", lambda one: words.number(one.count), right=True),
            Column("lost", "Faltan", losses_words.lost, right=True),
            Column("backup", "Están en el backup", lambda one: words.backup_name(one.largest_in)),
        ],
        parent,
    )
