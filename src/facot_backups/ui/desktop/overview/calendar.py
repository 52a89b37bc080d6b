"""A month of days: which had their backup. For the mouse and for the keyboard."""

from __future__ import annotations

from datetime import date

from qtpy.QtCore import QModelIndex, QPoint, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QKeyEvent, QPainter, QPen
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from facot_backups.clock import days_after
from facot_backups.ui.desktop.overview import calendar_days
from facot_backups.ui.desktop.overview.calendar_days import Calendar, Day
from facot_backups.ui.desktop.overview.calendar_marks import TONES, Legend, draw_mark
from facot_backups.ui.desktop.overview.calendar_model import DAY_ROLE, MonthModel
from facot_backups.ui.desktop.toolkit.basic import button, column, label, row, show_tip
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.table_model import Index
from facot_backups.ui.desktop.toolkit.theme import Theme

_CELL = QSize(39, 23)
_HEADER = 18
_MARK = 8.0
_FEWEST_WEEKS = 5
# Days that a key goes on; those of PageUp and PageDown are months.
_DAYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -7, Qt.Key.Key_Down: 7}
_MONTHS = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
_CHOOSE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class CalendarCard(QFrame):
    """A `Calendar`, month by month. `day_chosen` carries the date that a person wants to see, or None."""

    day_chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._calendar: Calendar | None = None
        self.month = date.min
        self.chosen: date | None = None
        mark(self, card=True)
        self.title = label("", "heading", wrap=False)
        self.previous = button("", "flat", tip="Mes anterior (Re Pág)")
        self.next = button("", "flat", tip="Mes siguiente (Av Pág)")
        for one, name, by in ((self.previous, "Mes anterior", -1), (self.next, "Mes siguiente", 1)):
            mark(one, small=True)
            one.setAccessibleName(name)
            one.clicked.connect(slot(lambda by=by: self._turn(by)))
        self.grid = _Grid(theme, self)
        self.grid.day_clicked.connect(self._choose)
        self.grid.day_wanted.connect(self._go_to)
        self.legend = Legend(theme, self)
        head = row(self.title, 1, self.previous, self.next, spacing=2)
        layout = column(head, self.grid, self.legend, spacing=6)
        layout.setContentsMargins(12, 8, 12, 8)
        self.setLayout(layout)
        self.setFixedWidth(self.grid.width() + 26)
        theme.changed.connect(self._dress)
        self._dress()

    # --- what is shown -----------------------------------------------------------------------------------

    def show_calendar(self, calendar: Calendar) -> None:
        """Show these days; the month and the day that a person looks at stay."""
        stays = self._calendar is not None and self.month != calendar_days.month_of(self._calendar.today)
        self._calendar = calendar
        self._show_month(self.month if stays else calendar_days.month_of(calendar.today))
        if self.grid.day is None:
            self.grid.go_to(calendar.today)

    def choose(self, day: date | None) -> None:
        """Mark a day as the one whose backups are shown; None for none."""
        self.chosen = day
        self.grid.chosen = day
        self.grid.viewport().update()

    def _show_month(self, month: date) -> None:
        if self._calendar is None:
            return
        first, last = map(calendar_days.month_of, (self._calendar.first, self._calendar.last))
        self.month = min(max(month, first), last)
        self.grid.days.show_month(self._calendar, self.month)
        self.grid.show_weeks(calendar_days.place_of(_in_month(self.month, 31))[0] + 1)
        self.title.setText(calendar_days.title(self.month).capitalize())
        self.previous.setEnabled(self.month > first)
        self.next.setEnabled(self.month < last)
        self._show_legend()

    def _show_legend(self) -> None:
        counts = self._calendar.counts(self.month) if self._calendar is not None else {}
        self.legend.show_counts(counts)
        self.grid.setAccessibleDescription(f"{self.title.text()}: {self.legend.said}")

    # --- what a person does ------------------------------------------------------------------------------

    @slot
    def _turn(self, months: int) -> None:
        if self._calendar is None:
            return
        month = calendar_days.months_after(self.month, months)
        day = self.grid.day or self._calendar.today
        self._show_month(month)
        self.grid.go_to(_in_month(self.month, day.day))

    @slot
    def _go_to(self, day: date) -> None:
        if self._calendar is None:
            return
        wanted = min(max(day, self._calendar.first), self._calendar.last)
        self._show_month(calendar_days.month_of(wanted))
        self.grid.go_to(wanted)
        self.grid.tell()

    @slot
    def _choose(self, day: date) -> None:
        self.choose(None if day == self.chosen else day)
        self.day_chosen.emit(self.chosen)

    @slot
    def _dress(self) -> None:
        self.previous.setIcon(self._theme.icon("previous", "muted"))
        self.next.setIcon(self._theme.icon("next", "muted"))
        self.grid.viewport().update()


