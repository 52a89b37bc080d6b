"""The documents of a backup: found as one types, shown beside the list."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QComboBox, QLineEdit, QSplitter, QTabBar, QVBoxLayout, QWidget

from facot_backups.events import Event
from facot_backups.text import one_line
from facot_backups.ui.desktop.documents.browse_model import ORDERS, DocumentsModel
from facot_backups.ui.desktop.documents.browse_task import index_documents
from facot_backups.ui.desktop.documents.document_window import DocumentPane
from facot_backups.ui.desktop.documents.index import DocumentIndex
from facot_backups.ui.desktop.documents.order import DocumentOrder
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.toolkit.basic import SPACE, button, label, row, set_tip
from facot_backups.ui.desktop.toolkit.check import CheckBox
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.tables import table
from facot_backups.ui.desktop.toolkit.worker import Job

if TYPE_CHECKING:
    from facot_backups.ui.desktop.window import ViewWindow

_REST_MS = 40
# How the list and the document share the window at first, in pixels.
_LIST_WIDTH, _PANE_WIDTH = 760, 440
_ALL = "Todas las colecciones"
# The column that says in which collection a document is.
_PLACE = ORDERS.index("collection")


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search for `text` found in a root collection, or in all; `nested` of them are within others."""

    text: str
    collection: str | None
    numbers: array[int]
    nested: int


