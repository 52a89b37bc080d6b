"""Every word, number and date that the panel shows, made from plain values. No Qt, no clock, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Literal, NamedTuple, TypeAlias

from facot_backups import figures
from facot_backups.archive.layout import BackupName
from facot_backups.text import one_line

NoticeLevel: TypeAlias = Literal["ok", "info", "warning", "critical"]

PHASES: Mapping[str, str] = {
    "connecting": "Conectando con Firestore",
    "reading": "Leyendo los datos",
    "checking": "Comprobando con el servidor",
    "publishing": "Guardando el backup",
    "verifying": "Verificando",
    "planning": "Haciendo el plan",
    "keeping": "Guardando lo que hay ahora",
    "writing": "Escribiendo",
    "reading-back": "Comprobando lo escrito",
    "comparing": "Comparando",
    "searching": "Buscando",
    "indexing": "Preparando la búsqueda",
    "auditing": "Revisando",
    "telling": "Avisando",
    "copying": "Copiando y comprobando los backups",
}
KINDS: Mapping[str, str] = {
    "complete": "Completo",
    "incomplete": "Incompleto",
    "pre-restore": "Para deshacer",
    "damaged": "Dañado",
    "newer": "De una versión más nueva",
    "unreadable": "No se puede leer",
    "facot2": "Formato antiguo",
}
# A complete one without a document.
EMPTY = "Vacío"
TRIGGERS: Mapping[str, str] = {
    "scheduled": "Automático",
    "manual": "A mano",
    "api": "Por programa",
    "pre-restore": "Antes de restaurar",
}
_DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
_TWELVE = re.compile(r"(1[0-2]|0?[1-9])(?:[:.]([0-5][0-9]))?\s*([ap])\.?\s*m\.?")
# Where Qt could see the beginning of HTML.
_HTML = re.compile(r"<|&(?=lt;)")
# A backup's name in a sentence, not in a path.
_NAME = re.compile(r"(\bbackup )?(?<![\w/\\.-])(\d{4}-\d\d-\d\d(?:T\d{6}(?:\.[a-z-]+)?)?)(?![\w/\\-])")
_PLAINER = (("/(default)", ""), (" (emulador)", " (de prueba)"), (" (SHA-256 distinto)", ""))
# What is not known.
UNKNOWN = "—"
counted = figures.counted


class Said(NamedTuple):
    """A notice: how grave it is, what happened, and what it means."""

    level: NoticeLevel
    title: str
    text: str


def state(kind: str, documents: int | None, part: str, verified: bool | None = None) -> str:
    """What a backup is: `Completo`, `Completo, solo 1 colección`, `Vacío`; `part` as `figures.part` says.

    One that `verified` found not to be what was saved is damaged, whatever it was made as.
    """
    if verified is False:
        return KINDS["damaged"]
    if kind == "complete" and documents == 0:
        return EMPTY
    return f"{KINDS[kind]}, {part}" if part else KINDS[kind]


def number(value: int | None) -> str:
    """`12,345`, as Dominicans write it; a dash for None."""
    return UNKNOWN if value is None else figures.number(value)


def holding(documents: int, nested: int) -> str:
    """`425 documentos y 217 líneas`: of so many documents `nested` are within others, as lines are."""
    outer = counted(documents - nested, "documento")
    return f"{outer} y {counted(nested, 'línea')}" if nested else outer


def size(value: int | None) -> str:
    """Bytes for a person; a dash for None."""
    return UNKNOWN if value is None else figures.size(value)


def day(value: date) -> str:
    """`27/11/2024`."""
    return f"{value:%d/%m/%Y}"


def clock(moment: datetime | None) -> str:
    """`02:00`, of a local moment; a dash for None."""
    return UNKNOWN if moment is None else f"{moment:%H:%M}"


def plainly(text: str) -> str:
    """`text` of the core as an owner reads it: databases and backups by the names that they know.

    `facot-maria/(default)` is `facot-maria`, `2026-11-24T153012` is `24/11/2026 15:30`.
    """
    text = _NAME.sub(lambda found: f"{'backup del ' if found[1] else ''}{backup_name(found[2])}", text)
    for said, better in _PLAINER:
        text = text.replace(said, better)
    return text


def when(moment: datetime, now: datetime) -> str:
    """A local moment as one says it: `hoy a las 02:00`, `ayer a las 02:00`, `el lunes 3 de marzo a las…`.

    Both are aware and in the same zone.
    """
    return f"{day_said(moment.date(), now.date())} {at_hour(moment.time())}"


def backup_said(day: date, moment: datetime | None, now: datetime) -> str:
    """`backup de hoy a las 20:43`, `backup del lunes 3 de marzo a las 02:00`; `moment` and `now` are local.

    A backup that bears another day than that of its data is called by the day alone.
    """
    told = moment is not None and moment.date() == day
    said = when(moment, now) if moment is not None and told else day_said(day, now.date())
    return f"backup del {said[3:]}" if said.startswith("el ") else f"backup de {said}"


def backup_name(name: str) -> str:
    """`24/11/2026` or `24/11/2026 15:30`: a backup's name as a person says it; any other name as it is."""
    found = BackupName.parse(name)
    if found is None:
        return one_line(name)
    return day(found.date) if found.time is None else f"{day(found.date)} {found.time:%H:%M}"