class _Grid(QTableView):
    """The grid. `day_clicked`: a day was chosen; `day_wanted`: a key goes to one, also of another month."""

    day_clicked = Signal(object)
    day_wanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.chosen: date | None = None
        self.days = MonthModel(self)
        self.setModel(self.days)
        self.setItemDelegate(_DayDelegate(theme, self))
        self.setAccessibleName("Calendario de backups")
        mark(self, calendar=True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        for header, size in ((rows, _CELL.height()), (columns, _CELL.width())):
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setDefaultSectionSize(size)
        columns.setFixedHeight(_HEADER)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        self.setFixedWidth(_CELL.width() * len(calendar_days.WEEK))
        self.show_weeks(_FEWEST_WEEKS)
        self.clicked.connect(self._clicked)

    @property
    def day(self) -> date | None:
        """The day that the keyboard is at."""
        found = self.days.day(self.currentIndex())
        return found.date if found is not None else None

    def show_weeks(self, weeks: int) -> None:
        """Take the room of so many weeks; a few months need one more than the others."""
        self.setFixedHeight(_HEADER + _CELL.height() * max(weeks, _FEWEST_WEEKS))

    def go_to(self, day: date) -> None:
        """Let the keyboard be at a day of the month that is shown."""
        self.setCurrentIndex(self.days.index_of(day))
        self.viewport().update()

    def tell(self) -> None:
        """Show the words of the day that the keyboard is at, as the mouse would have them."""
        index = self.currentIndex()
        if self.hasFocus() and index.isValid():
            place = self.visualRect(index).bottomLeft() + QPoint(0, 4)
            text = self.days.data(index, int(Qt.ItemDataRole.ToolTipRole))
            show_tip(self.viewport().mapToGlobal(place), text, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows go by days, PageUp and PageDown by months, Home and End within one; Enter chooses."""
        day, key = self.day, event.key()
        if day is None:
            super().keyPressEvent(event)
        elif key in _DAYS:
            self.day_wanted.emit(days_after(day, _DAYS[Qt.Key(key)]))
        elif key in _MONTHS:
            month = calendar_days.months_after(day, _MONTHS[Qt.Key(key)])
            self.day_wanted.emit(_in_month(month, day.day))
        elif key == Qt.Key.Key_Home:
            self.day_wanted.emit(calendar_days.month_of(day))
        elif key == Qt.Key.Key_End:
            self.day_wanted.emit(_in_month(calendar_days.month_of(day), 31))
        elif key in _CHOOSE:
            self.day_clicked.emit(day)
        else:
            super().keyPressEvent(event)

    @slot
    def _clicked(self, index: QModelIndex) -> None:
        found = self.days.day(index)
        if found is not None:
            self.day_clicked.emit(found.date)


class _DayDelegate(QStyledItemDelegate):
    """Paints a day: its number, its shape, a ring where the keyboard is."""

    def __init__(self, theme: Theme, grid: _Grid) -> None:
        super().__init__(grid)
        self._theme, self._grid = theme, grid

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint it."""
        day = index.data(DAY_ROLE)
        if not isinstance(day, Day):
            return
        colours = self._theme.colours
        _tone, soft, text = TONES[day.state]
        area = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5)
        chosen = day.date == self._grid.chosen
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.selection if chosen else getattr(colours, soft)))
        painter.drawRoundedRect(area, 5, 5)
        if chosen or _is_current(option):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.focus), 2))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        font = QFont(option.font)
        font.setPixelSize(12)
        font.setBold(day.today)
        painter.setFont(font)
        painter.setPen(QColor(colours.on_selection if chosen else getattr(colours, text)))
        number = area.adjusted(0, 0, -area.width() / 2 + 3, 0)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(number, flags, str(day.date.day))
        if day.today:
            width = painter.fontMetrics().horizontalAdvance(str(day.date.day))
            painter.fillRect(
                QRectF(number.right() - width, number.bottom() - 4.5, width, 2), QColor(colours.focus)
            )
        mark_area = QRectF(number.right() + 5, area.center().y() - _MARK / 2, _MARK, _MARK)
        draw_mark(painter, day.state, mark_area, colours)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """All are of one size."""
        return _CELL


def _is_current(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_HasFocus)


def _in_month(month: date, number: int) -> date:
    """The day of a month that bears this number, or its last one."""
    return list(calendar_days.days_of(month))[min(number, len(list(calendar_days.days_of(month)))) - 1]
