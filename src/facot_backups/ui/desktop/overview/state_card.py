"""The state card: safe or not, in words, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout

from facot_backups.ui.desktop.backups.losses_texts import BUTTON as LOSSES
from facot_backups.ui.desktop.overview.state_texts import Level, Point, Standing
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import Picture, PlainLabel, button, column, label, row
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.theme import Theme, Tone

_PICTURES: Mapping[Level, tuple[str, Tone]] = {
    "ok": ("shield-check", "success"),
    "warning": ("shield-alert", "warning"),
    "critical": ("shield-cross", "error"),
    "busy": ("shield", "info"),
}
# More than so many things to know at once frighten; the rest is counted.
_SHOWN = 3
_TOP_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop


class StateCard(QFrame):
    """Shows a `Standing`; before the first, that it is being looked at.

    `folded`: whether it leaves out the hints; `hints_folded` carries that a person wants it so, or not.
    `losses_wanted`: a person wants to see which documents are missing. `connect_wanted`: to connect Firebase.
    """

    hints_folded = Signal(bool)
    losses_wanted = Signal()
    connect_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.picture = Picture(theme, *_PICTURES["busy"], 44)
        self.title = label("", "title")
        self.text = label()
        self.points = label(selectable=True)
        self.next = label(wrap=False)
        self.losses = button(LOSSES, tip="Ver qué falta, recuperarlo o decir que es a propósito")
        self.losses.clicked.connect(self._want_losses)
        self.connect_button = button(
            "&Conectar Firebase…", "primary", tip="Ver paso a paso cómo se hace; es una sola vez"
        )
        self.connect_button.clicked.connect(self._want_connection)
        self.hints = label("", "small", selectable=True)
        self.fold = button("", "flat")
        self.fold.clicked.connect(self._fold)
        mark(self.fold, small=True)
        self._standing = Standing("busy", "Mirando cómo están los backups…", "")
        self.folded = False
        side = column(spacing=2)
        self.next.setContentsMargins(0, 0, 7, 0)
        side.addWidget(self.next, 0, _TOP_RIGHT)
        side.addWidget(self.fold, 0, _TOP_RIGHT)
        side.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(18)
        head.addLayout(column(self.title, self.text, spacing=2), 1)
        head.addLayout(side)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 10, 12, 10)
        layout.setSpacing(16)
        layout.addWidget(self.picture)
        ways = row(self.connect_button, self.losses, 1)
        said = column(head, self.points, ways, self.hints, spacing=6)
        said.insertStretch(0, 1)
        said.addStretch(1)
        layout.addLayout(said, 1)
        self.show_standing(self._standing)

    def show_standing(self, standing: Standing) -> None:
        """Show how everything stands."""
        self._standing = standing
        mark(self, level=standing.level)
        self.picture.show_picture(*_PICTURES[standing.level])
        self.title.setText(standing.title)
        _fill(self.text, standing.text)
        _fill(self.points, _lines(standing.points))
        self.losses.setVisible(standing.losses)
        self.connect_button.setVisible(standing.connect)
        _fill(self.next, standing.next)
        _fill(self.hints, "" if self.folded else _lines(standing.hints))
        self._show_fold()
        self.setAccessibleName(standing.title)
        self.setAccessibleDescription(
            " ".join(filter(None, [standing.text, _lines(standing.points), standing.next]))
        )

    def _show_fold(self) -> None:
        count = len(self._standing.hints)
        hidden = words.counted(count, "consejo") if count else ""
        text = f"Ver {hidden}" if self.folded else "Ocultar consejos"
        self.fold.setText(text)
        self.fold.setAccessibleName(text)
        self.fold.setVisible(bool(count))

    @slot
    def _want_losses(self) -> None:
        self.losses_wanted.emit()

    @slot
    def _want_connection(self) -> None:
        self.connect_wanted.emit()

    @slot
    def _fold(self) -> None:
        self.folded = not self.folded
        self.show_standing(self._standing)
        self.hints_folded.emit(self.folded)


def _fill(one: PlainLabel, text: str) -> None:
    one.setText(text)
    one.setVisible(bool(text))


def _lines(points: tuple[Point, ...]) -> str:
    lines = [" ".join(filter(None, (point.text, point.remedy))) for point in points[:_SHOWN]]
    more = len(points) - _SHOWN
    if more > 0:
        lines.append("Y 1 aviso más." if more == 1 else f"Y {more} avisos más.")
    return "\n".join(lines)
