"""What forms are made of: sections, lines that tell how something is, the keyboard kept."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QRadioButton, QScrollArea, QVBoxLayout, QWidget

from facot_backups.ui.desktop.toolkit.basic import Picture, label
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.theme import Theme, Tone

_PICTURES: Mapping[str, tuple[str, Tone]] = {
    "ok": ("check", "success"),
    "info": ("info", "info"),
    "warning": ("alert", "warning"),
    "critical": ("alert", "error"),
}


class StatusLine(QWidget):
    """A picture and a sentence, hidden while there is nothing to say."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.picture = Picture(theme, "info", "info", 18)
        self.text = label("", selectable=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.text, 1)
        self.level = ""
        self.hide()

    def tell(self, level: str, text: str) -> None:
        """Say something: `ok`, `info`, `warning` or `critical`; nothing for ""."""
        self.level = level if text else ""
        self.picture.show_picture(*_PICTURES[level])
        self.text.setText(text)
        mark(self.text, role="error" if level == "critical" else "text")
        self.setVisible(bool(text))


class Section(QFrame):
    """A card with a heading."""

    def __init__(self, heading: str, *parts: QWidget) -> None:
        super().__init__()
        self.setProperty("card", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 18)
        layout.setSpacing(14)
        layout.addWidget(label(heading, "heading", wrap=False))
        for part in parts:
            layout.addWidget(part)


class OneOf(QButtonGroup):
    """Radio buttons of which one is chosen: Tab comes to that one, the arrows to the others.

    Qt lets Tab come to each until one had the keyboard, and then to that one alone, chosen or not.
    """

    def __init__(self, parent: QWidget, *choices: QRadioButton) -> None:
        super().__init__(parent)
        for one in choices:
            self.addButton(one)
        self.buttonToggled.connect(self._let_tab_come)

    @slot
    def _let_tab_come(self) -> None:
        chosen = self.checkedButton()
        for one in self.buttons():
            come = chosen is None or one is chosen
            one.setFocusPolicy(Qt.FocusPolicy.StrongFocus if come else Qt.FocusPolicy.ClickFocus)


class FocusKeeper:
    """Gives the keyboard back to what had it before a window was disabled for a while."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._had: QWidget | None = None
        self._able = True

    def note(self, able: bool) -> None:
        """To be called before the window is enabled, or not."""
        if self._able and not able:
            self._had = self._window.focusWidget()

    def give_back(self, able: bool) -> None:
        """To be called after it."""
        if able and not self._able and self._had is not None and isalive(self._had):  # type: ignore[no-untyped-call]
            self._had.setFocus()
        self._able = able


def scrolled(layout: QVBoxLayout) -> QScrollArea:
    """`layout` in an area that scrolls up and down where the window is too low for it."""
    inside = QWidget()
    layout.setContentsMargins(0, 0, 8, 0)
    inside.setLayout(layout)
    area = QScrollArea()
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    return area
