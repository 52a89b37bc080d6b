"""How the panel looks: FACOT's palette, light and dark, as a style sheet and a palette of Qt's."""

from __future__ import annotations

import weakref
from typing import Literal, TypeAlias

from qtpy.compat import isalive
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QColor, QGuiApplication, QIcon, QPalette
from qtpy.QtWidgets import QApplication, QWidget

from facot_backups.ui.desktop.toolkit import icons
from facot_backups.ui.desktop.toolkit.colours import DARK, LIGHT, Colours
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import style_sheet

Choice: TypeAlias = Literal["sistema", "claro", "oscuro"]
Tone: TypeAlias = Literal["text", "muted", "primary", "on_primary", "success", "warning", "error", "info"]


class Theme(QObject):
    """The look of a root widget and of all windows that it opens; `changed` when light turns to dark.

    `choice`: `claro`, `oscuro`, or `sistema`: what the program around the panel has, else what the system
    tells.
    """

    changed = Signal()

    def __init__(self, root: QWidget, choice: Choice = "sistema") -> None:
        super().__init__(root)
        self._root = root
        self._choice: Choice = choice
        self._dressed: weakref.WeakSet[QWidget] = weakref.WeakSet()
        self.colours = self._wanted()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self.look_again)

    @property
    def choice(self) -> Choice:
        """What was chosen; it may be assigned."""
        return self._choice

    @choice.setter
    def choice(self, choice: Choice) -> None:
        self._choice = choice
        self.look_again()

    def dress(self, widget: QWidget) -> None:
        """Give a window (or the panel) the look, now and after each change."""
        self._dressed.add(widget)
        self._put_on(widget)

    def icon(self, name: str, tone: Tone = "text") -> QIcon:
        """One of our pictures in a colour of the look."""
        return icons.icon(name, getattr(self.colours, tone), self.colours.muted)

    @slot
    def look_again(self) -> None:
        """Take over what the program or the system has now."""
        wanted = self._wanted()
        if wanted != self.colours:
            self.colours = wanted
            # Qt may have destroyed a window that Python still knows.
            for widget in [one for one in self._dressed if isalive(one)]:  # type: ignore[no-untyped-call]
                self._put_on(widget)
            self.changed.emit()

    def _put_on(self, widget: QWidget) -> None:
        widget.setPalette(palette(self.colours))
        widget.setStyleSheet(style_sheet(self.colours))

    def _wanted(self) -> Colours:
        if self._choice != "sistema":
            return DARK if self._choice == "oscuro" else LIGHT
        host = self._root.parentWidget()
        # At home in the program around us, whatever the system has; a window of ours is no such program.
        if host is not None and host not in self._dressed:
            return _like(host.palette())
        told = QGuiApplication.styleHints().colorScheme()
        if told == Qt.ColorScheme.Unknown:
            return _like(QApplication.palette())
        return DARK if told == Qt.ColorScheme.Dark else LIGHT


def _like(found: QPalette) -> Colours:
    return DARK if found.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def palette(colours: Colours) -> QPalette:
    """Qt's own palette in these colours, for what a style sheet does not reach."""
    made = QPalette()
    role = QPalette.ColorRole
    for where, colour in {
        role.Window: colours.background,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.alternate,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.surface,
        role.ButtonText: colours.text,
        role.Highlight: colours.selection,
        role.HighlightedText: colours.on_selection,
        role.ToolTipBase: colours.surface,
        role.ToolTipText: colours.text,
        role.Link: colours.focus if colours.dark else colours.primary,
        role.Mid: colours.border,
    }.items():
        made.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, where, QColor(colours.muted))
    return made
