"""The documents of a backup, with real clicks: searched as one types, as a tree, with their history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu

from facot_backups.model import Document, Source
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.documents.browse_model import PAGE
from facot_backups.ui.desktop.documents.browse_task import DocumentView
from facot_backups.ui.desktop.documents.browse_window import BrowsePage
from facot_backups.ui.desktop.documents.history_window import HistoryWindow
from facot_backups.ui.desktop.documents.printed import document_page
from facot_backups.ui.desktop.documents.search_window import SearchWindow
from facot_backups.ui.desktop.toolkit.printing import text_document
from facot_backups.ui.desktop.toolkit.table_model import ROW_ROLE
from facot_backups.ui.desktop.toolkit.worker import Jobs
from facot_backups.ui.desktop.window import RestoreWish
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld
from tests.support.archives import run

Show = Callable[..., BackupsPanel]
_LEFT = Qt.MouseButton.LeftButton
_INVOICES = 10_000


def _invoices(total: str = "1180.0") -> Iterator[Document]:
    """40,000 documents: each invoice has three lines."""
    yield Document(("companies", "1"), {"name": "Farmacia Duarte SRL", "rnc": "130154554"})
    for number in range(_INVOICES):
        path = ("invoices", f"{1_700_000_000_000 + number}")
        fields = {
            "created_at": "2026-03-01T03:30:00.000000Z",
            "currency": "RD$",
            "empresa": "companies/1",
            "ncf": f"B01{number:08d}",
            "rnc": f"1-30-{number:05d}-4",
            "third_party_name": f"Clínica Ñandú N{number % 97:02} SRL",
            "total_amount": float(total) + number,
        }
        yield Document(path, fields, {"created_at": "timestamp", "empresa": "reference"})
        for line in range(3):
            yield Document((*path, "items", str(line)), {"description": f"Guante {line}", "unit_price": 90.5})


def _open(qtbot: Any, panel: BackupsPanel, name: str | None = None) -> BrowsePage:
    """The documents of a backup (the newest one without a name), opened as a person does."""
    panel.list.table.setFocus()
    panel.list.table.selectRow(0)
    if name is not None:
        panel.list.choose(name)
    qtbot.keyClick(panel.list.table, Qt.Key.Key_Return)
    (window,) = panel.findChildren(DetailWindow)
    qtbot.waitUntil(lambda: window.detail is not None, timeout=20_000)
    bar = window.tabs.tabBar()
    qtbot.mouseClick(bar, _LEFT, pos=bar.tabRect(window.tabs.indexOf(window.browse)).center())
    assert window.browse.isVisible()
    qtbot.waitUntil(lambda: window.browse.index is not None and not window.jobs.busy, timeout=60_000)
    return window.browse


def _jobs(page: BrowsePage) -> Jobs:
    window = page.window()
    assert isinstance(window, DetailWindow)
    return window.jobs


def _type(qtbot: Any, page: BrowsePage, text: str) -> list[tuple[str, ...]]:
    """What the list shows when `text` was typed, letter by letter: the first rows' paths."""
    page.field.clear()
    for letter in text:
        # QTest has keys of ASCII alone.
        qtbot.keyClicks(page.field, letter) if letter.isascii() else page.field.insert(letter)
    qtbot.waitUntil(lambda: not _jobs(page).busy, timeout=20_000)
    rows = range(min(5, page.model.rowCount()))
    return [page.model.index(row, 0).data(ROW_ROLE).path for row in rows]


