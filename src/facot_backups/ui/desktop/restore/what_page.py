"""The wizard's first page: what is to be restored, and from which backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QListWidgetItem,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from facot_backups.text import one_line
from facot_backups.ui.desktop.restore import texts as restore_words
from facot_backups.ui.desktop.restore.choices import (
    BackupChoice,
    Choices,
    FoundDocument,
    FoundDocuments,
    find_documents,
)
from facot_backups.ui.desktop.restore.models import found_model
from facot_backups.ui.desktop.restore.rows import Mode, Wanted
from facot_backups.ui.desktop.settings.task import problem_of
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import button, column, label, row, set_tip
from facot_backups.ui.desktop.toolkit.check import CheckBox, CheckList
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.form import OneOf, StatusLine
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.toolkit.tables import table
from facot_backups.ui.desktop.toolkit.worker import Job

if TYPE_CHECKING:
    from facot_backups.ui.desktop.window import ViewWindow

# From the last letter that is typed until the search begins.
_TYPING_MS = 350
_MODES: tuple[tuple[Mode, str], ...] = (
    ("overwrite", "Poner lo que tiene el backup y dejar lo demás como está (lo normal)"),
    ("missing", "Poner solo lo que ahora falta, sin cambiar nada de lo que hay"),
    ("mirror", "Dejarlo todo exactamente como en el backup: lo que no está en él se borra"),
)


class WhatPage(QWidget):
    """Choices of a person; `changed` whenever `wanted` may be another."""

    changed = Signal()

    def __init__(self, window: ViewWindow) -> None:
        super().__init__()
        self._window = window
        self._choices: Choices | None = None
        self._search: Job | None = None
        self._given: tuple[tuple[str, ...], ...] = ()
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TYPING_MS)
        self._timer.timeout.connect(self.search)

    # --- the parts ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.backup = QComboBox()
        self.backup.setAccessibleName("De qué backup")
        self.backup.setMaxVisibleItems(16)
        self.backup.currentIndexChanged.connect(self._backup_chosen)
        self.incomplete = label("", "text")
        self.accept = CheckBox("Entiendo que está incompleto: restaurar lo que tiene")
        self.one = QRadioButton("Un solo documento: una factura, un cliente…")
        self.some = QRadioButton("Solo algunas colecciones")
        self.everything = QRadioButton("Todo lo que hay en el backup")
        self._group = OneOf(self, self.one, self.some, self.everything)
        self.collections = CheckList("Colecciones que se restauran")
        self.collections.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.document = self._document_part()
        self.more = button("&Más opciones", tip="De qué manera se restaura")
        self.more.setCheckable(True)
        self.options = self._options()
        self._rest = QWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(label(restore_words.WHAT, "muted"))
        layout.addWidget(label("¿De qué backup?", "heading"))
        layout.addWidget(self.backup)
        layout.addWidget(self.incomplete)
        layout.addWidget(self.accept)
        layout.addSpacing(4)
        layout.addWidget(label("¿Qué quiere restaurar?", "heading"))
        for part in (self.one, self.document, self.some, self.collections, self.everything):
            layout.addWidget(part, 1 if part in (self.collections, self.document) else 0)
        layout.addLayout(row(self.more, 1))
        layout.addWidget(self.options)
        layout.addWidget(self._rest, 1)
        self.one.setChecked(True)
        self.accept.toggled.connect(self._changed)
        self._group.buttonToggled.connect(self._changed)
        self.collections.itemChanged.connect(self._changed)
        self.more.toggled.connect(self.options.setVisible)
        self._changed()

    def _document_part(self) -> QWidget:
        self.words = QLineEdit()
        self.words.setPlaceholderText("Escriba el NCF, el nombre, el RNC o el número del documento")
        self.words.setAccessibleName("Buscar un documento")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(self._typed)
        self.words.returnPressed.connect(self.search)
        self.model = found_model(self)
        self.found = table(self.model, "Documentos encontrados", widths={1: 116, 2: 156, 3: 130, 4: 176})
        self.found.setMinimumHeight(150)
        self.found.selectionModel().selectionChanged.connect(self._changed)
        self.finding = label("", "muted")
        part = QWidget()
        inside = QVBoxLayout(part)
        inside.setContentsMargins(24, 0, 0, 0)
        inside.setSpacing(8)
        for one in (self.words, self.found, self.finding):
            inside.addWidget(one, 1 if one is self.found else 0)
        return part

    def _options(self) -> QWidget:
        part = QWidget()
        inside = QVBoxLayout(part)
        inside.setContentsMargins(24, 0, 0, 0)
        inside.setSpacing(8)
        self.modes: dict[Mode, QRadioButton] = {mode: QRadioButton(text) for mode, text in _MODES}
        self._modes_group = OneOf(part, *self.modes.values())
        for radio in self.modes.values():
            inside.addWidget(radio)
        self.modes["overwrite"].setChecked(True)
        self.counters = CheckBox("Poner también los contadores de NCF como en el backup (se pregunta aparte)")
        inside.addWidget(self.counters)
        inside.addWidget(self._elsewhere_part())
        part.hide()
        return part

    def _elsewhere_part(self) -> QWidget:
        self.elsewhere = CheckBox("Escribir en otra base de datos, no en la del backup")
        self.project, self.database = QLineEdit(), QLineEdit()
        for edit, name, placeholder in (
            (self.project, "Proyecto en que se escribe", "Proyecto: el del backup"),
            (self.database, "Base de datos en que se escribe", "Base de datos: la del backup"),
        ):
            edit.setAccessibleName(name)
            edit.setPlaceholderText(placeholder)
            edit.textChanged.connect(self._changed)
        self.target_note = label(restore_words.ELSEWHERE, "small")
        self.target_problem = StatusLine(self._window.theme)
        self.target = QWidget()
        inside = column(row(self.project, self.database), self.target_problem, self.target_note, spacing=6)
        inside.setContentsMargins(26, 0, 0, 0)
        self.target.setLayout(inside)
        self.target.hide()
        self.elsewhere.toggled.connect(self._changed)
        part = QWidget()
        layout = column(self.elsewhere, self.target, spacing=6)
        layout.setContentsMargins(0, 0, 0, 0)
        part.setLayout(layout)
        return part

    # --- what there is -----------------------------------------------------------------------------------

    def show_choices(
        self,
        choices: Choices,
        backup: str | None,
        collections: tuple[str, ...],
        documents: tuple[tuple[str, ...], ...],
    ) -> None:
        """Show what can be restored, and choose what was asked for."""
        self._choices, self._given = choices, documents
        self._empty_words()
        self.backup.blockSignals(True)
        self.backup.clear()
        for choice in choices.backups:
            self.backup.addItem(restore_words.backup_text(choice), choice.name)
        number = self.backup.findData(backup if backup is not None else choices.latest)
        self.backup.setCurrentIndex(max(0, number))
        self.backup.blockSignals(False)
        self.elsewhere.setEnabled(not choices.lent)
        set_tip(self.elsewhere, restore_words.LENT if choices.lent else "")
        self._backup_chosen()
        if documents:
            self.one.setChecked(True)
        elif collections:
            self.some.setChecked(True)
            for item in self._items():
                chosen = item.data(ROW_ROLE) in collections
                item.setCheckState(Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked)
        else:
            self.one.setChecked(True)
            self.words.setFocus()
        self._changed()

    def _empty_words(self) -> None:
        """Nothing is looked for; `_given` stays."""
        self.words.blockSignals(True)
        self.words.clear()
        self.words.blockSignals(False)
        self._timer.stop()
        self.finding.setText("")

    def wanted(self) -> Wanted | None:
        """What is chosen; None while something is missing."""
        choice = self._choice()
        if choice is None or (choice.kind == "incomplete" and not self.accept.isChecked()):
            return None
        into = self._into()
        if into is None:
            return None
        mode = next(mode for mode, radio in self.modes.items() if radio.isChecked())
        collections: tuple[str, ...] = ()
        documents: tuple[tuple[str, ...], ...] = ()
        if self.some.isChecked():
            checked = Qt.CheckState.Checked
            collections = tuple(i.data(ROW_ROLE) for i in self._items() if i.checkState() == checked)
        elif self.one.isChecked():
            rows = self.model.rows if self._given else self._chosen_rows()
            documents = tuple(row.path for row in rows)
        if not self.everything.isChecked() and not collections and not documents:
            return None
        return Wanted(
            choice.name,
            collections,
            documents,
            mode=mode,
            allow_incomplete=choice.kind == "incomplete",
            counters_from_backup=self.counters.isChecked(),
            into_project=into[0],
            into_database=into[1],
        )

    def missing(self) -> str:
        """What a person still has to do before there can be a plan; "" for nothing."""
        choice = self._choice()
        if choice is None or self.wanted() is not None:
            return ""
        if choice.kind == "incomplete" and not self.accept.isChecked():
            return "Confirme que entiende que está incompleto."
        if self._into() is None:
            return "Escriba en qué proyecto o base de datos se escribe."
        if self.some.isChecked():
            return "Marque al menos una colección."
        return "Elija un documento de la lista." if self.model.rows else "Busque el documento y elíjalo."

    def _chosen_rows(self) -> tuple[FoundDocument, ...]:
        return tuple(index.data(ROW_ROLE) for index in self.found.selectionModel().selectedRows())

    def _into(self) -> tuple[str | None, str | None] | None:
        """Where to write, as in `Wanted`; None while that is missing or cannot be."""
        if not self.elsewhere.isChecked():
            return None, None
        project, database = self.project.text().strip() or None, self.database.text().strip() or None
        wrong = problem_of("project", project) or problem_of("database", database)
        return None if wrong or (project is None and database is None) else (project, database)

    def _choice(self) -> BackupChoice | None:
        name = self.backup.currentData()
        found = self._choices.backups if self._choices is not None else ()
        return next((choice for choice in found if choice.name == name), None)

    def _items(self) -> list[QListWidgetItem]:
        return [self.collections.item(number) for number in range(self.collections.count())]

    @slot
    def _backup_chosen(self) -> None:
        choice = self._choice()
        incomplete = choice is not None and choice.kind == "incomplete"
        self.accept.setVisible(incomplete)
        self.incomplete.setVisible(incomplete)
        self.accept.setChecked(False)
        if choice is None:
            return
        self.incomplete.setText("A este backup le falta: " + "; ".join(map(one_line, choice.errors)))
        self.collections.clear()
        for one in choice.collections:
            item = QListWidgetItem(restore_words.collection_text(one))
            item.setData(ROW_ROLE, one.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.collections.addItem(item)
        self.model.replace(())
        self.search()
        self._changed()

    @slot
    def _changed(self) -> None:
        self.collections.setVisible(self.some.isChecked())
        self.document.setVisible(self.one.isChecked())
        self._rest.setVisible(self.everything.isChecked())
        self.target.setVisible(self.elsewhere.isChecked())
        typed = {"project": self.project, "database": self.database}
        problems = (problem_of(name, edit.text().strip() or None) for name, edit in typed.items())
        self.target_problem.tell("critical", next(filter(None, problems), ""))
        self.changed.emit()

    # --- the search --------------------------------------------------------------------------------------

    @slot
    def _typed(self) -> None:
        if self._given:
            self._given = ()
            self.model.replace(())
        self.found.clearSelection()  # else Enter would take what was chosen before
        self._timer.start()
        self._changed()

    @slot
    def search(self) -> None:
        """Look for documents, off the GUI thread."""
        self._timer.stop()
        if self._search is not None:
            self._search.cancel()
        wanted, choice, given = self.words.text().strip(), self._choice(), self._given
        if not (wanted or given) or choice is None:
            self._search = None
            self.model.replace(())
            self.finding.setText("")
            self._changed()
            return
        self.finding.setText("Buscando…")
        name, session = choice.name, self._window.session

        job: list[Job] = []

        def found(documents: FoundDocuments) -> None:
            if self._search is job[0]:
                self._show_found(documents)

        def failed(failure: Failure) -> None:
            if self._search is job[0] and not failure.stopped:
                self.finding.setText(f"{failure.title}. {failure.text}")

        job.append(
            self._window.jobs.start(
                lambda emit, stop: find_documents(session, emit, stop, name, wanted, given),
                done=found,
                failed=failed,
            )
        )
        self._search = job[0]

    def _show_found(self, found: FoundDocuments) -> None:
        self.model.replace(found.documents)
        count = len(found.documents)
        if self._given and count:
            text = "Este es el documento que eligió. Para otro, escriba arriba."
        elif self._given:
            text = "Este backup no tiene el documento que eligió. Pruebe con otro día."
        elif found.more:
            text = (
                f"Se muestran los {words.number(count)} más nuevos: escriba algo más para encontrar el suyo."
            )
        elif count:
            text = words.counted(count, "documento encontrado", "documentos encontrados")
            text += ": elija el suyo" if count > 1 else ""
        else:
            text = "No hay ningún documento así en este backup. Pruebe con otro día."
        self.finding.setText(text)
        if self._given and count:
            self.found.setFocus()
        if count == 1:
            flags = QItemSelectionModel.SelectionFlag
            self.found.selectionModel().select(self.model.index(0, 0), flags.ClearAndSelect | flags.Rows)
        self._changed()
