"""A notice: how something ended. It stays until it is closed or the next comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout

from facot_backups.ui.desktop.toolkit.basic import Picture, button, column, label
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.fitted import BoundedArea
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.theme import Theme, Tone
from facot_backups.ui.desktop.toolkit.words import NoticeLevel

_PICTURES: Mapping[NoticeLevel, tuple[str, Tone]] = {
    "ok": ("check", "success"),
    "info": ("info", "info"),
    "warning": ("alert", "warning"),
    "critical": ("alert", "error"),
}
# Five lines; what is longer scrolls, so that a window keeps room for the rest.
_TEXT_HEIGHT = 96


class Notice(QFrame):
    """Hidden until `tell`. One button may offer what can be done about it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.picture = Picture(theme, "info", "info", 24)
        self.title = label("", "heading")
        self.text = label(selectable=True)
        self._text_area = BoundedArea(self.text, _TEXT_HEIGHT)
        self.act = button("")
        self.dismiss = button("Cerrar", "flat", tip="Quitar este aviso")
        self.dismiss.clicked.connect(self.hide)
        self.act.clicked.connect(self._do)
        self._action: Callable[[], None] | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 8, 12)
        layout.setSpacing(12)
        layout.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(column(self.title, self._text_area, spacing=2), 1)
        layout.addWidget(self.act, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def tell(
        self,
        level: NoticeLevel,
        title: str,
        text: str = "",
        *,
        offer: tuple[str, Callable[[], None]] | None = None,
        dismiss: str = "Cerrar",
    ) -> None:
        """Show a notice; `offer` is the text of a button and what it does, `dismiss` that of the other."""
        mark(self, level=level)
        self.picture.show_picture(*_PICTURES[level])
        self.title.setText(title)
        self.text.setText(text)
        self._text_area.setVisible(bool(text))
        self._text_area.updateGeometry()
        self._action = offer[1] if offer is not None else None
        self.act.setVisible(offer is not None)
        if offer is not None:
            self.act.setText(offer[0])
            self.act.setAccessibleName(offer[0])
        self.dismiss.setText(dismiss)
        self.dismiss.setAccessibleName(dismiss)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.show()

    def tell_failure(self, failure: Failure, offer: tuple[str, Callable[[], None]] | None = None) -> None:
        """Show why something failed, or that it was stopped."""
        level: NoticeLevel = "info" if failure.stopped else "critical"
        self.tell(level, failure.title, "\n".join(filter(None, (failure.text, failure.remedy))), offer=offer)

    @slot
    def _do(self) -> None:
        action, self._action = self._action, None
        self.hide()
        if action is not None:
            action()
