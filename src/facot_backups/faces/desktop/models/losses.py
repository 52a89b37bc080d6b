"""The collections that lost documents."""

from __future__ import annotations

from qtpy.QtCore import QObject

from facot_backups.faces.desktop import words
from facot_backups.faces.desktop.models.table import Column, TableModel
from facot_backups.faces.desktop.tasks.losses import Loss
from facot_backups.faces.desktop.words import losses as losses_words


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
