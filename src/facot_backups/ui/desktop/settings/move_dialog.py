"""Backups in a folder that the settings leave: the question, and the line that keeps telling of them."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QVBoxLayout, QWidget

from facot_backups.ui.desktop.earlier_folders import Earlier
from facot_backups.ui.desktop.settings.move_task import Move
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import Look, button, label, row
from facot_backups.ui.desktop.toolkit.question import Question
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.window import Host, ViewWindow

NOT_COPIED = (
    "No se ha guardado nada: los backups siguen en la carpeta de siempre, enteros. Si vuelve a empezar, la "
    "copia sigue donde quedó."
)


def move_question(
    window: ViewWindow, move: Move, leave: Callable[[], None], copy: Callable[[], None]
) -> Question:
    """What to do with the backups of the folder of before; closing it saves nothing."""
    there = f"En {move.old} hay {words.counted(move.backups, 'backup')} ({words.size(move.size_bytes)})."
    answers: list[tuple[str, Look, Callable[[], None]]] = [("Volver a los ajustes", "flat", _nothing)]
    if move.refusal:
        title, text = "Los backups anteriores se quedan donde están", f"{there} {move.refusal} {_STAY}"
        answers.append(("Dejarlos allí y guardar", "primary", leave))
    else:
        title = "¿Llevar también los backups que ya hay?"
        copies = "Si los lleva, se copian y se comprueban uno por uno; los de allí no se borran."
        text = f"{there} {copies}\n\n{_STAY}"
        answers.append(("Dejarlos allí", "plain", leave))
        answers.append(("Copiarlos a la carpeta nueva", "primary", copy))
    return Question(window, window.theme, title, text, answers)


def _nothing() -> None:
    """Nothing is saved."""


_STAY = "Si los deja allí, no se pierden: el panel dirá dónde están y abrirá su carpeta."


class EarlierFolders(QWidget):
    """A line for each folder in which earlier backups stayed; hidden without any."""

    def __init__(self, panel: Host) -> None:
        super().__init__()
        self._panel = panel
        self._shown: tuple[Earlier, ...] = ()
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(2)
        self.hide()

    def show_folders(self, found: tuple[Earlier, ...]) -> None:
        """Show where they are."""
        if found == self._shown:
            return
        self._shown = found
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for one in found:
            self._lines.addWidget(self._line(one))
        self.setVisible(bool(found))

    def _line(self, one: Earlier) -> QWidget:
        text = (
            f"Hay backups anteriores en {one.folder}, que ahora no se puede leer. ¿Está conectado el disco?"
            if one.backups is None
            else f"Los anteriores ({words.counted(one.backups, 'backup')}) siguen en {one.folder}"
        )
        line, act = QWidget(), button("Abrir la carpeta anterior", "flat", tip=f"Abrir {one.folder}")
        mark(act, small=True)
        act.setEnabled(one.backups is not None)
        act.clicked.connect(slot(lambda folder=one.folder: self._panel.open_folder(folder)))
        layout = row(spacing=8)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label(text, "muted", selectable=True), 1)
        layout.addWidget(act)
        line.setLayout(layout)
        return line
