"""Documents and size over time: two lines above one axis of time, each with its own scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from qtpy.QtWidgets import QFrame, QSizePolicy, QWidget

from facot_backups.ui.desktop.overview import chart_scale
from facot_backups.ui.desktop.overview.chart_scale import Point, Scale
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import column, label, row
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.theme import Theme

_NAME = "Gráfico de documentos y tamaño"
_TEXT_PIXELS = 11
# Around it all, for the ring of the keyboard.
_EDGE = 4
# A text of the time axis needs so much room.
_TICK_ROOM = 64
# One of an axis upwards, so much.
_TICK_HEIGHT = 14
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -30, Qt.Key.Key_PageDown: 30}

_Series: TypeAlias = tuple[str, tuple[int, ...], Scale, Callable[[float], str]]


@dataclass(frozen=True, slots=True)
class _Line:
    """One of the two lines. `area` is where it is drawn; `colour` a name of `Colours`."""

    heading: str
    colour: str
    values: tuple[int, ...]
    scale: Scale
    text: Callable[[float], str]
    area: QRectF

    def y(self, value: float) -> float:
        return self.area.bottom() - self.scale.place(value) * self.area.height()


class ChartCard(QFrame):
    """The chart with its heading. `point_chosen` carries the name of the backup that a person points at."""

    point_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, card=True)
        self.heading = label("Crecimiento", "heading", wrap=False)
        self.day = label("", "small", wrap=False)
        self.chart = HistoryChart(theme, self)
        self.chart.pointed.connect(self._tell)
        self.chart.chosen.connect(self.point_chosen)
        layout = column(row(self.heading, 1, self.day), self.chart, spacing=2)
        layout.setContentsMargins(12, 12, 10, 4)
        self.setLayout(layout)

    def show_points(self, points: Sequence[Point]) -> None:
        """Show these points, oldest first."""
        self.chart.show_points(points)
        self._tell(None)

    @slot
    def _tell(self, point: Point | None) -> None:
        shown = point or self.chart.last
        self.day.setText(words.day(shown.moment.date()) if shown is not None else "")


class HistoryChart(QWidget):
    """The lines. `pointed` carries the `Point` under the mouse or the keyboard, or None; `chosen` a name.

    Left and Right go from backup to backup, PageUp and PageDown by thirty, Home and End to the ends; Enter
    chooses, Esc lets go.
    """

    pointed = Signal(object)
    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.points: tuple[Point, ...] = ()
        self._at: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(200, 106))
        self.show_points(())
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As small as it can be; a layout gives it more."""
        return QSize(360, 150)

    @property
    def at(self) -> Point | None:
        """The point that is pointed at."""
        return self.points[self._at] if self._at is not None else None

    @property
    def last(self) -> Point | None:
        """The newest point."""
        return self.points[-1] if self.points else None

    @property
    def headings(self) -> tuple[str, str]:
        """What stands above the lines: the values of the point that is pointed at, else of the newest."""
        return chart_scale.headings(self.at or self.last)

    def show_points(self, points: Sequence[Point]) -> None:
        """Show these points, oldest first; the one that is pointed at stays if it is still there."""
        kept = self.at
        self.points = tuple(points)
        self._series = _series_of(self.points)
        self._at = self.points.index(kept) if kept is not None and kept in self.points else None
        self._describe()
        self.update()

    def point_at(self, number: int | None) -> None:
        """Point at a backup by its number, or at none."""
        if number is not None:
            number = min(max(number, 0), len(self.points) - 1)
        if number == self._at or not self.points:
            return
        self._at = number
        self._describe()
        self.update()
        self.pointed.emit(self.at)

    def place(self, number: int) -> float:
        """Where a point stands from left to right, in pixels of this widget."""
        return self._places()[number]

    def _describe(self) -> None:
        point = self.at
        self.setAccessibleName(_NAME if point is None else f"{_NAME}: {chart_scale.value_of(point)}")
        self.setAccessibleDescription(chart_scale.described(self.points))

    # --- what a person does ------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Point at the nearest backup."""
        if self.points:
            self.point_at(chart_scale.nearest(self._places(), event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Point at none."""
        self.point_at(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose the backup that is pointed at."""
        self.mouseMoveEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """As the class says."""
        key, last = event.key(), len(self.points) - 1
        if key in _STEPS:
            step = _STEPS[Qt.Key(key)]
            self.point_at(last if self._at is None else self._at + step)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.point_at(0 if key == Qt.Key.Key_Home else last)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        elif key == Qt.Key.Key_Escape and self._at is not None:
            self.point_at(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Point at none."""
        self.point_at(None)
        super().focusOutEvent(event)
        self.update()

    def _choose(self) -> None:
        point = self.at
        if point is not None:
            self.chosen.emit(point.name)

    # --- the picture -------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw it all."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(_TEXT_PIXELS)
        painter.setFont(font)
        colours = self._theme.colours
        if self.points:
            lines, places = self._lines(), self._places()
            self._draw_time(painter, lines)
            for line in lines:
                self._draw_line(painter, line, places)
            if self._at is not None:
                self._draw_pointer(painter, lines, places[self._at], self._at)
        else:
            painter.setPen(QColor(colours.muted))
            painter.drawText(
                QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, chart_scale.described(self.points)
            )
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.focus), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _plots(self) -> tuple[QRectF, QRectF]:
        """Where the two lines are drawn, below their headings."""
        left, heading, axis, between = self._left(), 17.0, 18.0, 4.0
        height = (self.height() - 2 * (heading + _EDGE) - axis - between) / 2
        width = self.width() - left - 12
        first = QRectF(left, heading + _EDGE, width, height)
        return first, first.translated(0, height + between + heading)

    def _left(self) -> float:
        """The room for the texts of the scales."""
        font = QFont(self.font())
        font.setPixelSize(_TEXT_PIXELS)
        metrics = QFontMetricsF(font)
        texts = [text(tick) for _, _, scale, text in self._series for tick in scale.ticks]
        return max(map(metrics.horizontalAdvance, texts), default=20.0) + 10 + _EDGE

    def _lines(self) -> list[_Line]:
        parts = zip(self.headings, self._series, self._plots(), strict=True)
        return [_Line(heading, *one, area) for heading, one, area in parts]

    def _places(self) -> list[float]:
        area = self._plots()[0]
        return [self._x(point.moment.timestamp(), area) for point in self.points]

    def _x(self, moment: float, area: QRectF) -> float:
        first, last = self.points[0].moment.timestamp(), self.points[-1].moment.timestamp()
        if last <= first:
            return area.center().x()
        return area.left() + (moment - first) / (last - first) * area.width()

    def _draw_time(self, painter: QPainter, lines: list[_Line]) -> None:
        colours = self._theme.colours
        area = lines[-1].area
        first, last = self.points[0].moment, self.points[-1].moment
        for moment, text in chart_scale.time_ticks(first, last, max(1, int(area.width() // _TICK_ROOM))):
            x = min(max(self._x(moment.timestamp(), area), area.left()), area.right())
            painter.setPen(QPen(QColor(colours.border), 1))
            for line in lines:
                _straight(painter, x, line.area.bottom(), x, line.area.bottom() + 4)
            painter.setPen(QColor(colours.muted))
            width = painter.fontMetrics().horizontalAdvance(text) + 2.0
            left = min(max(x - width / 2, area.left()), self.width() - width)
            place = QRectF(left, area.bottom() + 5, width, 14)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)

    def _draw_line(self, painter: QPainter, line: _Line, places: list[float]) -> None:
        colours = self._theme.colours
        painter.setPen(QColor(colours.muted))
        heading = QRectF(line.area.left(), line.area.top() - 17, line.area.width(), 14)
        painter.drawText(heading, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line.heading)
        for tick in chart_scale.readable(line.scale.ticks, int(line.area.height() // _TICK_HEIGHT) + 1):
            y = line.y(tick)
            painter.setPen(QPen(QColor(colours.border), 1))
            _straight(painter, line.area.left(), y, line.area.right(), y)
            painter.setPen(QColor(colours.muted))
            place = QRectF(0, y - 7, line.area.left() - 8, 14)
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, line.text(tick)
            )
        colour = QColor(getattr(colours, line.colour))
        curve = [QPointF(x, line.y(value)) for x, value in zip(places, line.values, strict=True)]
        below = QColor(colour)
        below.setAlpha(36)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(below)
        ends = [QPointF(places[-1], line.area.bottom()), QPointF(places[0], line.area.bottom())]
        painter.drawPolygon(QPolygonF([*curve, *ends]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(
            QPen(colour, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        painter.drawPolyline(QPolygonF(curve))
        if len(curve) == 1:
            self._dot(painter, curve[0], colour)

    def _draw_pointer(self, painter: QPainter, lines: list[_Line], x: float, number: int) -> None:
        colours = self._theme.colours
        painter.setPen(QPen(QColor(colours.muted), 1, Qt.PenStyle.DashLine))
        _straight(painter, x, lines[0].area.top(), x, lines[-1].area.bottom())
        for line in lines:
            colour = QColor(getattr(colours, line.colour))
            self._dot(painter, QPointF(x, line.y(line.values[number])), colour)

    def _dot(self, painter: QPainter, centre: QPointF, colour: QColor) -> None:
        painter.setPen(QPen(QColor(self._theme.colours.surface), 2))
        painter.setBrush(colour)
        painter.drawEllipse(centre, 4.5, 4.5)


def _series_of(points: Sequence[Point]) -> list[_Series]:
    """What the two lines show: colour, values, scale, the text of a tick."""
    documents = tuple(point.documents for point in points)
    sizes = tuple(point.size_bytes for point in points)
    return [
        ("focus", documents, chart_scale.scale_of(documents), _number),
        ("success", sizes, chart_scale.scale_of(sizes), chart_scale.size_on_axis),
    ]


def _number(value: float) -> str:
    return words.number(round(value))


def _straight(painter: QPainter, x1: float, y1: float, x2: float, y2: float) -> None:
    """A line whose edges lie on those of pixels, however many of them a point has."""
    painter.drawLine(QPointF(int(x1) + 0.5, int(y1) + 0.5), QPointF(int(x2) + 0.5, int(y2) + 0.5))
