"""The audit view: its findings, the filter, the export."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QMenu

from facot_backups.operations.audit.csv_table import CsvTable
from facot_backups.operations.audit.run import Audit
from facot_backups.operations.comparison.sources import side_of
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.audit.printed import audit_page
from facot_backups.ui.desktop.audit.window import open_audit
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.toolkit.printing import pdf
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]


def test_findings_filter_and_export(
    qtbot: Any, old_world: DesktopWorld, show: Show, watchdog: Watchdog, tmp_path: Path
) -> None:
    panel = show(old_world)
    window = open_audit(panel)

    def audited() -> None:
        qtbot.waitUntil(lambda: window.audited is not None and not window.jobs.busy, timeout=20_000)

    def begin() -> None:
        window.audited = None
        window.begin()

    audited()
    watchdog.within_limit("audit", audited, before=begin)
    latest = old_world.backups()[0]
    found = list(Audit(side_of(latest)))
    assert window.backup.currentData() == str(latest.name)
    assert window.audited is not None
    assert [row.finding for row in window.audited.rows] == found and window.filter.rowCount() == len(
        found
    ) > 3
    texts = {window.filter.index(n, 0).data() for n in range(window.filter.rowCount())}
    assert texts == {{"error": "Error", "warning": "Aviso", "note": "Nota"}[f.severity] for f in found}
    first = next(one for one in found if one.severity == "warning")
    assert window.filter.index(0, 0).data() == "Aviso"
    assert window.detail.isVisible() and first.message[:20] in window.detail_text.text()
    notes = window.severities["note"]
    qtbot.mouseClick(notes, Qt.MouseButton.LeftButton, pos=notes.rect().center() / 4)
    grave = [one for one in found if one.severity != "note"]
    assert window.filter.rowCount() == len(grave) < len(found)
    word = grave[-1].documents[0]
    qtbot.keyClicks(window.words, word.upper())
    kept = [one for one in grave if word in f"{one.message} {one.documents}"]
    assert 0 < window.filter.rowCount() == len(kept) < len(grave)
    assert window.count.text() == f"{len(kept)} de {len(found)} hallazgos"
    qtbot.mouseClick(window.export_button, Qt.MouseButton.LeftButton)
    dialog = window.findChild(QFileDialog)
    assert dialog is not None and dialog.isVisible()
    chosen = tmp_path / "auditoria.csv"
    dialog.fileSelected.emit(str(chosen))
    dialog.close()
    qtbot.waitUntil(window.notice.isVisible, timeout=10_000)
    assert window.notice.title.text() == "Exportado" and str(chosen) in window.notice.text.text()
    with CsvTable(tmp_path / "expected.csv") as table:
        for one in kept:
            table.add(one)
    assert sorted(chosen.read_text("utf-8").splitlines()) == sorted(
        (tmp_path / "expected.csv").read_text("utf-8").splitlines()
    )
    assert len(list(csv.reader(chosen.open(encoding="utf-8-sig")))) == len(kept) + 1


def test_without_a_backup_it_says_what_to_do(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    panel = show(world)
    window = open_audit(panel)
    qtbot.waitUntil(window.notice.isVisible, timeout=20_000)
    assert window.notice.property("level") == "info" and "latest" not in window.notice.text.text()
    assert not window.which.isVisible() and not window.found.isVisible()
    qtbot.mouseClick(window.notice.act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.audited is not None and not window.jobs.busy, timeout=30_000)
    (made,) = world.backups()
    assert window.audited is not None and window.audited.backup == str(made.name)
    assert window.found.isVisible() and not window.notice.isVisible()


def test_another_day_is_chosen_and_damage_is_told(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    older = next(backup for backup in old_world.backups()[3:] if backup.complete)
    window = open_audit(panel, str(older.name))
    qtbot.waitUntil(lambda: window.audited is not None and not window.jobs.busy, timeout=20_000)
    assert (
        window.audited is not None and window.audited.backup == str(older.name) == window.backup.currentData()
    )
    other = next(b for b in old_world.backups() if b.complete and b.name != older.name)
    file = other.path / "invoices.json"
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[: len(content) // 2])
    window.backup.setFocus()
    window.backup.setCurrentIndex(window.backup.findData(str(other.name)))
    window.backup.activated.emit(window.backup.currentIndex())
    qtbot.waitUntil(window.notice.isVisible, timeout=20_000)
    assert window.notice.title.text() == "Hay un backup dañado" and "invoices" in window.notice.text.text()


def _is_shown(window: DetailWindow, path: tuple[str, ...]) -> bool:
    document = window.browse.pane.document
    return document is not None and document.path == path


def test_a_finding_opens_its_document(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    window = open_audit(panel)
    qtbot.waitUntil(lambda: window.audited is not None and not window.jobs.busy, timeout=20_000)
    documents = [row.finding.documents for row in window.filter.shown()]
    places = [window.filter.index(number, 3).data() for number in range(len(documents))]
    for found, place in zip(documents, places, strict=True):
        assert (place == "") == (not found) and "/" not in place
        assert len(found) != 1 or place.endswith(found[0].split("/")[-1])

    def shown(path: str) -> None:
        (opened,) = panel.findChildren(DetailWindow)
        assert opened.chosen.name == window.backup.currentData() and opened.browse.isVisible()
        wanted = tuple(path.split("/"))
        qtbot.waitUntil(lambda: _is_shown(opened, wanted), timeout=20_000)
        qtbot.waitUntil(lambda: not opened.jobs.busy, timeout=20_000)
        assert _is_shown(opened, wanted)

    one = next(number for number, found in enumerate(documents) if len(found) == 1)
    window.table.selectRow(one)
    window.table.setFocus()
    qtbot.keyClick(window.table, Qt.Key.Key_Return)
    shown(documents[one][0])
    several = next(number for number, found in enumerate(documents) if len(found) > 1)
    window.table.selectRow(several)
    qtbot.mouseClick(window.open_button, Qt.MouseButton.LeftButton)
    (menu,) = [menu for menu in window.findChildren(QMenu) if menu.isVisible()]
    assert [action.text() for action in menu.actions()] == list(documents[several])
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    shown(documents[several][1])


def test_the_findings_that_are_shown_are_printed(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    window = open_audit(show(old_world))
    qtbot.waitUntil(lambda: window.audited is not None and not window.jobs.busy, timeout=20_000)
    window.words.setText(window.filter.shown()[0].message)
    assert window.audited is not None
    page = audit_page(window.audited, window.filter.shown())
    assert [row[1] for row in page.rows] == [window.filter.shown()[0].message]
    assert pdf(page).startswith(b"%PDF") and window.printing.button.isEnabled()
