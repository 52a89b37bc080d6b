"""What a search in all backups says. No Qt."""

from __future__ import annotations

from datetime import date

from facot_backups.text import one_line
from facot_backups.ui.desktop.documents.search_task import Hit, Searched
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.toolkit import words

TITLE = "Buscar en todos los días"
INTRO = (
    "Busca en todos los backups, también lo que ya se borró. Escriba lo que sepa: el NCF, el cliente, el "
    "RNC, el importe o la fecha; no importan las mayúsculas ni los acentos."
)
PLACEHOLDER = "Buscar una factura…"
# Root collections whose documents are called by a feminine word.
_FEMININE = frozenset({"invoices", "quotations", "companies", "categories"})


def where(hit: Hit, today: date) -> str:
    """`Está en el de hoy`, or `Vista por última vez el 18/11, borrada entre el 18 y el 19`."""
    last = hit.last_seen.date
    if hit.gone_in is None:
        return f"Está en el {_of(last, today)}"
    end = "a" if hit.path[0] in _FEMININE and len(hit.path) == 2 else "o"
    return f"Vist{end} por última vez {_on(last, today)}, borrad{end} {_between(last, hit.gone_in.date)}"


def about(hit: Hit, today: date) -> str:
    """`B0100000002 · Martínez. Vista por última vez el 18/11, borrada entre el 18 y el 19.`"""
    return f"{document_words.title(hit.path, hit.shown)}. {where(hit, today)}."


def _of(day: date, today: date) -> str:
    near = {0: "de hoy", 1: "de ayer"}.get((today - day).days)
    return near or f"del {_short(day, today)}"


def _on(day: date, today: date) -> str:
    near = {0: "hoy", 1: "ayer"}.get((today - day).days)
    return near or f"el {_short(day, today)}"


def _short(day: date, today: date) -> str:
    """`18/11`; with the year where it is another one's."""
    return f"{day:%d/%m}" if day.year == today.year else words.day(day)


def _between(last: date, gone: date) -> str:
    if last == gone:
        return "ese mismo día"
    if (last.year, last.month) == (gone.year, gone.month):
        return f"entre el {last.day} y el {gone.day}"
    if last.year == gone.year:
        return f"entre el {last:%d/%m} y el {gone:%d/%m}"
    return f"entre el {words.day(last)} y el {words.day(gone)}"


def summary(searched: Searched) -> str:
    """How much was found, or what to try where nothing was."""
    found = searched.found
    text = f"«{one_line(searched.text.strip())}»"
    if not found.backups:
        return "Todavía no hay ningún backup en que buscar."
    if not found.hits:
        looked = words.counted(found.backups, "backup")
        return f"En {looked} no hay nada con {text}. Pruebe con menos palabras, o con parte del número."
    what = words.counted(len(found.hits), "resultado")
    if found.more:
        return f"Los primeros {what} con {text}; hay más: escriba algo más de lo que busca."
    return f"{what} con {text}."


def unreadable(searched: Searched) -> str:
    """Which backups could not be searched whole; "" for none."""
    names = searched.found.unreadable
    if not names:
        return ""
    shown = ", ".join(map(one_line, names[:5]))
    more = f" y {len(names) - 5} más" if len(names) > 5 else ""
    return f"{shown}{more}. Verifíquelos desde su detalle; en los demás se buscó todo."
