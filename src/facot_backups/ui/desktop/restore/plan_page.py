"""The wizard's pages of the plan, of the questions after it, and of the work under way."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import QModelIndex, Signal
from qtpy.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QLineEdit, QTreeView, QVBoxLayout, QWidget

from facot_backups.ui.desktop.restore import texts as restore_words
from facot_backups.ui.desktop.restore.models import NOW, THEN, DocumentsModel, collections_model
from facot_backups.ui.desktop.restore.rows import ConfirmShown, PlanShown, QuestionShown
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import SPACE, Picture, column, label, row
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.tables import LowTree, table
from facot_backups.ui.desktop.toolkit.theme import Theme

_ROW, _HEADING = 36, 44
# Of the collections: what a low window leaves of them, and what a high one shows without scrolling.
_FEWEST_ROWS, _MOST_ROWS = 2, 6
# Plans of so few documents show their fields at once.
_OPEN = 3


class PlanPage(QWidget):
    """A plan to look at: one sentence, numbers by collection, the guard's notes, each document."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.title = label("", "title")
        self.text = label()
        self.cost = label("", "muted")
        self.elsewhere, self.notes = NotesCard(theme, "warning", "alert"), NotesCard(theme, "info", "info")
        self.collections = collections_model(self)
        self.table = table(
            self.collections, "El plan por colecciones", widths=dict.fromkeys(range(1, 6), 112)
        )
        self.documents = DocumentsModel(theme, self)
        self.tree = _tree(self.documents)
        self.more = label("", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addLayout(column(self.title, self.text, spacing=4))
        layout.addWidget(self.elsewhere)
        layout.addWidget(self.notes)
        layout.addWidget(self.table, 1)
        layout.addWidget(label("Documento por documento", "heading"))
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.more)
        layout.addWidget(self.cost)

    def show_plan(self, plan: PlanShown) -> None:
        """Show `plan`."""
        self.title.setText(restore_words.plan_title(plan))
        self.text.setText(f"{restore_words.plan_text(plan)} {restore_words.safety_text()}")
        self.elsewhere.show_notes(tuple(filter(None, [restore_words.elsewhere_text(plan)])))
        self.cost.setText(restore_words.cost_text(plan))
        rows = restore_words.plan_rows(plan)
        self.collections.replace(rows)
        # Of one thing, such as an invoice with its lines, the sentence and the tree say it all.
        others = plan.total.equal or plan.total.skip or plan.more
        self.table.setVisible(bool(others) or len({one.place[:1] for one in plan.collections}) > 1)
        self.table.setMinimumHeight(min(len(rows), _FEWEST_ROWS) * _ROW + _HEADING)
        self.table.setMaximumHeight(min(len(rows), _MOST_ROWS) * _ROW + _HEADING)
        left = [f"{one.path}: {one.reason}" for one in plan.conflicts[:5]]
        if plan.conflict_count > len(left):
            left.append(f"y {words.counted(plan.conflict_count - len(left), 'documento')} más que se dejan")
        self.notes.show_notes((*plan.notes, *left))
        self.documents.replace(plan.documents)
        self.more.setText(restore_words.more_text(plan.more))
        self.more.setVisible(plan.more > 0)
        self._fit_tree(plan)

    def _fit_tree(self, plan: PlanShown) -> None:
        """Names take the whole width; a column that no document has anything in is not there."""
        for number in range(len(plan.documents)):
            self.tree.setFirstColumnSpanned(number, QModelIndex(), True)
        actions = {one.action for one in plan.documents}
        self.tree.setColumnHidden(NOW, actions == {"create"})
        self.tree.setColumnHidden(THEN, actions == {"delete"})
        if len(plan.documents) <= _OPEN:
            self.tree.expandAll()


def _tree(model: DocumentsModel) -> QTreeView:
    tree = LowTree()
    tree.setAccessibleName("Documentos del plan, con los campos que cambian")
    tree.setModel(model)
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(False)
    tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    tree.setMinimumHeight(120)
    header = tree.header()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setStretchLastSection(True)
    for number, width in enumerate((300, 300)):
        header.resizeSection(number, width)
    return tree


class NotesCard(QFrame):
    """Things to know, each on a line; hidden where there are none."""

    def __init__(self, theme: Theme, level: Literal["info", "warning"], picture: str) -> None:
        super().__init__()
        mark(self, level=level)
        self.picture = Picture(theme, picture, level, 22)
        self.text = label(selectable=True)
        layout = row(self.picture, spacing=12)
        layout.addWidget(self.text, 1)
        layout.setContentsMargins(16, 12, 16, 12)
        self.setLayout(layout)
        self.hide()

    def show_notes(self, notes: tuple[str, ...]) -> None:
        """Show these."""
        self.text.setText("\n".join(notes))
        self.setVisible(bool(notes))


class AskPage(QWidget):
    """One question at a time; `ready` says whether the answer can be a yes."""

    ready = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.picture = Picture(theme, "alert", "warning", 40)
        self.title = label("", "title")
        self.text = label()
        self.typed = QLineEdit()
        self.typed.setAccessibleName("Nombre del proyecto")
        self.typed.setMaximumWidth(420)
        self.typed.textChanged.connect(self._typed)
        self._project: str | None = None
        self._card = QFrame()
        mark(self._card, card=True)
        inside = row(self.picture, spacing=18)
        inside.addLayout(column(self.title, self.text, self.typed, spacing=10), 1)
        inside.setContentsMargins(24, 24, 24, 24)
        self._card.setLayout(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._card)
        layout.addStretch(1)

    def ask(self, asked: QuestionShown, plan: PlanShown | None) -> None:
        """Show a question that needs a plain yes, and what is planned."""
        self._project = None
        of = f" ({asked.number} de {asked.of})" if asked.of > 1 else ""
        self.title.setText(f"Antes de seguir, una pregunta{of}")
        self.text.setText(restore_words.question_text(asked, plan))
        self.typed.hide()
        self.ready.emit(True)

    def confirm(self, asked: ConfirmShown, plan: PlanShown | None) -> None:
        """Show what is confirmed by typing the project's id."""
        self._project = asked.target.project
        undo = plan is not None and plan.mode == "undo"
        self.title.setText("¿Deshacer?" if undo else "¿Restaurar?")
        self.text.setText(restore_words.confirm_text(asked, plan))
        self.typed.clear()
        self.typed.setPlaceholderText(asked.target.project)
        self.typed.show()
        self.typed.setFocus()
        self.ready.emit(False)

    @slot
    def _typed(self) -> None:
        self.ready.emit(self._project is not None and self.typed.text().strip() == self._project)


class WorkPage(QWidget):
    """Something is under way: progress, and what stopping it means."""

    def __init__(self) -> None:
        super().__init__()
        self.title = label("", "title")
        self.text = label("", "muted")
        self.progress = ProgressCard("Parar")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        for part in (self.title, self.text, self.progress):
            layout.addWidget(part)
        layout.addStretch(1)

    def begin(self, title: str, text: str) -> None:
        """Show that it begins."""
        self.show_words(title, text)
        self.progress.begin("Empezando…")

    def show_words(self, title: str, text: str) -> None:
        """Say what is being done."""
        self.title.setText(title)
        self.text.setText(text)