class BrowsePage(QWidget):
    """A field to search in, a list, and the document that is chosen in it.

    The documents of the backup `name` are gone through when it is first seen.
    """

    def __init__(self, window: ViewWindow, name: str) -> None:
        super().__init__()
        self._window, self._name = window, name
        self.index: DocumentIndex | None = None
        self._order: DocumentOrder | None = None
        self._indexing: Job | None = None
        self._searching: Job | None = None
        self._search_again = False
        self._collection: str | None = None
        # Arrow keys pass over many: only the document that they rest on is read.
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._open_chosen)
        self._build()

    def _build(self) -> None:
        self.field = QLineEdit()
        self.field.setPlaceholderText("Buscar por NCF, cliente, RNC, fecha o id")
        self.field.setAccessibleName("Buscar documentos")
        self.field.setClearButtonEnabled(True)
        self.collection = QComboBox()
        self.collection.setAccessibleName("Colección")
        self.collection.addItem(_ALL)
        self.collection.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.nested = CheckBox("Incluir las líneas")
        set_tip(self.nested, "Buscar también en las líneas de las facturas, y en lo que otros llevan dentro")
        self.count = label("", "muted", wrap=False)
        self.hint = self._hint()
        self.model = DocumentsModel(self)
        self.table = table(self.model, "Documentos", widths={0: 150, 2: 110, 3: 148, 4: 165}, sortable=True)
        self.table.horizontalHeader().setSortIndicatorClearable(True)
        self.table.sortByColumn(ORDERS.index("date"), Qt.SortOrder.DescendingOrder)
        self.model.order_wanted.connect(self._search)
        self.progress = ProgressCard()
        self.progress.cancelled.connect(self._cancel)
        self.pane = DocumentPane(self._window, self._name)
        self.pane.followed.connect(self.open)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._first)
        self.collection.currentIndexChanged.connect(self._chosen_collection)
        self.nested.toggled.connect(self._search)
        self.table.selectionModel().currentRowChanged.connect(self._show_chosen)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.pane)
        self.splitter.setSizes([_LIST_WIDTH, _PANE_WIDTH])
        self.splitter.setHandleWidth(SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.setSpacing(SPACE)
        line = row(self.field, self.collection, self.nested)
        line.setStretch(0, 1)
        layout.addLayout(line)
        layout.addWidget(self.progress)
        layout.addWidget(self.count)
        layout.addWidget(self.hint)
        layout.addWidget(self.splitter, 1)

    def _hint(self) -> QWidget:
        """What to try where nothing was found."""
        self.everywhere = button("Buscar en todas las c&olecciones", tip="Buscar en todo este backup")
        self.lines = button("Incluir las &líneas", tip="Buscar también en las líneas de las facturas")
        self.every_day = button(
            "Buscar en &todos los días", tip="Buscar en todos los backups, no solo en este"
        )
        self.everywhere.clicked.connect(slot(lambda: self.collection.setCurrentIndex(0)))
        self.lines.clicked.connect(slot(lambda: self.nested.setChecked(True)))
        self.every_day.clicked.connect(self._search_every_day)
        made = QWidget()
        line = row(
            label("Pruebe con menos letras, o:", "muted", wrap=False),
            self.everywhere, self.lines, self.every_day, 1, spacing=8,
        )  # fmt: skip
        line.setContentsMargins(0, 0, 0, 0)
        made.setLayout(line)
        made.hide()
        return made

    # --- the index ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Go through the documents the first time."""
        super().showEvent(event)
        # Arrows that go along the tabs are not held up here.
        if not isinstance(self.window().focusWidget(), QTabBar):
            self.field.setFocus()
        if self.index is None and self._indexing is None:
            self.load()

    @slot
    def load(self) -> None:
        """Go through all documents of the backup, off the GUI thread."""
        session, name = self._window.session, self._name
        self.count.setText("")
        self.progress.begin("Preparando la búsqueda…")
        self._indexing = self._window.jobs.start(
            lambda emit, stop: index_documents(session, emit, stop, name),
            event=self._heard,
            done=self._indexed,
            failed=self._failed,
            ended=self._index_ended,
        )

    def _heard(self, event: Event) -> None:
        self.progress.take(event)

    @slot
    def _cancel(self) -> None:
        if self._indexing is not None:
            self._indexing.cancel()

    def _indexed(self, index: DocumentIndex) -> None:
        self.index, self._order = index, DocumentOrder(index)
        self.model.show_index(index)
        self.collection.blockSignals(True)
        for name in index.collections:
            self.collection.addItem(collection_words.short(name), name)
        if self._collection is None:
            self._collection = collection_words.sought(index.collections)
        self.collection.setCurrentIndex(max(0, self.collection.findData(self._collection)))
        self.collection.blockSignals(False)
        self._search()

    def _failed(self, failure: Failure) -> None:
        self.count.setText("Se canceló." if failure.stopped else " ".join((failure.text, failure.remedy)))

    def _index_ended(self) -> None:
        self._indexing = None
        self.progress.end()

    # --- the search --------------------------------------------------------------------------------------

    def choose_collection(self, name: str) -> None:
        """Show the documents of one root collection."""
        self._collection = name
        if self.index is not None:
            self.collection.setCurrentIndex(max(0, self.collection.findData(name)))

    @slot
    def _chosen_collection(self) -> None:
        self._collection = self.collection.currentData()
        self._search()

    @slot
    def _search(self) -> None:
        """Look for what is wanted now. One search at a time: they would only hinder each other."""
        index, order = self.index, self._order
        if index is None or order is None:
            return
        if self._searching is not None:
            self._searching.cancel()
            self._search_again = True
            return
        self._search_again = False
        text, nested, collection = self.field.text(), self.nested.isChecked(), self.collection.currentData()
        column, descending = self.model.order
        self._searching = self._window.jobs.start(
            lambda _emit, stop: _Found(
                text,
                collection,
                numbers := order.sort(
                    index.search(text, stop, collection=collection, nested=nested),
                    column,
                    stop,
                    descending=descending,
                ),
                sum(index.nested[number] for number in numbers) if nested else 0,
            ),
            done=self._found,
            ended=self._search_ended,
        )

    def _search_ended(self) -> None:
        self._searching = None
        if self._search_again:
            self._search()

    def _found(self, found: _Found) -> None:
        text, numbers = found.text, found.numbers
        if self._search_again:
            return
        self.model.replace(numbers)
        self.table.setColumnHidden(_PLACE, found.collection is not None and not found.nested)
        what = collection_words.found(found.collection, len(numbers) - found.nested, found.nested)
        self.count.setText(what if not text.strip() else f"{what} con «{one_line(text.strip())}»")
        self.everywhere.setVisible(self.collection.currentIndex() > 0)
        self.lines.setVisible(not self.nested.isChecked())
        self.hint.setVisible(not numbers and bool(text.strip()))
        if len(numbers) == 1:
            self.table.selectRow(0)

    @slot
    def _search_every_day(self) -> None:
        from facot_backups.ui.desktop.documents.search_window import open_search

        open_search(self._window.panel, self.field.text())

    # --- the document ------------------------------------------------------------------------------------

    @slot
    def _first(self) -> None:
        if self.model.rowCount():
            self.table.selectRow(0)
            self.table.setFocus()

    @slot
    def _show_chosen(self) -> None:
        self._rest.start()

    @slot
    def _open_chosen(self) -> None:
        current = self.table.currentIndex()
        if self.index is not None and current.isValid():
            number = self.model.numbers[current.row()]
            self.pane.open(self.index.row(number).path, self.index.place(number))

    @slot
    def open(self, path: tuple[str, ...]) -> None:
        """Show the document at `path`, whether it is in the list or not."""
        self.pane.open(path)
