"""A backup compared with another day, or with the live data: what differs, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QLineEdit, QSplitter, QVBoxLayout, QWidget

from facot_backups.ui.desktop.comparison import texts as compare_words
from facot_backups.ui.desktop.comparison.model import changed_documents
from facot_backups.ui.desktop.comparison.task import Candidates, ChangedDocument, Comparison, compare_backups
from facot_backups.ui.desktop.documents.changes_model import changes_tree
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.toolkit.basic import SPACE, button, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.toolkit.tables import table, tree
from facot_backups.ui.desktop.toolkit.worker import Job
from facot_backups.ui.desktop.window import RestoreWish

if TYPE_CHECKING:
    from facot_backups.ui.desktop.window import ViewWindow

_KINDS = {"Todo lo que difiere": None, "Añadidos": "added", "Borrados": "removed", "Cambiados": "changed"}
_LIST_WIDTH, _PANE_WIDTH = 600, 540


class ComparePage(QWidget):
    """Compares the backup `name`: what with is chosen, then a list, and the fields of the chosen document."""

    def __init__(self, window: ViewWindow, name: str) -> None:
        super().__init__()
        self._window, self._name = window, name
        self._candidates: Candidates | None = None
        # What to compare with as soon as it is known what there is; what was lost in which collection.
        self._wish: tuple[str, str] | None = None
        self._lost_in: str | None = None
        self.comparison: Comparison | None = None
        self._job: Job | None = None
        self._build()
        window.theme.changed.connect(self._dress)
        self._dress()
        self._show_result()

    def _build(self) -> None:
        self.other = QComboBox()
        self.other.setAccessibleName("Comparar con")
        self.other.setMaxVisibleItems(16)
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.other.currentIndexChanged.connect(self._other_changed)
        self.button = button("&Comparar", "primary")
        self.button.clicked.connect(self.compare)
        self.price = label("", "muted", wrap=False)
        self.progress = ProgressCard()
        self.progress.cancelled.connect(self.cancel)
        self.notice = Notice(self._window.theme)
        self.conclusion = label("", "heading")
        self.sides = label("", "muted")
        self.warnings = label("", selectable=True)
        self.kind = QComboBox()
        self.kind.setAccessibleName("Qué mostrar")
        for text, kind in _KINDS.items():
            self.kind.addItem(text, kind)
        self.collection = QComboBox()
        self.collection.setAccessibleName("Colección")
        self.collection.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Buscar por NCF, cliente, RNC o id")
        self.field.setAccessibleName("Buscar entre las diferencias")
        self.field.setClearButtonEnabled(True)
        self.kind.currentIndexChanged.connect(self._filter)
        self.collection.currentIndexChanged.connect(self._filter)
        self.field.textChanged.connect(self._filter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.setSpacing(SPACE)
        layout.addLayout(row(label("Comparar con", wrap=False), self.other, self.button, self.price, 1))
        for part in (self.progress, self.notice, self.conclusion, self.sides, self.warnings):
            layout.addWidget(part)
        filters = row(self.field, self.kind, self.collection)
        filters.setStretch(0, 1)
        layout.addLayout(filters)
        layout.addWidget(self._result(), 1)
        self.rest = QWidget()
        layout.addWidget(self.rest, 1)

    def _result(self) -> QSplitter:
        self.model = changed_documents(self._window.theme, self)
        self.table = table(self.model, "Documentos que difieren", widths={0: 120, 2: 190})
        self.table.selectionModel().currentRowChanged.connect(self._chosen_changed)
        self.title = label("", "heading")
        self.about = label("", "muted", selectable=True)
        self.history_button = button("&Historia", "flat", tip="Cuándo apareció, cambió o se borró")
        self.restore_button = button(
            "R&estaurar…", "flat", tip="Devolver a Firestore el documento de este backup"
        )
        self.history_button.clicked.connect(self._open_history)
        self.restore_button.clicked.connect(self._restore)
        self.changes = changes_tree("Campo", self)
        self.tree = tree(self.changes, "Campos que difieren", {0: 170, 1: 170})
        self.tree.setRootIsDecorated(False)
        pane = QWidget()
        inside = QVBoxLayout(pane)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self.title)
        inside.addWidget(self.about)
        inside.addLayout(row(self.history_button, self.restore_button, 1, spacing=4))
        inside.addWidget(self.tree, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(pane)
        self.splitter.setSizes([_LIST_WIDTH, _PANE_WIDTH])
        self.splitter.setHandleWidth(SPACE)
        return self.splitter

    @slot
    def _dress(self) -> None:
        icon = self._window.theme.icon
        self.button.setIcon(icon("compare", "on_primary"))
        self.history_button.setIcon(icon("history"))
        self.restore_button.setIcon(icon("restore"))
        self.table.viewport().update()

    # --- what with ---------------------------------------------------------------------------------------

    def show_candidates(self, found: Candidates) -> None:
        """Offer what the backup can be compared with; the one before it is proposed."""
        chosen = self.other.currentData() if self._candidates is not None else None
        if self._candidates is None and found.previous is not None:
            chosen = found.previous.name
        self._candidates = found
        self.other.blockSignals(True)
        self.other.clear()
        self.other.addItem(compare_words.LIVE, None)
        for other in found.others:
            self.other.addItem(compare_words.entry(other, found.now), other.name)
        self.other.setCurrentIndex(max(0, self.other.findData(chosen)) if chosen is not None else 0)
        self.other.blockSignals(False)
        self._other_changed()
        if self._wish is not None:
            self.show_lost(*self._wish)

    def show_lost(self, other: str, collection: str) -> None:
        """Compare with the backup named `other`, and show what `collection` lost since."""
        if self._candidates is None:
            self._wish = other, collection
            return
        self._wish = None
        if self.other.findData(other) >= 0:
            self._lost_in = collection
            self.choose(other)
            self.compare()

    @slot
    def _other_changed(self) -> None:
        live = self.other.currentData() is None and self._candidates is not None
        self.price.setText(
            compare_words.price(self._candidates.row.documents) if live and self._candidates else ""
        )
        self._enable()

    def choose(self, name: str | None) -> None:
        """Choose what to compare with: a backup's name, None for the live data."""
        for number in range(self.other.count()):
            if self.other.itemData(number) == name:
                self.other.setCurrentIndex(number)

    @slot
    def compare(self) -> None:
        """Compare, off the GUI thread."""
        if self._job is not None:
            return
        session, name, other = self._window.session, self._name, self.other.currentData()
        self.notice.hide()
        self.progress.begin("Comparando…")
        self._job = self._window.jobs.start(
            lambda emit, stop: compare_backups(session, emit, stop, name, other),
            event=self.progress.take,
            done=self._compared,
            failed=self._failed,
            ended=self._ended,
        )
        self._enable()

    @slot
    def cancel(self) -> None:
        """Stop the comparison that is under way."""
        if self._job is not None:
            self._job.cancel()

    def _compared(self, found: Comparison) -> None:
        self.comparison = found
        self.collection.blockSignals(True)
        self.collection.clear()
        self.collection.addItem("Todas las colecciones", None)
        for counts in found.counts:
            if counts.added or counts.removed or counts.changed:
                self.collection.addItem(collection_words.title(counts.name), counts.name)
        if self._lost_in is not None:
            self.collection.setCurrentIndex(max(0, self.collection.findData(self._lost_in)))
            self.kind.setCurrentIndex(self.kind.findData("removed"))
            self._lost_in = None
        self.collection.blockSignals(False)
        self._show_result()
        self._filter()
        if self.model.rows:
            self.table.setFocus()

    def _failed(self, failure: Failure) -> None:
        self.notice.tell_failure(failure)

    def _ended(self) -> None:
        self._job = None
        self.progress.end()
        self._enable()

    # --- what differs ------------------------------------------------------------------------------------

    def _show_result(self) -> None:
        found = self.comparison
        some = found is not None and bool(found.changes)
        self.splitter.setVisible(some)
        self.rest.setVisible(not some)
        for one in (self.field, self.kind, self.collection):
            one.setVisible(some)
        self.conclusion.setText(compare_words.conclusion(found) if found is not None else "")
        self.sides.setText(compare_words.sides(found) if found is not None else "")
        said = compare_words.warnings(found) if found is not None else ""
        self.warnings.setText(said)
        self.warnings.setVisible(bool(said))

    @slot
    def _filter(self) -> None:
        if self.comparison is None:
            return
        kind, collection = self.kind.currentData(), self.collection.currentData()
        changes = self.comparison.changes
        self.model.replace(compare_words.filtered(changes, kind, collection, self.field.text()))
        if self.model.rows:
            self.table.selectRow(0)
        self._chosen_changed()

    @property
    def chosen(self) -> ChangedDocument | None:
        """The document that is chosen."""
        index = self.table.currentIndex()
        return index.data(ROW_ROLE) if index.isValid() else None

    @slot
    def _chosen_changed(self) -> None:
        chosen = self.chosen
        self.title.setText(compare_words.title(chosen) if chosen is not None else "")
        self.about.setText(compare_words.about(chosen) if chosen is not None else "")
        self.changes.replace(chosen.lines() if chosen is not None else ())
        self._enable()

    def _enable(self) -> None:
        self.button.setEnabled(
            self._job is None and self._candidates is not None and self._candidates.comparable
        )
        self.history_button.setEnabled(self.chosen is not None)
        self.restore_button.setEnabled(self._restorable())

    def _restorable(self) -> bool:
        """Whether this backup holds the chosen document."""
        if self.chosen is None or self.comparison is None:
            return False
        own = self.chosen.old if self.comparison.before.name == self._name else self.chosen.new
        return own is not None

    @slot
    def _open_history(self) -> None:
        from facot_backups.ui.desktop.documents.history_window import HistoryWindow

        if self.chosen is not None:
            path, panel = self.chosen.path, self._window.panel
            panel.open_view(f"history {'/'.join(path)}", lambda: HistoryWindow(panel, path))

    @slot
    def _restore(self) -> None:
        if self.chosen is not None:
            wish = RestoreWish(self._name, documents=(self.chosen.path,))
            self._window.panel.restore_wanted.emit(wish)
