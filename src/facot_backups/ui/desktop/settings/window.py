"""The settings: where, when and what is backed up, who is told, how the panel looks, and the service."""

from __future__ import annotations

from qtpy.compat import isalive
from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QFileDialog, QScrollArea, QVBoxLayout, QWidget

from facot_backups.ui.desktop.settings.alerts_page import AlertsRow
from facot_backups.ui.desktop.settings.alerts_task import Sent, try_alert, try_alerts
from facot_backups.ui.desktop.settings.fields import FieldRow, TextRow
from facot_backups.ui.desktop.settings.folder_task import FolderCheck, check_folder
from facot_backups.ui.desktop.settings.list_fields import CollectionsRow
from facot_backups.ui.desktop.settings.move_dialog import NOT_COPIED, move_question
from facot_backups.ui.desktop.settings.move_task import Move, planned_move, save_copying, save_leaving
from facot_backups.ui.desktop.settings.rows import settings_rows
from facot_backups.ui.desktop.settings.service_row import ServiceRow
from facot_backups.ui.desktop.settings.service_task import ServiceState, service_state
from facot_backups.ui.desktop.settings.task import Form, Saved, Value, problem_of, read_form
from facot_backups.ui.desktop.toolkit.basic import button, column, label, row
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.files import file_dialog
from facot_backups.ui.desktop.toolkit.form import FocusKeeper, Section, StatusLine, scrolled
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.worker import Job
from facot_backups.ui.desktop.window import Host, ViewWindow

# From the last letter of a folder's name to the look at it.
_PAUSE_MS = 400
_REFUSED = "No se ha guardado nada"


