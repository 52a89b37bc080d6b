"""What is printed: a page of text and a table, out of a document or an audit. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from facot_backups.ui.desktop.audit import texts as audit_words
from facot_backups.ui.desktop.audit.task import Audited, AuditRow
from facot_backups.ui.desktop.documents.browse_task import DocumentView
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.document import Node
from facot_backups.ui.desktop.toolkit import words

# More than so many lines are for a spreadsheet.
MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Page:
    """What is printed: plain text alone. `file`: the name that is proposed for it, without an ending."""

    title: str
    text: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    file: str


def document_page(found: DocumentView) -> Page:
    """A document of a backup, with all that is in it."""
    return _page(
        document_words.title(found.path, found.shown),
        f"{document_words.path_text(found.path)}\nTal como está en el backup {found.backup}.",
        ("Campo", "Valor"),
        _lines(found.nodes, 0),
        found.shown.number or found.path[-1],
    )


def audit_page(audited: Audited, rows: Iterable[AuditRow]) -> Page:
    """These findings of an audit."""
    title, text = audit_words.verdict(audited)
    told = ((audit_words.SEVERITIES[row.severity][0], row.message, row.ncf, row.documents) for row in rows)
    return _page(
        f"Auditoría: {title}",
        text,
        ("Gravedad", "Qué pasa", "NCF", "Dónde"),
        told,
        f"auditoria-{audited.backup}",
    )


def _page(
    title: str, text: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]], file: str
) -> Page:
    kept = tuple(rows)
    if len(kept) > MOST_ROWS:
        text += f"\nSolo las primeras {words.number(MOST_ROWS)} líneas de {words.number(len(kept))}."
    name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in file)
    return Page(title, text, headings, kept[:MOST_ROWS], name.strip(".")[:80] or "documento")


def _lines(nodes: Iterable[Node], depth: int) -> Iterator[tuple[str, ...]]:
    for node in nodes:
        yield "\N{NO-BREAK SPACE}" * 4 * depth + node.label, node.value
        yield from _lines(node.children, depth + 1)
