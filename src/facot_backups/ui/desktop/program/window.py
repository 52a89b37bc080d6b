"""The program's own window, "Configuración", around the panel."""

from __future__ import annotations

from qtpy.QtCore import QRect, QSize, Qt, Signal
from qtpy.QtGui import QCloseEvent, QGuiApplication
from qtpy.QtWidgets import QWidget

from facot_backups.ui.desktop.habits import Place
from facot_backups.ui.desktop.overview.panel import BackupsPanel, mark_root
from facot_backups.ui.desktop.program.tray import badge
from facot_backups.ui.desktop.program.window_position import fitted
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.toolkit.basic import button, column, label, row, set_tip, set_title
from facot_backups.ui.desktop.toolkit.check import CheckBox
from facot_backups.ui.desktop.toolkit.fitted import opening_size
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.slots import slot

TITLE = "Configuración"
EXAMPLE = "Ejemplo: nada de esto es suyo"
EXAMPLE_TEXT = "Es un negocio inventado, y desaparece al salir. Pruebe lo que quiera."
_SIZE = QSize(1040, 820)


class Window(QWidget):
    """The panel, and a line below it: what the daily backup waits for, what closing does, and the way out.

    An `example` says so above the panel.

    Signals: `close_wanted` (somebody closes the window: nothing happens by itself), `leave_wanted` (the
    button «Salir») and `stay_changed` (the tick; it carries whether closing leaves the program running).
    """

    close_wanted = Signal()
    leave_wanted = Signal()
    stay_changed = Signal(bool)

    def __init__(self, session: Session, *, example: bool = False) -> None:
        super().__init__()
        set_title(self, f"{TITLE} (ejemplo)" if example else TITLE)
        self.setWindowIcon(badge("busy"))
        self.panel = BackupsPanel(session=session)
        self.status = label("", "small", selectable=True)
        self.stay = CheckBox("Al cerrar, seguir en segundo plano")
        set_tip(self.stay, "Con la ventana cerrada, el programa sigue haciendo el backup de cada día")
        self.leave = button("&Salir", "flat", tip="Terminar el programa")
        self.stay.toggled.connect(self._stay_changed)
        self.leave.clicked.connect(self._leave)
        self._may_close = False
        self.example = Notice(self.panel.theme)
        self.example.dismiss.hide()
        if example:
            self.example.tell("info", EXAMPLE, EXAMPLE_TEXT)
        layout = column(self.example, self.panel, row(self.status, self.stay, self.leave), spacing=10)
        layout.setStretch(1, 1)
        layout.setContentsMargins(16, 12, 16, 12)
        self.setLayout(layout)
        mark_root(self)
        self.panel.theme.dress(self)
        self.panel.theme.look_again()
        self.resize(opening_size(_SIZE, QGuiApplication.primaryScreen()))

    @property
    def place(self) -> Place:
        """Where it is, or would be if it did not fill a screen."""
        there = self.normalGeometry() if self.isMaximized() else self.geometry()
        return Place(there.x(), there.y(), there.width(), there.height(), self.isMaximized())

    def go_to(self, place: Place) -> None:
        """Go where it was, as far as the screens have that place."""
        wanted = QRect(place.x, place.y, place.width, place.height)
        self.setGeometry(fitted(wanted, [one.availableGeometry() for one in QGuiApplication.screens()]))
        if place.full:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    def come(self) -> None:
        """Come to the front, from wherever it is."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def show_stay(self, stay: bool) -> None:
        """Show what closing does; tells nobody."""
        before = self.stay.blockSignals(True)
        self.stay.setChecked(stay)
        self.stay.blockSignals(before)

    def close_for_good(self) -> None:
        """Close, whatever was decided about closing; also in the middle of an event of closing."""
        self._may_close = True
        self.hide()  # Qt closes nothing while it closes it
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Ask the program, unless the system is ending everything."""
        application = QGuiApplication.instance()
        if self._may_close or (isinstance(application, QGuiApplication) and application.isSavingSession()):
            event.accept()
            return
        event.ignore()
        self.close_wanted.emit()

    @slot
    def _stay_changed(self) -> None:
        self.stay_changed.emit(self.stay.isChecked())

    @slot
    def _leave(self) -> None:
        self.leave_wanted.emit()
