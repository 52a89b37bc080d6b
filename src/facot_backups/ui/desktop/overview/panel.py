"""`BackupsPanel`: FACOT's section "Backups y Firebase", whole, in one widget."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtGui import QHideEvent, QResizeEvent, QShowEvent
from qtpy.QtWidgets import QBoxLayout, QFrame, QGridLayout, QGroupBox, QScrollArea, QVBoxLayout, QWidget

from facot_backups.ui.desktop.backups.detail_texts import EMPTY_TEXT
from facot_backups.ui.desktop.documents.search_window import SearchBox
from facot_backups.ui.desktop.overview.actions import PANEL_ACTIONS, show_firebase, show_settings
from facot_backups.ui.desktop.overview.backup_task import Made, back_up
from facot_backups.ui.desktop.overview.calendar import CalendarCard
from facot_backups.ui.desktop.overview.calendar_days import calendar_of
from facot_backups.ui.desktop.overview.chart import ChartCard
from facot_backups.ui.desktop.overview.chart_scale import points_of
from facot_backups.ui.desktop.overview.list_view import BackupList
from facot_backups.ui.desktop.overview.state_card import StateCard
from facot_backups.ui.desktop.overview.state_texts import FIRST, Standing, standing, unreadable
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.snapshot import Overview, fold_hints, overview
from facot_backups.ui.desktop.texts.collection import error_said
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import button, column, row, set_tip
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.fitted import IfRoom
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.theme import Choice
from facot_backups.ui.desktop.toolkit.worker import Job
from facot_backups.ui.desktop.window import Host, RestoreWish

# Less than this it cannot be; this shows it all.
_SMALLEST, _ENOUGH = QSize(600, 360), QSize(1000, 720)
# With less height than this, and at least this width, the list is beside the calendar, not below.
_HIGH, _WIDE = 620, 920
_ANY = 16_777_215  # Qt's own word for no limit
_CREATE_TIP = "Guardar ahora una copia de todos los datos"
# Room for the state, and for the progress in its place.
_STATE_HEIGHT = 88
# How often a panel that is seen looks again.
_LOOK_MS = 60_000


class BackupsPanel(Host):
    """How the backups stand, one button to make one, and the list of them.

    Needs no arguments: the settings are those that count where the program runs. `session` stands for
    another world (tests, the demonstration). `theme`: `sistema`, `claro` or `oscuro`, None for what the
    settings say. Nothing is read until the panel is shown, and never on the GUI thread.

    While it is `preparing` it does not look: what there is to see is being made.

    `overview_changed` carries an `Overview` after each look, `standing_changed` the `Standing` that the card
    shows; `backup_ended` whether a complete backup was made. The other signals are a `Host`'s.
    """

    standing_changed = Signal(object)

    def __init__(
        self, parent: QWidget | None = None, *, session: Session | None = None, theme: Choice | None = None
    ) -> None:
        super().__init__(parent, session or Session(), theme or "sistema")
        self._theme_is_given = theme is not None
        self._backup: Job | None = None
        # Who has the keyboard while «Crear backup ahora», which was pressed with it, cannot be pressed.
        self._waiting: QWidget | None = None
        self._looking = False
        self._connected = True
        # What the last backup failed of, and how everything stood then.
        self._told: tuple[Failure, Overview | None] | None = None
        self.preparing = False
        self._build()
        self.restore_wanted.connect(self._restore)
        self.look_wanted.connect(self.look)
        self.backup_wanted.connect(self.back_up)
        mark_root(self)
        self.theme.dress(self)
        self.theme.changed.connect(self._dress_buttons)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    # --- the parts ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.card = StateCard(self.theme)
        self.create_button = button("&Crear backup ahora", "primary", tip=_CREATE_TIP)
        self.folder_button = button("&Abrir carpeta de backups", tip="Ver los archivos de los backups")
        self.create_button.clicked.connect(self.back_up)
        self.folder_button.clicked.connect(self._open_backups)
        self.search = SearchBox(self.theme, self)
        self.search.wanted.connect(self._open_search)
        self._more = [(action, button(action.text, "flat", tip=action.tip)) for action in PANEL_ACTIONS]
        for action, one in self._more:
            one.setObjectName(action.name)
            mark(one, toolbar=True)
            one.clicked.connect(slot(lambda do=action.do: do(self)))
        self.progress = ProgressCard()
        self.progress.cancelled.connect(self.cancel)
        self.calendar = CalendarCard(self.theme)
        self.chart = ChartCard(self.theme)
        self.list = BackupList(self)
        self.calendar.day_chosen.connect(self._show_day)
        self.chart.point_chosen.connect(self._show_backup)
        self.list.all_wanted.connect(self._show_all)
        self.card.hints_folded.connect(self._fold_hints)
        self.card.losses_wanted.connect(self._open_losses)
        self.card.connect_wanted.connect(self._connect)
        self._lay_out()
        self._dress_buttons()

    def _lay_out(self) -> None:
        body = QWidget()
        self._buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._buttons.setSpacing(4)
        self._first = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._first.setSpacing(8)
        self._first.addLayout(row(self.create_button, self.folder_button, spacing=8))
        self._first.addWidget(self.search, 1)
        self._buttons.addLayout(self._first)
        self._buttons.addLayout(row(*(one for _, one in self._more), 1, spacing=0))
        self.days = QWidget()
        self._days = row(self.calendar)
        self._days.addWidget(IfRoom(self.chart), 1)
        self._days.setContentsMargins(0, 0, 0, 0)
        self.days.setLayout(self._days)
        self.days.hide()
        self._lower = column(self.days)
        self._lower.addWidget(self.list, 1)
        inside = column(self._state(), self._buttons, self.notice, spacing=10)
        inside.addLayout(self._lower, 1)
        inside.setContentsMargins(0, 0, 0, 0)
        body.setLayout(inside)
        group = QGroupBox("Backups y Firebase")
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(body)
        around = QVBoxLayout(group)
        around.setContentsMargins(2, 0, 2, 0)
        around.addWidget(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(group)
        self.setMinimumSize(_SMALLEST)

    def _state(self) -> QWidget:
        """The card, or in its place how far a backup is: what is below stays where it is."""
        place = QWidget()
        both = QGridLayout(place)
        both.setContentsMargins(0, 0, 0, 0)
        self.card.setMinimumHeight(_STATE_HEIGHT)
        both.addWidget(self.card, 0, 0)
        both.addWidget(self.progress, 0, 0)
        self.progress.under_way.connect(self._cover)
        return place

    @slot
    def _cover(self, covered: bool) -> None:
        if covered:
            self.progress.setMinimumHeight(self.card.height())
        self.card.setHidden(covered)

    @slot
    def _dress_buttons(self) -> None:
        self.create_button.setIcon(self.theme.icon("box", "on_primary"))
        self.folder_button.setIcon(self.theme.icon("folder"))
        for one in (self.create_button, self.folder_button):
            one.setIconSize(QSize(20, 20))
        for action, one in self._more:
            one.setIcon(self.theme.icon(action.icon))

    # --- how it stands -----------------------------------------------------------------------------------

    @slot
    def look(self) -> None:
        """Look how everything stands, off the GUI thread."""
        if self._looking or self.preparing:
            return
        self._looking = True
        self.jobs.start(
            lambda emit, stop: overview(self.session, emit, stop),
            done=self._looked,
            failed=self._not_looked,
            ended=self._look_ended,
        )

    def _looked(self, found: Overview) -> None:
        if self.overview is None:
            self.card.folded = found.hints_folded
        self.overview = found
        if self._told is not None and self.notice.title.text() == self._told[0].title and self._mended(found):
            self.notice.hide()
            self._told = None
        if not self._theme_is_given:
            self.theme.choice = found.theme
        self._show_standing(standing(found))
        self.list.show_rows(found)
        if found.rows:
            self.calendar.show_calendar(calendar_of(found))
            self.chart.show_points(points_of(found))
        self.days.setVisible(bool(found.rows))
        self.overview_changed.emit(found)

    def _mended(self, found: Overview) -> bool:
        """Whether what a failed backup told is no longer so: there is a newer one, or its cause is gone."""
        assert self._told is not None
        failure, before = self._told
        last = found.health.last_backup
        then = before.health.last_backup if before is not None else None
        newer = last is not None and (then is None or last.read_time > then.read_time)
        codes = {finding.code for finding in found.health.findings}
        gone = "create" in failure.offers and "folder_unusable" not in codes
        first = failure.title == FIRST.title and found.connected
        return newer or gone or first

    def _not_looked(self, failure: Failure) -> None:
        if not failure.stopped:
            self._show_standing(unreadable(failure))

    def _show_standing(self, found: Standing) -> None:
        self.card.show_standing(found)
        self._connected = not found.connect
        self._enable()
        self.standing_changed.emit(found)

    def _enable(self) -> None:
        if not self._connected and self.create_button.hasFocus():
            self.card.connect_button.setFocus()
        self.create_button.setEnabled(self._connected and self.progress.isHidden())
        set_tip(self.create_button, _CREATE_TIP if self._connected else "Primero, conecte su Firebase")

    def _look_ended(self) -> None:
        self._looking = False

    # --- days and hints -----------------------------------------------------------------------------------

    @slot
    def _show_day(self, day: date | None) -> None:
        self.list.show_day(day)
        self.area.ensureWidgetVisible(self.list, 0, 0)

    @slot
    def _show_all(self) -> None:
        self.calendar.choose(None)

    @slot
    def _show_backup(self, name: str) -> None:
        self.calendar.choose(None)
        self.list.show_day(None)
        self.list.choose(name)

    @slot
    def _fold_hints(self, folded: bool) -> None:
        self.jobs.start(lambda emit, stop: fold_hints(folded))

    # --- a backup ----------------------------------------------------------------------------------------

    @slot
    def back_up(self) -> None:
        """Make a backup now, with live progress; nothing if one is under way."""
        self._back_up()

    def _back_up(self, *, create: bool = False, adopt_source: bool = False) -> None:
        if self._backup is not None:
            return
        self.notice.hide()
        asked = self.create_button.hasFocus()
        self.create_button.setEnabled(False)
        # A button that cannot be pressed loses the keyboard to the next one; it gets it back.
        self._waiting = self.focusWidget() if asked else None
        self.progress.begin("Empezando…")
        self._backup = self.jobs.start(
            lambda emit, stop: back_up(self.session, emit, stop, create=create, adopt_source=adopt_source),
            event=self.progress.take,
            done=self._made,
            failed=self._failed,
            ended=self._backup_ended,
        )

    @slot
    def cancel(self) -> None:
        """Stop the backup that is under way; nothing half done is left."""
        if self._backup is not None:
            self._backup.cancel()

    def _made(self, made: Made) -> None:
        how_much = f"{words.holding(made.documents, made.nested)}, {words.size(made.size_bytes)}"
        said = f"{how_much}, en {words.duration(made.seconds)}."
        if made.complete and not made.documents:
            self.notice.tell("warning", "El backup está vacío", EMPTY_TEXT)
        elif made.complete:
            self.notice.tell("ok", "Backup completado", said)
        else:
            self.notice.tell(
                "warning", "El backup quedó incompleto", "\n".join((*map(error_said, made.errors), said))
            )
        self.backup_ended.emit(made.complete)

    def _failed(self, failure: Failure) -> None:
        self.notice.tell_failure(failure, self._offer(failure))
        self._told = (failure, self.overview)
        self.backup_ended.emit(False)

    def _offer(self, failure: Failure) -> tuple[str, Callable[[], None]] | None:
        if "create" in failure.offers:
            return "Empezar de nuevo aquí", lambda: self._back_up(create=True)
        if "adopt" in failure.offers:
            return "Guardar aquí la otra base", lambda: self._back_up(adopt_source=True)
        if "firebase" in failure.offers:
            return "Conectar Firebase", lambda: show_firebase(self)
        if "settings" in failure.offers:
            return "Abrir los ajustes", lambda: show_settings(self)
        return None

    def _backup_ended(self) -> None:
        self._backup = None
        self.progress.end()
        self._enable()
        if self._waiting is not None and self._waiting.hasFocus():
            self.create_button.setFocus()
        self.look()

    # --- what it opens -----------------------------------------------------------------------------------

    @slot
    def _open_backups(self) -> None:
        if self.overview is not None:
            self.open_folder(self.overview.folder)

    @slot
    def _connect(self) -> None:
        show_firebase(self)

    @slot
    def _open_search(self, text: str) -> None:
        from facot_backups.ui.desktop.documents.search_window import open_search

        open_search(self, text)

    @slot
    def _open_losses(self) -> None:
        from facot_backups.ui.desktop.backups.losses_window import open_losses

        open_losses(self)

    @slot
    def _restore(self, wish: RestoreWish) -> None:
        from facot_backups.ui.desktop.restore.window import open_restore

        open_restore(self, wish.backup, wish.collections, wish.documents)

    # --- Qt's events -------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:  # noqa: N802
        """All of it, without scrolling."""
        return _ENOUGH

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The buttons take one line or two; where it is low and wide, the list goes beside the calendar."""
        super().resizeEvent(event)
        self._place_parts()

    def _place_parts(self) -> None:
        bar = self.area.verticalScrollBar().sizeHint().width()  # a longer notice may bring it
        width, direction = self.area.width() - bar, QBoxLayout.Direction
        for box in (self._first, self._buttons):  # the inner one first: the other's need is by how it lies
            box.setDirection(direction.LeftToRight)
            box.setDirection(
                direction.LeftToRight if box.sizeHint().width() <= width else direction.TopToBottom
            )
        room = self.area.viewport().size()
        beside = room.width() >= _WIDE and room.height() < _HIGH
        self._lower.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        self._days.setDirection(direction.TopToBottom if beside else direction.LeftToRight)
        self.days.setMaximumWidth(self.calendar.width() if beside else _ANY)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Look at once, and every minute while it is seen."""
        super().showEvent(event)
        self.theme.look_again()
        self._place_parts()
        self._timer.start()
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Look no more."""
        self._timer.stop()
        super().hideEvent(event)


def mark_root(widget: QWidget) -> None:
    """Let `widget` have the style sheet's background."""
    widget.setProperty("root", True)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