class SettingsWindow(ViewWindow):
    """Everything that a person may set. Nothing is saved before «Guardar», and then all of it or nothing."""

    def __init__(self, panel: Host) -> None:
        super().__init__(panel, "Ajustes de los backups", QSize(900, 780))
        self.form: Form | None = None
        self._discarding = False
        self.choose_button = button("&Elegir…", tip="Elegir la carpeta de los backups")
        rows = settings_rows(self.theme, self.choose_button)
        self.rows: dict[str, FieldRow] = {one.name: one for one in rows}
        self.folder_check = StatusLine(self.theme)
        self.rows["backup_dir"].body.addWidget(self.folder_check)
        self.test_button = button("Enviar un aviso de &prueba", tip="Probar los avisos tal como están aquí")
        self.test_lines = QVBoxLayout()
        self.service = ServiceRow(self)
        self.notice = Notice(self.theme)
        self.notes = label("", "small", selectable=True)
        self.target = label("Leyendo los ajustes…", "small", selectable=True)
        self.save_button = button("&Guardar", "primary")
        self.cancel_button = button("Cancelar")
        self.progress = ProgressCard("Cancelar la copia")
        self.progress.cancelled.connect(self._stop_copying)
        self.saving: Job | None = None
        self.area = self._area()
        layout = column(
            self.area,
            self.progress,
            self.notice,
            row(self.target, self.cancel_button, self.save_button),
            spacing=12,
        )
        layout.setContentsMargins(16, 16, 16, 16)
        self.setLayout(layout)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._check_folder)
        self._focus = FocusKeeper(self)
        self._connect()
        self._enable(False)
        self.jobs.start(
            lambda emit, stop: read_form(self.session, emit, stop), done=self._read, failed=self._failed
        )
        self.service.look()

    # --- the parts ---------------------------------------------------------------------------------------

    def _area(self) -> QScrollArea:
        rows = self.rows
        test = QWidget()
        layout = column(row(self.test_button, 1), self.test_lines, spacing=8)
        layout.setContentsMargins(192, 0, 0, 0)
        test.setLayout(layout)
        sections = column(
            Section("Dónde", rows["backup_dir"]),
            Section("Cuándo y por cuánto tiempo", *(rows[n] for n in _WHEN)),
            Section("Qué se guarda", *(rows[n] for n in _WHAT)),
            Section("De dónde", rows["project"], rows["database"]),
            Section("Avisos", rows["notify_urls"], rows["healthcheck_url"], test),
            Section("Empezar con el equipo", self.service),
            Section("Panel", rows["theme"]),
            self.notes,
            1,
            spacing=14,
        )
        area = scrolled(sections)
        self.inside = area.widget()
        return area

    def _connect(self) -> None:
        folder = self.rows["backup_dir"]
        assert isinstance(folder, TextRow)
        self._folder = folder
        folder.edit.textChanged.connect(self._pause.start)
        self._refusal = QTimer(self)
        self._refusal.setInterval(_PAUSE_MS)
        self._refusal.timeout.connect(self._look_at_refusal)
        self.choose_button.clicked.connect(self._choose)
        self.test_button.clicked.connect(self._test)
        alerts = self.rows["notify_urls"]
        assert isinstance(alerts, AlertsRow)
        alerts.test = self._test_one
        self.save_button.clicked.connect(self.save)
        self.cancel_button.clicked.connect(self._discard)

    def _enable(self, able: bool) -> None:
        self._focus.note(able)
        if self.inside is not None:
            self.inside.setEnabled(able)
        self.save_button.setEnabled(able)
        self._focus.give_back(able)

    # --- reading -----------------------------------------------------------------------------------------

    def _read(self, form: Form) -> None:
        self.form = form
        for name, one in self.rows.items():
            if isinstance(one, CollectionsRow):
                one.know(form.known)
            one.show_field(form.fields[name])
        self.notes.setText("\n".join(form.notes))
        self.notes.setVisible(bool(form.notes))
        word = "Se guarda en" if form.exists else "Se creará"
        self.target.setText(f"{word} {form.path}")
        self._enable(not form.problem)
        if form.problem:
            self.notice.tell("critical", "No se puede leer el archivo de ajustes", form.problem)
        self._folder.edit.setFocus()
        self._check_folder()

    def _failed(self, failure: Failure) -> None:
        if not failure.stopped:
            self.notice.tell_failure(failure)

    @property
    def values(self) -> dict[str, Value]:
        """What all inputs hold."""
        return {name: one.value for name, one in self.rows.items()}

    @property
    def dirty(self) -> bool:
        """Whether anything was changed and not saved."""
        form = self.form
        return form is not None and any(v != form.fields[name].value for name, v in self.values.items())

    # --- the folder --------------------------------------------------------------------------------------

    @slot
    def _choose(self) -> None:
        edit = self._folder.edit
        dialog = file_dialog(self, "Carpeta de los backups", edit.setText, at=edit.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.open()

    @slot
    def _check_folder(self) -> None:
        text = self._folder.edit.text().strip()
        self._folder.check()
        if not text or self._folder.problem.level:
            self.folder_check.tell("info", "")
            return

        def show(found: FolderCheck) -> None:
            if self._folder.edit.text().strip() == text:
                self.folder_check.tell(found.level, found.text)

        self.jobs.start(lambda emit, stop: check_folder(self.session, emit, stop, text), done=show)

    # --- the alerts --------------------------------------------------------------------------------------

    @slot
    def _test(self) -> None:
        alerts = [self.rows["healthcheck_url"], self.rows["notify_urls"]]
        for one in alerts:
            one.check()
        if any(one.problem.level for one in alerts):
            return
        self._say_tested([("info", "Enviando…")])
        self.test_button.setEnabled(False)
        values = {one.name: one.value for one in alerts}
        self.jobs.start(
            lambda emit, stop: try_alerts(self.session, emit, stop, values),
            done=self._tested,
            failed=self._not_tested,
            ended=lambda: self.test_button.setEnabled(True),
        )

    def _test_one(self, url: str, line: StatusLine) -> None:
        line.tell("info", "Enviando… puede tardar unos segundos.")

        def show(sent: Sent) -> None:
            if isalive(line):  # type: ignore[no-untyped-call]
                line.tell("critical" if sent.problem else "ok", sent.text)

        def fail(failure: Failure) -> None:
            if isalive(line):  # type: ignore[no-untyped-call]
                line.tell("critical", " ".join(filter(None, (failure.text, failure.remedy))))

        self.jobs.start(lambda emit, stop: try_alert(self.session, emit, stop, url), done=show, failed=fail)

    def _tested(self, sent: tuple[Sent, ...]) -> None:
        lines = [("critical" if one.problem else "ok", one.text) for one in sent]
        nothing = [("warning", "No hay ningún aviso que probar: nadie se enteraría de un fallo.")]
        self._say_tested(lines or nothing)

    def _not_tested(self, failure: Failure) -> None:
        self._say_tested([])
        self._failed(failure)

    def _say_tested(self, lines: list[tuple[str, str]]) -> None:
        while (item := self.test_lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for level, text in lines:
            line = StatusLine(self.theme)
            self.test_lines.addWidget(line)
            line.tell(level, text)

    @property
    def tested(self) -> list[str]:
        """What is said of the last test, line by line."""
        items = [self.test_lines.itemAt(number) for number in range(self.test_lines.count())]
        found = [item.widget() for item in items if item is not None]
        return [line.text.text() for line in found if isinstance(line, StatusLine)]

    # --- saving ------------------------------------------------------------------------------------------

    @slot
    def save(self) -> None:
        """Save what was changed; if anything is wrong, say so at its field and save nothing."""
        form, values = self.form, self.values
        if form is None:
            return
        self._enable(False)
        self.notice.hide()
        self.jobs.start(
            lambda emit, stop: planned_move(self.session, emit, stop, form, values),
            done=lambda move: self._ask_or_save(form, values, move),
            failed=self._failed,
            ended=self._enable_again,
        )

    def _ask_or_save(self, form: Form, values: dict[str, Value], move: Move | None) -> None:
        if move is None:
            self._save(form, values)
            return
        save, copy = lambda: self._save(form, values), lambda: self._copy(form, values, move)
        move_question(self, move, save, copy).open()

    def _save(self, form: Form, values: dict[str, Value]) -> None:
        self._enable(False)
        self.saving = self.jobs.start(
            lambda emit, stop: save_leaving(self.session, emit, stop, form, values),
            done=self._saved,
            failed=self._failed,
            ended=self._save_ended,
        )

    def _copy(self, form: Form, values: dict[str, Value], move: Move) -> None:
        self._enable(False)
        self.progress.begin("Copiando los backups…")
        self.saving = self.jobs.start(
            lambda emit, stop: save_copying(self.session, emit, stop, form, values, move),
            event=self.progress.take,
            done=self._saved,
            failed=self._not_copied,
            ended=self._save_ended,
        )

    def _not_copied(self, failure: Failure) -> None:
        if failure.stopped:
            self.notice.tell("info", "Copia cancelada", NOT_COPIED)
        else:
            text = "\n".join(filter(None, (failure.text, failure.remedy, NOT_COPIED)))
            self.notice.tell("critical", failure.title, text)

    @slot
    def _stop_copying(self) -> None:
        if self.saving is not None:
            self.saving.cancel()

    def _save_ended(self) -> None:
        self.saving = None
        self.progress.end()
        self._enable(True)

    def _enable_again(self) -> None:
        if self.saving is None:
            self._enable(True)

    def _saved(self, saved: Saved) -> None:
        if saved.problems:
            self._refused(saved)
            return
        if "theme" in saved.changed:
            self.theme.choice = saved.theme
        if saved.changed:
            self.panel.settings_changed.emit()
            self.panel.look_wanted.emit()
        self._read_again(saved)

    def _read_again(self, saved: Saved) -> None:
        """Close, unless the service would go on with the settings of before."""
        if not ({"backup_dir"} & set(saved.changed) and self.service.state and self.service.state.installed):
            self._close(saved)
            return

        def look(state: ServiceState) -> None:
            self.service.show_state(state)
            if state.current:
                self._close(saved)
                return
            self.jobs.start(lambda emit, stop: read_form(self.session, emit, stop), done=self._read)
            self.notice.tell(
                "warning",
                "Guardado, pero falta un paso",
                "El backup diario del sistema sigue usando la carpeta de antes.",
                offer=("Ponerlo al día", self.service.install),
            )

        self.jobs.start(
            lambda emit, stop: service_state(self.session, emit, stop), done=look, failed=self._failed
        )

    def _close(self, saved: Saved) -> None:
        if saved.changed:
            text = "\n".join(filter(None, (saved.note, f"En {saved.path}")))
            self.panel.notice.tell("warning" if saved.warning else "ok", "Ajustes guardados", text)
        self._discard()

    def _refused(self, saved: Saved) -> None:
        for name, one in self.rows.items():
            one.show_problem(saved.problems.get(name, ""))
        text = saved.problems.get("", "Corrija lo que se señala y vuelva a guardar.")
        self.notice.tell("critical", _REFUSED, text)
        if "" not in saved.problems:
            self._refusal.start()
        wrong = next((one for name, one in self.rows.items() if name in saved.problems), None)
        if wrong is not None:
            self._enable(True)
            wrong.inputs()[0].setFocus(Qt.FocusReason.OtherFocusReason)
            self.area.ensureWidgetVisible(wrong)

    @slot
    def _look_at_refusal(self) -> None:
        """Take the message away as soon as nothing is wrong any more."""
        wrong = [name for name, value in self.values.items() if problem_of(name, value)]
        if not wrong and self.notice.title.text() == _REFUSED:
            self.notice.hide()
        if not wrong or not self.notice.isVisible():
            self._refusal.stop()

    # --- closing -----------------------------------------------------------------------------------------

    @slot
    def _discard(self) -> None:
        self._discarding = True
        self.reject()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """A program that ends is not held back; a person who closes the window is asked (`reject`)."""
        if not event.spontaneous():
            self._discarding = True
        super().closeEvent(event)

    def reject(self) -> None:
        """Esc and the window's cross come here: what was changed is not lost without a word."""
        if self.dirty and not self._discarding:
            self.notice.tell(
                "warning",
                "Hay cambios sin guardar",
                "Pulse «Guardar», o descártelos.",
                offer=("Descartarlos", self._discard),
            )
            return
        super().reject()


_WHAT = ("collections", "exclude", "max_reads")
_WHEN = ("backup_hour", "retention_days", "keep_last")


def open_settings(panel: Host) -> None:
    """Show the settings."""
    panel.open_view("settings", lambda: SettingsWindow(panel))
