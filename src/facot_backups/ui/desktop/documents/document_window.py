"""One document of a backup as a tree, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, Signal
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

from facot_backups.ui.desktop.documents import printed
from facot_backups.ui.desktop.documents.browse_task import DocumentView, open_document
from facot_backups.ui.desktop.documents.document_tree import document_tree
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.document import Node
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import button, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.page import Page
from facot_backups.ui.desktop.toolkit.printing import Printing
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.toolkit.tables import tree
from facot_backups.ui.desktop.toolkit.worker import Job
from facot_backups.ui.desktop.window import RestoreWish

if TYPE_CHECKING:
    from facot_backups.ui.desktop.window import ViewWindow

# Trees with so few lines are shown open.
_SHORT = 60


class DocumentPane(QWidget):
    """Shows a document of the backup `name`. `followed` carries the path that a reference points to."""

    followed = Signal(object)

    def __init__(self, window: ViewWindow, name: str) -> None:
        super().__init__()
        self._window, self._name = window, name
        self.document: DocumentView | None = None
        self._wanted: tuple[str, ...] | None = None
        self._job: Job | None = None
        self.title = label("", "heading")
        self.text = label("Elija un documento de la lista.", "muted", selectable=True)
        self.history_button = button("&Historia", "flat", tip="Cuándo apareció, cambió o se borró")
        self.copy_button = button("Copiar", "flat", tip="Copiar el documento como texto")
        self.restore_button = button(
            "R&estaurar…", "flat", tip="Devolver a Firestore este documento y lo de dentro"
        )
        self.history_button.clicked.connect(self.open_history)
        self.copy_button.clicked.connect(self.copy)
        self.restore_button.clicked.connect(self._restore)
        self.notice = Notice(window.theme)
        self.printing = Printing(self.notice, self._page)
        self.model = document_tree(window.theme, self)
        self.tree = tree(self.model, "Campos del documento", {0: 185, 2: 88}, stretch=1)
        self.tree.activated.connect(self._activate)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        self._buttons = (self.history_button, self.restore_button, self.printing.button, self.copy_button)
        layout.addLayout(row(*self._buttons, 1, spacing=0))
        layout.addWidget(self.notice)
        layout.addWidget(self.tree, 1)
        window.theme.changed.connect(self._dress)
        self._dress()
        self._enable()

    @slot
    def _dress(self) -> None:
        icon = self._window.theme.icon
        self.history_button.setIcon(icon("history"))
        self.copy_button.setIcon(icon("copy"))
        self.restore_button.setIcon(icon("restore"))
        self.printing.button.setIcon(icon("printer"))

    def open(self, path: tuple[str, ...], place: int | None = None) -> None:
        """Show the document at `path`, read off the GUI thread; `place` as for `open_document`."""
        self._wanted = path
        if self._job is not None:
            self._job.cancel()
        session, name = self._window.session, self._name
        self._job = self._window.jobs.start(
            lambda emit, stop: (path, open_document(session, emit, stop, name, path, place)),
            done=self._opened,
            failed=self._not_opened,
        )

    def _opened(self, found: tuple[tuple[str, ...], DocumentView | None]) -> None:
        path, document = found
        if path != self._wanted:
            return
        self.document = document
        self.model.replace(document.nodes if document is not None else ())
        self.title.setText(document_words.title(path, document.shown) if document is not None else "")
        self.text.setText(_about(path, document))
        if document is not None and len(document.nodes) <= _SHORT:
            self._expand_short(document)
        self._enable()

    def _expand_short(self, document: DocumentView) -> None:
        for number, node in enumerate(document.nodes):
            if node.children and len(node.children) <= _SHORT:
                self.tree.expand(self.model.index(number, 0))

    def _not_opened(self, failure: Failure) -> None:
        if not failure.stopped:
            self.text.setText(" ".join((failure.text, failure.remedy)))

    def _enable(self) -> None:
        there = self.document is not None
        self.tree.setVisible(there)
        for one in self._buttons:
            one.setVisible(there)

    def _page(self) -> Page | None:
        return printed.document_page(self.document) if self.document is not None else None

    @slot
    def _activate(self, index: QModelIndex) -> None:
        node: Node = index.data(ROW_ROLE)
        if node.path is not None and (self.document is None or node.path != self.document.path):
            self.followed.emit(node.path)

    @slot
    def open_history(self) -> None:
        """Open the history of the document."""
        from facot_backups.ui.desktop.documents.history_window import HistoryWindow

        if self.document is not None:
            path, panel = self.document.path, self._window.panel
            panel.open_view(f"history {'/'.join(path)}", lambda: HistoryWindow(panel, path))

    @slot
    def copy(self) -> None:
        """Put the document into the clipboard, as text."""
        if self.document is not None:
            clipboard = QApplication.clipboard()
            if clipboard is not None:
                clipboard.setText(document_words.as_text(self.document.nodes))

    @slot
    def _restore(self) -> None:
        if self.document is not None:
            wish = RestoreWish(self._name, documents=(self.document.path,))
            self._window.panel.restore_wanted.emit(wish)


def _about(path: tuple[str, ...], document: DocumentView | None) -> str:
    if document is None:
        return f"Este backup no tiene el documento {document_words.path_text(path)}."
    parts = [document_words.path_text(path)]
    if document.missing:
        parts.append("No existe: fue borrado, pero quedan documentos dentro.")
    if document.more:
        parts.append(f"Hay {words.counted(document.more, 'documento')} más dentro que aquí no se muestran.")
    return "\n".join(parts)
