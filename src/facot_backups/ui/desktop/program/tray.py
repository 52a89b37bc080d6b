"""The icon beside the clock: how the backups stand, and the three things that one wants there."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from facot_backups.ui.desktop.overview.state_texts import Level, Standing
from facot_backups.ui.desktop.toolkit import icons, words
from facot_backups.ui.desktop.toolkit.basic import set_tip
from facot_backups.ui.desktop.toolkit.colours import LIGHT
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.theme import Theme

NAME = "FACOT Backups"
# The picture tells the state too, for who does not see the colour.
_BADGES: Mapping[Level, tuple[str, str]] = {
    "ok": ("shield-check", "#0f9d6c"),
    "warning": ("shield-alert", "#b45309"),
    "critical": ("shield-cross", "#dc2626"),
    "busy": ("shield", LIGHT.primary),
}


def badge(level: Level) -> QIcon:
    """The picture for a state, on its colour."""
    return icons.badge(*_BADGES[level])


def _unmarked(text: str) -> str:
    """`text` for a message of the desktop's: some take `<` for markup, pictures and links included."""
    return text.replace("<", "‹")


class Tray(QObject):
    """Signals: `opened`, `wanted` (a backup now) and `left` (end the program). Harmless without a tray."""

    opened = Signal()
    wanted = Signal()
    left = Signal()

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        self._standing: Standing | None = None
        self._working = ""
        self.menu = QMenu(window)
        self.state = self.menu.addAction("")
        self.state.setEnabled(False)
        self.menu.addSeparator()
        self.back_up = self.menu.addAction("Crear backup ahora")
        self.open = self.menu.addAction("Abrir")
        self.menu.addSeparator()
        self.leave = self.menu.addAction("Salir")
        self.icon = QSystemTrayIcon(badge("busy"), self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self.icon.messageClicked.connect(self.opened)
        self.back_up.triggered.connect(self._wanted)
        self.open.triggered.connect(self._opened)
        self.leave.triggered.connect(self._left)
        theme.dress(self.menu)
        theme.changed.connect(self._dress)
        self._dress()
        self._show()
        self.icon.show()

    @property
    def available(self) -> bool:
        """Whether the system has a place for it at this moment."""
        return QSystemTrayIcon.isSystemTrayAvailable() and self.icon.isVisible()

    def show_standing(self, standing: Standing) -> None:
        """Show how everything stands."""
        self._standing = standing
        self._show()

    def show_working(self, text: str) -> None:
        """Show that something is under way; "" for no more."""
        self._working = text
        self.back_up.setEnabled(not text)
        self._show()

    def tell(self, title: str, text: str, level: Level) -> None:
        """A message of the system's, for a window that nobody sees."""
        self.icon.showMessage(_unmarked(title), _unmarked(text), badge(level))

    def hide(self) -> None:
        """Take it away."""
        self.icon.hide()

    def _show(self) -> None:
        standing = self._standing
        title = self._working or (
            standing.title if standing is not None else "Mirando cómo están los backups…"
        )
        level: Level = "busy" if self._working or standing is None else standing.level
        self.icon.setIcon(badge(level))
        self.state.setText(words.literal(title))
        lines = [f"{NAME}: {title}"]
        if standing is not None and not self._working:
            lines += [part for part in (standing.text, standing.next) if part]
        set_tip(self.icon, "\n".join(lines))

    @slot
    def _dress(self) -> None:
        icon = self._theme.icon
        for action, name in ((self.back_up, "box"), (self.open, "shield"), (self.leave, "stop")):
            action.setIcon(icon(name))

    @slot
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason != QSystemTrayIcon.ActivationReason.Context:
            self.opened.emit()

    @slot
    def _wanted(self) -> None:
        self.wanted.emit()

    @slot
    def _opened(self) -> None:
        self.opened.emit()

    @slot
    def _left(self) -> None:
        self.left.emit()
