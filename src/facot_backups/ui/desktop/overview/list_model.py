"""The list of backups."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QObject
from qtpy.QtGui import QIcon

from facot_backups.ui.desktop.snapshot import BackupRow
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.table_model import Column, TableModel
from facot_backups.ui.desktop.toolkit.theme import Theme, Tone

_PICTURES: Mapping[str, tuple[str, Tone]] = {
    "complete": ("check", "success"),
    "incomplete": ("alert", "warning"),
    "pre-restore": ("restore", "info"),
    "damaged": ("close", "error"),
    "newer": ("info", "info"),
    "unreadable": ("alert", "warning"),
    "facot2": ("info", "muted"),
}
_EMPTY: tuple[str, Tone] = ("alert", "warning")


def backups_model(theme: Theme, parent: QObject) -> TableModel[BackupRow]:
    """A model of `BackupRow`, newest first."""

    def picture(row: BackupRow) -> QIcon:
        if row.verified is False:
            return theme.icon(*_PICTURES["damaged"])
        return theme.icon(*(_EMPTY if _state(row) == words.EMPTY else _PICTURES[row.kind]))

    return TableModel(
        [
            Column("date", "Fecha", lambda r: words.day(r.date), lambda r: r.name, tip=_full),
            Column("time", "Hora", lambda r: words.clock(r.moment), lambda r: words.clock(r.moment)),
            Column("state", "Estado", _state, icon=picture, tip=_problem),
            Column("trigger", "Origen", lambda r: words.TRIGGERS.get(r.trigger or "", words.UNKNOWN)),
            Column(
                "documents",
                "Documentos",
                lambda r: words.number(r.outer),
                _documents,
                right=True,
                tip=_holding,
            ),
            Column("size", "Tamaño", lambda r: words.size(r.size_bytes), _size, right=True),
            Column("verified", "Verificado", lambda r: words.yes_no(r.verified, "Sí", "Dañado")),
            Column("drilled", "Simulacro", lambda r: words.yes_no(r.drilled, "Superado", "Falló")),
        ],
        parent,
    )


def _full(row: BackupRow) -> str:
    trigger = words.TRIGGERS.get(row.trigger or "")
    return f"{words.full_day(row.date)} ({trigger.lower()})" if trigger else words.full_day(row.date)


def _problem(row: BackupRow) -> str:
    if row.kind == "pre-restore" and not row.problem:
        return "Lo que había antes de una restauración: con «Restaurar…» se deshace."
    return row.problem or _state(row)


def _state(row: BackupRow) -> str:
    return words.state(row.kind, row.documents, row.part, row.verified)


def _documents(row: BackupRow) -> int:
    return -1 if row.outer is None else row.outer


def _holding(row: BackupRow) -> str:
    return words.UNKNOWN if row.documents is None else words.holding(row.documents, row.nested)


def _size(row: BackupRow) -> int:
    return -1 if row.size_bytes is None else row.size_bytes
