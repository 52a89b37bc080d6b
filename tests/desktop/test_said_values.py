"""Values of a document as people write them, the same in each window."""

from __future__ import annotations

from datetime import UTC

from facot_backups.model import Document
from facot_backups.operations.comparison.changes import field_changes
from facot_backups.ui.desktop.restore import texts as restore_words
from facot_backups.ui.desktop.restore.choices import BackupChoice, CollectionChoice
from facot_backups.ui.desktop.texts import change as change_words
from facot_backups.ui.desktop.texts import document as document_words

_PATH = ("invoices", "1")


def test_days_and_words_of_facot_are_said_and_what_is_stored_can_be_copied() -> None:
    fields = {
        "invoice_date": "2026-08-21",
        "due_date": "2026/9/1 14:00",
        "invoice_type": "emitida",
        "invoice_category": "CREDITO FISCAL",
        "notes": "2026-08-21",
    }
    nodes = document_words.field_nodes(Document(_PATH, fields), UTC)
    assert {node.name: node.value for node in nodes} == {
        "invoice_date": "21/08/2026",
        "due_date": "01/09/2026 14:00",
        "invoice_type": "Emitida",
        "invoice_category": "Crédito Fiscal",
        "notes": "2026-08-21",
    }
    assert "invoice_category: CREDITO FISCAL" in document_words.as_text(nodes)


def test_what_differs_only_in_its_spelling_is_shown_as_it_is_stored() -> None:
    old = Document(_PATH, {"invoice_date": "2026-08-21", "invoice_category": "CREDITO FISCAL"})
    new = Document(_PATH, {"invoice_date": "21/08/2026", "invoice_category": "CONSUMIDOR FINAL"})
    lines = change_words.lines(field_changes(old, new), new, UTC)
    assert [(line.old, line.new) for line in lines] == [
        ("2026-08-21", "21/08/2026"),
        ("Crédito Fiscal", "Consumidor Final"),
    ]


def test_lines_are_not_counted_as_documents() -> None:
    invoices = CollectionChoice("invoices", 39, 84)
    own = CollectionChoice("entregas", 3, 9)
    choice = BackupChoice("x", "complete", "martes 24 de noviembre de 2026, 02:00", (own, invoices), 42)
    assert restore_words.backup_text(choice) == "Martes 24 de noviembre de 2026, 02:00 · 39 facturas"
    assert restore_words.collection_text(invoices) == "Facturas (invoices) · 39 facturas con 84 líneas"
    assert restore_words.collection_text(own) == "entregas · 3 documentos con 9 documentos de dentro"
