"""What is printed: a page of text and a table, out of a document or an audit. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from facot_backups.ui.desktop.documents.browse_task import DocumentView
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.document import Node
from facot_backups.ui.desktop.toolkit.page import Page, make_page


def document_page(found: DocumentView) -> Page:
    """A document of a backup, with all that is in it."""
    return make_page(
        document_words.title(found.path, found.shown),
        f"{document_words.path_text(found.path)}\nTal como está en el backup {found.backup}.",
        ("Campo", "Valor"),
        _lines(found.nodes, 0),
        found.shown.number or found.path[-1],
    )


def _lines(nodes: Iterable[Node], depth: int) -> Iterator[tuple[str, ...]]:
    for node in nodes:
        yield "\N{NO-BREAK SPACE}" * 4 * depth + node.label, node.value
        yield from _lines(node.children, depth + 1)
