"""How one gets the key of Firebase, step by step, with drawings."""

from __future__ import annotations

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QWidget

from facot_backups.ui.desktop.firebase.sketches import Sketch
from facot_backups.ui.desktop.toolkit.basic import button, column, label, row
from facot_backups.ui.desktop.toolkit.form import Section, StatusLine
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.theme import Theme

# The page of the keys; the console asks for the project, and for the account of Google.
CONSOLE = "https://console.firebase.google.com/project/_/settings/serviceaccounts/adminsdk"
_STEPS = (
    ("gear", "1. Entre en la consola, elija su proyecto, y pulse la rueda y «Configuración del proyecto»."),
    ("tab", "2. Pulse la pestaña «Cuentas de servicio»."),
    ("key", "3. Pulse «Generar nueva clave privada». Se descarga un archivo: es la llave."),
)
_AFTER = (
    "4. Elija aquí abajo ese archivo, pruebe la conexión y guarde. Es la llave de todos sus datos: no se la "
    "dé a nadie, y déjela en una carpeta que solo usted use."
)


class FirebaseGuide(Section):
    """The steps, and a button that opens the console where they begin."""

    def __init__(self, theme: Theme) -> None:
        self.open_button = button(
            "A&brir la consola de Firebase", "primary", tip="Se abre en su navegador; entre con su cuenta"
        )
        self.line = StatusLine(theme)
        steps = row(spacing=18)
        for name, text in _STEPS:
            step = column(Sketch(theme, name, text), label(text), spacing=8)
            step.setAlignment(Qt.AlignmentFlag.AlignTop)
            steps.addLayout(step, 1)
        drawn = QWidget()
        steps.setContentsMargins(0, 0, 0, 0)
        drawn.setLayout(steps)
        opening = QWidget()
        lines = column(row(self.open_button, 1), self.line, spacing=8)
        lines.setContentsMargins(0, 0, 0, 0)
        opening.setLayout(lines)
        super().__init__("Cómo conseguir la llave", drawn, opening, label(_AFTER))
        self.open_button.clicked.connect(self._open)

    @slot
    def _open(self) -> None:
        if not QDesktopServices.openUrl(QUrl(CONSOLE)):
            self.line.tell("warning", f"No se pudo abrir el navegador. La dirección es {CONSOLE}")
