"""Starting with the system: how the service stands, what it would write, install and remove."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QPlainTextEdit, QWidget

from facot_backups.ui.desktop.settings.service_task import (
    ServiceState,
    install_service,
    remove_service,
    service_state,
)
from facot_backups.ui.desktop.toolkit.basic import button, column, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.form import StatusLine
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.window import ViewWindow


class ServiceRow(QWidget):
    """What the system's own timer does for the backups; it does not wait for «Guardar»."""

    def __init__(self, window: ViewWindow) -> None:
        super().__init__()
        self._window = window
        self.state: ServiceState | None = None
        self.about = label(
            "El sistema puede hacer el backup diario por sí mismo, aunque no abra ningún programa. Usa los "
            "ajustes guardados.",
            "muted",
        )
        self.line = StatusLine(window.theme)
        self.install_button = button("&Instalar", tip="Que el sistema haga el backup diario")
        self.remove_button = button("&Quitar", tip="Que el sistema deje de hacer el backup diario")
        self.show_button = button("Ver qué se escribe", "flat", tip="Ver los archivos y órdenes del servicio")
        self.show_button.setCheckable(True)
        self.shown = QPlainTextEdit()
        self.shown.setReadOnly(True)
        self.shown.setAccessibleName("Lo que se escribe al instalar")
        self.shown.setFixedHeight(220)
        self.shown.setTabChangesFocus(True)
        self.shown.hide()
        layout = column(
            self.about,
            self.line,
            row(self.install_button, self.remove_button, self.show_button, 1, spacing=8),
            self.shown,
            spacing=10,
        )
        layout.setContentsMargins(0, 0, 0, 0)
        self.setLayout(layout)
        self.install_button.clicked.connect(self.install)
        self.remove_button.clicked.connect(self.remove)
        self.show_button.toggled.connect(self.shown.setVisible)
        self._enable(False)

    def look(self) -> None:
        """See how it stands."""
        self._run(service_state, "")

    @slot
    def install(self) -> None:
        """Install it, or bring it up to date."""
        self._run(install_service, "Instalando…")

    @slot
    def remove(self) -> None:
        """Take it away."""
        self._run(remove_service, "Quitando…")

    def show_state(self, state: ServiceState) -> None:
        """Show how it stands."""
        self.state = state
        level = "ok" if state.current and state.installed else "warning" if state.installed else "info"
        self.line.tell(level, state.text)
        self.install_button.setText("&Instalar de nuevo" if state.installed else "&Instalar")
        detail = f"\n\nEl sistema dice:\n{state.detail}" if state.detail else ""
        self.shown.setPlainText(state.shown + detail)
        self._enable(True)

    def _run(self, task: Callable[..., ServiceState], saying: str) -> None:
        self._enable(False)
        self.line.tell("info", saying or "Mirando…")
        session = self._window.session
        self._window.jobs.start(
            lambda emit, stop: task(session, emit, stop), done=self.show_state, failed=self._failed
        )

    def _failed(self, failure: Failure) -> None:
        self.line.tell("critical", " ".join(filter(None, (failure.text, failure.remedy))))
        self._enable(self.state is not None)

    def _enable(self, able: bool) -> None:
        state = self.state
        self.install_button.setEnabled(able and state is not None and not state.current)
        self.remove_button.setEnabled(able and state is not None and state.installed)
        self.show_button.setEnabled(state is not None)
