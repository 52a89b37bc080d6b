"""Check boxes with a tick: a style sheet can give them only pictures that lie in files."""

from __future__ import annotations

from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import (
    QCheckBox,
    QListWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
)

from facot_backups.ui.desktop.toolkit.colours import LIGHT
from facot_backups.ui.desktop.toolkit.slots import slot

# In parts of the indicator. Its background has the same colour in every look.
_TICK = ((0.24, 0.53), (0.43, 0.71), (0.77, 0.31))


class CheckBox(QCheckBox):
    """A QCheckBox that shows a tick."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """As always, and the tick."""
        super().paintEvent(event)
        style = self.style()
        if self.isChecked() and style is not None:
            option = QStyleOptionButton()
            self.initStyleOption(option)
            area = style.subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
            painter = QPainter(self)
            _draw(painter, area)
            painter.end()


class CheckList(QListWidget):
    """A list whose items show a tick; `name` is for screen readers."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(_Ticked(self))


class _Ticked(QStyledItemDelegate):
    @slot
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """As always, and the tick."""
        super().paint(painter, option, index)
        found = QStyleOptionViewItem(option)
        self.initStyleOption(found, index)
        style = found.widget.style() if found.widget is not None else None
        if found.checkState == Qt.CheckState.Checked and style is not None:
            what = QStyle.SubElement.SE_ItemViewItemCheckIndicator
            _draw(painter, style.subElementRect(what, found, found.widget))


def _draw(painter: QPainter, area: QRect) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(LIGHT.on_primary), area.width() / 8)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    points = [QPointF(area.x() + x * area.width(), area.y() + y * area.height()) for x, y in _TICK]
    painter.drawPolyline(QPolygonF(points))
    painter.restore()
