"""`ViewWindow`: what every window that the panel opens has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QDialog

from facot_backups.faces.desktop.worker import Jobs

if TYPE_CHECKING:
    from facot_backups.faces.desktop.panel import BackupsPanel


class ViewWindow(QDialog):
    """A window beside the panel, not modal: nothing ever waits for it. It goes when it is closed.

    `panel`, `session`, `theme` are those of the panel; `jobs` are the window's own tasks, which are asked to
    stop when it goes. Open it with `BackupsPanel.open_view`.
    """

    def __init__(self, panel: BackupsPanel, title: str, size: QSize | None = None) -> None:
        super().__init__(panel)
        self.panel, self.session, self.theme = panel, panel.session, panel.theme
        self.jobs = Jobs(self)
        # Whether it was closed, and goes as soon as Qt comes to it.
        self.closing = False
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.resize(size or QSize(900, 640))
        self.theme.dress(self)

    def done(self, result: int) -> None:
        """Closing asks the tasks to stop; also Esc comes here."""
        self.closing = True
        self.jobs.cancel()
        super().done(result)
