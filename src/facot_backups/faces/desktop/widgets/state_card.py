"""The state card: safe or not, in words, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from facot_backups.faces.desktop.standing import Level, Point, Standing
from facot_backups.faces.desktop.style_sheet import mark
from facot_backups.faces.desktop.theme import Theme, Tone
from facot_backups.faces.desktop.widgets.basic import Picture, label

_PICTURES: Mapping[Level, tuple[str, Tone]] = {
    "ok": ("shield-check", "success"),
    "warning": ("shield-alert", "warning"),
    "critical": ("shield-cross", "error"),
    "busy": ("shield", "info"),
}
# More than so many things to know at once frighten; the rest is counted.
_SHOWN = 3


class StateCard(QFrame):
    """Shows a `Standing`; before the first, that it is being looked at."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.picture = Picture(theme, *_PICTURES["busy"], 44)
        self.title = label("", "title")
        self.text = label()
        self.points = label(selectable=True)
        self.next = label()
        self.hints = label("", "small")
        words_ = QVBoxLayout()
        words_.setSpacing(4)
        for part in (self.title, self.text, self.points, self.next, self.hints):
            words_.addWidget(part)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(18)
        layout.addWidget(self.picture)
        layout.addLayout(words_, 1)
        self.show_standing(Standing("busy", "Mirando cómo están los backups…", ""))

    def show_standing(self, standing: Standing) -> None:
        """Show how everything stands."""
        mark(self, level=standing.level)
        self.picture.show_picture(*_PICTURES[standing.level])
        self.title.setText(standing.title)
        _fill(self.text, standing.text)
        _fill(self.points, _lines(standing.points))
        _fill(self.next, standing.next)
        _fill(self.hints, _lines(standing.hints))
        self.setAccessibleName(standing.title)
        self.setAccessibleDescription(
            " ".join(filter(None, [standing.text, _lines(standing.points), standing.next]))
        )


def _fill(one: object, text: str) -> None:
    one.setText(text)  # type: ignore[attr-defined]
    one.setVisible(bool(text))  # type: ignore[attr-defined]


def _lines(points: tuple[Point, ...]) -> str:
    lines = [" ".join(filter(None, (point.text, point.remedy))) for point in points[:_SHOWN]]
    more = len(points) - _SHOWN
    if more > 0:
        lines.append("Y 1 aviso más." if more == 1 else f"Y {more} avisos más.")
    return "\n".join(lines)
