"""Live progress of a task: what it does, how far it is, how long it still takes, and a way to stop it."""

from __future__ import annotations

import time

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QProgressBar

from facot_backups.events import Event
from facot_backups.ui.desktop.toolkit.basic import button, column, label, row
from facot_backups.ui.desktop.toolkit.progress_text import Progress
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark

_STEPS = 1000
_REFRESH_MS = 500


class ProgressCard(QFrame):
    """Hidden while nothing is under way.

    `cancelled`: the person wants it to stop. `under_way` says that something begins, or has ended.
    """

    cancelled = Signal()
    under_way = Signal(bool)

    def __init__(self, cancel_text: str = "Cancelar") -> None:
        super().__init__()
        mark(self, card=True)
        self.title = label("", "heading", wrap=False)
        self.left = label("", "muted", wrap=False)
        self.detail = label("", "muted", wrap=False)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progreso")
        self.cancel = button(cancel_text)
        self.cancel.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 12, 18, 12)
        layout.setSpacing(18)
        layout.addLayout(column(row(self.title, 1, self.left), self.bar, self.detail, spacing=8), 1)
        layout.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignVCenter)
        self._progress: Progress | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._show)
        self.hide()

    def begin(self, title: str) -> None:
        """Show that something begins; `title` until an event says more."""
        self._progress = Progress(title, time.monotonic())
        self.cancel.setEnabled(True)
        self._show()
        self._timer.start()
        self.under_way.emit(True)
        self.show()

    @slot
    def take(self, event: Event) -> None:
        """Show what an event says."""
        if self._progress is not None:
            self._progress.take(event, time.monotonic())
            self._show()

    def end(self) -> None:
        """Nothing is under way any more."""
        self._timer.stop()
        self._progress = None
        self.hide()
        self.under_way.emit(False)

    @slot
    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.title.setText("Cancelando…")
        self.left.clear()
        self._timer.stop()
        self._progress = None
        self.cancelled.emit()

    @slot
    def _show(self) -> None:
        if self._progress is None:
            return
        shown = self._progress.shown(time.monotonic())
        self.title.setText(shown.title)
        self.detail.setText(shown.detail)
        self.left.setText(shown.left)
        self.bar.setRange(0, 0 if shown.fraction is None else _STEPS)
        if shown.fraction is not None:
            self.bar.setValue(round(shown.fraction * _STEPS))
        self.setAccessibleName(" ".join(filter(None, (shown.title, shown.detail, shown.left))))
