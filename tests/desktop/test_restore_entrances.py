"""«Restaurar…» on a document, from the click to the document in Firestore, from each place that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QPushButton

from facot_backups.emulator.encode import fields
from facot_backups.emulator.load import delete_documents
from facot_backups.operations.backup.run import BackupRequest, back_up
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.documents.history_window import HistoryWindow
from facot_backups.ui.desktop.documents.search_window import SearchWindow
from facot_backups.ui.desktop.program.demo import PROJECT
from facot_backups.ui.desktop.restore.window import RestoreWindow, open_restore
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from tests.desktop.test_restore import Business
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]
Entrance = Callable[[Any, BackupsPanel, tuple[str, ...]], QPushButton]
_LEFT = Qt.MouseButton.LeftButton


def _click(qtbot: Any, button: QPushButton) -> None:
    qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled(), timeout=20_000)
    qtbot.mouseClick(button, _LEFT)


def _detail(qtbot: Any, panel: BackupsPanel) -> DetailWindow:
    """The newest complete backup, opened by Enter in the list."""
    rows = range(panel.list.sorted.rowCount())
    found = [panel.list.sorted.index(row, 0).data(ROW_ROLE) for row in rows]
    panel.list.table.setFocus()
    panel.list.choose(next(row.name for row in found if row.kind == "complete"))
    qtbot.keyClick(panel.list.table, Qt.Key.Key_Return)
    (window,) = panel.findChildren(DetailWindow)
    qtbot.waitUntil(lambda: window.detail is not None and not window.jobs.busy, timeout=20_000)
    return window


def _documents(qtbot: Any, panel: BackupsPanel, path: tuple[str, ...]) -> QPushButton:
    window = _detail(qtbot, panel)
    page = window.browse
    window.tabs.setCurrentWidget(page)
    qtbot.waitUntil(lambda: page.index is not None and not window.jobs.busy, timeout=20_000)
    page.collection.setCurrentIndex(0)
    if len(path) > 2:
        qtbot.mouseClick(page.nested, _LEFT, pos=QPoint(8, page.nested.height() // 2))
    qtbot.keyClicks(page.field, "/".join(path[-2:]))
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=20_000)
    rows = range(page.model.rowCount())
    paths = [page.model.index(row, 0).data(ROW_ROLE).path for row in rows]
    page.table.selectRow(paths.index(path))
    qtbot.waitUntil(
        lambda: page.pane.document is not None and page.pane.document.path == path, timeout=20_000
    )
    return page.pane.restore_button


def _history(qtbot: Any, panel: BackupsPanel, path: tuple[str, ...]) -> QPushButton:
    _documents(qtbot, panel, path)
    (detail,) = panel.findChildren(DetailWindow)
    _click(qtbot, detail.browse.pane.history_button)
    (window,) = panel.findChildren(HistoryWindow)
    qtbot.waitUntil(lambda: window.history is not None, timeout=20_000)
    lines = [window.model.index(row, 0) for row in range(window.model.rowCount())]
    window.tree.setCurrentIndex(next(line for line in lines if line.data(ROW_ROLE).key))
    return window.restore_button


def _comparison(qtbot: Any, panel: BackupsPanel, path: tuple[str, ...]) -> QPushButton:
    window = _detail(qtbot, panel)
    page = window.compare
    window.tabs.setCurrentWidget(page)
    page.choose(None)
    _click(qtbot, page.button)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=20_000)
    page.table.selectRow([row.path for row in page.model.rows].index(path))
    return page.restore_button


def _search(qtbot: Any, panel: BackupsPanel, path: tuple[str, ...]) -> QPushButton:
    qtbot.keyClicks(panel.search.field, path[-1])
    qtbot.keyClick(panel.search.field, Qt.Key.Key_Return)
    (window,) = panel.findChildren(SearchWindow)
    qtbot.waitUntil(lambda: window.searched is not None and not window.jobs.busy, timeout=20_000)
    window.table.selectRow([hit.path for hit in window.model.rows].index(path))
    return window.restore_button


@pytest.fixture
def backed_up(world: DesktopWorld) -> Iterator[DesktopWorld]:
    """As `world`, with a backup of what is in it."""
    back_up(world.session.connector(world.session.settings()), world.store, BackupRequest())
    yield world


_KINDS = ("factura", "línea", "cliente", "producto")


def _of_kind(business: Business, kind: str) -> str:
    invoice = business.invoices[3]
    return {
        "factura": invoice,
        "línea": next(path for path in business.documents if path.startswith(f"{invoice}/items/")),
        "cliente": next(path for path in business.documents if path.startswith("third_parties/")),
        "producto": next(path for path in business.documents if path.startswith("items/")),
    }[kind]


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("entrance", [_documents, _history, _comparison, _search])
def test_a_lost_document_comes_back_from_where_it_was_seen(
    qtbot: Any, backed_up: DesktopWorld, show: Show, entrance: Entrance, kind: str
) -> None:
    business = Business(backed_up)
    wanted, bystander = _of_kind(business, kind), business.invoices[0]
    lost = [path for path in business.documents if path == wanted or path.startswith(f"{wanted}/")]
    before = {path: business.stored(path) for path in lost}
    delete_documents(backed_up.server.host, lost, PROJECT)
    business.edit(bystander, third_party_name="Otro")
    panel = show(backed_up)
    _click(qtbot, entrance(qtbot, panel, tuple(wanted.split("/"))))
    (window,) = panel.findChildren(RestoreWindow)
    qtbot.waitUntil(window.next.isEnabled, timeout=20_000)
    (row,) = window.what.model.rows
    assert row.path == tuple(wanted.split("/")) and window.what.finding.text().startswith("Este es")
    assert kind in row.kind.casefold() and row.title
    qtbot.keyClick(window.what.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.plan, timeout=20_000)
    said = window.plan.title.text()
    assert f"crear 1 {kind}" in said and "documento" not in said and said.startswith("Se va a")
    assert "backup de hoy a la" in window.plan.text.text() and "(default)" not in window.plan.text.text()
    _click(qtbot, window.next)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.ending, timeout=20_000)
    ending = window.ending
    assert ending.title.text() == "Restaurado y comprobado"
    assert row.title in ending.text.text() and window.next.hasFocus()
    assert {path: business.stored(path) for path in lost} == before
    assert business.stored(bystander)["third_party_name"] == "Otro"
    qtbot.keyClick(window.next, Qt.Key.Key_Space)
    assert window.closing and all(business.stored(path) for path in lost)


def test_the_newest_come_first_with_their_amount_and_a_counter_comes_last(
    qtbot: Any, backed_up: DesktopWorld, show: Show
) -> None:
    window = open_restore(show(backed_up))
    qtbot.waitUntil(window.what.words.hasFocus, timeout=20_000)
    qtbot.keyClicks(window.what.words, "b01")
    qtbot.waitUntil(lambda: len(window.what.model.rows) > 5, timeout=20_000)
    rows = window.what.model.rows
    counters = [row.path[0] in ("sequences", "ncf_sequence_configs") for row in rows]
    assert counters == sorted(counters) and any(counters)
    days = [row.date.split("/")[::-1] for row, counter in zip(rows, counters, strict=True) if not counter]
    assert days == sorted(days, reverse=True) and len(set(map(tuple, days))) > 3
    model = window.what.model
    amounts = [model.index(row, model.column("amount")).data() for row in range(len(days))]
    assert all(text.startswith(("RD$ ", "USD ", "US$ ", "EUR ")) for text in amounts), amounts


def test_a_backup_that_lacks_it_says_so_and_back_from_the_plan_all_is_as_it_was(
    qtbot: Any, backed_up: DesktopWorld, show: Show
) -> None:
    business = Business(backed_up)
    wanted = business.invoices[3]
    new = ("invoices/9", {**business.documents[wanted], **fields({"invoice_number": "B0100009999"})})
    backed_up.server.load([new], PROJECT)
    back_up(backed_up.session.connector(backed_up.session.settings()), backed_up.store, BackupRequest())
    delete_documents(backed_up.server.host, ["invoices/9"], PROJECT)
    newer, older = (str(backup.name) for backup in sorted(backed_up.backups(), key=_moment, reverse=True))
    panel = show(backed_up)
    window = open_restore(panel, older, documents=(("invoices", "9"),))
    qtbot.waitUntil(lambda: "no tiene el documento" in window.what.finding.text(), timeout=20_000)
    assert not window.next.isEnabled() and window.hint.text()
    window.what.backup.setFocus()
    window.what.backup.setCurrentIndex(window.what.backup.findData(newer))
    _click(qtbot, window.next)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.plan, timeout=20_000)
    chosen = window.what.wanted()
    assert open_restore(panel, older) is window and window.notice.isVisible()  # it says why it stays
    _click(qtbot, window.back)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.what, timeout=20_000)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=20_000)
    assert window.what.wanted() == chosen and window.next.isEnabled()
    assert business.stored("invoices/9") is None
    assert all(backup.kind == "complete" for backup in backed_up.backups())
    _click(qtbot, window.next)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.plan, timeout=20_000)
    _click(qtbot, window.cancel)
    assert window.closing


def _moment(backup: Any) -> Any:
    return backup.proven().read_time
