"""The little shapes that stand for how a day is: each has its own form, so that none needs its colour."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from facot_backups.ui.desktop.overview.calendar_days import DayState, legend
from facot_backups.ui.desktop.toolkit.basic import set_tip
from facot_backups.ui.desktop.toolkit.colours import Colours
from facot_backups.ui.desktop.toolkit.theme import Theme

# Stroke, background and text of a day, as names of `Colours`.
TONES: Mapping[DayState, tuple[str, str, str]] = {
    "complete": ("success", "success_soft", "success_text"),
    "incomplete": ("warning", "warning_soft", "warning_text"),
    "damaged": ("error", "error_soft", "error_text"),
    "missing": ("error", "error_soft", "error_text"),
    "pending": ("info", "info_soft", "info_text"),
    "removed": ("muted", "alternate", "muted"),
    "none": ("muted", "surface", "muted"),
}
_LEGEND_MARK, _LEGEND_GAP = 15, 10
# Whose words go first where room lacks; the numbers stay.
_SHORT_FIRST: tuple[DayState, ...] = ("complete", "removed", "pending", "incomplete", "damaged", "missing")


def draw_mark(painter: QPainter, state: DayState, area: QRectF, colours: Colours) -> None:
    """Draw the shape of `state` into a square: check, half disc, bolt, cross, ring, dash; none for `none`."""
    if state == "none":
        return
    colour = QColor(getattr(colours, TONES[state][2]))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(
        QPen(
            colour,
            max(1.4, area.width() / 6),
            Qt.PenStyle.SolidLine,
            Qt.PenCapStyle.RoundCap,
            Qt.PenJoinStyle.RoundJoin,
        )
    )
    if state == "incomplete":  # half of it is there
        painter.drawEllipse(area)
        painter.setBrush(colour)
        painter.drawPie(area, 90 * 16, 180 * 16)
    elif state == "pending":
        painter.drawEllipse(area)
    else:
        for line in _LINES[state]:
            painter.drawPolyline(QPolygonF([_in(area, x, y) for x, y in line]))
    painter.restore()


_LINES: Mapping[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "complete": (((0.02, 0.55), (0.36, 0.88), (0.98, 0.14)),),
    "damaged": (((0.6, 0.0), (0.15, 0.55), (0.85, 0.5), (0.4, 1.0)),),
    "missing": (((0.1, 0.1), (0.9, 0.9)), ((0.9, 0.1), (0.1, 0.9))),
    "removed": (((0.1, 0.5), (0.9, 0.5)),),
}


def _in(area: QRectF, x: float, y: float) -> QPointF:
    return QPointF(area.left() + area.width() * x, area.top() + area.height() * y)


class Legend(QWidget):
    """How many days stand how: a shape, a number and a word each; where room lacks, the plainest words go."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.counts: Mapping[DayState, int] = {}
        self.said = ""
        self.setFixedHeight(18)
        theme.changed.connect(self.update)

    def show_counts(self, counts: Mapping[DayState, int]) -> None:
        """Show these, in their order."""
        self.counts = counts
        self.said = ", ".join(legend(state, count) for state, count in counts.items())
        set_tip(self, self.said)
        self.setAccessibleName(self.said)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw it."""
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        colours, width = self._theme.colours, painter.fontMetrics().horizontalAdvance
        texts = {state: legend(state, count) for state, count in self.counts.items()}
        room = self.width() + _LEGEND_GAP - len(texts) * (_LEGEND_MARK + _LEGEND_GAP)
        for state in _SHORT_FIRST:
            if sum(map(width, texts.values())) > room and state in texts:
                texts[state] = texts[state].partition(" ")[0]
        x = 0
        for state, text in texts.items():
            draw_mark(painter, state, QRectF(x + 1.5, 5, 8, 8), colours)
            painter.setPen(QColor(colours.muted))
            place = QRectF(x + _LEGEND_MARK, 0, width(text) + 2, self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            x += _LEGEND_MARK + width(text) + _LEGEND_GAP
        painter.end()
