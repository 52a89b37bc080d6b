"""Labels, buttons and pictures as the style sheet knows them.

All text is shown as it is. The calls of Qt's that could take it for HTML are made here alone (a test checks).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSystemTrayIcon,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from facot_backups.ui.desktop.toolkit import icons, words
from facot_backups.ui.desktop.toolkit.theme import Theme, Tone

Role: TypeAlias = Literal["title", "heading", "text", "muted", "small"]
Look: TypeAlias = Literal["plain", "primary", "flat", "danger"]

SPACE = 12


class PlainLabel(QLabel):
    """A label that shows its text as it is: what somebody else wrote is never taken for HTML."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


def set_tip(widget: QWidget | QSystemTrayIcon, text: str) -> None:
    """Give `widget` a tool tip, of the text as it is; "" for none."""
    widget.setToolTip(words.plain(text))


def show_tip(place: QPoint, text: str, widget: QWidget) -> None:
    """Show a tool tip of `widget` at once, at a place of the screen."""
    QToolTip.showText(place, words.plain(text), widget)


def set_title(window: QWidget, text: str) -> None:
    """Give `window` its title, of the text as it is: also `[*]`, which is Qt's mark of a changed document."""
    window.setWindowTitle(words.plain(text).replace("[*]", "[*][*]"))


def label(text: str = "", role: Role = "text", *, wrap: bool = True, selectable: bool = False) -> PlainLabel:
    """A label for a layout, in the look of `role`."""
    made = PlainLabel(text)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    if wrap:  # else a layout takes its longest line for its width
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)  # else it is given the height of a wider one, and cut
        made.setSizePolicy(policy)
    if selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return made


def button(text: str, look: Look = "plain", *, tip: str = "") -> QPushButton:
    """A button. An `&` in `text` gives its letter for the keyboard."""
    made = QPushButton(text)
    made.setAutoDefault(False)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if look != "plain":
        made.setProperty(look, True)
    made.setAccessibleName(text.replace("&", ""))
    if tip:
        set_tip(made, tip)
        made.setAccessibleDescription(tip)
    return made


class Picture(PlainLabel):
    """One of our pictures, sharp on any screen, in the colour of a tone that may change."""

    def __init__(self, theme: Theme, name: str, tone: Tone, size: int = 24) -> None:
        super().__init__()
        self._theme, self._size = theme, size
        self.setFixedSize(QSize(size, size))
        self.show_picture(name, tone)
        theme.changed.connect(self._paint)

    def show_picture(self, name: str, tone: Tone) -> None:
        """Show another one."""
        self._name, self._tone = name, tone
        self._paint()

    def _paint(self) -> None:
        colour = getattr(self._theme.colours, self._tone)
        self.setPixmap(icons.pixmap(self._name, colour, self._size, self.devicePixelRatioF()))


def row(*parts: QWidget | int, spacing: int = SPACE) -> QHBoxLayout:
    """Widgets side by side; a number is a stretch."""
    made = QHBoxLayout()
    made.setSpacing(spacing)
    for part in parts:
        if isinstance(part, int):
            made.addStretch(part)
        else:
            made.addWidget(part)
    return made


def column(*parts: QWidget | QBoxLayout | int, spacing: int = SPACE) -> QVBoxLayout:
    """Widgets and rows one below the other; a number is a stretch."""
    made = QVBoxLayout()
    made.setSpacing(spacing)
    for part in parts:
        if isinstance(part, int):
            made.addStretch(part)
        elif isinstance(part, QWidget):
            made.addWidget(part)
        else:
            made.addLayout(part)
    return made
