"""«Configurar Firebase»: whose key is used, and what it permits."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtWidgets import QFileDialog, QFormLayout, QFrame, QLineEdit, QVBoxLayout, QWidget

from facot_backups.ui.desktop.firebase.guide import FirebaseGuide
from facot_backups.ui.desktop.firebase.task import (
    Access,
    Account,
    Answer,
    read_access,
    read_account,
    save_access,
    try_access,
)
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import Picture, button, column, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.files import file_dialog
from facot_backups.ui.desktop.toolkit.form import FocusKeeper, StatusLine, scrolled
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.window import Host, ViewWindow

# From the last letter of a path to the look at its file.
_PAUSE_MS = 400


class FirebaseWindow(ViewWindow):
    """Choose the credentials file, see whose it is, test it, save it. Its key is never shown."""

    def __init__(self, panel: Host) -> None:
        super().__init__(panel, "Configurar Firebase", QSize(900, 760))
        self.access: Access | None = None
        self.account: Account | None = None
        self.path = QLineEdit()
        self.path.setAccessibleName("Archivo de credenciales")
        self.path.setPlaceholderText("El archivo que se descargó")
        self.choose_button = button("&Elegir archivo…", tip="Elegir el archivo de la cuenta de servicio")
        self.guide = FirebaseGuide(self.theme)
        self.guide_button = button("Cómo &conseguirla", "flat", tip="Ver paso a paso dónde se descarga")
        self.guide_button.setCheckable(True)
        self.guide_button.setChecked(True)
        self.guide_button.toggled.connect(self.guide.setVisible)
        self.problem = StatusLine(self.theme)
        self.project, self.email, self.origin = (label("—", selectable=True) for _ in range(3))
        self.test_button = button(
            "&Probar la conexión", tip="Preguntar a Firebase qué permite; no cambia nada"
        )
        self.reached, self.reads, self.writes = (StatusLine(self.theme) for _ in range(3))
        self.notes = StatusLine(self.theme)
        self.notice = Notice(self.theme)
        self.target = label("", "small", selectable=True)
        self.save_button = button("&Guardar", "primary")
        self.close_button = button("Cancelar")
        self._focus = FocusKeeper(self)
        self._lay_out()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._look_at_file)
        self.path.textChanged.connect(self._typed)
        self.choose_button.clicked.connect(self._choose)
        self.test_button.clicked.connect(self.test)
        self.save_button.clicked.connect(self.save)
        self.close_button.clicked.connect(self.reject)
        self._enable(False)
        self.jobs.start(
            lambda emit, stop: read_access(self.session, emit, stop), done=self._read, failed=self._failed
        )

    # --- the parts ---------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        about = label(
            "Para leer sus datos hace falta una llave: un archivo que se descarga una sola vez en la consola "
            "de Firebase.",
            "muted",
        )
        picture = Picture(self.theme, "fire", "warning", 36)
        head = row(picture, spacing=16)
        head.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
        head.addLayout(column(label("Configurar Firebase", "title"), about, spacing=4), 1)
        head.addWidget(self.guide_button, 0, Qt.AlignmentFlag.AlignTop)
        whose = QFormLayout()
        whose.setHorizontalSpacing(20)
        whose.setVerticalSpacing(8)
        for title, one in (
            ("Proyecto", self.project),
            ("Cuenta", self.email),
            ("De dónde sale", self.origin),
        ):
            whose.addRow(label(title, "muted", wrap=False), one)
        buttons = row(self.target, self.close_button, self.save_button)
        file = _card("La llave", row(self.path, self.choose_button, spacing=8), self.problem, whose)
        test = _card("Conexión", row(self.test_button, 1), self.reached, self.reads, self.writes)
        layout = column(
            scrolled(column(head, self.guide, file, test, self.notes, 1, spacing=14)),
            self.notice,
            buttons,
            spacing=12,
        )
        layout.setContentsMargins(20, 20, 20, 16)
        self.setLayout(layout)

    def _enable(self, able: bool) -> None:
        self._focus.note(able)
        fixed = self.access is not None and bool(self.access.fixed)
        self.path.setEnabled(able and not fixed)
        self.choose_button.setEnabled(able and not fixed)
        self.test_button.setEnabled(able)
        self.save_button.setEnabled(able and not fixed)
        self._focus.give_back(able)

    # --- the file ----------------------------------------------------------------------------------------

    def _read(self, access: Access) -> None:
        self.access = access
        self.path.setText(access.path)
        self.target.setText(f"Se guarda en {access.target}")
        notes = list(access.notes)
        if access.fixed:
            notes.append(f"El archivo lo fija {access.fixed}: aquí no se puede cambiar.")
        self.notes.tell("info", "\n".join(notes))
        self.guide_button.setChecked(not access.path and not access.fixed and not access.notes)
        self._enable(True)
        self.path.setFocus()
        self._look_at_file()

    @slot
    def _typed(self) -> None:
        self.notice.hide()
        for line in (self.problem, self.reached, self.reads, self.writes):
            line.tell("info", "")
        mark(self.path, wrong=False)
        self._pause.start()

    @slot
    def _choose(self) -> None:
        title = "El archivo que dio la consola de Firebase"
        dialog = file_dialog(self, title, self.path.setText, at=self.path.text())
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["La llave (*.json)", "Todos los archivos (*)"])
        dialog.open()

    @slot
    def _look_at_file(self) -> None:
        self._pause.stop()
        path = self.path.text().strip()

        def show(account: Account) -> None:
            if self.path.text().strip() == path:
                self._show_account(account)

        self.jobs.start(lambda emit, stop: read_account(self.session, emit, stop, path), done=show)

    def _show_account(self, account: Account) -> None:
        self.account = account
        self.project.setText(account.project or words.UNKNOWN)
        self.email.setText(account.email or words.UNKNOWN)
        self.origin.setText(self._origin(account))
        self._show_problem(account)

    def _show_problem(self, account: Account) -> None:
        said = " ".join(filter(None, (account.problem, account.remedy)))
        # What is still to be chosen is no mistake.
        self.problem.tell("critical" if account.path else "info", said)
        mark(self.path, wrong=bool(account.problem and account.path))
        self.path.setAccessibleDescription(said)

    def _origin(self, account: Account) -> str:
        access = self.access
        if not account.path or access is None:
            return words.UNKNOWN
        same = self.path.text().strip() == access.path
        return access.origin if same else "elegido ahora, sin guardar"

    # --- the test ----------------------------------------------------------------------------------------

    @slot
    def test(self) -> None:
        """Ask Firebase; what it says is told line by line."""
        path = self.path.text().strip()
        self.notice.hide()
        for line in (self.reads, self.writes):
            line.tell("info", "")
        self.reached.tell("info", "Preguntando a Firebase…")
        self._enable(False)
        self.jobs.start(
            lambda emit, stop: try_access(self.session, emit, stop, path),
            done=self._answered,
            failed=self._failed,
            ended=lambda: self._enable(True),
        )

    def _answered(self, answer: Answer) -> None:
        said = " ".join(filter(None, (answer.problem, answer.remedy)))
        if answer.read is None:
            self.reached.tell("critical", said)
            return
        if answer.untried:
            self.reached.tell(
                "warning",
                f"Responde el emulador, {answer.source}, que no pide llave. La de este archivo no se ha "
                "probado: se podrá probar cuando no se use el emulador.",
            )
            return
        self.reached.tell("ok", f"Responde: {answer.source}.")
        found = words.counted(len(answer.collections), "colección", "colecciones")
        if answer.read and answer.doubts:
            self.reads.tell("warning", f"Puede leer ({found}). {answer.doubts}")
        elif answer.read:
            self.reads.tell("ok", f"Puede leer: basta para hacer backups ({found}).")
        else:
            self.reads.tell("critical", f"No puede leer, y sin eso no hay backups. {said}")
        if answer.write:
            self.writes.tell("ok", "Puede escribir: basta para restaurar.")
        elif answer.write is None:
            self.writes.tell("warning", f"No se sabe si puede escribir. {said}")
        else:
            self.writes.tell(
                "warning",
                "No puede escribir: hace backups, pero para restaurar hará falta el rol «Usuario de Cloud "
                "Datastore».",
            )

    def _failed(self, failure: Failure) -> None:
        self.reached.tell("info", "")
        if not failure.stopped:
            self.notice.tell_failure(failure)

    # --- saving ------------------------------------------------------------------------------------------

    @slot
    def save(self) -> None:
        """Save the file's path, if it can serve."""
        path = self.path.text().strip()
        self.notice.hide()
        self._enable(False)
        self.jobs.start(
            lambda emit, stop: save_access(self.session, emit, stop, path),
            done=self._saved,
            failed=self._failed,
            ended=lambda: self._enable(True),
        )

    def _saved(self, account: Account) -> None:
        if account.problem:
            self._show_account(account)
            text = "Elija un archivo que sirva, y guarde de nuevo." if account.remedy else account.problem
            self.notice.tell("critical", "No se ha guardado nada", text)
            return
        where = self.access.target if self.access is not None else ""
        self.panel.notice.tell("ok", "Firebase configurado", f"Proyecto {account.project}. En {where}")
        self.panel.settings_changed.emit()
        self.panel.look_wanted.emit()
        self.accept()


def _card(heading: str, *parts: object) -> QFrame:
    card = QFrame()
    card.setProperty("card", True)
    layout = QVBoxLayout(card)
    layout.setContentsMargins(20, 16, 20, 18)
    layout.setSpacing(12)
    layout.addWidget(label(heading, "heading", wrap=False))
    for part in parts:
        if isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)  # type: ignore[arg-type]
    return card


def open_firebase(panel: Host) -> None:
    """Show «Configurar Firebase»."""
    panel.open_view("firebase", lambda: FirebaseWindow(panel))
