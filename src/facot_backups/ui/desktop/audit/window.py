"""The audit view: what is wrong in a backup's invoices, counters and tax ids. `open_audit` opens it."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QComboBox, QFileDialog, QFrame, QLineEdit, QMenu, QVBoxLayout, QWidget

from facot_backups.text import one_line
from facot_backups.ui.desktop.audit import printed
from facot_backups.ui.desktop.audit import texts as audit_words
from facot_backups.ui.desktop.audit.model import PICTURES, FindingsFilter, findings_model
from facot_backups.ui.desktop.audit.task import Audited, audit_backup, export
from facot_backups.ui.desktop.restore.choices import Choices, choices
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import SPACE, button, column, label, row, set_tip
from facot_backups.ui.desktop.toolkit.check import CheckBox
from facot_backups.ui.desktop.toolkit.error_text import Failure
from facot_backups.ui.desktop.toolkit.files import file_dialog
from facot_backups.ui.desktop.toolkit.fitted import BoundedArea
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.page import Page
from facot_backups.ui.desktop.toolkit.printing import Printing
from facot_backups.ui.desktop.toolkit.progress_card import ProgressCard
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.toolkit.tables import table
from facot_backups.ui.desktop.toolkit.worker import Job
from facot_backups.ui.desktop.window import Host, ViewWindow

# Of what is said of the chosen finding, in pixels.
_DETAIL_HEIGHT = 150


def open_audit(panel: Host, backup: str | None = None) -> AuditWindow:
    """Show the audit of `backup` (None: the latest)."""
    window = panel.open_view("audit", lambda: AuditWindow(panel))
    assert isinstance(window, AuditWindow)
    window.begin(backup)
    return window


class AuditWindow(ViewWindow):
    """One backup's findings, or those of another that is chosen."""

    def __init__(self, panel: Host) -> None:
        super().__init__(panel, "Auditoría", QSize(1240, 740))
        self.audited: Audited | None = None
        self._job: Job | None = None
        self._build()
        panel.backup_ended.connect(self._backup_ended)
        self.theme.changed.connect(self._dress)
        self._dress()

    # --- the parts ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.title = label("Auditoría", "title")
        self.text = label(audit_words.INTRO, "muted")
        self.backup = QComboBox()
        self.backup.setAccessibleName("Backup que se revisa")
        self.backup.setMaxVisibleItems(16)
        self.backup.activated.connect(self._chosen)
        self.export_button = button("&Exportar a Excel (CSV)…", tip="Guardar en un archivo lo que se muestra")
        self.export_button.clicked.connect(self._ask_where)
        self.progress = ProgressCard()
        self.progress.cancelled.connect(self.cancel)
        self.notice = Notice(self.theme)
        self.printing = Printing(self.notice, self._page)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filtrar: NCF, documento, cliente o parte del texto")
        self.words.setAccessibleName("Filtrar los hallazgos")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(self._filter)
        self.severities = {severity: self._severity(severity) for severity in audit_words.SEVERITIES}
        self.model = findings_model(self.theme, self)
        self.filter = FindingsFilter(self.model, self)
        self.table = table(
            self.filter, "Hallazgos de la auditoría", widths={0: 120, 2: 160, 3: 220}, sortable=True
        )
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.table.activated.connect(self.open_documents)
        self.count = label("", "muted", wrap=False)
        self.detail = self._detail()
        self._lay_out()
        self._selected()
        self._enable()

    def _detail(self) -> BoundedArea:
        self.detail_title = label("", "heading")
        self.detail_text = label(selectable=True)
        self.detail_where = label("", "muted", selectable=True)
        self.open_button = button("&Ver el documento", tip="Abrirlo tal como está en el backup (Enter)")
        self.open_button.clicked.connect(self.open_documents)
        inside = row()
        inside.addLayout(column(self.detail_title, self.detail_text, self.detail_where, spacing=4), 1)
        inside.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignTop)
        inside.setContentsMargins(16, 12, 16, 12)
        made = QFrame()
        mark(made, card=True)
        made.setLayout(inside)
        return BoundedArea(made, _DETAIL_HEIGHT)

    def _lay_out(self) -> None:
        layout = QVBoxLayout()
        layout.setSpacing(SPACE)
        layout.addLayout(column(self.title, self.text, spacing=2))
        which = row(
            label("Backup", "muted", wrap=False), self.backup, self.printing.button, self.export_button
        )
        which.setStretch(1, 1)
        which.setContentsMargins(0, 0, 0, 0)
        self.which = QWidget()
        self.which.setLayout(which)
        filters = row(self.words, *self.severities.values(), self.count, spacing=16)
        filters.setStretch(0, 1)
        found = column(filters, self.table, self.detail)
        found.setStretch(1, 1)
        found.setContentsMargins(0, 0, 0, 0)
        self.found = QWidget()
        self.found.setLayout(found)
        for part in (self.which, self.progress, self.notice):
            layout.addWidget(part)
        layout.addWidget(self.found, 1)
        self.rest = QWidget()
        self.rest.hide()
        layout.addWidget(self.rest, 1)
        self.fill(layout)

    def _severity(self, severity: str) -> CheckBox:
        made = CheckBox(audit_words.SEVERITIES[severity][1])
        made.setChecked(True)
        set_tip(made, audit_words.MEANINGS[severity])
        made.toggled.connect(self._filter)
        return made

    @slot
    def _dress(self) -> None:
        self.export_button.setIcon(self.theme.icon("download"))
        self.printing.button.setIcon(self.theme.icon("printer"))
        for severity, one in self.severities.items():
            one.setIcon(self.theme.icon(*PICTURES[severity]))
        self.table.viewport().update()

    # --- the audit ---------------------------------------------------------------------------------------

    def begin(self, backup: str | None = None) -> None:
        """Audit `backup`, and list the others."""

        def read(found: Choices) -> None:
            self.backup.clear()
            for choice in found.backups:
                self.backup.addItem(f"{choice.title[:1].upper()}{choice.title[1:]}", choice.name)
            self.backup.setCurrentIndex(self.backup.findData(backup or found.latest))
            self._show_parts(bool(found.backups))
            if chosen := backup or found.latest:
                self.look(chosen)
            else:
                self._nothing()

        self.jobs.start(
            lambda emit, stop: choices(self.session, emit, stop), done=read, failed=self._not_audited
        )

    def _show_parts(self, some: bool) -> None:
        for part in (self.which, self.found):
            part.setVisible(some)
        self.rest.setVisible(not some)

    def _nothing(self) -> None:
        self.notice.tell(*audit_words.NOTHING, offer=("Crear backup ahora", self.panel.backup_wanted.emit))

    @slot
    def _backup_ended(self, complete: bool) -> None:
        if complete and self.audited is None and self._job is None:
            self.notice.hide()
            self.begin()

    def look(self, backup: str) -> None:
        """Audit `backup`, off the GUI thread; an audit that is under way is stopped."""
        if self._job is not None:
            self._job.cancel()
        self.notice.hide()
        self.progress.begin("Revisando…")
        job: list[Job] = []

        def ended() -> None:
            if self._job is job[0]:
                self._job = None
                self.progress.end()
                self._enable()

        job.append(
            self.jobs.start(
                lambda emit, stop: audit_backup(self.session, emit, stop, backup),
                event=self.progress.take,
                done=self._audited,
                failed=self._not_audited,
                ended=ended,
            )
        )
        self._job = job[0]
        self._enable()

    @slot
    def cancel(self) -> None:
        """Stop the audit."""
        if self._job is not None:
            self._job.cancel()

    @slot
    def _chosen(self) -> None:
        self.look(self.backup.currentData())

    def _audited(self, audited: Audited) -> None:
        self.audited = audited
        title, text = audit_words.verdict(audited)
        self.title.setText(title)
        self.text.setText(f"{text} {audit_words.INTRO}")
        self.model.replace(audited.rows)
        for severity, one in self.severities.items():
            count = sum(finding.severity == severity for finding in audited.rows)
            one.setText(f"{audit_words.SEVERITIES[severity][1]} ({count:,})")
        self._filter()
        if self.filter.rowCount():
            self.table.selectRow(0)

    def _not_audited(self, failure: Failure) -> None:
        if not failure.stopped or self._job is None:
            self.notice.tell_failure(failure)

    def _enable(self) -> None:
        there = bool(self.audited and self.audited.rows) and self._job is None
        self.export_button.setEnabled(there)
        self.printing.button.setEnabled(there)

    def _page(self) -> Page | None:
        return printed.audit_page(self.audited, self.filter.shown()) if self.audited is not None else None

    # --- what is shown -----------------------------------------------------------------------------------

    @slot
    def _filter(self) -> None:
        chosen = frozenset(severity for severity, one in self.severities.items() if one.isChecked())
        self.filter.choose(chosen, self.words.text())
        self.count.setText(audit_words.shown(self.filter.rowCount(), self.model.rowCount()))

    @slot
    def _selected(self) -> None:
        indexes = self.table.selectionModel().selectedRows()
        self.detail.setVisible(bool(indexes))
        if indexes:
            found = indexes[0].data(ROW_ROLE)
            self.detail_title.setText(found.kind)
            self.detail_text.setText(f"{found.message}\n{audit_words.MEANINGS[found.severity]}")
            self.detail_where.setText(found.documents)
            self.detail_where.setVisible(bool(found.documents))
            self.open_button.setVisible(bool(found.finding.documents))
            self.detail.updateGeometry()

    @slot
    def open_documents(self) -> None:
        """Show the document of the finding that is chosen; of several, a menu asks which."""
        indexes = self.table.selectionModel().selectedRows()
        paths: tuple[str, ...] = indexes[0].data(ROW_ROLE).finding.documents if indexes else ()
        if len(paths) == 1:
            self._open(paths[0])
        elif paths:
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            for path in paths:
                entry = menu.addAction(words.literal(one_line(path)))
                entry.triggered.connect(slot(lambda path=path: self._open(path)))
            menu.setActiveAction(menu.actions()[0])
            menu.popup(self.open_button.mapToGlobal(self.open_button.rect().bottomLeft()))

    def _open(self, path: str) -> None:
        from facot_backups.ui.desktop.backups.detail_window import open_document

        assert self.audited is not None
        if open_document(self.panel, self.audited.backup, tuple(path.split("/"))) is None:
            self.notice.tell("warning", "Ese backup ya no está", "Elija otro en la lista.")

    # --- the export --------------------------------------------------------------------------------------

    @slot
    def _ask_where(self) -> None:
        assert self.audited is not None
        dialog = file_dialog(self, "Exportar la auditoría", self.export, accept="&Guardar")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Hoja de cálculo CSV (*.csv)")
        dialog.setDefaultSuffix("csv")
        dialog.selectFile(f"auditoria-{self.audited.backup}.csv")
        dialog.open()

    @slot
    def export(self, path: str) -> None:
        """Write the findings that are shown to `path`."""
        rows = self.filter.shown()
        self.jobs.start(
            lambda emit, stop: export(emit, stop, rows, Path(path)),
            done=lambda count: self.notice.tell("ok", "Exportado", audit_words.exported(count, path)),
            failed=self.notice.tell_failure,
        )
