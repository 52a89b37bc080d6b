"""The history of a document in sentences, as the lines of a tree. No Qt."""

from __future__ import annotations

from collections.abc import Mapping

from facot_backups.text import one_line
from facot_backups.ui.desktop.documents.history_task import Chapter, DocumentHistory, Event, Place
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.texts.change import ChangeLine
from facot_backups.ui.desktop.toolkit import words

_EVENTS: Mapping[Event, str] = {
    "absent": "No existía todavía",
    "first": "Ya existía",
    "created": "Apareció",
    "changed": "Cambió",
    "deleted": "Se borró",
}


def title(found: DocumentHistory) -> str:
    """How the document is called."""
    return document_words.title(found.path, found.shown or document_words.NOTHING)


def summary(found: DocumentHistory) -> str:
    """Where it is, and what the backups say in a sentence."""
    return f"{document_words.path_text(found.path)}\n{_conclusion(found)}"


def _conclusion(found: DocumentHistory) -> str:
    if not found.backups:
        return "Todavía no hay ningún backup."
    in_all = words.counted(found.backups, "backup")
    if found.shown is None:
        return (
            f"Ninguno de los {in_all} lo tiene." if found.chapters else f"De {in_all}, ninguno puede decirlo."
        )
    changes = sum(chapter.event == "changed" for chapter in found.chapters)
    changed = f"cambió {words.counted(changes, 'vez', 'veces')}" if changes else "nunca cambió"
    latest = found.chapters[0]
    if latest.event == "deleted" and latest.before is not None:
        return (
            f"En {in_all}: {changed}, y se borró. El último que lo tiene es el {_of(latest.before, found)}."
        )
    return f"En {in_all}: {changed}. Está en el {_of(latest.last, found)}."


def lines(found: DocumentHistory) -> tuple[ChangeLine, ...]:
    """The chapters, newest first, with the fields that changed; then the backups that cannot tell.

    A line's `key` is the name of the backup to look at.
    """
    told = [_line(chapter, found) for chapter in found.chapters]
    if found.unknown:
        below = tuple(
            ChangeLine(f"{_day(place, found)}: {one_line(reason)}", key=place.backup)
            for place, reason in found.unknown
        )
        told.append(ChangeLine(f"No se sabe en {words.counted(len(below), 'backup')}", children=below))
    return tuple(told)


def _line(chapter: Chapter, found: DocumentHistory) -> ChangeLine:
    how_many = words.counted(chapter.backups, "backup")
    text = f"{_EVENTS[chapter.event]} {_when(chapter, found)}  ·  así en {how_many}"
    if chapter.old_format:
        text += "  ·  uno de los dos es de formato antiguo, que no guardaba los tipos"
    shows = chapter.before if chapter.event == "deleted" else chapter.last
    key = shows.backup if shows is not None and chapter.event != "absent" else ""
    return ChangeLine(text, children=chapter.changes, key=key)


def _when(chapter: Chapter, found: DocumentHistory) -> str:
    if chapter.before is None:
        return f"en el backup {_of(chapter.first, found)}"
    return f"entre {_day(chapter.before, found)} y {_day(chapter.first, found)}"


def _of(place: Place, found: DocumentHistory) -> str:
    return words.of(_day(place, found))


def _day(place: Place, found: DocumentHistory) -> str:
    """`hoy a las 02:00`, `el lunes 3 de marzo a las 02:00`; of an old backup the day alone."""
    if place.moment is None:
        return words.day_said(place.date, found.now.date())
    return words.when(place.moment, found.now)
