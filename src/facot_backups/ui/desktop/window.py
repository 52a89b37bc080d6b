"""`ViewWindow`: what every window beside the panel has in common; `Host`: what it sees of the panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qtpy.compat import isalive
from qtpy.QtCore import QSize, Qt, QUrl, Signal
from qtpy.QtGui import QDesktopServices, QKeyEvent
from qtpy.QtWidgets import QDialog, QLayout, QPushButton, QVBoxLayout, QWidget

from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.snapshot import Overview
from facot_backups.ui.desktop.toolkit.basic import SPACE, set_title
from facot_backups.ui.desktop.toolkit.fitted import opening_size
from facot_backups.ui.desktop.toolkit.form import scrolled
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.theme import Choice, Theme
from facot_backups.ui.desktop.toolkit.worker import Jobs

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class RestoreWish:
    """What a person wants back from a backup: all of it, or only these root collections and documents.

    `documents` are paths (collection, id, …), each with all below it. `Host.restore_wanted` carries it.
    """

    backup: str
    collections: tuple[str, ...] = ()
    documents: tuple[tuple[str, ...], ...] = ()


class Host(QWidget):
    """The widget that opens windows beside itself, and does what they want.

    `overview` is the last look, None before the first; `overview_changed` carries each. `backup_ended` says
    whether a complete backup was made. The others come from windows: `look_wanted` and `backup_wanted` ask
    for just that, `restore_wanted` carries a `RestoreWish`, `settings_changed` says that a person saved some.
    """

    overview_changed = Signal(object)
    backup_ended = Signal(bool)
    look_wanted = Signal()
    backup_wanted = Signal()
    restore_wanted = Signal(object)
    settings_changed = Signal()

    def __init__(self, parent: QWidget | None, session: Session, theme: Choice) -> None:
        super().__init__(parent)
        self.session = session
        self.theme = Theme(self, theme)
        self.jobs = Jobs(self)
        self.notice = Notice(self.theme)
        self.overview: Overview | None = None
        self._views: dict[str, ViewWindow] = {}

    def open_folder(self, folder: Path) -> None:
        """Show `folder` in the system's file manager; where that cannot be, say the path."""
        if not folder.is_dir():
            self.notice.tell(
                "info", "La carpeta todavía no existe", f"Se creará con el primer backup:\n{folder}"
            )
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.notice.tell(
                "info",
                "Los backups están en esta carpeta",
                f"{folder}\nEn este equipo no se puede abrir desde aquí.",
            )

    def open_view(self, key: str, make: Callable[[], ViewWindow]) -> ViewWindow:
        """Show the window `key`, made by `make` unless it is open already."""
        self._views = {name: one for name, one in self._views.items() if _is_open(one)}
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = make()
        view.show()
        view.raise_()
        view.activateWindow()
        return view


class ViewWindow(QDialog):
    """A window beside its host, not modal: nothing ever waits for it. It goes when it is closed.

    `panel` is the host, whose `session` and `theme` it has; `jobs` are the window's own tasks, which are
    asked to stop when it goes. Open it with `Host.open_view`. It opens no larger than the screen of its host;
    what is in it scrolls where that is too little.
    """

    def __init__(self, panel: Host, title: str, size: QSize | None = None) -> None:
        super().__init__(panel)
        self.panel, self.session, self.theme = panel, panel.session, panel.theme
        self.jobs = Jobs(self)
        # Whether it was closed, and goes as soon as Qt comes to it.
        self.closing = False
        set_title(self, title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.resize(opening_size(size or QSize(900, 640), panel.screen()))
        self.theme.dress(self)

    def fill(self, content: QVBoxLayout, *below: QLayout) -> None:
        """Give the window its content, which scrolls where it is too high; what is `below` is always seen."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 14, 18)
        layout.setSpacing(SPACE)
        layout.addWidget(scrolled(content))
        for one in below:
            one.setContentsMargins(0, 0, 8, 0)
            layout.addLayout(one)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter presses the button that has the keyboard; Qt would press the default one instead."""
        here = self.focusWidget()
        if event.key() in _ENTER and isinstance(here, QPushButton):
            here.click()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Closing asks the tasks to stop; also Esc comes here."""
        self.closing = True
        self.jobs.cancel()
        super().done(result)


def _is_open(view: ViewWindow) -> bool:
    """Whether a window is there, and stays. Its `destroyed` cannot tell: worker.py, `_owners`, says why."""
    return bool(isalive(view)) and not view.closing  # type: ignore[no-untyped-call]
