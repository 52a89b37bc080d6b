"""The window with the history of a document."""

from __future__ import annotations

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QVBoxLayout

from facot_backups.ui.desktop.documents import history_texts as history_words
from facot_backups.ui.desktop.documents.changes_model import changes_tree
from facot_backups.ui.desktop.documents.history_task import DocumentHistory, document_history
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.change import ChangeLine
from facot_backups.ui.desktop.toolkit.basic import SPACE, button, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.toolkit.tables import show_spanned, tree
from facot_backups.ui.desktop.window import Host, RestoreWish, ViewWindow


class HistoryWindow(ViewWindow):
    """What each backup says of the document at `path`: when it came, what changed, when it went."""

    def __init__(self, panel: Host, path: tuple[str, ...]) -> None:
        super().__init__(panel, f"Historia de {document_words.path_text(path)}", QSize(1000, 620))
        self.path = path
        self.history: DocumentHistory | None = None
        self._build()
        self.theme.changed.connect(self._dress)
        self._dress()
        self._load()

    def _build(self) -> None:
        self.title = label(document_words.path_text(self.path), "title")
        self.text = label("", "muted", selectable=True)
        self.progress = ProgressCard()
        self.progress.cancelled.connect(self.jobs.cancel)
        self.notice = Notice(self.theme)
        self.model = changes_tree("Qué pasó", self)
        self.tree = tree(self.model, "Historia del documento", {0: 320, 1: 250})
        self.tree.selectionModel().currentChanged.connect(self._chosen_changed)
        self.restore_button = button(
            "&Restaurar como estaba…", tip="Devolver a Firestore el documento como estaba en la línea elegida"
        )
        self.restore_button.clicked.connect(self._restore)
        self.restore_button.setEnabled(False)
        layout = QVBoxLayout()
        layout.setSpacing(SPACE)
        for part in (self.title, self.text, self.progress, self.notice):
            layout.addWidget(part)
        layout.addWidget(self.tree, 1)
        self.fill(layout, row(1, self.restore_button))

    @slot
    def _dress(self) -> None:
        self.restore_button.setIcon(self.theme.icon("restore"))

    def _load(self) -> None:
        self.progress.begin("Buscando en los backups…")
        self.jobs.start(
            lambda emit, stop: document_history(self.session, emit, stop, self.path),
            event=self.progress.take,
            done=self._loaded,
            failed=self._failed,
            ended=self.progress.end,
        )

    def _loaded(self, found: DocumentHistory) -> None:
        self.history = found
        self.title.setText(history_words.title(found))
        self.text.setText(history_words.summary(found))
        self.model.replace(history_words.lines(found))
        show_spanned(self.tree, self.model)
        self.tree.expandToDepth(0)
        self._choose_newest()

    def _choose_newest(self) -> None:
        """Choose the newest line that has the document to bring back."""
        for number in range(self.model.rowCount()):
            line = self.model.index(number, 0)
            if line.data(ROW_ROLE).key:
                self.tree.setCurrentIndex(line)
                return

    def _failed(self, failure: Failure) -> None:
        self.notice.tell_failure(failure)

    @property
    def chosen(self) -> str:
        """The backup that holds the document as the chosen line says; "" for none."""
        index = self.tree.currentIndex()
        while index.isValid() and index.parent().isValid():
            index = index.parent()
        line: ChangeLine | None = index.data(ROW_ROLE) if index.isValid() else None
        return line.key if line is not None else ""

    @slot
    def _chosen_changed(self) -> None:
        self.restore_button.setEnabled(bool(self.chosen))

    @slot
    def _restore(self) -> None:
        if self.chosen:
            self.panel.restore_wanted.emit(RestoreWish(self.chosen, documents=(self.path,)))