def day_said(value: date, today: date) -> str:
    """`hoy`, `ayer`, `mañana`, `el lunes 3 de marzo`, and of another year `el 3 de marzo de 2023`."""
    near = {0: "hoy", -1: "ayer", 1: "mañana"}.get((value - today).days)
    if near is not None:
        return near
    if abs((value - today).days) < 180:
        return f"el {_DAYS[value.weekday()]} {value.day} de {MONTHS[value.month - 1]}"
    return f"el {value.day} de {MONTHS[value.month - 1]} de {value.year}"


def full_day(value: date) -> str:
    """`lunes 3 de marzo de 2026`, for those who cannot see where in a calendar it stands."""
    return f"{_DAYS[value.weekday()]} {value.day} de {MONTHS[value.month - 1]} de {value.year}"


def at_hour(hour: time) -> str:
    """`a las 02:00`, `a la 01:30`."""
    return f"a {'la' if hour.hour == 1 else 'las'} {hour:%H:%M}"


def hour_of_24(typed: str) -> str:
    """`14:30` of `2:30 p. m.`, `2:30pm` or `2:30 PM`; any other text as it is, without blanks around it."""
    found = _TWELVE.fullmatch(typed.strip().lower())
    if found is None:
        return typed.strip()
    hour = int(found[1]) % 12 + (12 if found[3] == "p" else 0)
    return f"{hour:02d}:{found[2] or '00'}"


def hour_of_12(text: str) -> str:
    """`2:30 p. m.` of `14:30`; "" of what is no hour."""
    try:
        hour = time.fromisoformat(text)
    except ValueError:
        return ""
    return f"{hour.hour % 12 or 12}:{hour:%M} {'p' if hour.hour >= 12 else 'a'}. m."


def time_left(seconds: float) -> str:
    """`menos de un minuto`, `unos 3 minutos`, `unas 2 horas`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "queda menos de un minuto"
    if minutes == 1:
        return "queda 1 minuto"
    if minutes < 90:
        return f"quedan unos {minutes} minutos"
    return f"quedan unas {round(minutes / 60)} horas"


def duration(seconds: float) -> str:
    """How long something took: `3 s`, `2 min 5 s`, `1 h 12 min`."""
    whole = max(0, round(seconds))
    if not whole:
        return "menos de un segundo"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def plain(text: str) -> str:
    """`text` for what guesses whether it is HTML, such as a tool tip: it looks the same, and never is.

    HTML that a stranger wrote into a document could open any file or network share when it is hovered. An
    invisible WORD JOINER after each `<` keeps it from being a tag.
    """
    return _HTML.sub("\\g<0>\N{WORD JOINER}", text)


def literal(text: str) -> str:
    """`text` for a menu or a button, where one `&` alone would be the mark of a shortcut."""
    return text.replace("&", "&&")


def yes_no(value: bool | None, yes: str, no: str) -> str:
    """`yes`, `no`, or a dash for None."""
    return UNKNOWN if value is None else yes if value else no


def sentence(text: str) -> str:
    """`text` on one line, with a full stop."""
    line = " ".join(text.split())
    return line if line.endswith((".", "…", "!", "?")) else f"{line}."


def of(day: str) -> str:
    """`de hoy`, `del lunes 3 de marzo`: a day as `words.day_said` says it, after a noun."""
    return f"del {day.removeprefix('el ')}" if day.startswith("el ") else f"de {day}"