def test_forty_thousand_documents_are_searched_as_one_types(
    qtbot: Any, world: DesktopWorld, show: Show, watchdog: Watchdog
) -> None:
    with world.store.locked() as locked:
        run(locked, _invoices(), source=Source("demo-facot", emulator=True))
    panel = show(world)
    with watchdog.watching("40,000 documentos: abrir y buscar"):
        page = _open(qtbot, panel)
        assert page.count.text() == f"{_INVOICES:,} facturas"  # invoices, and not what else there is
        qtbot.keyClick(page.collection, Qt.Key.Key_Home)
        qtbot.waitUntil(lambda: not _jobs(page).busy, timeout=20_000)
        assert page.count.text() == f"{_INVOICES + 1:,} documentos"
        assert page.model.rowCount() == PAGE and page.model.canFetchMore(page.model.index(-1, -1))
        for _ in range(-(-_INVOICES // PAGE)):
            page.table.scrollToBottom()
            qtbot.wait(1)
        assert page.model.rowCount() == _INVOICES + 1
        assert len(_type(qtbot, page, "ñandú n26")) == 5
        assert (
            page.count.text() == f"{sum(n % 97 == 26 for n in range(_INVOICES))} documentos con «ñandú n26»"
        )
        assert not page.hint.isVisible()
        assert not page.table.isColumnHidden(page.model.columnCount() - 1)
        assert _type(qtbot, page, "guante") == [] and page.count.text() == "0 documentos con «guante»"
        assert page.hint.isVisible() and not page.everywhere.isVisible()
        qtbot.mouseClick(page.lines, _LEFT)
        assert page.nested.isChecked()
        assert len(_type(qtbot, page, "guante")) == 5
        assert page.count.text() == f"{3 * _INVOICES:,} líneas con «guante»"
        assert _type(qtbot, page, "b0100009999") == [("invoices", f"{1_700_000_000_000 + 9999}")]
        qtbot.waitUntil(lambda: _shown(page) == "B0100009999", timeout=10_000)
    found = page.pane.document
    qtbot.mouseClick(page.nested, _LEFT, pos=QPoint(8, page.nested.height() // 2))

    def search() -> None:
        for text in ("b0100000123", "1700000000123", "1-30-00123-4", "130001234", "CLINICA n26 b0100000123"):
            assert _type(qtbot, page, text) == [("invoices", "1700000000123")], text

    def sort() -> None:
        for column in range(page.model.columnCount()):
            page.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
            page.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
            qtbot.waitUntil(lambda: not _jobs(page).busy, timeout=20_000)

    watchdog.within_limit("40,000 documentos: buscar", search)
    page.field.clear()
    watchdog.within_limit("40,000 documentos: ordenar", sort)
    assert found is not None and found.shown.amount == "RD$ 11,179.00" and found.nodes[0].label == "NCF"


def test_the_list_is_sorted_by_its_headings(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    fields: list[dict[str, Any]] = [
        {
            "ncf": "B0100000002",
            "third_party_name": "Óptica",
            "invoice_date": "2026-02-01",
            "total_amount": 9.5,
        },
        {
            "ncf": "B0100000001",
            "third_party_name": "nido",
            "invoice_date": "03/12/2025",
            "total_amount": 1000,
        },
        {"third_party_name": "Zoe", "total_amount": -20},
        {"ncf": "B0100000003", "invoice_date": "2026/01/31", "total_amount": 30.0},
    ]
    with world.store.locked() as locked:
        documents = [Document(("invoices", str(9 + n)), one) for n, one in enumerate(fields)]
        run(locked, sorted(documents, key=lambda one: one.path), source=Source("demo-facot", emulator=True))
    page = _open(qtbot, show(world))
    bar, jobs = page.table.horizontalHeader(), _jobs(page)

    def ids(heading: int | None = None) -> list[str]:
        if heading is not None:
            place = bar.sectionViewportPosition(heading) + 20
            qtbot.mouseClick(bar.viewport(), _LEFT, pos=QPoint(place, bar.height() // 2))
            qtbot.waitUntil(lambda: not jobs.busy, timeout=20_000)
        return [page.model.document(row).path[1] for row in range(page.model.rowCount())]

    assert ids() == ["9", "12", "10", "11"]  # the newest first; who has no date comes last
    assert ids(0) == ["11", "10", "9", "12"] and ids(0) == ["12", "9", "10", "11"]
    assert ids(0) == ["10", "11", "12", "9"]  # the third time by their names
    assert ids(1) == ["10", "9", "11", "12"] and ids(1) == ["11", "9", "10", "12"]
    assert ids(3) == ["11", "9", "12", "10"]
    page.table.customContextMenuRequested.emit(QPoint(5, 5))  # the menu key
    menu = page.table.findChild(QMenu)
    assert menu is not None and menu.isVisible()
    texts = [action.text() for action in menu.actions()]
    assert texts[0] == "Ordenar por: Documento" and texts[2] == "Ordenar por: Fecha" and len(texts) == 5
    assert [action.isChecked() for action in menu.actions()].index(True) == 3
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not jobs.busy and page.model.order == ("document", False), timeout=20_000)


def _shown(page: BrowsePage) -> str:
    return page.pane.document.shown.number if page.pane.document is not None else ""


def _document(qtbot: Any, page: BrowsePage, collection: str) -> DocumentView:
    """The document that is shown, once it is one of `collection`."""
    qtbot.waitUntil(
        lambda: page.pane.document is not None and page.pane.document.path[0] == collection, timeout=10_000
    )
    assert page.pane.document is not None
    return page.pane.document


def test_a_document_is_a_tree_of_words(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    page = _open(qtbot, panel)
    page.collection.setCurrentText("entregas")
    assert _type(qtbot, page, "E00000") == [("entregas", "E00000")]
    document = _document(qtbot, page, "entregas")
    tree = {node.name: node for node in document.nodes}
    assert tree["salida"].kind == "fecha y hora" and tree["salida"].value.count("/") == 2
    assert tree["peso_kg"].value == "NaN (no es un número)" and tree["firma"].value == "24 bytes"
    assert tree["almacen"].kind == "coordenadas" and tree["_ruta"].value == "(vacío)"
    stops = tree["paradas"]
    assert (stops.kind, stops.value) == ("subcolección", "1 documento")
    photos = next(node for node in stops.children[0].children if node.name == "fotos")
    assert photos.children[0].path == ("entregas", "E00000", "paradas", "0", "fotos", "0")
    model = page.pane.model
    texts = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert texts == [node.label for node in document.nodes]
    assert model.rowCount(model.index(texts.index("paradas"), 0)) == 1
    company = model.index(texts.index("empresa"), 0)
    page.pane.tree.setCurrentIndex(company)
    page.pane.tree.setFocus()
    qtbot.keyClick(page.pane.tree, Qt.Key.Key_Return)
    document = _document(qtbot, page, "companies")
    assert "RNC" in [node.label for node in document.nodes]
    qtbot.mouseClick(page.pane.copy_button, _LEFT)
    clipboard = QApplication.clipboard()
    assert clipboard is not None and f"name: {document.shown.name}" in clipboard.text()


def test_the_lines_of_an_invoice_have_words(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    path = ("invoices", "7")
    fields = {
        "ncf": "B0100000007",
        "currency": "RD$",
        "items": [{"description": "Guante", "unit_price": 90.5}],
    }
    below = [
        Document((*path, "items", name), {"description": f"Guante {name}"}) for name in ("0", "1", "10", "2")
    ]
    with world.store.locked() as locked:
        run(locked, [Document(path, fields), *below], source=Source("demo-facot", emulator=True))
    page = _open(qtbot, show(world))
    assert page.nested.text() == "Incluir las líneas" and _type(qtbot, page, "b0100000007") == [path]
    nodes = {node.kind: node for node in _document(qtbot, page, "invoices").nodes}
    (line,) = nodes["lista"].children
    assert (line.label, line.value, line.kind) == ("Línea 1", "Guante · 90.50", "datos")
    told = [(node.label, node.value) for node in nodes["subcolección"].children]
    names = ("0", "1", "2", "10")
    assert told == [(f"Línea {n}", f"Guante {name}") for n, name in enumerate(names, 1)]


def test_nothing_found_leads_to_all_collections_and_all_days(
    qtbot: Any, world: DesktopWorld, show: Show
) -> None:
    kept = [Document(("clients", "1"), {"name": "Martínez"}), Document(("invoices", "1"), {"ncf": "B01"})]
    with world.store.locked() as locked:
        run(locked, kept, source=Source("demo-facot", emulator=True))
    panel = show(world)
    page = _open(qtbot, panel)
    assert page.collection.currentData() == "invoices"
    assert _type(qtbot, page, "marti") == [] and page.hint.isVisible()
    qtbot.mouseClick(page.every_day, _LEFT)
    (window,) = panel.findChildren(SearchWindow)
    qtbot.waitUntil(lambda: window.searched is not None, timeout=20_000)
    assert window.searched is not None and [hit.path for hit in window.searched.found.hits] == [kept[0].path]
    qtbot.mouseClick(page.everywhere, _LEFT)
    qtbot.waitUntil(lambda: page.model.rowCount() == 1, timeout=20_000)
    assert not page.hint.isVisible() and page.model.document(0).path == kept[0].path


def test_a_document_is_printed_as_it_is(qtbot: Any, world: DesktopWorld, show: Show, tmp_path: Path) -> None:
    name = "<img src='file:///etc/passwd'> & Hijos"
    kept = Document(("invoices", "1"), {"ncf": "B0100000001", "third_party_name": name})
    with world.store.locked() as locked:
        run(locked, [kept], source=Source("demo-facot", emulator=True))
    page = _open(qtbot, show(world))
    _type(qtbot, page, "b0100000001")
    pane = page.pane
    found = text_document(document_page(_document(qtbot, page, "invoices"))).toPlainText()
    assert name in found and "B0100000001" in found
    pane.printing.pdf_action.trigger()
    (dialog,) = page.window().findChildren(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("B0100000001.pdf")
    target = tmp_path / "factura.pdf"
    dialog.fileSelected.emit(str(target))
    assert target.read_bytes().startswith(b"%PDF") and pane.notice.title.text() == "Guardado como PDF"
    dialog.fileSelected.emit(str(tmp_path / "no" / "hay.pdf"))
    assert pane.notice.property("level") == "critical"
    dialog.close()


def test_history_of_a_document_and_back_to_a_day(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    path = ("invoices", "7")
    source = Source("demo-facot", emulator=True)
    lines: list[dict[str, Any]] = [
        {},
        {"ncf": "B0100000007", "total_amount": 100.0},
        {"ncf": "B0100000007", "total_amount": 250.5},
        {},
    ]
    with world.store.locked() as locked:
        for day, fields in enumerate(lines, 1):
            kept = [Document(path, fields)] if fields else [Document(("invoices", "1"), {})]
            moment = datetime(2026, 3, day, 12, tzinfo=UTC)
            run(locked, kept, source=source, backup_date=moment.date(), read_time=moment)
    panel = show(world)
    wishes: list[RestoreWish] = []
    panel.restore_wanted.disconnect()
    panel.restore_wanted.connect(wishes.append)
    page = _open(qtbot, panel, "2026-03-03")
    assert _type(qtbot, page, "b0100000007") == [path]
    _document(qtbot, page, "invoices")
    qtbot.mouseClick(page.pane.history_button, _LEFT)
    (window,) = panel.findChildren(HistoryWindow)
    qtbot.waitUntil(lambda: window.history is not None, timeout=20_000)
    said = [window.model.index(row, 0).data() for row in range(window.model.rowCount())]
    assert [text.split(" ")[0] for text in said] == ["Se", "Cambió", "Apareció", "No"]
    assert "cambió 1 vez, y se borró" in window.text.text()
    changed = window.model.index(1, 0)
    row = [window.model.index(0, column, changed).data() for column in range(3)]
    assert row == ["Total", "100.00", "250.50"]
    window.tree.setCurrentIndex(window.model.index(0, 0, changed))
    qtbot.mouseClick(window.restore_button, _LEFT)
    assert wishes == [RestoreWish("2026-03-03", documents=(path,))]
    window.tree.setCurrentIndex(window.model.index(3, 0))
    assert not window.restore_button.isEnabled()
