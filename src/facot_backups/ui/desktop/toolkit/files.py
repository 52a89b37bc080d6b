"""Dialogs that choose a file or a folder, in Spanish also where Qt has been taught none."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QWidget


def file_dialog(
    parent: QWidget, title: str, chosen: Callable[[str], object], *, at: str = "", accept: str = "&Elegir"
) -> QFileDialog:
    """A dialog to be opened, which calls `chosen` with the path. It begins at the path `at`."""
    dialog = QFileDialog(parent, title, at)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    labels = {
        QFileDialog.DialogLabel.LookIn: "&Buscar en:",
        QFileDialog.DialogLabel.FileName: "&Nombre:",
        QFileDialog.DialogLabel.FileType: "&Tipo de archivo:",
        QFileDialog.DialogLabel.Accept: accept,
        QFileDialog.DialogLabel.Reject: "Cancelar",
    }
    for label, text in labels.items():
        dialog.setLabelText(label, text)
    dialog.fileSelected.connect(chosen)
    return dialog
