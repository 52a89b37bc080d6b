"""`make screenshots`: a picture of each view of the panel into docs/imagenes, light and dark, 100 and 200 %.

A view is a function of SHOTS that brings the panel of the demonstration to what is to be seen and returns
the widget. Each look and scale has a process of its own: Qt takes its scale at its start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

_PICTURES = Path(__file__).parent.parent / "docs" / "imagenes"
_LOOKS, _SCALES = ("claro", "oscuro"), (1, 2)
_DAYS, _INVOICES = 100, 300
_MORNING = datetime(2026, 11, 24, 14, 12, 40, tzinfo=UTC)
_PATIENCE_SECONDS = 60.0
# What fades in (a field's clear button) has done so.
_SETTLED_SECONDS = 0.3

sys.path.insert(0, str(Path(__file__).parent.parent))


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def clock():  # type: ignore[no-untyped-def]
    """A morning in Santo Domingo, so that the pictures stay the same."""
    from facot_backups.ui.desktop.program.demo import StillClock

    return StillClock(_MORNING, ZoneInfo("America/Santo_Domingo"))


def main(arguments: list[str]) -> int:
    """Without arguments all pictures; else those of a folder with history, a look and a scale."""
    if arguments:
        folder, look, scale, *names = arguments
        return _take(Path(folder), look, int(scale), names)
    from facot_backups.ui.desktop.program.demo import demo

    _PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="facot-pictures-") as folder:
        with demo(Path(folder), invoices=_INVOICES, clock=clock()) as world:
            world.make_history(_DAYS)
        for scale in _SCALES:
            for look in _LOOKS:
                environment = {
                    **os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(scale)
                }  # fmt: skip
                command = [sys.executable, "-B", __file__, folder, look, str(scale)]
                subprocess.run(command, env=environment, check=True)
    return 0


def _take(folder: Path, look: str, scale: int, names: list[str]) -> int:
    from qtpy.QtWidgets import QApplication

    from facot_backups.ui.desktop.overview.panel import BackupsPanel
    from facot_backups.ui.desktop.program.demo import demo
    from facot_backups.ui.desktop.toolkit.worker import Jobs

    # The pictures are not of this computer's disk.
    shutil.disk_usage = lambda _path: _Usage(500_000_000_000, 87_400_000_000, 412_600_000_000)
    application = QApplication([])
    application.setStyle("Fusion")
    with demo(folder, invoices=_INVOICES, clock=clock()) as world:
        for name, bring in SHOTS.items():
            if names and name not in names:
                continue
            panel = BackupsPanel(session=world.session, theme=look)  # type: ignore[arg-type]
            panel.resize(1000, 760)
            panel.show()
            until(lambda panel=panel: panel.overview is not None and not panel.jobs.busy)  # type: ignore[misc]
            widget = bring(panel)
            settled = time.monotonic() + _SETTLED_SECONDS
            while time.monotonic() < settled:
                application.processEvents()
            suffix = "" if scale == 1 else f"-{scale}x"
            _small(widget.grab().toImage()).save(str(_PICTURES / f"{name}-{look}{suffix}.png"), "PNG", 0)
            for jobs in panel.findChildren(Jobs):  # those of its windows, too
                jobs.end()
            panel.close()
            panel.deleteLater()
    return 0


def _small(picture):  # type: ignore[no-untyped-def]
    """The picture in its 256 commonest colours, without a pattern of dots."""
    from qtpy.QtCore import Qt
    from qtpy.QtGui import QImage

    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    bits = plain.constBits()
    if hasattr(bits, "setsize"):  # PyQt6
        bits.setsize(plain.sizeInBytes())
    counted = Counter(memoryview(bytes(bits)).cast("I"))
    table = [colour for colour, _ in counted.most_common(256)]
    flags = Qt.ImageConversionFlag.ThresholdDither
    return plain.convertToFormat(QImage.Format.Format_Indexed8, table, flags)


def until(ready: Callable[[], bool]) -> None:
    """Let the panel work until something is so. Raises TimeoutError."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + _PATIENCE_SECONDS
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the view did not come to what is to be seen")
        QApplication.processEvents()
        time.sleep(0.01)


def _panel(panel):  # type: ignore[no-untyped-def]
    return panel


