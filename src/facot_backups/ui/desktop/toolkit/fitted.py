"""What makes do with little room: windows, texts, labels that shorten theirs, tables whose columns fit."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QFont, QFontMetrics, QResizeEvent, QScreen
from qtpy.QtWidgets import (
    QFrame,
    QHeaderView,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from facot_backups.ui.desktop.toolkit.basic import PlainLabel, set_tip
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.tables import LowTable

# So many pixels less and a few long texts are shortened.
_BEARABLE = 16
# What a window's frame and a shadow take of a screen, about.
_FRAME = QSize(16, 48)


def opening_size(wanted: QSize, screen: QScreen | None) -> QSize:
    """`wanted`, or as much of it as `screen` shows with the window's frame around it."""
    return wanted if screen is None else wanted.boundedTo(screen.availableSize() - _FRAME)


class BoundedArea(QScrollArea):
    """Shows `inside` whole where it is at most `most` pixels high; what is higher scrolls.

    Call `updateGeometry` when what is inside is another: Qt does not tell an area.
    """

    def __init__(self, inside: QWidget, most: int) -> None:
        super().__init__()
        self._inside, self._most = inside, most
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """As high as what is inside, up to the limit."""
        return min(self._most, self._inside.heightForWidth(width))

    def sizeHint(self) -> QSize:  # noqa: N802
        """That of what is inside, up to the limit."""
        return self._inside.sizeHint().boundedTo(QSize(16_777_215, self._most))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """A line."""
        return QSize(0, min(self._most, self.fontMetrics().height()))


class IfRoom(QWidget):
    """Shows `inside` where there is the height for it, and takes none of its own."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._inside = inside
        inside.setParent(self)

    def sizeHint(self) -> QSize:  # noqa: N802
        """The width of what is inside."""
        return QSize(self._inside.sizeHint().width(), 0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The width of what is inside."""
        return QSize(self._inside.minimumSizeHint().width(), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show it or not."""
        super().resizeEvent(event)
        self._inside.setGeometry(self.rect())
        self._inside.setVisible(self.height() >= self._inside.minimumSizeHint().height())


class Pages(QWidget):
    """Pages of which one is seen, and gives the size: a QStackedWidget is as high as the highest page."""

    def __init__(self) -> None:
        super().__init__()
        self._current: QWidget | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def addWidget(self, page: QWidget) -> None:  # noqa: N802
        """Add a page; the first one is seen."""
        page.setVisible(self._current is None)
        self._layout.addWidget(page)
        self._current = self._current or page

    def currentWidget(self) -> QWidget | None:  # noqa: N802
        """The page that is seen."""
        return self._current

    def setCurrentWidget(self, page: QWidget) -> None:  # noqa: N802
        """Show `page` instead; the keyboard goes there if it was in the other one."""
        before, self._current = self._current, page
        if before is None or before is page:
            return
        here = self.window().focusWidget()
        self.setUpdatesEnabled(False)
        page.show()
        if here is not None and before.isAncestorOf(here):
            page.setFocus()
        before.hide()
        self.setUpdatesEnabled(True)


class ShortLabel(PlainLabel):
    """One line, the longest of its texts that fits; a shortened one has the whole text as its tool tip."""

    def __init__(self, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._texts: Sequence[str] = ("",)

    @property
    def whole(self) -> str:
        """The text in full."""
        return self._texts[0]

    def show_text(self, *texts: str) -> None:
        """Show the first of these that fits; each says the same in fewer letters."""
        self._texts = texts
        self.setAccessibleName(self.whole)
        self._shorten()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Shorten anew."""
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        metrics, width = self.fontMetrics(), self.width()
        fitting = (text for text in self._texts if metrics.horizontalAdvance(text) <= width)
        text = next(fitting, self._texts[-1])
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
        self.setText(shown)
        set_tip(self, self.whole if shown != self.whole else "")


class FittedTable(LowTable):
    """A table whose columns take what `samples`, their longest usual texts, need, and share the rest.

    The headings are measured too. Where room lacks, the columns `optional` are hidden, the first of them
    first, then the widest are shortened.
    """

    # Around a text: the sheet's padding and the style's own.
    _CELL, _HEADING = 17, 17

    def __init__(
        self, samples: Sequence[str], optional: Sequence[int], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._samples, self._optional = samples, optional
        mark(self, dense=True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """No more than it needs; a layout gives it the rest."""
        return self.minimumSize()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Share the room anew."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Share the room among the columns."""
        wanted, room = self._wanted(), self.viewport().width()
        for number in self._optional:
            lacks = sum(wanted) - room > _BEARABLE
            self.setColumnHidden(number, lacks)
            if lacks:
                wanted[number] = 0
        while sum(wanted) > room > 0:
            widest = wanted.index(max(wanted))
            wanted[widest] -= min(sum(wanted) - room, 4)
        shown = [number for number, width in enumerate(wanted) if width]
        more, rest = divmod(max(0, room - sum(wanted)), len(shown))
        for place, number in enumerate(shown):
            self.horizontalHeader().resizeSection(number, wanted[number] + more + (place < rest))

    def _wanted(self) -> list[int]:
        metrics = self.fontMetrics()
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setBold(True)
        bold, model = QFontMetrics(font), self.model()
        headings = [
            str(model.headerData(number, Qt.Orientation.Horizontal)) for number in range(len(self._samples))
        ]
        return [
            max(metrics.horizontalAdvance(sample) + self._CELL, bold.horizontalAdvance(name) + self._HEADING)
            for sample, name in zip(self._samples, headings, strict=True)
        ]
