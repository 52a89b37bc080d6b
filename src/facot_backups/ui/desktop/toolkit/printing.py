"""The button «Imprimir»: a page on paper or in a PDF. All of it is inserted as plain text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QBuffer, QIODevice, Qt
from qtpy.QtGui import QFont, QPdfWriter, QTextCharFormat, QTextCursor, QTextDocument, QTextTableFormat
from qtpy.QtWidgets import QDialog, QFileDialog, QMenu, QPushButton

from facot_backups import atomic
from facot_backups.errors import FacotBackupsError
from facot_backups.ui.desktop.toolkit.basic import button
from facot_backups.ui.desktop.toolkit.error_text import failure
from facot_backups.ui.desktop.toolkit.notice import Notice
from facot_backups.ui.desktop.toolkit.page import Page
from facot_backups.ui.desktop.toolkit.slots import slot

_TITLE_POINTS, _TEXT_POINTS = 14, 9


class Printing:
    """What «Imprimir» does in a window: `button`, whose menu prints the page that `page` gives, or saves it.

    `notice` says how it ended.
    """

    def __init__(self, notice: Notice, page: Callable[[], Page | None]) -> None:
        self._notice, self._page = notice, page
        self.button: QPushButton = button("&Imprimir", "flat", tip="Imprimirlo, o guardarlo como PDF")
        self.menu = QMenu(self.button)
        self.print_action = self.menu.addAction("Imprimir…")
        self.pdf_action = self.menu.addAction("Guardar como PDF…")
        self.print_action.triggered.connect(slot(self._ask_printer))
        self.pdf_action.triggered.connect(slot(self._ask_where))
        self.button.setMenu(self.menu)

    def _ask_printer(self) -> None:
        page = self._page()
        if page is None:
            return
        try:
            from qtpy.QtPrintSupport import QPrintDialog, QPrinter, QPrinterInfo
        except ImportError:  # a system without CUPS
            printers = False
        else:
            printers = bool(QPrinterInfo.availablePrinterNames())
        if not printers:
            self._notice.tell("info", "No hay ninguna impresora", "Guárdelo como PDF.")
            return
        dialog = QPrintDialog(QPrinter(), self.button.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(slot(lambda: text_document(page).print_(dialog.printer())))
        QDialog.open(dialog)

    def _ask_where(self) -> None:
        page = self._page()
        if page is None:
            return
        dialog = QFileDialog(self.button.window(), "Guardar como PDF")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Documento PDF (*.pdf)")
        dialog.setDefaultSuffix("pdf")
        dialog.selectFile(f"{page.file}.pdf")
        dialog.fileSelected.connect(slot(lambda path: self._save(page, path)))
        dialog.open()

    def _save(self, page: Page, path: str) -> None:
        try:
            with atomic.explained(Path(path).parent):
                Path(path).write_bytes(pdf(page))
        except FacotBackupsError as error:
            self._notice.tell_failure(failure(error))
        else:
            self._notice.tell("ok", "Guardado como PDF", path)


def pdf(page: Page) -> bytes:
    """`page` as a PDF file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(page.title)
    text_document(page).print_(writer)
    del writer
    return bytes(buffer.data().data())


def text_document(page: Page) -> QTextDocument:
    """`page` as it is printed: black on white, whatever the theme."""
    made = QTextDocument()
    made.setDefaultFont(QFont(made.defaultFont().family(), _TEXT_POINTS))
    cursor = QTextCursor(made)
    cursor.insertText(page.title, _format(_TITLE_POINTS, bold=True))
    cursor.insertBlock()
    cursor.insertText(f"{page.text}\n", _format(_TEXT_POINTS))
    layout = QTextTableFormat()
    layout.setBorderCollapse(True)
    layout.setCellPadding(3)
    layout.setHeaderRowCount(1)
    table = cursor.insertTable(1 + len(page.rows), len(page.headings), layout)
    for number, row in enumerate((page.headings, *page.rows)):
        form = _format(_TEXT_POINTS, bold=not number)
        for column, text in enumerate(row):
            table.cellAt(number, column).firstCursorPosition().insertText(text, form)
    return made


def _format(points: int, *, bold: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setFontPointSize(points)
    made.setForeground(Qt.GlobalColor.black)
    made.setFontWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    return made
