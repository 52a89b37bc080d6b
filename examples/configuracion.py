"""A Qt program's settings dialog, as FACOT has one, with the section "Backups y Firebase" in it.

    python examples/configuracion.py

The two numbered lines are all that it takes (docs/panel.md, "Dentro de FACOT"). It runs on PyQt6 and on
PySide6; a program that imports from one of them, as FACOT does from PyQt6, goes on doing so.
"""

from __future__ import annotations

import sys

from qtpy.QtWidgets import QApplication, QDialog, QFormLayout, QLineEdit, QTabWidget, QVBoxLayout, QWidget

from facot_backups.ui.desktop import BackupsPanel  # 1


class SettingsDialog(QDialog):
    """What a program like FACOT has: some settings of its own, and one tab for the backups."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Configuración")
        company = QWidget()
        form = QFormLayout(company)
        form.addRow("Empresa", QLineEdit("Ferretería Peña, S.R.L."))
        form.addRow("RNC", QLineEdit("101-00000-1"))
        tabs = QTabWidget()
        tabs.addTab(company, "Empresa")
        tabs.addTab(BackupsPanel(), "Backups")  # 2
        layout = QVBoxLayout(self)
        layout.addWidget(tabs)
        self.resize(1080, 820)


def main() -> int:
    """Show the dialog until it is closed."""
    application = QApplication(sys.argv)
    application.setStyle("Fusion")
    dialog = SettingsDialog()
    dialog.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
