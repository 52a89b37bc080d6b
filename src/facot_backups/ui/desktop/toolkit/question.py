"""A question beside a window, which goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QLayout, QVBoxLayout, QWidget

from facot_backups.ui.desktop.toolkit.basic import Look, button, column, label, row
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.theme import Theme

# Of its text, in pixels.
_WIDTH = 480


class Question(QDialog):
    """A few words and some buttons, the last of which Enter presses.

    `answers`: the text and look of each button, and what it does; Esc and closing do nothing.
    """

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        title: str,
        text: str,
        answers: Sequence[tuple[str, Look, Callable[[], None]]],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(parent.window().windowTitle())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title, self.text = label(title, "title"), label(text)
        self.buttons = [button(words, look) for words, look, _ in answers]
        for one, (_, _, do) in zip(self.buttons, answers, strict=True):
            one.clicked.connect(slot(lambda do=do: self._answer(do)))
        self.buttons[-1].setDefault(True)
        self.buttons[-1].setFocus()
        layout: QVBoxLayout = column(self.title, self.text, row(1, *self.buttons), spacing=14)
        layout.setContentsMargins(24, 20, 24, 20)
        self.setLayout(layout)
        self.text.setFixedWidth(_WIDTH)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        theme.dress(self)
        self.text.ensurePolished()  # else its height is that of another font, and the text is cut
        self.text.setFixedHeight(self.text.heightForWidth(_WIDTH))

    def _answer(self, do: Callable[[], None]) -> None:
        self.close()
        do()
