"""The wizard's last page: how it ended, the conflicts one by one, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from facot_backups.ui.desktop.restore import texts as restore_words
from facot_backups.ui.desktop.restore.conflict import TwoVersions, two_versions
from facot_backups.ui.desktop.restore.models import versions_model
from facot_backups.ui.desktop.restore.rows import ConflictShown, Outcome
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import SPACE, Picture, button, column, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.tables import table
from facot_backups.ui.desktop.toolkit.theme import Tone

if TYPE_CHECKING:
    from facot_backups.ui.desktop.window import ViewWindow

_PICTURES: Mapping[str, tuple[str, Tone]] = {
    "ok": ("shield-check", "success"),
    "info": ("info", "info"),
    "warning": ("alert", "warning"),
    "critical": ("shield-cross", "error"),
}


class ResultPage(QWidget):
    """`undo`, `go_on`: the buttons; `again` carries the path of a document to be restored all the same."""

    undo = Signal()
    go_on = Signal()
    again = Signal(object)

    def __init__(self, window: ViewWindow) -> None:
        super().__init__()
        self.outcome: Outcome | None = None
        self.card = QFrame()
        self.picture = Picture(window.theme, "shield-check", "success", 44)
        self.title = label("", "title")
        self.text = label(selectable=True)
        inside = row(self.picture, spacing=18)
        inside.addLayout(column(self.title, self.text, spacing=4), 1)
        inside.setContentsMargins(20, 18, 20, 18)
        self.card.setLayout(inside)
        self.undo_button = button("&Deshacer", tip="Volver a lo que había antes de esta restauración")
        self.go_on_button = button("&Terminarla", "primary", tip="Escribir lo que quedó sin escribir")
        self.undo_text = label("", "muted")
        self.undo_button.clicked.connect(self.undo)
        self.go_on_button.clicked.connect(self.go_on)
        self.conflicts = ConflictCard(window)
        self.conflicts.again.connect(self.again)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Detalles de la restauración")
        self._stretch = QWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.card)
        ways = row(self.undo_button, self.go_on_button)
        ways.addWidget(self.undo_text, 1)
        layout.addLayout(ways)
        layout.addWidget(self.conflicts, 3)
        layout.addWidget(self.details, 1)
        layout.addWidget(self._stretch, 1)

    def show_outcome(self, outcome: Outcome) -> None:
        """Show how it ended."""
        self.outcome = outcome
        said = restore_words.outcome_said(outcome)
        mark(self.card, level=said.level)
        self.picture.show_picture(*_PICTURES[said.level])
        self.title.setText(said.title)
        why = outcome.failure
        parts = (said.text, why.text, why.remedy) if why is not None else (said.text,)
        self.text.setText("\n".join(filter(None, parts)))
        self.card.setAccessibleName(said.title)
        self.undo_button.setVisible(outcome.pre_restore is not None)
        self.go_on_button.setVisible(outcome.restore is not None)
        self.undo_text.setText(restore_words.undo_text(outcome))
        self.conflicts.show_conflicts(outcome)
        lines = restore_words.detail_lines(outcome)
        self.details.setPlainText("\n".join(lines))
        self.details.setVisible(bool(lines))
        self._stretch.setVisible(not lines and not outcome.conflicts)


class ConflictCard(QFrame):
    """The documents that were left alone, one at a time, with both versions side by side."""

    again = Signal(object)

    def __init__(self, window: ViewWindow) -> None:
        super().__init__()
        mark(self, card=True)
        self._window = window
        self._outcome: Outcome | None = None
        self._number = 0
        self.title = label("", "heading")
        self.reason = label()
        self.versions = versions_model(self)
        self.table = table(self.versions, "En qué se diferencian")
        self.table.setMinimumHeight(110)
        self.state = label("", "muted")
        self.previous = button("A&nterior", "flat")
        self.next = button("&Siguiente conflicto", "flat")
        self.restore = button("&Poner lo del backup…", tip="Hace un plan para este documento solo")
        self.previous.clicked.connect(self._previous)
        self.next.clicked.connect(self._next)
        self.restore.clicked.connect(self._again)
        layout = column(
            self.title, self.reason, self.table, self.state,
            row(self.restore, 1, self.previous, self.next), spacing=8,
        )  # fmt: skip
        layout.setContentsMargins(20, 16, 20, 16)
        self.setLayout(layout)
        self.hide()

    @property
    def conflict(self) -> ConflictShown | None:
        """The one that is shown."""
        conflicts = self._outcome.conflicts if self._outcome is not None else ()
        return conflicts[self._number] if conflicts else None

    def show_conflicts(self, outcome: Outcome) -> None:
        """Show the first conflict of `outcome`; nothing where there is none."""
        self._outcome, self._number = outcome, 0
        self.setVisible(bool(outcome.conflicts))
        if outcome.conflicts:
            self._show()

    @slot
    def _previous(self) -> None:
        self._number -= 1
        self._show()

    @slot
    def _next(self) -> None:
        self._number += 1
        self._show()

    @slot
    def _again(self) -> None:
        if self.conflict is not None:
            self.again.emit(self.conflict.parts)

    def _show(self) -> None:
        outcome, conflict = self._outcome, self.conflict
        assert outcome is not None and conflict is not None
        count, number = len(outcome.conflicts), self._number + 1
        self.title.setText(restore_words.conflict_title(conflict, number, outcome.conflict_count))
        self.reason.setText(restore_words.conflict_text(conflict))
        self.previous.setVisible(count > 1)
        self.next.setVisible(count > 1)
        self.previous.setEnabled(self._number > 0)
        self.next.setEnabled(self._number + 1 < count)
        self.restore.setVisible(not outcome.is_undo)
        self.versions.replace(())
        self.state.setText("Mirando qué tiene ahora…")
        self.state.show()
        session = self._window.session

        def looked(found: TwoVersions) -> None:
            if self.conflict is conflict:
                self.versions.replace(found.fields)
                self.title.setText(
                    restore_words.conflict_title(conflict, number, outcome.conflict_count, found.title)
                )
                self.state.setText(restore_words.versions_text(found))

        def failed(failure: Failure) -> None:
            if self.conflict is conflict and not failure.stopped:
                self.state.setText(words.sentence(f"No se pudo mirar qué tiene ahora. {failure.text}"))

        self._window.jobs.start(
            lambda emit, stop: two_versions(
                session, emit, stop, outcome.backup, outcome.target, conflict.parts
            ),
            done=looked,
            failed=failed,
        )