def _day(panel):  # type: ignore[no-untyped-def]
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    calendar = panel.calendar
    days = calendar.grid.days
    day = next(row.date for row in panel.overview.rows if row.trigger == "manual")
    place = calendar.grid.visualRect(days.index_of(day)).center()
    QTest.mouseClick(calendar.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    panel.chart.chart.point_at(len(panel.chart.chart.points) - 12)
    return panel


def _plan(panel):  # type: ignore[no-untyped-def]
    """A restore's plan after an invoice was lost and another spoilt."""
    from facot_backups.emulator.encode import fields
    from facot_backups.emulator.load import delete_documents, write_documents
    from facot_backups.emulator.sample import Business, documents
    from facot_backups.ui.desktop.program.demo import PROJECT
    from facot_backups.ui.desktop.restore.window import open_restore

    host = panel.session.settings().emulator_host
    business = Business(invoices=_INVOICES, today=clock().now(), project=PROJECT)
    stored = dict(documents(business))
    invoices = [path for path in stored if path.startswith("invoices/") and path.count("/") == 1]
    lost, spoilt = invoices[3], invoices[5]
    delete_documents(host, [path for path in stored if path.startswith(lost)], PROJECT)
    edited = {**stored[spoilt], **fields({"third_party_name": "Nombre equivocado", "total_amount": 1.5})}
    write_documents(host, [(spoilt, edited)], PROJECT)
    window = open_restore(panel)
    until(lambda: not window.jobs.busy)
    window.what.everything.setChecked(True)
    window.next.click()
    until(lambda: window.pages.currentWidget() is window.plan)
    model = window.plan.documents
    window.plan.tree.expand(model.index(model.rowCount() - 1, 0))
    return window


def _what(panel):  # type: ignore[no-untyped-def]
    from facot_backups.ui.desktop.restore.window import open_restore

    window = open_restore(panel)
    until(lambda: not window.jobs.busy)
    window.what.one.setChecked(True)
    window.what.words.setText("Ferretería")
    window.what.search()
    until(lambda: not window.jobs.busy)
    return window


def _detail(panel):  # type: ignore[no-untyped-def]
    """The newest backup, just verified."""
    from facot_backups.ui.desktop.backups.detail_window import DetailWindow

    (row,) = [row for row in panel.overview.rows if row.date == panel.overview.now.date()][:1]
    window = panel.open_view("detail", lambda: DetailWindow(panel, row))
    until(lambda: window.detail is not None and not window.jobs.busy)
    return window


def _verified(panel):  # type: ignore[no-untyped-def]
    window = _detail(panel)
    window.verify()
    until(lambda: not window.jobs.busy and not panel.jobs.busy)
    folder = window.facts.itemAt(window.facts.count() - 1).widget()
    folder.setText(f"/media/maria/disco/backups/{window.chosen.name}")
    return window


def _documents(panel):  # type: ignore[no-untyped-def]
    """A client's documents found, one of them opened."""
    window = _detail(panel)
    window.tabs.setCurrentWidget(window.browse)
    until(lambda: window.browse.index is not None and not window.jobs.busy)
    window.browse.field.setText("clinica")
    until(lambda: not window.jobs.busy)
    window.browse.table.selectRow(7)
    until(lambda: window.browse.pane.document is not None and not window.jobs.busy)
    return window


def _compared(panel):  # type: ignore[no-untyped-def]
    """The newest backup beside that of four days before."""
    window = _detail(panel)
    window.tabs.setCurrentWidget(window.compare)
    window.compare.choose((panel.overview.now.date() - timedelta(days=4)).isoformat())
    window.compare.compare()
    until(lambda: window.compare.comparison is not None and not window.jobs.busy)
    return window


def _audit(panel):  # type: ignore[no-untyped-def]
    from facot_backups.ui.desktop.audit.window import open_audit

    window = open_audit(panel)
    until(lambda: window.audited is not None and not window.jobs.busy)
    return window


def _settings(panel):  # type: ignore[no-untyped-def]
    from facot_backups.ui.desktop.settings.task import Field
    from facot_backups.ui.desktop.settings.window import SettingsWindow, open_settings

    open_settings(panel)
    (window,) = panel.findChildren(SettingsWindow)
    until(lambda: window.form is not None and not window.jobs.busy)
    # Of a computer that is no demonstration.
    folder = window.rows["backup_dir"]
    folder.show_field(Field("backup_dir", "/media/maria/disco/backups"))
    folder.note.hide()
    window._pause.stop()
    said = "Ya guarda los backups de facot-maria/(default). Se puede escribir y quedan 412.6 GB libres."
    window.folder_check.tell("ok", said)
    window.target.setText("Se guarda en /home/maria/.FACOT/facot_config.json")
    folder.edit.clearFocus()
    return window


def _firebase(panel):  # type: ignore[no-untyped-def]
    from facot_backups.ui.desktop.firebase.task import Account
    from facot_backups.ui.desktop.firebase.window import FirebaseWindow, open_firebase

    open_firebase(panel)
    (window,) = panel.findChildren(FirebaseWindow)
    until(lambda: window.access is not None and not window.jobs.busy)
    window.test()
    until(lambda: not window.jobs.busy)
    path = "/home/maria/.FACOT/firebase-credentials.json"
    window.path.blockSignals(True)
    window.path.setText(path)
    email = "copias@demo-facot.iam.gserviceaccount.com"
    window._show_account(Account(path, "demo-facot", email))
    window.notes.hide()
    window.target.setText("Se guarda en /home/maria/.FACOT/facot_config.json")
    window.path.clearFocus()
    return window


def _window(panel):  # type: ignore[no-untyped-def]
    """The program's own window."""
    from facot_backups.ui.desktop.program.window import Window

    window = Window(panel.session)
    window.panel._theme_is_given = True
    window.panel.theme.choice = panel.theme.choice
    window.show_stay(True)
    window.resize(1040, 860)
    window.show()
    until(lambda: window.panel.overview is not None and not window.panel.jobs.busy)
    return window


SHOTS: dict[str, Callable] = {  # type: ignore[type-arg]
    "panel": _panel,
    "panel-dia": _day,
    "ventana": _window,
    "detalle": _verified,
    "documentos": _documents,
    "comparar": _compared,
    "restaurar": _what,
    "restaurar-plan": _plan,
    "auditoria": _audit,
    "ajustes": _settings,
    "firebase": _firebase,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
